//! The words, in both languages. Each sentence is a pattern over facts by their names: `{value}` must be there, and
//! `[... {owed} ...]` is left out where one of its facts is not. Korean patterns put no particle behind a fact, since
//! its form would depend on how the fact ends.
//!
//! A test holds that each key that a judge says stands here, and that both languages use facts that exist.

use crate::series::Unit;
use crate::team::Language;
use crate::verdict::{Fact, Reason};

use super::say;

/// Why an alarm is as it is: the judge's key, English, Korean.
pub(super) const REASONS: &[(&str, &str, &str)] = &[
    (
        "threshold.breaching",
        "[Value {value}, ]limit {limit}: {breaching} of the last {of} points of {period} breach it ({needed} are needed)",
        "[값 {value}, ]기준 {limit}: 최근 {period} 단위 {of}개 중 {breaching}개 위반 (판정 기준 {needed}개)",
    ),
    (
        "threshold.breaching_before_gap",
        "[Value {value}, ]limit {limit}: every point that arrived breaches it, and since then none came",
        "[값 {value}, ]기준 {limit}: 들어온 값이 모두 기준을 위반했고 이후 데이터 없음",
    ),
    (
        "threshold.missing_breaches",
        "No data for {of} periods of {period}, which this rule takes for a breach",
        "{period} 단위 {of}개 구간 데이터 없음 (이 규칙은 데이터 없음을 위반으로 판정)",
    ),
    (
        "threshold.gap_is_no_recovery",
        "Too little data to see a recovery, and a gap is none (limit {limit})",
        "복구를 확인할 데이터 부족: 데이터 누락은 복구로 보지 않음 (기준 {limit})",
    ),
    (
        "threshold.missing_is_fine",
        "Nothing to judge in {of} periods of {period}, which this rule takes for fine",
        "{period} 단위 {of}개 구간 판정할 값 없음 (이 규칙은 값 없음을 정상으로 판정)",
    ),
    ("threshold.fine", "[Value {value}, ]within its limit of {limit}", "[값 {value}, ]기준 {limit} 이내"),
    (
        "threshold.too_few",
        "[Value {value}, ]limit {limit}: only {breaching} of the last {of} points of {period} breach it ({needed} are needed)",
        "[값 {value}, ]기준 {limit}: 최근 {period} 단위 {of}개 중 {breaching}개만 위반 (판정 기준 {needed}개)",
    ),
    (
        "threshold.missing",
        "Too little data to judge: {real} of {of} points of {period}",
        "판정할 데이터 부족: {period} 단위 {of}개 중 {real}개",
    ),
    (
        "threshold.kept",
        "Too little data, so it stays as it was: {real} of {of} points of {period}",
        "데이터 부족으로 이전 상태 유지: {period} 단위 {of}개 중 {real}개",
    ),
    (
        "read.failed",
        "Its series could not be read just now: unknown until they can",
        "데이터 조회 실패: 다시 조회될 때까지 상태를 알 수 없음",
    ),
    (
        "composite.met",
        "Its condition over {of} alarms holds[; firing: {firing}][; not seen: {unknown}]",
        "{of}개 알람의 조합 조건 충족[, 발생 중: {firing}][, 확인 불가: {unknown}]",
    ),
    (
        "composite.not_met",
        "Its condition over {of} alarms does not hold[; firing: {firing}][; not seen: {unknown}]",
        "{of}개 알람의 조합 조건 미충족[, 발생 중: {firing}][, 확인 불가: {unknown}]",
    ),
    (
        "burst.draining",
        "CPU burst runs out: {left} of it left, CPU {cpu} over the last {over}, baseline {baseline}[?estimated  (estimated from the CPU of the host itself)]",
        "CPU 버스트 소진 중: 잔량 {left}, 최근 {over} CPU {cpu}, 기준 성능 {baseline}[?estimated  (호스트 CPU 기반 추정)]",
    ),
    (
        "burst.empty",
        "CPU burst is used up: the host is held to its baseline of {baseline}; CPU {cpu} over the last {over}",
        "CPU 버스트 소진: 기준 성능 {baseline}로 제한됨, 최근 {over} CPU {cpu}",
    ),
    (
        "burst.charges_soon",
        "CPU burst will soon cost money: {left} of it left, CPU {cpu} over the last {over}, then {dollars_per_hour} an hour[; borrowed so far: {owed} credits]",
        "곧 CPU 버스트 추가 요금 발생: 잔량 {left}, 최근 {over} CPU {cpu}, 이후 시간당 {dollars_per_hour}[, 현재 차용 크레딧 {owed}]",
    ),
    (
        "burst.charged",
        "CPU burst costs money now: {dollars_per_hour} an hour at CPU {cpu}, baseline {baseline}[; owed at a stop: {dollars_owed}]",
        "CPU 버스트 추가 요금 발생 중: CPU {cpu}에서 시간당 {dollars_per_hour}, 기준 성능 {baseline}[, 중지 시 청구액 {dollars_owed}]",
    ),
    (
        "burst.recovering",
        "CPU burst is low and filling up: {left} of it left, CPU {cpu} over the last {over}, baseline {baseline}",
        "CPU 버스트 부족, 회복 중: 잔량 {left}, 최근 {over} CPU {cpu}, 기준 성능 {baseline}",
    ),
    ("burst.fine", "CPU burst lasts: {left} of it left, CPU {cpu}", "CPU 버스트 여유: 잔량 {left}, CPU {cpu}"),
    (
        "burst.type_unknown",
        "The type or plan of this host is not known, so its CPU burst cannot be judged",
        "호스트의 타입 또는 요금제를 알 수 없어 CPU 버스트 판정 불가",
    ),
    ("burst.no_data", "No data on credits or CPU", "크레딧·CPU 데이터 없음"),
    (
        "disk.now",
        "Disk runs full: {level} {of}[, rising {per_hour} an hour][; {six_hours_ago} six hours ago][, {week_ago} a week ago]",
        "디스크 급증: {of} {level}[, 시간당 {per_hour} 증가][, 6시간 전 {six_hours_ago}][, 1주 전 {week_ago}]",
    ),
    (
        "disk.nearly_full",
        "Disk is nearly full: {level} {of}, limit {limit}[, rising {per_hour} an hour][; {six_hours_ago} six hours ago][, {week_ago} a week ago]",
        "디스크 거의 가득 참: {of} {level}, 기준 {limit}[, 시간당 {per_hour} 증가][, 6시간 전 {six_hours_ago}][, 1주 전 {week_ago}]",
    ),
    (
        "disk.later_nearly_full",
        "Disk is nearly full, as it was before: {level} {of}, limit {limit}[, rising {per_day} a day over {days} days][; {week_ago} a week ago]",
        "디스크 거의 가득 참(기존 수준): {of} {level}, 기준 {limit}[, 최근 {days}일간 하루 {per_day} 증가][, 1주 전 {week_ago}]",
    ),
    (
        "disk.later",
        "Disk fills slowly: {level} {of}[, rising {per_day} a day over {days} days][; {week_ago} a week ago]",
        "디스크 점진 증가: {of} {level}[, 최근 {days}일간 하루 {per_day} 증가][, 1주 전 {week_ago}]",
    ),
    (
        "disk.fine",
        "Disk has room: {level} {of} used[, rising {per_day} a day over {days} days]",
        "디스크 여유: {of} {level}[, 최근 {days}일간 하루 {per_day} 증가]",
    ),
    ("disk.no_data", "No data on the disk", "디스크 데이터 없음"),
    (
        "budget.burning",
        "Error budget burns {burn} times too fast (limit {limit}): {failed} of {events} events failed in {window}[; at this rate the budget lasts {budget_lasts}]",
        "오류 예산 소진 속도 {burn}배 (기준 {limit}배): {window} 동안 {events}건 중 {failed} 실패[, 이 속도면 예산 잔여 {budget_lasts}]",
    ),
    (
        "budget.fine",
        "Error budget burns at {burn} of its rate (limit {limit}): {failed} of {events} events failed in {window}",
        "오류 예산 소진 속도 {burn}배 (기준 {limit}배): {window} 동안 {events}건 중 {failed} 실패",
    ),
    (
        "unusual.season",
        "Unusual for this hour: {value}, where about {expected} is usual[; within the last week {week_low} to {week_high}]",
        "이 시간대로는 이례적인 값: {value}, 평소 약 {expected}[, 최근 1주 {week_low}~{week_high}]",
    ),
    (
        "unusual.jump",
        "A sudden jump: {value}, where about {expected} is usual[; within the last week {week_low} to {week_high}]",
        "급격한 변화: {value}, 평소 약 {expected}[, 최근 1주 {week_low}~{week_high}]",
    ),
    (
        "unusual.range",
        "Outside what the last week has seen: {value}[, usually {week_low} to {week_high}]",
        "최근 1주 범위를 벗어남: {value}[, 평소 {week_low}~{week_high}]",
    ),
    (
        "unusual.quiet",
        "Usual again[ for {quiet_for}]: {value}, where about {expected} is expected",
        "다시 평소 수준[, {quiet_for}째]: {value}, 예상 약 {expected}",
    ),
    ("unusual.fine", "As usual: {value}, where about {expected} is expected", "평소 수준: {value}, 예상 약 {expected}"),
    ("unusual.learning", "Still learning what is usual", "평소 수준을 학습 중"),
    ("unusual.no_data", "No data to compare with what is usual", "평소와 비교할 데이터 없음"),
    ("budget.missing", "No data on calls and failures", "호출·실패 데이터 없음"),
    (
        "silent.gone",
        "Nothing heard[ for {silent_for}] (limit {limit}), and nobody knows whether the host still runs",
        "[{silent_for} 동안 ]보고 없음 (기준 {limit}), 호스트 동작 여부 확인 불가",
    ),
    (
        "silent.host_runs",
        "Nothing heard[ for {silent_for}] (limit {limit}), though the host runs",
        "[{silent_for} 동안 ]보고 없음 (기준 {limit}), 호스트는 실행 중",
    ),
    (
        "silent.stopped_on_purpose",
        "Nothing heard, because the host was stopped on purpose (limit {limit})",
        "의도적으로 중지된 호스트라 보고 없음 (기준 {limit})",
    ),
    ("silent.heard", "Heard {silent_for} ago", "마지막 보고 {silent_for} 전"),
    ("silent.never_heard", "Never heard of", "보고된 적 없음"),
    (
        "log.new_kind",
        "An error never seen before[: {kind}][; first {since} ago][; {count} in {within}]",
        "처음 보는 오류[: {kind}][, 최초 발생 {since} 전][, {within} 동안 {count}건]",
    ),
    (
        "log.too_many",
        "{count} errors of one kind in {within} (limit {limit}): {kind}",
        "같은 종류의 오류 {within} 동안 {count}건 (기준 {limit}건): {kind}",
    ),
    ("log.fine", "{count} errors of the kind {kind} in {within}", "오류 {within} 동안 {count}건: {kind}"),
    ("log.quiet", "No errors", "오류 없음"),
    ("explain.no_series", "No series of the history belongs to this alarm", "이 알람에 해당하는 시계열 없음"),
    ("log.learning", "Still learning which errors are usual", "평소 발생하는 오류를 학습 중"),
];

/// Whether both languages have words for this key.
pub fn known(key: &str) -> bool {
    REASONS.iter().any(|(known, ..)| *known == key)
}

/// The sentence for a reason; where no words are known, its facts plainly.
pub fn reason(reason: &Reason, unit: Unit, language: Language) -> String {
    let known = REASONS.iter().find(|(key, ..)| *key == reason.key);
    let pattern = known.map(|(_, en, ko)| pick(en, ko, language));
    let look_up = |name: &str| reason.fact(name).map(|fact| shown(name, &fact, unit, language));
    pattern.and_then(|pattern| fill(pattern, &look_up)).unwrap_or_else(|| plainly(reason, unit, language))
}

/// The unit of the series is that of what was judged and of its limit; all else has its own.
fn shown(name: &str, fact: &Fact, unit: Unit, language: Language) -> String {
    match (name, fact) {
        ("value" | "limit" | "expected" | "week_low" | "week_high", Fact::Number(value)) => say::measured(*value, unit),
        ("of", Fact::Text(role)) => match role.as_str() {
            "used" => pick("of its space", "용량", language).to_owned(),
            "inodes" => pick("of its inodes", "inode", language).to_owned(),
            _ => say::fact(fact, language),
        },
        _ => say::fact(fact, language),
    }
}

fn plainly(reason: &Reason, unit: Unit, language: Language) -> String {
    let facts = reason.facts.iter().map(|(name, fact)| format!("{name} {}", shown(name, &fact, unit, language)));
    let facts = facts.collect::<Vec<_>>().join(", ");
    if facts.is_empty() { reason.key.to_owned() } else { format!("{}: {facts}", reason.key) }
}

pub(super) fn pick<'a>(en: &'a str, ko: &'a str, language: Language) -> &'a str {
    match language {
        Language::En => en,
        Language::Ko => ko,
    }
}

/// `None` where a fact outside brackets is missing, or nothing is left to say.
pub(super) fn fill(pattern: &str, look_up: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut said = String::with_capacity(pattern.len() + 32);
    let mut rest = pattern;
    while let Some(at) = rest.find('[') {
        let (before, after) = rest.split_at(at);
        said.push_str(&fill_flat(before, look_up)?);
        let (inner, after) = after[1..].split_once(']')?;
        match inner.strip_prefix('?').and_then(|inner| inner.split_once(' ')) {
            Some((name, words)) if look_up(name).is_some() => said.push_str(words),
            Some(_) => {}
            None => said.push_str(&fill_flat(inner, look_up).unwrap_or_default()),
        }
        rest = after;
    }
    said.push_str(&fill_flat(rest, look_up)?);
    let said = said.trim().trim_start_matches([';', ',']).trim_start();
    (!said.is_empty()).then(|| said.to_owned())
}

/// An empty fact is as good as none.
fn fill_flat(pattern: &str, look_up: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut said = String::with_capacity(pattern.len() + 32);
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        said.push_str(before);
        said.push_str(&look_up(name).filter(|value| !value.is_empty())?);
        rest = after;
    }
    said.push_str(rest);
    Some(said)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn names(pattern: &str) -> BTreeSet<&str> {
        let shown = pattern.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
        let asked = pattern.split("[?").skip(1).filter_map(|rest| rest.split_once(' '));
        shown.chain(asked).map(|(name, _)| name).collect()
    }

    #[test]
    fn both_languages_say_the_same_facts() {
        for (key, en, ko) in REASONS {
            assert_eq!(names(en), names(ko), "{key}");
            for pattern in [en, ko] {
                let all = fill(pattern, &|name| Some(format!("<{name}>")));
                let all = all.unwrap_or_else(|| panic!("{key} cannot be said"));
                assert!(!all.contains(['{', '}', '[', ']']), "{key}: {all}");
            }
        }
        let keys: BTreeSet<_> = REASONS.iter().map(|(key, ..)| key).collect();
        assert_eq!(keys.len(), REASONS.len(), "a key stands twice");
    }

    #[test]
    fn korean_puts_no_particle_behind_a_fact() {
        for (key, _, ko) in REASONS {
            for particle in ["}을", "}를", "}은", "}는", "}이 ", "}가 ", "}과", "}와", "}으로"] {
                assert!(!ko.contains(particle), "{key}: {ko}");
            }
        }
    }

    #[test]
    fn what_is_missing_is_left_out_or_said_plainly() {
        let gone = Reason::new("silent.gone").with("limit", Fact::DurationS(300.0));
        assert_eq!(
            super::reason(&gone, Unit::None, Language::En),
            "Nothing heard (limit 5 min), and nobody knows whether the host still runs"
        );
        let torn = Reason::new("threshold.fine").with("value", Fact::Number(3.0));
        assert_eq!(super::reason(&torn, Unit::Percent, Language::En), "threshold.fine: value 3%");
        let unheard = Reason::new("moon.full").with("phase", Fact::Count(4));
        assert_eq!(super::reason(&unheard, Unit::None, Language::Ko), "moon.full: phase 4");
        assert_eq!(super::reason(&Reason::new("moon.new"), Unit::None, Language::En), "moon.new");
        let kindless = super::reason(&Reason::new("log.new_kind"), Unit::None, Language::Ko);
        assert_eq!(kindless, "처음 보는 오류");
    }
}

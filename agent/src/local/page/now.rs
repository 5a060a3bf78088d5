//! Now: what is wrong, since when, how soon it matters, who was told, why.

use alarm::grade::Grade;
use alarm::notice::words::reason;
use alarm::notice::{Alarm, say as words};
use alarm::notify::{Episode, Quiet};
use alarm::round::Told;
use alarm::rules::Statistic;
use alarm::verdict::{Held, State};
use maud::{Markup, html};

use super::host::{find, newest};
use super::incidents::{acknowledge, silence};
use super::say::{Say, shown};
use crate::local::house::House;

pub(super) fn page(house: &House, say: &Say, csrf: &str) -> Markup {
    let open: Vec<&Told> = house.judge.latest.told.iter().filter(|told| told.memory.episode.is_some()).collect();
    html! {
        div id="wrong" data-live="" {
            (headline(house, say, &open))
            @for told in &open { (group(house, say, told, csrf)) }
            (waiting(house, say))
        }
        div id="glance" data-live="" { (glance(house, say)) }
        div id="unknown" data-live="" { (unknown(house, say)) }
    }
}

fn headline(house: &House, say: &Say, open: &[&Told]) -> Markup {
    let (firing, unknown, fine) = house.judge.counts();
    let judged = match say.code() {
        "ko" => format!("판정 {}건: 정상 {fine}, 이상 {firing}, 알 수 없음 {unknown}.", firing + unknown + fine),
        _ => format!("{} judged: {fine} fine, {firing} firing, {unknown} unknown.", firing + unknown + fine),
    };
    let worst = open.iter().flat_map(|told| grades(house, told)).max();
    html! {
        h1 class={ "state " (worst.map_or("fine", Grade::name)) } {
            @if open.is_empty() { (say.t("Nothing is wrong", "이상이 없습니다")) }
            @else if say.code() == "ko" { (open.len()) "건의 장애가 진행 중입니다" }
            @else if open.len() == 1 { "One thing is wrong" }
            @else { (open.len()) " things are wrong" }
        }
        p.sub { (judged) " " @if house.judge.latest.now > 0 { time data-time=(house.judge.latest.now) { (say.moment(house.judge.latest.now)) } } }
    }
}

fn members<'a>(house: &'a House, told: &'a Told) -> impl Iterator<Item = (usize, Alarm<'a>)> {
    let open = told.members.iter().filter(|at| house.judge.latest.outcomes[**at].memory.episode.is_some());
    open.filter_map(|at| Some((*at, house.judge.alarm(*at)?)))
}

fn grades<'a>(house: &'a House, told: &'a Told) -> impl Iterator<Item = Grade> + 'a {
    members(house, told).map(|(_, alarm)| alarm.graded.grade)
}

pub(super) fn grade(say: &Say, grade: Grade) -> Markup {
    let (en, ko) = match grade {
        Grade::Page => ("page", "긴급"),
        Grade::Ticket => ("ticket", "티켓"),
        Grade::Note => ("note", "참고"),
    };
    html! { span class={ "grade " (grade.name()) } { (say.t(en, ko)) } }
}

fn group(house: &House, say: &Say, told: &Told, csrf: &str) -> Markup {
    let Some(episode) = &told.memory.episode else { return html! {} };
    let mut open: Vec<_> = members(house, told).collect();
    open.sort_by_key(|(_, alarm)| std::cmp::Reverse(alarm.graded.grade));
    let worst = open.first().map(|(_, alarm)| alarm.graded.grade);
    html! {
        article class={ "incident " (worst.map_or("note", Grade::name)) } {
            header {
                @if let Some(worst) = worst { (grade(say, worst)) }
                a href={ "/incidents/" (episode.incident) } { (episode.incident) }
                span { (say.t("since ", "발생: ")) (say.moment(episode.since)) " (" (say.ago(episode.since)) ")" }
            }
            @for (at, alarm) in &open { (one(house, say, *at, alarm)) }
            (people(house, say, told, episode))
            div.acts {
                @if episode.ack.is_none() { (acknowledge(say, csrf, &episode.incident)) }
                @if let Some((_, alarm)) = open.first() { (silence(say, csrf, alarm.labels)) }
            }
        }
    }
}

fn one(house: &House, say: &Say, at: usize, alarm: &Alarm<'_>) -> Markup {
    let outcome = &house.judge.latest.outcomes[at];
    let place: Vec<_> = alarm.labels.iter().filter(|(name, _)| *name != "rule").collect();
    html! {
        div.alarm {
            h2 { (alarm.title(say.language)) @for (name, value) in &place { " " code { (name) "=" (value) } } }
            p { (reason(&alarm.verdict.reason, alarm.unit, say.language)) }
            @if alarm.verdict.state == State::Unknown {
                p.note { (say.t("It cannot be seen just now; a gap is no recovery.", "지금은 확인할 수 없습니다. 데이터가 없다고 해소된 것은 아닙니다.")) }
            }
            dl {
                @if let Some(left) = alarm.verdict.time_left { dt { (say.t("Time left", "남은 시간")) } dd { (words::time_left(left, say.language)) } }
                @if let Some(means) = alarm.means(say.language) { dt { (say.t("For users", "영향")) } dd { (means) } }
                @if let Some(todo) = alarm.todo(say.language) { dt { (say.t("What to do", "조치 방법")) } dd { @for line in todo.lines() { span.line { (line) } } } }
                @if let Some(runbook) = alarm.runbook { dt { (say.t("Runbook", "대응 절차서")) } dd { a href=(runbook) rel="noreferrer noopener" { (runbook) } } }
            }
            (why(house, say, outcome.bound, alarm))
        }
    }
}

/// What was judged, by which rule, and the facts it rests on.
fn why(house: &House, say: &Say, bound: usize, alarm: &Alarm<'_>) -> Markup {
    let bound = &house.judge.latest.bounds[bound];
    let rule = &house.judge.rules.alarms[bound.rule];
    let entries = house.store.catalogue().entries();
    html! {
        details id={ "why-" (alarm.labels) } {
            summary { (say.t("Why", "판정 근거")) }
            dl {
                dt { (say.t("Rule", "규칙")) } dd { code { (rule.name) } " (" (rule.watch.judge.word()) ")" }
                dt { (say.t("Looks at", "측정 대상")) }
                dd { @for (read, series) in &bound.series {
                    span.line { code { (entries.get(*series).map(|entry| entry.series.to_string()).unwrap_or_default()) }
                        " " (rule.reads[*read].statistic) ", " (say.duration(f64::from(rule.period_s))) }
                } }
                @for (name, fact) in alarm.verdict.reason.facts.iter() { dt { code { (name) } } dd { (words::fact(&fact, say.language)) } }
                dt { (say.t("Grade", "등급")) } dd { (alarm.graded.impact.name()) " × " (alarm.graded.immediacy.name()) " = " (alarm.graded.grade.name()) }
            }
        }
    }
}

/// Who was told, who has it, and why nobody else is.
fn people(house: &House, say: &Say, told: &Told, episode: &Episode) -> Markup {
    // The episode knows who heard last; the story, when each heard first.
    let first = house.judge.incidents.get(&episode.incident).map(|story| story.told.as_slice()).unwrap_or_default();
    html! {
        p.people {
            @if first.is_empty() { (say.t("Nobody was told yet.", "아직 아무에게도 통보하지 않았습니다.")) }
            @else {
                (say.t("Told: ", "통보: "))
                @for (at, (who, when)) in first.iter().enumerate() { @if at > 0 { ", " } b { (who) } " " (say.moment(*when)) }
                "."
            }
            @if let Some(ack) = &episode.ack {
                " " strong { (say.t("Acknowledged by ", "확인: ")) (ack.by) (say.t(", until ", ", 유효: ")) (say.moment(ack.until)) "." }
            }
            @if let Some(quiet) = &told.decision.quiet { " " (quiet_words(say, quiet)) }
        }
    }
}

/// Why no notice is sent just now.
fn quiet_words(say: &Say, quiet: &Quiet) -> String {
    let ko = say.code() == "ko";
    match quiet {
        Quiet::NothingFires | Quiet::NobodyKnew => String::new(),
        Quiet::NothingKnown => say.t("Nothing is known to fire.", "이상이 확인된 항목이 없습니다.").to_owned(),
        Quiet::AllTold { again_at } if ko => format!("계속되면 {}에 다시 통보합니다.", say.moment(*again_at)),
        Quiet::AllTold { again_at } => format!("Told again at {} if it lasts.", say.moment(*again_at)),
        Quiet::NoStep { next_at: Some(at), .. } if ko => format!("계속되면 {}에 통보합니다.", say.moment(*at)),
        Quiet::NoStep { next_at: Some(at), .. } => format!("Told at {} if it lasts.", say.moment(*at)),
        Quiet::NoStep { next_at: None, .. } => say
            .t("This grade is shown here and told to nobody.", "이 등급은 화면에만 표시하고 통보하지 않습니다.")
            .to_owned(),
        Quiet::Hushed { hush } => match (hush.until(), ko) {
            (Some(until), true) => format!("{}까지 알림이 중지되어 있습니다.", say.moment(until)),
            (Some(until), false) => format!("Kept quiet until {}.", say.moment(until)),
            (None, _) => say.t("Hidden by a graver alarm.", "더 심각한 알람에 가려져 있습니다.").to_owned(),
        },
        Quiet::Acknowledged { .. } => {
            say.t("The ladder waits for them.", "확인한 사람이 있어 추가 통보를 멈췄습니다.").to_owned()
        }
        Quiet::Settling { .. } => {
            say.t("What happens in the next minutes is told together.", "이어지는 변화는 모아서 통보합니다.").to_owned()
        }
        Quiet::Calming { until } if ko => format!("{}까지 정상이면 해소로 통보합니다.", say.moment(*until)),
        Quiet::Calming { until } => format!("Over, if it stays fine until {}.", say.moment(*until)),
    }
}

/// What the judge sees and does not believe yet.
fn waiting(house: &House, say: &Say) -> Markup {
    let outcomes = house.judge.latest.outcomes.iter().enumerate();
    let held: Vec<_> = outcomes
        .filter_map(|(at, outcome)| match outcome.verdict.held {
            Some(Held::Pending { until, .. }) => Some((house.judge.alarm(at)?, until)),
            _ => None,
        })
        .collect();
    html! {
        @if !held.is_empty() {
            section.waiting {
                h2 { (say.t("May become trouble", "지켜보는 중")) }
                ul { @for (alarm, until) in &held {
                    li { b { (alarm.title(say.language)) } ": " (reason(&alarm.verdict.reason, alarm.unit, say.language)) " "
                        (say.t("Fires at ", "계속되면 발생: ")) (say.moment(*until)) (say.t(" if it lasts.", "")) }
                } }
            }
        }
    }
}

/// The host in four numbers.
fn glance(house: &House, say: &Say) -> Markup {
    let tiles = [
        ("cpu_usage_active", say.t("Processor", "CPU")),
        ("mem_used_percent", say.t("Memory", "메모리")),
        ("pressure_io_some", say.t("Waiting for disk", "디스크 대기")),
    ];
    let mut disk: Option<(f64, &str)> = None;
    for (id, entry) in find(house, "disk_used_percent") {
        let value = newest(house, id, &Statistic::Maximum, say.now);
        if let Some(value) = value.filter(|value| disk.is_none_or(|(most, _)| *value > most)) {
            disk = Some((value, entry.series.dimensions.get("path").unwrap_or("?")));
        }
    }
    let tile = |title: &str, value: Option<f64>| {
        html! { a.tile href="/host" {
            span { (title) } b { (shown(value, alarm::series::Unit::Percent)) }
            progress max="100" value=[value] aria-label=(title) {}
        } }
    };
    html! {
        div.tiles {
            @for (metric, title) in tiles {
                @if let Some((id, _)) = find(house, metric).next() { (tile(title, newest(house, id, &Statistic::Average, say.now))) }
            }
            @if let Some((value, path)) = disk { (tile(&format!("{} {path}", say.t("Disk", "디스크")), Some(value))) }
        }
    }
}

fn unknown(house: &House, say: &Say) -> Markup {
    let outcomes = house.judge.latest.outcomes.iter().enumerate();
    let unknown: Vec<_> = outcomes
        .filter(|(_, it)| it.verdict.state == State::Unknown && it.memory.episode.is_none())
        .filter_map(|(at, _)| house.judge.alarm(at))
        .collect();
    html! {
        @if !unknown.is_empty() {
            details.unknown id="unjudged" {
                summary { @if say.code() == "ko" { "알 수 없음 " (unknown.len()) "건" } @else { (unknown.len()) " cannot be judged" } }
                p.note { (say.t("Too little of it was measured, so far or on this host; that is not the same as fine.", "아직 데이터가 부족하거나 이 호스트에서 측정되지 않는 항목입니다. 정상이라는 뜻은 아닙니다.")) }
                ul { @for alarm in &unknown { li { b { (alarm.title(say.language)) } ": " (reason(&alarm.verdict.reason, alarm.unit, say.language)) } } }
            }
        }
    }
}

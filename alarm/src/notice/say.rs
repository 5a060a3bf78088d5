//! Numbers, lengths of time and moments, as a person of either language writes them.

use crate::points::Time;
use crate::series::Unit;
use crate::team::Language;
use crate::verdict::{Fact, TimeLeft};
use crate::zone::Zone;

use super::text::clean;

/// Longest name shown inside a sentence.
const NAME_MAX: usize = 120;

pub fn fact(fact: &Fact, language: Language) -> String {
    match fact {
        Fact::Number(value) => number(*value),
        Fact::Count(count) => grouped(&count.to_string()),
        Fact::Percent(value) => format!("{}%", number(*value)),
        Fact::DurationS(seconds) => duration(*seconds, language),
        Fact::Money(dollars) => format!("${}", money(*dollars)),
        Fact::Text(text) => clean(text, NAME_MAX),
    }
}

/// A value with the unit of its series.
pub fn measured(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Percent => format!("{}%", number(value)),
        Unit::Bytes => bytes(value),
        Unit::BytesPerSecond => format!("{}/s", bytes(value)),
        Unit::CountPerSecond => format!("{}/s", number(value)),
        Unit::Seconds => format!("{} s", number(value)),
        Unit::Milliseconds => format!("{} ms", number(value)),
        Unit::Microseconds => format!("{} µs", number(value)),
        Unit::None | Unit::Count => number(value),
    }
}

fn bytes(value: f64) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut scaled = value;
    let mut unit = 0;
    while scaled.abs() >= 1024.0 && unit + 1 < UNITS.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    format!("{} {}", number(scaled), UNITS[unit])
}

/// Three digits that matter, thousands apart by commas, as both languages write them.
pub(super) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "?".to_owned();
    }
    let size = value.abs();
    let places = if size >= 100.0 || value.fract() == 0.0 {
        0
    } else if size >= 10.0 {
        1
    } else if size >= 0.01 {
        2
    } else if size >= 0.000_01 {
        return trimmed(&format!("{value:.5}"));
    } else {
        return format!("{value:.1e}");
    };
    if size >= 1e15 {
        return format!("{value:.2e}");
    }
    trimmed(&format!("{value:.places$}"))
}

fn trimmed(digits: &str) -> String {
    let Some((whole, fraction)) = digits.split_once('.') else { return grouped(digits) };
    let fraction = fraction.trim_end_matches('0');
    let whole = grouped(whole);
    if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") }
}

fn money(dollars: f64) -> String {
    if dollars.abs() >= 0.1 || dollars == 0.0 { grouped_cents(dollars) } else { number(dollars) }
}

fn grouped_cents(dollars: f64) -> String {
    let text = format!("{dollars:.2}");
    text.split_once('.').map_or(text.clone(), |(whole, cents)| format!("{}.{cents}", grouped(whole)))
}

fn grouped(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    out.push_str(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `2 d 4 h`, `3 h 20 min`, `45 s`; `2일 4시간`, `3시간 20분`, `45초`. Two units at most, the smaller dropped at zero.
pub fn duration(seconds: f64, language: Language) -> String {
    let (names, gap) = match language {
        Language::En => ([" d", " h", " min", " s"], " "),
        Language::Ko => (["일", "시간", "분", "초"], " "),
    };
    if !seconds.is_finite() {
        return "?".to_owned();
    }
    let total = seconds.abs().min(1e11).round() as u64;
    // What is lost by leaving out the third unit is rounded away, so that 59 min 40 s is "1 h" beside hours alone.
    let total = if total >= 86_400 {
        (total + 1_800) / 3_600 * 3_600
    } else if total >= 3_600 {
        (total + 30) / 60 * 60
    } else {
        total
    };
    let parts = [total / 86_400, total / 3_600 % 24, total / 60 % 60, total % 60];
    let first = parts.iter().position(|part| *part > 0).unwrap_or(3);
    let shown = (first..parts.len().min(first + 2)).filter(|at| parts[*at] > 0 || *at == first);
    shown.map(|at| format!("{}{}", parts[at], names[at])).collect::<Vec<_>>().join(gap)
}

/// `about 3 h (2 h to 5 h)`, `약 3시간 (2시간~5시간)`.
pub fn time_left(left: TimeLeft, language: Language) -> String {
    let [low, likely, high] = [left.low_s, left.likely_s, left.high_s].map(|s| duration(s, language));
    let sure = low == likely && high == likely;
    let open = !left.high_s.is_finite();
    match (language, sure, open) {
        (Language::En, true, _) => format!("about {likely}"),
        (Language::En, _, true) => format!("about {likely} (at least {low})"),
        (Language::En, ..) => format!("about {likely} ({low} to {high})"),
        (Language::Ko, true, _) => format!("약 {likely}"),
        (Language::Ko, _, true) => format!("약 {likely} (최소 {low})"),
        (Language::Ko, ..) => format!("약 {likely} ({low}~{high})"),
    }
}

/// `Sat 21 Nov 16:10`, `11월 21일(토) 16:10`; with the year where it is not that of `now`.
pub fn moment(time: Time, now: Time, zone: &Zone, language: Language) -> String {
    let (wall, this) = (zone.wall(time), zone.wall(now));
    let day = wall.date();
    let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or(0) % 7;
    let month = usize::try_from(day.month() - 1).unwrap_or(0) % 12;
    let (hour, minute) = (wall.hour(), wall.minute());
    let other_year = wall.year() != this.year();
    match language {
        Language::En => {
            const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
            const MONTHS: [&str; 12] =
                ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
            let year = if other_year { format!(" {}", wall.year()) } else { String::new() };
            format!("{} {} {}{year} {hour:02}:{minute:02}", DAYS[weekday], day.day(), MONTHS[month])
        }
        Language::Ko => {
            const DAYS: [&str; 7] = ["월", "화", "수", "목", "금", "토", "일"];
            let year = if other_year { format!("{}년 ", wall.year()) } else { String::new() };
            format!("{year}{}월 {}일({}) {hour:02}:{minute:02}", day.month(), day.day(), DAYS[weekday])
        }
    }
}

/// The time of day alone where it is today.
pub fn clock(time: Time, now: Time, zone: &Zone, language: Language) -> String {
    let (wall, this) = (zone.wall(time), zone.wall(now));
    if wall.date() == this.date() {
        return format!("{:02}:{:02}", wall.hour(), wall.minute());
    }
    moment(time, now, zone, language)
}

/// `2026-11-21T16:10:03+09:00`: for machines, in the zone all the same.
pub fn machine(time: Time, zone: &Zone) -> String {
    let zoned = zone.zoned(time);
    let offset = zoned.offset().seconds();
    let (sign, size) = if offset < 0 { ('-', -offset) } else { ('+', offset) };
    let wall = zoned.datetime();
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{sign}{:02}:{:02}",
        wall.year(),
        wall.month(),
        wall.day(),
        wall.hour(),
        wall.minute(),
        wall.second(),
        size / 3_600,
        size / 60 % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::parse_moment;

    #[test]
    fn numbers_show_what_matters() {
        for (value, expect) in [
            (0.0, "0"),
            (93.0, "93"),
            (93.456, "93.5"),
            (0.051_23, "0.05"),
            (0.001_23, "0.00123"),
            (1_234_567.8, "1,234,568"),
            (-1_234.0, "-1,234"),
            (1e-9, "1.0e-9"),
            (f64::NAN, "?"),
            (1e300, "1.00e300"),
        ] {
            assert_eq!(number(value), expect);
        }
        assert_eq!(fact(&Fact::Money(1_234.5), Language::En), "$1,234.50");
        assert_eq!(fact(&Fact::Money(0.05), Language::En), "$0.05");
        assert_eq!(measured(5e9, Unit::Bytes), "4.66 GiB");
    }

    #[test]
    fn lengths_of_time() {
        for (seconds, en, ko) in [
            (0.0, "0 s", "0초"),
            (45.0, "45 s", "45초"),
            (90.0, "1 min 30 s", "1분 30초"),
            (3_600.0, "1 h", "1시간"),
            (12_010.0, "3 h 20 min", "3시간 20분"),
            (187_000.0, "2 d 4 h", "2일 4시간"),
            (f64::INFINITY, "?", "?"),
        ] {
            assert_eq!(duration(seconds, Language::En), en);
            assert_eq!(duration(seconds, Language::Ko), ko);
        }
    }

    #[test]
    fn the_time_left_has_its_interval() {
        let left = TimeLeft { low_s: 7_200.0, likely_s: 10_800.0, high_s: 18_000.0 };
        assert_eq!(time_left(left, Language::En), "about 3 h (2 h to 5 h)");
        assert_eq!(time_left(left, Language::Ko), "약 3시간 (2시간~5시간)");
        let open = TimeLeft { high_s: f64::INFINITY, ..left };
        assert_eq!(time_left(open, Language::Ko), "약 3시간 (최소 2시간)");
    }

    #[test]
    fn moments_by_the_wall_of_the_team() {
        let zone = Zone::parse("Asia/Seoul").unwrap();
        let time = |text: &str| parse_moment(text, &zone).unwrap();
        let now = time("2026-11-21 16:35");
        assert_eq!(moment(time("2026-11-21 16:10"), now, &zone, Language::En), "Sat 21 Nov 16:10");
        assert_eq!(moment(time("2025-01-05 03:00"), now, &zone, Language::Ko), "2025년 1월 5일(일) 03:00");
        assert_eq!(clock(time("2026-11-21 00:05"), now, &zone, Language::Ko), "00:05");
        assert_eq!(machine(now, &zone), "2026-11-21T16:35:00+09:00");
        assert_eq!(machine(now, &Zone::parse("America/St_Johns").unwrap()), "2026-11-21T04:05:00-03:30");
    }
}

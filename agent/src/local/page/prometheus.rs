//! `/metrics`: the newest point of every series, and the states of the alarms, in Prometheus' text format (0.0.4).

use std::collections::BTreeMap;
use std::fmt::Write;

use alarm::points::Time;
use alarm::rules::Statistic;
use alarm::series::{Dimensions, Unit};
use alarm::verdict::State;

use crate::local::house::House;

pub(super) const KIND: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A series that has had no point for so long is left out, as Prometheus wants it.
const STALE_S: Time = 60;

pub(super) fn text(house: &House, now: Time) -> String {
    let mut families: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    for (id, entry) in house.store.catalogue().entries().iter().enumerate() {
        if entry.seen.is_none_or(|seen| seen < now - STALE_S) {
            continue;
        }
        let points = house.store.points(id as u32, &Statistic::Average, 10, (now - STALE_S, now + 10));
        let Some((_, value)) = points.view().newest() else { continue };
        let family = name(&entry.series.name);
        let help = crate::metrics::find(&entry.series.name).map_or("", |metric| metric.says);
        let unit = if entry.unit == Unit::None { String::new() } else { format!(" ({})", entry.unit.name()) };
        let (_, lines) = families.entry(family.clone()).or_insert_with(|| (format!("{help}{unit}"), Vec::new()));
        let mut labels = entry.series.dimensions.clone();
        labels.set("namespace", &entry.series.namespace);
        lines.push(format!("{family}{} {value}", braces(&labels)));
    }
    alarms(house, &mut families);
    let mut out = String::new();
    for (family, (help, lines)) in families {
        // Writing into a String cannot fail.
        let _ = writeln!(out, "# HELP {family} {}", escaped(&help, false));
        let _ = writeln!(out, "# TYPE {family} gauge");
        for line in lines {
            out.push_str(&line);
            out.push('\n');
        }
    }
    out
}

/// 1 fires, 0 is fine, and what is unknown says so by a series of its own.
fn alarms(house: &House, families: &mut BTreeMap<String, (String, Vec<String>)>) {
    let latest = &house.judge.latest;
    let mut firing = Vec::new();
    let mut unknown = Vec::new();
    let mut left = Vec::new();
    for (at, outcome) in latest.outcomes.iter().enumerate() {
        let bound = &latest.bounds[outcome.bound];
        let mut labels = bound.labels.clone();
        if let Some(alarm) = house.judge.alarm(at) {
            labels.set("grade", alarm.graded.grade.name());
        }
        let labels = braces(&labels);
        firing.push(format!("stormglass_alarm_firing{labels} {}", u8::from(outcome.verdict.state == State::Firing)));
        unknown.push(format!("stormglass_alarm_unknown{labels} {}", u8::from(outcome.verdict.state == State::Unknown)));
        if let Some(time) = outcome.verdict.time_left {
            left.push(format!("stormglass_alarm_time_left_seconds{labels} {}", time.likely_s));
        }
    }
    families.insert("stormglass_alarm_firing".to_owned(), ("1 where the alarm fires.".to_owned(), firing));
    families.insert("stormglass_alarm_unknown".to_owned(), ("1 where the alarm cannot be judged.".to_owned(), unknown));
    if !left.is_empty() {
        families.insert(
            "stormglass_alarm_time_left_seconds".to_owned(),
            ("Time until the limit, where a judge can tell.".to_owned(), left),
        );
    }
}

/// `[a-zA-Z_][a-zA-Z0-9_]*`; whatever else a name has becomes an underscore, and ours begin with our own word.
fn name(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("stormglass_{plain}")
}

fn braces(labels: &Dimensions) -> String {
    // Two names that differ only in what Prometheus does not allow would be one label twice: the first is kept.
    let mut named: BTreeMap<String, &str> = BTreeMap::new();
    for (name, value) in labels {
        let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let plain = if plain.starts_with(|c: char| c.is_ascii_digit()) || plain.is_empty() {
            format!("_{plain}")
        } else {
            plain
        };
        named.entry(plain).or_insert(value);
    }
    let pairs: Vec<_> = named.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value, true))).collect();
    format!("{{{}}}", pairs.join(","))
}

fn escaped(text: &str, quote: bool) -> String {
    let plain = text.replace('\\', "\\\\").replace('\n', "\\n");
    if quote { plain.replace('"', "\\\"") } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_labels_are_what_prometheus_takes() {
        assert_eq!(name("http.server/requests-p99"), "stormglass_http_server_requests_p99");
        let labels = Dimensions::from_iter([("a-b", "x\"y\\z\nw"), ("9", "한"), ("a.b", "second")]);
        assert_eq!(braces(&labels), "{_9=\"한\",a_b=\"x\\\"y\\\\z\\nw\"}");
    }
}

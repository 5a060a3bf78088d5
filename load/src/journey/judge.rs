//! Whether an answer is what it must be, and what is taken from it. Pure.

use std::time::Duration;

use crate::http::Answer;
use crate::scenario::{Expect, From, Step};
use crate::tally::Failure;

/// Why the answer is not what the step expects.
pub(super) fn failure(expect: &Expect, answer: &Answer) -> Option<Failure> {
    let status_is_fine = match expect.status.as_slice() {
        [] => (200..400).contains(&answer.status),
        any => any.contains(&answer.status),
    };
    if !status_is_fine {
        return Some(Failure::Status(answer.status));
    }
    if expect.contains.is_none() && expect.matches.is_none() {
        return None;
    }
    let body = String::from_utf8_lossy(&answer.body);
    let holds = expect.contains.as_ref().is_none_or(|text| body.contains(text))
        && expect.matches.as_ref().is_none_or(|pattern| pattern.is_match(&body));
    (!holds).then_some(Failure::Body)
}

/// Takes what the step takes into `values`.
pub(super) fn take(step: &Step, answer: &Answer, values: &mut [String]) -> Result<(), Failure> {
    let mut json = None;
    for take in &step.takes {
        let found = match &take.from {
            From::Header(name) => answer.header(name).map(str::to_owned),
            From::Regex(pattern) => {
                let body = String::from_utf8_lossy(&answer.body);
                let found = pattern.captures(&body);
                found.and_then(|groups| groups.get(1).or(groups.get(0)).map(|group| group.as_str().to_owned()))
            }
            From::Json(pointer) => {
                let parsed = json.get_or_insert_with(|| serde_json::from_slice::<serde_json::Value>(&answer.body));
                parsed.as_ref().ok().and_then(|json| json.pointer(pointer)).and_then(plain)
            }
        };
        let value = found.ok_or_else(|| Failure::Missing(take.name.clone()))?;
        if let Some(place) = values.get_mut(take.into) {
            *place = value;
        }
    }
    Ok(())
}

/// A value as one would write it by hand; null is no value.
fn plain(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The parts that a service names: `db;dur=53.2, cache;desc="hit";dur=1` (W3C Server Timing). A part without a
/// duration tells no time.
pub(super) fn server_timing(header: &str) -> impl Iterator<Item = (&str, Duration)> {
    header.split(',').filter_map(|part| {
        let mut words = part.split(';').map(str::trim);
        let name = words.next().filter(|name| !name.is_empty())?;
        let said =
            words.find_map(|word| word.split_once('=').filter(|(key, _)| key.trim().eq_ignore_ascii_case("dur")))?;
        let ms: f64 = said.1.trim().trim_matches('"').parse().ok()?;
        Duration::try_from_secs_f64(ms / 1e3).ok().map(|time| (name, time))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_the_service_names() {
        let got: Vec<_> =
            server_timing(r#"db;dur=53.2, cache;desc="hit";dur=1, miss, app;dur=x, pool; DUR="2""#).collect();
        let ms = |ms: f64| Duration::from_secs_f64(ms / 1e3);
        assert_eq!(got, [("db", ms(53.2)), ("cache", ms(1.0)), ("pool", ms(2.0))]);
    }

    #[test]
    fn json_values_are_plain() {
        let of = |text: &str| plain(&serde_json::from_str(text).expect("JSON"));
        assert_eq!(of("\"a\"").as_deref(), Some("a"));
        assert_eq!(of("7").as_deref(), Some("7"));
        assert_eq!(of("null"), None);
    }
}

//! What arrives, and who answers it. One line an event.
//!
//! An event that is none of ours is refused with a code and said in the log; it never fails the invocation.

use serde::Deserialize;
use serde_json::Value;

use crate::check;
use crate::hear::Asked;

/// Every event of ours has one key, the name of what is asked.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    /// Would these rules be taken? Asked before they are put in place.
    Check(check::Ask),
    /// Judge: by the schedule, each minute.
    Round(Round),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Round {
    #[serde(default)]
    pub(crate) shard: u16,
    #[serde(default = "one")]
    pub(crate) of: u16,
}

fn one() -> u16 {
    1
}

#[derive(Debug)]
pub(crate) enum Came {
    Ours(Event),
    /// Somebody opened the function's URL.
    Person(Asked),
    Foreign(String),
}

pub(crate) fn read(payload: Value) -> Came {
    if payload.get("requestContext").and_then(|context| context.get("http")).is_some() {
        return serde_json::from_value(payload).map_or_else(|error| Came::Foreign(error.to_string()), Came::Person);
    }
    serde_json::from_value(payload).map_or_else(|error| Came::Foreign(error.to_string()), Came::Ours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_none_of_ours_is_told_apart() {
        for payload in [
            json!({}),
            json!(null),
            json!({ "Records": [] }),
            json!({ "check": 3 }),
            json!({ "round": { "shrad": 1 } }),
        ] {
            assert!(matches!(read(payload), Came::Foreign(_)));
        }
    }

    #[test]
    fn a_schedule_may_name_its_shard_or_not() {
        let Came::Ours(Event::Round(round)) = read(json!({ "round": {} })) else { panic!("not a round") };
        assert_eq!((round.shard, round.of), (0, 1));
        let Came::Ours(Event::Round(round)) = read(json!({ "round": { "shard": 2, "of": 4 } })) else { panic!() };
        assert_eq!((round.shard, round.of), (2, 4));
    }

    #[test]
    fn a_person_at_the_url() {
        let payload =
            json!({ "version": "2.0", "rawQueryString": "i=x", "requestContext": { "http": { "method": "GET" } } });
        assert!(matches!(read(payload), Came::Person(_)));
    }
}

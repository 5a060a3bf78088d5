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
    /// EventBridge: a host was stopped or started.
    Host(HostEvent),
    /// Somebody opened the function's URL.
    Person(Asked),
    Foreign(String),
}

/// What became of an instance of EC2, by somebody's order or Auto Scaling's.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct HostEvent {
    pub(crate) id: String,
    pub(crate) runs: bool,
    /// When it happened, as the event writes it: `2026-11-21T13:15:25Z`.
    pub(crate) at: String,
}

#[derive(Deserialize)]
struct Change {
    time: String,
    detail: Detail,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Detail {
    instance_id: String,
    state: String,
}

const STATE_CHANGE: &str = "EC2 Instance State-change Notification";

impl HostEvent {
    fn of(payload: Value) -> Result<Self, serde_json::Error> {
        let Change { time, detail } = serde_json::from_value(payload)?;
        Ok(Self { runs: matches!(&*detail.state, "pending" | "running"), id: detail.instance_id, at: time })
    }
}

pub(crate) fn read(payload: Value) -> Came {
    if payload.get("requestContext").and_then(|context| context.get("http")).is_some() {
        return serde_json::from_value(payload).map_or_else(|error| Came::Foreign(error.to_string()), Came::Person);
    }
    if payload.get("detail-type").and_then(Value::as_str) == Some(STATE_CHANGE) {
        return HostEvent::of(payload).map_or_else(|error| Came::Foreign(error.to_string()), Came::Host);
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
    fn a_host_that_was_stopped() {
        let event = |state: &str| {
            json!({ "version": "0", "detail-type": "EC2 Instance State-change Notification", "source": "aws.ec2",
                "time": "2026-11-21T13:15:25Z", "detail": { "instance-id": "i-1", "state": state } })
        };
        for (state, runs) in [("pending", true), ("running", true), ("stopping", false), ("terminated", false)] {
            let Came::Host(host) = read(event(state)) else { panic!("{state}") };
            assert_eq!(host, HostEvent { id: "i-1".into(), runs, at: "2026-11-21T13:15:25Z".into() });
        }
        assert!(matches!(read(json!({ "detail-type": "EC2 Instance State-change Notification" })), Came::Foreign(_)));
    }

    #[test]
    fn a_person_at_the_url() {
        let payload =
            json!({ "version": "2.0", "rawQueryString": "i=x", "requestContext": { "http": { "method": "GET" } } });
        assert!(matches!(read(payload), Came::Person(_)));
    }
}

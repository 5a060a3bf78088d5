//! What is remembered of one rule and one combination between two moments.
//!
//! It changes only when something happened: a series that stays fine costs no write. `encode` and `decode` are the
//! edge: each older form is converted there and nowhere else, and a newer one (after a rollback) is refused, not
//! guessed at. What is read lies where others may write: a number that none of ours could be is refused with the rest,
//! so that no judge need fear for its arithmetic.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::composite::Suppressed;
use crate::judge;
use crate::points::{TIME_MAX, Time, VALUE_MAX};
use crate::verdict::State;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    pub state: State,
    /// Since when the state stands.
    pub since: Time,
    /// When the episode began that is not over: it outlives a gap, for a gap is no recovery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub episode: Option<Time>,
    /// Since when the judge says firing, while the rule waits to believe it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lit: Option<Time>,
    /// Since when the judge says fine, while the rule waits to believe it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clear: Option<Time>,
    /// What the rule's suppressor did last.
    #[serde(default, skip_serializing_if = "Suppressed::is_nothing")]
    pub suppressed: Suppressed,
    pub judge: judge::Memory,
}

/// Each form in which a memory was ever written.
#[derive(Serialize, Deserialize)]
#[serde(tag = "v")]
enum Stored {
    #[serde(rename = "1")]
    V1(Memory),
}

/// A memory that cannot be read: the combination begins anew, which is said, for an open episode may be reported again.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("SG-ALM-090: what was remembered cannot be read: {0}")]
    Form(#[from] serde_json::Error),
    #[error("SG-ALM-090: what was remembered cannot be read: no time and no value is {0}")]
    Number(serde_json::Number),
}

impl Memory {
    pub fn encode(&self) -> String {
        // A map with text keys and no foreign types always has a JSON form.
        serde_json::to_string(&Stored::V1(self.clone())).unwrap_or_default()
    }

    pub fn decode(text: &str) -> Result<Self, Unreadable> {
        let value = serde_json::from_str(text)?;
        check(&value)?;
        let Stored::V1(memory) = serde_json::from_value(value)?;
        Ok(memory)
    }
}

/// Each number in it is one that could have been written. A scatter may be some times the largest value, and a period
/// that begins at the last moment ends after it.
fn check(value: &Value) -> Result<(), Unreadable> {
    const TIMES: f64 = 1e6;
    const LAST: Time = 2 * TIME_MAX;
    match value {
        Value::Number(number) => {
            let time = number.as_i64().is_some_and(|time| (-LAST..=LAST).contains(&time));
            let measured = number.is_f64() && number.as_f64().is_some_and(|value| value.abs() <= TIMES * VALUE_MAX);
            if time || measured { Ok(()) } else { Err(Unreadable::Number(number.clone())) }
        }
        Value::Array(values) => values.iter().try_for_each(check),
        Value::Object(fields) => fields.values().try_for_each(check),
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_nobody_wrote_is_refused() {
        let text = |since: &str, level: &str| {
            format!(
                r#"{{"v":"1","state":"fine","since":{since},"judge":{{"burst":{{"level":{{"as_of":0,"low":{level},"high":1.5}}}}}}}}"#
            )
        };
        assert!(Memory::decode(&text("1800000000", "0.25")).is_ok());
        for (since, level) in [("9223372036854775807", "0"), ("-2251799813685249", "0"), ("0", "1e115")] {
            let error = Memory::decode(&text(since, level)).expect_err("no such number");
            assert!(matches!(error, Unreadable::Number(_)), "{error}");
        }
    }
}

//! What arrives, and who answers it. One line an event.
//!
//! An event that is none of ours is refused with a code and said in the log; it never fails the invocation.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::check;

/// Every event has one key, the name of what is asked.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Event {
    /// Would these rules be taken? Asked before they are put in place.
    Check(check::Ask),
}

pub(crate) fn answer(payload: Value) -> Value {
    match serde_json::from_value(payload) {
        Ok(Event::Check(ask)) => check::answer(&ask),
        Err(error) => {
            tracing::warn!(code = "SG-LAM-010", %error, "an event that is none of ours");
            json!({ "error": { "code": "SG-LAM-010", "says": format!("an event that is none of ours: {error}") } })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_none_of_ours_is_refused_with_a_code() {
        for payload in [json!({}), json!(null), json!({ "Records": [] }), json!({ "check": 3 })] {
            assert_eq!(answer(payload)["error"]["code"], "SG-LAM-010");
        }
    }
}

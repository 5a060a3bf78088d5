//! Grade = impact x immediacy: what it does to the service, and how soon someone must act.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the trouble does to users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    None,
    Degraded,
    Outage,
}

/// How soon someone must act, from the time left where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Immediacy {
    Later,
    Soon,
    Now,
}

/// What it asks of a person: read it some day, do it this week, get up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    Note,
    Ticket,
    Page,
}

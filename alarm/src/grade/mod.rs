//! Grade = impact x immediacy: what it does to the service, and how soon someone must act.
//!
//! The same symptom may grade differently by circumstance (a test server at night, a disk with a week left): that is
//! the point. The table and the circumstances are `rules`.

mod rules;

pub use rules::{Because, Circumstance, Graded, Grades, RawGrades, RawRow, RawTable, RawWhen, WHEN_MAX};

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

impl Grade {
    pub const ALL: [Self; 3] = [Self::Note, Self::Ticket, Self::Page];

    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Ticket => "ticket",
            Self::Page => "page",
        }
    }
}

impl Impact {
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Degraded => "degraded",
            Self::Outage => "outage",
        }
    }
}

impl Immediacy {
    pub fn name(self) -> &'static str {
        match self {
            Self::Later => "later",
            Self::Soon => "soon",
            Self::Now => "now",
        }
    }
}

//! What a rule says now, and why.
//!
//! A verdict holds no time of its own: since when it stands is in the memory that `step` hands back beside it.
//! It never says a thing in words: a reason is a stable key with its numbers, and `notice` finds the words.

mod reason;

pub use reason::{Fact, Facts, Named, Reason};

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::grade::{Immediacy, Impact};
use crate::points::Time;

/// *fine*, *firing* or *unknown*. Unknown is not fine: a gap never reads as recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Fine,
    Firing,
    Unknown,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Firing => "firing",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Seconds until the limit, with an interval: the message says "in 3 h (2 to 5 h)".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeLeft {
    pub low_s: f64,
    pub likely_s: f64,
    pub high_s: f64,
}

impl TimeLeft {
    pub fn exactly(seconds: f64) -> Self {
        Self { low_s: seconds, likely_s: seconds, high_s: seconds }
    }
}

/// One verdict of one rule for one combination of series.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub state: State,
    /// Why, as facts a person can check.
    pub reason: Reason,
    /// The number that was judged, where there is one: what a peak and a jump of the ladder are taken from.
    pub value: Option<f64>,
    /// How soon it matters, where the judge can tell.
    pub immediacy: Option<Immediacy>,
    /// What it does to users, where the judge knows better than the rule (a credit surplus costs money, not users).
    pub impact: Option<Impact>,
    pub time_left: Option<TimeLeft>,
    /// Set by `step` where the state is not what the judge said, but what patience makes of it.
    pub held: Option<Held>,
}

/// Why the state differs from what the judge found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// The judge says firing, but it has not lasted for as long as the rule wants.
    Pending { since: Time, until: Time },
    /// The judge says fine, but it has not stayed so for as long as the rule wants.
    Clearing { since: Time, until: Time },
}

impl Verdict {
    pub fn new(state: State, reason: Reason) -> Self {
        Self { state, reason, value: None, immediacy: None, impact: None, time_left: None, held: None }
    }

    pub fn fine(reason: Reason) -> Self {
        Self::new(State::Fine, reason)
    }

    pub fn firing(reason: Reason) -> Self {
        Self::new(State::Firing, reason)
    }

    pub fn unknown(reason: Reason) -> Self {
        Self::new(State::Unknown, reason)
    }

    #[must_use]
    #[inline]
    pub fn value(mut self, value: f64) -> Self {
        self.value = value.is_finite().then_some(value);
        self
    }

    #[must_use]
    pub fn immediacy(mut self, immediacy: Immediacy) -> Self {
        self.immediacy = Some(immediacy);
        self
    }

    #[must_use]
    pub fn impact(mut self, impact: Impact) -> Self {
        self.impact = Some(impact);
        self
    }

    #[must_use]
    pub fn time_left(mut self, time_left: TimeLeft) -> Self {
        self.time_left = Some(time_left);
        self
    }
}

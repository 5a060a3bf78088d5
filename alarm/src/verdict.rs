//! What a rule says now, and why.

use crate::grade::Immediacy;

/// *fine*, *firing* or *unknown*. Unknown is not fine: a gap never reads as recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    Fine,
    Firing,
    Unknown,
}

/// Seconds until the limit, with an interval: the message says "in 3 h (2 to 5 h)".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeLeft {
    pub low_s: f64,
    pub likely_s: f64,
    pub high_s: f64,
}

/// One verdict of one rule for one combination of series.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub state: State,
    /// Why, as facts a person can check; the words are found in `notice`.
    pub reason: Reason,
    /// How soon it matters, where the judge can tell.
    pub immediacy: Option<Immediacy>,
    pub time_left: Option<TimeLeft>,
}

/// Why a verdict is what it is: a stable key with its numbers, so that it can be said in any language.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// Stable, of the form `threshold.breaching`, `disk.later`, `burst.draining`.
    pub key: &'static str,
    /// Numbers and names that the sentence needs, in the order in which it says them.
    pub facts: Vec<(&'static str, Fact)>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    Number(f64),
    Count(u64),
    Percent(f64),
    DurationS(f64),
    Money(f64),
    Text(String),
}

//! Decides who is told now, and why, or why nobody is.
//!
//! `decide` is a pure function of the ladder, what is remembered of the group, its members and the time. It sends
//! nothing and finds no words. What it promises, each held by a property test:
//! - a step of the ladder is told once an incident, and never before the steps below it;
//! - one decision tells an audience at most once, and the same decision made again tells nobody;
//! - a gap is no recovery; what is new and unknown, or fine, is told to nobody;
//! - whoever was told of an incident is told of its end;
//! - silenced, in maintenance, hidden or acknowledged, the ladder's clock stands still; when that ends and the trouble
//!   persists, people are told.

mod decide;
mod memory;
mod plan;
#[cfg(test)]
mod tests;
mod why;

pub use decide::decide;
pub use memory::{ADVANCE_MAX_S, Ack, Episode, GroupMemory, MEMBERS_MAX, MemberMemory, Rung, Told, Unreadable};
pub use plan::{Moment, plan};
pub use why::{Ended, Quiet, Why};

use crate::grade::Grade;
use crate::hush::Hush;
use crate::matcher::Labels;
use crate::points::Time;
use crate::verdict::{State, TimeLeft};

/// One alarm of the group: a rule and one combination of series. All that the group has must be given each time, the
/// unknown too: one that is missing is taken for gone.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    pub labels: &'a Labels,
    pub state: State,
    /// When its episode began, for one that has an episode.
    pub since: Option<Time>,
    pub grade: Grade,
    pub value: Option<f64>,
    pub time_left: Option<TimeLeft>,
    /// What keeps it from being told. For what fires or was firing when last seen, `Hushes::of`; for the rest
    /// `Hushes::quiet` is enough.
    pub hush: Option<&'a Hush>,
}

/// What follows from one look at a group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    pub due: Vec<Due>,
    /// Why nobody is told, where nobody is.
    pub quiet: Option<Quiet>,
    /// For the story of the incident, in the order in which it happened.
    pub happened: Vec<Happened>,
}

/// A notice that is owed. Members are meant by their number in what was given.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    pub incident: String,
    /// Counts the notices of the incident from 1: with it an outlet tells a notice sent twice from two notices.
    pub number: u32,
    pub why: Why,
    pub to: Vec<String>,
    pub grade: Grade,
    /// The first breach of what fires, or for the end of it all of the incident.
    pub since: Time,
    /// The steps that this tells, by their number on the ladder.
    pub steps: Vec<usize>,
    pub firing: Vec<usize>,
    /// Those of `firing` that people were not told of before.
    pub fresh: Vec<usize>,
    /// Told before, and fine now.
    pub over: Vec<usize>,
    /// Told before, and no longer among the members: the rule or the host is gone.
    pub gone: usize,
    /// Who is told next if it lasts, and when.
    pub next: Option<Next>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    pub at: Time,
    pub tell: Vec<String>,
}

/// Told to nobody by itself; the incident's story is made of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Happened {
    Opened {
        incident: String,
        since: Time,
    },
    Joined {
        member: usize,
    },
    Hushed {
        member: usize,
        hush: Hush,
    },
    HushEnded {
        member: usize,
        ended: Ended,
    },
    AckEnded {
        by: String,
    },
    /// It became graver than what was acknowledged.
    AckBroken {
        by: String,
        grade: Grade,
    },
    Over {
        member: usize,
    },
    Gone {
        members: usize,
    },
    Closed {
        incident: String,
    },
}

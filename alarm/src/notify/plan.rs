//! Who is told when, if a breach lasts: the ladder as people will live it.
//!
//! Found by playing the real decision minute by minute, not by reading the steps: what a plan shows is what happens.

use super::{GroupMemory, Member, Why, decide};
use crate::ladder::{Breach, Ladder};
use crate::verdict::State;

#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    pub minute: u64,
    pub why: Why,
    pub tell: Vec<String>,
}

/// One alarm breaches like this at minute 0 and does not stop.
pub fn plan(ladder: &Ladder, breach: &Breach<'_>, minutes: u64) -> Vec<Moment> {
    let Breach { labels, grade, value, time_left } = *breach;
    let group = ladder.group(labels);
    let member = Member { labels, state: State::Firing, since: Some(0), grade, value, time_left, hush: None };
    let mut memory = GroupMemory::default();
    let mut moments = Vec::new();
    for minute in 0..=minutes {
        let (after, decision) = decide(ladder, &group, memory, &[member], (minute * 60).cast_signed());
        moments.extend(decision.due.into_iter().map(|due| Moment { minute, why: due.why, tell: due.to }));
        memory = after;
    }
    moments
}

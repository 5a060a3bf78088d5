//! One round: what is remembered, what is read, what follows, what is written, who is told. In this order, so that a
//! process that dies anywhere leaves nothing that the next round does not mend:
//!
//! - before the first write the round is claimed: of two at once the second begins anew from what the first wrote;
//! - the change of a group and the notices that it owes are one write, on the condition of the version that was read;
//! - a notice is sent after that, and marked after it was taken: lost never, doubled only where the process dies
//!   between the two;
//! - whoever wrote a notice claims it for as long as an invocation can last; after that anybody may send it.

mod digest;
mod events;
mod guilt;
mod learned;
mod listing;
mod neighbours;
mod own;
mod published;
mod remember;
mod rules;
mod send;
#[cfg(test)]
mod tests;
mod turn;
mod warm;

pub(crate) use turn::turn;
pub(crate) use warm::Warm;

use account::link::Key;
use account::shard::Shard;
use alarm::points::Time;

/// Who judges, when, and for how long it may take.
#[derive(Clone, Debug)]
pub(crate) struct Me {
    pub(crate) shard: Shard,
    /// Of this invocation, unlike any other.
    pub(crate) name: String,
    pub(crate) now: Time,
    /// When this invocation is certainly over.
    pub(crate) over: Time,
    /// Points that may be kept for the next round.
    pub(crate) points_max: usize,
    /// With what links are signed, and where they lead.
    pub(crate) links: Option<(Key, String)>,
}

//! Probes: is it there, does it say the right thing, how fast, and how long does its certificate last.
//!
//! Invariants: time, bytes and redirects of each probe are bounded; probes of one interval begin spread over it; a target
//! that fails is `probe_up` 0 and has no time; a group counts the targets that are well.

mod config;
mod serve;

pub use config::{Raw, Settings};
pub use serve::{look_once, run};

/// The source's name in shares of the budget.
pub const SOURCE: &str = "probe";

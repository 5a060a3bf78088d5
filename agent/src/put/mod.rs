//! `put`: a shell, a job of cron or a program pushes what it knows, as JSON over a UNIX socket or loopback.
//!
//! Invariants: a body, a connection's time, the connections at once and the series of an hour are bounded; of a body
//! that is wrong anywhere nothing is taken, and the answer says why.

mod config;
mod serve;

pub use config::{Raw, Settings, usual_socket};
pub use serve::{run, take};

/// The source's name in shares of the budget.
pub const SOURCE: &str = "put";
/// Where it is posted to.
pub const PATH: &str = "/put";

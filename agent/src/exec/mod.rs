//! `exec`: a command of the user's, and what it prints as readings: `StatsD`, exposition or JSON.
//!
//! Invariants: its time, its output and its series are bounded; it is started without a shell, never twice at once, and
//! when its time is up it is killed with all that it started; one that fails is `up` 0.

mod config;
mod serve;

pub use config::{Raw, Settings};
pub use serve::{look_once, run};

/// The source's name in shares of the budget.
pub const SOURCE: &str = "exec";

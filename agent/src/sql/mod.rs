//! Data: does it arrive, in the right shape, how fast. A query becomes series; the next database is one file more.
//!
//! Invariants: every statement runs in a transaction that may not write, and within a time that the server itself holds;
//! rows, columns and the length of a value are bounded by the server, series here; a password stands in a file of its
//! own and in nothing that is said.

mod config;
mod growth;
mod look;
mod postgres;
mod rows;
mod serve;

pub use config::{Raw, Settings};
pub use serve::{Kept, look_once, run};

/// The source's name in shares of the budget.
pub const SOURCE: &str = "sql";

//! `StatsD` and `DogStatsD`: what programs say of themselves, over UDP and a UNIX datagram socket.
//!
//! A thread of its own: the default buffer of a socket holds two milliseconds of a flood, and a look at the host may
//! take longer. Invariants: a line is parsed without an allocation; packets, series, members of a set have named bounds;
//! what is refused is counted by its reason, and so is what the kernel dropped. Nobody is ever answered.

mod config;
mod hash;
mod kernel;
pub mod parse;
mod receive;
mod serve;
pub mod table;

pub use config::{Raw, Settings};
pub use serve::{Kept, run};

/// The source's name in shares of the budget.
pub const SOURCE: &str = "statsd";

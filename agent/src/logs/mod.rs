//! Log files and the journal: every error once, whole, safe to read.
//!
//! ```text
//! tail, feed (journal, stdin, sockets) -> group -> level, time, ids -> select -> redact -> fingerprint, fold -> batch -> ship -> aws
//! ```
//!
//! What never is: a checkpoint moves past a line before the line was acknowledged (or knowingly thrown away); a queue,
//! a line, an event or a request without a named bound; a line lost without being counted by its reason; text of a
//! user that leaves without having passed the redaction.

pub mod batch;
pub mod checkpoint;
pub mod config;
pub mod engine;
pub mod escape;
pub mod feed;
pub mod fingerprint;
pub mod fold;
pub mod group;
pub mod ids;
pub mod kinds;
pub mod lane;
pub mod level;
pub mod look;
mod outlet;
mod receive;
pub mod redact;
pub mod run;
pub mod select;
pub mod sift;
pub mod tail;
pub mod tally;
pub mod time;
mod watch;
pub mod ways;

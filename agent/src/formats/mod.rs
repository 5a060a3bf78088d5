//! What applications say, as text or bytes: pure readers, each of one format, shared by the sources that are given it.

pub mod exposition;
pub mod json;
pub mod number;
pub mod statsd;

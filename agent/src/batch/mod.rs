//! Cuts requests that `CloudWatch` will accept.
//!
//! Invariants of every request that leaves here: one namespace; at most `DATUMS_MAX` datums and `BYTES_MAX` bytes; no
//! datum with more than 150 values; values finite and within 2^360 (the window saw to it); names that pass
//! (`names::mend` saw to it when the series was first seen). Dates are judged when a request is sent, not here: it may
//! have waited for a week.

mod codec;
mod cut;
mod json;
pub mod names;

use std::ops::Range;
use std::sync::Arc;

use alarm::points::Time;
use alarm::series::{Series, Unit};

pub use codec::Broken;
pub use cut::cut;

/// Most datums of one request (facts/cloudwatch.md, PutMetricData).
pub const DATUMS_MAX: usize = 1_000;

/// Most bytes of one request. Held before compression: whether the service means the body or what it unpacks to is
/// not written, and this is true for both.
pub const BYTES_MAX: usize = 1_000_000;

/// How far back and ahead `CloudWatch` takes points (facts/cloudwatch.md, PutMetricData).
pub const BACK_MAX_S: Time = 14 * 86_400;
pub const AHEAD_MAX_S: Time = 2 * 3_600;

/// Values of one series in one period: 150 distinct at most, so a wide period has several.
#[derive(Clone, Debug, PartialEq)]
pub struct Datum {
    pub series: Arc<Series>,
    pub unit: Unit,
    /// The beginning of the period.
    pub at: Time,
    /// To be kept at high resolution.
    pub fine: bool,
    /// Values with their counts.
    pub values: Vec<(f64, f64)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub namespace: String,
    pub datums: Vec<Datum>,
}

impl Request {
    /// The earliest period in it.
    pub fn at(&self) -> Time {
        self.datums.iter().map(|datum| datum.at).min().unwrap_or_default()
    }

    /// A part of it: what is sent when a whole was refused.
    #[must_use]
    pub fn part(&self, range: Range<usize>) -> Self {
        let end = range.end.min(self.datums.len());
        Self { namespace: self.namespace.clone(), datums: self.datums[range.start.min(end)..end].to_vec() }
    }
}

//! OTLP over HTTP: metrics that an OpenTelemetry SDK or Collector pushes, as protobuf or JSON.
//!
//! Invariants: a body is bounded, packed and unpacked, and so are the series and the sums that are remembered; what cannot
//! be taken is counted and told back as a partial success; where there is no room now, who exports is told to come again.

mod config;
mod convert;
mod serve;

pub use config::{Raw, Settings};
pub use convert::fuzz_otlp;
pub use serve::{Kept, run};

/// The source's name in shares of the budget.
pub const SOURCE: &str = "otlp";

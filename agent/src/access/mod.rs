//! Access logs: what the front door saw. Calls, failures by class, time taken, by route; and whether these are the
//! requests that we meant to serve.
//!
//! Invariants: a line is read without an allocation; lines, routes, addresses and files have named bounds; an identifier
//! in a path is never part of a route, an address never a dimension; what cannot be read is counted.
//! Files are read from where they end when we start, through rotations; a reload goes on where it stopped.

mod config;
mod fold;
mod follow;
pub mod format;
mod serve;
mod suspicious;
mod tally;

pub use config::{Raw, Settings};
pub use serve::{Kept, look_once, run};

/// The source's name in shares of the budget.
pub const SOURCE: &str = "access";

/// For `tests/fuzz`: the first line is a format, the rest are lines; whatever comes is read or refused, and what is told
/// is bounded.
pub fn fuzz_access(data: &[u8]) {
    let (format, lines) = match memchr::memchr(b'\n', data) {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (&b"nginx"[..], data),
    };
    let format = String::from_utf8_lossy(format);
    let format = format::Format::parse(&format).or_else(|_| format::Format::parse("nginx"));
    let Ok(format) = format else { return };
    let mut tally = tally::Tally::new("fuzz", 5, vec![]);
    for line in lines.split(|byte| *byte == b'\n') {
        if let Some(hit) = format.read(line) {
            assert!((100..1_000).contains(&hit.status) && hit.path.len() <= line.len());
            assert!(hit.seconds.is_none_or(|seconds| seconds.is_finite() && seconds >= 0.0));
            tally.add(&hit);
        }
    }
    let readings = tally.flush();
    assert!(readings.0.len() <= 60, "{}", readings.0.len());
    for reading in &readings.0 {
        assert!(reading.dimensions.get("route").is_none_or(|route| route.len() <= fold::ROUTE_MAX && route.is_ascii()));
    }
}

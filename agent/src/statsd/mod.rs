//! `StatsD` and `DogStatsD`: what programs say of themselves, over UDP and a UNIX datagram socket.
//!
//! A thread of its own: the default buffer of a socket holds two milliseconds of a flood, and a look at the host may
//! take longer. Invariants: a line is parsed without an allocation; packets, series, members of a set have named bounds;
//! what is refused is counted by its reason, and so is what the kernel dropped. Nobody is ever answered.

mod config;
mod kernel;
mod receive;
mod serve;
mod table;

use crate::formats::number::number;
use crate::formats::statsd as parse;

pub use config::{Raw, Settings};
pub use serve::{Kept, run};

/// The source's name in shares of the budget.
pub const SOURCE: &str = "statsd";

/// For `tests/fuzz`: whatever comes is read or refused, and a number is the one that the standard library reads.
pub fn fuzz_statsd(data: &[u8]) {
    let mut table = table::Table::new(Settings { max_series: 20, ..Settings::default() });
    table.take(data);
    for line in parse::lines(data).filter_map(|bytes| parse::line(bytes).ok()) {
        assert!(!line.name.is_empty() && line.weight >= 1.0);
        for value in parse::values(line.values) {
            let wanted =
                std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).filter(|v: &f64| v.is_finite());
            assert_eq!(number(value), wanted, "{:?}", String::from_utf8_lossy(value));
        }
        assert!(parse::tags(&line).all(|(name, value)| name.len() + value.len() <= line.tags.len() + 4));
    }
    let readings = table.flush(true);
    assert!(readings.0.len() <= 20 && readings.0.iter().all(|reading| reading.value.is_finite()));
}

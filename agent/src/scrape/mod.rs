//! Prometheus exposition, asked of targets: Spring Boot's Actuator first.
//!
//! Invariants: time, bytes, samples remembered and series of each target are bounded; a counter becomes what it grew by,
//! and one that went backwards (the target began anew) what it is now; a target that does not answer is `up` 0 and
//! nothing else of it is told; what the endpoint lacks is said once, with the property that mends it.

mod coach;
mod config;
mod delta;
mod generic;
mod page;
mod serve;
mod spring;

pub use config::{Raw, Settings};
pub use page::Target;
pub use serve::{look_once, run};

/// The source's name in shares of the budget.
pub const SOURCE: &str = "scrape";

/// For `tests/fuzz`: whatever a page says, what is told of it is finite and bounded, twice.
pub fn fuzz_exposition(data: &[u8]) {
    for preset in ["spring", "none"] {
        let mut target = Target::new(&Settings { max_series: 50, ..Settings::of("fuzz", "http://127.0.0.1/", preset) });
        let middle = data.len() / 2;
        for page in [data, &data[middle..], data] {
            let readings = target.read(page);
            assert!(readings.0.len() <= 50, "{} readings", readings.0.len());
            for reading in &readings.0 {
                assert!(reading.value.is_finite() && reading.count >= 0.0, "{reading:?}");
                assert!(
                    reading.more.shown().iter().all(|(value, count)| value.is_finite() && *count > 0.0),
                    "{reading:?}"
                );
            }
        }
    }
}

#[cfg(test)]
mod tests;

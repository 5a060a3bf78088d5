//! What was measured: counts and histograms, of each step and of each stretch of time.
//!
//! Latency is counted from the *intended* start. For the first request of a journey that is when the schedule wanted
//! the user to come; for each later one it is when the answer before, and the thinking, were over. A stall of the
//! service is thus felt by all who would have come during it, not only by the one whom it caught (coordinated
//! omission).
//!
//! Answers and timeouts are in the histograms, whatever they said; a connection that was refused or reset is counted
//! as a failure and not as a quick answer.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::http::{Broken, Phases};

/// A day: no timeout is longer.
const LONGEST_MICROS: u64 = 86_400_000_000;

/// In microseconds, to three digits: a percentile is within 0.1 % of what was measured.
#[derive(Clone, Debug)]
pub struct Times(Histogram<u32>);

impl Default for Times {
    fn default() -> Self {
        // Three digits are allowed; only more than five are refused.
        Self(Histogram::new(3).unwrap_or_else(|_| unreachable!("three significant digits")))
    }
}

impl Times {
    pub fn record(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        // It grows with what it is given; `saturating_record` would cut a long time to the longest so far.
        let _ = self.0.record(micros.clamp(1, LONGEST_MICROS));
    }

    pub fn add(&mut self, other: &Self) {
        // Resizes by itself; it cannot refuse.
        let _ = self.0.add(&other.0);
    }

    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// In milliseconds. Nothing where nothing was measured.
    pub fn quantile_ms(&self, quantile: f64) -> Option<f64> {
        (self.count() > 0).then(|| self.0.value_at_quantile(quantile) as f64 / 1e3)
    }

    pub fn mean_ms(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.0.mean() / 1e3)
    }

    /// All of it as values in milliseconds, each with how often it was: neighbours are told as the highest of them, so
    /// that no more than about `most` values are left and no percentile is told too low.
    pub fn thinned(&self, most: u64) -> Vec<(f64, u64)> {
        let each = self.count().div_ceil(most).max(1);
        let (mut values, mut held) = (Vec::new(), 0);
        let mut last = 0;
        for step in self.0.iter_recorded() {
            held += u64::from(step.count_at_value());
            last = step.value_iterated_to();
            if held >= each {
                values.push((last as f64 / 1e3, std::mem::take(&mut held)));
            }
        }
        values.extend((held > 0).then_some((last as f64 / 1e3, held)));
        values
    }

    pub fn max_ms(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.0.max() as f64 / 1e3)
    }
}

/// Why a request failed. Ordered, so that reports list the same failures in the same order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    Broken(Broken),
    Status(u16),
    /// The body does not hold what it must.
    Body,
    /// A value that later steps need was not in the answer.
    Missing(String),
    Redirects,
    /// A redirect to a host that was not asked to be pressed.
    Elsewhere,
    /// Under way when the run ended.
    Unfinished,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Broken(broken) => write!(out, "{broken}"),
            Self::Status(status) => write!(out, "the status was {status}"),
            Self::Body => write!(out, "the body is not as expected"),
            Self::Missing(name) => write!(out, "the answer holds no `{name}`"),
            Self::Redirects => write!(out, "redirected too often"),
            Self::Elsewhere => write!(out, "redirected to another host"),
            Self::Unfinished => write!(out, "under way when the run ended"),
        }
    }
}

/// The parts of a request, and how many there are.
pub const PHASES: [&str; 5] = ["dns", "connect", "tls", "first byte", "body"];
/// Parts that a service names in `Server-Timing`, of one step.
pub const SERVER_PARTS_MAX: usize = 16;

/// All that is known of one step.
#[derive(Clone, Debug, Default)]
pub struct Step {
    pub requests: u64,
    pub failures: BTreeMap<Failure, u64>,
    pub bytes: u64,
    /// From the intended start.
    pub latency: Times,
    /// From when it was really sent: what a tool that waits would have shown.
    pub service: Times,
    pub phases: [Times; PHASES.len()],
    /// What the service says of itself, by its own names.
    pub server: BTreeMap<String, Times>,
}

impl Step {
    pub fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    pub fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.bytes += other.bytes;
        for (failure, count) in &other.failures {
            *self.failures.entry(failure.clone()).or_default() += count;
        }
        self.latency.add(&other.latency);
        self.service.add(&other.service);
        for (mine, theirs) in self.phases.iter_mut().zip(&other.phases) {
            mine.add(theirs);
        }
        for (name, times) in &other.server {
            self.server.entry(name.clone()).or_default().add(times);
        }
    }

    pub fn record_phases(&mut self, phases: &Phases) {
        let all = [phases.dns, phases.connect, phases.tls, Some(phases.first_byte), Some(phases.body)];
        for (times, phase) in self.phases.iter_mut().zip(all) {
            if let Some(phase) = phase {
                times.record(phase);
            }
        }
    }

    pub fn record_server(&mut self, name: &str, time: Duration) {
        if let Some(times) = self.server.get_mut(name) {
            times.record(time);
        } else if self.server.len() < SERVER_PARTS_MAX {
            self.server.entry(name.to_owned()).or_default().record(time);
        }
    }
}

/// One stretch of the run, by when its requests ended.
#[derive(Clone, Debug, Default)]
pub struct Slot {
    pub started: u64,
    pub requests: u64,
    pub failed: u64,
    pub latency: Times,
}

impl Slot {
    pub fn add(&mut self, other: &Self) {
        self.started += other.started;
        self.requests += other.requests;
        self.failed += other.failed;
        self.latency.add(&other.latency);
    }
}

/// What one worker measured, or all of them.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub steps: Vec<Step>,
    /// Whole journeys that ended well, from their intended start.
    pub journeys: Times,
    pub journeys_started: u64,
    pub journeys_failed: u64,
    /// How late journeys were started: our own fault, whatever the reason.
    pub lag: Times,
    /// Journeys that were due and not started, for too many were under way.
    pub unsent: u64,
    /// The table whose rows were used up.
    pub ended: Option<String>,
}

impl Tally {
    pub fn new(steps: usize) -> Self {
        Self { steps: vec![Step::default(); steps], ..Self::default() }
    }

    pub fn add(&mut self, other: &Self) {
        self.steps.resize_with(self.steps.len().max(other.steps.len()), Step::default);
        for (mine, theirs) in self.steps.iter_mut().zip(&other.steps) {
            mine.add(theirs);
        }
        self.journeys.add(&other.journeys);
        self.journeys_started += other.journeys_started;
        self.journeys_failed += other.journeys_failed;
        self.lag.add(&other.lag);
        self.unsent += other.unsent;
        self.ended = self.ended.take().or_else(|| other.ended.clone());
    }

    /// All steps as one.
    pub fn total(&self) -> Step {
        let mut total = Step::default();
        for step in &self.steps {
            total.add(step);
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However the requests are spread over workers, the sum is the same, and percentiles are within 0.1 %.
        #[test]
        fn workers_add_up(mut times in prop::collection::vec(1u64..100_000_000, 1..300), workers in 1usize..5) {
            let mut parts = vec![Tally::new(1); workers];
            for (at, micros) in times.iter().enumerate() {
                let step = &mut parts[at % workers].steps[0];
                step.requests += 1;
                step.latency.record(Duration::from_micros(*micros));
                if micros % 7 == 0 {
                    *step.failures.entry(Failure::Status(500)).or_default() += 1;
                }
            }
            let mut sum = Tally::default();
            for part in &parts {
                sum.add(part);
            }
            let total = sum.total();
            prop_assert_eq!(total.requests, times.len() as u64);
            prop_assert_eq!(total.failed(), times.iter().filter(|micros| *micros % 7 == 0).count() as u64);
            times.sort_unstable();
            for quantile in [0.5, 0.99, 1.0] {
                let rank = ((quantile * times.len() as f64).ceil() as usize).max(1) - 1;
                let exact = times[rank] as f64 / 1e3;
                let told = total.latency.quantile_ms(quantile).expect("something was measured");
                prop_assert!((told / exact - 1.0).abs() <= 0.001 + 1e-3 / exact, "{told} for {exact}");
            }
        }
    }
}

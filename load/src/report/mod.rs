//! What is told of a run: one value, written in several shapes. Pure.

mod baseline;
mod build;
mod chart;
mod checks;
mod html;
mod junit;
mod statsd;
mod text;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::drift::{Drift, drift};
use crate::expect::Met;
use crate::honest::{Client, Judged, Verdict};
use crate::knee::Knee;
use crate::scenario::Objective;

pub use baseline::{Compared, compare, refuses};
pub use build::{Told, build};
pub use checks::{Check, Ended};
pub use html::html;
pub use junit::junit;
pub use statsd::{datagrams, ending};
pub use text::text;

/// All of a run. It is also what a later run is compared with: read back, it is the baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Of this shape.
    pub version: u32,
    pub test: String,
    pub scenario: String,
    pub target: String,
    /// `open` or `closed`.
    pub model: String,
    /// Seconds since 1970.
    pub began: i64,
    pub asked_s: f64,
    pub measured_s: f64,
    pub stopped: bool,
    /// False: the numbers are not of the service. Nobody should act on them.
    pub valid: bool,
    pub judged: Judged,
    pub objective: Objective,
    /// Parts of the objective that were broken, whoever was the limit.
    pub broken: Vec<String>,
    pub warnings: Vec<String>,
    pub journeys: Journeys,
    pub total: Step,
    pub steps: Vec<Step>,
    pub timeline: Vec<Moment>,
    pub client: Client,
    /// How late journeys were started, of ourselves.
    pub lag: Spread,
    /// The performance test: what was pressed, and where the knee is.
    pub climb: Option<Climbed>,
    /// The stress test: what crept.
    pub drifts: Vec<Drift>,
    /// The alarms that were expected.
    pub alarms: Vec<Met>,
    /// Beside a run that was kept.
    pub baseline: Vec<Compared>,
    /// What the agent on the target's host saw, by series: seconds and values.
    pub seen: BTreeMap<String, Vec<(f64, f64)>>,
}

impl Report {
    /// Everything that was asked of the service, and of its alarms, was so.
    pub fn is_good(&self) -> bool {
        self.valid
            && self.alarms.iter().all(|met| met.ok)
            && !self.drifts.iter().any(|drift| drift.rises)
            && !self.baseline.iter().any(|compared| compared.regressed)
            && (self.climb.is_some() || self.broken.is_empty())
    }
}

/// Series of the target that are steady in a sound service: the unit shown, by which factor, and what rise matters.
const STEADY: &[(&str, &str, f64, f64)] =
    &[("procstat_memory_rss", "MB", 1e-6, 0.0), ("procstat_num_fds", "descriptors", 1.0, 16.0)];

impl Report {
    /// Looks for what creeps, in a test that is meant to be steady.
    pub fn creep(&mut self) {
        if self.test != "stress" {
            return;
        }
        let latency = |value: fn(&Moment) -> Option<f64>| -> Vec<(f64, f64)> {
            self.timeline.iter().filter_map(|moment| Some((moment.at_s, value(moment)?))).collect()
        };
        let mut found = vec![
            drift("latency p50", "ms", 0.0, &latency(|moment| moment.p50_ms)),
            drift("latency p99", "ms", 0.0, &latency(|moment| moment.p99_ms)),
        ];
        for (name, points) in &self.seen {
            if let Some((_, unit, factor, least)) = STEADY.iter().find(|(begin, ..)| name.starts_with(begin)) {
                let points: Vec<_> = points.iter().map(|(at_s, value)| (*at_s, value * factor)).collect();
                found.push(drift(name, unit, *least, &points));
            }
        }
        self.drifts = found.into_iter().flatten().collect();
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Climbed {
    pub knee: Knee,
    pub rungs: Vec<Rung>,
}

impl Report {
    /// Of which rate the numbers of a climb are.
    fn of_which(&self) -> &'static str {
        match self.judged.verdict {
            Verdict::Kept => "The numbers are of the highest rate that was kept.",
            Verdict::ServiceLimited => "No rate was kept; the numbers are of the last that was pressed.",
            Verdict::ClientLimited | Verdict::Inconclusive => {
                "The knee was not found; the numbers are of the last rate that was pressed, and not of the service."
            }
        }
    }
}

/// One rate that was pressed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rung {
    pub rate: f64,
    pub p50_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub failed: u64,
    pub judged: Judged,
}

pub const VERSION: u32 = 1;

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Journeys {
    pub started: u64,
    pub failed: u64,
    pub unsent: u64,
    pub per_s: f64,
    pub spread: Spread,
}

/// In milliseconds; null where nothing was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    pub mean_ms: Option<f64>,
    pub p50_ms: Option<f64>,
    pub p90_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub p999_ms: Option<f64>,
    pub max_ms: Option<f64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub name: String,
    pub requests: u64,
    pub per_s: f64,
    pub failed: u64,
    pub failures: Vec<Failed>,
    pub bytes: u64,
    /// From the intended start.
    pub latency: Spread,
    /// From when it was really sent: what a tool that waits would have shown.
    pub service: Spread,
    pub phases: Vec<Part>,
    pub server: Vec<Part>,
}

impl Step {
    pub fn failed_percent(&self) -> f64 {
        100.0 * self.failed as f64 / self.requests.max(1) as f64
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failed {
    pub why: String,
    pub count: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub name: String,
    pub count: u64,
    pub spread: Spread,
}

/// One stretch of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    pub at_s: f64,
    /// Journeys a second: asked, and started.
    pub asked: f64,
    pub started: f64,
    pub requests: f64,
    pub failed: f64,
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    pub p99_ms: Option<f64>,
}

//! A scenario that cannot be wrong: what users do, how often they come, and what is asked of the service.
//!
//! The text comes in by `alarm::sheet`, so that every fault is told at once with its line and column. Nothing here
//! touches the network; the tables of data are read by the caller and handed in.

mod check;
mod data;
mod raw;
mod target;
mod template;

use std::time::Duration;

use alarm::sheet::{self, Faults};
use regex_lite::Regex;

pub use data::Table;
pub use target::Target;
pub use template::{Form, Template};

use crate::http::Version;
use crate::schedule::{Profile, Spacing};

#[derive(Clone, Debug)]
pub struct Scenario {
    pub target: Target,
    pub http: Version,
    pub timeout: Duration,
    pub redirects: u8,
    pub authorities: Option<String>,
    pub seed: u64,
    /// Each journey opens connections of its own.
    pub fresh: bool,
    pub open_max: usize,
    pub objective: Objective,
    pub model: Model,
    pub tables: Vec<Table>,
    pub journeys: Vec<Journey>,
}

#[derive(Clone, Debug)]
pub enum Model {
    Open { profile: Profile, spacing: Spacing },
    Closed { users: usize, length_s: f64 },
}

/// What a run is measured against.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Objective {
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub failures_percent: f64,
}

impl Objective {
    /// Whether no latency is asked for.
    pub fn is_empty(&self) -> bool {
        self.p50_ms.is_none() && self.p95_ms.is_none() && self.p99_ms.is_none()
    }
}

#[derive(Clone, Debug)]
pub struct Journey {
    pub name: String,
    pub weight: f64,
    pub steps: Vec<Step>,
    /// Variables of the journey: those of the tables first, then what is taken.
    pub variables: usize,
}

#[derive(Clone, Debug)]
pub struct Step {
    pub name: String,
    pub method: String,
    pub path: Template,
    pub headers: Vec<(String, Template)>,
    pub body: Option<Template>,
    pub expect: Expect,
    pub takes: Vec<Take>,
    pub think: Option<(Duration, Duration)>,
}

impl Step {
    /// Whether anybody will look into the body.
    pub fn reads_body(&self) -> bool {
        self.expect.contains.is_some()
            || self.expect.matches.is_some()
            || self.takes.iter().any(|take| !matches!(take.from, From::Header(_)))
    }
}

/// An empty list of statuses is any from 200 to 399.
#[derive(Clone, Debug, Default)]
pub struct Expect {
    pub status: Vec<u16>,
    pub contains: Option<String>,
    pub matches: Option<Regex>,
}

#[derive(Clone, Debug)]
pub struct Take {
    /// The number of the variable.
    pub into: usize,
    pub name: String,
    pub from: From,
}

#[derive(Clone, Debug)]
pub enum From {
    Json(String),
    Header(String),
    Regex(Regex),
}

impl Scenario {
    /// `open` reads a file that the scenario names, such as a table.
    pub fn parse(file: &str, text: &str, open: impl Fn(&str) -> Result<String, String>) -> Result<Self, Faults> {
        sheet::read_checked::<raw::Raw, _>(file, text, |raw, faults| check::check(raw, faults, &open))
            .map(|scenario| scenario.unwrap_or_else(|| unreachable!("a scenario without faults was made")))
    }

    /// The JSON Schema that editors complete by.
    pub fn schema() -> serde_json::Value {
        sheet::schema::<raw::Raw>()
    }

    /// How long the run is meant to last.
    pub fn length_s(&self) -> f64 {
        match &self.model {
            Model::Open { profile, .. } => profile.length_s(),
            Model::Closed { length_s, .. } => *length_s,
        }
    }

    /// The names of all steps, journey by journey: a step's place here is its number in the tally.
    pub fn step_names(&self) -> Vec<String> {
        let named = |journey: &Journey| -> Vec<_> {
            journey.steps.iter().map(|step| format!("{} / {}", journey.name, step.name)).collect()
        };
        self.journeys.iter().flat_map(named).collect()
    }

    /// The same scenario, pressed at one rate: what the performance and the stress test do with it.
    #[must_use]
    pub fn at_rate(&self, rate: f64, length_s: f64) -> Self {
        let spacing = match self.model {
            Model::Open { spacing, .. } => spacing,
            Model::Closed { .. } => Spacing::Even,
        };
        Self { model: Model::Open { profile: Profile::constant(rate, length_s), spacing }, ..self.clone() }
    }
}

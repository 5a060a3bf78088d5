//! `[[exec]]`: one table a command.

use std::time::Duration;

use alarm::sheet::{At, Faults, Seconds};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::knobs;
use crate::reading::Space;

const INTERVAL_S: u64 = 60;
const TIMEOUT_S: u64 = 10;
const SERIES: u64 = 50;
const SERIES_MAX: u64 = 1_000;

/// What a command prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// One reading or a list of them.
    #[default]
    Json,
    /// Lines of `StatsD`; gauges, counters and timers.
    Statsd,
    /// The text format of Prometheus; every sample as it stands.
    Exposition,
}

/// `[[exec]]`, as typed.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    /// Names it in `up` and in what is said of it.
    pub name: At<String>,
    /// The program and its arguments, without a shell.
    pub command: At<Vec<String>>,
    #[serde(default)]
    pub format: Format,
    /// How often. Default: 1m.
    pub interval: Option<At<Seconds>>,
    /// How long it may run. Default: 10s.
    pub timeout: Option<At<Seconds>>,
    /// Where its metrics are published. Default: with everything of our own.
    pub namespace: Option<At<String>>,
    /// The most series in an hour. Default: 50.
    pub max_series: Option<At<u64>>,
}

/// What is meant.
#[derive(Clone, Debug)]
pub struct Settings {
    pub name: String,
    pub command: Vec<String>,
    pub format: Format,
    pub interval_s: u32,
    pub timeout: Duration,
    pub space: Space,
    pub max_series: usize,
}

impl Settings {
    pub fn check_all(raw: Vec<Raw>, faults: &mut Faults) -> Vec<Self> {
        knobs::distinct("exec.name", raw.iter().map(|one| &one.name), faults);
        raw.into_iter().map(|one| Self::check(one, faults)).collect()
    }

    fn check(raw: Raw, faults: &mut Faults) -> Self {
        if raw.command.first().is_none_or(|program| !program.starts_with('/')) {
            let says = "`exec.command`: the program by its whole path, and then its arguments, each a text of its own";
            faults.add(raw.command.span.clone(), "SG-SRC-020", says);
        }
        let interval = knobs::duration("exec.interval", raw.interval.as_ref(), INTERVAL_S, 1..=86_400, faults);
        let timeout = knobs::duration("exec.timeout", raw.timeout.as_ref(), TIMEOUT_S, 1..=300, faults);
        let series = knobs::number("exec.max_series", raw.max_series.as_ref(), SERIES, 1..=SERIES_MAX, faults);
        Self {
            name: raw.name.value,
            command: raw.command.value,
            format: raw.format,
            interval_s: interval.as_secs() as u32,
            timeout: timeout.min(interval),
            space: knobs::space(raw.namespace.as_ref(), faults),
            max_series: series as usize,
        }
    }
}

//! `[[probe]]`: one table a target.

use std::time::Duration;

use alarm::sheet::{At, Faults, Seconds};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::knobs;

const INTERVAL_S: u64 = 30;
const TIMEOUT_S: u64 = 5;

/// `[[probe]]`, as typed.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    /// The dimension `probe`.
    pub name: At<String>,
    /// What is asked: `https://shop.example/health`.
    pub url: Option<At<String>>,
    /// Or a host and port that must take a connection: `10.0.1.7:5432`.
    pub tcp: Option<At<String>>,
    /// The status that is well. Default: 200 to 299.
    pub status: Option<At<u64>>,
    /// What the body must hold.
    pub contains: Option<String>,
    /// Redirects that are followed. Default: 3.
    pub max_redirects: Option<At<u64>>,
    /// Targets of one group are counted together, as `healthy_targets`.
    pub group: Option<String>,
    /// How often. Default: 30s.
    pub interval: Option<At<Seconds>>,
    /// How long it may take. Default: 5s.
    pub timeout: Option<At<Seconds>>,
}

/// What is probed.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    Http { url: hyper::Uri, status: Option<u16>, contains: Option<String>, redirects_max: usize },
    Tcp { host: String, port: u16 },
}

/// What is meant.
#[derive(Clone, Debug)]
pub struct Settings {
    pub name: String,
    pub goal: Goal,
    pub group: Option<String>,
    pub interval_s: u32,
    pub timeout: Duration,
}

impl Settings {
    pub fn check_all(raw: Vec<Raw>, faults: &mut Faults) -> Vec<Self> {
        knobs::distinct("probe.name", raw.iter().map(|one| &one.name), faults);
        raw.into_iter().filter_map(|one| Self::check(one, faults)).collect()
    }

    fn check(raw: Raw, faults: &mut Faults) -> Option<Self> {
        let interval = knobs::duration("probe.interval", raw.interval.as_ref(), INTERVAL_S, 1..=3_600, faults);
        let timeout = knobs::duration("probe.timeout", raw.timeout.as_ref(), TIMEOUT_S, 1..=60, faults);
        let redirects = knobs::number("probe.max_redirects", raw.max_redirects.as_ref(), 3, 0..=10, faults);
        let status =
            raw.status.as_ref().map(|said| knobs::number("probe.status", Some(said), 200, 100..=599, faults) as u16);
        let goal = match (&raw.url, &raw.tcp) {
            (Some(url), None) => {
                let url = knobs::url("probe.url", url, faults)?;
                Goal::Http { url, status, contains: raw.contains, redirects_max: redirects as usize }
            }
            (None, Some(tcp)) => {
                let (host, port) = knobs::place("probe.tcp", Some(tcp), "127.0.0.1:5432", faults)?;
                Goal::Tcp { host, port }
            }
            _ => {
                let says = format!("`probe`: \"{}\" needs `url` or `tcp`, one of them", raw.name.value);
                faults.add(raw.name.span.clone(), "SG-SRC-021", says);
                return None;
            }
        };
        let interval_s = interval.as_secs() as u32;
        Some(Self { name: raw.name.value, goal, group: raw.group, interval_s, timeout: timeout.min(interval) })
    }
}

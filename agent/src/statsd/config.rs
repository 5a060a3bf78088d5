//! `[statsd]`: the table is the switch.

use std::net::SocketAddr;
use std::path::PathBuf;

use alarm::sheet::{At, Faults};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::knobs;
use crate::reading::Space;

const LISTEN: &str = "127.0.0.1:8125";
/// A series is some $0.30 a month: enough for a service, and a bound for a tag that explodes.
const SERIES: u64 = 500;
const SERIES_MAX: u64 = 5_000;

/// `[statsd]`, as typed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// Address and port. Default: 127.0.0.1:8125.
    pub listen: Option<At<String>>,
    /// A UNIX datagram socket beside it.
    pub socket: Option<PathBuf>,
    /// Where its metrics are published. Default: with everything of our own.
    pub namespace: Option<At<String>>,
    /// The most series that it may hold. Default: 500.
    pub max_series: Option<At<u64>>,
    /// Only these tags become dimensions. Default: all.
    pub keep_tags: Vec<String>,
    /// These tags do not.
    pub drop_tags: Vec<String>,
}

/// What is meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub listen: Option<SocketAddr>,
    pub socket: Option<PathBuf>,
    pub space: Space,
    pub max_series: usize,
    pub keep_tags: Vec<String>,
    pub drop_tags: Vec<String>,
}

impl Settings {
    pub fn check(raw: Raw, faults: &mut Faults) -> Self {
        Self {
            listen: knobs::address("statsd.listen", raw.listen.as_ref(), LISTEN, faults),
            socket: raw.socket,
            space: knobs::space(raw.namespace.as_ref(), faults),
            max_series: knobs::number("statsd.max_series", raw.max_series.as_ref(), SERIES, 1..=SERIES_MAX, faults)
                as usize,
            keep_tags: raw.keep_tags,
            drop_tags: raw.drop_tags,
        }
    }

    /// Whether a tag becomes a dimension.
    pub(super) fn keeps(&self, tag: &str) -> bool {
        let has = |list: &[String]| list.iter().any(|held| held == tag);
        (self.keep_tags.is_empty() || has(&self.keep_tags)) && !has(&self.drop_tags)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::check(Raw::default(), &mut Faults::new("", ""))
    }
}

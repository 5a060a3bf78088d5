//! `[otlp]`: the table is the switch.

use std::net::SocketAddr;

use alarm::sheet::{At, Faults};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::knobs;
use crate::reading::Space;

const LISTEN: &str = "127.0.0.1:4318";
const SERIES: u64 = 500;
const SERIES_MAX: u64 = 5_000;

/// `[otlp]`, as typed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// Address and port. Default: 127.0.0.1:4318.
    pub listen: Option<At<String>>,
    /// Where its metrics are published. Default: with everything of our own.
    pub namespace: Option<At<String>>,
    /// The most series in an hour. Default: 500.
    pub max_series: Option<At<u64>>,
    /// These attributes do not become dimensions.
    pub drop_attributes: Vec<String>,
}

/// What is meant.
#[derive(Clone, Debug)]
pub struct Settings {
    pub listen: Option<SocketAddr>,
    pub space: Space,
    pub max_series: usize,
    pub drop_attributes: Vec<String>,
}

impl Settings {
    pub fn check(raw: Raw, faults: &mut Faults) -> Self {
        Self {
            listen: knobs::address("otlp.listen", raw.listen.as_ref(), LISTEN, faults),
            space: knobs::space(raw.namespace.as_ref(), faults),
            max_series: knobs::number("otlp.max_series", raw.max_series.as_ref(), SERIES, 1..=SERIES_MAX, faults)
                as usize,
            drop_attributes: raw.drop_attributes,
        }
    }
}

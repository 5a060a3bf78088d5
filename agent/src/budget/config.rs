//! `[budget]`: how much may be published, and what is worth most.

use alarm::sheet::{At, Faults};
use schemars::JsonSchema;
use serde::Deserialize;

use super::price::affordable;
use crate::window::Pattern;

/// Some $150 a month at most, from a configuration that says nothing: a host has 50 to 150 series.
const SERIES: usize = 500;

/// `[budget]`, as typed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// The most series that this host publishes. Default: 500.
    pub max_series: Option<usize>,
    /// The most that a month of them may cost, in US dollars at list price. Default: no limit but the series.
    #[schemars(range(min = 0))]
    pub max_monthly_usd: Option<f64>,
    /// What series are worth; the first that fits. Those worth least go first.
    pub priority: Vec<RawPriority>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawPriority {
    /// A pattern of series.
    pub series: At<String>,
    /// From 0 to 100; what is not named is worth 50.
    #[schemars(range(min = 0, max = 100))]
    pub priority: u8,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    pub max_series: usize,
    pub max_monthly_usd: Option<f64>,
    /// What requests cost is paid before series are.
    pub requests_per_minute: f64,
}

impl Limits {
    /// The most series that may be published.
    pub fn series(&self) -> usize {
        let paid = self.max_monthly_usd.map_or(usize::MAX, |usd| affordable(usd, self.requests_per_minute) as usize);
        self.max_series.min(paid)
    }
}

/// What is meant.
#[derive(Clone, Debug)]
pub struct Config {
    pub limits: Limits,
    pub priority: Vec<(Pattern, u8)>,
}

impl Config {
    /// What requests cost is known, and set, when everything else is.
    pub fn check(raw: &Raw, faults: &mut Faults) -> Self {
        let priority = raw.priority.iter();
        let priority = priority.filter_map(|one| Some((crate::window::pattern(&one.series, faults)?, one.priority)));
        let priority = priority.collect();
        let max_series = raw.max_series.unwrap_or(SERIES);
        let limits = Limits { max_series, max_monthly_usd: raw.max_monthly_usd, requests_per_minute: 0.0 };
        Self { limits, priority }
    }
}

//! `[cloudwatch]`, `[dimensions]`: where readings go and as what.

use std::collections::BTreeMap;

use alarm::series::Dimensions;
use alarm::sheet::{At, Faults, Seconds};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Pattern, Shape};
use crate::knobs::namespace;

/// The official agent's namespace, so that its dashboards and alarms keep working.
const NAMESPACE: &str = "CWAgent";
const OWN_NAMESPACE: &str = "Stormglass";

/// The shortest that `CloudWatch` keeps apart for a custom metric, and the longest that is finer than a minute.
const FINE_PERIODS: [u64; 5] = [1, 5, 10, 20, 30];

/// `[cloudwatch]`, as typed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// The Region; without it the environment, the profile or the instance say it.
    pub region: Option<String>,
    /// Another address of the service: a VPC endpoint, or a stand-in for tests.
    pub endpoint: Option<String>,
    /// Another address of CloudWatch Logs, likewise.
    pub logs_endpoint: Option<String>,
    /// Where metrics go that the official agent also has. Default: `CWAgent`.
    pub namespace: Option<At<String>>,
    /// Where all others go. Default: Stormglass.
    pub own_namespace: Option<At<String>>,
    /// Lists of dimension names; each makes one further series of all that agree in them.
    pub aggregate: Vec<Vec<String>>,
    /// Publish only these series, by pattern: "mem_*", "disk_*{path=/data*}".
    pub keep: Vec<At<String>>,
    /// Do not publish these series.
    pub drop: Vec<At<String>>,
    /// Publish these series at high resolution.
    pub high_resolution: Vec<At<String>>,
    /// The period of high resolution: 1, 5, 10, 20 or 30 seconds. Default: 10s.
    pub high_resolution_period: Option<At<Seconds>>,
    /// Other namespaces for some series; the first that fits.
    pub route: Vec<RawRoute>,
    /// Over how long the flushes of a fleet are spread after the end of a period. Default: the period.
    pub spread: Option<At<Seconds>>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRoute {
    /// A pattern of series.
    pub series: At<String>,
    pub namespace: At<String>,
}

/// What is meant.
#[derive(Clone, Debug)]
pub struct Config {
    pub shape: Shape,
    pub fine_period_s: u32,
    pub spread_s: u32,
    pub region: Option<String>,
    pub endpoint: Option<String>,
    pub logs_endpoint: Option<String>,
}

impl Config {
    pub fn check(raw: Raw, fixed: &BTreeMap<String, At<String>>, period_s: u32, faults: &mut Faults) -> Self {
        let spread = raw.spread.map_or(u64::from(period_s), |spread| {
            if spread.0 > u64::from(period_s) {
                faults.add(
                    spread.span.clone(),
                    "SG-CWM-003",
                    format!("`cloudwatch.spread`: at most the period, {period_s}s"),
                );
            }
            spread.0
        });
        let fine = raw.high_resolution_period.map_or(10, |period| {
            if !FINE_PERIODS.contains(&period.0) {
                let says = "`cloudwatch.high_resolution_period`: CloudWatch reads 1s, 5s, 10s, 20s and 30s";
                faults.add(period.span.clone(), "SG-CWM-002", says);
            }
            period.0
        });
        let route = raw.route.iter().filter_map(|route| {
            let namespace = namespace(Some(&route.namespace), "", faults);
            Some((pattern(&route.series, faults)?, namespace))
        });
        let route = route.collect();
        let shape = Shape {
            host_namespace: namespace(raw.namespace.as_ref(), NAMESPACE, faults),
            own_namespace: namespace(raw.own_namespace.as_ref(), OWN_NAMESPACE, faults),
            identity: dimensions(fixed, faults),
            aggregate: raw.aggregate,
            keep: patterns(&raw.keep, faults),
            drop: patterns(&raw.drop, faults),
            fine: patterns(&raw.high_resolution, faults),
            route,
            priority: Vec::new(),
        };
        let Raw { region, endpoint, logs_endpoint, .. } = raw;
        Self { shape, fine_period_s: fine as u32, spread_s: spread as u32, region, endpoint, logs_endpoint }
    }
}

pub(crate) fn pattern(text: &At<String>, faults: &mut Faults) -> Option<Pattern> {
    match Pattern::parse(text) {
        Ok(pattern) => Some(pattern),
        Err(says) => {
            faults.add(text.span.clone(), "SG-CWM-001", says);
            None
        }
    }
}

fn patterns(texts: &[At<String>], faults: &mut Faults) -> Vec<Pattern> {
    texts.iter().filter_map(|text| pattern(text, faults)).collect()
}

fn dimensions(fixed: &BTreeMap<String, At<String>>, faults: &mut Faults) -> Dimensions {
    for (name, value) in fixed {
        let sound = |text: &str, max| !text.trim().is_empty() && text.len() <= max && text.is_ascii();
        if !sound(name, 255) || name.starts_with(':') || !sound(value, 1_024) {
            let says = format!("`dimensions.{name}`: a name has 1 to 255 and a value 1 to 1,024 ASCII characters");
            faults.add(value.span.clone(), "SG-CWM-005", says);
        }
    }
    fixed.iter().map(|(name, value)| (name.clone(), value.value.clone())).collect()
}

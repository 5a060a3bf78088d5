//! `[[scrape]]`: one table a target.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use alarm::sheet::{At, Bytes, Faults, Seconds};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::knobs;
use crate::reading::Space;

const INTERVAL_S: u64 = 15;
const TIMEOUT_S: u64 = 5;
/// An Actuator's page has 50 to 500 KB.
const BYTES: u64 = 8 << 20;
const BYTES_MAX: u64 = 64 << 20;
const SERIES: u64 = 100;
const SERIES_MAX: u64 = 2_000;
/// One series each.
const ROUTES: u64 = 5;
const ROUTES_MAX: u64 = 200;

/// What is made of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Spring where the page is of Spring Boot, else everything.
    #[default]
    Auto,
    /// What an on-call person wants to know of a Spring Boot service: 20 to 40 series.
    Spring,
    /// Everything, as it is named.
    None,
}

/// `[[scrape]]`, as typed.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    /// The dimension `service`.
    pub name: At<String>,
    /// `http://127.0.0.1:8080/actuator/prometheus`
    pub url: At<String>,
    /// How often. Default: 15s.
    pub interval: Option<At<Seconds>>,
    /// How long an answer may take. Default: 5s.
    pub timeout: Option<At<Seconds>>,
    /// How large it may be. Default: 8MiB.
    pub max_bytes: Option<At<Bytes>>,
    #[serde(default)]
    pub preset: Preset,
    /// Where its metrics are published. Default: with everything of our own.
    pub namespace: Option<At<String>>,
    /// The most series of this target. Default: 100.
    pub max_series: Option<At<u64>>,
    /// How many routes of the preset have a series of their own. Default: 5.
    pub max_routes: Option<At<u64>>,
    /// Metrics by name, `*` and `?` stand for characters. Beside a preset: these too.
    #[serde(default)]
    pub keep: Vec<String>,
    #[serde(default)]
    pub drop: Vec<String>,
    /// Only these labels become dimensions; series that then are one add up.
    #[serde(default)]
    pub keep_labels: Vec<String>,
    #[serde(default)]
    pub drop_labels: Vec<String>,
    /// Labels under another name: `{ app = "service" }`.
    #[serde(default)]
    pub rename_labels: BTreeMap<String, String>,
    /// A login: the user, and a file that holds the password alone.
    pub user: Option<String>,
    pub password_file: Option<PathBuf>,
    /// A file that holds a bearer token alone.
    pub token_file: Option<PathBuf>,
}

/// What is meant.
#[derive(Clone, Debug)]
pub struct Settings {
    pub name: String,
    pub url: hyper::Uri,
    pub interval_s: u32,
    pub timeout: Duration,
    pub bytes_max: usize,
    pub preset: Preset,
    pub space: Space,
    pub max_series: usize,
    pub max_routes: usize,
    pub keep: Vec<String>,
    pub drop: Vec<String>,
    pub keep_labels: Vec<String>,
    pub drop_labels: Vec<String>,
    pub rename_labels: BTreeMap<String, String>,
    pub login: Option<(String, PathBuf)>,
    pub token_file: Option<PathBuf>,
}

impl Settings {
    pub fn check_all(raw: Vec<Raw>, faults: &mut Faults) -> Vec<Self> {
        knobs::distinct("scrape.name", raw.iter().map(|one| &one.name), faults);
        raw.into_iter().filter_map(|one| Self::check(one, faults)).collect()
    }

    /// A target with the defaults, as `scripts/bench`, the fuzzer and tests want one. Panics where the texts make none.
    pub fn of(name: &str, url: &str, preset: &str) -> Self {
        let text = format!("name = '{name}'\nurl = '{url}'\npreset = '{preset}'\n");
        let raw: Raw = alarm::sheet::read("", &text).unwrap_or_else(|faults| panic!("{faults}"));
        Self::check(raw, &mut Faults::new("", "")).unwrap_or_else(|| panic!("{url} is no URL"))
    }

    fn check(raw: Raw, faults: &mut Faults) -> Option<Self> {
        let interval = knobs::duration("scrape.interval", raw.interval.as_ref(), INTERVAL_S, 1..=300, faults);
        let timeout = knobs::duration("scrape.timeout", raw.timeout.as_ref(), TIMEOUT_S, 1..=60, faults);
        let bytes = raw.max_bytes.map(|bytes| At { span: bytes.span, value: bytes.value.0 });
        let bytes = knobs::number("scrape.max_bytes", bytes.as_ref(), BYTES, 1_024..=BYTES_MAX, faults);
        let series = knobs::number("scrape.max_series", raw.max_series.as_ref(), SERIES, 1..=SERIES_MAX, faults);
        let routes = knobs::number("scrape.max_routes", raw.max_routes.as_ref(), ROUTES, 0..=ROUTES_MAX, faults);
        let url = knobs::url("scrape.url", &raw.url, faults)?;
        Some(Self {
            name: raw.name.value,
            url,
            interval_s: interval.as_secs() as u32,
            timeout: timeout.min(interval),
            bytes_max: bytes as usize,
            preset: raw.preset,
            space: knobs::space(raw.namespace.as_ref(), faults),
            max_series: series as usize,
            max_routes: routes as usize,
            keep: raw.keep,
            drop: raw.drop,
            keep_labels: raw.keep_labels,
            drop_labels: raw.drop_labels,
            rename_labels: raw.rename_labels,
            login: raw.user.zip(raw.password_file),
            token_file: raw.token_file,
        })
    }

    /// Whether a metric is told as it is named. Beside a preset only what was asked for is.
    pub(super) fn keeps(&self, name: &str, has_preset: bool) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| alarm::glob::matches(pattern, name));
        let kept = if self.keep.is_empty() { !has_preset } else { any(&self.keep) };
        kept && !any(&self.drop)
    }

    pub(super) fn keeps_label(&self, name: &str) -> bool {
        let has = |list: &[String]| list.iter().any(|held| held == name);
        (self.keep_labels.is_empty() || has(&self.keep_labels)) && !has(&self.drop_labels)
    }

    pub(super) fn renamed<'a>(&'a self, name: &'a str) -> &'a str {
        self.rename_labels.get(name).map_or(name, String::as_str)
    }
}

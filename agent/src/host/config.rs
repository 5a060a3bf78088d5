//! `[host]`: what is collected of this host, how often, and how much of it.

use std::path::PathBuf;
use std::time::Duration;

use alarm::sheet::{At, Faults, Seconds, did_you_mean};
use schemars::JsonSchema;
use serde::Deserialize;

use super::collector::{Roots, Wanted};
use super::{COLLECTORS, cpu, disk, disk_io, net, process};
use crate::metrics::{self, Tier};

/// The shortest interval: a shorter one costs more than it shows.
const INTERVAL_MIN: u64 = 1;
/// The longest: a point a period is the least that an alarm needs.
const INTERVAL_MAX: u64 = 300;
/// Six readings in each point of a minute, so that its percentiles mean something.
const INTERVAL: u64 = 10;

/// `[host]`, as typed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// How often the collectors run.
    pub interval: Option<At<Seconds>>,
    /// How many metrics: each is a series, and a series costs money.
    pub metrics: Tier,
    /// Metrics beyond the tier, by name; `*` and `?` stand for characters.
    pub also: Vec<At<String>>,
    /// Collectors that do not run.
    pub off: Vec<At<String>>,
    /// Where the kernel's files are, when the host's are mounted elsewhere (in a container).
    pub proc: Option<PathBuf>,
    pub sys: Option<PathBuf>,
    /// Where the host's file systems are.
    pub root: Option<PathBuf>,
    pub cpu: cpu::Raw,
    pub disk: disk::Raw,
    pub disk_io: disk_io::Raw,
    pub net: net::Raw,
}

/// `[host]`, as meant.
#[derive(Clone, Debug)]
pub struct Settings {
    pub interval: Duration,
    pub wanted: Wanted,
    pub roots: Roots,
    pub cpu: cpu::Raw,
    pub disk: disk::Raw,
    pub disk_io: disk_io::Raw,
    pub net: net::Raw,
    /// `[[process]]`, which stands beside `[host]` in the file.
    pub processes: Vec<process::Named>,
    /// `[[unit]]`, likewise.
    pub units: Vec<String>,
    off: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Raw::default().check(&mut Faults::new("", ""))
    }
}

impl Settings {
    /// Whether the collector of this name runs.
    pub fn runs(&self, name: &str) -> bool {
        self.off.iter().all(|off| off != name)
    }
}

impl Raw {
    /// What is meant; whatever makes no sense is added to the faults.
    pub fn check(self, faults: &mut Faults) -> Settings {
        let interval = self.interval.unwrap_or(Seconds(INTERVAL).into());
        if !(INTERVAL_MIN..=INTERVAL_MAX).contains(&interval.0) {
            let says = format!("`host.interval`: from {INTERVAL_MIN}s to {INTERVAL_MAX}s, not {}s", interval.0);
            faults.add(interval.span.clone(), "SG-CFG-006", says);
        }
        for name in &self.off {
            known(name, "host.off", "collector", COLLECTORS.iter().map(|(name, _)| *name), faults);
        }
        for pattern in &self.also {
            if !metrics::all().any(|metric| alarm::glob::matches(pattern, metric.name)) {
                known(pattern, "host.also", "metric", metrics::all().map(|metric| metric.name), faults);
            }
        }
        let defaults = Roots::default();
        Settings {
            interval: Duration::from_secs(interval.0.max(INTERVAL_MIN)),
            wanted: Wanted { tier: self.metrics, also: self.also.into_iter().map(|also| also.value).collect() },
            roots: Roots {
                proc: self.proc.unwrap_or(defaults.proc),
                sys: self.sys.unwrap_or(defaults.sys),
                root: self.root.unwrap_or(defaults.root),
            },
            cpu: self.cpu,
            disk: self.disk,
            disk_io: self.disk_io,
            net: self.net,
            processes: Vec::new(),
            units: Vec::new(),
            off: self.off.into_iter().map(|off| off.value).collect(),
        }
    }
}

fn known<'a>(
    word: &At<String>,
    key: &str,
    kind: &str,
    names: impl Iterator<Item = &'a str> + Clone,
    faults: &mut Faults,
) {
    if names.clone().all(|name| name != word.value) {
        let hint = did_you_mean(word, names).map(|best| format!("; did you mean `{best}`?")).unwrap_or_default();
        faults.add(word.span.clone(), "SG-CFG-005", format!("`{key}`: no {kind} is called \"{}\"{hint}", word.value));
    }
}

#[cfg(test)]
mod tests {
    use alarm::sheet;

    use super::*;

    fn check(text: &str) -> Result<Settings, String> {
        let raw: Raw = sheet::read("x.toml", text).map_err(|faults| faults.to_string())?;
        let mut faults = Faults::new("x.toml", text);
        let settings = raw.check(&mut faults);
        faults.or(settings).map_err(|faults| faults.to_string())
    }

    #[test]
    fn defaults() {
        let settings = check("").expect("sound");
        assert_eq!(settings.interval, Duration::from_secs(10));
        assert_eq!(settings.wanted.tier, Tier::Standard);
        assert!(settings.roots.are_real() && !settings.cpu.per_core && settings.runs("cpu"));
    }

    #[test]
    fn what_makes_no_sense_is_said_with_its_place() {
        let said =
            check("interval = '10m'\noff = ['cpu', 'memry']\nalso = ['netstat_*', 'mem_usd']\n").expect_err("faults");
        assert_eq!(
            said.lines().collect::<Vec<_>>(),
            [
                "x.toml:1:12: SG-CFG-006: `host.interval`: from 1s to 300s, not 600s",
                "x.toml:2:15: SG-CFG-005: `host.off`: no collector is called \"memry\"; did you mean `memory`?",
                "x.toml:3:22: SG-CFG-005: `host.also`: no metric is called \"mem_usd\"; did you mean `mem_used`?",
            ]
        );
    }

    #[test]
    fn a_tier_and_names_beyond_it() {
        let settings = check("metrics = 'basic'\nalso = ['cpu_usage_*']\noff = ['load']\n").expect("sound");
        let wants = |name| settings.wanted.wants(metrics::find(name).expect("in the table"));
        assert!(wants("mem_used_percent") && wants("cpu_usage_guest") && !wants("mem_used"));
        assert!(!settings.runs("load"));
    }
}

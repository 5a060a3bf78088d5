//! `stormglass check`: is a configuration sound, and is it wise?

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::sample::Sample;
use super::{Common, Out};
use crate::config::Config;
use crate::doctor::{Finding, State};
use crate::failure::{Exit, Failure};

/// Say whether a configuration is sound, with every fault at once
///
/// Faults (exit 2) are said with file, line and column. Warnings are what this host makes of it: series beyond the
/// budget, a process, mount, interface or log that is named and not there or may not be read, a metric with a great many series. `--online`
/// also tries keys, Region and rights by a real call that changes nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  stormglass check --config new.toml
  stormglass check --online --deny-warnings     before a deployment: exit 3 on any warning")]
pub(super) struct Args {
    /// Also try keys, Region and rights
    #[arg(long)]
    online: bool,
    /// Exit with 3 when there are warnings
    #[arg(long)]
    deny_warnings: bool,
}

/// Two looks this far apart show every series; their values do not matter here.
const APART: Duration = Duration::from_millis(100);
/// More series of one metric than a person looks at: one by one they are bought and not read.
const SERIES_A_METRIC: usize = 40;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Warning {
    code: &'static str,
    says: String,
}

pub(super) fn run(args: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let config = common.load_here()?;
    let warnings = warnings(&config, &Sample::take(&config, APART));
    let online: Vec<Finding> = if args.online { super::doctor::account(&config)? } else { Vec::new() };
    let worst = online.iter().map(|finding| finding.state).max();
    let value = serde_json::json!({
        "ok": worst != Some(State::Bad),
        "warnings": warnings,
        "online": online,
    });
    out.say(&value, || text(&warnings, &online))?;
    Ok(match worst {
        Some(State::Bad) => Exit::Failed,
        Some(State::Warning) if args.deny_warnings => Exit::Warnings,
        _ if args.deny_warnings && !warnings.is_empty() => Exit::Warnings,
        _ => Exit::Ok,
    })
}

fn text(warnings: &[Warning], online: &[Finding]) -> String {
    let mut lines: Vec<_> = warnings.iter().map(|Warning { code, says }| format!("warning[{code}]: {says}")).collect();
    if !online.is_empty() {
        lines.push(super::doctor::text(online));
    }
    lines.push("the configuration is sound".to_owned());
    lines.join("\n")
}

/// What this host makes of it.
fn warnings(config: &Config, sample: &Sample) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |code, says| warnings.push(Warning { code, says });
    if let Some(first) = sample.refused.first() {
        let (count, limit) = (sample.refused.len(), config.budget.limits.series());
        warn("SG-CHK-001", format!("the budget of {limit} series refuses {count}, such as {}", first.series));
    }
    for (name, count) in crowded(sample) {
        warn("SG-CHK-002", format!("{name} has {count} series on this host"));
    }
    let settings = &config.host;
    let named = [
        ("mount", "disk_used_percent", "path", &settings.disk.mounts),
        ("device", "diskio_reads", "name", &settings.disk_io.devices),
        ("interface", "net_bytes_recv", "interface", &settings.net.interfaces),
    ];
    for (kind, metric, dimension, patterns) in named {
        let reads = crate::metrics::find(metric).is_some_and(|metric| settings.wanted.wants(metric));
        for pattern in patterns.iter().filter(|pattern| reads && !seen(sample, metric, dimension, pattern)) {
            warn("SG-CHK-003", format!("no {kind} {pattern} on this host"));
        }
    }
    for (code, says) in crate::logs::look::look(&config.logs) {
        warn(code, says);
    }
    if let Err(missing) = crate::tls::authorities() {
        warn("SG-CHK-009", missing.says());
    }
    for point in absent(sample) {
        warn("SG-CHK-004", format!("{point} does not run on this host"));
    }
    warnings
}

fn crowded(sample: &Sample) -> Vec<(&str, usize)> {
    let mut counts = BTreeMap::<_, usize>::new();
    for point in &sample.points {
        *counts.entry(point.series.name.as_str()).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| *count > SERIES_A_METRIC).collect()
}

fn seen(sample: &Sample, metric: &str, dimension: &str, pattern: &str) -> bool {
    let all = sample.points.iter().chain(&sample.refused);
    let values = all.filter(|point| point.series.name == metric).filter_map(|it| it.series.dimensions.get(dimension));
    values.into_iter().any(|value| alarm::glob::matches(pattern, value))
}

/// Named processes and units that are down, by name.
fn absent(sample: &Sample) -> Vec<String> {
    let down = |point: &&crate::window::Point| point.values.shown().iter().all(|(value, _)| *value == 0.0);
    let of = |metric: &'static str, dimension: &'static str| {
        let points = sample.points.iter().filter(move |point| point.series.name == metric).filter(down);
        points.filter_map(move |point| Some(format!("the {dimension} {}", point.series.dimensions.get(dimension)?)))
    };
    of("process_up", "process").chain(of("unit_up", "unit")).collect()
}

//! Writes what the official agent's file asks for as our configuration.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::logs::Logs;
use super::official::{Process, Wanted};
use crate::config::text::{key, list, quote, seconds};
use crate::metrics::{self, Tier};

/// What the official agent takes when nothing is said.
const OFFICIAL_INTERVAL_S: u64 = 60;
const OFFICIAL_NAMESPACE: &str = "CWAgent";
/// The longest that `[host] interval` takes.
const INTERVAL_MAX_S: u64 = 300;

pub(super) fn write(from: &str, wanted: &Wanted) -> String {
    let name = from.replace(['\n', '\r'], " ");
    let mut text = format!(
        "# Written by `stormglass import` from {name}.\n\
         # Names, units and dimensions stay those of the official agent, so its dashboards and alarms keep working.\n"
    );
    identity(&mut text, wanted);
    host(&mut text, wanted);
    cloudwatch(&mut text, wanted);
    if !wanted.fixed.is_empty() {
        text.push_str("\n[dimensions]\n");
        for (name, value) in &wanted.fixed {
            line(&mut text, &key(name), &quote(value));
        }
    }
    wanted.processes.iter().for_each(|it| process(&mut text, it));
    listeners(&mut text, wanted);
    if let Some(logs) = &wanted.logs {
        log_files(&mut text, logs);
    }
    text
}

fn line(text: &mut String, key: &str, value: &str) {
    // A `String` takes whatever is written to it.
    let _ = writeln!(text, "{key} = {value}");
}

/// Without `append_dimensions` the official agent adds the host's name alone.
fn identity(text: &mut String, wanted: &Wanted) {
    let append = wanted.identity.as_deref().unwrap_or_default();
    text.push_str("\n[identity]\n");
    line(text, "append", &list(append));
}

fn host(text: &mut String, wanted: &Wanted) {
    text.push_str("\n[host]\n");
    let interval = wanted.interval_s.unwrap_or(OFFICIAL_INTERVAL_S).min(INTERVAL_MAX_S);
    text.push_str("# The shortest that was named. Each minute is one point, whatever the interval.\n");
    line(text, "interval", &seconds(interval));
    line(text, "metrics", "\"basic\"");
    let beyond: Vec<_> = names(wanted)
        .into_iter()
        .filter(|name| metrics::find(name).is_some_and(|metric| metric.tier > Tier::Basic))
        .collect();
    if !beyond.is_empty() {
        line(text, "also", &list(&beyond));
    }
    if wanted.per_core {
        text.push_str("\n[host.cpu]\nper_core = true\n");
    }
    if !wanted.mounts.is_empty() || wanted.drop_device {
        text.push_str("\n[host.disk]\n");
        if !wanted.mounts.is_empty() {
            line(text, "mounts", &list(&wanted.mounts));
        }
        if wanted.drop_device {
            line(text, "drop_device", "true");
        }
    }
    for (table, name, values) in [("disk_io", "devices", &wanted.disks), ("net", "interfaces", &wanted.interfaces)] {
        if !values.is_empty() {
            let _ = writeln!(text, "\n[host.{table}]");
            line(text, name, &list(values));
        }
    }
}

/// The names asked for that the table of metrics has.
fn names(wanted: &Wanted) -> BTreeSet<&'static str> {
    let named = wanted.metrics.iter().filter_map(|it| metrics::find(&it.name)).map(|metric| metric.name);
    let whole = wanted.whole.iter().flat_map(|collector| {
        let prefix = format!("{collector}_");
        metrics::host::TABLE.iter().map(|metric| metric.name).filter(move |name| name.starts_with(&prefix))
    });
    named.chain(whole).collect()
}

fn cloudwatch(text: &mut String, wanted: &Wanted) {
    text.push_str("\n[cloudwatch]\n");
    let logs_endpoint = wanted.logs.as_ref().map_or(&None, |logs| &logs.endpoint);
    for (name, value) in [
        ("region", &wanted.region),
        ("endpoint", &wanted.metrics_endpoint),
        ("logs_endpoint", logs_endpoint),
        ("namespace", &wanted.namespace),
    ] {
        if let Some(value) = value {
            line(text, name, &quote(value));
        }
    }
    if !wanted.aggregate.is_empty() {
        let sets: Vec<_> = wanted.aggregate.iter().map(|set| list(set)).collect();
        line(text, "aggregate", &format!("[{}]", sets.join(", ")));
    }
    let kept: Vec<_> = names(wanted).into_iter().collect();
    let mut drop: Vec<_> = wanted.ignored_file_systems.iter().map(|kind| format!("disk_*{{fstype={kind}}}")).collect();
    if wanted.statsd.is_some() || wanted.otlp.is_some() {
        // A list of what is kept would refuse every name that an application is yet to send.
        drop.extend(unasked(&kept));
    } else if !kept.is_empty() {
        text.push_str("# Exactly what was asked for, and the heartbeat. Without this list the basic tier comes too.\n");
        line(text, "keep", &list(&kept));
    }
    if !wanted.total_cpu {
        drop.push("cpu_*{cpu=cpu-total}".to_owned());
    }
    if !drop.is_empty() {
        line(text, "drop", &list(&drop));
    }
}

/// What the basic tier brings and nobody asked for; the heartbeat comes all the same.
fn unasked(kept: &[&str]) -> impl Iterator<Item = String> {
    // Not `errors` and its like: they come with logs alone, and an application may call its own so.
    let own = metrics::agent::TABLE.iter().filter(|metric| metric.name.starts_with("agent_"));
    let tables = metrics::host::TABLE.iter().chain(metrics::own::TABLE).chain(own);
    let basic = tables.filter(|metric| metric.tier == Tier::Basic);
    basic.map(|metric| metric.name).filter(|name| !kept.contains(name)).map(str::to_owned)
}

fn process(text: &mut String, process: &Process) {
    let (by, value) = match process {
        Process::Exe(value) => ("exe", value),
        Process::Pattern(value) => ("pattern", value),
        Process::PidFile(value) => ("pidfile", value),
    };
    let name = value.rsplit('/').next().unwrap_or(value).trim_end_matches(".pid").replace(['*', '?'], "-");
    text.push_str("\n[[process]]\n");
    line(text, "name", &quote(&name));
    line(text, by, &quote(value));
}

/// The official agent publishes what it hears beside what it collects.
fn listeners(text: &mut String, wanted: &Wanted) {
    let namespace = wanted.namespace.as_deref().unwrap_or(OFFICIAL_NAMESPACE);
    for (table, address) in [("statsd", wanted.statsd), ("otlp", wanted.otlp)] {
        let Some(address) = address else { continue };
        let _ = writeln!(text, "\n[{table}]");
        if address.ip().is_unspecified() {
            text.push_str("# On every interface, as before; 127.0.0.1 is enough where who sends is on this host.\n");
        }
        line(text, "listen", &quote(&address.to_string()));
        line(text, "namespace", &quote(namespace));
    }
}

/// Every line as it is, as the official agent ships it; secrets are taken out all the same.
fn log_files(text: &mut String, logs: &Logs) {
    if logs.files.is_empty() {
        return;
    }
    text.push_str(
        "\n[logs]\n\
         # Lines as they are. \"json\" would add level, service and kind of error.\n\
         format = \"text\"\n",
    );
    if let Some(stream) = &logs.stream {
        line(text, "stream", &quote(stream));
    }
    if let Some(days) = logs.retention_days {
        line(text, "retention_days", &days.to_string());
    }
    if let Some(linger_s) = logs.linger_s {
        line(text, "linger", &seconds(linger_s));
    }
    for file in &logs.files {
        let table = if file.path.is_some() { "file" } else { "journal" };
        let _ = writeln!(text, "\n[[logs.{table}]]");
        line(text, "service", &quote(&file.service()));
        if let Some(path) = &file.path {
            line(text, "paths", &list(&[path]));
        }
        if !file.units.is_empty() {
            line(text, "units", &list(&file.units));
        }
        for (name, value) in [("group", &file.group), ("stream", &file.stream), ("event_start", &file.event_start)] {
            if let Some(value) = value {
                line(text, name, &quote(value));
            }
        }
        if let Some(zone) = file.zone {
            line(text, "zone", &quote(zone));
        }
        text.push_str("# All lines, each by itself; \"warn\" and folding would send a fraction.\n");
        text.push_str("level = \"all\"\nfold = false\n");
        if !file.exclude.is_empty() {
            let patterns: Vec<_> = file.exclude.iter().map(|pattern| format!("/{pattern}/")).collect();
            line(text, "exclude", &list(&patterns));
        }
    }
}

//! The report as a person reads it on a terminal.

use std::fmt::Write;

use super::{Part, Report, Spread, Step};

/// Failures of one step that are told; JSON has all.
const FAILURES_TOLD: usize = 5;

pub fn text(report: &Report) -> String {
    let mut text = String::new();
    // Writing into a String cannot fail.
    let _ = head(report, &mut text);
    let _ = climb(report, &mut text);
    let _ = steps(report, &mut text);
    let _ = beside(report, &mut text);
    let _ = ourselves(report, &mut text);
    text.truncate(text.trim_end().len());
    text
}

fn head(report: &Report, out: &mut String) -> std::fmt::Result {
    if report.valid {
        writeln!(out, "{}", report.judged.verdict.name())?;
    } else {
        writeln!(out, "INVALID: {}. These are not numbers of the service.", report.judged.verdict.name())?;
    }
    for reason in &report.judged.reasons {
        writeln!(out, "  {reason}")?;
    }
    for warning in &report.warnings {
        writeln!(out, "warning: {warning}")?;
    }
    writeln!(out, "\n{} on {}, {} model, {:.0} s", report.test, report.target, report.model, report.measured_s)?;
    let journeys = &report.journeys;
    let p99 = ms(journeys.spread.p99_ms);
    writeln!(
        out,
        "{} journeys ({:.1}/s), {} failed, {} not sent; {} requests ({:.1}/s); a whole journey: p99 {p99}",
        journeys.started, journeys.per_s, journeys.failed, journeys.unsent, report.total.requests, report.total.per_s
    )
}

fn steps(report: &Report, out: &mut String) -> std::fmt::Result {
    let width = report.steps.iter().map(|step| step.name.chars().count()).max().unwrap_or(4).clamp(24, 60);
    writeln!(out, "\nFrom the intended start to the last byte, in milliseconds:")?;
    let title = ["requests", "failed", "p50", "p95", "p99", "max"].map(|word| format!("{word:>10}")).concat();
    writeln!(out, "{:width$}{title}", "step")?;
    for step in report.steps.iter().chain([&report.total]) {
        let Spread { p50_ms, p95_ms, p99_ms, max_ms, .. } = step.latency;
        let values = [p50_ms, p95_ms, p99_ms, max_ms].map(|value| format!("{:>10}", number(value))).concat();
        writeln!(out, "{:width$}{:>10}{:>10}{values}", step.name, step.requests, step.failed)?;
        failures(step, out)?;
    }
    let parts: Vec<&Part> = report.total.phases.iter().chain(&report.total.server).collect();
    writeln!(out, "\nWhere the time goes, in milliseconds:")?;
    let title = ["times", "mean", "p50", "p99", "max"].map(|word| format!("{word:>10}")).concat();
    writeln!(out, "{:width$}{title}", "phase")?;
    for (at, part) in parts.iter().enumerate() {
        let by_service = at >= report.total.phases.len();
        let name = if by_service { format!("the service: {}", part.name) } else { part.name.clone() };
        let Spread { mean_ms, p50_ms, p99_ms, max_ms, .. } = part.spread;
        let values = [mean_ms, p50_ms, p99_ms, max_ms].map(|value| format!("{:>10}", number(value))).concat();
        writeln!(out, "{name:width$}{:>10}{values}", part.count)?;
    }
    Ok(())
}

fn climb(report: &Report, out: &mut String) -> std::fmt::Result {
    let Some(climb) = &report.climb else { return Ok(()) };
    writeln!(out, "\nThe knee: {}.", climb.knee)?;
    for rung in &climb.rungs {
        let (p50, p99) = (ms(rung.p50_ms), ms(rung.p99_ms));
        let why = rung.judged.reasons.first().map_or("", String::as_str);
        writeln!(
            out,
            "{:>10.1}/s  p50 {p50}, p99 {p99}, {} failed: {} {why}",
            rung.rate,
            rung.failed,
            rung.judged.verdict.name()
        )?;
    }
    writeln!(out, "{}", report.of_which())
}

fn beside(report: &Report, out: &mut String) -> std::fmt::Result {
    if !report.drifts.is_empty() {
        writeln!(out, "\nFrom the beginning to the end:")?;
    }
    for drift in &report.drifts {
        let word = if drift.rises { "RISES" } else { "steady" };
        let (from, to) = (number(Some(drift.from)), number(Some(drift.to)));
        writeln!(out, "  {}: {from} to {to} {} ({:+.2} an hour), {word}", drift.name, drift.unit, drift.per_hour)?;
    }
    if !report.baseline.is_empty() {
        writeln!(out, "\nBeside the baseline:")?;
    }
    for one in &report.baseline {
        writeln!(out, "  {}: {one}{}", one.what, if one.regressed { ", WORSE" } else { "" })?;
    }
    for met in &report.alarms {
        writeln!(out, "alarm {}: {}: {}", if met.ok { "ok" } else { "FAILED" }, met.expected, met.says)?;
    }
    Ok(())
}

fn failures(step: &Step, out: &mut String) -> std::fmt::Result {
    if step.name == "all" {
        return Ok(());
    }
    for failed in step.failures.iter().take(FAILURES_TOLD) {
        writeln!(out, "    {} x {}", failed.count, failed.why)?;
    }
    Ok(())
}

fn ourselves(report: &Report, out: &mut String) -> std::fmt::Result {
    let client = &report.client;
    let own = &client.own;
    let capacity =
        client.capacity.map_or_else(String::new, |capacity| format!(", able to press {capacity:.0} requests/s"));
    writeln!(
        out,
        "\nOurselves: {} worker(s){capacity}, {:.2} processors (most {:.2}), started late by p99 {}, most {}; {} descriptors of {}, \
         {} ports waiting of {}, {:.0} MB; the machine {:.0} % busy, {:.1} % stolen",
        client.workers,
        own.cores,
        own.cores_peak,
        ms(report.lag.p99_ms),
        ms(report.lag.max_ms),
        own.descriptors_peak,
        client.limits.descriptors,
        own.sockets_waiting_peak,
        client.limits.ports,
        own.memory_peak as f64 / 1e6,
        100.0 * own.machine_busy,
        100.0 * own.steal,
    )
}

/// Three digits or whole numbers, whichever is longer.
pub(super) fn number(value: Option<f64>) -> String {
    match value {
        None => "-".to_owned(),
        Some(value) if value >= 100.0 => format!("{value:.0}"),
        Some(value) if value >= 10.0 => format!("{value:.1}"),
        Some(value) => format!("{value:.2}"),
    }
}

fn ms(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |_| format!("{} ms", number(value)))
}

//! The report as one HTML file that needs nothing else: no script, no network.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::chart::{Line, svg};
use super::text::number;
use super::{Moment, Part, Report, Spread, Step};

const STYLE: &str = "
body { font: 15px/1.5 system-ui, sans-serif; max-width: 960px; margin: 2rem auto; padding: 0 1rem; color: #1c2733; background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem }
.invalid { background: #b3261e; color: #fff; padding: .8rem 1rem; font-weight: 600 }
.kept { color: #1b6e3c } .broken { color: #b3261e }
table { border-collapse: collapse; width: 100% } th, td { padding: .2rem .6rem; text-align: right; border-bottom: 1px solid #dde3e9; font-variant-numeric: tabular-nums }
th:first-child, td:first-child { text-align: left }
svg { width: 100%; height: auto } svg text { font-size: 11px; fill: #55626f } .grid { stroke: #e4e9ee } .line { fill: none; stroke-width: 1.6 }
.key span { margin-right: 1rem } .key i { display: inline-block; width: .9rem; height: .2rem; vertical-align: middle; margin-right: .3rem }
@media (prefers-color-scheme: dark) { body { color: #dfe6ec; background: #14191f } th, td { border-color: #2c3640 } .grid { stroke: #2c3640 } svg text { fill: #97a4b0 } }";

/// Colours that people who see no red or green still tell apart (Okabe and Ito).
const BLUE: &str = "#0072b2";
const ORANGE: &str = "#e69f00";
const RED: &str = "#d55e00";
const GREEN: &str = "#009e73";

/// Series of the target's host that are drawn, at most.
const SEEN_MAX: usize = 12;

pub fn html(report: &Report) -> String {
    let title = format!("{}: {}", report.test, report.target);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8"; meta name="viewport" content="width=device-width";
                title { (title) } style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (title) }
                (verdict(report))
                (alarms(report))
                (charts(report))
                (climb(report))
                h2 { "Steps, from the intended start, in milliseconds" }
                (steps(report))
                h2 { "Where the time goes, in milliseconds" }
                (parts(report))
                h2 { "The machine that pressed" }
                (ourselves(report))
            }
        }
    };
    page.into_string()
}

fn verdict(report: &Report) -> Markup {
    html! {
        @if !report.valid {
            p.invalid { "INVALID: " (report.judged.verdict.name()) ". These are not numbers of the service." }
        } @else {
            p class=(if report.broken.is_empty() { "kept" } else { "broken" }) { strong { (report.judged.verdict.name()) } }
        }
        ul { @for says in report.judged.reasons.iter().chain(&report.warnings) { li { (says) } } }
        p {
            (report.scenario) ", " (report.model) " model, " (format!("{:.0}", report.measured_s)) " s: "
            (report.journeys.started) " journeys (" (format!("{:.1}", report.journeys.per_s)) "/s), "
            (report.journeys.failed) " failed, " (report.journeys.unsent) " not sent; "
            (report.total.requests) " requests (" (format!("{:.1}", report.total.per_s)) "/s)"
        }
    }
}

fn alarms(report: &Report) -> Markup {
    html! {
        @if !report.alarms.is_empty() {
            h2 { "Alarms" }
            table { tbody { @for met in &report.alarms { tr {
                td { code { (met.expected) } }
                td class=(if met.ok { "kept" } else { "broken" }) { (if met.ok { "ok" } else { "failed" }) ": " (met.says) }
            } } } }
        }
        @if !report.drifts.is_empty() {
            h2 { "From the beginning to the end" }
            table { tbody { @for drift in &report.drifts { tr {
                td { (drift.name) }
                td { (number(Some(drift.from))) " to " (number(Some(drift.to))) " " (drift.unit) }
                td class=(if drift.rises { "broken" } else { "kept" }) { (if drift.rises { "rises" } else { "steady" }) }
            } } } }
        }
        @if !report.baseline.is_empty() {
            h2 { "Beside the baseline" }
            table { tbody { @for one in &report.baseline { tr {
                td { (one.what) } td { (one.to_string()) }
                td class=(if one.regressed { "broken" } else { "kept" }) { (if one.regressed { "worse" } else { "within the tolerance" }) }
            } } } }
        }
    }
}

fn charts(report: &Report) -> Markup {
    let of = |value: fn(&Moment) -> Option<f64>| -> Vec<(f64, Option<f64>)> {
        report.timeline.iter().map(|moment| (moment.at_s, value(moment))).collect()
    };
    let line = |name, colour, points| Line { name, colour, points };
    let rate = [
        line("asked", GREEN, of(|moment| Some(moment.asked))),
        line("started", BLUE, of(|moment| Some(moment.started))),
        line("failed requests", RED, of(|moment| Some(moment.failed))),
    ];
    let latency = [
        line("p50", BLUE, of(|moment| moment.p50_ms)),
        line("p95", ORANGE, of(|moment| moment.p95_ms)),
        line("p99", RED, of(|moment| moment.p99_ms)),
    ];
    html! {
        (figure("Journeys a second", &rate, report.asked_s, ""))
        (figure("Latency by when it ended", &latency, report.asked_s, " ms"))
        @for (name, points) in report.seen.iter().take(SEEN_MAX) {
            @let points = points.iter().map(|(at_s, value)| (*at_s, Some(*value))).collect();
            (figure(name, &[line("the target's host", BLUE, points)], report.asked_s, ""))
        }
    }
}

fn figure(title: &str, lines: &[Line<'_>], length_s: f64, unit: &str) -> Markup {
    html! {
        h2 { (title) }
        p.key { @for line in lines { span { i style={ "background:" (line.colour) } {} (line.name) } } }
        (PreEscaped(svg(lines, length_s, unit)))
    }
}

fn climb(report: &Report) -> Markup {
    html! { @if let Some(climb) = &report.climb {
        h2 { "The knee" }
        p { (rate(climb.knee.kept)) " were kept, " (rate(climb.knee.broke)) " were not. " (report.of_which()) }
        table {
            thead { tr { th { "journeys a second" } th { "p50" } th { "p99" } th { "failed" } th { "verdict" } } }
            tbody { @for rung in &climb.rungs { tr {
                td { (format!("{:.1}", rung.rate)) } td { (number(rung.p50_ms)) } td { (number(rung.p99_ms)) }
                td { (rung.failed) } td { (rung.judged.verdict.name()) }
            } } }
        }
    } }
}

fn steps(report: &Report) -> Markup {
    let row = |step: &Step| {
        let Spread { p50_ms, p95_ms, p99_ms, max_ms, .. } = step.latency;
        html! {
            tr {
                td { (step.name) } td { (step.requests) } td { (step.failed) }
                @for value in [p50_ms, p95_ms, p99_ms, max_ms] { td { (number(value)) } }
            }
            @for failed in &step.failures { tr { td.broken colspan="7" { (failed.count) " x " (failed.why) } } }
        }
    };
    html! { table {
        thead { tr { @for word in ["step", "requests", "failed", "p50", "p95", "p99", "most"] { th { (word) } } } }
        tbody { @for step in &report.steps { (row(step)) } (row(&Step { failures: Vec::new(), ..report.total.clone() })) }
    } }
}

fn parts(report: &Report) -> Markup {
    let row = |part: &Part, of: &str| {
        let Spread { mean_ms, p50_ms, p99_ms, max_ms, .. } = part.spread;
        html! { tr {
            td { (of) (part.name) } td { (part.count) }
            @for value in [mean_ms, p50_ms, p99_ms, max_ms] { td { (number(value)) } }
        } }
    };
    html! { table {
        thead { tr { @for word in ["phase", "times", "mean", "p50", "p99", "most"] { th { (word) } } } }
        tbody {
            @for part in &report.total.phases { (row(part, "")) }
            @for part in &report.total.server { (row(part, "the service: ")) }
        }
    } }
}

fn ourselves(report: &Report) -> Markup {
    let own = &report.client.own;
    let rows = [
        ("workers", report.client.workers.to_string()),
        (
            "requests/s against a server that does nothing",
            report.client.capacity.map_or_else(|| "not tried".to_owned(), |rate| format!("{rate:.0}")),
        ),
        ("started late, p99", format!("{} ms", number(report.lag.p99_ms))),
        ("processors used, and at most", format!("{:.2}, {:.2}", own.cores, own.cores_peak)),
        ("machine busy, stolen", format!("{:.0} %, {:.1} %", 100.0 * own.machine_busy, 100.0 * own.steal)),
        ("descriptors, of", format!("{}, {}", own.descriptors_peak, report.client.limits.descriptors)),
        ("ports waiting, of", format!("{}, {}", own.sockets_waiting_peak, report.client.limits.ports)),
    ];
    html! { table { tbody { @for (name, value) in rows { tr { td { (name) } td { (value) } } } } } }
}

fn rate(rate: Option<f64>) -> String {
    rate.map_or_else(|| "none".to_owned(), |rate| format!("{rate:.1}/s"))
}

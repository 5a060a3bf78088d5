//! The report as one HTML file that needs nothing else: no script, no network.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::chart::{Line, svg};
use super::text::number;
use super::{Moment, Part, Report, Spread, Step};

const STYLE: &str = "
:root { color-scheme: light dark; --text: #1c2733; --page: #fff; --rule: #dde3e9; --faint: #55626f; --good: #1b6e3c; --bad: #b3261e;
  --blue: #0072b2; --orange: #b87700; --red: #d55e00; --green: #009e73 }
@media (prefers-color-scheme: dark) { :root { --text: #dfe6ec; --page: #14191f; --rule: #2c3640; --faint: #97a4b0; --good: #6fd39b;
  --bad: #ff9a8d; --blue: #56b4e9; --orange: #e69f00; --red: #ff8a4c; --green: #2fc79c } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 960px; margin: 2rem auto; padding: 0 1rem; color: var(--text); background: var(--page) }
h1 { font-size: 1.5rem; overflow-wrap: anywhere } h2 { font-size: 1.1rem; margin-top: 2rem }
.invalid { background: #b3261e; color: #fff; padding: .8rem 1rem; font-weight: 600 }
.kept { color: var(--good) } .broken { color: var(--bad) }
.wide { overflow-x: auto } summary { cursor: pointer; padding: .3rem 0 }
table { border-collapse: collapse; width: 100% } th, td { padding: .2rem .6rem; text-align: right; border-bottom: 1px solid var(--rule); font-variant-numeric: tabular-nums }
th:first-child, td:first-child { text-align: left; min-width: 8rem }
svg { width: 100%; height: auto } svg text { font-size: 13px; fill: var(--faint) } .grid { stroke: var(--rule) }
.line { fill: none; stroke-width: 1.8 } .wanted { stroke-width: 6; opacity: .35 }
.key span { margin-right: 1rem } .key i { display: inline-block; width: .9rem; height: .2rem; vertical-align: middle; margin-right: .3rem }
@media (max-width: 600px) { svg text { font-size: 22px } .line { stroke-width: 3.5 } .wanted { stroke-width: 9 } }";

/// Colours that people who see no red or green still tell apart (Okabe and Ito), darker on white and lighter on black.
const BLUE: &str = "var(--blue)";
const ORANGE: &str = "var(--orange)";
const RED: &str = "var(--red)";
const GREEN: &str = "var(--green)";

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
    let line = |name, colour, points| Line { name, colour, is_wanted: false, points };
    let wanted = |name, points| Line { name, colour: GREEN, is_wanted: true, points };
    let rate = [
        wanted("journeys asked", of(|moment| Some(moment.asked))),
        line("journeys started", BLUE, of(|moment| Some(moment.started))),
        line("requests failed", RED, of(|moment| Some(moment.failed))),
    ];
    let limit = report.objective.p99_ms.map(|limit| vec![(0.0, Some(limit)), (report.asked_s, Some(limit))]);
    let limit = limit.map(|points| wanted("p99 asked", points));
    let latency = [
        line("p50", BLUE, of(|moment| moment.p50_ms)),
        line("p95", ORANGE, of(|moment| moment.p95_ms)),
        line("p99", RED, of(|moment| moment.p99_ms)),
    ];
    let latency: Vec<_> = limit.into_iter().chain(latency).collect();
    html! {
        (figure("Each second", &rate, report.asked_s, ""))
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
        p { (climb.knee) ". " (report.of_which()) }
        div.wide { table {
            thead { tr { th { "journeys a second" } th { "p50" } th { "p99" } th { "failed" } th { "verdict" } } }
            tbody { @for rung in &climb.rungs { tr {
                td { (format!("{:.1}", rung.rate)) } td { (number(rung.p50_ms)) } td { (number(rung.p99_ms)) }
                td { (rung.failed) } td { (rung.judged.verdict.name()) }
            } } }
        } }
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
    html! { div.wide { table {
        thead { tr { @for word in ["step", "requests", "failed", "p50", "p95", "p99", "most"] { th { (word) } } } }
        tbody { @for step in &report.steps { (row(step)) } (row(&Step { failures: Vec::new(), ..report.total.clone() })) }
    } } }
}

fn parts(report: &Report) -> Markup {
    html! {
        (parts_of(&report.total))
        @for step in &report.steps { details { summary { (step.name) } (parts_of(step)) } }
    }
}

fn parts_of(step: &Step) -> Markup {
    let row = |part: &Part, of: &str| {
        let Spread { mean_ms, p50_ms, p99_ms, max_ms, .. } = part.spread;
        html! { tr {
            td { (of) (part.name) } td { (part.count) }
            @for value in [mean_ms, p50_ms, p99_ms, max_ms] { td { (number(value)) } }
        } }
    };
    html! { div.wide { table {
        thead { tr { @for word in ["phase", "times", "mean", "p50", "p99", "most"] { th { (word) } } } }
        tbody {
            @for part in &step.phases { (row(part, "")) }
            @for part in &step.server { (row(part, "the service: ")) }
        }
    } } }
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

//! API: calls, failures, p50 and p99 of each route, whatever source they came from.
//!
//! A family is a metric of calls with its dimension of routes: latencies as readings (`http_server_requests`, StatsD
//! timers, access logs), counts by outcome beside them. The names are those of docs/metrics.md and facts/sources.md.

use std::collections::BTreeMap;

use alarm::rules::Statistic;
use alarm::series::{Dimensions, Unit};
use maud::{Markup, html};

use super::chart::{Chart, Line, Range, figure};
use super::host::ranges;
use super::say::{Say, shown};
use crate::local::house::House;

/// Dimensions that name a route, the likeliest first.
const ROUTES: &[&str] = &["uri", "route", "path", "endpoint", "target", "location"];
/// Beginnings of metrics that tell of requests.
const FAMILIES: &[&str] =
    &["http_server_requests", "http_request", "http_requests", "access_", "request_", "nginx_", "alb_", "probe_"];
/// Dimensions that tell a failure, and how its value begins.
const FAILURES: &[(&str, &[&str])] =
    &[("outcome", &["SERVER_ERROR"]), ("status", &["5"]), ("code", &["5"]), ("class", &["5"])];
/// Routes that are shown: those called most.
const ROUTES_MAX: usize = 50;
const CHARTS_MAX: usize = 4;

#[derive(Debug, Default)]
struct Route {
    /// Series of latencies, and their unit.
    latency: Vec<u32>,
    unit: Unit,
    counts: Vec<(u32, bool)>,
    calls: f64,
    failures: f64,
    p50: Option<f64>,
    p99: Option<f64>,
}

fn route_of(dimensions: &Dimensions) -> Option<&str> {
    ROUTES.iter().find_map(|name| dimensions.get(name))
}

fn failed(dimensions: &Dimensions) -> bool {
    FAILURES.iter().any(|(name, begins)| {
        dimensions.get(name).is_some_and(|value| begins.iter().any(|begin| value.starts_with(begin)))
    })
}

fn routes(house: &House, range: Range, now: i64) -> Vec<(String, Route)> {
    let mut routes: BTreeMap<String, Route> = BTreeMap::new();
    for (id, entry) in house.store.catalogue().entries().iter().enumerate() {
        let name = &entry.series.name;
        if entry.seen.is_none() || FAMILIES.iter().all(|begin| !name.starts_with(begin)) {
            continue;
        }
        let Some(route) = route_of(&entry.series.dimensions) else { continue };
        let route = routes.entry(route.to_owned()).or_default();
        match entry.unit {
            Unit::Milliseconds | Unit::Seconds | Unit::Microseconds => {
                route.latency.push(id as u32);
                route.unit = entry.unit;
            }
            _ if name.ends_with("_count")
                || name.ends_with("calls")
                || name.ends_with("requests")
                || name.ends_with("_total") =>
            {
                route.counts.push((id as u32, failed(&entry.series.dimensions)));
            }
            _ => {}
        }
    }
    let span = (now - range.span_s(), now + 10);
    for route in routes.values_mut() {
        route.reckon(house, span);
    }
    let mut routes: Vec<_> = routes.into_iter().filter(|(_, route)| route.calls > 0.0).collect();
    routes.sort_by(|(_, one), (_, other)| other.calls.total_cmp(&one.calls));
    routes
}

impl Route {
    fn reckon(&mut self, house: &House, range: (i64, i64)) {
        let wanted = [Statistic::SampleCount, Statistic::Percentile(500), Statistic::Percentile(990)];
        let mut most = 0.0;
        for id in &self.latency {
            let [count, p50, p99] = house.store.summary(*id, &wanted, range);
            let count = count.unwrap_or(0.0);
            if count > most {
                (most, self.p50, self.p99) = (count, p50, p99);
            }
            if self.counts.is_empty() {
                self.calls += count;
            }
        }
        for (id, failed) in &self.counts {
            let [total] = house.store.summary(*id, &[Statistic::Sum], range);
            let total = total.unwrap_or(0.0);
            self.calls += total;
            self.failures += if *failed { total } else { 0.0 };
        }
    }
}

pub(super) fn page(house: &House, say: &Say, range: Range) -> Markup {
    let routes = routes(house, range, say.now);
    html! {
        h1 { (say.t("API", "API")) }
        (ranges(say, range))
        @if routes.is_empty() {
            p { (say.t("No calls are measured yet. Sources of them (StatsD, access logs, Actuator, OTLP) stand in the configuration.",
                       "아직 측정된 호출이 없습니다. StatsD, 액세스 로그, Actuator, OTLP 같은 수집원을 설정에 추가하십시오.")) }
        } @else {
            div.scroll tabindex="0" role="region" aria-label=(say.t("Routes", "경로")) { table {
                thead { tr {
                    th { (say.t("Route", "경로")) } th.num { (say.t("Calls", "호출")) } th.num { (say.t("Failures", "실패")) }
                    th.num { "p50" } th.num { "p99" }
                } }
                tbody { @for (name, route) in routes.iter().take(ROUTES_MAX) { tr {
                    td { code { (name) } }
                    td.num { (shown(Some(route.calls.round()), Unit::Count)) }
                    td.num { (share(route)) }
                    td.num { (shown(route.p50, route.unit)) } td.num { (shown(route.p99, route.unit)) }
                } } }
            } }
            div.charts { @for (name, route) in routes.iter().filter(|(_, route)| !route.latency.is_empty()).take(CHARTS_MAX) { (latency(house, say, name, route, range)) } }
        }
    }
}

fn share(route: &Route) -> String {
    if route.counts.is_empty() {
        return "–".to_owned();
    }
    format!(
        "{} ({:.1}%)",
        shown(Some(route.failures.round()), Unit::Count),
        100.0 * route.failures / route.calls.max(1.0)
    )
}

fn latency(house: &House, say: &Say, name: &str, route: &Route, range: Range) -> Markup {
    let series = route.latency[0];
    let line = |tenths, label: &str| Line { series, statistic: Statistic::Percentile(tenths), label: label.to_owned() };
    let lines = vec![line(500, "p50"), line(990, "p99")];
    let chart = Chart { title: name.to_owned(), unit: route.unit, lines, top: None, ahead: None, notes: Vec::new() };
    figure(house, say, &chart, range)
}

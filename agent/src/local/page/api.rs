//! API: calls, failures, p50 and p99 of each route, whatever source they came from.
//!
//! What we name ourselves (access logs, Spring Boot: docs/metrics.md) is known by its name, also of a service as a
//! whole. What an application names (StatsD, OTLP, a Prometheus page) is known by its form: a time, or a count, with a
//! dimension that tells a route. `routes` gathers, `page` shows.

mod routes;

use alarm::rules::Statistic;
use alarm::series::Unit;
use maud::{Markup, html};

use super::chart::{Chart, Line, Range, figure};
use super::host::ranges;
use super::say::{Say, shown};
use crate::local::house::House;
use routes::{Route, of};

/// Routes that are shown: those called most.
const ROUTES_MAX: usize = 50;
const CHARTS_MAX: usize = 6;

pub(super) fn page(house: &House, say: &Say, range: Range) -> Markup {
    let routes = of(house, (say.now - range.span_s(), say.now + 10));
    html! {
        h1 { (say.t("API", "API")) }
        (ranges(say, range))
        @if routes.is_empty() {
            p { (say.t("No calls were measured in this time. Sources of them (StatsD, access logs, Actuator, OTLP) stand in the configuration.",
                       "이 기간에 측정된 호출이 없습니다. StatsD, 액세스 로그, Actuator, OTLP 같은 수집원을 설정에 추가하십시오.")) }
        } @else {
            div id="routes" data-live="" { (table(say, &routes)) }
            div.charts { @for route in routes.iter().filter(|route| route.slowest().is_some()).take(CHARTS_MAX) { (latency(house, say, route, range)) } }
        }
    }
}

fn table(say: &Say, routes: &[Route]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(say.t("Routes", "경로")) { table {
            thead { tr {
                th { (say.t("Service", "서비스")) } th { (say.t("Route", "경로")) }
                th.num { (say.t("Calls", "호출")) } th.num { (say.t("Failures", "실패")) }
                th.num { "p50" } th.num { "p99" } th { (say.t("Seen as", "지표")) }
            } }
            tbody { @for route in routes.iter().take(ROUTES_MAX) { tr {
                td { (route.service) }
                td { @if route.path.is_empty() { b { (say.t("all of it", "전체")) } } @else { code { (route.path) } } }
                td.num { (shown(Some(route.calls.round()), Unit::Count)) }
                td.num { (share(route)) }
                td.num { (shown(route.p50, route.unit)) } td.num { (shown(route.p99, route.unit)) }
                td { code { (route.family) } }
            } } }
        } }
    }
}

/// A dash where the source does not tell failures.
fn share(route: &Route) -> String {
    route.failures.map_or_else(
        || "–".to_owned(),
        |failed| {
            format!("{} ({:.1}%)", shown(Some(failed.round()), Unit::Count), 100.0 * failed / route.calls.max(1.0))
        },
    )
}

fn latency(house: &House, say: &Say, route: &Route, range: Range) -> Markup {
    let Some(series) = route.slowest() else { return html! {} };
    let line = |tenths, label: &str| Line { series, statistic: Statistic::Percentile(tenths), label: label.to_owned() };
    let lines = vec![line(500, "p50"), line(990, "p99")];
    let title = if route.path.is_empty() { route.service.clone() } else { route.path.clone() };
    let chart = Chart { title, unit: route.unit, lines, top: None, ahead: None, notes: Vec::new() };
    figure(house, say, &chart, range)
}

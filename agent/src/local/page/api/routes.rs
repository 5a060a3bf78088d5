//! Which series tell of which route, and what they come to over a time.

use std::collections::BTreeMap;

use alarm::points::Time;
use alarm::rules::Statistic;
use alarm::series::{Dimensions, Series, Unit};

use crate::local::house::House;
use crate::metrics::app as m;

/// Dimensions that name a route, the likeliest first.
const ROUTES: &[&str] = &["route", "uri", "http.route", "http_route", "path", "endpoint", "location"];
const METHODS: &[&str] = &["method", "http.request.method", "http_method"];
/// Dimensions that tell how a call ended, and how the value of a failed one begins.
const ENDS: &[(&str, &str)] = &[
    ("outcome", "SERVER_ERROR"),
    ("status", "5"),
    ("code", "5"),
    ("class", "5"),
    ("http.response.status_code", "5"),
    ("http_status", "5"),
];
/// What a name of a count of calls ends with; its beginning is the family.
const COUNTS: &[&str] = &["_count", ".count", "_total", "_calls", "_requests"];
const TIMES: &[&str] = &["_time", "_duration", ".duration", "_latency", "_seconds", "_ms", "_timer"];

/// Names that are ours: of calls, of failures, of times.
const OURS: [(&str, &str, &str); 2] = [
    (m::REQUESTS.name, m::REQUEST_FAILURES.name, m::REQUEST_TIME.name),
    (m::HTTP_REQUESTS.name, m::HTTP_REQUEST_FAILURES.name, m::HTTP_REQUEST_TIME.name),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Calls,
    Failures,
    Times,
}

/// One route of one service, as one family of metrics tells of it.
#[derive(Debug, Default)]
pub(super) struct Route {
    pub(super) service: String,
    /// With its method; empty for the service as a whole.
    pub(super) path: String,
    pub(super) family: String,
    pub(super) unit: Unit,
    pub(super) calls: f64,
    /// `None`: nobody tells.
    pub(super) failures: Option<f64>,
    pub(super) p50: Option<f64>,
    pub(super) p99: Option<f64>,
    /// Each with whether it is of calls that failed.
    counted: Vec<(u32, bool)>,
    failed: Vec<u32>,
    timed: Vec<(u32, bool)>,
    /// Whether any series tells how calls end.
    tells_ends: bool,
}

/// Everything that was called within the time: each service's whole first, then its routes by their calls.
pub(super) fn of(house: &House, range: (Time, Time)) -> Vec<Route> {
    let mut routes: BTreeMap<(String, String, String), Route> = BTreeMap::new();
    for (id, entry) in house.store.catalogue().entries().iter().enumerate() {
        if entry.seen.is_none_or(|seen| seen < range.0) {
            continue;
        }
        let Some((family, part)) = part(&entry.series, entry.unit) else { continue };
        let dimensions = &entry.series.dimensions;
        let service = dimensions.get("service").unwrap_or_default().to_owned();
        let route = routes.entry((service, route_of(dimensions), family.to_owned())).or_default();
        let failed = has_failed(dimensions);
        route.tells_ends |= failed.is_some();
        let failed = failed == Some(true);
        match part {
            Part::Calls => route.counted.push((id as u32, failed)),
            Part::Failures => route.failed.extend(failed.then_some(id as u32)),
            Part::Times => {
                route.timed.push((id as u32, failed));
                route.unit = entry.unit;
            }
        }
    }
    let mut found: Vec<Route> = routes
        .into_iter()
        .map(|((service, path, family), found)| Route { service, path, family, ..found }.reckoned(house, range))
        .filter(|route| route.calls > 0.0)
        .collect();
    found.sort_by(|one, other| {
        let whole = |route: &Route| !route.path.is_empty();
        whole(one).cmp(&whole(other)).then(other.calls.total_cmp(&one.calls))
    });
    found
}

/// What a series tells of calls, and as part of which family.
fn part(series: &Series, unit: Unit) -> Option<(&str, Part)> {
    let name = series.name.as_str();
    for (calls, failures, times) in OURS {
        let part = [(calls, Part::Calls), (failures, Part::Failures), (times, Part::Times)];
        if let Some((_, part)) = part.into_iter().find(|(known, _)| *known == name) {
            return Some((calls, part));
        }
    }
    // Whatever else is ours tells of something else: a disk's `path` is no route.
    if crate::metrics::find(name).is_some() || route_of(&series.dimensions).is_empty() {
        return None;
    }
    let without = |endings: &[&str]| endings.iter().find_map(|end| name.strip_suffix(end));
    match unit {
        Unit::Seconds | Unit::Milliseconds | Unit::Microseconds => Some((without(TIMES).unwrap_or(name), Part::Times)),
        Unit::Count | Unit::None => Some((without(COUNTS)?, Part::Calls)),
        _ => None,
    }
}

/// `GET /orders/{id}`; empty where there is none.
fn route_of(dimensions: &Dimensions) -> String {
    let of = |names: &[&str]| names.iter().find_map(|name| dimensions.get(name));
    match (of(METHODS), of(ROUTES)) {
        (_, None) => String::new(),
        // `other` of `other` is one word for all that has no place of its own.
        (Some(method), Some(route)) if method != route => format!("{method} {route}"),
        (_, Some(route)) => route.to_owned(),
    }
}

/// `None`: it does not say.
fn has_failed(dimensions: &Dimensions) -> Option<bool> {
    ENDS.iter().find_map(|(name, begin)| Some(dimensions.get(name)?.starts_with(begin)))
}

impl Route {
    fn reckoned(mut self, house: &House, range: (Time, Time)) -> Self {
        let sum = |ids: &mut dyn Iterator<Item = u32>| -> f64 {
            ids.filter_map(|id| house.store.summary(&[id], &[Statistic::Sum], range)[0]).sum()
        };
        let timed = |ids: &[u32]| {
            let wanted = [Statistic::SampleCount, Statistic::Percentile(500), Statistic::Percentile(990)];
            house.store.summary(ids, &wanted, range)
        };
        let all: Vec<u32> = self.timed.iter().map(|(id, _)| *id).collect();
        let [times, p50, p99] = timed(&all);
        (self.p50, self.p99) = (p50, p99);
        let bad = |of: &[(u32, bool)]| of.iter().filter(|(_, failed)| *failed).map(|(id, _)| *id).collect::<Vec<_>>();
        let mut failures = sum(&mut self.failed.iter().copied());
        if self.counted.is_empty() {
            self.calls = times.unwrap_or(0.0);
            failures += timed(&bad(&self.timed))[0].unwrap_or(0.0);
        } else {
            self.calls = sum(&mut self.counted.iter().map(|(id, _)| *id));
            failures += sum(&mut bad(&self.counted).into_iter());
        }
        // Where calls are counted under our names, no series of failures means that none failed.
        let is_ours = OURS.iter().any(|(calls, ..)| *calls == self.family) && !self.counted.is_empty();
        self.failures = (is_ours || self.tells_ends).then_some(failures);
        self
    }

    /// The series whose times are drawn: of calls that went well where there is a choice.
    pub(super) fn slowest(&self) -> Option<u32> {
        let well = self.timed.iter().find(|(_, failed)| !failed);
        well.or(self.timed.first()).map(|(id, _)| *id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, unit: Unit, dimensions: &[(&str, &str)], expect: Option<(&str, Part, &str)>) {
        let dimensions: Dimensions = dimensions.iter().copied().collect();
        let series = Series { namespace: "x".into(), name: name.into(), dimensions };
        let found = part(&series, unit).map(|(family, part)| (family, part, route_of(&series.dimensions)));
        assert_eq!(found, expect.map(|(family, part, route)| (family, part, route.to_owned())), "{name}");
    }

    /// As each source names it: access logs, Spring Boot, OTLP, StatsD, a Prometheus page.
    #[test]
    fn every_source_of_calls_is_known() {
        let of_route = [("service", "shop"), ("method", "GET"), ("route", "/orders/{id}")];
        check("requests", Unit::Count, &of_route, Some(("requests", Part::Calls, "GET /orders/{id}")));
        check("requests", Unit::Count, &[("service", "shop")], Some(("requests", Part::Calls, "")));
        check("request_time", Unit::Milliseconds, &of_route, Some(("requests", Part::Times, "GET /orders/{id}")));
        let failed = [("service", "shop"), ("class", "5xx")];
        check("request_failures", Unit::Count, &failed, Some(("requests", Part::Failures, "")));
        let other = [("service", "shop"), ("method", "other"), ("route", "other")];
        check("http_request_time", Unit::Milliseconds, &other, Some(("http_requests", Part::Times, "other")));
        let otlp = [("http.request.method", "POST"), ("http.route", "/pay"), ("http.response.status_code", "503")];
        let name = "http.server.request.duration";
        check(name, Unit::Seconds, &otlp, Some(("http.server.request", Part::Times, "POST /pay")));
        check("pay_time", Unit::Milliseconds, &[("route", "/pay")], Some(("pay", Part::Times, "/pay")));
        check("pay_total", Unit::Count, &[("route", "/pay")], Some(("pay", Part::Calls, "/pay")));
        check("disk_used_percent", Unit::Percent, &[("path", "/")], None);
        check("disk_inodes_total", Unit::Count, &[("path", "/")], None);
        check("orders_total", Unit::Count, &[("shop", "seoul")], None);
    }

    #[test]
    fn a_failure_is_told_by_how_the_call_ended() {
        for (name, value, expect) in [
            ("status", "503", Some(true)),
            ("status", "404", Some(false)),
            ("outcome", "SERVER_ERROR", Some(true)),
            ("class", "4xx", Some(false)),
            ("shop", "5", None),
        ] {
            assert_eq!(has_failed(&Dimensions::from_iter([(name, value)])), expect, "{name}={value}");
        }
    }
}

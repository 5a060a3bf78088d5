//! What one service's requests add up to: by route, by class of failure, by time.
//!
//! Which routes have a place: those that the user named, and then the first that were served. A path that was refused
//! (401, 403, 404 and the like) never makes a route: scanners would choose them. The rest is the route `other`. A route
//! without a request for an hour makes place.

use std::collections::HashMap;

use alarm::series::{Dimensions, Unit};

use super::fold;
use super::format::Hit;
use super::suspicious::{Kind, Watch};
use crate::distribution::Distribution;
use crate::metrics::{Metric, app as m};
use crate::reading::{Reading, Readings, Space};

const OTHER: &str = "other";
/// Flushes without a request after which a route makes place: an hour of them.
const IDLE_FLUSHES: u32 = 360;
/// What a client may call a method.
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
/// Beyond this no request takes: a day, in milliseconds.
const MS_MAX: f64 = 86_400_000.0;

#[derive(Debug, Default)]
struct Route {
    dimensions: Dimensions,
    requests: u64,
    failed: u64,
    /// It failed once: from then on a zero is worth telling.
    has_failed: bool,
    time: Distribution,
    idle: u32,
    is_named: bool,
}

#[derive(Debug)]
pub(super) struct Tally {
    service: String,
    max_routes: usize,
    named: Vec<String>,
    /// Method and route to its place.
    places: HashMap<String, usize>,
    /// The first is `other`.
    routes: Vec<Route>,
    refused: u64,
    has_refused: bool,
    upstream: Distribution,
    watch: Watch,
    has_suspects: [bool; Kind::ALL.len()],
    key: String,
    route: String,
}

impl Tally {
    pub(super) fn new(service: &str, max_routes: usize, named: Vec<String>) -> Self {
        let other = Dimensions::from_iter([("service", service), ("method", OTHER), ("route", OTHER)]);
        Self {
            service: service.to_owned(),
            max_routes,
            named,
            places: HashMap::new(),
            routes: vec![Route { dimensions: other, is_named: true, ..Route::default() }],
            refused: 0,
            has_refused: false,
            upstream: Distribution::default(),
            watch: Watch::default(),
            has_suspects: [false; Kind::ALL.len()],
            key: String::new(),
            route: String::new(),
        }
    }

    pub(super) fn add(&mut self, hit: &Hit<'_>) {
        self.watch.see(hit);
        let place = self.place(hit);
        let route = &mut self.routes[place];
        (route.requests, route.idle) = (route.requests + 1, 0);
        match hit.status {
            500.. => {
                route.failed += 1;
                route.has_failed = true;
            }
            400.. => {
                self.refused += 1;
                self.has_refused = true;
            }
            _ => {}
        }
        if let Some(seconds) = hit.seconds {
            route.time.add((seconds * 1e3).min(MS_MAX), 1.0);
        }
        if let Some(seconds) = hit.upstream {
            self.upstream.add((seconds * 1e3).min(MS_MAX), 1.0);
        }
    }

    fn place(&mut self, hit: &Hit<'_>) -> usize {
        if self.max_routes == 0 {
            return 0;
        }
        let Some(method) = METHODS.iter().find(|method| method.as_bytes() == hit.method) else { return 0 };
        let named = self.named.iter().find(|form| fold::fits(form, hit.path));
        match named {
            Some(form) => self.route.clone_from(form),
            None => fold::route(hit.path, &mut self.route),
        }
        self.key.clear();
        self.key.push_str(method);
        self.key.push_str(&self.route);
        if let Some(place) = self.places.get(&self.key) {
            return *place;
        }
        let was_refused = (400..500).contains(&hit.status);
        if named.is_none() && (was_refused || self.routes.len() > self.max_routes) {
            return 0;
        }
        let dimensions = [("service", self.service.as_str()), ("method", method), ("route", &self.route)];
        let dimensions = Dimensions::from_iter(dimensions);
        self.routes.push(Route { dimensions, is_named: named.is_some(), ..Route::default() });
        self.places.insert(self.key.clone(), self.routes.len() - 1);
        self.routes.len() - 1
    }

    /// What came since the last flush. A service without a request says so: that they stopped is news.
    pub(super) fn flush(&mut self) -> Readings {
        let mut readings = Readings::default();
        let whole = Dimensions::from_iter([("service", self.service.as_str())]);
        let (mut requests, mut failed, mut has_failed, mut time) = (0, 0, false, Distribution::default());
        for route in &mut self.routes {
            (requests, failed) = (requests + route.requests, failed + route.failed);
            has_failed |= route.has_failed;
            time.merge(&route.time);
            if self.max_routes > 0 {
                route.tell(&mut readings);
            }
            (route.requests, route.failed, route.idle) = (0, 0, route.idle + 1);
            route.time.clear();
        }
        count(&mut readings, &m::REQUESTS, &whole, requests);
        for (class, count, has) in [("4xx", self.refused, self.has_refused), ("5xx", failed, has_failed)] {
            if has {
                self::count(&mut readings, &m::REQUEST_FAILURES, &with(&whole, "class", class), count);
            }
        }
        if requests > 0 {
            let percent = 100.0 * failed as f64 / requests as f64;
            let reading = reading(&m::REQUEST_FAILURE_PERCENT, percent).of(whole.clone());
            // So many requests stand behind it: the average of a minute is then that of its requests.
            readings.push(Reading { count: requests as f64, ..reading });
        }
        values(&mut readings, &m::REQUEST_TIME, &whole, time);
        values(&mut readings, &m::UPSTREAM_TIME, &whole, std::mem::take(&mut self.upstream));
        self.tell_suspects(&mut readings, &whole);
        self.refused = 0;
        self.forget_idle();
        readings
    }

    fn tell_suspects(&mut self, readings: &mut Readings, whole: &Dimensions) {
        let counts = self.watch.take();
        for ((kind, word), seen) in Kind::ALL.into_iter().zip(counts) {
            self.has_suspects[kind as usize] |= seen > 0;
            if self.has_suspects[kind as usize] {
                count(readings, &m::SUSPICIOUS_REQUESTS, &with(whole, "kind", word), seen);
            }
        }
    }

    /// The worst addresses of the minute, which maybe ends.
    pub(super) fn worst(&mut self, many: usize, minute_ends: bool) -> Vec<(String, u32)> {
        self.watch.worst(many, minute_ends)
    }

    pub(super) fn service(&self) -> &str {
        &self.service
    }

    fn forget_idle(&mut self) {
        let is_idle = |route: &Route| route.idle >= IDLE_FLUSHES && !route.is_named;
        if !self.routes.iter().any(is_idle) {
            return;
        }
        self.routes.retain(|route| !is_idle(route));
        let key = |route: &Route| {
            let dimension = |name| route.dimensions.get(name).unwrap_or_default();
            format!("{}{}", dimension("method"), dimension("route"))
        };
        self.places = self.routes.iter().enumerate().skip(1).map(|(at, route)| (key(route), at)).collect();
    }
}

impl Route {
    fn tell(&mut self, readings: &mut Readings) {
        if self.requests == 0 && self.idle > 0 && !self.has_failed {
            return;
        }
        count(readings, &m::REQUESTS, &self.dimensions, self.requests);
        if self.has_failed {
            count(readings, &m::REQUEST_FAILURES, &with(&self.dimensions, "class", "5xx"), self.failed);
        }
        values(readings, &m::REQUEST_TIME, &self.dimensions, self.time.clone());
    }
}

fn reading(metric: &'static Metric, value: f64) -> Reading {
    Reading::new(Space::Own, metric.name, metric.unit, value)
}

fn count(readings: &mut Readings, metric: &'static Metric, dimensions: &Dimensions, count: u64) {
    readings.push(reading(metric, count as f64).of(dimensions.clone()));
}

fn values(readings: &mut Readings, metric: &'static Metric, dimensions: &Dimensions, values: Distribution) {
    if !values.is_empty() {
        debug_assert!(metric.unit == Unit::Milliseconds, "times are told in milliseconds");
        readings.push(Reading::folded(Space::Own, metric.name, metric.unit, values).of(dimensions.clone()));
    }
}

fn with(dimensions: &Dimensions, name: &str, value: &str) -> Dimensions {
    let mut dimensions = dimensions.clone();
    dimensions.set(name, value);
    dimensions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit<'a>(method: &'a str, path: &'a str, status: u16, ms: f64) -> Hit<'a> {
        let (method, path) = (method.as_bytes(), path.as_bytes());
        Hit { address: b"10.0.0.1", method, path, status, seconds: Some(ms / 1e3), upstream: None, received: None }
    }

    fn told(tally: &mut Tally) -> Vec<String> {
        let shown = |reading: &Reading| {
            let values = if reading.more.is_empty() {
                format!("{}", reading.value)
            } else {
                format!("x{}", reading.more.count())
            };
            format!("{}{{{}}} {values}", reading.name, reading.dimensions)
        };
        tally.flush().0.iter().map(shown).collect()
    }

    #[test]
    fn calls_failures_and_times_by_route() {
        let mut tally = Tally::new("shop", 10, vec![]);
        for n in 0..8 {
            tally.add(&hit("GET", &format!("/orders/{n}"), 200, 5.0));
        }
        tally.add(&hit("GET", "/orders/9", 503, 5.0));
        tally.add(&hit("POST", "/nowhere", 404, 1.0));
        assert_eq!(
            told(&mut tally),
            [
                "requests{method=other,route=other,service=shop} 1",
                "request_time{method=other,route=other,service=shop} x1",
                "requests{method=GET,route=/orders/{id},service=shop} 9",
                "request_failures{class=5xx,method=GET,route=/orders/{id},service=shop} 1",
                "request_time{method=GET,route=/orders/{id},service=shop} x9",
                "requests{service=shop} 10",
                "request_failures{class=4xx,service=shop} 1",
                "request_failures{class=5xx,service=shop} 1",
                "request_failure_percent{service=shop} 10",
                "request_time{service=shop} x10",
            ]
        );
        let later = told(&mut tally);
        assert!(later.contains(&"requests{service=shop} 0".to_owned()), "{later:?}");
        assert!(later.contains(&"request_failures{class=5xx,service=shop} 0".to_owned()), "{later:?}");
    }

    #[test]
    fn the_failure_percent_of_a_minute_is_that_of_its_requests() {
        let mut tally = Tally::new("shop", 0, vec![]);
        (0..100).for_each(|n| tally.add(&hit("GET", "/", if n < 3 { 500 } else { 200 }, 1.0)));
        let readings = tally.flush().0;
        let found = readings.iter().find(|reading| reading.name == "request_failure_percent").expect("told");
        assert_eq!((found.value, found.count), (3.0, 100.0));
        assert!(readings.iter().all(|reading| reading.dimensions.get("route").is_none()));
    }

    #[test]
    fn routes_are_bounded_and_refusals_make_none() {
        let mut tally = Tally::new("shop", 3, vec!["/named/{x}".into()]);
        for path in ["/a", "/b", "/c", "/d", "/e", "/named/x"] {
            tally.add(&hit("GET", path, 200, 1.0));
        }
        tally.add(&hit("GET", "/never", 404, 1.0));
        tally.add(&hit("BREW", "/a", 200, 1.0));
        let told = told(&mut tally);
        let routes: Vec<_> =
            told.iter().filter(|said| said.starts_with("requests{") && said.contains("route=/")).collect();
        assert_eq!(routes.len(), 4, "{told:?}");
        assert!(told.contains(&"requests{method=GET,route=/named/{x},service=shop} 1".to_owned()));
        assert!(told.contains(&"requests{method=other,route=other,service=shop} 4".to_owned()), "{told:?}");
    }

    #[test]
    fn an_idle_route_makes_place_and_the_rest_keep_theirs() {
        let mut tally = Tally::new("shop", 2, vec![]);
        tally.add(&hit("GET", "/a", 200, 1.0));
        tally.add(&hit("GET", "/b", 200, 1.0));
        for _ in 0..=IDLE_FLUSHES {
            tally.add(&hit("GET", "/b", 200, 1.0));
            tally.flush();
        }
        tally.add(&hit("GET", "/c", 200, 1.0));
        tally.add(&hit("GET", "/b", 200, 1.0));
        let told = told(&mut tally);
        for route in ["/b", "/c"] {
            assert!(told.contains(&format!("requests{{method=GET,route={route},service=shop}} 1")), "{told:?}");
        }
    }
}

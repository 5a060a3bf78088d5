//! What an on-call person wants to know of a Spring Boot service, out of the 200 series that it shows.
//!
//! Requests by route with their times, failures and what kind they were, in flight; the pool of connections (waiting
//! above 0 while active is the most is the best early warning); errors in the log; heap, pauses, threads. The agent's own
//! looks, and all else below /actuator, are not requests of users and are left out.

mod names;

use alarm::series::Dimensions;

use super::delta::Memory;

use crate::distribution::VALUE_MAX;
use crate::distribution::buckets::{Largest, add, spread};
use crate::formats::exposition::{Sample, label};
use crate::metrics::{Metric, app as m};
use crate::reading::{Reading, Readings, Space};
use names::{GAUGES, POOL};
pub(super) use names::{What, is_spring, what};

/// Kinds of errors with a series of their own; the rest are `other`.
const ERRORS_MAX: usize = 5;
const OTHER: &str = "other";
const POOLS_MAX: usize = 8;

/// What a sample was found to be when it was first met.
#[derive(Clone, Copy, Debug, Default)]
struct Tag {
    /// A route, pool, level or part of memory, by what the sample is; `u16::MAX` is none of ours.
    slot: u16,
    /// The first digit of the status.
    class: u8,
    /// Of `errors`, from 1; 0 is none.
    error: u16,
    bound: f64,
}

const NOT_OURS: u16 = u16::MAX;

/// A pool's name, its gauges, and its time-outs since the last page.
type Pool = (String, [Option<f64>; POOL.len()], Option<f64>);

#[derive(Debug, Default)]
struct Route {
    dimensions: Dimensions,
    count: f64,
    sum: f64,
    max: f64,
    /// On the page before: one that is larger now is a request of ours.
    max_before: f64,
    buckets: Vec<(f64, f64)>,
}

#[derive(Debug)]
pub(super) struct Spring {
    service: String,
    max_routes: usize,
    /// The target's maximum covers all that came since the last look.
    max_holds: bool,
    memory: Memory<Tag>,
    /// The first is `other`.
    routes: Vec<Route>,
    /// What failed: exception and route, and how often since the last page; the first is `other`.
    errors: Vec<(Dimensions, f64, bool)>,
    classes: [(f64, bool); 2],
    active: Option<f64>,
    pools: Vec<Pool>,
    /// Errors and warnings in the log.
    logged: [Option<f64>; 2],
    heap: [Option<f64>; 2],
    other_memory: Option<f64>,
    pauses: (f64, f64, f64),
    gauges: [Option<f64>; GAUGES.len()],
}

impl Spring {
    pub(super) fn new(service: &str, max_routes: usize, max_holds: bool) -> Self {
        let route = Route { dimensions: named(service, &[("method", OTHER), ("route", OTHER)]), ..Route::default() };
        let error = (named(service, &[("exception", OTHER), ("route", OTHER)]), 0.0, false);
        Self {
            service: service.to_owned(),
            max_routes,
            max_holds,
            memory: Memory::default(),
            routes: vec![route],
            errors: vec![error],
            classes: [(0.0, false); 2],
            active: None,
            pools: vec![],
            logged: [None; 2],
            heap: [None; 2],
            other_memory: None,
            pauses: (0.0, 0.0, 0.0),
            gauges: [None; GAUGES.len()],
        }
    }

    pub(super) fn begin(&mut self) {
        self.memory.begin();
    }

    pub(super) fn see(&mut self, what: What, sample: &Sample<'_>) {
        let Self { memory, routes, errors, pools, service, max_routes, .. } = self;
        let find = || match what {
            What::Count | What::Sum | What::Max | What::Bucket => {
                request(service, *max_routes, routes, errors, sample.labels)
            }
            What::Pool(_) | What::PoolTimeouts => pool(pools, sample.labels),
            What::Log => level(sample.labels),
            What::MemoryUsed | What::MemoryMax => {
                let is_heap = label(sample.labels, "area").is_some_and(|area| area == "heap");
                Tag { slot: u16::from(!is_heap), ..Tag::default() }
            }
            _ => Tag::default(),
        };
        let Some(met) = memory.meet(sample.key, sample.value, find) else { return };
        if met.what.slot != NOT_OURS && sample.value.is_finite() && sample.value.abs() <= VALUE_MAX / 1e4 {
            self.take(what, met.what, sample.value, met.grown);
        }
    }

    fn take(&mut self, what: What, tag: Tag, value: f64, grown: Option<f64>) {
        let slot = usize::from(tag.slot);
        match (what, grown) {
            (What::Count, Some(grown)) => {
                self.routes[slot].count += grown;
                if let Some(class @ 0..2) = usize::from(tag.class).checked_sub(4) {
                    self.classes[class].0 += grown;
                    self.classes[class].1 |= value > 0.0;
                }
                if let Some(error) = usize::from(tag.error).checked_sub(1) {
                    self.errors[error].1 += grown;
                    self.errors[error].2 |= grown > 0.0;
                }
            }
            (What::Sum, Some(grown)) => self.routes[slot].sum += grown,
            (What::Bucket, Some(grown)) => add(&mut self.routes[slot].buckets, tag.bound, grown),
            (What::Max, _) => self.routes[slot].max = self.routes[slot].max.max(value),
            (What::Active, _) => sum(&mut self.active, value),
            (What::Pool(gauge), _) => self.pools[slot].1[gauge] = Some(value),
            (What::PoolTimeouts, Some(grown)) => sum(&mut self.pools[slot].2, grown),
            (What::Log, Some(grown)) => sum(&mut self.logged[slot], grown),
            (What::MemoryUsed, _) if slot == 0 => sum(&mut self.heap[0], value),
            (What::MemoryUsed, _) => sum(&mut self.other_memory, value),
            // -1 is a part without a bound of its own.
            (What::MemoryMax, _) if slot == 0 && value > 0.0 => sum(&mut self.heap[1], value),
            (What::PauseCount, Some(grown)) => self.pauses.0 += grown,
            (What::PauseSum, Some(grown)) => self.pauses.1 += grown,
            (What::PauseMax, _) => self.pauses.2 = self.pauses.2.max(value),
            (What::Gauge(gauge), _) => sum(&mut self.gauges[gauge], value),
            _ => {}
        }
    }

    pub(super) fn end(&mut self, space: &Space, out: &mut Readings) {
        self.memory.end();
        let mut told = Told { space, out };
        self.tell_requests(&mut told);
        self.tell_pools(&mut told);
        self.tell_jvm(&mut told);
    }

    fn tell_requests(&mut self, told: &mut Told<'_>) {
        let whole = named(&self.service, &[]);
        let (mut all, mut seen) = (Route { dimensions: whole.clone(), ..Route::default() }, false);
        for route in &mut self.routes {
            all.count += route.count;
            all.sum += route.sum;
            all.max = all.max.max(route.max);
            all.max_before = all.max_before.max(route.max_before);
            route.buckets.iter().for_each(|(bound, grown)| add(&mut all.buckets, *bound, *grown));
            seen |= route.count > 0.0 || route.max > 0.0 || !route.buckets.is_empty();
            if self.max_routes > 0 {
                route.tell(told, self.max_holds);
            }
            let (dimensions, max_before) = (std::mem::take(&mut route.dimensions), route.max);
            *route = Route { dimensions, max_before, ..Route::default() };
        }
        if seen || self.active.is_some() || self.memory_knows_requests() {
            told.put(&m::HTTP_REQUESTS, &whole, all.count);
        }
        all.tell(told, self.max_holds);
        for (class, (count, has)) in ["4xx", "5xx"].into_iter().zip(&mut self.classes) {
            if *has {
                told.put(&m::HTTP_REQUEST_FAILURES, &with(&whole, "class", class), std::mem::take(count));
            }
        }
        if all.count > 0.0 {
            let failed = told.out.0.iter().rev().find(|reading| reading.dimensions.get("class") == Some("5xx"));
            let percent = 100.0 * failed.map_or(0.0, |reading| reading.value) / all.count;
            let reading = Reading::new(
                told.space.clone(),
                m::HTTP_REQUEST_FAILURE_PERCENT.name,
                m::HTTP_REQUEST_FAILURE_PERCENT.unit,
                percent,
            );
            told.out.push(Reading { count: all.count, ..reading.of(whole.clone()) });
        }
        for (dimensions, count, has) in &mut self.errors {
            if *has {
                told.put(&m::HTTP_REQUEST_ERRORS, dimensions, std::mem::take(count));
            }
        }
        told.maybe(&m::HTTP_REQUESTS_ACTIVE, &whole, self.active.take());
    }

    fn memory_knows_requests(&self) -> bool {
        self.routes.len() > 1
    }

    fn tell_pools(&mut self, told: &mut Told<'_>) {
        for (pool, gauges, timeouts) in &mut self.pools {
            let dimensions = named(&self.service, &[("pool", pool)]);
            for ((_, metric), value) in POOL.iter().zip(gauges) {
                told.maybe(metric, &dimensions, value.take());
            }
            told.maybe(&m::HIKARICP_TIMEOUTS, &dimensions, timeouts.take());
        }
    }

    fn tell_jvm(&mut self, told: &mut Told<'_>) {
        let whole = named(&self.service, &[]);
        for (level, count) in ["error", "warn"].into_iter().zip(&mut self.logged) {
            told.maybe(&m::LOGBACK_EVENTS, &with(&whole, "level", level), count.take());
        }
        let [used, most] = [self.heap[0].take(), self.heap[1].take()];
        told.maybe(&m::JVM_HEAP_USED_BYTES, &whole, used);
        told.maybe(&m::JVM_HEAP_USED_PERCENT, &whole, used.zip(most).map(|(used, most)| 100.0 * used / most));
        told.maybe(&m::JVM_NONHEAP_USED_BYTES, &whole, self.other_memory.take());
        let (count, sum, max) = std::mem::take(&mut self.pauses);
        if count > 0.0 {
            let mean = Reading::new(told.space.clone(), m::JVM_GC_PAUSE.name, m::JVM_GC_PAUSE.unit, 1e3 * sum / count);
            told.out.push(Reading { count, ..mean.of(whole.clone()) });
        }
        if max > 0.0 {
            told.put(&m::JVM_GC_PAUSE_MAX, &whole, 1e3 * max);
        }
        for ((_, metric, factor), value) in GAUGES.iter().zip(&mut self.gauges) {
            told.maybe(metric, &whole, value.take().map(|value| value * factor));
        }
    }
}

/// Where readings go.
struct Told<'a> {
    space: &'a Space,
    out: &'a mut Readings,
}

impl Told<'_> {
    fn put(&mut self, metric: &'static Metric, dimensions: &Dimensions, value: f64) {
        self.out.push(Reading::new(self.space.clone(), metric.name, metric.unit, value).of(dimensions.clone()));
    }

    fn maybe(&mut self, metric: &'static Metric, dimensions: &Dimensions, value: Option<f64>) {
        if let Some(value) = value {
            self.put(metric, dimensions, value);
        }
    }
}

impl Route {
    fn tell(&self, told: &mut Told<'_>, max_holds: bool) {
        let time = &m::HTTP_REQUEST_TIME;
        let value = if max_holds { self.max } else { f64::NAN };
        let values = spread(&self.buckets, Largest { value, is_one: self.max > self.max_before }, 1e3);
        if !values.is_empty() {
            let reading = Reading::folded(told.space.clone(), time.name, time.unit, values);
            told.out.push(reading.of(self.dimensions.clone()));
        } else if self.count > 0.0 {
            // The mean of so many: Sum, Average and SampleCount are true, percentiles want the histogram.
            let mean = Reading::new(told.space.clone(), time.name, time.unit, 1e3 * self.sum / self.count);
            told.out.push(Reading { count: self.count, ..mean.of(self.dimensions.clone()) });
        }
    }
}

fn named(service: &str, more: &[(&str, &str)]) -> Dimensions {
    std::iter::once(("service", service)).chain(more.iter().copied()).collect()
}

fn with(dimensions: &Dimensions, name: &str, value: &str) -> Dimensions {
    let mut dimensions = dimensions.clone();
    dimensions.set(name, value);
    dimensions
}

fn sum(held: &mut Option<f64>, value: f64) {
    *held = Some(held.unwrap_or(0.0) + value);
}

fn request(
    service: &str,
    max_routes: usize,
    routes: &mut Vec<Route>,
    errors: &mut Vec<(Dimensions, f64, bool)>,
    labels: &str,
) -> Tag {
    let said = |name| label(labels, name).unwrap_or_default();
    let (uri, method, exception) = (said("uri"), said("method"), said("exception"));
    if uri.starts_with("/actuator") {
        return Tag { slot: NOT_OURS, ..Tag::default() };
    }
    let dimensions = named(service, &[("method", &method), ("route", &uri)]);
    // NOT_FOUND and UNKNOWN are what Spring calls paths that it has no route for.
    let is_route = uri.starts_with('/') || uri == "root";
    let slot = routes.iter().position(|route| route.dimensions == dimensions).unwrap_or_else(|| {
        if !is_route || routes.len() > max_routes {
            return 0;
        }
        routes.push(Route { dimensions, ..Route::default() });
        routes.len() - 1
    });
    let error = if exception.is_empty() || exception.eq_ignore_ascii_case("none") {
        0
    } else {
        let dimensions = named(service, &[("exception", &exception), ("route", &uri)]);
        1 + errors.iter().position(|(known, ..)| *known == dimensions).unwrap_or_else(|| {
            if errors.len() > ERRORS_MAX {
                return 0;
            }
            errors.push((dimensions, 0.0, false));
            errors.len() - 1
        })
    };
    let class = said("status").bytes().next().map_or(0, |digit| digit.wrapping_sub(b'0'));
    let bound = label(labels, "le").and_then(|le| le.parse().ok()).unwrap_or(f64::INFINITY);
    Tag { slot: slot as u16, class, error: error as u16, bound }
}

fn pool(pools: &mut Vec<Pool>, labels: &str) -> Tag {
    let name = label(labels, "pool").unwrap_or_default();
    let slot = pools.iter().position(|(known, ..)| *known == name).unwrap_or_else(|| {
        if pools.len() >= POOLS_MAX {
            return usize::from(NOT_OURS);
        }
        pools.push((name.into_owned(), [None; POOL.len()], None));
        pools.len() - 1
    });
    Tag { slot: slot as u16, ..Tag::default() }
}

fn level(labels: &str) -> Tag {
    let slot = match label(labels, "level").as_deref() {
        Some("error") => 0,
        Some("warn") => 1,
        _ => NOT_OURS,
    };
    Tag { slot, ..Tag::default() }
}

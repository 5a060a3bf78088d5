//! Folds readings into one distribution a series a period.
//!
//! Invariants: periods are aligned to the clock and a point carries the beginning of its period. A series is interned:
//! its identity, names and roll-ups are worked out once, when it is first seen. The number of series is bounded for
//! each source apart, so that the explosion of one cannot take the memory of another. A reading that is not taken is
//! counted and named. A clock that jumps, either way, ends the period early; no reading moves to another period.

mod config;
mod pattern;
mod shape;
mod slots;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use alarm::points::Time;
use alarm::series::{Dimensions, Series, Unit};

pub use crate::distribution::{CELLS_MAX, Distribution, VALUE_MAX, VALUES_MAX};
pub(crate) use config::pattern;
pub use config::{Config, Raw, RawRoute};
pub use pattern::Pattern;
pub use shape::{HEARTBEAT, Shape};
pub use slots::PRIORITY_DEFAULT;
use slots::{Route, Slots};

use crate::reading::{Reading, Space};
use crate::vitals::{Lost, Vitals};

/// Most series that one source may hold in memory, published or not: some 2 MB.
pub const SERIES_OF_SOURCE_MAX: usize = 5_000;

/// A series without a reading for this many periods is forgotten.
const IDLE_PERIODS: u32 = 10;

/// One period of one series, on its way to the budget.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub series: Arc<Series>,
    pub unit: Unit,
    /// The beginning of the period.
    pub at: Time,
    /// Shorter than a minute: `CloudWatch` must be asked to keep it so.
    pub fine: bool,
    pub source: &'static str,
    pub priority: u8,
    pub values: Distribution,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    space: Space,
    name: Cow<'static, str>,
    dimensions: Dimensions,
    unit: Unit,
    source: &'static str,
}

#[derive(Debug)]
pub struct Window {
    period_s: i64,
    /// The beginning of the open period.
    open: Option<Time>,
    routes: HashMap<Key, Route>,
    slots: Slots,
    readings: u64,
}

impl Window {
    pub fn new(period_s: u32) -> Self {
        let routes = HashMap::new();
        Self { period_s: i64::from(period_s.max(1)), open: None, routes, slots: Slots::default(), readings: 0 }
    }

    /// How many series are held, roll-ups included.
    pub fn len(&self) -> usize {
        self.slots.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.slots.list.is_empty()
    }

    /// When the period of `now` ends.
    pub fn end(&self, now: Time) -> Time {
        self.start(now) + self.period_s
    }

    fn start(&self, now: Time) -> Time {
        now.div_euclid(self.period_s) * self.period_s
    }

    /// Whether a period is open that `now` is not in.
    pub fn is_over(&self, now: Time) -> bool {
        self.open.is_some_and(|open| open != self.start(now))
    }

    /// The points of the open period when `now` is not in it: asked before readings of `now` are folded.
    pub fn turn(&mut self, now: Time) -> Vec<Point> {
        let start = self.start(now);
        let points = if self.is_over(now) { self.close() } else { Vec::new() };
        self.open = Some(start);
        points
    }

    /// Adds what a source saw at `now`.
    pub fn fold(
        &mut self,
        source: &'static str,
        readings: impl IntoIterator<Item = Reading>,
        shape: &Shape,
        vitals: &Vitals,
    ) {
        for reading in readings {
            vitals.collected(1);
            if let Some(reason) = unfit(&reading) {
                let Reading { name, dimensions, value, count, .. } = reading;
                vitals.lost(reason, 1, || format!("{name}{{{dimensions}}} = {value} x {count}"));
                continue;
            }
            let Reading { space, name, dimensions, unit, value, count, more } = reading;
            let route = match self.routes.entry(Key { space, name, dimensions, unit, source }) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => match self.slots.route(source, new.key(), shape, vitals) {
                    Some(route) => new.insert(route),
                    None => continue,
                },
            };
            route.idle = 0;
            if let Some(reason) = route.refused {
                vitals.lost_again(reason, 1);
            }
            for slot in &route.slots {
                let values = &mut self.slots.list[*slot].values;
                if count > 0.0 {
                    values.add(value, count);
                }
                values.merge(&more);
            }
            self.readings += 1;
        }
    }

    /// Ends the open period now. What follows opens another, even within the same minute: `CloudWatch` merges them.
    pub fn close(&mut self) -> Vec<Point> {
        let Some(at) = self.open.take() else { return Vec::new() };
        let fine = self.period_s < 60;
        let mut points = Vec::with_capacity(self.slots.list.len());
        for slot in self.slots.list.iter_mut().filter(|slot| !slot.values.is_empty()) {
            let (series, unit, source, priority) = (Arc::clone(&slot.series), slot.unit, slot.source, slot.priority);
            points.push(Point { series, unit, at, fine, source, priority, values: slot.values.clone() });
            slot.values.clear();
        }
        self.readings = 0;
        self.forget_idle();
        points
    }

    /// Readings in the open period: what a kill would lose.
    pub fn readings(&self) -> u64 {
        self.readings
    }

    fn forget_idle(&mut self) {
        let before = self.routes.len();
        self.routes.retain(|_, route| {
            route.idle += 1;
            route.idle <= IDLE_PERIODS
        });
        if self.routes.len() < before {
            let mut sources = HashMap::new();
            for key in self.routes.keys() {
                *sources.entry(key.source).or_default() += 1;
            }
            self.slots.compact(&mut self.routes, &sources);
        }
    }
}

/// Why no series can take a reading.
fn unfit(reading: &Reading) -> Option<Lost> {
    let counts = reading.count > 0.0 || (reading.count == 0.0 && !reading.more.is_empty());
    if !reading.value.is_finite() || !reading.count.is_finite() || !counts {
        return Some(Lost::NotANumber);
    }
    (reading.value.abs() > VALUE_MAX).then_some(Lost::OutOfRange)
}

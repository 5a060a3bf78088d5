//! The interned series of a window: each has one slot, and readings find theirs by a route.

use std::collections::HashMap;
use std::sync::Arc;

use alarm::series::{Series, Unit};

use super::{Distribution, Key, SERIES_OF_SOURCE_MAX, Shape};
use crate::metrics;
use crate::vitals::{Lost, Vitals};

/// What a series that is not in our table (a user's own) is worth when nothing else is said.
pub const PRIORITY_DEFAULT: u8 = 50;

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) series: Arc<Series>,
    pub(super) unit: Unit,
    pub(super) source: &'static str,
    pub(super) priority: u8,
    pub(super) values: Distribution,
}

/// Where the readings of one key go.
#[derive(Debug)]
pub(super) struct Route {
    /// Indices of slots; none when the series is not published.
    pub(super) slots: Box<[usize]>,
    /// Why there is none, when that is a loss and not a wish.
    pub(super) refused: Option<Lost>,
    /// Periods since the last reading.
    pub(super) idle: u32,
}

impl Route {
    fn nowhere(refused: Option<Lost>) -> Self {
        Self { slots: Box::new([]), refused, idle: 0 }
    }
}

#[derive(Debug, Default)]
pub(super) struct Slots {
    pub(super) list: Vec<Slot>,
    of_series: HashMap<(Arc<Series>, Unit), usize>,
    of_source: HashMap<&'static str, usize>,
}

impl Slots {
    /// The way of a key seen for the first time. `None` when the source already has all it may have.
    pub(super) fn route(&mut self, source: &'static str, key: &Key, shape: &Shape, vitals: &Vitals) -> Option<Route> {
        let keys = self.of_source.entry(source).or_default();
        if *keys >= SERIES_OF_SOURCE_MAX {
            vitals.lost(Lost::SeriesBound, 1, || format!("{source}: {}{{{}}}", key.name, key.dimensions));
            return None;
        }
        *keys += 1;
        if !shape.keeps(&key.name, &key.dimensions) {
            return Some(Route::nowhere(None));
        }
        let outcome = match shape.outcome(&key.space, &key.name, &key.dimensions) {
            Ok(outcome) => outcome,
            Err(says) => {
                vitals.lost(Lost::BadName, 0, || says);
                return Some(Route::nowhere(Some(Lost::BadName)));
            }
        };
        if outcome.mended {
            vitals.mended(|| outcome.series[0].to_string());
        }
        let usual = metrics::find(&key.name).map_or(PRIORITY_DEFAULT, |metric| metric.tier.priority());
        let priority = shape.priority(&key.name, &key.dimensions).unwrap_or(usual);
        let slots = outcome.series.into_iter().map(|series| self.slot(source, priority, series, key.unit));
        Some(Route { slots: slots.collect(), refused: None, idle: 0 })
    }

    fn slot(&mut self, source: &'static str, priority: u8, series: Arc<Series>, unit: Unit) -> usize {
        let list = &mut self.list;
        *self.of_series.entry((Arc::clone(&series), unit)).or_insert_with(|| {
            list.push(Slot { series, unit, source, priority, values: Distribution::default() });
            list.len() - 1
        })
    }

    /// Keeps the slots to which a route still leads, and renumbers the routes.
    pub(super) fn compact(&mut self, routes: &mut HashMap<Key, Route>, sources: &HashMap<&'static str, usize>) {
        let mut renumbered = vec![usize::MAX; self.list.len()];
        for slot in routes.values().flat_map(|route| route.slots.iter()) {
            renumbered[*slot] = 0;
        }
        let mut at = 0;
        let mut next = 0;
        self.list.retain(|_| {
            let kept = renumbered[at] == 0;
            if kept {
                renumbered[at] = next;
                next += 1;
            }
            at += 1;
            kept
        });
        self.of_series.retain(|_, slot| {
            *slot = renumbered[*slot];
            *slot != usize::MAX
        });
        routes.values_mut().flat_map(|route| route.slots.iter_mut()).for_each(|slot| *slot = renumbered[*slot]);
        self.of_source.clone_from(sources);
    }
}

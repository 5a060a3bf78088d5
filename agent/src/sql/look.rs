//! One look at a database, whichever it is: what was asked for, what is remembered, and what comes of it.

use std::collections::BTreeMap;

use alarm::points::Time;

use super::Settings;
use super::growth::Sizes;
use crate::metrics::Metric;
use crate::reading::{Reading, Readings};
use crate::refusals::Refusals;

/// What is remembered between two looks.
#[derive(Debug, Default)]
pub(super) struct Before {
    sizes: Sizes,
    counted: BTreeMap<&'static str, f64>,
}

#[derive(Debug)]
pub(super) struct Look<'a> {
    pub(super) settings: &'a Settings,
    pub(super) before: &'a mut Before,
    pub(super) refusals: &'a mut Refusals,
    pub(super) now: Time,
    pub(super) out: Readings,
    /// What was refused, which takes nothing from the rest.
    pub(super) faults: Vec<String>,
}

impl Look<'_> {
    /// As it stands; what is not known is no reading.
    pub(super) fn put(&mut self, metric: &Metric, value: Option<f64>) {
        self.put_of(metric, value, None);
    }

    pub(super) fn put_of(&mut self, metric: &Metric, value: Option<f64>, table: Option<&str>) {
        let Some(value) = value else { return };
        let reading = Reading::own(metric.name, metric.unit, value).with("database", self.settings.name.as_str());
        self.out.push(match table {
            Some(table) => reading.with("table", table),
            None => reading,
        });
    }

    /// What a counter grew by since the last look. Statistics that began anew count from nothing.
    pub(super) fn grew(&mut self, metric: &'static Metric, counted: Option<f64>) {
        let Some(now) = counted else { return };
        let before = self.before.counted.insert(metric.name, now);
        self.put(metric, before.map(|before| if now >= before { now - before } else { now }));
    }

    /// A size, and what it grows by in a day. No table: the database itself.
    pub(super) fn size(&mut self, size: &Metric, growth: &Metric, bytes: Option<f64>, table: Option<&str>) {
        let Some(bytes) = bytes else { return };
        self.put_of(size, Some(bytes), table);
        let a_day = self.before.sizes.growth(table.unwrap_or_default(), bytes, self.now);
        self.put_of(growth, a_day, table);
    }
}

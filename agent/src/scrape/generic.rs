//! Whatever a page holds, as it is named there: the way for targets without a preset.

use std::collections::HashMap;

use alarm::series::{Dimensions, Unit};

use super::Settings;
use super::delta::Memory;

use crate::distribution::VALUE_MAX;
use crate::distribution::buckets::{Largest, add, spread};
use crate::formats::exposition::{self, Sample, Type};
use crate::reading::{Reading, Readings};
use crate::refusals::Refusals;
use crate::vitals::Lost;

/// Pages without a sample after which a series may make place for another.
const IDLE_PAGES: u32 = 60;

/// What a name means, once the type of its family is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Gauge,
    Counter,
    /// One quantile of a summary, as it is.
    Quantile,
    Bucket,
    /// The sum of a histogram or summary; the count.
    Sum,
    Count,
}

/// The series that a sample belongs to, and its bucket's bound.
#[derive(Clone, Copy, Debug)]
struct Place {
    series: Option<u32>,
    bound: f64,
}

#[derive(Debug, Default)]
struct Series {
    name: String,
    dimensions: Dimensions,
    is_gauge: bool,
    value: f64,
    sum: f64,
    count: f64,
    /// Bounds with what the counts up to them grew by.
    buckets: Vec<(f64, f64)>,
    fresh: bool,
    idle: u32,
}

#[derive(Debug, Default)]
pub(super) struct Generic {
    memory: Memory<Place>,
    list: Vec<Series>,
    by_key: HashMap<(String, Dimensions), u32>,
}

/// The family that a sample's name belongs to, and what it says of it.
pub(super) fn part<'a>(name: &'a str, family: &str, is: Type) -> Option<(&'a str, Part)> {
    let end = name.strip_prefix(family).unwrap_or("?");
    let base = &name[..name.len() - if end == "?" { 0 } else { end.len() }];
    Some(match (is, end) {
        (_, "_created") => return None,
        (Type::Counter, "" | "_total") => (base.strip_suffix("_total").unwrap_or(base), Part::Counter),
        (Type::Gauge, "") => (base, Part::Gauge),
        (Type::Histogram, "_bucket") => (base, Part::Bucket),
        (Type::Summary, "") => (base, Part::Quantile),
        (Type::Histogram | Type::Summary, "_sum") => (base, Part::Sum),
        (Type::Histogram | Type::Summary, "_count") => (base, Part::Count),
        _ => match name.strip_suffix("_total") {
            Some(base) => (base, Part::Counter),
            None => (name, Part::Gauge),
        },
    })
}

impl Generic {
    pub(super) fn begin(&mut self) {
        self.memory.begin();
    }

    pub(super) fn see(
        &mut self,
        name: &str,
        part: Part,
        sample: &Sample<'_>,
        settings: &Settings,
        refusals: &mut Refusals,
    ) {
        let Self { memory, list, by_key } = self;
        let find = || {
            let bound = exposition::label(sample.labels, "le").and_then(|le| le.parse().ok()).unwrap_or(f64::INFINITY);
            let dimensions = dimensions(sample.labels, part, settings);
            let key = (name.to_owned(), dimensions);
            let series = by_key.get(&key).copied().or_else(|| {
                if list.len() >= settings.max_series {
                    return None;
                }
                let (name, dimensions) = key.clone();
                let is_gauge = matches!(part, Part::Gauge | Part::Quantile);
                list.push(Series { name, dimensions, is_gauge, ..Series::default() });
                by_key.insert(key, list.len() as u32 - 1);
                Some(list.len() as u32 - 1)
            });
            Place { series, bound }
        };
        let Some(met) = memory.meet(sample.key, sample.value, find) else {
            return refusals.add(Lost::Unreadable, || format!("{}{{{}}} stands twice", sample.name, sample.labels));
        };
        let Some(series) = met.what.series else {
            return refusals
                .add(Lost::SeriesBound, || format!("{}: {}{{{}}}", settings.name, sample.name, sample.labels));
        };
        let series = &mut list[series as usize];
        let Some(value) = (if series.is_gauge { Some(sample.value) } else { met.grown }) else { return };
        if !value.is_finite() || value.abs() > VALUE_MAX {
            return refusals.add(Lost::NotANumber, || format!("{}{{{}}}", sample.name, sample.labels));
        }
        (series.fresh, series.idle) = (true, 0);
        match part {
            // Labels that were dropped make several samples one series: they add up.
            Part::Gauge | Part::Quantile | Part::Counter => series.value += value,
            Part::Sum => series.sum += value,
            Part::Count => series.count += value,
            Part::Bucket => add(&mut series.buckets, met.what.bound, value),
        }
    }

    pub(super) fn end(&mut self, settings: &Settings, out: &mut Readings) {
        self.memory.end();
        for series in &mut self.list {
            series.idle += 1;
            if std::mem::take(&mut series.fresh) {
                series.tell(settings, out);
            }
            (series.value, series.sum, series.count) = (0.0, 0.0, 0.0);
            series.buckets.clear();
        }
        if self.list.len() >= settings.max_series && self.list.iter().any(|series| series.idle > IDLE_PAGES) {
            // Who is counted from where is forgotten, too: one page of growth is the price of a place.
            *self = Self::default();
        }
    }
}

fn dimensions(labels: &str, part: Part, settings: &Settings) -> Dimensions {
    let mut dimensions = Dimensions::default();
    for (name, value) in exposition::labels(labels) {
        let is_own = matches!((name, part), ("le", Part::Bucket));
        if !is_own && settings.keeps_label(name) && !value.is_empty() {
            dimensions.set(settings.renamed(name), value);
        }
    }
    if dimensions.get("service").is_none() {
        dimensions.set("service", settings.name.as_str());
    }
    dimensions
}

impl Series {
    fn tell(&self, settings: &Settings, out: &mut Readings) {
        let unit = Unit::of_metric(&self.name);
        let space = settings.space.clone();
        let one =
            |value: f64, unit| Reading::new(space.clone(), self.name.clone(), unit, value).of(self.dimensions.clone());
        if !self.buckets.is_empty() {
            let values = spread(&self.buckets, Largest { value: f64::NAN, is_one: false }, 1.0);
            if !values.is_empty() {
                out.push(Reading::folded(space, self.name.clone(), unit, values).of(self.dimensions.clone()));
            }
        } else if self.count > 0.0 {
            // Without buckets the mean is all that is known, of so many: Sum, Average and SampleCount are true.
            out.push(Reading { count: self.count, ..one(self.sum / self.count, unit) });
        } else if self.is_gauge {
            out.push(one(self.value, unit));
        } else if self.sum == 0.0 {
            out.push(one(self.value, Unit::Count));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_families() {
        for (name, family, is, expect) in [
            ("a_total", "a_total", Type::Counter, Some(("a", Part::Counter))),
            ("a_total", "a", Type::Counter, Some(("a", Part::Counter))),
            ("a_created", "a", Type::Counter, None),
            ("a_bucket", "a", Type::Histogram, Some(("a", Part::Bucket))),
            ("a", "a", Type::Summary, Some(("a", Part::Quantile))),
            ("a_count", "a", Type::Summary, Some(("a", Part::Count))),
            ("b", "a", Type::Histogram, Some(("b", Part::Gauge))),
            ("b_total", "", Type::Unknown, Some(("b", Part::Counter))),
        ] {
            assert_eq!(part(name, family, is), expect, "{name} of {family}");
        }
    }
}

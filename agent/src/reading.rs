//! One observation, on its way from a source to the window.

use std::borrow::Cow;

use alarm::series::{Dimensions, Unit};

use crate::distribution::Distribution;

/// Where a reading is published. The user can rename both (`[cloudwatch]` in the configuration).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Space {
    /// Metrics that the official agent also has, under its names: its dashboards and alarms keep working.
    Host,
    /// What the official agent does not have, and what Stormglass says of itself.
    Own,
    /// A namespace that the configuration of a source names.
    Named(std::sync::Arc<str>),
}

/// One observation of one series. The identity of the host is added later, in one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    pub space: Space,
    pub name: Cow<'static, str>,
    pub dimensions: Dimensions,
    pub unit: Unit,
    pub value: f64,
    /// How many observations this stands for: 1, or 1 / rate for a sampled one. 0 where all of them are in `more`.
    pub count: f64,
    /// Observations that a busy source folded by itself; mostly none.
    pub more: Distribution,
}

impl Reading {
    pub fn own(name: &'static str, unit: Unit, value: f64) -> Self {
        Self::new(Space::Own, name, unit, value)
    }

    pub fn host(name: &'static str, unit: Unit, value: f64) -> Self {
        Self::new(Space::Host, name, unit, value)
    }

    pub fn new(space: Space, name: impl Into<Cow<'static, str>>, unit: Unit, value: f64) -> Self {
        Self {
            space,
            name: name.into(),
            dimensions: Dimensions::default(),
            unit,
            value,
            count: 1.0,
            more: Distribution::default(),
        }
    }

    /// Many observations of one series at once. Finite and within 2^360, each: the source saw to it.
    pub fn folded(space: Space, name: impl Into<Cow<'static, str>>, unit: Unit, more: Distribution) -> Self {
        Self { count: 0.0, more, ..Self::new(space, name, unit, 0.0) }
    }

    #[must_use]
    pub fn of(mut self, dimensions: Dimensions) -> Self {
        self.dimensions = dimensions;
        self
    }

    #[must_use]
    pub fn with(mut self, dimension: &str, value: impl AsRef<str>) -> Self {
        self.dimensions.set(dimension, value);
        self
    }
}

/// What a source saw at one moment. A source adds to it; it never reads what others added.
#[derive(Clone, Debug, Default)]
pub struct Readings(pub Vec<Reading>);

impl Readings {
    pub fn push(&mut self, reading: Reading) {
        self.0.push(reading);
    }
}

//! Names what is measured: the agent publishes by it and the Lambda asks by it.
//!
//! The limits stand here because both sides must agree on them.

use std::fmt;

pub use crate::dimensions::Dimensions;

/// Longest namespace, metric name and dimension name that CloudWatch takes (facts/cloudwatch.md, PutMetricData).
pub const NAME_MAX: usize = 255;
/// Longest dimension value that CloudWatch takes.
pub const DIMENSION_VALUE_MAX: usize = 1_024;
/// Most dimensions of one datum.
pub const DIMENSIONS_MAX: usize = 30;

/// One series: what CloudWatch bills as one custom metric.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Series {
    pub namespace: String,
    pub name: String,
    pub dimensions: Dimensions,
}

/// `CWAgent/mem_used_percent{InstanceId=i-1}`
impl fmt::Display for Series {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}{{{}}}", self.namespace, self.name, self.dimensions)
    }
}

/// A unit as `CloudWatch` spells it. The unit is part of what a reader asks for, not of what is billed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    #[default]
    None,
    Percent,
    Count,
    CountPerSecond,
    Bytes,
    BytesPerSecond,
    Seconds,
    Milliseconds,
    Microseconds,
}

impl Unit {
    /// Each unit with CloudWatch's name for it.
    pub const TABLE: &[(Unit, &str)] = &[
        (Unit::None, "None"),
        (Unit::Percent, "Percent"),
        (Unit::Count, "Count"),
        (Unit::CountPerSecond, "Count/Second"),
        (Unit::Bytes, "Bytes"),
        (Unit::BytesPerSecond, "Bytes/Second"),
        (Unit::Seconds, "Seconds"),
        (Unit::Milliseconds, "Milliseconds"),
        (Unit::Microseconds, "Microseconds"),
    ];

    pub fn name(self) -> &'static str {
        Self::TABLE.iter().find(|(unit, _)| *unit == self).map_or("None", |(_, name)| name)
    }

    /// What the name of a metric says of its unit, for a reader who is told none.
    pub fn of_metric(name: &str) -> Self {
        const ENDS: &[(&str, Unit)] = &[
            ("percent", Unit::Percent),
            ("utilization", Unit::Percent),
            ("_bytes", Unit::Bytes),
            ("_seconds", Unit::Seconds),
            ("_ms", Unit::Milliseconds),
        ];
        let lower = name.to_ascii_lowercase();
        let percent = lower.starts_with("cpu_usage_");
        let found = ENDS.iter().find(|(end, _)| lower.ends_with(end)).map_or(Self::None, |(_, unit)| *unit);
        if percent { Self::Percent } else { found }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::TABLE.iter().find(|(_, known)| *known == name).map(|(unit, _)| *unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_say_its_unit() {
        let said = ["mem_used_percent", "CPUUtilization", "cpu_usage_idle", "wait_ms", "errors"].map(Unit::of_metric);
        assert_eq!(said, [Unit::Percent, Unit::Percent, Unit::Percent, Unit::Milliseconds, Unit::None]);
    }

    #[test]
    fn every_unit_has_one_name() {
        for (unit, name) in Unit::TABLE {
            assert_eq!(Unit::parse(name), Some(*unit));
            assert_eq!(unit.name(), *name);
        }
    }
}

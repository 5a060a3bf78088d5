//! What a rule says of a disk, and what is meant by it.

use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::sheet::{At, Faults, Seconds};

/// The keys of `judge = "disk"`. All have defaults that were tried on simulated disks (docs/alarms/disk.md).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// Percent from which on it is nearly full, whatever the trend.
    pub full_at: Option<At<f64>>,
    /// Percent from which on a trend matters.
    pub from: Option<At<f64>>,
    /// Look now: full within this.
    pub now_within: Option<At<Seconds>>,
    /// Later: full within this.
    pub later_within: Option<At<Seconds>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    pub full_at: f64,
    pub from: f64,
    pub now_within_h: f64,
    pub later_within_days: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { full_at: 95.0, from: 70.0, now_within_h: 6.0, later_within_days: 14.0 }
    }
}

impl Raw {
    pub fn check(self, _: Range<usize>, faults: &mut Faults) -> Settings {
        let usual = Settings::default();
        let mut percent = |given: &Option<At<f64>>, usual: f64| match given {
            Some(at) if **at > 0.0 && **at <= 100.0 => **at,
            Some(at) => {
                faults.add(at.span.clone(), "SG-JDG-002", "a level lies above 0 and at most at 100 percent");
                usual
            }
            None => usual,
        };
        let (full_at, from) = (percent(&self.full_at, usual.full_at), percent(&self.from, usual.from));
        let hours = |given: &Option<At<Seconds>>, usual: f64| given.as_ref().map_or(usual, |at| at.0 as f64 / 3_600.0);
        let now_within_h = hours(&self.now_within, usual.now_within_h);
        let later_within_days = hours(&self.later_within, usual.later_within_days * 24.0) / 24.0;
        if let Some(at) = self.now_within.filter(|_| now_within_h > later_within_days * 24.0) {
            faults.add(at.span.clone(), "SG-JDG-001", "now_within is longer than later_within");
        }
        Settings { full_at, from, now_within_h, later_within_days }
    }
}

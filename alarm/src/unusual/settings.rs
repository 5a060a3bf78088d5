//! What a rule says of the unusual, and what is meant by it.

use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::sheet::{At, Faults, Seconds};

/// The keys of `judge = "unusual"`. The defaults are one setting for every series (docs/alarms/unusual.md).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// Where to look: `season` for traffic with a daily shape, `range` for what is bounded (CPU, memory, disk I/O).
    /// Without it both are looked at, and the one that is furthest off speaks.
    pub look: Option<Look>,
    /// How far is unusual: 1 as tried, 2 twice as far.
    pub tolerance: Option<At<f64>>,
    /// So long without anything unusual ends an episode.
    pub quiet: Option<At<Seconds>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    Season,
    Range,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// `None`: by the data.
    pub look: Option<Look>,
    pub tolerance: f64,
    pub quiet_s: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { look: None, tolerance: 1.0, quiet_s: 6 * 3_600 }
    }
}

impl Raw {
    pub fn check(self, _: Range<usize>, faults: &mut Faults) -> Settings {
        let mut settings = Settings { look: self.look, ..Settings::default() };
        if let Some(tolerance) = self.tolerance {
            if *tolerance > 0.0 && *tolerance <= 1_000.0 {
                settings.tolerance = *tolerance;
            } else {
                faults.add(tolerance.span, "SG-JDG-002", "tolerance lies above 0 and at most at 1000");
            }
        }
        settings.quiet_s = self.quiet.map_or(settings.quiet_s, |quiet| quiet.0);
        settings
    }
}

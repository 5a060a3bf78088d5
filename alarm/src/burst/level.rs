//! What the bucket holds now, between two bounds, from whatever was reported.
//!
//! A reported balance is exact at the end of its period. From there on, and where no balance is ever reported, the
//! host's own CPU is integrated minute by minute: an estimate, and said to be one. Of a bucket that was never seen
//! nothing is known but that it lies between empty and full; the bounds meet after a day of idling, or at once when
//! the machine is throttled: it is stolen from, while it gets no more than its baseline.

use serde::{Deserialize, Serialize};

use super::bucket::Bucket;
use crate::points::{Time, View};

/// Bounds of what is held at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    pub as_of: Time,
    pub low: f64,
    pub high: f64,
}

/// Stolen percent from which on a machine at its baseline counts as throttled.
const STOLEN_PERCENT: f64 = 5.0;
/// CPU time above the baseline that throttling still lets through, as measured in a minute.
const AT_BASELINE: f64 = 1.15;

impl Level {
    pub fn known(as_of: Time, held: f64) -> Self {
        let held = held.max(0.0);
        Self { as_of, low: held, high: held }
    }

    pub fn unknown(as_of: Time, bucket: &Bucket) -> Self {
        Self { as_of, low: 0.0, high: bucket.most_held }
    }

    pub fn middle(&self) -> f64 {
        f64::midpoint(self.low, self.high)
    }

    /// The newest balance, at the end of its period.
    pub fn reported(balance: View<'_>, per_unit: f64) -> Option<Self> {
        let (at, held) = balance.newest()?;
        Some(Self::known(at.saturating_add(Time::from(balance.period_s())), held / per_unit))
    }

    /// Moves on by the CPU of each minute since, as far as there is any. In a gap the machine may have done nothing or
    /// everything: the bounds part.
    #[must_use]
    pub fn follow(mut self, bucket: &Bucket, cpu_percent: View<'_>, steal_percent: Option<View<'_>>) -> Self {
        let minutes = |from: Time, to: Time| (to.saturating_sub(from)).max(0) as f64 / 60.0;
        for (at, percent) in cpu_percent.since(self.as_of).real() {
            let end = at.saturating_add(Time::from(cpu_percent.period_s()));
            self.gap(bucket, minutes(self.as_of, at));
            let used = bucket.width * percent.clamp(0.0, 100.0) / 100.0;
            self.low = bucket.after(self.low, used, minutes(at, end));
            self.high = bucket.after(self.high, used, minutes(at, end));
            let stolen = steal_percent.and_then(|steal| steal.when(at)).unwrap_or(0.0);
            if stolen >= STOLEN_PERCENT && used <= bucket.earned_per_min * AT_BASELINE {
                self.low = 0.0;
                self.high = self.high.min(bucket.earned_per_min);
            }
            self.as_of = end;
        }
        self
    }

    fn gap(&mut self, bucket: &Bucket, minutes: f64) {
        if minutes > 0.0 {
            self.low = bucket.after(self.low, bucket.width, minutes);
            self.high = bucket.after(self.high, 0.0, minutes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::points::Points;

    const BUCKET: Bucket = Bucket {
        width: 2.0,
        earned_per_min: 0.2,
        most_held: 288.0,
        launch_credits: 0.0,
        refills: true,
        dollars_per_credit: 0.0,
    };

    fn cpu(percent: f64, minutes: usize) -> Points {
        Points::new(0, 60, vec![percent; minutes])
    }

    #[test]
    fn a_day_of_idling_makes_the_bounds_meet() {
        let level = Level::unknown(0, &BUCKET).follow(&BUCKET, cpu(0.0, 24 * 60).view(), None);
        assert!((level.low - 288.0).abs() < 1e-6 && level.high == 288.0, "{level:?}");
    }

    #[test]
    fn throttling_tells_that_nothing_is_left() {
        let steal = cpu(80.0, 5);
        let level = Level::unknown(0, &BUCKET).follow(&BUCKET, cpu(10.0, 5).view(), Some(steal.view()));
        assert!(level.high <= BUCKET.earned_per_min, "{level:?}");
    }

    #[test]
    fn a_gap_parts_the_bounds() {
        let points = Points::new(600, 60, [50.0]);
        let level = Level::known(0, 100.0).follow(&BUCKET, points.view(), None);
        assert!((level.low - (100.0 - 18.0 - 0.8)).abs() < 1e-9, "{level:?}");
        assert!((level.high - (100.0 + 2.0 - 0.8)).abs() < 1e-9, "{level:?}");
        assert_eq!(level.as_of, 660);
    }
}

//! How long what is kept: the same four steps as CloudWatch (facts/cloudwatch.md, PutMetricData, Retention).

use alarm::points::Time;

use super::block::SLOTS_MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "units last in a name")]
pub struct Tier {
    pub period_s: u32,
    pub kept_s: Time,
    /// What one block covers; whole blocks are what is forgotten.
    pub(super) block_s: Time,
}

const HOUR: Time = 3_600;
const DAY: Time = 24 * HOUR;

/// From the finest to the coarsest.
pub const TIERS: [Tier; 4] = [
    Tier { period_s: 10, kept_s: 3 * HOUR, block_s: HOUR },
    Tier { period_s: 60, kept_s: 15 * DAY, block_s: 6 * HOUR },
    Tier { period_s: 300, kept_s: 63 * DAY, block_s: DAY },
    Tier { period_s: 3_600, kept_s: 455 * DAY, block_s: 15 * DAY },
];

/// The newest of it is held in memory until the hour is over, and then written into the blocks of every tier.
pub(super) const OPEN_S: Time = HOUR;

const _: () = {
    let mut at = 0;
    while at < TIERS.len() {
        let tier = TIERS[at];
        assert!(tier.block_s % OPEN_S == 0 && tier.block_s / tier.period_s as Time <= SLOTS_MAX as Time);
        at += 1;
    }
};

impl Tier {
    pub(super) fn start(&self, time: Time) -> Time {
        time.div_euclid(self.block_s) * self.block_s
    }

    pub(super) fn slot(&self, time: Time) -> u16 {
        (time.rem_euclid(self.block_s) / Time::from(self.period_s)) as u16
    }
}

/// The coarsest tier whose points make up whole periods, and which still has `from`; else the one that reaches
/// furthest back.
pub(super) fn of(period_s: u32, from: Time, now: Time) -> usize {
    let fits = |tier: &Tier| period_s.is_multiple_of(tier.period_s);
    let reaches = |tier: &Tier| from >= now - tier.kept_s;
    let best = (0..TIERS.len()).rev().find(|at| fits(&TIERS[*at]) && reaches(&TIERS[*at]));
    best.or_else(|| (0..TIERS.len()).rev().find(|at| fits(&TIERS[*at]))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tier_is_the_coarsest_that_still_knows() {
        let now = 100 * DAY;
        for (period_s, ago, expect) in [
            (10, HOUR, 0),
            (60, HOUR, 1),
            (300, DAY, 2),
            (3_600, 30 * DAY, 3),
            (60, 30 * DAY, 1),
            (900, 20 * DAY, 2),
            (7, DAY, 0),
        ] {
            assert_eq!(of(period_s, now - ago, now), expect, "{period_s} s, {ago} s ago");
        }
    }
}

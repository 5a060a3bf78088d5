//! How often a collector may run, by what it costs.
//!
//! Nearly all cost some 20 microseconds. Counting the states of 50,000 connections costs milliseconds: it is run more
//! rarely, so that its share stays small, but at least once a minute, so that every period has its point.

use std::time::Duration;

/// What one collector may take of the processor at a tick, on average. Twenty such every 10 s are 0.15 s in 5 minutes;
/// two or three at most come near it.
const COST_MAX: Duration = Duration::from_micros(250);
/// The period of the published points.
const REST_MAX: Duration = Duration::from_mins(1);
/// How many runs the mean cost remembers.
const MEMORY: u32 = 4;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    mean: Duration,
    /// Ticks to pass before the next run.
    rest: u32,
}

impl Pace {
    /// Whether it is the collector's turn at this tick.
    pub(super) fn turn(&mut self) -> bool {
        let is_its_turn = self.rest == 0;
        self.rest = self.rest.saturating_sub(1);
        is_its_turn
    }

    /// What a run cost decides how long the collector rests.
    pub(super) fn ran(&mut self, cost: Duration, interval: Duration) {
        self.mean = if self.mean.is_zero() { cost } else { (self.mean * (MEMORY - 1) + cost) / MEMORY };
        let every = self.mean.as_nanos().div_ceil(COST_MAX.as_nanos()).max(1);
        let most = (REST_MAX.as_nanos() / interval.as_nanos().max(1)).max(1);
        self.rest = every.min(most) as u32 - 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// In how many of 60 ticks a collector of this cost runs.
    fn runs(cost_us: u64, interval_s: u64) -> usize {
        let mut pace = Pace::default();
        let turns = (0..60).filter(|_| {
            let turn = pace.turn();
            if turn {
                pace.ran(Duration::from_micros(cost_us), Duration::from_secs(interval_s));
            }
            turn
        });
        turns.count()
    }

    #[test]
    fn the_dear_run_rarely_but_once_a_minute() {
        assert_eq!(runs(20, 10), 60);
        assert_eq!(runs(250, 10), 60);
        assert_eq!(runs(251, 10), 30);
        assert_eq!(runs(750, 10), 20);
        assert_eq!(runs(1_000_000, 10), 10);
        assert_eq!(runs(1_000_000, 60), 60);
        assert_eq!(runs(1_000_000, 300), 60);
    }

    proptest! {
        #[test]
        fn never_rarer_than_once_a_minute(costs in prop::collection::vec(0u64..10_000_000, 1..200), interval in 1u64..60) {
            let (mut pace, mut rested) = (Pace::default(), 0);
            for cost in costs {
                if pace.turn() {
                    pace.ran(Duration::from_micros(cost), Duration::from_secs(interval));
                    rested = 0;
                } else {
                    rested += 1;
                }
                prop_assert!((rested + 1) * interval <= 60);
            }
        }
    }
}

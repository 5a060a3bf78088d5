//! How long to wait after a failure, and when to stop trying for a while.
//!
//! Closed: failures are retried with full jitter (a wait drawn from nothing up to a bound that doubles), so that a fleet
//! that failed together does not come back together. After `FAILURES_MAX` in a row it opens: one probe, after a longer
//! wait, decides (half open). A refusal that a person must mend opens it at once, at a slow pace.

use std::time::Duration;

use super::Kind;

const BASE: Duration = Duration::from_secs(1);
/// The bound of a wait while closed.
const CAP: Duration = Duration::from_secs(20);
/// Failures in a row that open the breaker.
const FAILURES_MAX: u32 = 5;
/// Waits while open: doubling between these.
const OPEN_BASE: Duration = Duration::from_secs(30);
const OPEN_CAP: Duration = Duration::from_mins(5);
/// The pace while someone must mend something (facts/cloudwatch.md, Retryable).
const SLOW: Duration = Duration::from_mins(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Closed { failures: u32 },
    Open { times: u32 },
    HalfOpen { times: u32 },
}

#[derive(Clone, Debug)]
pub struct Breaker {
    state: State,
    /// No request before this.
    until: Duration,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { state: State::Closed { failures: 0 }, until: Duration::ZERO }
    }
}

impl Breaker {
    pub fn state(&self) -> State {
        self.state
    }

    /// How long nothing may be sent; nothing when it may. Time is monotonic, from any beginning.
    pub fn wait(&mut self, now: Duration) -> Option<Duration> {
        if let Some(left) = self.until.checked_sub(now).filter(|left| !left.is_zero()) {
            return Some(left);
        }
        if let State::Open { times } = self.state {
            self.state = State::HalfOpen { times };
        }
        None
    }

    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// `dice` is from 0 to 1.
    pub fn failed(&mut self, kind: Kind, now: Duration, dice: f64) {
        let (state, wait) = match (self.state, kind) {
            (_, Kind::Denied) => (State::Open { times: 0 }, jitter_around(SLOW, dice)),
            (State::Closed { failures }, _) if failures + 1 < FAILURES_MAX => {
                (State::Closed { failures: failures + 1 }, full_jitter(BASE, CAP, failures, dice))
            }
            (State::Closed { .. }, _) => (State::Open { times: 0 }, jitter_around(OPEN_BASE, dice)),
            (State::Open { times } | State::HalfOpen { times }, _) => {
                let bound = doubled(OPEN_BASE, OPEN_CAP, times + 1);
                (State::Open { times: times + 1 }, jitter_around(bound, dice))
            }
        };
        self.state = state;
        self.until = now + wait;
    }
}

fn doubled(base: Duration, cap: Duration, times: u32) -> Duration {
    base.saturating_mul(1_u32.checked_shl(times).unwrap_or(u32::MAX)).min(cap)
}

/// From nothing to the doubled base.
fn full_jitter(base: Duration, cap: Duration, failures: u32, dice: f64) -> Duration {
    doubled(base, cap, failures + 1).mul_f64(dice)
}

/// From half to the whole: an open breaker never means "at once".
fn jitter_around(wait: Duration, dice: f64) -> Duration {
    wait.mul_f64(0.5 + dice / 2.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn opens_after_failures_in_a_row_and_closes_after_one_success() {
        let (mut breaker, mut now) = (Breaker::default(), Duration::ZERO);
        for _ in 0..FAILURES_MAX {
            assert!(matches!(breaker.state(), State::Closed { .. }));
            now += breaker.wait(now).unwrap_or_default();
            assert_eq!(breaker.wait(now), None);
            breaker.failed(Kind::Unreachable, now, 0.9);
        }
        assert!(matches!(breaker.state(), State::Open { times: 0 }));
        now += breaker.wait(now).expect("it is open");
        assert_eq!(breaker.wait(now), None);
        assert!(matches!(breaker.state(), State::HalfOpen { .. }));
        breaker.failed(Kind::Throttled, now, 1.0);
        assert_eq!(breaker.wait(now), Some(2 * OPEN_BASE));
        breaker.succeeded();
        assert_eq!((breaker.state(), breaker.wait(now)), (State::Closed { failures: 0 }, None));
    }

    #[test]
    fn what_a_person_must_mend_is_tried_slowly_at_once() {
        let mut breaker = Breaker::default();
        breaker.failed(Kind::Denied, Duration::ZERO, 0.0);
        assert_eq!(breaker.wait(Duration::ZERO), Some(SLOW / 2));
    }

    proptest! {
        #[test]
        fn no_wait_is_longer_than_the_longest(
            failures in prop::collection::vec((any::<bool>(), 0.0..1.0_f64), 1..200)
        ) {
            let (mut breaker, mut now) = (Breaker::default(), Duration::ZERO);
            for (throttled, dice) in failures {
                let kind = if throttled { Kind::Throttled } else { Kind::Unreachable };
                breaker.failed(kind, now, dice);
                let wait = breaker.wait(now).unwrap_or_default();
                prop_assert!(wait <= OPEN_CAP);
                now += wait;
                prop_assert_eq!(breaker.wait(now), None);
            }
        }

        #[test]
        fn the_jitter_is_full(dice in 0.0..1.0_f64, failures in 0..4_u32) {
            let wait = full_jitter(BASE, CAP, failures, dice);
            prop_assert_eq!(wait, (BASE * 2_u32.pow(failures + 1)).min(CAP).mul_f64(dice));
        }
    }
}

//! When the next reading is due: on the clock's own marks, so that every host reads at the same moments.

use std::time::Duration;

/// How long until the next whole multiple of the interval. A clock that jumped is simply read anew.
pub fn until_next(interval_s: u32, now: Duration) -> Duration {
    let interval_ns = u128::from(interval_s.max(1)) * 1_000_000_000;
    Duration::from_nanos((interval_ns - now.as_nanos() % interval_ns) as u64)
}

/// How long before a mark a source that counts by itself tells: what it counted in a minute is published in that minute,
/// but for its last half second.
const LEAD: Duration = Duration::from_millis(500);

/// How long until a little before the next mark.
pub fn until_before_next(interval_s: u32, now: Duration) -> Duration {
    until_next(interval_s, now + LEAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_mark_is_never_now() {
        for (now_ms, expect_ms) in [(0, 10_000), (1, 9_999), (9_999, 1), (10_000, 10_000), (1_795_000_001_250, 8_750)] {
            assert_eq!(until_next(10, Duration::from_millis(now_ms)), Duration::from_millis(expect_ms));
        }
    }

    #[test]
    fn a_little_before_the_mark() {
        for (now_ms, expect_ms) in [(0, 9_500), (9_499, 1), (9_500, 10_000), (9_999, 9_501)] {
            assert_eq!(until_before_next(10, Duration::from_millis(now_ms)), Duration::from_millis(expect_ms));
        }
    }
}

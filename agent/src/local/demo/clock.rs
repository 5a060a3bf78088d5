//! A clock that runs faster than time.
//!
//! It is one for the program, as time is: whoever asks the time is given a plain function. `stormglass demo` starts it
//! once, before anything asks.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

#[derive(Debug)]
struct Fast {
    began: Instant,
    /// What it said then.
    from: Duration,
    speed: u32,
}

static FAST: OnceLock<Fast> = OnceLock::new();

/// From now on it says `from`, and goes `speed` times as fast.
pub(super) fn start(from: Duration, speed: u32) {
    // A second start changes nothing: the first is under way.
    let _ = FAST.set(Fast { began: Instant::now(), from, speed });
}

pub(super) fn now() -> Duration {
    FAST.get().map_or(Duration::ZERO, |fast| fast.from + fast.began.elapsed() * fast.speed)
}

//! The performance test: climbs until the objective breaks, and closes in on the knee.
//!
//! Pure: `Climb` says what to press next and is told how it went. A rate that broke is pressed once more before it
//! counts, since one collection of garbage is no limit; one that was kept is believed.

use serde::{Deserialize, Serialize};

/// How close the two ends come before it is over: more is within the noise of a service.
const CLOSE: f64 = 0.05;
/// Rates that are pressed, at most.
const PRESSED_MAX: usize = 40;
const STEEP: f64 = 2.0;
/// No less is a load.
const RATE_MIN: f64 = 0.5;
const RATE_MAX: f64 = 1e6;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    Press(f64),
    Over(Knee),
}

/// The highest rate that was kept, and the lowest that was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Knee {
    pub kept: Option<f64>,
    pub broke: Option<f64>,
}

#[derive(Clone, Copy, Debug)]
pub struct Climb {
    rate: f64,
    /// This rate broke once already.
    doubted: bool,
    knee: Knee,
    pressed: usize,
}

impl Climb {
    pub fn new(from: f64) -> Self {
        Self { rate: from.clamp(RATE_MIN, RATE_MAX), doubted: false, knee: Knee::default(), pressed: 0 }
    }

    pub fn next(&self) -> Next {
        let closed_in = match (self.knee.kept, self.knee.broke) {
            (Some(kept), Some(broke)) => broke - kept <= CLOSE * broke,
            (None, Some(broke)) => broke <= RATE_MIN,
            (Some(kept), None) => kept >= RATE_MAX,
            (None, None) => false,
        };
        if closed_in || self.pressed >= PRESSED_MAX { Next::Over(self.knee) } else { Next::Press(self.rate) }
    }

    /// How pressing at what `next` said went.
    pub fn tell(&mut self, kept: bool) {
        self.pressed += 1;
        if !kept && !self.doubted {
            self.doubted = true;
            return;
        }
        self.doubted = false;
        if kept {
            self.knee.kept = Some(self.rate);
        } else {
            self.knee.broke = Some(self.rate);
        }
        self.rate = match (self.knee.kept, self.knee.broke) {
            (Some(kept), Some(broke)) => f64::midpoint(kept, broke),
            (Some(kept), None) => (kept * STEEP).min(RATE_MAX),
            (None, Some(broke)) => (broke / STEEP).max(RATE_MIN),
            (None, None) => self.rate,
        };
    }

    pub fn knee(&self) -> Knee {
        self.knee
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn climb(from: f64, mut kept: impl FnMut(f64) -> bool) -> (Knee, usize) {
        let mut climb = Climb::new(from);
        let mut pressed = 0;
        loop {
            match climb.next() {
                Next::Over(knee) => return (knee, pressed),
                Next::Press(rate) => {
                    pressed += 1;
                    climb.tell(kept(rate));
                }
            }
        }
    }

    #[test]
    fn one_bad_moment_is_no_limit() {
        let mut bad = true;
        let (knee, _) = climb(10.0, |rate| rate < 300.0 && !(rate == 20.0 && std::mem::take(&mut bad)));
        assert!(knee.kept.is_some_and(|kept| kept > 250.0), "{knee:?}");
    }

    proptest! {
        /// Wherever it starts, the knee lies between the two ends, and they are close.
        #[test]
        fn the_knee_is_found(true_knee in 1.0..100_000.0f64, from in 1.0..10_000.0f64) {
            let (knee, pressed) = climb(from, |rate| rate <= true_knee);
            let (kept, broke) = (knee.kept.expect("something was kept"), knee.broke.expect("something broke"));
            prop_assert!(kept <= true_knee && true_knee < broke, "{knee:?}");
            prop_assert!(broke - kept <= CLOSE * broke, "{knee:?}");
            prop_assert!(pressed <= PRESSED_MAX);
        }

        /// A service that keeps or breaks everything, or does as it likes, ends it too.
        #[test]
        fn it_ends(answers in prop::collection::vec(any::<bool>(), 1..50), from in 0.1..1e7f64) {
            let mut all = answers.iter().cycle();
            let (knee, pressed) = climb(from, |_| *all.next().expect("a cycle"));
            prop_assert!(pressed <= PRESSED_MAX);
            if let (Some(kept), Some(broke)) = (knee.kept, knee.broke) {
                prop_assert!(kept < broke);
            }
        }
    }
}

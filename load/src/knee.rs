//! The performance test: climbs until the objective breaks, and closes in on the knee.
//!
//! Pure: `Climb` says what to press next and is told how it went. A rate that broke is pressed once more before it
//! counts, since one collection of garbage is no limit; one that was kept is believed. A rate at which it cannot be told
//! who was the limit is pressed again too, for the machine that presses has its bad moments as well.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How close the two ends come before it is over: more is within the noise of a service.
const CLOSE: f64 = 0.05;
/// Rates that are pressed, at most.
const PRESSED_MAX: usize = 40;
/// So often in a row without an answer, and it is no bad moment.
const UNKNOWN_MAX: usize = 3;
const STEEP: f64 = 2.0;
/// No less is a load.
const RATE_MIN: f64 = 0.5;
const RATE_MAX: f64 = 1e6;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    Press(f64),
    Over(Knee),
}

/// How pressing at a rate went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Went {
    Kept,
    Broke,
    /// The numbers are not of the service.
    Unknown,
}

/// The highest rate that was kept, and the lowest that was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Knee {
    pub kept: Option<f64>,
    pub broke: Option<f64>,
}

impl fmt::Display for Knee {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kept {
            Some(rate) => write!(out, "{rate:.1}/s journeys were kept, ")?,
            None => write!(out, "no rate was kept, ")?,
        }
        match self.broke {
            Some(rate) => write!(out, "{rate:.1}/s were not"),
            None => write!(out, "none broke the objective"),
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Climb {
    rate: f64,
    /// This rate broke once already.
    doubted: bool,
    /// So often it could not be told how this rate went.
    unknown: usize,
    knee: Knee,
    pressed: usize,
}

impl Climb {
    pub fn new(from: f64) -> Self {
        Self { rate: from.clamp(RATE_MIN, RATE_MAX), doubted: false, unknown: 0, knee: Knee::default(), pressed: 0 }
    }

    pub fn next(&self) -> Next {
        let closed_in = match (self.knee.kept, self.knee.broke) {
            (Some(kept), Some(broke)) => broke - kept <= CLOSE * broke,
            (None, Some(broke)) => broke <= RATE_MIN,
            (Some(kept), None) => kept >= RATE_MAX,
            (None, None) => false,
        };
        if closed_in || self.is_lost() || self.pressed >= PRESSED_MAX {
            Next::Over(self.knee)
        } else {
            Next::Press(self.rate)
        }
    }

    /// It cannot be told from here: where the knee would be, this machine is the limit.
    pub fn is_lost(&self) -> bool {
        self.unknown >= UNKNOWN_MAX
    }

    /// How pressing at what `next` said went.
    pub fn tell(&mut self, went: Went) {
        self.pressed += 1;
        match went {
            Went::Unknown => {
                self.unknown += 1;
                return;
            }
            Went::Broke if !self.doubted => {
                self.doubted = true;
                return;
            }
            Went::Broke => self.knee.broke = Some(self.rate),
            Went::Kept => self.knee.kept = Some(self.rate),
        }
        (self.doubted, self.unknown) = (false, 0);
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
                    climb.tell(if kept(rate) { Went::Kept } else { Went::Broke });
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

    #[test]
    fn a_knee_is_told_in_words() {
        let told = |kept, broke| Knee { kept, broke }.to_string();
        assert_eq!(told(Some(71.3), Some(74.0)), "71.3/s journeys were kept, 74.0/s were not");
        assert_eq!(told(None, None), "no rate was kept, none broke the objective");
    }

    /// A machine that is busy for a moment is asked again; one that is too slow ends it with what is known.
    #[test]
    fn what_cannot_be_told_is_pressed_again() {
        let run = |moments: usize| {
            let mut climb = Climb::new(10.0);
            let mut unknown = 0;
            while let Next::Press(rate) = climb.next() {
                let busy = rate == 40.0 && unknown < moments;
                unknown += usize::from(busy);
                climb.tell(match (busy, rate < 100.0) {
                    (true, _) => Went::Unknown,
                    (_, true) => Went::Kept,
                    (_, false) => Went::Broke,
                });
            }
            (climb.is_lost(), climb.knee())
        };
        let (lost, knee) = run(2);
        assert!(!lost && knee.kept.is_some_and(|kept| (90.0..100.0).contains(&kept)), "{knee:?}");
        assert_eq!(run(usize::MAX), (true, Knee { kept: Some(20.0), broke: None }));
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

//! The intended starts, one after the other, of a profile.
//!
//! Arrivals are laid out in *counts* first (0, 1, 2, ... or the sums of exponential gaps of mean 1), and the profile
//! says when each count is due: so that a Poisson process of a changing rate is one too.

use std::time::Duration;

use super::profile::{Profile, Segment};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spacing {
    /// As even as the rate is.
    #[default]
    Even,
    /// As users who know nothing of each other come.
    Poisson,
}

/// Every worker makes the same arrivals of the same seed, and takes those that are its own.
#[derive(Clone, Debug)]
pub struct Arrivals {
    segments: std::vec::IntoIter<Segment>,
    /// The segment that is being gone through, where it begins, and the count at its beginning.
    now: Option<Segment>,
    begins_s: f64,
    before: f64,
    /// The count of the next arrival.
    next: f64,
    spacing: Spacing,
    dice: fastrand::Rng,
}

impl Arrivals {
    pub fn new(profile: &Profile, spacing: Spacing, seed: u64) -> Self {
        let mut segments = profile.segments.clone().into_iter();
        let now = segments.next();
        let dice = fastrand::Rng::with_seed(seed);
        let mut arrivals = Self { segments, now, begins_s: 0.0, before: 0.0, next: 0.0, spacing, dice };
        if spacing == Spacing::Poisson {
            arrivals.next = arrivals.gap();
        }
        arrivals
    }

    /// In counts; 1 on average.
    fn gap(&mut self) -> f64 {
        match self.spacing {
            Spacing::Even => 1.0,
            // 1 - f64() is never zero.
            Spacing::Poisson => -(1.0 - self.dice.f64()).ln(),
        }
    }
}

impl Iterator for Arrivals {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        loop {
            let segment = self.now?;
            let inside = self.next - self.before;
            if inside < segment.count() {
                let at_s = self.begins_s + segment.when(inside);
                self.next += self.gap();
                return Some(Duration::from_secs_f64(at_s));
            }
            self.before += segment.count();
            self.begins_s += segment.length_s;
            self.now = self.segments.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Shape;
    use super::*;

    fn starts(shapes: &[Shape], spacing: Spacing) -> Vec<f64> {
        Arrivals::new(&Profile::of(shapes), spacing, 7).map(|at| at.as_secs_f64()).collect()
    }

    #[test]
    fn a_constant_rate_is_even() {
        let starts = starts(&[Shape::Constant { rate: 4.0, length_s: 2.0 }], Spacing::Even);
        assert_eq!(starts, [0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75]);
    }

    #[test]
    fn a_spike_is_three_rates() {
        let spike = Shape::Spike { base: 1.0, peak: 10.0, before_s: 2.0, length_s: 1.0, after_s: 2.0 };
        let starts = starts(&[spike], Spacing::Even);
        let within = |from: f64, to: f64| starts.iter().filter(|at| (from..to).contains(*at)).count();
        assert_eq!([within(0.0, 2.0), within(2.0, 3.0), within(3.0, 5.0)], [2, 10, 2]);
    }

    #[test]
    fn steps_climb_and_descend() {
        let up = Profile::of(&[Shape::Steps { from: 10.0, to: 30.0, by: 10.0, each_s: 5.0 }]);
        assert_eq!(up.segments.iter().map(|s| s.from).collect::<Vec<_>>(), [10.0, 20.0, 30.0]);
        let down = Profile::of(&[Shape::Steps { from: 30.0, to: 10.0, by: 10.0, each_s: 5.0 }]);
        assert_eq!(down.segments.iter().map(|s| s.from).collect::<Vec<_>>(), [30.0, 20.0, 10.0]);
        assert_eq!((up.rate(12.0), up.rate(15.0), up.peak(), up.length_s()), (30.0, 0.0, 30.0, 15.0));
    }

    /// The gaps of a Poisson process have a mean and a deviation that are equal.
    #[test]
    fn poisson_arrivals_are_poisson() {
        let starts = starts(&[Shape::Constant { rate: 100.0, length_s: 1_000.0 }], Spacing::Poisson);
        let gaps: Vec<_> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let deviation = (gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64).sqrt();
        assert!((mean - 0.01).abs() < 0.0002, "{mean}");
        assert!((deviation / mean - 1.0).abs() < 0.03, "{deviation} of {mean}");
    }

    fn shape() -> impl Strategy<Value = Shape> {
        let (rate, length) = (0.0..500.0, 0.1..20.0);
        prop_oneof![
            (rate.clone(), length.clone()).prop_map(|(rate, length_s)| Shape::Constant { rate, length_s }),
            (rate.clone(), rate.clone(), length.clone()).prop_map(|(from, to, length_s)| Shape::Ramp {
                from,
                to,
                length_s
            }),
            (rate.clone(), rate.clone(), 1.0..100.0, length.clone()).prop_map(|(from, to, by, each_s)| Shape::Steps {
                from,
                to,
                by,
                each_s
            }),
            (rate.clone(), rate, length.clone(), length.clone(), length).prop_map(
                |(base, peak, before_s, length_s, after_s)| Shape::Spike { base, peak, before_s, length_s, after_s }
            ),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// In order, within the run, and by every moment as many as the profile says are due, within one.
        #[test]
        fn as_many_as_are_due(shapes in prop::collection::vec(shape(), 1..4)) {
            let profile = Profile::of(&shapes);
            let starts = starts(&shapes, Spacing::Even);
            prop_assert!(starts.windows(2).all(|pair| pair[0] <= pair[1]));
            prop_assert!(starts.last().is_none_or(|last| *last <= profile.length_s() + 1e-6));
            prop_assert!((starts.len() as f64 - profile.count()).abs() <= 1.0 + 1e-6);
            let mut begins = 0.0;
            let mut due = 0.0;
            for segment in &profile.segments {
                begins += segment.length_s;
                due += segment.count();
                let came = starts.iter().filter(|at| **at < begins - 1e-9).count() as f64;
                prop_assert!((came - due).abs() <= 1.0 + 1e-3, "{came} of {due} by {begins}");
            }
        }

        /// The moment of a count gives the count back.
        #[test]
        fn when_is_the_inverse_of_the_count(from in 0.0..1e4f64, to in 0.0..1e4f64, length_s in 0.01..1e4f64, share in 0.0..1.0f64) {
            let segment = Segment { from, to, length_s };
            let at = segment.when(segment.count() * share);
            let back = from * at + (to - from) * at * at / (2.0 * length_s);
            prop_assert!((back - segment.count() * share).abs() <= 1e-6 * segment.count().max(1.0), "{back}");
        }

        /// The same seed gives the same arrivals: what one worker leaves, another takes.
        #[test]
        fn a_seed_is_a_schedule(seed: u64, shape in shape()) {
            let profile = Profile::of(&[shape]);
            let one: Vec<_> = Arrivals::new(&profile, Spacing::Poisson, seed).collect();
            let other: Vec<_> = Arrivals::new(&profile, Spacing::Poisson, seed).collect();
            prop_assert_eq!(one, other);
        }
    }
}

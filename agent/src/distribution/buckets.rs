//! The buckets of a histogram as readings whose percentiles can be computed.

use super::{Distribution, VALUE_MAX};

/// A bucket's readings are spread over it, as evenly as they are by Prometheus' own reckoning: at places that lie at most
/// so far apart, as a share of its upper end, so that where they stand adds at most 1 % of doubt.
const APART: f64 = 0.02;
/// And at no more places than these. A power of two: a count is then divided without a remainder.
const PLACES_MAX: u32 = 16;

/// Adds to the bucket of this bound; bounds are sorted.
pub fn add(buckets: &mut Vec<(f64, f64)>, bound: f64, grown: f64) {
    match buckets.binary_search_by(|(held, _)| held.total_cmp(&bound)) {
        Ok(at) => buckets[at].1 += grown,
        Err(at) => buckets.insert(at, (bound, grown)),
    }
}

/// The largest reading that is known.
#[derive(Clone, Copy, Debug)]
pub struct Largest {
    /// NaN: none is known.
    pub value: f64,
    /// It is one of the readings, and not only as large as any.
    pub is_one: bool,
}

/// The readings of buckets whose counts are cumulative, each value times `scale`. None is larger than the largest that is
/// known; where none is known, what lies beyond the last bound is told at that bound. One reading alone is spread too:
/// of the sixty looks of a minute each may find one in the same bucket, and all in its middle would be a guess.
pub fn spread(buckets: &[(f64, f64)], largest: Largest, scale: f64) -> Distribution {
    let mut values = Distribution::default();
    let (mut low, mut before) = (0.0_f64, 0.0_f64);
    for (bound, grown) in buckets {
        let mut count = grown - before;
        let holds_largest = largest.value > low && largest.value <= *bound;
        let high = match *bound {
            _ if holds_largest => largest.value,
            bound if bound.is_finite() => bound,
            _ => low,
        };
        let low_here = if high < low { high } else { low };
        if holds_largest && largest.is_one && count >= 1.0 && (high * scale).abs() <= VALUE_MAX {
            values.add(high * scale, 1.0);
            count -= 1.0;
        }
        if count > 0.0 && (high * scale).abs() <= VALUE_MAX {
            let places = places(low_here, high);
            for at in 0..places {
                let value = low_here + (f64::from(at) + 0.5) / f64::from(places) * (high - low_here);
                values.add(value * scale, count / f64::from(places));
            }
        }
        before = before.max(*grown);
        low = if bound.is_finite() { *bound } else { high };
    }
    values
}

fn places(low: f64, high: f64) -> u32 {
    let wanted = ((high - low) / high.abs() / APART).ceil();
    // No width at all is one place; a bucket of nothing but zero has no share.
    if wanted.is_finite() { (wanted as u32).clamp(1, PLACES_MAX).next_power_of_two() } else { 1 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at_most(value: f64) -> Largest {
        Largest { value, is_one: false }
    }

    fn none() -> Largest {
        at_most(f64::NAN)
    }

    #[test]
    fn a_bucket_is_spread_evenly() {
        let values = spread(&[(0.125, 0.0), (0.128, 4.0)], none(), 1_000.0);
        assert_eq!(values.shown(), [(125.75, 2.0), (127.25, 2.0)]);
        let values = spread(&[(0.1, 0.0), (f64::INFINITY, 2.0)], none(), 1.0);
        assert_eq!(values.shown(), [(0.1, 2.0)]);
        let wide = spread(&[(0.1, 1.0), (f64::INFINITY, 2.0)], at_most(0.9), 1.0).shown();
        assert_eq!((wide.len(), wide.iter().map(|(_, count)| count).sum()), (32, 2.0));
    }

    #[test]
    fn none_is_larger_than_the_largest() {
        let most = |largest| spread(&[(0.4, 1.0), (0.8, 2.0)], largest, 1.0).shown().last().copied().expect("told");
        assert!(most(at_most(0.5)).0 < 0.5 && most(none()).0 > 0.75);
        assert_eq!(most(Largest { value: 0.5, is_one: true }), (0.5, 1.0));
        // What does not fit together is not believed.
        assert_eq!(most(at_most(0.3)), most(none()));
    }

    /// Micrometer's bounds from 1 ms on, in seconds: each power of four, and thirds of it up to the next.
    fn micrometer() -> Vec<f64> {
        let thirds = |power: u32| {
            let begin = 4.0_f64.powi(power as i32);
            (0..9).map(move |third| (begin + f64::from(third) * begin / 3.0) * 1e-9)
        };
        (10..17).flat_map(thirds).collect()
    }

    /// 100 looks at 6,000 calls whose times thin out smoothly, by the buckets alone, of which some are a third wide.
    #[test]
    fn percentiles_of_a_smooth_tail_are_within_three_percent() {
        for shape in [0.08, 0.2, 0.35, 0.5] {
            let calls =
                (0..6_000).map(|n| 0.012 + shape * -(1.0 - (f64::from(n * 3_301 % 6_000) + 0.5) / 6_000.0).ln());
            let calls: Vec<_> = calls.collect();
            let mut all = Distribution::default();
            for look in calls.chunks(60) {
                let up_to = |bound: f64| look.iter().filter(|time| **time <= bound).count() as f64;
                let buckets: Vec<_> = micrometer().iter().map(|bound| (*bound, up_to(*bound))).collect();
                let most = calls.iter().copied().fold(0.0, f64::max);
                all.merge(&spread(&buckets, at_most(most), 1e3));
            }
            let mut sorted = calls.clone();
            sorted.sort_by(f64::total_cmp);
            for (percent, at) in [(0.5, 3_000), (0.9, 5_400), (0.99, 5_940)] {
                let mut seen = 0.0;
                let shown = all.shown();
                let told = shown.iter().find(|(_, count)| {
                    seen += count;
                    seen >= percent * 6_000.0
                });
                let (told, wanted) = (told.expect("it is there").0, 1e3 * sorted[at]);
                assert!((told / wanted - 1.0).abs() < 0.03, "p{percent} of {shape}: {told} for {wanted}");
            }
        }
    }

    proptest! {
        #[test]
        fn counts_stay_as_they_are(counts in prop::collection::vec(0..1_000_u32, 1..40)) {
            let (mut sum, mut buckets) = (0.0, vec![]);
            for (at, count) in counts.iter().enumerate() {
                sum += f64::from(*count);
                add(&mut buckets, (at as f64 + 1.0) / 10.0, sum);
            }
            let told = spread(&buckets, none(), 1.0).count();
            prop_assert!((told - sum).abs() < 1e-6 * sum.max(1.0), "{} of {}", told, sum);
        }
    }
}

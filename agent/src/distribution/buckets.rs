//! The buckets of a histogram as readings whose percentiles can be computed.

use super::{Distribution, VALUE_MAX};

/// A bucket's readings are spread over it at so many places, as evenly as they are by Prometheus' own reckoning.
const PLACES: f64 = 8.0;
/// Adds to the bucket of this bound; bounds are sorted.
pub fn add(buckets: &mut Vec<(f64, f64)>, bound: f64, grown: f64) {
    match buckets.binary_search_by(|(held, _)| held.total_cmp(&bound)) {
        Ok(at) => buckets[at].1 += grown,
        Err(at) => buckets.insert(at, (bound, grown)),
    }
}

/// The readings of buckets whose counts are cumulative, each value times `scale`. What lies beyond the last bound is told
/// at the largest value known, or else at that bound.
pub fn spread(buckets: &[(f64, f64)], largest: f64, scale: f64) -> Distribution {
    let mut values = Distribution::default();
    let (mut low, mut before) = (0.0_f64, 0.0_f64);
    for (bound, grown) in buckets {
        let count = grown - before;
        let high = if bound.is_finite() { *bound } else { largest.max(low) };
        let high = if high.is_nan() { low } else { high };
        let low_here = if high < low { high } else { low };
        if count > 0.0 && (high * scale).abs() <= VALUE_MAX {
            let places = count.ceil().min(PLACES);
            for at in 0..places as u32 {
                let value = low_here + (f64::from(at) + 0.5) / places * (high - low_here);
                values.add(value * scale, count / places);
            }
        }
        before = before.max(*grown);
        low = high;
    }
    values
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_bucket_is_spread_evenly() {
        let values = spread(&[(0.125, 2.0), (0.25, 2.0), (f64::INFINITY, 3.0)], 0.75, 1_000.0);
        assert_eq!(values.shown(), [(31.25, 1.0), (93.75, 1.0), (500.0, 1.0)]);
        let values = spread(&[(0.1, 1.0), (f64::INFINITY, 2.0)], f64::NAN, 1.0);
        assert_eq!(values.shown(), [(0.05, 1.0), (0.1, 1.0)]);
    }

    proptest! {
        #[test]
        fn counts_stay_as_they_are(counts in prop::collection::vec(0..1_000_u32, 1..40)) {
            let (mut sum, mut buckets) = (0.0, vec![]);
            for (at, count) in counts.iter().enumerate() {
                sum += f64::from(*count);
                add(&mut buckets, (at as f64 + 1.0) / 10.0, sum);
            }
            let told = spread(&buckets, f64::NAN, 1.0).count();
            prop_assert!((told - sum).abs() < 1e-6 * sum.max(1.0), "{} of {}", told, sum);
        }
    }
}

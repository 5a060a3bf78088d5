//! The stress test: whether what is steady at its beginning still is at its end.
//!
//! Pure. The slope is Theil and Sen's (the median of the slopes of all pairs), which a few outliers do not move; that
//! there is a trend at all is Mann and Kendall's test, which asks only whether later is higher more often than chance
//! would have it.

use serde::{Deserialize, Serialize};

/// How a series moved over the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    pub name: String,
    pub unit: String,
    /// On the line, at the beginning and at the end.
    pub from: f64,
    pub to: f64,
    pub per_hour: f64,
    /// A trend, and one that matters.
    pub rises: bool,
}

/// Fewer points show no trend.
pub const POINTS_MIN: usize = 12;
/// All pairs are looked at: the points are thinned to so many first.
const POINTS_MAX: usize = 400;
/// Deviations of Mann and Kendall's statistic: one false alarm in some 700.
const SURE: f64 = 3.0;
/// Less than so much of where it began is no matter.
const MATTERS: f64 = 0.1;

/// A run settles before it is steady: caches fill, and connections are kept that were not there. So much of it, from its
/// beginning, says nothing of the hours after it; what leaks goes on leaking. Where fewer points than these would be left,
/// there is nothing to spare: the whole run is looked at.
const SETTLING: f64 = 1.0 / 3.0;
const SETTLED_MIN: usize = 60;

/// `points` are (seconds, value), in order of time. A rise of less than `least` matters to nobody, whatever its share: a
/// few connections more are a few descriptors more.
pub fn drift(name: &str, unit: &str, least: f64, points: &[(f64, f64)]) -> Option<Drift> {
    let (first, last) = (points.first()?.0, points.last()?.0);
    let settled = first + SETTLING * (last - first);
    let rest = &points[points.partition_point(|(at, _)| *at < settled)..];
    let points = if rest.len() < SETTLED_MIN { points } else { rest };
    if points.len() < POINTS_MIN {
        return None;
    }
    let every = points.len().div_ceil(POINTS_MAX);
    let points: Vec<_> = points.iter().copied().step_by(every).collect();
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    let mut rises = 0_i64;
    for (at, one) in points.iter().enumerate() {
        for other in &points[at + 1..] {
            if other.0 > one.0 {
                slopes.push((other.1 - one.1) / (other.0 - one.0));
                rises += (other.1 - one.1).partial_cmp(&0.0).map_or(0, |order| order as i64);
            }
        }
    }
    let slope = median(&mut slopes)?;
    let mut rests: Vec<_> = points.iter().map(|(at, value)| value - slope * at).collect();
    let base = median(&mut rests)?;
    let (from, to) = (base + slope * points[0].0, base + slope * points[points.len() - 1].0);
    let count = points.len() as f64;
    let deviation = (count * (count - 1.0) * (2.0 * count + 5.0) / 18.0).sqrt();
    let sure = (rises as f64).abs() / deviation > SURE;
    let matters = to - from > (MATTERS * from.abs()).max(least).max(f64::MIN_POSITIVE);
    let (name, unit) = (name.to_owned(), unit.to_owned());
    Some(Drift { name, unit, from, to, per_hour: slope * 3_600.0, rises: sure && matters })
}

fn median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    let (_, value, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    Some(*value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(of: impl Fn(f64, f64) -> f64) -> Vec<(f64, f64)> {
        let mut dice = fastrand::Rng::with_seed(3);
        (0..300).map(|at| (f64::from(at) * 10.0, of(f64::from(at) * 10.0, dice.f64()))).collect()
    }

    #[test]
    fn a_leak_is_seen_through_noise_and_outliers() {
        let leak = series(|at, noise| {
            let outlier = if noise > 0.97 { 900.0 } else { 0.0 };
            200.0 + at * 0.02 + noise * 20.0 + outlier
        });
        let found = drift("memory", "MB", 0.0, &leak).expect("points enough");
        assert!(found.rises, "{found:?}");
        assert!((found.per_hour - 72.0).abs() < 8.0, "{found:?}");
    }

    #[test]
    fn noise_and_what_falls_are_no_drift() {
        let still = drift("memory", "MB", 0.0, &series(|_, noise| 200.0 + noise * 50.0)).expect("points enough");
        assert!(!still.rises, "{still:?}");
        let falls = drift("memory", "MB", 0.0, &series(|at, noise| 500.0 - at * 0.05 + noise)).expect("points enough");
        assert!(!falls.rises && falls.per_hour < 0.0, "{falls:?}");
        let little = drift("memory", "MB", 0.0, &series(|at, _| 200.0 + at * 0.001)).expect("points enough");
        assert!(!little.rises, "a sure trend of 1.5 % is no matter: {little:?}");
        let few = drift("files", "descriptors", 16.0, &series(|at, _| 10.0 + at * 0.002)).expect("points enough");
        assert!(!few.rises, "six descriptors more are some connections: {few:?}");
        assert_eq!(drift("memory", "MB", 0.0, &[(0.0, 1.0), (1.0, 2.0)]), None);
    }

    #[test]
    fn what_grows_only_until_it_is_warm_is_no_drift() {
        let warms = |at: f64, noise: f64| 10.0 + 90.0 * (at / 900.0).min(1.0) + noise;
        let warm = drift("files", "descriptors", 16.0, &series(warms)).expect("points enough");
        assert!(!warm.rises, "{warm:?}");
        let leaks = drift("files", "descriptors", 16.0, &series(|at, noise| warms(at, noise) + at * 0.02));
        assert!(leaks.as_ref().is_some_and(|leak| leak.rises), "{leaks:?}");
    }
}

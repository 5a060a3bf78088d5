//! How fast the bucket is being emptied, from the last hour of use, with an interval.
//!
//! A forecast needs the *mean* use, for the bucket integrates: a load that alternates drains as its mean does, and a
//! median would see one half of it. What must be robust is the choice of the window. So the hour is split where the
//! load changed for good (one change, and at least 15 minutes since), and only what came after it counts; a load that
//! swings to and fro shows no such change, and the whole hour counts.

/// Longest window, in slots of five minutes.
pub(super) const SLOTS_MAX: usize = 12;
pub(super) const SLOT_MIN: f64 = 5.0;
/// Fewest slots after a change that are believed: 15 minutes.
const SETTLED: usize = 3;
/// A split is believed if it explains all but this share of what the hour's mean leaves unexplained.
const UNEXPLAINED_MAX: f64 = 0.3;
/// A change by less than this share of the machine is none.
const CHANGE_MIN: f64 = 0.02;
/// Half an interval of 90 % in standard errors.
const NINETY: f64 = 1.645;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Use {
    /// Per minute, in the bucket's unit.
    pub likely: f64,
    pub low: f64,
    pub high: f64,
    /// The highest slot of the hour.
    pub peak: f64,
    /// How long this has been so.
    pub over_min: f64,
}

/// `slots` holds the mean use of each five minutes, oldest first, gaps left out; `width` is the most there can be.
pub fn estimate(slots: &[f64], width: f64) -> Option<Use> {
    let slots = &slots[slots.len().saturating_sub(SLOTS_MAX)..];
    let whole = Part::of(slots)?;
    let since = changed(slots, whole, CHANGE_MIN * width).unwrap_or(0);
    let part = Part::of(&slots[since..])?;
    let error = part.error(width);
    let at_least = |value: f64| value.max(0.0);
    Some(Use {
        likely: at_least(part.mean),
        low: at_least(part.mean - error),
        high: at_least(part.mean + error).min(width.max(part.mean)),
        peak: slots.iter().copied().fold(0.0, f64::max),
        over_min: part.count * SLOT_MIN,
    })
}

/// Where the load changed for good.
fn changed(slots: &[f64], whole: Part, by_at_least: f64) -> Option<usize> {
    let mut best = (whole.scatter * UNEXPLAINED_MAX, None);
    for at in 1..=slots.len().checked_sub(SETTLED)? {
        let (Some(before), Some(after)) = (Part::of(&slots[..at]), Part::of(&slots[at..])) else { continue };
        let left = before.scatter + after.scatter;
        if left < best.0 && (after.mean - before.mean).abs() >= by_at_least {
            best = (left, Some(at));
        }
    }
    best.1
}

#[derive(Clone, Copy)]
struct Part {
    count: f64,
    mean: f64,
    /// The sum of squares about the mean.
    scatter: f64,
}

impl Part {
    fn of(slots: &[f64]) -> Option<Self> {
        if slots.is_empty() {
            return None;
        }
        let count = slots.len() as f64;
        let mean = slots.iter().sum::<f64>() / count;
        let scatter = slots.iter().map(|used| (used - mean).powi(2)).sum();
        Some(Self { count, mean, scatter })
    }

    /// Half the width of the interval. Neighbouring slots resemble each other, so that two count as one; with fewer
    /// than three nothing is known but that the use lies somewhere between nothing and everything.
    fn error(self, width: f64) -> f64 {
        if self.count < 3.0 {
            return width / 2.0;
        }
        let deviation = (self.scatter / (self.count - 1.0)).sqrt();
        let independent = (self.count / 2.0).max(1.0);
        (NINETY * deviation / independent.sqrt()).max(self.mean * 0.02)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likely(slots: &[f64]) -> (f64, f64) {
        let used = estimate(slots, 2.0).unwrap();
        assert!(used.low <= used.likely && used.likely <= used.high, "{used:?}");
        (used.likely, used.over_min)
    }

    #[test]
    fn a_steady_load_is_its_own_mean() {
        assert_eq!(likely(&[0.5; 12]), (0.5, 60.0));
        assert_eq!(likely(&[0.5; 30]), (0.5, 60.0));
        assert_eq!(likely(&[0.5]), (0.5, 5.0));
        assert_eq!(estimate(&[], 2.0), None);
    }

    #[test]
    fn after_a_change_for_good_only_what_came_after_counts() {
        let mut slots = vec![0.1; 9];
        slots.extend([2.0; 3]);
        assert_eq!(likely(&slots), (2.0, 15.0));
        slots.reverse();
        assert!((likely(&slots).0 - 0.1).abs() < 1e-9);
    }

    #[test]
    fn a_short_spike_is_diluted_by_the_hour() {
        let mut slots = vec![0.1; 11];
        slots.push(2.0);
        assert!(likely(&slots).0 < 0.3);
    }

    #[test]
    fn a_load_that_swings_counts_as_its_mean() {
        let slots: Vec<f64> = (0..12).map(|slot| if slot % 4 < 2 { 2.0 } else { 0.0 }).collect();
        assert_eq!(likely(&slots), (1.0, 60.0));
    }
}

//! Points of one series at one period, with honest gaps.
//!
//! A gap is not a zero and not a recovery: it is the absence of knowledge. Held as NaN inside, so that ten million
//! points fit in cache lines, and never shown as a number outside.

/// Seconds since the epoch. The caller's clock, never ours.
pub type Time = i64;

#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    start: Time,
    period_s: u32,
    values: Vec<f64>,
}

impl Points {
    /// `start` is the beginning of the first period. NaN and infinities become gaps.
    pub fn new(start: Time, period_s: u32, values: impl IntoIterator<Item = f64>) -> Self {
        let values = values.into_iter().map(|v| if v.is_finite() { v } else { f64::NAN }).collect();
        Self { start, period_s: period_s.max(1), values }
    }

    /// From pairs in any order, with duplicates: the later of two for one period wins.
    pub fn from_pairs(period_s: u32, pairs: &[(Time, f64)]) -> Self {
        let period = Time::from(period_s.max(1));
        let slots = pairs.iter().filter(|(_, v)| v.is_finite()).map(|(at, _)| at.div_euclid(period));
        let (Some(first), Some(last)) = (slots.clone().min(), slots.max()) else {
            return Self::new(0, period_s, []);
        };
        let length = usize::try_from(last - first + 1).unwrap_or(0).min(POINTS_MAX);
        let from = last - length as Time + 1;
        let mut values = vec![f64::NAN; length];
        for (at, value) in pairs.iter().filter(|(_, v)| v.is_finite()) {
            if let Ok(slot) = usize::try_from(at.div_euclid(period) - from) {
                values[slot] = *value;
            }
        }
        Self { start: from * period, period_s: period_s.max(1), values }
    }

    pub fn start(&self) -> Time {
        self.start
    }

    pub fn period_s(&self) -> u32 {
        self.period_s
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The end of the last period: the first moment not covered.
    pub fn end(&self) -> Time {
        self.start + self.values.len() as Time * Time::from(self.period_s)
    }

    /// The value of a slot, `None` for a gap or outside.
    pub fn at(&self, slot: usize) -> Option<f64> {
        self.values.get(slot).copied().filter(|v| !v.is_nan())
    }

    /// Every slot in order of time, gaps included.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Option<f64>> + ExactSizeIterator {
        self.values.iter().map(|v| (!v.is_nan()).then_some(*v))
    }

    /// The real points in order of time, gaps skipped, each with the beginning of its period.
    pub fn real(&self) -> impl DoubleEndedIterator<Item = (Time, f64)> {
        let (start, period) = (self.start, Time::from(self.period_s));
        let slots = self.values.iter().enumerate().filter(|(_, v)| !v.is_nan());
        slots.map(move |(slot, v)| (start + slot as Time * period, *v))
    }

    /// The raw slots, NaN for a gap: for judges whose inner loop must be fast.
    pub fn raw(&self) -> &[f64] {
        &self.values
    }
}

/// The longest dense run built from pairs: 455 days of minutes, the longest that CloudWatch keeps anything.
/// A stray timestamp of 1970 must not allocate a century.
pub const POINTS_MAX: usize = 455 * 24 * 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_in_any_order_with_gaps_and_duplicates() {
        let points = Points::from_pairs(60, &[(180, 3.0), (0, 0.0), (61, f64::NAN), (185, 4.0)]);
        assert_eq!(points.iter().collect::<Vec<_>>(), [Some(0.0), None, None, Some(4.0)]);
        assert_eq!((points.start(), points.end()), (0, 240));
        assert_eq!(points.real().collect::<Vec<_>>(), [(0, 0.0), (180, 4.0)]);
    }

    #[test]
    fn a_stray_time_does_not_allocate_a_century() {
        let points = Points::from_pairs(60, &[(0, 1.0), (4_000_000_000, 2.0)]);
        assert_eq!(points.len(), POINTS_MAX);
        assert_eq!(points.at(POINTS_MAX - 1), Some(2.0));
    }
}

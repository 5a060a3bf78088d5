//! Points of one series at one period, with honest gaps.
//!
//! A gap is not a zero and not a recovery: it is the absence of knowledge. Held as NaN inside, so that ten million
//! points fit in cache lines, and never shown as a number outside.

/// Seconds since the epoch. The caller's clock, never ours.
pub type Time = i64;

/// No time is further from the epoch: some 35 million years. Sums of times and periods cannot overflow within it.
pub const TIME_MAX: Time = 1 << 50;

/// No value is further from nothing: 2^360, as in `CloudWatch` (facts/cloudwatch.md, PutMetricData). Squares and sums
/// of such values are still numbers.
pub const VALUE_MAX: f64 = f64::from_bits((1_023 + 360) << 52);

/// A value that can be judged, or NaN: infinities and what no metric can hold are gaps.
fn known(value: f64) -> f64 {
    if value.abs() <= VALUE_MAX { value } else { f64::NAN }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    start: Time,
    period_s: u32,
    values: Vec<f64>,
}

impl Points {
    /// `start` is the beginning of the first period. NaN, infinities and what is beyond `VALUE_MAX` become gaps.
    pub fn new(start: Time, period_s: u32, values: impl IntoIterator<Item = f64>) -> Self {
        let values = values.into_iter().map(known).collect();
        Self { start: start.clamp(-TIME_MAX, TIME_MAX), period_s: period_s.max(1), values }
    }

    /// From pairs in any order, with duplicates: the later of two for one period wins.
    pub fn from_pairs(period_s: u32, pairs: &[(Time, f64)]) -> Self {
        let period = Time::from(period_s.max(1));
        let real = pairs.iter().filter(|(at, v)| !known(*v).is_nan() && (-TIME_MAX..=TIME_MAX).contains(at));
        let slots = real.clone().map(|(at, _)| at.div_euclid(period));
        let (Some(first), Some(last)) = (slots.clone().min(), slots.max()) else {
            return Self::new(0, period_s, []);
        };
        let length = usize::try_from(last - first + 1).unwrap_or(POINTS_MAX).min(POINTS_MAX);
        let from = last - length as Time + 1;
        let mut values = vec![f64::NAN; length];
        for (at, value) in real {
            if let Ok(slot) = usize::try_from(at.div_euclid(period) - from) {
                values[slot] = *value;
            }
        }
        Self { start: from * period, period_s: period_s.max(1), values }
    }

    /// All of it, to be read.
    #[inline]
    pub fn view(&self) -> View<'_> {
        View { start: self.start, period_s: self.period_s, values: &self.values }
    }

    #[inline]
    pub fn start(&self) -> Time {
        self.start
    }

    #[inline]
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
        self.view().end()
    }

    /// The value of a slot, `None` for a gap or outside.
    pub fn at(&self, slot: usize) -> Option<f64> {
        self.view().at(slot)
    }

    /// Every slot in order of time, gaps included.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Option<f64>> + ExactSizeIterator {
        self.view().iter()
    }

    /// The real points in order of time, gaps skipped, each with the beginning of its period.
    #[inline]
    pub fn real(&self) -> impl DoubleEndedIterator<Item = (Time, f64)> {
        self.view().real()
    }

    /// The raw slots, NaN for a gap: for judges whose inner loop must be fast.
    #[inline]
    pub fn raw(&self) -> &[f64] {
        &self.values
    }
}

/// Some points of a series, borrowed: what a judge sees. Costs nothing to narrow, so that a backtest of a month can
/// show a judge each minute of it in turn.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    start: Time,
    period_s: u32,
    values: &'a [f64],
}

impl<'a> View<'a> {
    pub fn empty(period_s: u32) -> Self {
        Self { start: 0, period_s: period_s.max(1), values: &[] }
    }

    #[inline]
    pub fn start(&self) -> Time {
        self.start
    }

    #[inline]
    pub fn period_s(&self) -> u32 {
        self.period_s
    }

    #[inline]
    fn period(&self) -> Time {
        Time::from(self.period_s)
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub fn end(&self) -> Time {
        self.start.saturating_add((self.values.len() as Time).saturating_mul(self.period()))
    }

    pub fn at(&self, slot: usize) -> Option<f64> {
        self.values.get(slot).copied().filter(|v| !v.is_nan())
    }

    /// The value of the period that begins at or before `time` and holds it.
    #[inline]
    pub fn when(&self, time: Time) -> Option<f64> {
        let slot = time.checked_sub(self.start)?.div_euclid(self.period());
        self.at(usize::try_from(slot).ok()?)
    }

    pub fn iter(self) -> impl DoubleEndedIterator<Item = Option<f64>> + ExactSizeIterator + use<'a> {
        self.values.iter().map(|v| (!v.is_nan()).then_some(*v))
    }

    #[inline]
    pub fn real(self) -> impl DoubleEndedIterator<Item = (Time, f64)> + use<'a> {
        let (start, period) = (self.start, self.period());
        let slots = self.values.iter().enumerate().filter(|(_, v)| !v.is_nan());
        slots.map(move |(slot, v)| (start + slot as Time * period, *v))
    }

    /// The newest real point, with the beginning of its period.
    #[inline]
    pub fn newest(self) -> Option<(Time, f64)> {
        self.real().next_back()
    }

    /// The raw slots, NaN for a gap.
    #[inline]
    pub fn raw(self) -> &'a [f64] {
        self.values
    }

    /// How many periods ended by `now`, of all that are held.
    #[inline]
    fn whole(&self, now: Time) -> usize {
        // Mostly nothing is of the future; that is told without a division.
        if now >= self.end() {
            return self.values.len();
        }
        let slots = now.saturating_sub(self.start).div_euclid(self.period());
        usize::try_from(slots.max(0)).map_or(self.values.len(), |slots| slots.min(self.values.len()))
    }

    /// The periods that had ended by `now`: what could be known then, if nothing came late.
    #[must_use]
    #[inline]
    pub fn until(self, now: Time) -> Self {
        Self { values: &self.values[..self.whole(now)], ..self }
    }

    /// The periods that begin at or after `time`.
    #[must_use]
    #[inline]
    pub fn since(self, time: Time) -> Self {
        let period = self.period();
        let skip = time.saturating_sub(self.start).saturating_add(period - 1).div_euclid(period).max(0);
        let skip = usize::try_from(skip).map_or(self.values.len(), |skip| skip.min(self.values.len()));
        Self { start: self.start + skip as Time * period, values: &self.values[skip..], ..self }
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

    #[test]
    fn times_at_the_ends_of_the_world_do_not_overflow() {
        assert!(Points::from_pairs(60, &[(Time::MIN, 1.0), (Time::MAX, 2.0)]).is_empty());
        let points = Points::new(Time::MAX, u32::MAX, [1.0, 2.0]);
        assert_eq!(points.real().count(), 2);
        for now in [Time::MIN, 0, Time::MAX] {
            assert!(points.view().until(now).since(now).len() <= points.len());
            let _ = points.view().when(now);
        }
    }

    #[test]
    fn what_no_metric_can_hold_is_a_gap() {
        assert_eq!(VALUE_MAX, 2.0_f64.powi(360));
        let values = [VALUE_MAX, -VALUE_MAX, 1e109, f64::INFINITY, f64::NAN];
        let expect = [Some(VALUE_MAX), Some(-VALUE_MAX), None, None, None];
        assert_eq!(Points::new(0, 60, values).iter().collect::<Vec<_>>(), expect);
        let pairs: Vec<_> = (0..).map(|at| at * 60).zip(values).collect();
        assert_eq!(Points::from_pairs(60, &pairs).len(), 2);
    }

    #[test]
    fn a_view_narrows_to_whole_periods() {
        let points = Points::new(600, 60, [1.0, 2.0, 3.0, 4.0]);
        let view = points.view();
        assert_eq!(view.until(779).raw(), [1.0, 2.0]);
        assert_eq!(view.until(780).raw(), [1.0, 2.0, 3.0]);
        assert_eq!(view.since(601).raw(), [2.0, 3.0, 4.0]);
        assert_eq!(view.since(660).start(), 660);
        assert_eq!(view.since(9_999).len() + view.until(0).len(), 0);
        assert_eq!((view.when(719), view.when(840)), (Some(2.0), None));
    }
}

//! What is usual for one series: a level, the shape of its day, its scatter, and the range of its last week.
//!
//! Every update is clipped (a wild point moves the level as little as one three scatters off), so that an anomaly does
//! not teach the model to expect it; what stays for days becomes usual all the same, for the scatter grows under it.
//! The model holds no points. It works at any period; gaps teach nothing.

use serde::{Deserialize, Serialize};

use crate::points::Time;

/// Hours of the day.
const BINS: usize = 24;
const BIN_S: Time = 3_600;
const DAY_S: f64 = 86_400.0;
/// The days whose range counts, and today.
const RANGE_DAYS: usize = 7;
/// How long the slow and the quick level remember.
const SLOW_S: f64 = 24.0 * 3_600.0;
const QUICK_S: f64 = 6.0 * 3_600.0;
/// How long the scatter remembers, and in days the shape of the day.
const SCATTER_S: f64 = 7.0 * DAY_S;
const SHAPE_DAYS: f64 = 7.0;
/// Residuals are clipped at so many scatters where they teach the level, and where they teach the scatter.
const LEVEL_CLIP: f64 = 3.0;
const SCATTER_CLIP: f64 = 4.0;
/// The scatter of an hour of the day is never taken for less than this share of the whole one.
const QUIET_HOUR: f64 = 0.25;
/// Nothing is said before this many points, and a day.
const POINTS_MIN: f64 = 20.0;

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Model {
    seen: f64,
    slow: Tracked,
    quick: Tracked,
    shape: [f32; BINS],
    scatter_of_hour: [f32; BINS],
    taught: [u16; BINS],
    day: Time,
    /// Lowest and highest of today, yesterday, ...; nothing seen where the lowest is above the highest.
    lows: [f32; RANGE_DAYS + 1],
    highs: [f32; RANGE_DAYS + 1],
}

/// A level with the usual distance from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Tracked {
    level: f64,
    scatter: f64,
}

/// How a period weighs: computed once, used for each point of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rates {
    period_s: f64,
    slow: f64,
    quick: f64,
    scatter: f64,
    per_bin: f64,
}

impl Rates {
    pub(super) fn of(period_s: u32) -> Self {
        let period_s = f64::from(period_s.max(1));
        let rate = |memory_s: f64| 1.0 - (-period_s / memory_s).exp();
        let per_bin = (BIN_S as f64 / period_s).max(1.0);
        Self { period_s, slow: rate(SLOW_S), quick: rate(QUICK_S), scatter: rate(SCATTER_S), per_bin }
    }
}

/// How far one point is from what is usual.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Distance {
    /// From the level and the shape of the day, in scatters of that hour.
    pub(super) season: f64,
    /// From the level of the last hours, in scatters.
    pub(super) jump: f64,
    /// Beyond the range of the last week, in usual ranges of a day.
    pub(super) range: f64,
    pub(super) expected: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// The range of the days before today, which is the same all day long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Week {
    low: f32,
    high: f32,
    /// The mean range of a day; nothing where no day was seen.
    width: Option<f64>,
}

/// Half the bytes; never an infinity, which no memory could hold.
fn single(value: f64) -> f32 {
    value.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32
}

impl Tracked {
    fn learn(&mut self, residual: f64, rate: f64, scatter_rate: f64, warm: bool) -> f64 {
        let clip = |times: f64| {
            let most = times * self.scatter;
            if warm && self.scatter > 0.0 { residual.clamp(-most, most) } else { residual }
        };
        let (by, distance) = (clip(LEVEL_CLIP), clip(SCATTER_CLIP).abs());
        self.level += rate * by;
        self.scatter += scatter_rate * (distance - self.scatter);
        by
    }
}

impl Model {
    /// Measures a point by what was learnt before it, and learns it. `None` while it is too young to say.
    pub(super) fn take(&mut self, at: Time, value: f64, rates: &Rates, week: &mut Week) -> Option<Distance> {
        if self.turn(at) {
            *week = self.week();
        }
        if self.seen == 0.0 {
            (self.slow.level, self.quick.level) = (value, value);
        }
        self.seen += 1.0;
        let bin = (at.rem_euclid(BINS as Time * BIN_S) / BIN_S) as usize;
        let expected = self.slow.level + f64::from(self.shape[bin]);
        let (slow, quick) = (value - expected, value - self.quick.level);
        let warm = self.seen * rates.period_s > DAY_S && self.seen > POINTS_MIN;
        let distance = warm.then(|| self.measure(bin, value, expected, week));
        self.learn(bin, slow, quick, warm, rates);
        self.lows[0] = self.lows[0].min(single(value));
        self.highs[0] = self.highs[0].max(single(value));
        distance
    }

    fn measure(&self, bin: usize, value: f64, expected: f64, week: &Week) -> Distance {
        // A scatter of nothing (a series that never moved) makes any move a large one, but not an infinite one.
        let least = 1e-9 * self.slow.level.abs() + 1e-12;
        let whole = self.slow.scatter;
        let of_hour = f64::from(self.scatter_of_hour[bin]).max(QUIET_HOUR * whole);
        let scatter = if self.taught[bin] > 3 { (whole * of_hour).sqrt() } else { whole };
        let (low, high) = (f64::from(week.low.min(self.lows[0])), f64::from(week.high.max(self.highs[0])));
        let beyond = (value - high).max(low - value).max(0.0);
        Distance {
            season: (value - expected).abs() / (scatter + least),
            jump: (value - self.quick.level).abs() / (self.quick.scatter + least),
            range: week.width.map_or(0.0, |width| beyond / (width + least)),
            expected,
            low,
            high,
        }
    }

    fn learn(&mut self, bin: usize, slow: f64, quick: f64, warm: bool, rates: &Rates) {
        // In the beginning each point weighs as one of those seen.
        let young = 1.0 / self.seen;
        let scatter_rate = rates.scatter.max(young);
        let before = self.slow.scatter;
        let by = self.slow.learn(slow, rates.slow.max(young), scatter_rate, warm);
        self.quick.learn(quick, rates.quick.max(young), scatter_rate, warm);
        self.taught[bin] = self.taught[bin].saturating_add(1);
        let taught = f64::from(self.taught[bin]);
        let of_shape = 1.0 / (SHAPE_DAYS * rates.per_bin);
        let of_level = of_shape.max(1.0 / (taught + 1.0)) * (1.0 - rates.slow.max(young));
        self.shape[bin] = single(f64::from(self.shape[bin]) + of_level * by);
        let distance = slow.abs().min(SCATTER_CLIP * before.max(self.slow.scatter));
        let of_hour = f64::from(self.scatter_of_hour[bin]);
        self.scatter_of_hour[bin] = single(of_hour + of_shape.max(1.0 / taught) * (distance - of_hour));
    }

    /// What it takes to measure many points of a day without looking at each day of the week for each.
    pub(super) fn week(&self) -> Week {
        let (mut week, mut widths, mut days) = (Week { low: f32::MAX, high: f32::MIN, width: None }, 0.0, 0.0);
        for (low, high) in self.lows.iter().zip(&self.highs).skip(1).filter(|(low, high)| low <= high) {
            week.low = week.low.min(*low);
            week.high = week.high.max(*high);
            widths += f64::from(*high) - f64::from(*low);
            days += 1.0;
        }
        week.width = (days > 0.0).then(|| widths / days);
        week
    }

    /// Turns the days of the range; tells whether another day has begun.
    fn turn(&mut self, at: Time) -> bool {
        let day = at.div_euclid(DAY_S as Time);
        let turns = if self.seen == 0.0 { RANGE_DAYS as Time + 1 } else { day - self.day };
        if turns > 0 {
            let turns = turns.min(RANGE_DAYS as Time + 1) as usize;
            self.lows.rotate_right(turns);
            self.highs.rotate_right(turns);
            self.lows[..turns].fill(f32::MAX);
            self.highs[..turns].fill(f32::MIN);
            self.day = day;
        }
        turns > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_series_is_under_half_a_kilobyte() {
        assert!(size_of::<Model>() <= 512, "{}", size_of::<Model>());
    }

    #[test]
    fn a_day_repeated_is_usual_and_a_point_out_of_it_is_not() {
        let (mut model, rates) = (Model::default(), Rates::of(300));
        let mut week = model.week();
        let day = |slot: i64| 100.0 + 50.0 * (std::f64::consts::TAU * slot as f64 / 288.0).sin() + (slot % 7) as f64;
        let mut far: f64 = 0.0;
        for slot in 0..(14 * 288) {
            let distance = model.take(slot * 300, day(slot), &rates, &mut week);
            if slot > 7 * 288 {
                far = far.max(distance.map_or(0.0, |distance| distance.season));
            }
        }
        assert!(far < 4.0, "{far}");
        let at = 14 * 288;
        let dropped = model.take(at * 300, 0.0, &rates, &mut week).unwrap();
        assert!(dropped.season > 10.0 && dropped.range > 0.25, "{dropped:?}");
    }

    #[test]
    fn a_constant_series_that_moves_is_told_and_the_young_say_nothing() {
        let (mut model, rates) = (Model::default(), Rates::of(60));
        let mut week = model.week();
        for minute in 0..1_440 {
            assert_eq!(model.take(minute * 60, 5.0, &rates, &mut week), None);
        }
        assert_eq!(model.take(1_440 * 60, 5.0, &rates, &mut week).map(|distance| distance.season), Some(0.0));
        assert!(model.take(1_441 * 60, 6.0, &rates, &mut week).unwrap().season.is_finite());
    }
}

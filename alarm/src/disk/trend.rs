//! The slope of the days, as Theil and Sen take it: the median of the slopes of all pairs of days.
//!
//! A quarter of the days may be wild (a dump, a large deploy) and the slope stays; the quartiles of the same slopes
//! are its interval. The pairs of the daily maxima and those of the daily minima are taken together: what fills raises
//! both, while what comes and goes moves the peaks alone.

use serde::{Deserialize, Serialize};

/// Days that are looked at.
pub(super) const DAYS: usize = 14;
/// Fewest days that make a trend.
pub(super) const DAYS_MIN: usize = 4;
const PAIRS_MAX: usize = DAYS * (DAYS - 1);

/// Points (of percent) a day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    pub per_day: f64,
    pub low: f64,
    pub high: f64,
    /// Where the line stands at the end of the newest day.
    pub level: f64,
    /// Days that it rests on.
    pub days: u8,
}

/// `maxima[0]` and `minima[0]` are of the newest day.
pub fn trend(maxima: &[Option<f64>], minima: &[Option<f64>]) -> Option<Trend> {
    let maxima = &maxima[..maxima.len().min(DAYS)];
    let minima = &minima[..minima.len().min(DAYS)];
    let days = maxima.iter().flatten().count();
    if days < DAYS_MIN {
        return None;
    }
    let mut slopes = Slopes { of: [0.0; PAIRS_MAX], count: 0 };
    slopes.add(maxima);
    slopes.add(minima);
    let slopes = &mut slopes.of[..slopes.count];
    slopes.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| slopes[((slopes.len() - 1) as f64 * share).round() as usize];
    let per_day = at(0.5);
    let level = level(maxima, per_day);
    Some(Trend { per_day, low: at(0.25), high: at(0.75), level, days: days as u8 })
}

struct Slopes {
    of: [f64; PAIRS_MAX],
    count: usize,
}

impl Slopes {
    fn add(&mut self, days: &[Option<f64>]) {
        for (age, newer) in days.iter().enumerate() {
            for (older_age, older) in days.iter().enumerate().skip(age + 1) {
                if let (Some(newer), Some(older)) = (newer, older) {
                    self.of[self.count] = (newer - older) / (older_age - age) as f64;
                    self.count += 1;
                }
            }
        }
    }
}

/// The median of where each day says that the line stands: one wild day does not move it.
fn level(maxima: &[Option<f64>], per_day: f64) -> f64 {
    let mut levels = [0.0; DAYS];
    let mut count = 0;
    for (age, max) in maxima.iter().enumerate() {
        if let Some(max) = max {
            levels[count] = max + per_day * age as f64;
            count += 1;
        }
    }
    let levels = &mut levels[..count];
    levels.sort_unstable_by(f64::total_cmp);
    levels[count / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_slope_whatever_a_few_days_do() {
        let mut maxima: Vec<Option<f64>> = (0..14).map(|age| Some(80.0 - 0.5 * f64::from(age))).collect();
        maxima[2] = Some(95.0);
        maxima[9] = Some(99.0);
        maxima[5] = None;
        let found = trend(&maxima, &[]).unwrap();
        assert!((found.per_day - 0.5).abs() < 0.05 && found.low <= found.per_day && found.high >= found.per_day);
        assert_eq!(found.days, 13);
    }

    #[test]
    fn three_days_are_no_trend() {
        assert_eq!(trend(&[Some(1.0), None, Some(2.0), Some(3.0)], &[]), None);
        assert_eq!(trend(&[], &[]), None);
    }
}

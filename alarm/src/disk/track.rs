//! What is kept of one disk: quarters of an hour for six hours, largest rises for nine days, daily maxima for 14.
//!
//! Whole quarters are taken in once they are past (and a little more, for points that come late); the points since are
//! read again at each step. So what is remembered changes four times an hour, not with every point, and is the same
//! whether the points come by the minute or every five.

use serde::{Deserialize, Serialize};

use super::kept::Ring;
use super::trend::{DAYS, Trend, trend};
use crate::points::{Time, View};

pub(super) const SLOT_S: Time = 15 * 60;
/// A quarter is closed when this long past: later points of it are not seen.
pub(super) const LATE_S: Time = 5 * 60;
const DAY_S: Time = 86_400;
/// A rise is kept as the largest of six hours.
const BUCKET_S: Time = 6 * 3_600;
/// Nine days: a job of each Sunday is still known when it runs again.
const BUCKETS: usize = 9 * 4;
/// Windows over which rises are compared, in quarters: half an hour, two hours, six hours.
pub(super) const WINDOWS: [usize; 3] = [2, 8, 24];
const SLOTS: usize = 24;
/// A level that rose by less in two hours stands still: what rose before is over and is past.
const STILL: f64 = 0.5;

/// With fewer days no day can be told to be wild.
const DAYS_TO_KNOW_WILD: usize = 6;

/// The largest rise over each of `WINDOWS`.
pub(super) type Rises = [f64; 3];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Track {
    /// The end of the last quarter taken in; zero before the first.
    pub(super) until: Time,
    /// The end of the first.
    pub(super) born: Time,
    /// When the level last stood still.
    still: Time,
    /// Of each quarter the lowest level and the last.
    lows: Ring<SLOTS>,
    lasts: Ring<SLOTS>,
    rises: [Ring<BUCKETS>; 3],
    /// The first is of the day that runs.
    maxima: Ring<{ DAYS + 1 }>,
    minima: Ring<{ DAYS + 1 }>,
    pub(super) trend: Option<Trend>,
    /// The level that whole days reach, but for the two wildest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    usual_high: Option<f64>,
    /// Largest rises of the past, what rises now left out.
    pub(super) past: Rises,
}

/// What the newest points show, together with what is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Live {
    pub(super) level: f64,
    /// The end of its period.
    pub(super) at: Time,
    pub(super) rises: Rises,
    /// Points an hour over the last half hour or so, and over two hours; `None` where nothing was seen so long ago.
    pub(super) per_hour_recent: Option<f64>,
    pub(super) per_hour_long: Option<f64>,
    pub(super) six_hours_ago: Option<f64>,
    /// Of today and yesterday: a day that has just begun has seen little.
    pub(super) two_days_max: f64,
}

impl Track {
    /// Takes in each quarter that is past, and tells what the points since show.
    pub(super) fn follow(&mut self, view: View<'_>, now: Time) -> Option<Live> {
        if self.until > now.saturating_add(DAY_S) {
            // The clock was far ahead, and what was remembered lies in the future.
            *self = Self::default();
        }
        let closed = now.saturating_sub(LATE_S).div_euclid(SLOT_S) * SLOT_S;
        let period = Time::from(view.period_s());
        let mut open = Quarter::default();
        let (from, mut at) = (view.since(self.until), self.until);
        for (slot, value) in from.raw().iter().enumerate() {
            if value.is_nan() {
                continue;
            }
            let time = from.start() + slot as Time * period;
            let quarter = time.div_euclid(SLOT_S) * SLOT_S + SLOT_S;
            if quarter > at {
                self.close(at, &open, closed);
                (open, at) = (Quarter::default(), quarter);
            }
            open.add(value.clamp(0.0, 100.0), time + period);
        }
        if at <= closed {
            self.close(at, &open, closed);
            open = Quarter::default();
        }
        self.live(&open)
    }

    fn close(&mut self, end: Time, quarter: &Quarter, closed: Time) {
        if quarter.count == 0 || end > closed || end <= self.until {
            return;
        }
        self.advance(end);
        for (window, slots) in WINDOWS.iter().enumerate() {
            let low = self.lows.low(*slots).map_or(quarter.low, |low| low.min(quarter.low));
            self.rises[window].raise_newest(quarter.high - low);
        }
        self.lows.set_newest(quarter.low);
        self.lasts.set_newest(quarter.last);
        self.maxima.raise_newest(quarter.high);
        self.minima.lower_newest(quarter.low);
        if self.lows.low(WINDOWS[1]).is_none_or(|low| quarter.last <= low + STILL) {
            self.still = end;
        }
    }

    /// Turns the rings to a quarter, a bucket and a day.
    fn advance(&mut self, end: Time) {
        if self.until == 0 {
            (self.born, self.still, self.until) = (end, end, end - SLOT_S);
        }
        let turned = |every: Time| {
            let of = |time: Time| (time - 1).div_euclid(every);
            usize::try_from(of(end) - of(self.until)).unwrap_or(0)
        };
        let (slots, buckets, days) = (turned(SLOT_S), turned(BUCKET_S), turned(DAY_S));
        self.lows.advance(slots);
        self.lasts.advance(slots);
        if buckets > 0 {
            // What is still rising, and what rose less than a bucket ago, is no past to compare with.
            let rising = ((self.until - self.still) / BUCKET_S) as usize;
            for (rises, past) in self.rises.iter_mut().zip(&mut self.past) {
                rises.advance(buckets);
                *past = rises.high_from(rising + 2).unwrap_or(0.0);
            }
        }
        self.maxima.advance(days);
        self.minima.advance(days);
        self.until = end;
        if days > 0 {
            self.learn_days();
        }
    }

    fn live(&self, open: &Quarter) -> Option<Live> {
        let (level, at) = match open.count {
            0 => (self.lasts.get(0)?, self.until),
            _ => (open.last, open.end),
        };
        let rises = WINDOWS.map(|slots| {
            let low = self.lows.low(slots).unwrap_or(level);
            level - if open.count > 0 { low.min(open.low) } else { low }
        });
        let per_hour = |slots: usize| {
            let then = self.until - slots as Time * SLOT_S;
            let hours = (at - then) as f64 / 3_600.0;
            Some((level - self.lasts.get(slots)?) / hours.max(0.1))
        };
        Some(Live {
            level,
            at,
            rises,
            per_hour_recent: per_hour(1).or_else(|| per_hour(2)).or_else(|| per_hour(0)),
            per_hour_long: per_hour(7).or_else(|| per_hour(5)),
            six_hours_ago: self.lasts.get(SLOTS - 1),
            two_days_max: [self.maxima.get(0), self.maxima.get(1)].into_iter().flatten().fold(level, f64::max),
        })
    }

    /// The highest level of a day so many days ago.
    pub(super) fn day(&self, ago: usize) -> Option<f64> {
        self.maxima.get(ago)
    }

    /// The lowest level of yesterday and the day before.
    pub(super) fn low_of_days(&self) -> f64 {
        [self.minima.get(1), self.minima.get(2)].into_iter().flatten().fold(f64::INFINITY, f64::min)
    }

    /// The level that a usual day reaches; of a disk that fills day by day, the level that today is due.
    pub(super) fn usual_high(&self) -> Option<f64> {
        let due = self.trend.filter(|trend| trend.per_day > 0.0).map(|trend| trend.level + trend.per_day);
        match (self.usual_high, due) {
            (Some(usual), Some(due)) => Some(usual.max(due)),
            (usual, due) => usual.or(due),
        }
    }

    pub(super) fn resized(&mut self, factor: f64) {
        self.lows.scale(factor);
        self.lasts.scale(factor);
        self.maxima.scale(factor);
        self.minima.scale(factor);
        for rises in &mut self.rises {
            rises.scale(factor);
        }
        self.past = self.past.map(|past| (past * factor).min(100.0));
        self.learn_days();
    }

    /// From whole days alone.
    fn learn_days(&mut self) {
        let maxima: [Option<f64>; DAYS] = std::array::from_fn(|age| self.maxima.get(age + 1));
        let minima: [Option<f64>; DAYS] = std::array::from_fn(|age| self.minima.get(age + 1));
        self.trend = trend(&maxima, &minima);
        let mut highs = maxima.map(|max| max.unwrap_or(f64::NEG_INFINITY));
        highs.sort_unstable_by(|a, b| b.total_cmp(a));
        let wild = if maxima.iter().flatten().count() < DAYS_TO_KNOW_WILD { 0 } else { 2 };
        self.usual_high = Some(highs[wild]).filter(|high| high.is_finite());
    }
}

/// The points of one quarter of an hour.
#[derive(Clone, Copy, Debug)]
struct Quarter {
    low: f64,
    high: f64,
    last: f64,
    end: Time,
    count: u32,
}

impl Default for Quarter {
    fn default() -> Self {
        Self { low: f64::INFINITY, high: f64::NEG_INFINITY, last: 0.0, end: 0, count: 0 }
    }
}

impl Quarter {
    fn add(&mut self, level: f64, end: Time) {
        self.low = self.low.min(level);
        self.high = self.high.max(level);
        self.last = level;
        self.end = end;
        self.count += 1;
    }
}

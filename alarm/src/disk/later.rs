//! Later: it creeps, and within two weeks it is full.

use super::settings::Settings;
use super::track::{Live, Track};
use super::trend::Trend;

/// What fired clears when it is full in so many times the horizon.
const CLEAR_TIMES: f64 = 1.5;
/// ... or so many points below where a trend begins to matter.
const CLEAR_POINTS: f64 = 5.0;
/// Until a week is known to its end, and a little of the next, a sawtooth of the week looks like a creep: it must be
/// steadier, higher and sooner full.
const YOUNG_DAYS: u8 = 9;
const YOUNG_STEADY: f64 = 0.5;
const YOUNG_POINTS: f64 = 10.0;
const YOUNG_SHARE: f64 = 0.5;
/// The slower quartile of the slopes must have this share of the median: else it is up and down, not up.
const STEADY: f64 = 0.25;
/// What rises alike each day can be looked at further ahead: up to so many times the horizon, by how much more than half
/// of the median slope the slower quartile has, from so many days on.
const SURE_TIMES: f64 = 2.0;
const SURE_FROM: f64 = 0.5;
const SURE_TO: f64 = 0.9;
const SURE_DAYS: u8 = 10;
/// A trend that was just cut short by a cleanup: today's level lies this far below it,
/// or what is left is this far below the lowest level of the days before: somebody made room.
const CUT_POINTS: f64 = 8.0;
const DAY_S: f64 = 86_400.0;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Creep {
    pub days: f64,
    pub low_days: f64,
    pub high_days: f64,
    pub trend: Trend,
}

/// `None` where there is no trend upwards.
pub(super) fn creep(track: &Track, live: &Live) -> Option<Creep> {
    let trend = track.trend.filter(|trend| trend.per_day > 0.0 && trend.low >= STEADY * trend.per_day)?;
    let today = live.at.rem_euclid(DAY_S as i64) as f64 / DAY_S;
    let level = trend.level + trend.per_day * today;
    if live.two_days_max < level - CUT_POINTS || live.level < track.low_of_days() - CUT_POINTS {
        return None;
    }
    let room = (100.0 - level.max(live.level)).max(0.0);
    Some(Creep {
        days: room / trend.per_day,
        low_days: room / trend.high.max(trend.per_day),
        high_days: room / trend.low.max(trend.per_day / 10.0),
        trend,
    })
}

pub(super) fn fills(settings: &Settings, creep: &Creep, told: bool) -> bool {
    let trend = &creep.trend;
    let within = settings.later_within_days * sure_times(trend);
    if told {
        return creep.days <= within * CLEAR_TIMES && trend.level >= settings.from - CLEAR_POINTS;
    }
    let young = trend.days < YOUNG_DAYS;
    let steady = !young || trend.low >= YOUNG_STEADY * trend.per_day;
    let from = settings.from + if young { YOUNG_POINTS } else { 0.0 };
    let within = within * if young { YOUNG_SHARE } else { 1.0 };
    steady && trend.level >= from && creep.days <= within
}

fn sure_times(trend: &Trend) -> f64 {
    if trend.days < SURE_DAYS {
        return 1.0;
    }
    let sure = (trend.low / trend.per_day - SURE_FROM) / (SURE_TO - SURE_FROM);
    1.0 + (SURE_TIMES - 1.0) * sure.clamp(0.0, 1.0)
}

//! Look now: it rises as this disk never rose, and soon it is full.
//!
//! The rise is compared with the disk's own past rises: that is what tells a runaway from cron, apt and log rotation.
//! It must also go on: a deploy or a dump that has come to its end is no runaway, however steep it was.

use super::settings::Settings;
use super::track::{Live, Rises, Track};

/// A rise is unusual beyond so many times the largest one of the past, and more for each hour that is left: the less
/// time there is, the less proof is asked ...
const TIMES: f64 = 0.95;
const TIMES_PER_HOUR: f64 = 0.2;
/// ... and these points.
const POINTS: f64 = 2.5;
/// What a disk whose past is unknown may rise: less with each day, but not much less before it has lived a whole week,
/// for what its jobs of each week do is not known before ...
const NEWCOMER_POINTS: f64 = 30.0;
const NEWCOMER_POINTS_MIN: f64 = 14.0;
const WEEK_S: f64 = 7.0 * 86_400.0;
/// ... and half a day more, in which they may be late.
const NEWCOMER_S: f64 = WEEK_S + 43_200.0;
/// The rise goes on if the last half hour has at least this share of the pace of the last two hours.
const GOES_ON: f64 = 0.4;
/// Full so soon matters at any level, if even the slower of the two paces says so.
const URGENT_H: f64 = 4.0;
/// A run leaves the levels of usual days behind by these points.
const HIGHER_POINTS: f64 = 4.0;
/// It must have risen for this share of the time that it leaves: what is far off can be watched for longer ...
const EVIDENCE: f64 = 0.6;
/// ... but a minute of it is never enough, and two hours always are.
const EVIDENCE_H: std::ops::RangeInclusive<f64> = 0.25..=2.0;
/// What fires goes on while it is full within this many times the horizon.
const KEEP_TIMES: f64 = 2.0;
/// Slower than this (points an hour) nothing runs away: noise.
const PACE_MIN: f64 = 0.5;
/// What is nearly full clears so many points below.
const CLEAR_POINTS: f64 = 2.0;
/// From here on even creeping is too late to wait for.
pub(super) const BRIM: f64 = 98.5;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pace {
    /// Hours to full at the pace of now.
    pub hours: f64,
    pub low_h: f64,
    pub high_h: f64,
    pub per_hour: f64,
    pub goes_on: bool,
}

/// `None` while it does not rise.
pub(super) fn pace(live: &Live) -> Option<Pace> {
    let recent = live.per_hour_recent?;
    let long = live.per_hour_long.unwrap_or(recent);
    let room = (100.0 - live.level).max(0.0);
    // The longer window is steadier; the shorter one knows of a start or an end within it.
    let per_hour = if long > 0.0 && recent > long { f64::midpoint(recent, long) } else { recent };
    if per_hour < PACE_MIN {
        return None;
    }
    let (fast, slow) = (recent.max(long), recent.min(long).max(per_hour / 4.0));
    Some(Pace {
        hours: room / per_hour,
        low_h: room / fast,
        high_h: room / slow,
        per_hour,
        goes_on: recent >= GOES_ON * long,
    })
}

/// Whether one of the rises is beyond so many times what this disk did before.
fn beyond(live: &Live, past: &Rises, times: f64, newcomer: f64) -> bool {
    live.rises.iter().zip(past).any(|(rise, past)| *rise > times * past.max(newcomer) + POINTS)
}

/// What it may rise on top of what is known of it.
fn newcomer_points(age_s: f64) -> f64 {
    let shrinking = NEWCOMER_POINTS * (1.0 - age_s / WEEK_S);
    if age_s < NEWCOMER_S { shrinking.max(NEWCOMER_POINTS_MIN) } else { 0.0 }
}

/// Whether it came to its level as it comes to it each day: no rise is larger than those of its past, and at the pace
/// of the last day there is more than a day left.
pub(super) fn crept(track: &Track, live: &Live) -> bool {
    let day_ago = track.day(1).unwrap_or(f64::NEG_INFINITY);
    100.0 - live.level > live.level - day_ago && !beyond(live, &track.past, 1.0, 0.0)
}

/// Whether a run begins: fast, beyond each rise of the past, and above where this disk usually goes.
pub(super) fn begins(settings: &Settings, track: &Track, live: &Live, pace: &Pace) -> bool {
    let near = live.level >= settings.from || pace.high_h < URGENT_H;
    let age_s = (live.at - track.born) as f64;
    let risen_h = live.rises[2] / pace.per_hour;
    let evidence = risen_h >= (pace.hours * EVIDENCE).clamp(*EVIDENCE_H.start(), *EVIDENCE_H.end());
    let high = track.usual_high().is_none_or(|high| live.level > high + HIGHER_POINTS);
    let matters = near && high && pace.hours < settings.now_within_h;
    let times = TIMES + TIMES_PER_HOUR * pace.hours;
    pace.goes_on && matters && evidence && beyond(live, &track.past, times, newcomer_points(age_s))
}

/// Whether a run that was told of goes on.
pub(super) fn goes_on(settings: &Settings, pace: &Pace) -> bool {
    pace.goes_on && pace.hours < settings.now_within_h * KEEP_TIMES
}

/// From a level on, whatever the trend.
pub(super) fn nearly_full(settings: &Settings, live: &Live, told: bool) -> bool {
    live.level >= if told { settings.full_at - CLEAR_POINTS } else { settings.full_at }
}

//! The same 80 % means two things: full for weeks and creeping (*later*), or 25 % a few hours ago (*look now*).
//!
//! Bytes and inodes are judged alike, each by its percentage used; the worse of the two is told. A disk that grew is
//! no anomaly: where its size is known, what is remembered is carried over to the new size; where not, the level
//! falls, which never fires.
//!
//! In a disk's first week its past is not known yet: a rise must beat what a newcomer may do (30 points, shrinking to 14
//! and to nothing after it), and a trend needs four whole days. *Nearly full* holds from the first point on.

mod kept;
mod later;
mod now;
mod say;
mod settings;
mod track;
mod trend;

pub use settings::{Raw, Settings};
pub use trend::{Trend, trend};

use serde::{Deserialize, Serialize};

use crate::inputs::Inputs;
use crate::judge::Role;
use crate::points::{Time, View};
use crate::verdict::{Reason, Verdict};
use later::Creep;
use now::Pace;
use track::{Live, Track};

/// The series by their roles.
pub mod roles {
    /// Percent of the bytes.
    pub const USED: &str = "used";
    /// Percent of the inodes.
    pub const INODES: &str = "inodes";
    /// Bytes in all: tells a resize from a cleanup.
    pub const TOTAL: &str = "total";
}

/// With nothing for so long the level is unknown.
const STALE_S: Time = 30 * 60;
/// Two sizes that differ by less are one: file systems round.
const RESIZE_MIN: f64 = 0.01;
const DAY_S: f64 = 86_400.0;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    used: Option<Box<Disk>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inodes: Option<Box<Disk>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    total: Option<f64>,
}

/// One percentage of one disk, with what was told of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Disk {
    track: Track,
    #[serde(default)]
    runs_away: Told,
    #[serde(default)]
    nearly_full: Told,
    #[serde(default)]
    later: Told,
    /// Somebody was woken for its being nearly full.
    #[serde(default)]
    woken: bool,
}

/// Something that was told, until it has been otherwise for long enough: what swings about a limit is one episode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Told {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_since: Option<Time>,
}

impl Told {
    fn update(&mut self, on: bool, now: Time, keep_s: Time) -> bool {
        if on {
            *self = Self { since: self.since.or(Some(now)), not_since: None };
        } else if self.since.is_some() {
            let since = *self.not_since.get_or_insert(now);
            if now.saturating_sub(since) >= keep_s {
                *self = Self::default();
            }
        }
        self.is()
    }

    fn is(self) -> bool {
        self.since.is_some()
    }
}

/// What is remembered of a disk, on the heap and off it, with both of its percentages.
pub const MEMORY_BYTES: usize = size_of::<Memory>() + 2 * size_of::<Disk>();

pub fn roles(_: &Settings) -> Vec<Role> {
    vec![
        Role::required(roles::USED, "Maximum").usually("CWAgent", "disk_used_percent"),
        Role::optional(roles::INODES, "Maximum"),
        Role::optional(roles::TOTAL, "Maximum"),
    ]
}

pub fn reach_s(_: &Settings, period_s: u32) -> u64 {
    (track::SLOT_S + track::LATE_S).unsigned_abs() * 2 + u64::from(period_s)
}

pub fn judge(settings: &Settings, mut memory: Memory, inputs: &Inputs<'_>, now: Time) -> (Memory, Verdict) {
    let total = inputs.one(roles::TOTAL).and_then(View::newest).map(|(_, bytes)| bytes);
    if let Some(bytes) = total.filter(|bytes| *bytes > 0.0) {
        if let Some(before) = memory.total
            && (bytes / before - 1.0).abs() > RESIZE_MIN
            && let Some(disk) = &mut memory.used
        {
            disk.track.resized(before / bytes);
        }
        if memory.total.is_none_or(|before| (bytes / before - 1.0).abs() > RESIZE_MIN) {
            memory.total = Some(bytes);
        }
    }
    let mut found: Option<Found> = None;
    for (role, disk) in [(roles::USED, &mut memory.used), (roles::INODES, &mut memory.inodes)] {
        let Some(view) = inputs.one(role) else { continue };
        let disk = disk.get_or_insert_default();
        let Some(live) = disk.track.follow(view, now) else { continue };
        if now.saturating_sub(live.at) > STALE_S {
            continue;
        }
        let one = disk.decide(settings, live, role);
        found = Some(found.map_or(one, |other| other.worse(one)));
    }
    let verdict =
        found.map_or_else(|| Verdict::unknown(Reason::new("disk.no_data")), |found| say::verdict(settings, &found));
    (memory, verdict)
}

/// What stands of a disk, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stands {
    Fine,
    Later,
    /// Nearly full, but it crept there and there is time left: nobody is woken.
    LaterNearlyFull,
    NearlyFull,
    RunsAway,
}

#[derive(Clone, Copy, Debug)]
struct Found {
    role: &'static str,
    stands: Stands,
    live: Live,
    pace: Option<Pace>,
    creep: Option<Creep>,
    day_ago: Option<f64>,
    week_ago: Option<f64>,
}

impl Found {
    fn worse(self, other: Self) -> Self {
        if (other.stands, other.live.level) > (self.stands, self.live.level) { other } else { self }
    }
}

/// A run that paused for less is the same run.
const RUN_KEPT_S: Time = 3_600;
/// Nearly full at the peak of each day is one episode.
const FULL_KEPT_S: Time = 26 * 3_600;
const LATER_KEPT_S: Time = 26 * 3_600;
/// So far below, somebody made room: that ends an episode at once.
const ROOM_POINTS: f64 = 10.0;
/// With less time than this left, who was told days ago is woken as well: a night.
const LAST_DAYS: f64 = 0.5;

impl Disk {
    fn decide(&mut self, settings: &Settings, live: Live, role: &'static str) -> Found {
        let (pace, creep) = (now::pace(&live), later::creep(&self.track, &live));
        if live.level < settings.full_at - ROOM_POINTS {
            self.nearly_full = Told::default();
        }
        if live.rises[2] <= ROOM_POINTS / 10.0 {
            self.runs_away = Told::default();
        }
        let runs = pace.is_some_and(|pace| {
            let goes_on = self.runs_away.is() && now::goes_on(settings, &pace);
            goes_on || now::begins(settings, &self.track, &live, &pace)
        });
        let runs_away = self.runs_away.update(runs, live.at, RUN_KEPT_S);
        let full = now::nearly_full(settings, &live, self.nearly_full.is());
        let full = self.nearly_full.update(full, live.at, FULL_KEPT_S);
        let told = self.later.is();
        let fills = creep.is_some_and(|creep| later::fills(settings, &creep, told));
        let later = self.later.update(fills, live.at, LATER_KEPT_S);
        // Who was told days ago is not woken while there is time left; nor is anybody for what crept.
        let told_in_time = told && creep.is_none_or(|creep| creep.days > LAST_DAYS);
        let can_wait = live.level < now::BRIM && (told_in_time || now::crept(&self.track, &live));
        self.woken = full && (self.woken || !can_wait);
        let stands = match (runs_away, full, later) {
            (true, ..) => Stands::RunsAway,
            (false, true, _) if !self.woken => Stands::LaterNearlyFull,
            (false, true, _) => Stands::NearlyFull,
            (false, false, true) => Stands::Later,
            (false, false, false) => Stands::Fine,
        };
        let (day_ago, week_ago) = (self.track.day(1), self.track.day(7));
        Found { role, stands, live, pace, creep, day_ago, week_ago }
    }
}

//! Anything else: far from what this series usually does, told once an episode.
//!
//! Two kinds of series behave differently. Traffic follows the day: the residual from its level and daily shape tells.
//! Bounded metrics (CPU, memory, disk I/O) follow nothing, but keep within a range: what leaves the range of the last
//! week tells. A quick level beside them tells a jump at once. The one that is furthest beyond its limit speaks.
//! One report an episode: six hours with nothing unusual end it. Nothing is said in a series' first day.

mod model;
mod settings;

pub use settings::{Look, Raw, Settings};

use serde::{Deserialize, Serialize};

use crate::inputs::Inputs;
use crate::judge::Role;
use crate::points::{Time, View};
use crate::verdict::{Fact, Reason, Verdict};
use model::{Distance, Model, Rates};

pub const VALUE: &str = "value";

/// One setting for all series, found on labelled ones and tried on parts left out.
const SEASON_LIMIT: f64 = 10.5;
const JUMP_LIMIT: f64 = 6.0;
const RANGE_LIMIT: f64 = 0.25;
/// Points are learnt when they are this old: until then a late one may still come.
const LATE_S: Time = 5 * 60;
/// And this many seconds of them together: what is remembered changes four times an hour.
const LEARN_S: Time = 15 * 60;
/// With nothing for so many periods, and at least a quarter of an hour, it is unknown.
const STALE_PERIODS: Time = 3;
const STALE_MIN_S: Time = 15 * 60;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<Box<Model>>,
    /// The end of the last period learnt.
    until: Time,
    /// The end of the last unusual period of the episode that is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<Time>,
}

/// What is remembered of a series, on the heap and off it.
pub const MEMORY_BYTES: usize = size_of::<Memory>() + size_of::<Model>();

pub fn roles(_: &Settings) -> Vec<Role> {
    vec![Role::required(VALUE, "Average")]
}

pub fn reach_s(_: &Settings, period_s: u32) -> u64 {
    (LATE_S + LEARN_S).unsigned_abs() * 2 + 3 * u64::from(period_s)
}

pub fn judge(settings: &Settings, mut memory: Memory, inputs: &Inputs<'_>, now: Time) -> (Memory, Verdict) {
    let view = inputs.one(VALUE).unwrap_or(View::empty(60));
    let period = Time::from(view.period_s());
    if memory.until > now.saturating_add(period) {
        // The clock was ahead: what was learnt lies in the future.
        memory = Memory::default();
    }
    let Some((newest, value)) = view.newest() else {
        return (memory, Verdict::unknown(Reason::new("unusual.no_data")));
    };
    let end = newest.saturating_add(period);
    if now.saturating_sub(end) > (STALE_PERIODS * period).max(STALE_MIN_S) {
        return (memory, Verdict::unknown(Reason::new("unusual.no_data")));
    }
    let found = follow(settings, &mut memory, view, now);
    let Some(found) = found else {
        return (memory, Verdict::unknown(Reason::new("unusual.learning")).value(value));
    };
    let open = memory.last.filter(|last| now.saturating_sub(*last) < settings.quiet_s.cast_signed());
    memory.last = open;
    let key = match (open, found.speaks(settings)) {
        (None, _) => "unusual.fine",
        (Some(_), Some(key)) => key,
        (Some(_), None) => "unusual.quiet",
    };
    let reason = found.reason(key, value, open.map(|last| (now - last) as f64));
    let verdict = if open.is_some() { Verdict::firing(reason) } else { Verdict::fine(reason) };
    (memory, verdict.value(value))
}

/// Learns what is old enough, and measures what is newer by a copy. Gives the distance of the newest point.
fn follow(settings: &Settings, memory: &mut Memory, view: View<'_>, now: Time) -> Option<Distance> {
    let (period, rates) = (Time::from(view.period_s()), Rates::of(view.period_s()));
    let mut newest = None;
    let mut last = memory.last;
    let mut mark = |end: Time, distance: Option<Distance>| {
        if distance.is_some_and(|distance| distance.speaks(settings).is_some()) {
            last = last.max(Some(end));
        }
        newest = distance;
    };
    let old = now.saturating_sub(LATE_S);
    let learns = old.saturating_sub(memory.until) >= LEARN_S;
    let model = memory.model.get_or_insert_default();
    let mut until = memory.until;
    let (mut week, mut copy) = (model.week(), None);
    for (at, value) in view.since(memory.until).real() {
        let end = at + period;
        if learns && end <= old {
            mark(end, model.take(at, value, &rates, &mut week));
            until = end;
        } else {
            mark(end, copy.get_or_insert(**model).take(at, value, &rates, &mut week));
        }
    }
    (memory.until, memory.last) = (until, last);
    newest
}

impl Distance {
    /// The one furthest beyond its limit, if any is.
    fn speaks(&self, settings: &Settings) -> Option<&'static str> {
        let season = settings.look != Some(Look::Range);
        let range = settings.look != Some(Look::Season);
        let of = |looks: bool, distance: f64, limit: f64| {
            if looks { distance / (limit * settings.tolerance) } else { 0.0 }
        };
        let ratios = [
            ("unusual.season", of(season, self.season, SEASON_LIMIT)),
            ("unusual.jump", of(season, self.jump, JUMP_LIMIT)),
            ("unusual.range", of(range, self.range, RANGE_LIMIT)),
        ];
        let furthest = ratios.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
        (furthest.1 > 1.0).then_some(furthest.0)
    }

    fn reason(&self, key: &'static str, value: f64, quiet_s: Option<f64>) -> Reason {
        let mut facts = Vec::with_capacity(6);
        facts.push(("value", Fact::Number(value)));
        facts.push(("expected", Fact::Number(self.expected)));
        if self.low <= self.high {
            facts.push(("week_low", Fact::Number(self.low)));
            facts.push(("week_high", Fact::Number(self.high)));
        }
        facts.push(("times", Fact::Number(self.season)));
        if let Some(quiet_s) = quiet_s {
            facts.push(("quiet_for", Fact::DurationS(quiet_s)));
        }
        Reason { key, facts: facts.into() }
    }
}

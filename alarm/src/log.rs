//! Error kinds of logs: one never seen before, or one that comes too often.
//!
//! It reads counts, never lines: each kind is a series with the dimension that names it. Kinds are published only when
//! they happen, so a gap is a zero here, alone of all judges. A kind is remembered by a hash and a day, and forgotten
//! after the rule's `forget`: what comes back after a month is news again.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::inputs::Inputs;
use crate::judge::Role;
use crate::points::{Time, View};
use crate::sheet::{At, Faults, Seconds};
use crate::verdict::{Fact, Reason, Verdict};

pub const COUNT: &str = "count";

/// The keys of `judge = "log"`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// The dimension that names the kind. "kind" where not said.
    pub dimension: Option<String>,
    /// Whether a kind never seen before fires. It does where not said.
    pub new: Option<bool>,
    /// How long a new kind is news. "1h" where not said.
    pub news_for: Option<At<Seconds>>,
    /// What is seen this long after the beginning is learnt, not reported. "1d" where not said.
    pub learn: Option<At<Seconds>>,
    /// A kind unseen for this long is forgotten. "30d" where not said.
    pub forget: Option<At<Seconds>>,
    /// A kind that comes more often than this within `within` fires.
    pub above: Option<At<f64>>,
    /// "5m" where not said.
    pub within: Option<At<Seconds>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub dimension: String,
    pub new: bool,
    pub news_for_s: u64,
    pub learn_s: u64,
    pub forget_s: u64,
    pub above: Option<f64>,
    pub within_s: u64,
}

const DAY_S: u64 = 86_400;
/// Of more kinds than these those unseen longest are forgotten: 8 KB of memory at the most.
pub const KINDS_MAX: usize = 500;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// When learning began.
    #[serde(default)]
    began: Option<Time>,
    /// Hash of a kind, and the day on which it was last seen; sorted by hash.
    #[serde(default)]
    known: Vec<(u32, u32)>,
    /// Hash of what is news, and since when.
    #[serde(default)]
    news: Vec<(u32, Time)>,
}

impl Raw {
    pub fn check(self, span: Range<usize>, faults: &mut Faults) -> Settings {
        let seconds = |said: &Option<At<Seconds>>, usual: u64| said.as_ref().map_or(usual, |said| said.0);
        let settings = Settings {
            dimension: self.dimension.unwrap_or_else(|| "kind".to_owned()),
            new: self.new.unwrap_or(true),
            news_for_s: seconds(&self.news_for, 3_600),
            learn_s: seconds(&self.learn, DAY_S),
            forget_s: seconds(&self.forget, 30 * DAY_S),
            above: self.above.as_ref().map(|above| **above),
            within_s: seconds(&self.within, 300),
        };
        if !settings.new && settings.above.is_none() {
            faults.add(span, "SG-JDG-053", "with `new = false` and no `above` this rule can never fire");
        }
        if let Some(above) = self.above.filter(|above| above.is_nan() || **above < 0.0) {
            faults.add(above.span.clone(), "SG-JDG-053", "`above` is a count of events");
        }
        if let Some(within) = self.within.filter(|within| !(1..=DAY_S).contains(&within.0)) {
            faults.add(within.span.clone(), "SG-JDG-053", "`within` is at least 1s and at most 1d");
        }
        if let Some(forget) = self.forget.filter(|forget| forget.0 < DAY_S) {
            faults.add(forget.span.clone(), "SG-JDG-053", "`forget` is at least 1d");
        }
        settings
    }
}

pub fn roles(_: &Settings) -> Vec<Role> {
    vec![Role::required(COUNT, "Sum").many()]
}

/// Half an hour, or longer: lines of a log may be shipped late.
pub fn reach_s(settings: &Settings, period_s: u32) -> u64 {
    settings.within_s.max(1_800) + u64::from(period_s)
}

pub fn judge(settings: &Settings, mut memory: Memory, inputs: &Inputs<'_>, now: Time) -> (Memory, Verdict) {
    let began = memory.began.map_or(now, |began| began.min(now));
    memory.began = Some(began);
    let learning = now < began.saturating_add_unsigned(settings.learn_s);
    memory.forget(settings, now);
    let mut newest: Option<(&str, Time)> = None;
    let mut busiest: Option<(&str, f64)> = None;
    for (dimensions, points) in inputs.all(COUNT) {
        let kind = dimensions.get(&settings.dimension).unwrap_or_default();
        let Some((at, _)) = points.real().rev().find(|(_, count)| *count > 0.0) else { continue };
        let since = memory.note(kind, at, now, settings.new && !learning);
        if let Some(since) = since.filter(|since| newest.is_none_or(|(_, held)| *since > held)) {
            newest = Some((kind, since));
        }
        let count = counted(points, now.saturating_sub_unsigned(settings.within_s));
        if busiest.is_none_or(|(_, held)| count > held) {
            busiest = Some((kind, count));
        }
    }
    let within = Fact::DurationS(settings.within_s as f64);
    let about = |key, kind: &str, count| {
        let reason = Reason::new(key).with("kind", Fact::Text(kind.to_owned()));
        reason.with("count", Fact::Number(count)).with("within", within.clone())
    };
    let verdict = match (busiest, newest) {
        (Some((kind, count)), _) if settings.above.is_some_and(|above| count > above) => {
            let limit = Fact::Number(settings.above.unwrap_or_default());
            Verdict::firing(about("log.too_many", kind, count).with("limit", limit)).value(count)
        }
        (_, Some((kind, since))) => {
            let ago = Fact::DurationS(now.saturating_sub(since) as f64);
            Verdict::firing(Reason::new("log.new_kind").with("kind", Fact::Text(kind.to_owned())).with("since", ago))
        }
        // It stopped before the news was old: still to be looked at.
        _ if !memory.news.is_empty() => Verdict::firing(Reason::new("log.new_kind")),
        (Some((kind, count)), None) => Verdict::fine(about("log.fine", kind, count)).value(count),
        (None, None) => Verdict::fine(Reason::new(if learning { "log.learning" } else { "log.quiet" })),
    };
    (memory, verdict)
}

fn counted(points: View<'_>, from: Time) -> f64 {
    points.since(from).raw().iter().filter(|count| !count.is_nan()).sum()
}

fn day(time: Time) -> u32 {
    u32::try_from(time.div_euclid(DAY_S as Time)).unwrap_or(0)
}

/// FNV-1a: stable for ever, for it is written down. Two kinds of one hash (1 in 4 billion) are taken for one.
fn hash(kind: &str) -> u32 {
    kind.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

impl Memory {
    fn forget(&mut self, settings: &Settings, now: Time) {
        let oldest = day(now.saturating_sub_unsigned(settings.forget_s));
        self.known.retain(|(_, seen)| *seen >= oldest);
        self.news.retain(|(_, since)| *since <= now && now < since.saturating_add_unsigned(settings.news_for_s));
    }

    /// Since when this kind is news, if it is.
    fn note(&mut self, kind: &str, at: Time, now: Time, report: bool) -> Option<Time> {
        let hash = hash(kind);
        match self.known.binary_search_by_key(&hash, |(known, _)| *known) {
            Ok(found) => self.known[found].1 = self.known[found].1.max(day(at)),
            Err(place) => {
                self.known.insert(place, (hash, day(at)));
                if report {
                    self.news.push((hash, now));
                }
                self.shrink(hash);
            }
        }
        self.news.iter().find(|(news, _)| *news == hash).map(|(_, since)| *since)
    }

    fn shrink(&mut self, keep: u32) {
        while self.known.len() > KINDS_MAX {
            let oldest =
                (0..self.known.len()).filter(|at| self.known[*at].0 != keep).min_by_key(|at| self.known[*at].1);
            let Some(oldest) = oldest else { return };
            let (gone, _) = self.known.remove(oldest);
            self.news.retain(|(news, _)| *news != gone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::Input;
    use crate::points::Points;
    use crate::series::Dimensions;
    use crate::verdict::State;

    fn settings(above: Option<f64>) -> Settings {
        let raw = Raw { above: above.map(At::from), ..Raw::default() };
        raw.check(0..0, &mut Faults::new("", ""))
    }

    /// One step at `now` with kinds that were counted in the period before.
    fn step(settings: &Settings, memory: Memory, now: Time, kinds: &[(&str, f64)]) -> (Memory, Verdict) {
        let named: Vec<_> = kinds.iter().map(|(kind, _)| Dimensions::from_iter([("kind", *kind)])).collect();
        let points: Vec<_> = kinds.iter().map(|(_, count)| Points::new(now - 60, 60, [*count])).collect();
        let series: Vec<_> = (named.iter().zip(&points))
            .map(|(dimensions, points)| Input { role: COUNT, dimensions, points: points.view() })
            .collect();
        judge(settings, memory, &Inputs::new(now, &series), now)
    }

    const DAY: Time = 86_400;

    #[test]
    fn a_kind_never_seen_is_news_for_an_hour() {
        let settings = settings(None);
        let mut memory = Memory::default();
        let mut said = vec![];
        for (now, kinds) in [
            (100 * DAY, &[("Timeout", 3.0)][..]),
            (102 * DAY, &[("Timeout", 3.0)]),
            (102 * DAY + 60, &[("NullPointer", 1.0), ("Timeout", 2.0)]),
            (102 * DAY + 120, &[]),
            (102 * DAY + 3_660, &[("NullPointer", 1.0)]),
            (150 * DAY, &[("Timeout", 1.0)]),
        ] {
            let (after, verdict) = step(&settings, memory, now, kinds);
            memory = after;
            said.push((verdict.reason.key, verdict.state == State::Firing));
        }
        assert_eq!(
            said,
            [
                ("log.fine", false),
                ("log.fine", false),
                ("log.new_kind", true),
                ("log.new_kind", true),
                ("log.fine", false),
                ("log.new_kind", true), // forgotten after 30 days
            ]
        );
    }

    #[test]
    fn a_kind_that_comes_too_often() {
        let settings = settings(Some(10.0));
        let (memory, verdict) = step(&settings, Memory::default(), 100 * DAY, &[("a", 10.0), ("b", 2.0)]);
        assert_eq!(verdict.state, State::Fine);
        let (_, verdict) = step(&settings, memory, 100 * DAY + 60, &[("a", 2.0), ("b", 11.0)]);
        assert_eq!((verdict.state, verdict.reason.fact("kind")), (State::Firing, Some(Fact::Text("b".into()))));
    }

    #[test]
    fn memory_has_a_bound() {
        let settings = settings(None);
        let names: Vec<_> = (0..2_000).map(|n| format!("kind {n}")).collect();
        let kinds: Vec<_> = names.iter().map(|name| (name.as_str(), 1.0)).collect();
        let (memory, _) = step(&settings, Memory::default(), 100 * DAY, &kinds);
        assert_eq!(memory.known.len(), KINDS_MAX);
        let (memory, _) = step(&settings, memory, 102 * DAY, &kinds);
        assert!(memory.known.len() == KINDS_MAX && memory.news.len() <= KINDS_MAX);
    }
}

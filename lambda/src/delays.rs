//! How late the points of each metric come, learned from the reading itself: a point that is there now, and was not when
//! the same period was read before, came in between.
//!
//! Pure. Of two days the delay is kept by which 95 of 100 points had come: an outage of an hour, whose points all come at its
//! end, is not how late a metric usually is.

use std::collections::{BTreeMap, HashSet};

use alarm::points::{Points, Time};
use alarm::rules::{Read, Rule};
use alarm::series::Series;
use serde::{Deserialize, Serialize};

/// Delays that are told apart. What comes within the first is as CloudWatch usually is, and every rule waits for it.
const EDGES_S: [u32; 6] = [180, 300, 600, 900, 1_200, 1_800];
const KINDS: usize = EDGES_S.len();
/// Fewer points say nothing.
const POINTS_MIN: u32 = 100;
/// Metrics that are learned: some 100 bytes each.
const METRICS_MAX: usize = 500;
const DAY_S: Time = 86_400;
/// For how long a metric is read from further back after its newest points were missing.
const BEHIND_S: Time = 3_600;
/// How much further back: nothing is learned of what comes later.
pub(crate) const FURTHER_S: u64 = 1_800;

/// By namespace and metric, a line each.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Delays(BTreeMap<String, Seen>);

/// How many points came within each of the delays, on this day and on the one before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Seen {
    day: i64,
    today: [u32; KINDS],
    before: [u32; KINDS],
    /// Until then it is read from further back, since its newest points are missing.
    behind_until: Time,
}

/// Each form in which they were ever written.
#[derive(Serialize, Deserialize)]
#[serde(tag = "v")]
enum Stored {
    #[serde(rename = "1")]
    V1 { metrics: BTreeMap<String, Seen> },
}

impl Delays {
    /// What was read of a series now, and before: when, and its newest point.
    pub(crate) fn note(&mut self, series: &Series, before: Option<Before>, after: &Points, now: Time) {
        let period = Time::from(after.period_s());
        let late = |at: Time| now - (at + period);
        let newest = after.view().newest().map(|(at, _)| at);
        // As far back as is read there may be nothing yet of what comes late: then it is read from further back.
        let is_behind = newest.is_none_or(|at| late(at) > Time::from(EDGES_S[0]).max(2 * period));
        let came = before.map_or_else(Vec::new, |before| before.came(after, now));
        if !is_behind && came.is_empty() {
            return;
        }
        let name = format!("{}\n{}", series.namespace, series.name);
        if self.0.len() >= METRICS_MAX && !self.0.contains_key(&name) {
            return;
        }
        let seen = self.0.entry(name).or_default();
        seen.turn(now.div_euclid(DAY_S));
        if is_behind {
            seen.behind_until = now + BEHIND_S;
        }
        for at in came {
            seen.count(late(at));
        }
    }

    /// Namespace and metric of those that are read from further back than the rules look, so that what comes late is met.
    pub(crate) fn behind(&self, now: Time) -> HashSet<(&str, &str)> {
        let behind = self.0.iter().filter(|(_, seen)| seen.behind_until > now);
        behind.filter_map(|(name, _)| name.split_once('\n')).collect()
    }

    /// How late the series of a rule are to be expected: as late as the latest of its metrics.
    pub(crate) fn of_rule(&self, rule: &Rule) -> u32 {
        rule.reads.iter().map(|read| self.of_read(read)).max().unwrap_or(0)
    }

    fn of_read(&self, read: &Read) -> u32 {
        let metric = |name: &str| {
            let (namespace, metric) = name.split_once('\n').unwrap_or_default();
            metric == read.select.metric && read.select.namespace.as_ref().is_none_or(|it| it == namespace)
        };
        self.0.iter().filter(|(name, _)| metric(name)).map(|(_, seen)| seen.usual_s()).max().unwrap_or(0)
    }

    pub(crate) fn encode(&self) -> String {
        serde_json::to_string(&Stored::V1 { metrics: self.0.clone() }).unwrap_or_default()
    }

    /// What cannot be read is learned anew.
    pub(crate) fn decode(text: &str) -> Result<Self, serde_json::Error> {
        let Stored::V1 { mut metrics } = serde_json::from_str(text)?;
        while metrics.len() > METRICS_MAX {
            metrics.pop_last();
        }
        Ok(Self(metrics))
    }
}

/// What was read of a series before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before {
    pub(crate) at: Time,
    /// `None`: it had none.
    pub(crate) newest: Option<Time>,
}

impl Before {
    /// The points that came since. Where nobody looked in between, or nothing was there, how late they came is not known.
    fn came(self, after: &Points, now: Time) -> Vec<Time> {
        let period = Time::from(after.period_s());
        let looked = (1..=2 * period.max(60)).contains(&(now - self.at));
        let Some(newest) = self.newest.filter(|_| looked) else { return Vec::new() };
        after.real().rev().map(|(at, _)| at).take_while(|at| *at > newest && at + period <= now).collect()
    }
}

impl Seen {
    fn turn(&mut self, day: i64) {
        if day == self.day {
            return;
        }
        self.before = if day == self.day + 1 { self.today } else { [0; KINDS] };
        (self.day, self.today) = (day, [0; KINDS]);
    }

    fn count(&mut self, late: Time) {
        let kind = EDGES_S.iter().position(|edge| late <= Time::from(*edge)).unwrap_or(KINDS - 1);
        self.today[kind] = self.today[kind].saturating_add(1);
    }

    /// Nothing where it is as late as every metric is.
    fn usual_s(&self) -> u32 {
        let counts: Vec<u64> =
            self.today.iter().zip(&self.before).map(|(one, other)| u64::from(*one) + u64::from(*other)).collect();
        let all: u64 = counts.iter().sum();
        if all < u64::from(POINTS_MIN) {
            return 0;
        }
        let mut come = 0;
        let kind = counts.iter().position(|count| {
            come += count;
            come * 100 >= all * 95
        });
        kind.filter(|kind| *kind > 0).map_or(0, |kind| EDGES_S[kind])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alarm::rules::Rules;
    use alarm::series::Dimensions;

    fn series() -> Series {
        Series { namespace: "CW/Agent".into(), name: "m".into(), dimensions: Dimensions::default() }
    }

    /// Reads each minute an hour of points that each come so late, with gaps where `late` says nothing.
    fn learn(delays: &mut Delays, minutes: std::ops::Range<Time>, late: impl Fn(Time) -> Option<Time>) {
        let read = |now: Time| {
            let from = now - 3_600;
            let known = |at: Time| late(at / 60).is_some_and(|late| at + 60 + late <= now);
            Points::new(from, 60, (0..60).map(|slot| if known(from + slot * 60) { 1.0 } else { f64::NAN }))
        };
        for minute in minutes {
            let (then, now) = ((minute - 1) * 60, minute * 60);
            let before = Before { at: then, newest: read(then).view().newest().map(|(at, _)| at) };
            delays.note(&series(), Some(before), &read(now), now);
        }
    }

    fn expected(delays: &Delays) -> u32 {
        let rules = Rules::parse("x", "[[alarm]]\nname = 'm'\nmetric = 'm'\nabove = 1\n").unwrap();
        delays.of_rule(&rules.alarms[0])
    }

    #[test]
    fn what_always_comes_late_is_expected_late() {
        let mut delays = Delays::default();
        learn(&mut delays, 1_000..1_150, |_| Some(120));
        assert_eq!(expected(&delays), 0, "as every metric is");
        learn(&mut delays, 1_440..1_700, |_| Some(540));
        assert_eq!(expected(&delays), 600);
        assert_eq!(Delays::decode(&delays.encode()).unwrap(), delays);
        learn(&mut delays, 2_880..3_100, |_| Some(120));
        learn(&mut delays, 4_320..4_600, |_| Some(120));
        assert_eq!(expected(&delays), 0, "two days later it is forgotten");
    }

    #[test]
    fn what_is_behind_is_read_from_further_back_for_an_hour() {
        let mut delays = Delays::default();
        assert!(delays.behind(600).is_empty());
        delays.note(&series(), None, &Points::new(0, 60, []), 600);
        let behind = |now| delays.behind(now).into_iter().collect::<Vec<_>>();
        assert_eq!((behind(4_199), behind(4_200)), (vec![("CW/Agent", "m")], vec![]));
    }

    #[test]
    fn an_outage_of_an_hour_teaches_nothing() {
        let mut delays = Delays::default();
        // All points of the minutes 2,000 to 2,050 come at once, with the last of them.
        let late = |minute: Time| Some(if (2_000..2_050).contains(&minute) { (2_050 - minute) * 60 } else { 120 });
        learn(&mut delays, 1_500..2_800, late);
        assert_eq!(expected(&delays), 0);
    }

    #[test]
    fn what_nobody_looked_at_in_between_and_what_was_never_written() {
        let mut delays = Delays::default();
        let full = Points::new(0, 60, [1.0; 600]);
        for before in [None, Some(Before { at: 0, newest: Some(0) }), Some(Before { at: 35_940, newest: None })] {
            delays.note(&series(), before, &full, 36_000);
        }
        assert_eq!(delays, Delays::default());
        assert!(Delays::decode("{\"v\":\"9\"}").is_err());
    }
}

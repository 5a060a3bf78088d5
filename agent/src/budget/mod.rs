//! Counts series and money before anything is sent.
//!
//! Invariants: no more series are published than the limits allow, in any hour, which is how they are billed
//! (facts/cloudwatch.md, Price); who is refused is named and counted; the heartbeat is never refused. Limits hold at
//! list price: what an account gets for nothing may be used up elsewhere.

mod admit;
mod config;
mod price;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use alarm::points::Time;
use alarm::series::Series;

pub use admit::{Candidate, admit};
pub use config::{Config, Limits, Raw};
pub use price::{Bill, MONTH_MINUTES, affordable};

use crate::vitals::{Lost, Vitals};
use crate::window::{HEARTBEAT, Point};

/// A series that was sent is billed for its hour: its place is taken for as long.
const BILLED_S: Time = 3_600;

#[derive(Debug)]
struct Entry {
    candidate: Candidate,
    seen: Time,
    admitted: bool,
}

#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    known: HashMap<Arc<Series>, Entry>,
    born: u64,
    /// The refused of each source, as last said.
    said: BTreeMap<&'static str, usize>,
}

impl Budget {
    pub fn new(limits: Limits) -> Self {
        Self { limits, known: HashMap::new(), born: 0, said: BTreeMap::new() }
    }

    /// Leaves only the points that are admitted. Points of all windows pass here: a series is one, whatever its period.
    pub fn admit(&mut self, points: &mut Vec<Point>, vitals: &Vitals) {
        let Some(now) = points.iter().map(|point| point.at).max() else { return };
        let before = self.known.len();
        // A clock that jumps back must not keep what it once saw for ever.
        self.known.retain(|_, entry| (now - entry.seen).abs() < BILLED_S);
        let mut changed = self.known.len() < before;
        for point in points.iter() {
            changed |= self.see(point);
        }
        if changed {
            self.decide();
        }
        points.retain(|point| {
            let admitted = self.known.get(&point.series).is_some_and(|entry| entry.admitted);
            if !admitted {
                vitals.lost(Lost::Budget, 1, || point.series.to_string());
            }
            admitted
        });
        self.report(vitals);
    }

    /// Whether the point's series is new or worth something else than before.
    fn see(&mut self, point: &Point) -> bool {
        let priority = if point.series.name == HEARTBEAT { u8::MAX } else { point.priority };
        if let Some(entry) = self.known.get_mut(&point.series) {
            entry.seen = point.at;
            return std::mem::replace(&mut entry.candidate.priority, priority) != priority;
        }
        let candidate = Candidate { source: point.source, priority, born: self.born };
        self.born += 1;
        self.known.insert(Arc::clone(&point.series), Entry { candidate, seen: point.at, admitted: false });
        true
    }

    fn decide(&mut self) {
        let mut entries: Vec<_> = self.known.values_mut().collect();
        entries.sort_by_key(|entry| entry.candidate.born);
        let candidates: Vec<_> = entries.iter().map(|entry| entry.candidate).collect();
        // The heartbeat has its place even where the limit is nothing.
        let room = self.limits.series().max(candidates.iter().filter(|one| one.priority == u8::MAX).count());
        for (entry, admitted) in entries.into_iter().zip(admit(&candidates, room)) {
            entry.admitted = admitted;
        }
    }

    /// Says who is refused, once for each change.
    fn report(&mut self, vitals: &Vitals) {
        let mut refused = BTreeMap::<_, usize>::new();
        for entry in self.known.values().filter(|entry| !entry.admitted) {
            *refused.entry(entry.candidate.source).or_default() += 1;
        }
        let total: usize = refused.values().sum();
        vitals.series((self.known.len() - total) as u64, total as u64);
        if refused == self.said {
            return;
        }
        for (source, count) in &refused {
            let example = self.known.iter().find(|(_, entry)| !entry.admitted && entry.candidate.source == *source);
            let example = example.map(|(series, _)| series.to_string()).unwrap_or_default();
            let limit = self.limits.series();
            tracing::warn!(source, refused = count, limit, example, "the budget refuses series");
        }
        self.said = refused;
    }
}

#[cfg(test)]
mod tests {
    use alarm::series::{Dimensions, Unit};

    use super::*;
    use crate::window::Distribution;

    fn point(source: &'static str, name: &str, priority: u8, at: Time) -> Point {
        let series = Series { namespace: "N".into(), name: name.into(), dimensions: Dimensions::default() };
        let values = Distribution::default();
        Point { series: Arc::new(series), unit: Unit::None, at, fine: false, source, priority, values }
    }

    fn pass(budget: &mut Budget, vitals: &Vitals, points: &[(&str, u8)], at: Time) -> Vec<String> {
        let mut points: Vec<_> = points.iter().map(|(name, priority)| point("host", name, *priority, at)).collect();
        budget.admit(&mut points, vitals);
        points.into_iter().map(|point| point.series.name.clone()).collect()
    }

    fn limit(max_series: usize) -> Budget {
        Budget::new(Limits { max_series, max_monthly_usd: None, requests_per_minute: 1.0 })
    }

    #[test]
    fn the_least_valuable_goes_and_is_counted_and_named() {
        let (mut budget, vitals) = (limit(2), Vitals::default());
        assert_eq!(pass(&mut budget, &vitals, &[("a", 50), ("b", 10), ("c", 90)], 0), ["a", "c"]);
        assert_eq!(vitals.losses(Lost::Budget), (1, "N/b{}".into()));
        // A series worth more comes: the one worth less makes place.
        assert_eq!(pass(&mut budget, &vitals, &[("a", 50), ("c", 90), ("d", 60)], 60), ["c", "d"]);
    }

    #[test]
    fn a_place_is_taken_for_the_hour_that_is_billed() {
        let (mut budget, vitals) = (limit(1), Vitals::default());
        assert_eq!(pass(&mut budget, &vitals, &[("a", 50)], 0), ["a"]);
        assert!(pass(&mut budget, &vitals, &[("b", 50)], 3_540).is_empty());
        assert_eq!(pass(&mut budget, &vitals, &[("b", 50)], 3_600), ["b"]);
    }

    #[test]
    fn the_heartbeat_is_never_refused() {
        let (mut budget, vitals) = (limit(0), Vitals::default());
        assert_eq!(pass(&mut budget, &vitals, &[("a", 90), (HEARTBEAT, 1)], 0), [HEARTBEAT]);
    }

    #[test]
    fn money_is_a_limit_of_series() {
        let limits = Limits { max_series: 1_000, max_monthly_usd: Some(15.864), requests_per_minute: 2.0 };
        assert_eq!(limits.series(), 50);
    }
}

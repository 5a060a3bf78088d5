//! What the judge sees: points of the store, each read once.
//!
//! A series is read back as far as any rule reaches when it is first wanted, and after that only what is new. Bounded
//! by the rules: series x statistics x what they reach back to.

use std::collections::HashMap;

use alarm::points::{Points, Time, View};
use alarm::round::{Need, World};
use alarm::rules::Statistic;

use crate::local::store::Store;

#[derive(Debug, Default)]
pub(super) struct Sight {
    seen: HashMap<(usize, Statistic, u32), Points>,
}

impl Sight {
    /// Brings every need up to `now`; what is needed no more is forgotten.
    pub(super) fn look(&mut self, store: &Store, needs: &[Need], now: Time) {
        let mut before = std::mem::take(&mut self.seen);
        for need in needs {
            let period = Time::from(need.period_s);
            let from =
                now.saturating_sub_unsigned(need.reach_s + 2 * u64::from(need.period_s)).div_euclid(period) * period;
            let until = now.div_euclid(period) * period;
            let key = (need.series, need.statistic.clone(), need.period_s);
            let held =
                before.remove(&key).filter(|held| held.start() <= from && held.end() >= from && held.end() <= until);
            let fresh = held.as_ref().map_or(from, Points::end);
            let points = match (held, fresh < until) {
                (Some(held), false) => held,
                (held, _) => {
                    let added = store.points(need.series as u32, &need.statistic, need.period_s, (fresh, until));
                    match held {
                        Some(held) => {
                            let kept = held.view().since(from).raw().iter().chain(added.raw()).copied();
                            Points::new(from, need.period_s, kept.collect::<Vec<_>>())
                        }
                        None => added,
                    }
                }
            };
            self.seen.insert(key, points);
        }
    }
}

impl World for Sight {
    fn points(&self, series: usize, statistic: &Statistic, period_s: u32) -> Option<View<'_>> {
        self.seen.get(&(series, statistic.clone(), period_s)).map(Points::view)
    }
}

//! How much things grow in a day, by their sizes of the last day.

use std::collections::{BTreeMap, VecDeque};

use alarm::points::Time;

const DAY_S: Time = 86_400;
/// One size so often is enough for a day's growth.
const APART_S: Time = 600;
/// Before so long the growth of a day would be a guess.
const LEAST_S: Time = 3_600;
/// Things whose sizes are remembered.
const THINGS_MAX: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Sizes(BTreeMap<String, VecDeque<(Time, f64)>>);

impl Sizes {
    /// What it grows by in a day, once an hour of it is known.
    pub(super) fn growth(&mut self, thing: &str, size: f64, now: Time) -> Option<f64> {
        if self.0.len() >= THINGS_MAX && !self.0.contains_key(thing) {
            return None;
        }
        let sizes = self.0.entry(thing.to_owned()).or_default();
        while sizes.front().is_some_and(|(at, _)| now - at > DAY_S || *at > now) {
            sizes.pop_front();
        }
        let first = sizes.front().copied();
        if sizes.back().is_none_or(|(at, _)| now - at >= APART_S) {
            sizes.push_back((now, size));
        }
        let (at, then) = first.filter(|(at, _)| now - at >= LEAST_S)?;
        Some((size - then) * DAY_S as f64 / (now - at) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_by_the_sizes_of_the_last_day() {
        let mut sizes = Sizes::default();
        let grown: Vec<_> =
            (0..=288).map(|ten| sizes.growth("db", f64::from(ten) * 10.0, Time::from(ten) * 600)).collect();
        assert_eq!((grown[0], grown[5], grown[6]), (None, None, Some(1_440.0)));
        assert_eq!(grown[288], Some(1_440.0));
        assert!(sizes.0["db"].len() <= 146);
        // A clock that jumped back begins anew.
        assert_eq!(sizes.growth("db", 1.0, 0), None);
    }
}

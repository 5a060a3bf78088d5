//! The series that a source was given lately: at most so many, so that one that explodes fills its own place alone.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use alarm::points::Time;

use crate::reading::{Reading, Readings};
use crate::refusals::Refusals;
use crate::vitals::Lost;

/// A place is taken for as long as a series is billed (facts/cloudwatch.md, Price).
const HELD_S: Time = 3_600;

#[derive(Debug)]
pub struct Bounded {
    max: usize,
    seen: HashMap<u64, Time>,
    hasher: RandomState,
}

impl Bounded {
    pub fn new(max: usize) -> Self {
        Self { max, seen: HashMap::new(), hasher: RandomState::new() }
    }

    /// Takes out what goes beyond the bound, and counts it.
    pub fn admit(&mut self, readings: &mut Readings, now: Time, refusals: &mut Refusals) {
        readings.0.retain(|reading| {
            let fits = self.fits(reading, now);
            if !fits {
                refusals.add(Lost::SeriesBound, || format!("{}{{{}}}", reading.name, reading.dimensions));
            }
            fits
        });
    }

    fn fits(&mut self, reading: &Reading, now: Time) -> bool {
        let key = self.hasher.hash_one((&reading.space, &reading.name, &reading.dimensions));
        if let Some(seen) = self.seen.get_mut(&key) {
            *seen = now;
            return true;
        }
        if self.seen.len() >= self.max {
            // A clock that jumps back must not keep a place for ever.
            self.seen.retain(|_, seen| (now - *seen).abs() < HELD_S);
        }
        let fits = self.seen.len() < self.max;
        if fits {
            self.seen.insert(key, now);
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use alarm::series::Unit;

    use super::*;

    #[test]
    fn who_comes_late_waits_until_a_place_is_free() {
        let (mut bounded, mut refusals) = (Bounded::new(2), Refusals::default());
        let mut told = |names: &[&'static str], now| {
            let readings = names.iter().map(|name| Reading::own(name, Unit::Count, 1.0));
            let mut readings = Readings(readings.collect());
            bounded.admit(&mut readings, now, &mut refusals);
            readings.0.into_iter().map(|reading| reading.name.into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(told(&["a", "b", "c", "a"], 0), ["a", "b", "a"]);
        assert_eq!(told(&["a", "c"], 3_599), ["a"]);
        assert_eq!(told(&["a", "c"], 3_600), ["a", "c"]);
        assert_eq!(refusals.of(Lost::SeriesBound), 2);
    }
}

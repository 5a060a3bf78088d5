//! Counts what a busy source refuses, and tells the vitals now and then: a flood of nonsense must not cost a lock and a
//! text for each piece of it.

use crate::vitals::{Lost, Vitals};

#[derive(Debug, Default)]
pub struct Refusals(Vec<(Lost, u64, String)>);

impl Refusals {
    /// Counts one; the first of its reason since the last telling is kept as the example.
    pub fn add(&mut self, reason: Lost, name: impl FnOnce() -> String) {
        self.add_many(reason, 1, name);
    }

    pub fn add_many(&mut self, reason: Lost, count: u64, name: impl FnOnce() -> String) {
        match self.0.iter_mut().find(|(held, ..)| *held == reason) {
            Some((_, counted, _)) => *counted += count,
            None => self.0.push((reason, count, name())),
        }
    }

    pub fn of(&self, reason: Lost) -> u64 {
        self.0.iter().find(|(held, ..)| *held == reason).map_or(0, |(_, count, _)| *count)
    }

    /// Gives everything counted to the vitals.
    pub fn tell(&mut self, source: &str, vitals: &Vitals) {
        for (reason, count, name) in self.0.drain(..) {
            vitals.lost(reason, count, || format!("{source}: {name}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_by_reason_and_told_once() {
        let (mut refusals, vitals) = (Refusals::default(), Vitals::default());
        for line in ["a", "b"] {
            refusals.add(Lost::Unreadable, || line.to_owned());
        }
        refusals.add_many(Lost::KernelDropped, 7, || "packets".to_owned());
        assert_eq!(refusals.of(Lost::Unreadable), 2);
        refusals.tell("statsd", &vitals);
        refusals.tell("statsd", &vitals);
        assert_eq!(vitals.losses(Lost::Unreadable), (2, "statsd: a".to_owned()));
        assert_eq!(vitals.losses(Lost::KernelDropped).0, 7);
    }
}

//! Differences of counters, which wrap, restart and go back.

use std::mem;

/// What a counter rose by. A counter that fell began anew: what it shows was counted since, and is the least true sum.
pub(super) fn rise(before: u64, now: u64) -> u64 {
    if now >= before { now - before } else { now }
}

/// As `rise`, for a counter of 32 bits that the kernel shows: one that fell from near its top has wrapped.
/// The times of /proc/diskstats do so every 49.7 days of waiting.
pub(super) fn rise_of_32_bits(before: u64, now: u64) -> u64 {
    const SPAN: u64 = 1 << 32;
    const NEAR: u64 = SPAN / 4;
    let has_wrapped = now < NEAR && (SPAN - NEAR..SPAN).contains(&before);
    if has_wrapped { SPAN - before + now } else { rise(before, now) }
}

/// As `rise`, for time that the kernel sometimes takes back (idle and iowait of /proc/stat): then nothing passed.
pub(super) fn passed(before: u64, now: u64) -> u64 {
    now.saturating_sub(before)
}

/// What was last seen of each of a few named things (disks, interfaces). What is not seen in a round is forgotten.
#[derive(Debug)]
pub(super) struct Last<T> {
    held: Vec<(String, T)>,
    seen: usize,
}

impl<T> Default for Last<T> {
    fn default() -> Self {
        Self { held: Vec::new(), seen: 0 }
    }
}

impl<T> Last<T> {
    /// Remembers `now` for the name and gives what was remembered of it.
    pub(super) fn swap(&mut self, name: &str, now: T) -> Option<T> {
        // The kernel lists things in the same order each time: nearly always the very next.
        let at = (self.seen..self.held.len()).find(|at| self.held[*at].0 == name);
        let before = if let Some(at) = at {
            self.held.swap(self.seen, at);
            Some(mem::replace(&mut self.held[self.seen].1, now))
        } else {
            self.held.push((name.to_owned(), now));
            let last = self.held.len() - 1;
            self.held.swap(self.seen, last);
            None
        };
        self.seen += 1;
        before
    }

    /// What is remembered of the name.
    pub(super) fn peek(&self, name: &str) -> Option<&T> {
        self.held[self.seen..].iter().find(|(held, _)| held == name).map(|(_, last)| last)
    }

    /// Ends a round.
    pub(super) fn end_round(&mut self) {
        self.held.truncate(self.seen);
        self.seen = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wraps_resets_and_steps_back() {
        assert_eq!(rise(5, 9), 4);
        assert_eq!(rise(1_000, 3), 3);
        assert_eq!(rise_of_32_bits(u64::from(u32::MAX) - 1, 3), 5);
        assert_eq!(rise_of_32_bits(1_000, 3), 3, "fell from far below its top: began anew");
        assert_eq!(rise_of_32_bits(1 << 33, 3), 3, "was never of 32 bits");
        assert_eq!(passed(7, 6), 0);
    }

    #[test]
    fn what_is_gone_is_forgotten() {
        let mut last = Last::default();
        assert_eq!(last.swap("a", 1), None);
        assert_eq!(last.swap("b", 2), None);
        last.end_round();
        assert_eq!(last.swap("b", 3), Some(2));
        last.end_round();
        assert_eq!(last.swap("a", 4), None, "a was away for a round");
        assert_eq!(last.swap("b", 5), Some(3));
    }

    proptest! {
        /// Of a counter that truly rises by `steps`, seen through 32 bits, the rises are exactly the steps.
        #[test]
        fn a_wrapping_counter_loses_nothing(start in 0..=u32::MAX, steps in prop::collection::vec(0u32..1 << 29, 1..50)) {
            let mut shown = start;
            for step in steps {
                let next = shown.wrapping_add(step);
                prop_assert_eq!(rise_of_32_bits(u64::from(shown), u64::from(next)), u64::from(step));
                shown = next;
            }
        }

        /// Whatever restarts happen, no more is counted than truly happened.
        #[test]
        fn restarts_never_invent(steps in prop::collection::vec((0u64..1 << 40, prop::bool::weighted(0.2)), 1..50)) {
            let (mut shown, mut counted, mut truth) = (0u64, 0u64, 0u64);
            for (step, restarts) in steps {
                let next = if restarts { step } else { shown + step };
                counted += rise(shown, next);
                truth += step;
                shown = next;
            }
            prop_assert!(counted <= truth);
        }

        /// `Last` is a map that forgets what a round did not name.
        #[test]
        fn last_is_a_map(rounds in prop::collection::vec(prop::collection::btree_map(0u8..6, any::<u32>(), 0..6), 1..8)) {
            let mut last = Last::default();
            let mut model = std::collections::BTreeMap::new();
            for round in rounds {
                for (name, value) in &round {
                    prop_assert_eq!(last.swap(&name.to_string(), *value), model.get(name).copied());
                }
                    last.end_round();
                model = round;
            }
        }
    }
}

//! Says a thing once and then rarely: a fault that repeats every second must not fill the log.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

/// How long a thing that was said is only counted.
pub const QUIET: Duration = Duration::from_hours(1);

/// Kinds remembered; beyond it all are forgotten at once, which says a few things again.
const KINDS_MAX: usize = 256;

#[derive(Debug)]
pub struct Rarely<K>(HashMap<K, (Duration, u64)>);

impl<K> Default for Rarely<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash> Rarely<K> {
    /// Whether to say it now, and how often it happened unsaid. `now` is monotonic, from any beginning.
    pub fn admits(&mut self, kind: K, now: Duration) -> Option<u64> {
        if self.0.len() >= KINDS_MAX && !self.0.contains_key(&kind) {
            self.0.clear();
        }
        let Some((said, unsaid)) = self.0.get_mut(&kind) else {
            self.0.insert(kind, (now, 0));
            return Some(0);
        };
        if now.saturating_sub(*said) < QUIET {
            *unsaid += 1;
            return None;
        }
        *said = now;
        Some(std::mem::take(unsaid))
    }

    /// It is over: next time it is news. Whether it had been said.
    pub fn over(&mut self, kind: &K) -> bool {
        self.0.remove(kind).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_and_then_rarely() {
        let mut rarely = Rarely::default();
        let said: Vec<_> = (0..7_300).filter_map(|s| Some((s, rarely.admits("x", Duration::from_secs(s))?))).collect();
        assert_eq!(said, [(0, 0), (3_600, 3_599), (7_200, 3_599)]);
        assert!(rarely.over(&"x") && !rarely.over(&"x"));
        assert_eq!(rarely.admits("x", Duration::from_secs(7_301)), Some(0));
    }

    #[test]
    fn kinds_are_bounded() {
        let mut rarely = Rarely::default();
        (0..10_000).for_each(|kind| assert_eq!(rarely.admits(kind, Duration::ZERO), Some(0)));
        assert!(rarely.0.len() <= KINDS_MAX);
    }
}

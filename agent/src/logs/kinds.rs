//! The kinds of error that this host has ever seen. Whether one is new to the fleet is for the judge of logs to say.

use std::collections::{BTreeSet, VecDeque};
use std::fmt::Write;

/// Most kinds that are remembered; beyond it the oldest is forgotten, and would be new again.
pub const KNOWN_MAX: usize = 10_000;

#[derive(Clone, Debug, Default)]
pub struct Kinds {
    known: BTreeSet<u64>,
    order: VecDeque<u64>,
    met: usize,
}

impl Kinds {
    /// `true` the first time.
    pub fn meet(&mut self, kind: u64) -> bool {
        if !self.known.insert(kind) {
            return false;
        }
        self.order.push_back(kind);
        self.met += 1;
        if self.order.len() > KNOWN_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }

    /// How many were ever met since the start, the forgotten ones included: it grows with each new one.
    pub fn met(&self) -> usize {
        self.met
    }

    /// Oldest first, a kind a line, as `parse` reads it.
    pub fn text(&self) -> String {
        self.order.iter().fold(String::new(), |mut text, kind| {
            // Writing into a String cannot fail.
            let _ = writeln!(text, "{kind:016x}");
            text
        })
    }

    /// A line that is no kind is passed over: the worst of it is that an old kind is called new.
    pub fn parse(text: &str) -> Self {
        let mut kinds = Self::default();
        for line in text.lines() {
            if let Ok(kind) = u64::from_str_radix(line, 16) {
                kinds.meet(kind);
            }
        }
        kinds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_new_once_and_over_restarts() {
        let mut kinds = Kinds::default();
        assert!(kinds.meet(1) && kinds.meet(2) && !kinds.meet(1));
        let mut again = Kinds::parse(&kinds.text());
        assert!(!again.meet(1) && !again.meet(2) && again.meet(3));
        (10..10 + KNOWN_MAX as u64).for_each(|kind| assert!(again.meet(kind)));
        assert!(again.meet(1), "forgotten, being the oldest of too many");
    }
}

//! The samples of one target, remembered from page to page: what each is, and what it grew by.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Samples of one target that are remembered; of those beyond it nothing can be told.
const REMEMBERED_MAX: usize = 50_000;

/// A hash for keys that are looked up five thousand at a time; whoever chooses them slows down their own page alone.
#[derive(Debug, Default)]
struct Quick(u64);

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        for word in words.iter().chain([&last]) {
            let wide = u128::from(self.0 ^ u64::from_le_bytes(*word)) * 0x9E37_79B9_7F4A_7C15;
            self.0 = (wide as u64) ^ (wide >> 64) as u64;
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[derive(Clone, Copy, Debug)]
struct Held<T> {
    what: T,
    value: f64,
    /// The page on which it last stood.
    page: u32,
}

/// A sample that was met.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Met<T> {
    /// What it was found to be when it was first met.
    pub(super) what: T,
    /// What it grew by. A counter that became smaller began anew, and one that is new to a target that we know began
    /// since: both grew by what they are. Of the first page nothing is known but where to count from.
    pub(super) grown: Option<f64>,
}

#[derive(Debug)]
pub(super) struct Memory<T> {
    held: HashMap<Box<[u8]>, Held<T>, BuildHasherDefault<Quick>>,
    page: u32,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self { held: HashMap::default(), page: 0 }
    }
}

impl<T: Copy> Memory<T> {
    /// A page begins.
    pub(super) fn begin(&mut self) {
        self.page = self.page.wrapping_add(1);
    }

    /// The page ended: what did not stand on it is forgotten.
    pub(super) fn end(&mut self) {
        let page = self.page;
        self.held.retain(|_, held| held.page == page);
    }

    /// `None`: it stood on this page before, or there is no room.
    pub(super) fn meet(&mut self, key: &[u8], value: f64, find: impl FnOnce() -> T) -> Option<Met<T>> {
        let Self { held, page } = self;
        if let Some(known) = held.get_mut(key) {
            if known.page == *page {
                return None;
            }
            let before = std::mem::replace(&mut known.value, value);
            known.page = *page;
            let grown = if value >= before { value - before } else { value };
            return Some(Met {
                what: known.what,
                grown: Some(grown).filter(|grown| grown.is_finite() && *grown >= 0.0),
            });
        }
        if held.len() >= REMEMBERED_MAX {
            return None;
        }
        let what = find();
        held.insert(key.into(), Held { what, value, page: *page });
        let is_known = *page > 1 && value.is_finite() && value >= 0.0;
        Some(Met { what, grown: is_known.then_some(value) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn page(memory: &mut Memory<()>, samples: &[(&str, f64)]) -> Vec<Option<f64>> {
        memory.begin();
        let grown =
            samples.iter().map(|(key, value)| memory.meet(key.as_bytes(), *value, || ()).and_then(|met| met.grown));
        let grown = grown.collect();
        memory.end();
        grown
    }

    #[test]
    fn growth_restarts_and_newcomers() {
        let mut memory = Memory::default();
        assert_eq!(page(&mut memory, &[("a", 100.0)]), [None]);
        assert_eq!(page(&mut memory, &[("a", 107.0), ("b", 3.0)]), [Some(7.0), Some(3.0)]);
        // The target began anew.
        assert_eq!(page(&mut memory, &[("a", 2.0), ("b", 3.0)]), [Some(2.0), Some(0.0)]);
        // Twice on one page: the first counts. No number: nothing.
        assert_eq!(page(&mut memory, &[("a", 4.0), ("a", 9.0), ("b", f64::NAN)]), [Some(2.0), None, None]);
    }

    proptest! {
        /// Whatever restarts come between, the growths sum to what was counted after the first page: but for a life that
        /// overtakes the one before between two pages, whose beginning cannot be told from its growth.
        #[test]
        fn nothing_is_counted_twice_or_not(lives in prop::collection::vec(prop::collection::vec(1..50_u32, 1..8), 1..6)) {
            let (mut memory, mut told, mut counted, mut before) = (Memory::default(), 0.0, 0.0, None);
            for life in lives {
                let (mut value, mut is_new) = (0.0, true);
                for step in life.into_iter().map(f64::from) {
                    value += step;
                    told += page(&mut memory, &[("x", value)])[0].unwrap_or(0.0);
                    let hidden = before.filter(|before| is_new && value >= *before).unwrap_or(0.0);
                    counted += before.map_or(0.0, |_| step - hidden);
                    (before, is_new) = (Some(value), false);
                }
            }
            prop_assert_eq!(told, counted);
        }
    }
}

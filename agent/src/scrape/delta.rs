//! The samples of one target, remembered from page to page: what each is, and what it grew by.

use std::collections::HashMap;
use std::sync::Arc;

use crate::quick::BuildQuick;

/// Samples of one target that are remembered; of those beyond it nothing can be told.
const REMEMBERED_MAX: usize = 50_000;

#[derive(Debug)]
struct Held<T> {
    key: Arc<[u8]>,
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
    /// In the order of the page: the next sample is mostly the next one here, and need not be looked up.
    held: Vec<Held<T>>,
    next: usize,
    places: HashMap<Arc<[u8]>, usize, BuildQuick>,
    page: u32,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self { held: Vec::new(), next: 0, places: HashMap::default(), page: 0 }
    }
}

impl<T: Copy> Memory<T> {
    /// A page begins.
    pub(super) fn begin(&mut self) {
        self.page = self.page.wrapping_add(1);
        self.next = 0;
    }

    /// The page ended: what did not stand on it is forgotten.
    pub(super) fn end(&mut self) {
        let before = self.held.len();
        self.held.retain(|held| held.page == self.page);
        if self.held.len() < before {
            self.places = self.held.iter().enumerate().map(|(at, held)| (Arc::clone(&held.key), at)).collect();
        }
    }

    /// `None`: it stood on this page before, or there is no room.
    pub(super) fn meet(&mut self, key: &[u8], value: f64, find: impl FnOnce() -> T) -> Option<Met<T>> {
        let expected = self.held.get(self.next).is_some_and(|held| *held.key == *key).then_some(self.next);
        let Some(at) = expected.or_else(|| self.places.get(key).copied()) else {
            return self.meet_first(key, value, find);
        };
        self.next = at + 1;
        let known = self.held.get_mut(at).filter(|known| known.page != self.page)?;
        known.page = self.page;
        let before = std::mem::replace(&mut known.value, value);
        let grown = if value >= before { value - before } else { value };
        Some(Met { what: known.what, grown: Some(grown).filter(|grown| grown.is_finite() && *grown >= 0.0) })
    }

    fn meet_first(&mut self, key: &[u8], value: f64, find: impl FnOnce() -> T) -> Option<Met<T>> {
        if self.held.len() >= REMEMBERED_MAX {
            return None;
        }
        let (key, what) = (Arc::<[u8]>::from(key), find());
        self.places.insert(Arc::clone(&key), self.held.len());
        self.held.push(Held { key, what, value, page: self.page });
        let is_known = self.page > 1 && value.is_finite() && value >= 0.0;
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
        // In another order, and one that is gone and comes again.
        assert_eq!(page(&mut memory, &[("b", 4.0), ("a", 3.0)]), [Some(1.0), Some(1.0)]);
        assert_eq!(page(&mut memory, &[("b", 4.0)]), [Some(0.0)]);
        assert_eq!(page(&mut memory, &[("a", 2.0), ("b", 5.0)]), [Some(2.0), Some(1.0)]);
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

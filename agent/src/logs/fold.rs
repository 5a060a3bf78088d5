//! A thousand copies of one trace are one trace and a number.
//!
//! The first event of a kind goes whole and opens a window. Those that follow within it are counted, and when it ends
//! one line says how many and when the last was. The kind then begins anew.
//!
//! Nothing is counted twice and nothing is forgotten: each count is given away as a `Step`, which travels with the
//! batch that it belongs to and is made durable with that batch's checkpoint. `Fold::restore` takes up what was durable.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Most kinds with an open window. One more goes whole, each time: nothing is lost, only less is saved.
pub const KINDS_MAX: usize = 1_024;

/// An open window of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    pub opened_ms: i64,
    pub repeats: u64,
    pub last_ms: i64,
    /// What the line will say of the kind.
    pub says: String,
}

/// One change of the table, to be made durable with the batch that it travels in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Opened { kind: u64, window: Window },
    Repeated { kind: u64, last_ms: i64 },
    Closed { kind: u64 },
}

/// The open windows, by kind.
pub type Windows = BTreeMap<u64, Window>;

/// Applies what was acknowledged.
pub fn apply(windows: &mut Windows, step: Step) {
    match step {
        Step::Opened { kind, window } => {
            windows.insert(kind, window);
        }
        Step::Repeated { kind, last_ms } => {
            if let Some(window) = windows.get_mut(&kind) {
                window.repeats += 1;
                window.last_ms = last_ms;
            }
        }
        Step::Closed { kind } => {
            windows.remove(&kind);
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Fold {
    window_ms: i64,
    windows: Windows,
    /// The earliest end of a window: until then there is nothing to look for.
    next_ms: Option<i64>,
}

impl Fold {
    pub fn new(window_ms: i64) -> Self {
        Self { window_ms, windows: Windows::new(), next_ms: None }
    }

    /// With the windows that were open when the program stopped.
    pub fn restore(window_ms: i64, windows: Windows) -> Self {
        let next_ms = windows.values().map(|window| window.opened_ms.saturating_add(window_ms)).min();
        Self { window_ms, windows, next_ms }
    }

    /// An event of this kind at `at_ms`. `None`: it goes whole and no window was opened.
    pub fn see(&mut self, kind: u64, at_ms: i64, now_ms: i64, says: &str) -> Option<Step> {
        if let Some(window) = self.windows.get_mut(&kind) {
            window.repeats += 1;
            window.last_ms = at_ms;
            return Some(Step::Repeated { kind, last_ms: at_ms });
        }
        if self.windows.len() >= KINDS_MAX {
            return None;
        }
        let window = Window { opened_ms: now_ms, repeats: 0, last_ms: at_ms, says: says.to_owned() };
        self.windows.insert(kind, window.clone());
        let ends = now_ms.saturating_add(self.window_ms);
        self.next_ms = Some(self.next_ms.map_or(ends, |next| next.min(ends)));
        Some(Step::Opened { kind, window })
    }

    /// When the next window ends.
    pub fn next_ms(&self) -> Option<i64> {
        self.next_ms
    }

    /// The windows that have ended, each once.
    pub fn ended(&mut self, now_ms: i64) -> Vec<(u64, Window)> {
        if self.next_ms.is_none_or(|next| next > now_ms) {
            return vec![];
        }
        let ends = |window: &Window| window.opened_ms.saturating_add(self.window_ms);
        let kinds: Vec<_> =
            self.windows.iter().filter(|(_, window)| ends(window) <= now_ms).map(|(kind, _)| *kind).collect();
        let ended = kinds.iter().filter_map(|kind| self.windows.remove_entry(kind)).collect();
        self.next_ms = self.windows.values().map(|window| window.opened_ms.saturating_add(self.window_ms)).min();
        ended
    }
}

impl Window {
    /// `repeated 412 times, last at 2026-11-21T13:13:29.123Z: ...`
    pub fn line(&self) -> String {
        let last = jiff::Timestamp::from_millisecond(self.last_ms).map(|at| at.to_string()).unwrap_or_default();
        format!("repeated {} times, last at {last}: {}", self.repeats, self.says)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_goes_whole_and_the_rest_are_counted() {
        let mut fold = Fold::new(1_000);
        assert!(matches!(fold.see(7, 10, 100, "boom"), Some(Step::Opened { kind: 7, .. })));
        assert_eq!(fold.see(7, 20, 110, "boom"), Some(Step::Repeated { kind: 7, last_ms: 20 }));
        assert_eq!(fold.ended(1_099), []);
        let ended = fold.ended(1_100);
        assert_eq!(ended[0].1.line(), "repeated 1 times, last at 1970-01-01T00:00:00.02Z: boom");
        assert!(matches!(fold.see(7, 30, 1_200, "boom"), Some(Step::Opened { .. })));
    }

    #[test]
    fn a_full_table_lets_events_go_whole() {
        let mut fold = Fold::new(1_000);
        for kind in 0..KINDS_MAX as u64 {
            assert!(fold.see(kind, 0, 0, "").is_some());
        }
        assert_eq!(fold.see(u64::MAX, 0, 0, ""), None);
    }

    proptest! {
        /// Whole events and counted ones sum to what was seen, across restarts from what was durable.
        #[test]
        fn counts_sum_exactly(events in prop::collection::vec((0_u64..6, 0_i64..300, any::<bool>()), 1..200)) {
            let (mut fold, mut durable, mut now, mut accounted) = (Fold::new(500), Windows::new(), 0, 0);
            for (kind, wait, restart) in &events {
                now += wait;
                for (kind, window) in fold.ended(now) {
                    accounted += window.repeats;
                    apply(&mut durable, Step::Closed { kind });
                }
                match fold.see(*kind, now, now, "x") {
                    Some(step @ Step::Repeated { .. }) => apply(&mut durable, step),
                    step => {
                        accounted += 1;
                        if let Some(step) = step {
                            apply(&mut durable, step);
                        }
                    }
                }
                if *restart {
                    fold = Fold::restore(500, durable.clone());
                }
            }
            accounted += fold.ended(now + 500).iter().map(|(_, window)| window.repeats).sum::<u64>();
            prop_assert_eq!(accounted, events.len() as u64);
        }
    }
}

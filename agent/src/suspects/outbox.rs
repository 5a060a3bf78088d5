//! Events that wait to be delivered: few, in memory, the oldest given up first.
//!
//! They do not go to the spool: who was to blame an hour ago helps nobody now.

use std::collections::VecDeque;

use crate::logs::batch::{Batch, Sealed};
use crate::logs::escape::{Depth, Mended, escape};

/// Two hours of them, or some 30 KB.
pub(super) const WAITING_MAX: usize = 24;

#[derive(Debug, Default)]
pub(super) struct Outbox(VecDeque<(i64, String)>);

impl Outbox {
    /// Whether another had to go for it.
    pub(super) fn push(&mut self, time_ms: i64, line: String) -> bool {
        let full = self.0.len() == WAITING_MAX;
        if full {
            self.0.pop_front();
        }
        self.0.push_back((time_ms, line));
        full
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The oldest, as many as one request takes. `None`: nothing waits.
    pub(super) fn batch(&self, group: &str, stream: &str) -> Option<Sealed> {
        let mut batch = Batch::new(group, stream);
        for (time_ms, line) in &self.0 {
            let mut mended = Mended::default();
            let write = |body: &mut Vec<u8>| escape(body, line.as_bytes(), Depth::One, &mut mended);
            if batch.add(*time_ms, write).is_err() {
                break;
            }
        }
        (!batch.is_empty()).then(|| batch.seal())
    }

    /// The oldest need not wait any more.
    pub(super) fn settle(&mut self, events: usize) {
        self.0.drain(..events.min(self.0.len()));
    }
}

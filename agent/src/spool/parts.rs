//! Records of which a part is settled: rare, the traces of a refused request that was halved.

use std::collections::BTreeMap;
use std::ops::Range;

#[derive(Debug, Default)]
pub(super) struct Parts(BTreeMap<u64, Vec<Range<u16>>>);

impl Parts {
    /// Adds a part, kept sorted and joined.
    pub(super) fn settle(&mut self, seq: u64, part: Range<u16>) {
        let parts = self.0.entry(seq).or_default();
        parts.push(part);
        parts.sort_by_key(|part| part.start);
        parts.dedup_by(|next, held| {
            let joins = next.start <= held.end;
            if joins {
                held.end = held.end.max(next.end);
            }
            joins
        });
    }

    pub(super) fn of(&self, seq: u64) -> Vec<Range<u16>> {
        self.0.get(&seq).cloned().unwrap_or_default()
    }

    pub(super) fn forget(&mut self, seq: u64) {
        self.0.remove(&seq);
    }

    /// What of `points` datums is not settled.
    pub(super) fn rest(&self, seq: u64, points: u32) -> Vec<Range<usize>> {
        let (mut rest, mut from) = (Vec::new(), 0);
        for settled in self.0.get(&seq).into_iter().flatten() {
            rest.push(from..usize::from(settled.start));
            from = usize::from(settled.end);
        }
        rest.push(from..points as usize);
        rest.retain(|part| part.start < part.end);
        rest
    }

    /// How many datums are settled of records that wait.
    pub(super) fn settled(&self) -> u64 {
        self.0.values().flatten().map(|part| part.len() as u64).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_join_and_leave_the_rest() {
        let mut parts = Parts::default();
        assert_eq!(parts.rest(1, 10).first(), Some(&(0..10)));
        for part in [4..6, 0..2, 6..7] {
            parts.settle(1, part);
        }
        assert_eq!(parts.rest(1, 10), [2..4, 7..10]);
        assert_eq!(parts.settled(), 5);
        parts.settle(1, 1..10);
        assert!(parts.rest(1, 10).is_empty());
    }
}

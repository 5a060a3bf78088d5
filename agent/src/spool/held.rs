//! What waits in memory because the disk took it not.

use std::collections::VecDeque;

use super::record::Head;
use super::{HELD_MAX, Loss};
use crate::vitals::Lost;

#[derive(Debug, Default)]
pub(super) struct Held {
    records: VecDeque<(Head, Vec<u8>)>,
    bytes: usize,
}

impl Held {
    /// Takes a record, and gives up the oldest when there is no room for all.
    pub(super) fn push(&mut self, head: Head, body: &[u8]) -> Vec<Loss> {
        self.records.push_back((head, body.to_vec()));
        self.bytes += body.len();
        let mut losses = Vec::new();
        while self.bytes > HELD_MAX
            && let Some((head, body)) = self.records.pop_front()
        {
            self.bytes -= body.len();
            let what = format!("record {} in memory", head.seq);
            losses.push(Loss { reason: Lost::DiskFull, points: u64::from(head.points), what });
        }
        losses
    }

    fn position(&self, seq: u64) -> Option<usize> {
        self.records.binary_search_by_key(&seq, |(head, _)| head.seq).ok()
    }

    pub(super) fn body(&self, seq: u64) -> Option<&[u8]> {
        self.position(seq).map(|at| self.records[at].1.as_slice())
    }

    pub(super) fn points(&self, seq: u64) -> Option<u32> {
        self.position(seq).map(|at| self.records[at].0.points)
    }

    pub(super) fn remove(&mut self, seq: u64) {
        if let Some((_, body)) = self.position(seq).and_then(|at| self.records.remove(at)) {
            self.bytes -= body.len();
        }
    }

    pub(super) fn front(&self) -> Option<(Head, Vec<u8>)> {
        self.records.front().cloned()
    }

    pub(super) fn oldest(&self) -> Option<Head> {
        self.records.front().map(|(head, _)| *head)
    }

    pub(super) fn newest(&self) -> Option<Head> {
        self.records.back().map(|(head, _)| *head)
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Records and points.
    pub(super) fn count(&self) -> (u64, u64) {
        let points = self.records.iter().map(|(head, _)| u64::from(head.points)).sum();
        (self.records.len() as u64, points)
    }
}

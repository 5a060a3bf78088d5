//! One file of records and, beside it, one of acks.
//!
//! The file is named after its first record, so that names sort by age and numbers never repeat while anything waits.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io;

use alarm::points::Time;

use super::record::{self, Ack, HEAD, Head};
use super::{Disk, Loss, Parts};
use crate::vitals::Lost;

#[derive(Debug)]
struct Entry {
    head: Head,
    /// Of the body.
    offset: u32,
    settled: bool,
}

#[derive(Debug)]
pub(super) struct Segment {
    first: u64,
    /// Sorted by number.
    entries: Vec<Entry>,
    bytes: u64,
    acks_bytes: u64,
    /// Records that wait, and their points.
    live: usize,
    points: u64,
    /// Nothing before `low` and nothing from `high` on waits: found once, not searched again.
    low: Cell<usize>,
    high: Cell<usize>,
}

impl Segment {
    pub(super) fn new(first: u64) -> Self {
        let (low, high) = (Cell::new(0), Cell::new(0));
        Self { first, entries: Vec::new(), bytes: 0, acks_bytes: 0, live: 0, points: 0, low, high }
    }

    pub(super) fn file(&self) -> String {
        format!("{:016x}.seg", self.first)
    }

    fn acks_file(&self) -> String {
        format!("{:016x}.ack", self.first)
    }

    pub(super) fn append(&mut self, disk: &mut impl Disk, head: &Head, body: &[u8]) -> io::Result<()> {
        // One write: a crash between two would leave a head that promises a body.
        let mut bytes = Vec::with_capacity(HEAD + body.len());
        bytes.extend(head.encode());
        bytes.extend(body);
        disk.append(&self.file(), &bytes)?;
        self.entries.push(Entry { head: *head, offset: self.bytes as u32 + HEAD as u32, settled: false });
        self.bytes += bytes.len() as u64;
        self.live += 1;
        self.points += u64::from(head.points);
        self.high.set(self.entries.len());
        Ok(())
    }

    /// Cuts off what a failed append left.
    pub(super) fn cut(&self, disk: &mut impl Disk) -> io::Result<()> {
        disk.truncate(&self.file(), self.bytes)
    }

    pub(super) fn append_ack(&mut self, disk: &mut impl Disk, ack: &Ack) -> io::Result<()> {
        let bytes = ack.encode();
        disk.append(&self.acks_file(), &bytes)?;
        self.acks_bytes += bytes.len() as u64;
        Ok(())
    }

    /// First the records, then the acks: acks without records mean nothing, records without acks would be sent again.
    pub(super) fn remove(&self, disk: &mut impl Disk) -> io::Result<()> {
        disk.remove(&self.file())?;
        if self.acks_bytes > 0 {
            // What is left is swept at the next start.
            let _ = disk.remove(&self.acks_file());
        }
        Ok(())
    }

    /// A record that waits, and the offset of its body.
    pub(super) fn find(&self, seq: u64) -> Option<(Head, u32)> {
        let at = self.entries.binary_search_by_key(&seq, |entry| entry.head.seq).ok()?;
        let entry = &self.entries[at];
        (!entry.settled).then_some((entry.head, entry.offset))
    }

    /// Whether the record is or was here.
    pub(super) fn owns(&self, seq: u64) -> bool {
        self.entries.binary_search_by_key(&seq, |entry| entry.head.seq).is_ok()
    }

    pub(super) fn settle(&mut self, seq: u64) {
        let found = self.entries.binary_search_by_key(&seq, |entry| entry.head.seq);
        if let Some(entry) = found.ok().map(|at| &mut self.entries[at]).filter(|entry| !entry.settled) {
            entry.settled = true;
            self.live -= 1;
            self.points -= u64::from(entry.head.points);
        }
    }

    pub(super) fn oldest(&self) -> Option<Head> {
        let from = self.low.get();
        let found = self.entries.get(from..)?.iter().position(|entry| !entry.settled).map(|at| from + at);
        self.low.set(found.unwrap_or(self.entries.len()));
        found.map(|at| self.entries[at].head)
    }

    pub(super) fn newest(&self) -> Option<Head> {
        let found = self.entries.get(..self.high.get())?.iter().rposition(|entry| !entry.settled);
        self.high.set(found.map_or(0, |at| at + 1));
        found.map(|at| self.entries[at].head)
    }

    pub(super) fn waiting(&self) -> impl Iterator<Item = &Head> {
        self.entries.iter().filter(|entry| !entry.settled).map(|entry| &entry.head)
    }

    pub(super) fn live(&self) -> usize {
        self.live
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn points(&self) -> u64 {
        self.points
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes + self.acks_bytes
    }

    pub(super) fn next_seq(&self) -> u64 {
        self.entries.last().map_or(self.first, |last| last.head.seq) + 1
    }

    /// The latest of the periods that begin its records.
    pub(super) fn latest(&self) -> Time {
        self.entries.iter().map(|entry| entry.head.at).max().unwrap_or(Time::MAX)
    }
}

/// Reads every segment that is there, oldest first, and what of it was settled.
pub(super) fn recover(disk: &mut impl Disk, losses: &mut Vec<Loss>) -> io::Result<(VecDeque<Segment>, Parts)> {
    let files = disk.list()?;
    let length = |name: &str| files.iter().find(|(held, _)| held == name).map(|(_, length)| *length);
    let number = |name: &str, kind| u64::from_str_radix(name.strip_suffix(kind)?, 16).ok();
    let mut firsts: Vec<_> = files.iter().filter_map(|(name, _)| number(name, ".seg")).collect();
    firsts.sort_unstable();
    let (mut segments, mut parts) = (VecDeque::new(), Parts::default());
    for first in firsts {
        let mut segment = Segment::new(first);
        let (file, acks_file) = (segment.file(), segment.acks_file());
        segment.bytes = length(&file).unwrap_or(0);
        segment.acks_bytes = length(&acks_file).unwrap_or(0);
        let bytes = disk.read(&file, 0, segment.bytes as usize)?;
        let acks = if segment.acks_bytes > 0 { disk.read(&acks_file, 0, segment.acks_bytes as usize)? } else { vec![] };
        segment.fill(&bytes, &Ack::scan(&acks), &mut parts, losses);
        segments.push_back(segment);
    }
    for (name, _) in &files {
        if number(name, ".ack").is_some_and(|first| segments.iter().all(|segment| segment.first != first)) {
            disk.remove(name)?;
        }
    }
    Ok((segments, parts))
}

impl Segment {
    fn fill(&mut self, bytes: &[u8], acks: &[Ack], parts: &mut Parts, losses: &mut Vec<Loss>) {
        let scan = record::scan(bytes);
        for head in scan.wounded {
            let what = format!("record {} of {}", head.seq, self.file());
            losses.push(Loss { reason: Lost::Corrupt, points: u64::from(head.points), what });
        }
        for (head, offset) in scan.records {
            // A wound can only make numbers that do not rise; such a record is not ours.
            if self.entries.last().is_none_or(|last| last.head.seq < head.seq) {
                self.entries.push(Entry { head, offset, settled: false });
            }
        }
        self.live = self.entries.len();
        self.points = self.entries.iter().map(|entry| u64::from(entry.head.points)).sum();
        self.high.set(self.entries.len());
        for ack in acks.iter().filter(|ack| self.owns(ack.seq)) {
            parts.settle(ack.seq, ack.part.clone());
        }
        let heads: Vec<_> = self.entries.iter().map(|entry| entry.head).collect();
        for head in heads {
            if parts.rest(head.seq, head.points).is_empty() {
                self.settle(head.seq);
                parts.forget(head.seq);
            }
        }
    }
}

//! Keeps a request safe until told that it arrived.
//!
//! Invariants:
//! 1. A record that was appended and synced is given out after any crash, bit for bit, until it is settled, or evicted
//!    and counted.
//! 2. Nothing is given out that was not appended: what fails its checksum is a counted loss.
//! 3. What was settled is not given out again after a kill. After a loss of power it may be: acks are not synced, since
//!    a doubled point costs less than a write to the disk for each request.
//! 4. Records are given out by age, from either end. A record may be settled in parts.
//! 5. Segments never exceed their bytes, records their number, nor what is held in memory its bound, whatever the disk
//!    answers.
//! 6. A segment that this run did not make is never appended to: what a crash left behind is not built upon.
//!
//! Policy of sync: one `fdatasync` at the end of each flush, which is one a minute; one of the directory when a segment
//! begins. When the disk is full, records stay in memory up to `HELD_MAX` bytes, can be sent from there, and go to the
//! disk as soon as it has room.

mod config;
mod disk;
mod held;
mod parts;
mod record;
mod segment;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io;
use std::ops::Range;

use alarm::points::Time;

pub use config::{Config, Raw};
pub use disk::{Disk, Folder};
use held::Held;
use parts::Parts;
use record::{Ack, Head};
use segment::Segment;

use crate::vitals::{Backlog, Lost};

/// Most records on the disk: an index of 5 MB at worst, and two weeks of requests every ten seconds.
pub const RECORDS_MAX: usize = 1 << 17;

/// Most bytes kept in memory while the disk takes none: some ten minutes of a large host.
pub const HELD_MAX: usize = 1 << 20;

/// A segment is this part of the whole, so that evicting the oldest costs little.
const SEGMENTS: u64 = 32;
const SEGMENT_BYTES: Range<u64> = 64 << 10..1 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub bytes: u64,
    pub age_s: Time,
}

/// A record that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub seq: u64,
    /// Its earliest period.
    pub at: Time,
    /// The parts of it not settled yet, in datums.
    pub parts: Vec<Range<usize>>,
}

/// Points that the spool lost, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    pub reason: Lost,
    pub points: u64,
    pub what: String,
}

#[derive(Debug)]
pub struct Spool<D> {
    disk: D,
    limits: Limits,
    segments: VecDeque<Segment>,
    /// The last segment is ours and may be appended to.
    open: bool,
    held: Held,
    parts: Parts,
    next: u64,
    dirty: Dirty,
    /// Acks that the disk did not take yet.
    unwritten: Vec<Ack>,
    losses: Vec<Loss>,
    /// Evicted, and still on the disk until its loss was taken: a process that dies in between finds it again.
    doomed: Vec<Doomed>,
}

#[derive(Debug)]
struct Doomed {
    segment: Segment,
    counted: bool,
}

#[derive(Debug, Default)]
struct Dirty {
    bytes: bool,
    names: bool,
}

impl<D: Disk> Spool<D> {
    /// Finds what an earlier run left.
    pub fn open(mut disk: D, limits: Limits) -> io::Result<Self> {
        let mut losses = Vec::new();
        let (segments, parts) = segment::recover(&mut disk, &mut losses)?;
        let next = segments.iter().map(Segment::next_seq).max().unwrap_or(0);
        let (held, dirty) = (Held::default(), Dirty::default());
        let (unwritten, doomed) = (Vec::new(), Vec::new());
        let mut spool =
            Self { disk, limits, segments, open: false, held, parts, next, dirty, unwritten, losses, doomed };
        spool.sweep();
        spool.bound();
        Ok(spool)
    }

    /// Takes a record, on the disk or, while that fails, in memory. The error says why it is not on the disk.
    pub fn append(&mut self, body: &[u8], points: usize, at: Time) -> io::Result<()> {
        self.bury();
        let head = Head::of(self.next, at, points as u32, body);
        self.next += 1;
        let written = self.unburden().and_then(|()| self.write(&head, body));
        if written.is_err() {
            self.losses.extend(self.held.push(head, body));
        }
        self.bound();
        written
    }

    /// Makes what was appended outlive a loss of power. After an error the segment is not trusted with more.
    pub fn sync(&mut self) -> io::Result<()> {
        self.bury();
        self.unburden()?;
        self.sync_open()
    }

    fn sync_open(&mut self) -> io::Result<()> {
        let Some(name) = self.segments.back().map(Segment::file).filter(|_| self.dirty.bytes) else { return Ok(()) };
        let synced =
            self.disk.sync(&name).and_then(|()| if self.dirty.names { self.disk.sync_names() } else { Ok(()) });
        match synced {
            Ok(()) => self.dirty = Dirty::default(),
            Err(_) => self.open = false,
        }
        synced
    }

    pub fn oldest(&self) -> Option<Waiting> {
        let on_disk = self.segments.iter().find_map(Segment::oldest);
        on_disk.or_else(|| self.held.oldest()).map(|head| self.waiting(&head))
    }

    pub fn newest(&self) -> Option<Waiting> {
        let in_memory = self.held.newest();
        in_memory.or_else(|| self.segments.iter().rev().find_map(Segment::newest)).map(|head| self.waiting(&head))
    }

    fn waiting(&self, head: &Head) -> Waiting {
        Waiting { seq: head.seq, at: head.at, parts: self.parts.rest(head.seq, head.points) }
    }

    /// The bytes of a record; `None` when it is gone, or cannot be trusted and has been counted as lost.
    pub fn read(&mut self, seq: u64) -> io::Result<Option<Vec<u8>>> {
        if let Some(body) = self.held.body(seq) {
            return Ok(Some(body.to_vec()));
        }
        let found = self.segments.iter().find_map(|segment| Some((segment.file(), segment.find(seq)?)));
        let Some((file, (head, offset))) = found else { return Ok(None) };
        let body = self.disk.read(&file, u64::from(offset), head.length as usize);
        match body {
            Ok(body) if crc32fast::hash(&body) == head.crc => Ok(Some(body)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            _ => {
                let what = format!("record {seq} of {file}");
                let points = self.parts.rest(seq, head.points).iter().map(|part| part.len() as u64).sum();
                self.losses.push(Loss { reason: Lost::Corrupt, points, what });
                self.settle(seq, 0..head.points as usize)?;
                Ok(None)
            }
        }
    }

    /// A part of a record needs no sending any more: it arrived, or was given up. The error says that the disk does not
    /// know it yet; it is told again at the next call.
    pub fn settle(&mut self, seq: u64, part: Range<usize>) -> io::Result<()> {
        let part = part.start as u16..part.end as u16;
        if let Some(points) = self.held.points(seq) {
            self.parts.settle(seq, part);
            if self.parts.rest(seq, points).is_empty() {
                self.held.remove(seq);
                self.parts.forget(seq);
            }
            return Ok(());
        }
        let found = self.segments.iter().enumerate().find_map(|(at, segment)| Some((at, segment.find(seq)?.0)));
        // A record that was evicted meanwhile has been counted.
        let Some((at, head)) = found else { return Ok(()) };
        self.parts.settle(seq, part.clone());
        if self.parts.rest(seq, head.points).is_empty() {
            self.segments[at].settle(seq);
            self.parts.forget(seq);
        }
        self.unwritten.push(Ack { seq, part });
        let written = self.write_acks();
        // A segment that is gone needs no acks: a full disk is emptied without writing.
        self.sweep();
        if self.unwritten.is_empty() { Ok(()) } else { written }
    }

    pub fn backlog(&self) -> Backlog {
        let (mut requests, mut points) = self.held.count();
        for segment in &self.segments {
            requests += segment.live() as u64;
            points += segment.points();
        }
        points -= self.parts.settled().min(points);
        let bytes = self.bytes() + self.held.bytes() as u64;
        Backlog { requests, points, bytes, oldest: self.oldest().map(|oldest| oldest.at) }
    }

    /// The losses since the last call.
    pub fn take_losses(&mut self) -> Vec<Loss> {
        for doomed in &mut self.doomed {
            doomed.counted = true;
        }
        std::mem::take(&mut self.losses)
    }

    /// Removes what was evicted, once it has been counted.
    fn bury(&mut self) {
        for Doomed { segment, .. } in self.doomed.extract_if(.., |doomed| doomed.counted) {
            if let Err(error) = segment.remove(&mut self.disk) {
                tracing::warn!(%error, file = segment.file(), "an evicted segment cannot be removed");
            }
        }
    }

    fn bytes(&self) -> u64 {
        self.segments.iter().map(Segment::bytes).sum()
    }

    fn segment_bytes(&self) -> u64 {
        (self.limits.bytes / SEGMENTS).clamp(SEGMENT_BYTES.start, SEGMENT_BYTES.end)
    }

    fn write(&mut self, head: &Head, body: &[u8]) -> io::Result<()> {
        let full = |segment: &Segment, limit| segment.bytes() > 0 && segment.bytes() + body.len() as u64 > limit;
        let limit = self.segment_bytes();
        if !self.open || self.segments.back().is_none_or(|last| full(last, limit)) {
            // What the old segment still owes is paid before another begins.
            if self.dirty.bytes {
                self.sync_open()?;
            }
            self.segments.push_back(Segment::new(head.seq));
            (self.open, self.dirty.names) = (true, true);
        }
        let Some(segment) = self.segments.back_mut() else { return Ok(()) };
        let written = segment.append(&mut self.disk, head, body);
        self.dirty.bytes = true;
        if written.is_err() {
            // What was written by half is cut off, or nothing more goes into this segment.
            let cut = segment.cut(&mut self.disk);
            self.open = cut.is_ok() && segment.bytes() > 0;
            if segment.bytes() == 0 {
                let gone = segment.file();
                self.segments.pop_back();
                // It may not even exist.
                let _ = self.disk.remove(&gone);
            }
        }
        written
    }

    /// Moves to the disk what had to wait in memory, oldest first.
    fn unburden(&mut self) -> io::Result<()> {
        while let Some((head, body)) = self.held.front() {
            self.write(&head, &body)?;
            self.held.remove(head.seq);
            let settled = self.parts.of(head.seq).into_iter();
            self.unwritten.extend(settled.map(|part| Ack { seq: head.seq, part }));
        }
        self.write_acks()
    }

    fn write_acks(&mut self) -> io::Result<()> {
        while let Some(ack) = self.unwritten.first() {
            if let Some(segment) = self.segments.iter_mut().find(|segment| segment.owns(ack.seq)) {
                segment.append_ack(&mut self.disk, ack)?;
            }
            self.unwritten.remove(0);
        }
        Ok(())
    }

    /// Removes segments in which nothing waits, except the one that is still written.
    fn sweep(&mut self) {
        let last = self.segments.len().saturating_sub(usize::from(self.open));
        let mut at = 0;
        let disk = &mut self.disk;
        self.segments.retain(|segment| {
            at += 1;
            // One that cannot be removed is kept, and with it the acks that keep its records from coming back.
            !(at <= last && segment.live() == 0 && segment.remove(disk).is_ok())
        });
        let segments = &self.segments;
        self.unwritten.retain(|ack| segments.iter().any(|segment| segment.owns(ack.seq)));
    }

    /// Evicts the oldest while there is too much.
    fn bound(&mut self) {
        let records = |segments: &VecDeque<Segment>| segments.iter().map(Segment::len).sum::<usize>();
        while self.bytes() > self.limits.bytes || records(&self.segments) > RECORDS_MAX {
            if !self.evict(Lost::SpoolFull) {
                break;
            }
        }
    }

    /// Evicts segments of which all is older than the service takes. `now` is the service's time: by a clock of ours
    /// that jumped ahead, everything would be too old.
    pub fn expire(&mut self, now: Time) {
        while self.segments.len() > 1
            && self.segments.front().is_some_and(|segment| segment.latest() < now - self.limits.age_s)
        {
            self.evict(Lost::TooOld);
        }
    }

    fn evict(&mut self, reason: Lost) -> bool {
        let Some(segment) = self.segments.pop_front() else { return false };
        if self.segments.is_empty() {
            (self.open, self.dirty.bytes) = (false, false);
        }
        let mut points = 0;
        for head in segment.waiting() {
            points += self.parts.rest(head.seq, head.points).iter().map(|part| part.len() as u64).sum::<u64>();
            self.parts.forget(head.seq);
        }
        if points > 0 {
            self.losses.push(Loss { reason, points, what: format!("segment {}", segment.file()) });
        }
        self.doomed.push(Doomed { segment, counted: false });
        self.sweep();
        true
    }
}

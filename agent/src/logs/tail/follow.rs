//! One open file: reads it on, notices when it is no longer what it was, and remembers how far it is done with.

use std::io;
use std::path::PathBuf;

use super::files::{Handle, Id, Stat};
use super::mark::{Mark, Sample};
use crate::logs::sift::{Portion, Sift};
use crate::logs::tally::Count;
use crate::logs::ways::{Ways, stem};

/// Read at a time: large enough that the call costs nothing beside the work, small enough to stay in the cache.
const CHUNK: usize = 128 << 10;
/// Of one file in one turn, so that a large one does not starve the rest.
const TURN: usize = 1 << 20;
/// After this silence an event whose lines are whole has ended.
pub const QUIET_MS: i64 = 1_000;
/// After this silence a line without an end is taken as it is: it may be the half of a buffer, so we are patient.
pub const UNENDED_MS: i64 = 10_000;

#[derive(Debug)]
pub(super) struct Follow<H> {
    /// Never given twice: a request under way that covers it can never mean another.
    pub(super) key: u64,
    pub(super) source: usize,
    pub(super) lane: usize,
    pub(super) path: PathBuf,
    /// Of the files of one stream the eldest is read first: when it was last written to before we opened it.
    age: i128,
    pub(super) id: Id,
    /// `None`: what it was is gone; only what was read of it remains to be sent.
    pub(super) handle: Option<H>,
    pub(super) head: Sample,
    /// What stands before `read`: to know a copy by, should the file be truncated.
    before: Sample,
    sift: Sift,
    /// Read and not yet taken, or kept as context: `held[0]` stands at `base`, `held[at]` is the first not taken.
    held: Vec<u8>,
    base: u64,
    at: usize,
    pub(super) read: u64,
    pub(super) acked: u64,
    pub(super) seen_len: u64,
    links: u64,
    changed_ms: i64,
    /// No path of ours names it any more.
    pub(super) rotated: bool,
    /// A stretch of NUL bytes up to the end of the file: preallocated, and still to be written.
    hollow_len: u64,
    /// The end of a compressed file was reached.
    ended: bool,
    /// What stood before `acked` when that was last looked at.
    acked_before: (u64, Sample),
}

/// What one turn found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nothing more for now.
    Idle,
    /// There is more: come again.
    More,
    /// It is another file than it was: truncated, or written anew.
    Renewed,
}

impl<H: Handle> Follow<H> {
    pub(super) fn new(
        key: u64,
        (source, lane): (usize, usize),
        path: PathBuf,
        handle: H,
        from: u64,
        sift: Sift,
        now_ms: i64,
    ) -> io::Result<Self> {
        let Stat { id, len, links, modified_ns } = handle.stat()?;
        let (head, before) = (Sample::head(&handle)?, Sample::before(&handle, from)?);
        Ok(Self {
            key,
            source,
            lane,
            path,
            age: modified_ns,
            id,
            handle: Some(handle),
            head,
            before,
            sift,
            held: vec![],
            base: from,
            at: 0,
            read: from,
            acked: from,
            seen_len: len,
            links,
            changed_ms: now_ms,
            rotated: false,
            hollow_len: 0,
            ended: false,
            acked_before: (from, before),
        })
    }

    /// One turn: looks, reads, passes on.
    pub(super) fn turn(&mut self, scratch: &mut Vec<u8>, ways: &mut Ways, now_ms: i64) -> io::Result<Turn> {
        let Some(handle) = &self.handle else {
            self.pass(ways, true, now_ms);
            return Ok(Turn::Idle);
        };
        let stat = handle.stat()?;
        self.links = stat.links;
        if stat.len != self.seen_len {
            self.changed_ms = now_ms;
        }
        if stat.len < self.read || (!handle.is_final() && self.has_changed()?) {
            return Ok(Turn::Renewed);
        }
        self.seen_len = if self.ended { self.read } else { stat.len };
        let mut taken = 0;
        while self.read < self.seen_len && taken < TURN && !ways.is_full(self.lane) {
            let before = self.read;
            match self.portion(scratch, stat.len, ways, now_ms)? {
                Turn::More => taken += (self.read - before) as usize,
                Turn::Idle => break,
                Turn::Renewed => return Ok(Turn::Renewed),
            }
        }
        if taken > 0 {
            self.changed_ms = now_ms;
            if let Some(handle) = &self.handle {
                self.before = Sample::before(handle, self.read)?;
            }
        } else {
            self.pass_quiet(ways, now_ms);
        }
        Ok(if taken >= TURN && !ways.is_full(self.lane) { Turn::More } else { Turn::Idle })
    }

    /// Does it no longer begin as it did? Where it only grew, the sample grows with it.
    fn has_changed(&mut self) -> io::Result<bool> {
        let Some(handle) = &self.handle else { return Ok(false) };
        let grown = self.head.grown(handle)?;
        self.head = grown.unwrap_or(self.head);
        Ok(grown.is_none())
    }

    /// Reads a chunk behind what is held, makes sure that it still was the same file, and passes it on.
    fn portion(&mut self, scratch: &mut Vec<u8>, len: u64, ways: &mut Ways, now_ms: i64) -> io::Result<Turn> {
        let Some(handle) = &self.handle else { return Ok(Turn::Idle) };
        scratch.clear();
        scratch.extend_from_slice(&self.held);
        let from = scratch.len();
        // No more than there is: to clear what will not be read costs more than to read a few lines.
        let want = len.saturating_sub(self.read).min(CHUNK as u64) as usize;
        scratch.resize(from + want, 0);
        let got = handle.read_at(&mut scratch[from..], self.read)?;
        let is_final = handle.is_final();
        if got > 0 && !is_final && self.has_changed()? {
            return Ok(Turn::Renewed);
        }
        if got == 0 {
            self.ended = is_final;
            return Ok(Turn::Idle);
        }
        scratch.truncate(from + got);
        let solid = scratch[from..].iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
        if solid < got && !self.goes_on_after(self.read + got as u64, len)? {
            // Nothing but NUL from here to the end: space that the writer set aside. It will be written; we wait.
            scratch.truncate(from + solid);
            if solid == 0 {
                return Ok(Turn::Idle);
            }
        }
        self.read += (scratch.len() - from) as u64;
        ways.tally.add(Count::BytesRead, (scratch.len() - from) as u64);
        self.at = self.sift_through(scratch, false, ways, now_ms);
        let keep = (self.sift.keep_from(self.base + self.at as u64) - self.base) as usize;
        self.hold(scratch, keep);
        Ok(Turn::More)
    }

    /// Is there anything but NUL between `from` and the end?
    fn goes_on_after(&mut self, from: u64, len: u64) -> io::Result<bool> {
        let Some(handle) = &self.handle else { return Ok(false) };
        if self.hollow_len == len {
            return Ok(false);
        }
        let mut buffer = [0; 4_096];
        let mut at = from;
        loop {
            let got = handle.read_at(&mut buffer, at)?;
            if got == 0 {
                self.hollow_len = len;
                return Ok(false);
            }
            if buffer[..got].iter().any(|byte| *byte != 0) {
                return Ok(true);
            }
            at += got as u64;
        }
    }

    /// Silence: what is open ends. A line without an end waits longer.
    fn pass_quiet(&mut self, ways: &mut Ways, now_ms: i64) {
        let quiet = now_ms - self.changed_ms;
        let ended = self.held.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if self.ended || quiet >= UNENDED_MS {
            self.pass(ways, true, now_ms);
        } else if quiet >= QUIET_MS && ended > self.at {
            let tail = self.held.split_off(ended);
            self.pass(ways, true, now_ms);
            self.held.extend_from_slice(&tail);
        } else {
            // The lane may have been full when it was read.
            self.pass(ways, false, now_ms);
        }
    }

    fn pass(&mut self, ways: &mut Ways, flush: bool, now_ms: i64) {
        let held = std::mem::take(&mut self.held);
        self.at = self.sift_through(&held, flush, ways, now_ms);
        let keep = (self.sift.keep_from(self.base + self.at as u64) - self.base) as usize;
        self.hold(&held, keep);
    }

    fn sift_through(&mut self, bytes: &[u8], flush: bool, ways: &mut Ways, now_ms: i64) -> usize {
        let portion = Portion { file: self.key, bytes, base: self.base, at: self.at, flush, said: &[] };
        ways.pass(self.source, self.lane, &mut self.sift, portion, now_ms)
    }

    /// Keeps `bytes[keep..]` for the next turn, in no more memory than that takes.
    fn hold(&mut self, bytes: &[u8], keep: usize) {
        self.held.clear();
        self.held.extend_from_slice(&bytes[keep..]);
        if self.held.capacity() > 2 * self.held.len() + CHUNK {
            self.held.shrink_to_fit();
        }
        self.base += keep as u64;
        self.at -= keep;
    }

    /// Nothing of it waits to be read, passed on, or acknowledged.
    pub(super) fn is_done(&self) -> bool {
        let read = self.handle.is_none() || self.ended || self.read >= self.seen_len;
        read && self.at == self.held.len() && self.acked >= self.read
    }

    /// Done with, and silent for so long that its descriptor may go.
    pub(super) fn may_close(&self, now_ms: i64) -> bool {
        let patience = match (&self.handle, self.links) {
            (None, _) => 0,
            (Some(handle), _) if handle.is_final() => 0,
            (Some(_), 0) => DELETED_MS,
            _ => SILENT_MS,
        };
        self.is_done() && now_ms - self.changed_ms >= patience
    }

    /// Bytes of a deleted file that only our descriptor keeps on the disk.
    pub(super) fn kept_bytes(&self) -> u64 {
        if self.links == 0 && self.handle.is_some() { self.has_unread() } else { 0 }
    }

    pub(super) fn has_unread(&self) -> u64 {
        if self.ended { 0 } else { self.seen_len.saturating_sub(self.read) }
    }

    /// The lesser one is read first.
    pub(super) fn turn_in_line(&self) -> (i128, u64) {
        (self.age, self.key)
    }

    /// An elder file of the same log, to be read to its end before this one; not one that stands still before its end.
    pub(super) fn is_elder_of(&self, other: &Self, now_ms: i64) -> bool {
        self.lane == other.lane
            && self.handle.is_some()
            && now_ms - self.changed_ms < QUIET_MS
            && self.has_unread() > 0
            && self.turn_in_line() < other.turn_in_line()
            && self.path.parent() == other.path.parent()
            && stem(&self.path) == stem(&other.path)
    }

    pub(super) fn is_quiet_soon(&self) -> bool {
        self.at < self.held.len()
    }

    /// Goes on in a copy of what it was.
    pub(super) fn move_to(&mut self, path: PathBuf, handle: H) -> io::Result<()> {
        let stat = handle.stat()?;
        (self.id, self.seen_len, self.links) = (stat.id, stat.len, stat.links);
        self.path = path;
        self.handle = Some(handle);
        self.rotated = true;
        Ok(())
    }

    /// How it would be known again, as far as it was read.
    pub(super) fn as_read(&self) -> Mark {
        self.mark("", self.read, self.before)
    }

    /// How it is known after a restart: as far as it was acknowledged.
    pub(super) fn as_acked(&mut self, source: &str) -> Option<Mark> {
        let handle = self.handle.as_ref()?;
        if self.acked_before.0 != self.acked {
            self.acked_before = (self.acked, Sample::before(handle, self.acked).ok()?);
        }
        Some(self.mark(source, self.acked, self.acked_before.1))
    }

    fn mark(&self, source: &str, offset: u64, before: Sample) -> Mark {
        let Id { dev, ino } = self.id;
        Mark { source: source.to_owned(), path: self.path.clone(), dev, ino, head: self.head, offset, before }
    }
}

/// A deleted file whose writer has been silent so long is let go, and its space with it.
const DELETED_MS: i64 = 60_000;
/// A file that was silent so long is opened again when it grows.
const SILENT_MS: i64 = 3_600_000;

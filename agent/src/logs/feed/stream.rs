//! One text that grows in memory: what a file is to the tail, without a file.
//!
//! Its bytes have places, counted from where it began, as the bytes of a file have; so grouping, batches and covers do
//! not know the difference. Whoever fills it asks for room first, and knows again where its bytes came from.

use crate::logs::sift::{Portion, Said, Sift};
use crate::logs::tail::{QUIET_MS, UNENDED_MS};
use crate::logs::ways::Ways;

/// Read and not yet passed on. The longest event has room in it twice.
const HELD_MAX: usize = 2 << 20;

#[derive(Debug)]
pub(super) struct Stream {
    pub(super) key: u64,
    source: usize,
    lane: usize,
    sift: Sift,
    /// As in a file that is followed: `held[0]` stands at `base`, `held[at]` is the first that is not yet taken.
    held: Vec<u8>,
    base: u64,
    at: usize,
    /// What is known of the bytes from a place on, in order.
    said: Vec<Said>,
    pub(super) acked: u64,
    changed_ms: i64,
    /// Nothing more will come: what is open ends.
    pub(super) closed: bool,
}

impl Stream {
    pub(super) fn new(key: u64, (source, lane): (usize, usize), sift: Sift, from: u64, now_ms: i64) -> Self {
        Self {
            key,
            source,
            lane,
            sift,
            held: vec![],
            base: from,
            at: 0,
            said: vec![],
            acked: from,
            changed_ms: now_ms,
            closed: false,
        }
    }

    /// Where the next byte will stand.
    pub(super) fn end(&self) -> u64 {
        self.base + self.held.len() as u64
    }

    pub(super) fn has_room(&self) -> bool {
        self.held.len() < HELD_MAX
    }

    pub(super) fn push(&mut self, bytes: &[u8], now_ms: i64) {
        self.held.extend_from_slice(bytes);
        self.changed_ms = now_ms;
    }

    /// The bytes that come now have this time and this level, unless they say otherwise themselves.
    pub(super) fn say(&mut self, said: Said) {
        self.said.push(said);
    }

    /// Passes on what is whole; after a silence what is open ends, and a line without an end waits longer.
    pub(super) fn turn(&mut self, ways: &mut Ways, now_ms: i64) {
        if self.held.is_empty() {
            return;
        }
        let quiet = now_ms - self.changed_ms;
        let ended = memchr::memrchr(b'\n', &self.held).map_or(0, |at| at + 1);
        if self.closed || quiet >= UNENDED_MS {
            self.pass(ways, true, self.held.len(), now_ms);
        } else {
            self.pass(ways, quiet >= QUIET_MS && ended > self.at, ended, now_ms);
        }
    }

    fn pass(&mut self, ways: &mut Ways, flush: bool, end: usize, now_ms: i64) {
        let bytes = if flush { &self.held[..end] } else { &self.held[..] };
        let portion = Portion { file: self.key, bytes, base: self.base, at: self.at, flush, said: &self.said };
        self.at = ways.pass(self.source, self.lane, &mut self.sift, portion, now_ms);
        let place = self.base + self.at as u64;
        let keep = (self.sift.keep_from(place) - self.base) as usize;
        self.held.drain(..keep);
        (self.base, self.at) = (self.base + keep as u64, self.at - keep);
        let past = self.said.partition_point(|said| said.start <= self.base).saturating_sub(1);
        self.said.drain(..past);
    }

    /// Something is held that time alone will release.
    pub(super) fn is_open(&self) -> bool {
        self.at < self.held.len()
    }

    /// What would be passed on has nowhere to go now.
    pub(super) fn is_held_up(&self, ways: &Ways) -> bool {
        ways.is_full(self.lane)
    }

    /// All of it was passed on and acknowledged.
    pub(super) fn is_done(&self) -> bool {
        !self.is_open() && self.acked >= self.end()
    }

    pub(super) fn silent_ms(&self, now_ms: i64) -> i64 {
        now_ms - self.changed_ms
    }
}

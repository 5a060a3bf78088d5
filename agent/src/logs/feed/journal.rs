//! The journal: entries in, and the cursor of the last one that is done with.
//!
//! The lines of many services lie between each other there, so each writer (unit and process) is a stream of its own:
//! a stack trace is not parted by what another service says meanwhile. Never: a cursor that stands behind an entry of
//! which a line was not acknowledged; more writers, or more entries under way, than the bounds below.

use std::collections::VecDeque;
use std::path::Path;

use super::entry::{Entry, Parser};
use super::stream::Stream;
use crate::logs::sift::Said;
use crate::logs::tally::Count;
use crate::logs::ways::Ways;

/// Most writers with a stream of their own at one time; a further one waits until another's is done with.
const WRITERS_MAX: usize = 64;
/// Most entries that wait to be acknowledged.
const ENTRIES_MAX: usize = 20_000;
/// A writer that was silent so long gives its place up.
const SILENT_MS: i64 = 10_000;

/// An entry under way: it is done with when its stream is acknowledged up to `end`.
#[derive(Debug)]
struct Pending {
    cursor: String,
    stream: u64,
    end: u64,
}

#[derive(Debug)]
struct Writer {
    name: String,
    pid: String,
    stream: Stream,
}

#[derive(Debug)]
pub(super) struct Journal {
    /// Under which the checkpoint knows it.
    pub(super) name: String,
    source: usize,
    /// Stands for every writer's name in the templates.
    label: Option<String>,
    parser: Parser,
    writers: Vec<Writer>,
    /// In the order of the journal.
    pending: VecDeque<Pending>,
    /// The first entry that found no room, and what was read behind it.
    waiting: Option<(Entry, Vec<u8>)>,
    /// Everything up to it is acknowledged.
    done: String,
    /// The last entry that was taken.
    taken: String,
}

impl Journal {
    /// `from`: a cursor of the journal, or `@` and the seconds from which on it is read.
    pub(super) fn new(name: String, source: usize, label: Option<String>, from: String) -> Self {
        Self {
            name,
            source,
            label,
            parser: Parser::default(),
            writers: vec![],
            pending: VecDeque::new(),
            waiting: None,
            taken: from.clone(),
            done: from,
        }
    }

    /// From where a new reader must go on.
    pub(super) fn resume_at(&mut self) -> String {
        // What an old reader left half said is said again by the new one, and what waits for room is in our hands.
        self.parser = Parser::default();
        if let Some((entry, _)) = self.waiting.take() {
            self.waiting = Some((entry, vec![]));
        }
        self.waiting.as_ref().map_or(&self.taken, |(entry, _)| &entry.cursor).clone()
    }

    /// Takes no more until something was acknowledged.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.is_none() && self.pending.len() < ENTRIES_MAX
    }

    /// What the reader read. It must have asked for room.
    pub(super) fn read(&mut self, bytes: &[u8], ways: &mut Ways, now_ms: i64, next_key: &mut u64) {
        ways.tally.add(Count::BytesRead, bytes.len() as u64);
        self.parse(bytes, ways, now_ms, next_key);
    }

    fn parse(&mut self, mut bytes: &[u8], ways: &mut Ways, now_ms: i64, next_key: &mut u64) {
        while let Some(entry) = self.parser.next(&mut bytes) {
            if let Err(entry) = self.take(entry, ways, now_ms, next_key) {
                self.waiting = Some((*entry, bytes.to_vec()));
                return;
            }
        }
    }

    /// `Err`: there is no room for it now.
    fn take(&mut self, entry: Entry, ways: &mut Ways, now_ms: i64, next_key: &mut u64) -> Result<(), Box<Entry>> {
        let Some(at) = self.writer(&entry, ways, now_ms, next_key) else { return Err(Box::new(entry)) };
        let stream = &mut self.writers[at].stream;
        if !stream.has_room() {
            return Err(Box::new(entry));
        }
        ways.tally.add(Count::Cut, u64::from(entry.cut));
        let text = entry.message.trim_ascii_end();
        if !text.is_empty() {
            stream.say(Said { start: stream.end(), time_ms: entry.time_ms, level: entry.level });
            stream.push(text, now_ms);
            stream.push(b"\n", now_ms);
        }
        self.taken.clone_from(&entry.cursor);
        self.pending.push_back(Pending { cursor: entry.cursor, stream: stream.key, end: stream.end() });
        Ok(())
    }

    fn writer(&mut self, entry: &Entry, ways: &mut Ways, now_ms: i64, next_key: &mut u64) -> Option<usize> {
        let known = |writer: &Writer| writer.name == entry.writer() && writer.pid == entry.pid;
        if let Some(at) = self.writers.iter().position(known) {
            return Some(at);
        }
        if self.writers.len() == WRITERS_MAX {
            // The one that was silent longest makes room: what it holds ends now.
            let oldest = self.writers.iter_mut().max_by_key(|writer| writer.stream.silent_ms(now_ms))?;
            oldest.stream.closed = true;
            oldest.stream.turn(ways, now_ms);
            self.writers.retain(|writer| !(writer.stream.closed && writer.stream.is_done()));
        }
        if self.writers.len() == WRITERS_MAX {
            return None;
        }
        let lane = ways.lane_of(self.source, Path::new(self.label.as_deref().unwrap_or(entry.writer())));
        let sift = ways.sift_of(self.source, Path::new(entry.writer()));
        *next_key += 1;
        let stream = Stream::new(*next_key, (self.source, lane), sift, 0, now_ms);
        self.writers.push(Writer { name: entry.writer().to_owned(), pid: entry.pid.clone(), stream });
        Some(self.writers.len() - 1)
    }

    pub(super) fn turn(&mut self, ways: &mut Ways, now_ms: i64, next_key: &mut u64) {
        for writer in &mut self.writers {
            writer.stream.turn(ways, now_ms);
        }
        self.settle();
        self.writers.retain(|Writer { stream, .. }| {
            !(stream.is_done() && (stream.closed || stream.silent_ms(now_ms) >= SILENT_MS))
        });
        if let Some((entry, rest)) = self.waiting.take() {
            match self.take(entry, ways, now_ms, next_key) {
                Ok(()) => self.parse(&rest, ways, now_ms, next_key),
                Err(entry) => self.waiting = Some((*entry, rest)),
            }
        }
    }

    pub(super) fn acked(&mut self, key: u64, end: u64) {
        if let Some(writer) = self.writers.iter_mut().find(|writer| writer.stream.key == key) {
            writer.stream.acked = writer.stream.acked.max(end);
        }
    }

    /// The cursor moves over every entry from the front that is done with. A stream that is gone was done with.
    fn settle(&mut self) {
        let writers = &self.writers;
        let is_done = |pending: &Pending| {
            writers
                .iter()
                .find(|writer| writer.stream.key == pending.stream)
                .is_none_or(|writer| writer.stream.acked >= pending.end)
        };
        while let Some(pending) = self.pending.pop_front_if(|pending| is_done(pending)) {
            self.done = pending.cursor;
        }
    }

    pub(super) fn cursor(&mut self) -> String {
        self.settle();
        self.done.clone()
    }

    pub(super) fn is_open(&self) -> bool {
        self.waiting.is_some() || self.writers.iter().any(|writer| writer.stream.is_open())
    }

    pub(super) fn is_done(&self) -> bool {
        self.waiting.is_none() && self.writers.iter().all(|writer| writer.stream.is_done())
    }
}

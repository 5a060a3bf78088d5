//! Reads an inbox as a file is read: from where it was acknowledged to where it was written.

use std::path::Path;
use std::sync::Arc;

use super::inbox::Inbox;
use super::stream::Stream;
use crate::logs::tally::Count;
use crate::logs::ways::Ways;

/// Read at a time.
const CHUNK: usize = 64 << 10;
/// Of one slot in one turn.
const TURN: u64 = 1 << 20;

#[derive(Debug)]
pub(super) struct Intake {
    pub(super) name: String,
    source: usize,
    /// Stands for the file's name in the templates.
    label: String,
    inbox: Arc<Inbox>,
    /// By slot: how far it was acknowledged before this run, and its text once there is something to read.
    slots: Vec<(u64, Option<Stream>)>,
}

impl Intake {
    pub(super) fn new(
        name: String,
        source: usize,
        label: String,
        inbox: Arc<Inbox>,
        acked: impl Fn(usize) -> u64,
    ) -> Self {
        // What was removed had been acknowledged, though the checkpoint may not know it.
        let from = |slot| acked(slot).max(inbox.extent(slot).0);
        let slots = (0..inbox.slots()).map(|slot| (from(slot), None)).collect();
        Self { name, source, label, inbox, slots }
    }

    /// `true`: there is more to read at once.
    pub(super) fn turn(&mut self, ways: &mut Ways, now_ms: i64, next_key: &mut u64) -> bool {
        let [turned_away, dropped, cut] = self.inbox.take_counts();
        ways.tally.add(Count::TurnedAway, turned_away);
        ways.tally.add(Count::LostInboxFull, dropped);
        ways.tally.add(Count::Cut, cut);
        let ended = self.inbox.has_ended();
        let mut more = false;
        for (at, (acked, stream)) in self.slots.iter_mut().enumerate() {
            let (_, written) = self.inbox.extent(at);
            if stream.is_none() && *acked >= written {
                continue;
            }
            let stream = stream.get_or_insert_with(|| {
                let path = Path::new(&self.label);
                let (lane, sift) = (ways.lane_of(self.source, path), ways.sift_of(self.source, path));
                *next_key += 1;
                Stream::new(*next_key, (self.source, lane), sift, *acked, now_ms)
            });
            if let Err(error) = fill(&self.inbox, at, written, stream, ways, now_ms) {
                tracing::warn!(source = self.name, %error, "what was received cannot be read back from the disk");
            }
            stream.closed = ended && stream.end() == written;
            stream.turn(ways, now_ms);
            more |= stream.end() < written && stream.has_room() && !stream.is_held_up(ways);
            if stream.acked > *acked {
                *acked = stream.acked;
                self.inbox.release(at, *acked);
            }
        }
        more
    }

    pub(super) fn acked(&mut self, key: u64, end: u64) {
        let streams = self.slots.iter_mut().filter_map(|(_, stream)| stream.as_mut());
        for stream in streams.filter(|stream| stream.key == key) {
            stream.acked = stream.acked.max(end);
        }
    }

    /// How far each slot is done with, for those that were ever written to.
    pub(super) fn cursors(&self) -> impl Iterator<Item = (String, String)> {
        let acked = |(acked, stream): &(u64, Option<Stream>)| stream.as_ref().map_or(*acked, |stream| stream.acked);
        let used = self.slots.iter().map(acked).enumerate().filter(|(_, acked)| *acked > 0);
        used.map(|(slot, acked)| (cursor_name(&self.name, slot), acked.to_string()))
    }

    pub(super) fn is_open(&self) -> bool {
        self.slots.iter().any(|(_, stream)| stream.as_ref().is_some_and(Stream::is_open))
    }

    pub(super) fn is_done(&self) -> bool {
        self.slots.iter().enumerate().all(|(at, (acked, stream))| {
            let (_, written) = self.inbox.extent(at);
            stream.as_ref().map_or(*acked >= written, |stream| stream.is_done() && stream.end() >= written)
        })
    }

    pub(super) fn has_ended(&self) -> bool {
        self.inbox.has_ended()
    }
}

fn fill(
    inbox: &Inbox,
    slot: usize,
    written: u64,
    stream: &mut Stream,
    ways: &mut Ways,
    now_ms: i64,
) -> std::io::Result<()> {
    let mut buffer = vec![0; CHUNK.min((written - stream.end().min(written)) as usize)];
    let from = stream.end();
    while stream.has_room() && stream.end() < written && stream.end() - from < TURN {
        let got = inbox.read(slot, stream.end(), &mut buffer)?;
        if got == 0 {
            break;
        }
        stream.push(&buffer[..got], now_ms);
    }
    ways.tally.add(Count::BytesRead, stream.end() - from);
    Ok(())
}

/// Under which the checkpoint knows how far a slot is done with.
pub(super) fn cursor_name(name: &str, slot: usize) -> String {
    format!("{name}#{slot}")
}

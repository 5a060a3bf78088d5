//! What was received and cannot be asked for again: on the disk until the service has it.
//!
//! A slot is one text (of one connection at a time), in segments: files, each named by the place in the text at which it
//! begins. Bytes are written before they are read, so a kill loses none that were received; the disk is synced when a
//! segment is full, so a failure of power can take what came after. Never: more bytes on the disk than the bound; a
//! segment removed before all of it was acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// A further segment begins when one has so much: acknowledged ones can go while the text goes on.
const SEGMENT: u64 = 1 << 20;

#[derive(Debug)]
pub struct Inbox {
    folder: PathBuf,
    bytes_max: u64,
    used: AtomicU64,
    slots: Box<[Mutex<Slot>]>,
    free: Mutex<BTreeSet<usize>>,
    /// Something was written, or ended.
    pub arrived: Notify,
    ended: AtomicBool,
    /// Connections turned away, messages dropped and messages cut, since they were last asked for.
    turned_away: AtomicU64,
    dropped: AtomicU64,
    cut: AtomicU64,
}

#[derive(Debug, Default)]
struct Slot {
    /// Where each begins, and its length.
    segments: BTreeMap<u64, u64>,
    /// Where the next byte will stand.
    next: u64,
    /// What stands last in it has no end of line: its writer was killed.
    unended: bool,
}

impl Inbox {
    /// With what is there already; `acked` is how far each slot was done with.
    pub fn open(folder: &Path, slots: usize, bytes_max: u64, acked: impl Fn(usize) -> u64) -> io::Result<Self> {
        let (mut list, mut used) = (vec![], 0);
        for at in 0..slots {
            let slot = Slot::open(&slot_folder(folder, at), acked(at))?;
            used += slot.segments.values().sum::<u64>();
            list.push(Mutex::new(slot));
        }
        Ok(Self {
            folder: folder.to_path_buf(),
            bytes_max,
            used: AtomicU64::new(used),
            slots: list.into(),
            free: Mutex::new((0..slots).collect()),
            arrived: Notify::new(),
            ended: AtomicBool::new(false),
            turned_away: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            cut: AtomicU64::new(0),
        })
    }

    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Where the text of a slot begins and ends now.
    pub fn extent(&self, slot: usize) -> (u64, u64) {
        let slot = held(&self.slots[slot]);
        (slot.segments.keys().next().copied().unwrap_or(slot.next), slot.next)
    }

    /// Reads from a place on, within one segment.
    pub fn read(&self, slot: usize, place: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let (start, len) = match held(&self.slots[slot]).segments.range(..=place).next_back() {
            Some((start, len)) => (*start, *len),
            None => return Ok(0),
        };
        let want = (start + len).saturating_sub(place).min(buffer.len() as u64) as usize;
        File::open(segment(&slot_folder(&self.folder, slot), start))?.read_at(&mut buffer[..want], place - start)
    }

    /// Everything before `place` was acknowledged: whole segments of it go.
    pub fn release(&self, slot: usize, place: u64) {
        let folder = slot_folder(&self.folder, slot);
        let mut slot = held(&self.slots[slot]);
        while let Some((&start, &len)) = slot.segments.first_key_value() {
            // The last one may still be written to.
            if start + len > place || (slot.segments.len() == 1 && len < SEGMENT) || len == 0 {
                break;
            }
            slot.segments.pop_first();
            self.used.fetch_sub(len, Ordering::Relaxed);
            // What cannot be removed is read again after a restart, at the worst.
            let _ = fs::remove_file(segment(&folder, start));
        }
    }

    pub fn has_room(&self) -> bool {
        self.used.load(Ordering::Relaxed) < self.bytes_max
    }

    /// A slot to write to; `None`: all are in use.
    pub fn writer(self: &Arc<Self>) -> io::Result<Option<Writer>> {
        let Some(slot) = held(&self.free).pop_first() else { return Ok(None) };
        let mut writer = Writer { inbox: Arc::clone(self), slot, file: None, ends_line: true };
        if std::mem::take(&mut held(&self.slots[slot]).unended) {
            writer.append(b"\n")?;
        }
        Ok(Some(writer))
    }

    /// Nothing more will ever come.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.arrived.notify_one();
    }

    pub fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    pub fn turn_away(&self) {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
    }

    pub fn drop_message(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    pub fn cut_message(&self) {
        self.cut.fetch_add(1, Ordering::Relaxed);
    }

    /// Connections turned away, messages dropped, and messages cut, since this was last asked.
    pub fn take_counts(&self) -> [u64; 3] {
        [&self.turned_away, &self.dropped, &self.cut].map(|count| count.swap(0, Ordering::Relaxed))
    }
}

impl Slot {
    fn open(folder: &Path, acked: u64) -> io::Result<Self> {
        let mut segments = BTreeMap::new();
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(start) = name.strip_suffix(".log").and_then(|start| start.parse::<u64>().ok()) {
                segments.insert(start, entry.metadata()?.len());
            }
        }
        // A hole that a failure of power left becomes NUL bytes, which are counted where they are read.
        let starts: Vec<u64> = segments.keys().copied().collect();
        for pair in starts.windows(2) {
            if segments[&pair[0]] != pair[1] - pair[0] {
                OpenOptions::new().write(true).open(segment(folder, pair[0]))?.set_len(pair[1] - pair[0])?;
                segments.insert(pair[0], pair[1] - pair[0]);
            }
        }
        let last = segments.last_key_value().map(|(start, len)| (*start, *len));
        let unended = match last {
            Some((start, len)) if len > 0 => {
                let mut byte = [0];
                File::open(segment(folder, start))?.read_exact_at(&mut byte, len - 1)?;
                byte != [b'\n']
            }
            _ => false,
        };
        let next = last.map_or(0, |(start, len)| start + len).max(acked);
        Ok(Self { segments, next, unended })
    }
}

/// Writes to one slot; gives it back when it is dropped.
#[derive(Debug)]
pub struct Writer {
    inbox: Arc<Inbox>,
    slot: usize,
    /// The open segment, and where it begins.
    file: Option<(File, u64)>,
    ends_line: bool,
}

impl Writer {
    pub fn has_room(&self) -> bool {
        self.inbox.has_room()
    }

    /// All of it, or an error and none of it.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(last) = bytes.last() else { return Ok(()) };
        let (file, start, len) = self.segment()?;
        if let Err(error) = (&file).write_all(bytes) {
            // Half a message would be read as one.
            file.set_len(len)?;
            return Err(error);
        }
        let full = len + bytes.len() as u64 >= SEGMENT;
        if full {
            file.sync_data()?;
        }
        self.file = (!full).then_some((file, start));
        let mut slot = held(&self.inbox.slots[self.slot]);
        slot.next += bytes.len() as u64;
        slot.segments.insert(start, len + bytes.len() as u64);
        drop(slot);
        self.inbox.used.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.ends_line = *last == b'\n';
        self.inbox.arrived.notify_one();
        Ok(())
    }

    /// What comes next is no part of the line that was written last.
    pub fn end_line(&mut self) -> io::Result<()> {
        if self.ends_line { Ok(()) } else { self.append(b"\n") }
    }

    /// The open segment, where it begins, and its length.
    fn segment(&mut self) -> io::Result<(File, u64, u64)> {
        let next = held(&self.inbox.slots[self.slot]).next;
        if let Some((file, start)) = self.file.take() {
            return Ok((file, start, next - start));
        }
        let folder = slot_folder(&self.inbox.folder, self.slot);
        fs::create_dir_all(&folder)?;
        let file = OpenOptions::new().create(true).append(true).open(segment(&folder, next))?;
        // An empty leftover of this name is ours; what a failed write left in it is not.
        file.set_len(0)?;
        Ok((file, next, 0))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.end_line().is_err() {
            held(&self.inbox.slots[self.slot]).unended = true;
        }
        held(&self.inbox.free).insert(self.slot);
    }
}

fn slot_folder(folder: &Path, slot: usize) -> PathBuf {
    folder.join(format!("{slot:02}"))
}

fn segment(folder: &Path, start: u64) -> PathBuf {
    folder.join(format!("{start:020}.log"))
}

/// A poisoned lock holds places all the same.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folder: &Path, acked: u64) -> Arc<Inbox> {
        Arc::new(Inbox::open(folder, 2, 4 << 20, |_| acked).unwrap())
    }

    fn text(inbox: &Inbox, slot: usize) -> Vec<u8> {
        let (mut place, end) = inbox.extent(slot);
        let (mut text, mut buffer) = (vec![], vec![0; 100_000]);
        while place < end {
            let got = inbox.read(slot, place, &mut buffer).unwrap();
            assert!(got > 0, "nothing at {place} before {end}");
            text.extend_from_slice(&buffer[..got]);
            place += got as u64;
        }
        text
    }

    #[test]
    fn what_was_written_is_there_after_a_kill_and_goes_when_it_was_acknowledged() {
        let folder = tempfile::tempdir().unwrap();
        let inbox = open(folder.path(), 0);
        let mut writer = inbox.writer().unwrap().unwrap();
        let line = vec![b'x'; 299_999];
        let mut whole = vec![];
        for _ in 0..10 {
            for part in [line.as_slice(), b"\n"] {
                writer.append(part).unwrap();
                whole.extend_from_slice(part);
            }
        }
        writer.append(b"half a li").unwrap();
        // A kill: nothing is closed in order.
        let _ = std::mem::ManuallyDrop::new(writer);
        let again = open(folder.path(), 300_000);
        whole.extend_from_slice(b"half a li");
        assert_eq!((text(&again, 0).len(), again.extent(0)), (whole.len(), (0, whole.len() as u64)));
        // Whoever writes next begins a line of their own.
        again.writer().unwrap().unwrap().append(b"next\n").unwrap();
        whole.extend_from_slice(b"\nnext\n");
        assert!(text(&again, 0) == whole, "the text is not what was written");
        again.release(0, 2_500_000);
        let (first, end) = again.extent(0);
        assert!(first > 1_000_000 && end == whole.len() as u64, "{first} {end}");
        assert!(text(&again, 0) == whole[first as usize..]);
    }

    #[test]
    fn slots_run_out_and_come_back_and_the_disk_has_a_bound() {
        let folder = tempfile::tempdir().unwrap();
        let inbox = open(folder.path(), 0);
        let one = inbox.writer().unwrap().unwrap();
        let mut two = inbox.writer().unwrap().unwrap();
        assert!(inbox.writer().unwrap().is_none());
        drop(one);
        assert!(inbox.writer().unwrap().is_some());
        while two.has_room() {
            two.append(&vec![b'y'; 1 << 18]).unwrap();
        }
        assert_eq!(inbox.used.load(Ordering::Relaxed), 4 << 20);
        inbox.release(1, 2 << 20);
        assert!(two.has_room());
    }

    #[test]
    fn a_hole_of_a_failure_of_power_is_filled_so_that_places_stay_true() {
        let folder = tempfile::tempdir().unwrap();
        let inbox = open(folder.path(), 0);
        let mut writer = inbox.writer().unwrap().unwrap();
        writer.append(&vec![b'a'; 1 << 20]).unwrap();
        writer.append(b"b\n").unwrap();
        drop(writer);
        let first = segment(&slot_folder(folder.path(), 0), 0);
        OpenOptions::new().write(true).open(first).unwrap().set_len(1_000).unwrap();
        let again = open(folder.path(), 0);
        let text = text(&again, 0);
        assert_eq!((text.len(), text[999], text[1_000], text[1 << 20]), ((1 << 20) + 2, b'a', 0, b'b'));
    }

    #[test]
    fn an_empty_inbox_goes_on_where_the_checkpoint_says() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(open(folder.path(), 77).extent(0), (77, 77));
    }
}

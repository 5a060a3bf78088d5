//! A program that logs: numbered lines, 5,000 a second, each its own write, while its file is rotated under it.
//!
//! It knows exactly what it wrote, and what a truncation took before anybody could copy it.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// What stands before the number in each line, for the endpoint's `--numbers`.
pub(crate) const MARK: &str = "order=";
const LINES_A_SECOND: u64 = 5_000;
/// Written at a stretch, so that the rate is held by sleeps that a busy machine can keep.
const STRETCH: u64 = 20;
/// Every so many lines one is written in two halves, as a buffer that is full does.
const HALVED: u64 = 97;
/// Older ones are deleted, as `rotate 40` of logrotate does: some minutes of lines.
const KEPT: usize = 40;
/// From the end of the copy to the truncation. logrotate takes less; the more there is, the more we see of it.
const BETWEEN: Duration = Duration::from_millis(2);
const WRITABLE: &str = "the log can be written";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// The file is renamed; its writer opens a new one after a while and writes into the old until then.
    Rename { reopened_after: Duration },
    /// A copy is made, then the file is emptied under its writer.
    CopyTruncate,
    /// Renamed, then compressed and deleted, as without `delaycompress`.
    Compress,
}

#[derive(Debug, Default)]
struct State {
    stop: AtomicBool,
    written: AtomicU64,
    rotations: AtomicU64,
    /// Told to open its file anew.
    reopen: AtomicBool,
    /// Held for each write, and from the look at what a truncation takes to the truncation.
    gate: Mutex<()>,
    taken: Mutex<BTreeSet<u64>>,
}

#[derive(Debug)]
pub(crate) struct Writer {
    path: PathBuf,
    rotation: Rotation,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(path: &Path, rotation: Rotation) -> Self {
        let state = Arc::new(State::default());
        let (shared, to) = (Arc::clone(&state), path.to_owned());
        File::create(path).expect(WRITABLE);
        let thread = thread::spawn(move || write(&to, &shared));
        Self { path: path.to_owned(), rotation, state, thread: Some(thread) }
    }

    pub(crate) fn written(&self) -> u64 {
        self.state.written.load(SeqCst)
    }

    pub(crate) fn rotations(&self) -> u64 {
        self.state.rotations.load(SeqCst)
    }

    /// Lines that stood in the file behind what had been copied, when it was truncated.
    pub(crate) fn taken(&self) -> BTreeSet<u64> {
        lock(&self.state.taken).clone()
    }

    /// One rotation, to its end.
    pub(crate) fn rotate(&self) {
        shift(&self.path);
        match self.rotation {
            Rotation::Rename { reopened_after } => {
                fs::rename(&self.path, numbered(&self.path, 1)).expect(WRITABLE);
                thread::sleep(reopened_after);
                self.reopen();
            }
            Rotation::CopyTruncate => self.copy_and_truncate().expect(WRITABLE),
            Rotation::Compress => {
                let rotated = numbered(&self.path, 1);
                fs::rename(&self.path, &rotated).expect(WRITABLE);
                self.reopen();
                compress(&rotated).expect(WRITABLE);
            }
        }
        self.state.rotations.fetch_add(1, SeqCst);
    }

    /// Returns when the writer has let go of the old file: logrotate compresses after that.
    fn reopen(&self) {
        self.state.reopen.store(true, SeqCst);
        while self.state.reopen.load(SeqCst) {
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// As logrotate does it: the writer goes on all the while, and what it writes behind the copy is gone.
    fn copy_and_truncate(&self) -> io::Result<()> {
        let copy = numbered(&self.path, 1);
        fs::copy(&self.path, &copy)?;
        thread::sleep(BETWEEN);
        let _gate = lock(&self.state.gate);
        let whole = |path: &Path| fs::read(path).map(|text| numbers(&text));
        // A line that the end of the copy cut in two is taken, too: neither half is a line.
        let copied = whole(&copy)?;
        lock(&self.state.taken).extend(whole(&self.path)?.into_iter().skip(copied.len()));
        OpenOptions::new().write(true).truncate(true).open(&self.path).map(drop)
    }

    /// The last line was written.
    pub(crate) fn stop(&mut self) -> u64 {
        self.state.stop.store(true, SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the writer ended well");
        }
        self.written()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.state.stop.store(true, SeqCst);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write(path: &Path, state: &State) {
    let open = || OpenOptions::new().create(true).append(true).open(path).expect(WRITABLE);
    let (mut file, begun) = (open(), Instant::now());
    let mut number = 0;
    while !state.stop.load(SeqCst) {
        if state.reopen.load(SeqCst) {
            file = open();
            state.reopen.store(false, SeqCst);
        }
        for _ in 0..STRETCH {
            let (line, _gate) = (line(number), lock(&state.gate));
            let (head, tail) = line.as_bytes().split_at(if number % HALVED == 0 { line.len() / 2 } else { 0 });
            if !head.is_empty() {
                file.write_all(head).expect(WRITABLE);
            }
            file.write_all(tail).expect(WRITABLE);
            number += 1;
            state.written.store(number, SeqCst);
        }
        // Behind the clock it does not rest: the rate is that of the whole run.
        let due = Duration::from_nanos(number * 1_000_000_000 / LINES_A_SECOND);
        thread::sleep(due.saturating_sub(begun.elapsed()));
    }
}

/// A line as a service writes it, with the time.
fn line(number: u64) -> String {
    let (now, worker) = (tests::now_ms(), number % 8);
    format!("{now} INFO [worker-{worker}] shop.till: {MARK}{number} was paid and goes to the store room\n")
}

fn numbers(text: &[u8]) -> Vec<u64> {
    let text = String::from_utf8_lossy(text);
    let digits = |rest: &str| rest.split(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok());
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().filter_map(|line| digits(line.split_once(MARK)?.1)).collect()
}

fn numbered(path: &Path, at: usize) -> PathBuf {
    PathBuf::from(format!("{}.{at}", path.display()))
}

/// `app.log.1` becomes `app.log.2`, and so on; the oldest goes. Compressed ones likewise.
fn shift(path: &Path) {
    for at in (1..=KEPT).rev() {
        for end in ["", ".gz"] {
            let name = |at| PathBuf::from(format!("{}{end}", numbered(path, at).display()));
            if at == KEPT {
                let _ = fs::remove_file(name(at));
            } else if name(at).exists() {
                fs::rename(name(at), name(at + 1)).expect(WRITABLE);
            }
        }
    }
}

fn compress(path: &Path) -> io::Result<()> {
    let aside = PathBuf::from(format!("{}.gz", path.display()));
    let mut encoder = flate2::write::GzEncoder::new(File::create(aside)?, flate2::Compression::fast());
    encoder.write_all(&fs::read(path)?)?;
    encoder.finish()?;
    fs::remove_file(path)
}

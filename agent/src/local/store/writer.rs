//! Writes on a thread of its own, so that a disk that hangs stops neither judge nor page.
//!
//! What cannot be written waits in memory, in its order, up to a bound; what is beyond that is lost and counted. After
//! a failure the file is opened anew, since redb trusts no handle that failed. What was reported as written is written.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use super::bound::Shed;
use super::disk::{Change, Disk, Trouble};

/// What waits for a disk that is full: two hours of 200 series.
const WAITING_BYTES_MAX: usize = 8 << 20;
/// How soon it is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// The file, while it can be used.
pub(super) type Shared = Arc<RwLock<Option<Disk>>>;

/// How it goes.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The newest batch that is durable, counted from 1.
    pub(super) done: u64,
    /// Why nothing can be written just now.
    pub trouble: Option<String>,
    /// Bytes that wait.
    pub waiting: usize,
    /// Changes dropped since there were too many.
    pub dropped: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// What they may be.
    pub bound: u64,
    /// What was dropped for that.
    pub shed: Shed,
}

enum Order {
    Write(u64, Vec<Change>),
    /// Tell when all before it is durable, or failed.
    Sync(Sender<Result<(), String>>),
}

#[derive(Debug)]
pub(super) struct Writer {
    orders: Option<Sender<Order>>,
    state: Arc<Mutex<State>>,
    given: u64,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(disk: Shared, path: PathBuf, (bound, shed): (u64, Shed)) -> std::io::Result<Self> {
        let (orders, inbox) = channel();
        let state = Arc::new(Mutex::new(State { bound, shed, ..State::default() }));
        let mut clerk = Clerk { disk, path, bound, state: Arc::clone(&state), waiting: VecDeque::new() };
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .stack_size(512 << 10)
            .spawn(move || clerk.run(&inbox))?;
        Ok(Self { orders: Some(orders), state, given: 0, thread: Some(thread) })
    }

    /// The number of the batch.
    pub(super) fn write(&mut self, changes: Vec<Change>) -> u64 {
        self.given += 1;
        if let Some(orders) = &self.orders {
            // The thread ends with us, not before.
            let _ = orders.send(Order::Write(self.given, changes));
        }
        self.given
    }

    pub(super) fn sync(&self) -> Result<(), String> {
        let (reply, answer) = channel();
        let sent = self.orders.as_ref().map(|orders| orders.send(Order::Sync(reply)));
        let gone = || "the store has ended".to_owned();
        sent.ok_or_else(gone)?.map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }

    pub(super) fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // It writes what is left and ends; a panic in it was said by the panic itself.
            let _ = thread.join();
        }
    }
}

struct Clerk {
    disk: Shared,
    path: PathBuf,
    /// Bytes that the file may take.
    bound: u64,
    state: Arc<Mutex<State>>,
    waiting: VecDeque<(u64, Vec<Change>)>,
}

impl Clerk {
    fn run(&mut self, inbox: &Receiver<Order>) {
        loop {
            let order = if self.waiting.is_empty() {
                inbox.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                inbox.recv_timeout(AGAIN)
            };
            match order {
                Ok(Order::Write(number, changes)) => {
                    self.waiting.push_back((number, changes));
                    // Whatever else is there already goes with it: one wait for the disk, not many.
                    let mut asked = Vec::new();
                    while let Ok(more) = inbox.try_recv() {
                        match more {
                            Order::Write(number, changes) => self.waiting.push_back((number, changes)),
                            Order::Sync(reply) => asked.push(reply),
                        }
                    }
                    self.bound();
                    // What failed was said; it waits.
                    let told = self.write();
                    for reply in asked {
                        // Who asked may have gone.
                        let _ = reply.send(told.clone());
                    }
                }
                Ok(Order::Sync(reply)) => {
                    let told = self.write();
                    // Who asked may have gone.
                    let _ = reply.send(told);
                }
                Err(RecvTimeoutError::Timeout) => drop(self.write()),
                Err(RecvTimeoutError::Disconnected) => {
                    if let Err(says) = self.write() {
                        tracing::error!(code = "SG-LOC-005", says, "the last points could not be written");
                    }
                    return;
                }
            }
        }
    }

    fn bytes(&self) -> usize {
        self.waiting.iter().flat_map(|(_, changes)| changes).map(Change::bytes).sum()
    }

    fn bound(&mut self) {
        let mut dropped = 0;
        while self.waiting.len() > 1 && self.bytes() > WAITING_BYTES_MAX {
            dropped += self.waiting.pop_front().map_or(0, |(_, changes)| changes.len() as u64);
        }
        if dropped > 0 {
            self.note(|state| state.dropped += dropped);
        }
    }

    fn note(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn write(&mut self) -> Result<(), String> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let changes: Vec<Change> = self.waiting.iter().flat_map(|(_, changes)| changes.iter().cloned()).collect();
        let ends_hour = changes.iter().any(|change| matches!(change, Change::Hour { .. }));
        let written = self.attempt(&changes);
        if ends_hour && written.is_ok() {
            self.shed();
        }
        let bytes = self.disk.read().ok().and_then(|disk| disk.as_ref().map(Disk::bytes));
        match written {
            Ok(()) => {
                let last = self.waiting.back().map_or(0, |(number, _)| *number);
                self.waiting.clear();
                let before = self.state.lock().unwrap_or_else(PoisonError::into_inner).trouble.take();
                if before.is_some() {
                    tracing::info!("the store is written again; nothing that waited was lost");
                }
                self.note(|state| {
                    (state.done, state.waiting) = (last, 0);
                    state.bytes = bytes.unwrap_or(state.bytes);
                });
                Ok(())
            }
            Err(trouble) => {
                let full = if trouble.is_full() { "the disk is full: " } else { "" };
                let says = format!("{full}{trouble}");
                let waiting = self.bytes();
                let mut is_new = false;
                self.note(|state| {
                    is_new = state.trouble.as_ref() != Some(&says);
                    (state.trouble, state.waiting) = (Some(says.clone()), waiting);
                });
                if is_new {
                    tracing::error!(code = "SG-LOC-004", path = %self.path.display(), says, "the store cannot be written; judging goes on in memory");
                }
                Err(says)
            }
        }
    }

    /// The end of an hour is what makes the file larger.
    fn shed(&self) {
        let held = self.disk.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(disk) = &*held {
            let shed = disk.keep_within(self.bound);
            self.note(|state| state.shed = state.shed.and(shed));
        }
    }

    fn attempt(&self, changes: &[Change]) -> Result<(), Trouble> {
        let failed = {
            let held = self.disk.read().unwrap_or_else(PoisonError::into_inner);
            match held.as_ref().map(|disk| disk.write(changes)) {
                Some(Ok(())) => return Ok(()),
                Some(Err(trouble)) => Some(trouble),
                None => None,
            }
        };
        // Closed before it is opened again: the file has one owner.
        let mut held = self.disk.write().unwrap_or_else(PoisonError::into_inner);
        *held = None;
        match Disk::reopen(&self.path) {
            Ok(disk) => *held = Some(disk),
            Err(trouble) => return Err(failed.unwrap_or(trouble)),
        }
        match (&*held, failed) {
            (Some(disk), None) => disk.write(changes),
            (_, Some(trouble)) => Err(trouble),
            (None, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::tests::{START, point, read};
    use super::super::{BYTES, Store, number};

    /// Names the file to the child, which is the same test.
    const STORE: &str = "STORMGLASS_STORE_UNDER_TEST";
    /// The point that it begins with.
    const FIRST: &str = "STORMGLASS_STORE_FIRST";
    /// How often it is killed; `scripts/soak.d/store.sh` says more.
    const KILLS: &str = "STORMGLASS_KILLS";

    /// The child: appends a point every period and says which are confirmed, until it is killed.
    fn write_until_killed(path: &Path) {
        use std::io::Write;
        let first: i64 = std::env::var(FIRST).ok().and_then(|first| first.parse().ok()).unwrap_or(0);
        let (mut store, _) = Store::open(path, BYTES, START + 10 * first).expect("opens");
        let mut out = std::io::stdout();
        for n in first.. {
            store.append(&[point("n", START + 10 * n, &[n as f64]), point("other", START + 10 * n, &[1.0, 2.0])]);
            if n % 3 == 0 {
                store.sync().expect("is written");
                writeln!(out, "confirmed {n}").and_then(|()| out.flush()).expect("the parent listens");
            }
        }
    }

    #[test]
    fn a_kill_at_any_moment_loses_nothing_that_was_confirmed() {
        use std::io::{BufRead, BufReader};
        use std::process::{Command, Stdio};
        if let Ok(path) = std::env::var(STORE) {
            return write_until_killed(Path::new(&path));
        }
        let kills = std::env::var(KILLS).ok().and_then(|kills| kills.parse().ok()).unwrap_or(20);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("local.redb");
        let ourselves = "local::store::writer::tests::a_kill_at_any_moment_loses_nothing_that_was_confirmed";
        let (mut random, mut confirmed) = (fastrand::Rng::new(), -1_i64);
        for kill in 0..kills {
            let mut child = Command::new(std::env::current_exe().expect("we run"))
                .args(["--exact", ourselves, "--nocapture"])
                .env(STORE, &path)
                .env(FIRST, (confirmed + 1).to_string())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .expect("starts");
            let mut lines = BufReader::new(child.stdout.take().expect("is piped")).lines();
            let mut note = |line: String| {
                if let Some(n) = line.strip_prefix("confirmed ").and_then(|n| n.parse().ok()) {
                    confirmed = n;
                    return true;
                }
                false
            };
            // It is under way when it has confirmed something; then the moment is anybody's guess.
            while !note(lines.next().expect("it confirms something").expect("is read")) {}
            std::thread::sleep(std::time::Duration::from_micros(random.u64(..60_000)));
            child.kill().expect("can be killed");
            for line in lines.map_while(Result::ok) {
                note(line);
            }
            child.wait().expect("is buried");
            let now = START + 10 * confirmed + 10;
            let (store, remarks) = Store::open(&path, BYTES, now).expect("opens after a kill");
            assert!(remarks.is_empty(), "kill {kill}: {remarks:?}");
            let first = (confirmed - 700).max(0);
            let found = read(&store, "n", "Average", 10, START + 10 * first, now);
            let expect: Vec<_> = (first..=confirmed).map(|n| Some(number::rounded(n as f64))).collect();
            assert_eq!(found, expect, "kill {kill}");
        }
    }
}

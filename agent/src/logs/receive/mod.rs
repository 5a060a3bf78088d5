//! Starts the readers of the sources that are no files, and hands on what they read.
//!
//! A reader waits as long as the engine has no room for its source: the journal keeps what it holds better than we do.

mod journalctl;
mod socket;
mod stdin;

use std::future::poll_fn;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, sleep_until};

use super::feed::inbox::Inbox;
use super::feed::{Cursors, Feed, JournalQuery, Kind, Opened};
use journalctl::{Ended, Trouble};
pub use stdin::Stdin;

/// Portions that one reader may be ahead.
const AHEAD: usize = 2;
/// Waits before a reader is started again: doubled from the first to the last; one that read something begins anew.
const RESTART_FIRST: Duration = Duration::from_secs(1);
const RESTART_LAST: Duration = Duration::from_mins(1);
/// Where there is no journal to be read, somebody must install it or give a right first.
const RESTART_HOPELESS: Duration = Duration::from_mins(10);

/// What a reader has to say.
#[derive(Debug)]
enum Arrival {
    Bytes(Vec<u8>),
    Ended(Ended),
}

/// The reader of one journal.
#[derive(Debug)]
struct Reader {
    /// Its place among the sources that are no files.
    feed: usize,
    name: String,
    query: JournalQuery,
    arrivals: Option<mpsc::Receiver<Arrival>>,
    restart_at: Instant,
    /// Ends in a row, without anything read between them.
    failures: u32,
    /// What was last said of it: the same is not said twice.
    said: Option<Trouble>,
}

/// The readers of all sources that are no files.
#[derive(Debug)]
pub(super) struct Readers {
    journals: Vec<Reader>,
    /// Something stands in an inbox.
    arrived: Arc<Notify>,
    tasks: JoinSet<()>,
}

/// What the run loop is to do.
#[derive(Debug)]
pub(super) enum Call {
    /// These bytes are of this source.
    Read(usize, Vec<u8>),
    /// This source wants a reader, from where the engine says.
    Start(usize),
    /// There is something in an inbox.
    Look,
}

/// The inbox of a source that has one, with what it held when we stopped.
pub(super) fn inbox(
    feed: &Feed,
    state_dir: &Path,
    stdin: &Stdin,
    cursors: Cursors<'_>,
) -> io::Result<Option<Arc<Inbox>>> {
    // Any name makes a folder: what is no letter is left out, and the rest of the difference is in the number.
    let letters: String = feed.name.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    let number = feed.name.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    let folder = state_dir.join("inbox").join(format!("{letters}-{number:08x}"));
    let acked = |slot| cursors.acked(&feed.name, slot);
    match &feed.kind {
        Kind::Journal(_) => Ok(None),
        Kind::Stdin { bytes_max } => stdin.open(&folder, *bytes_max, acked).map(Some),
        Kind::Socket(socket) => {
            Inbox::open(&folder, socket.connections_max, socket.bytes_max, acked).map(|inbox| Some(Arc::new(inbox)))
        }
    }
}

impl Readers {
    pub(super) fn new(feeds: &[Opened]) -> Self {
        let (mut journals, mut tasks, arrived) = (vec![], JoinSet::new(), Arc::new(Notify::new()));
        for (at, (feed, inbox)) in feeds.iter().enumerate() {
            if let Some(inbox) = inbox {
                tasks.spawn(tell(Arc::clone(inbox), Arc::clone(&arrived)));
            }
            match (&feed.kind, inbox) {
                (Kind::Journal(query), _) => journals.push(Reader::new(at, feed.name.clone(), query.clone())),
                (Kind::Socket(settings), Some(inbox)) => {
                    tasks.spawn(socket::serve(settings.clone(), Arc::clone(inbox)));
                }
                _ => {}
            }
        }
        Self { journals, arrived, tasks }
    }

    /// The next thing to do. It can be dropped at any time: nothing is lost that it has not returned.
    pub(super) async fn next(&mut self, has_room: impl Fn(usize) -> bool) -> Call {
        loop {
            let due =
                self.journals.iter().filter(|reader| reader.arrivals.is_none()).map(|reader| reader.restart_at).min();
            let due = due.unwrap_or_else(|| Instant::now() + RESTART_HOPELESS);
            tokio::select! {
                (at, arrival) = arrival(&mut self.journals, &has_room) => match arrival {
                    Some(Arrival::Bytes(bytes)) => {
                        let reader = &mut self.journals[at];
                        (reader.failures, reader.said) = (0, None);
                        return Call::Read(reader.feed, bytes);
                    }
                    Some(Arrival::Ended(ended)) => self.journals[at].ended(&ended),
                    None => self.journals[at].ended(&Ended::default()),
                },
                () = sleep_until(due) => {
                    let now = Instant::now();
                    let wants = |reader: &Reader| reader.arrivals.is_none() && reader.restart_at <= now;
                    if let Some(reader) = self.journals.iter().find(|reader| wants(reader)) {
                        return Call::Start(reader.feed);
                    }
                }
                () = self.arrived.notified() => return Call::Look,
            }
        }
    }

    /// Starts a source's reader.
    pub(super) fn start(&mut self, feed: usize, from: &str) {
        let Some(reader) = self.journals.iter_mut().find(|reader| reader.feed == feed) else { return };
        // A cursor that the journal refused: go on from its time instead.
        let from = if reader.said == Some(Trouble::Cursor) { journalctl::moment_of(from) } else { from.to_owned() };
        let (sender, receiver) = mpsc::channel(AHEAD);
        reader.arrivals = Some(receiver);
        self.tasks.spawn(journalctl::read(reader.query.clone(), from, sender));
        while self.tasks.try_join_next().is_some() {}
    }
}

/// Every inbox wakes the one who waits for all of them.
async fn tell(inbox: Arc<Inbox>, arrived: Arc<Notify>) {
    loop {
        inbox.arrived.notified().await;
        arrived.notify_one();
    }
}

/// What the next reader has to say of those whose source has room; `None`: it is gone without a word.
async fn arrival(readers: &mut [Reader], has_room: &impl Fn(usize) -> bool) -> (usize, Option<Arrival>) {
    poll_fn(|context| {
        for (at, reader) in readers.iter_mut().enumerate() {
            if let Some(arrivals) = reader.arrivals.as_mut().filter(|_| has_room(reader.feed))
                && let Poll::Ready(arrival) = arrivals.poll_recv(context)
            {
                return Poll::Ready((at, arrival));
            }
        }
        Poll::Pending
    })
    .await
}

impl Reader {
    fn new(feed: usize, name: String, query: JournalQuery) -> Self {
        Self { feed, name, query, arrivals: None, restart_at: Instant::now(), failures: 0, said: None }
    }

    fn ended(&mut self, ended: &Ended) {
        self.arrivals = None;
        self.failures = self.failures.saturating_add(1);
        let wait = RESTART_FIRST.saturating_mul(1 << (self.failures - 1).min(16)).min(RESTART_LAST);
        let hopeless = matches!(ended.trouble, Trouble::Absent | Trouble::Denied);
        self.restart_at = Instant::now() + if hopeless { RESTART_HOPELESS } else { wait };
        if self.said.replace(ended.trouble) != Some(ended.trouble) {
            tracing::warn!(source = self.name, "{}", ended.says());
        }
    }
}

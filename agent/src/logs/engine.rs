//! Tail, lanes and checkpoint as one machine, without a clock or a network: time and the outcomes of requests go in,
//! requests and checkpoints come out. `run` does what it asks for.

use std::collections::BTreeSet;

use super::batch::Sealed;
use super::checkpoint::Checkpoint;
use super::feed::{Cursors, Feeds, Opened};
use super::kinds::Kinds;
use super::sift::Budget;
use super::tail::{Files, Globs, Tail};
use super::tally::Count;
use super::ways::{Target, Ways};

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The service has it, but for these.
    Arrived(Rejected),
    /// To be tried again, not before this.
    Again { at_ms: i64 },
    /// The service will not have it as it is.
    Invalid { says: String },
}

/// Events that the service refused inside its answer, by its reasons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rejected {
    pub too_old: u64,
    pub too_new: u64,
    pub expired: u64,
}

impl Rejected {
    pub fn total(self) -> u64 {
        self.too_old + self.too_new + self.expired
    }
}

/// A request to make.
#[derive(Clone, Debug)]
pub struct Departure {
    pub lane: usize,
    pub group: String,
    pub stream: String,
    pub sealed: Sealed,
}

#[derive(Debug)]
pub struct Engine<F: Files> {
    tail: Tail<F>,
    feeds: Feeds,
    pub ways: Ways,
    linger_ms: i64,
    /// Something became true that the checkpoint does not know.
    dirty: bool,
    /// A request arrived since the checkpoint was last taken.
    arrived: bool,
}

impl<F: Files> Engine<F> {
    pub fn new(
        files: F,
        sources: Vec<(Globs, Target)>,
        host: &str,
        times: Times,
        (checkpoint, kinds): (Checkpoint, Kinds),
    ) -> Self {
        Self::with_feeds(files, sources, (vec![], 0), host, times, (checkpoint, kinds))
    }

    /// With sources that are no files, as of now.
    pub fn with_feeds(
        files: F,
        sources: Vec<(Globs, Target)>,
        (feeds, now_ms): (Vec<(Opened, Target)>, i64),
        host: &str,
        times: Times,
        (checkpoint, kinds): (Checkpoint, Kinds),
    ) -> Self {
        let (globs, mut targets): (Vec<_>, Vec<_>) = sources.into_iter().unzip();
        let Checkpoint { marks, sources, windows, cursors, budget_day, budget_spent } = checkpoint;
        let (feeds, more): (Vec<_>, Vec<_>) = feeds.into_iter().unzip();
        let feeds = Feeds::new(&feeds, targets.len(), Cursors(&cursors), now_ms);
        targets.extend(more);
        let budget = Budget::new(times.bytes_per_day, budget_day, budget_spent);
        let ways = Ways::new(targets, host, times.fold_ms).restore(windows, kinds, budget);
        Self {
            tail: Tail::new(files, globs, marks, sources),
            // From now on what is new in them is known to be new.
            dirty: !feeds.is_empty(),
            feeds,
            ways,
            linger_ms: times.linger_ms,
            arrived: false,
        }
    }

    /// Looks which files there are. After the first look the checkpoint must be written: from then on a file is known.
    pub fn scan(&mut self, now_ms: i64) {
        self.tail.scan(&mut self.ways, now_ms);
        self.dirty |= !self.tail.sources().is_empty();
    }

    pub fn folders(&self) -> &[std::path::PathBuf] {
        self.tail.folders()
    }

    /// Whether a source that is no file may hand in more.
    pub fn has_room(&self, feed: usize) -> bool {
        self.feeds.has_room(feed)
    }

    /// What such a source handed in.
    pub fn read(&mut self, feed: usize, bytes: &[u8], now_ms: i64) {
        self.feeds.read(feed, bytes, &mut self.ways, now_ms);
    }

    /// From where its next reader goes on.
    pub fn resume_at(&mut self, feed: usize) -> String {
        self.feeds.resume_at(feed)
    }

    /// Reads on. `true`: there is more to read at once.
    pub fn turn(&mut self, now_ms: i64) -> bool {
        self.ways.close_windows(now_ms);
        let more = self.tail.turn(&mut self.ways, now_ms) | self.feeds.turn(&mut self.ways, now_ms);
        for lane in &mut self.ways.lanes {
            if lane.ripe_ms(self.linger_ms).is_some_and(|ripe| ripe <= now_ms) {
                lane.seal();
            }
        }
        self.settle();
        more
    }

    /// What is true without any request.
    fn settle(&mut self) {
        for lane in &mut self.ways.lanes {
            let covers = lane.settle();
            self.dirty |= !covers.is_empty();
            self.tail.acked(&covers);
            self.feeds.acked(&covers);
        }
    }

    /// Seals what is open: the program is about to stop.
    pub fn seal_all(&mut self) {
        self.ways.lanes.iter_mut().for_each(super::lane::Lane::seal);
    }

    /// The requests that may leave now. Those that carry no event have arrived as they stand.
    pub fn depart(&mut self, now_ms: i64) -> Vec<Departure> {
        let mut list = vec![];
        for at in 0..self.ways.lanes.len() {
            while let Some(sealed) = self.ways.lanes[at].depart(now_ms) {
                if sealed.events() == 0 {
                    self.arrive(at);
                    continue;
                }
                let lane = &self.ways.lanes[at];
                list.push(Departure { lane: at, group: lane.group.clone(), stream: lane.stream.clone(), sealed });
            }
        }
        list
    }

    pub fn ended(&mut self, departure: &Departure, outcome: Outcome) {
        let Departure { lane, sealed, .. } = departure;
        self.ways.tally.add(Count::Requests, 1);
        match outcome {
            Outcome::Arrived(rejected) => {
                let events = sealed.events() as u64;
                self.ways.tally.add(Count::Shipped, events.saturating_sub(rejected.total()));
                self.ways.tally.add(Count::BytesShipped, sealed.bytes as u64);
                self.ways.tally.add(Count::LostTooOld, rejected.too_old);
                self.ways.tally.add(Count::LostTooNew, rejected.too_new);
                self.ways.tally.add(Count::LostExpired, rejected.expired);
                self.arrive(*lane);
            }
            Outcome::Again { at_ms } => {
                self.ways.tally.add(Count::RequestsFailed, 1);
                self.ways.lanes[*lane].retry_at(at_ms);
            }
            Outcome::Invalid { says } => {
                self.ways.tally.add(Count::RequestsFailed, 1);
                if !self.ways.lanes[*lane].halve() {
                    tracing::warn!(
                        group = departure.group,
                        stream = departure.stream,
                        says,
                        "an event is refused, and dropped"
                    );
                    self.ways.tally.add(Count::LostRefused, 1);
                    self.arrive(*lane);
                }
            }
        }
    }

    /// Counts a failure of the lane's request; the caller computes from it how long to wait.
    pub fn failures(&mut self, lane: usize) -> u32 {
        self.ways.lanes[lane].failed()
    }

    fn arrive(&mut self, lane: usize) {
        let covers = self.ways.lanes[lane].arrived();
        (self.dirty, self.arrived) = (true, true);
        self.tail.acked(&covers);
        self.feeds.acked(&covers);
        self.settle();
    }

    /// The checkpoint to write, when there is something new in it.
    pub fn checkpoint(&mut self) -> Option<Checkpoint> {
        self.arrived = false;
        if !std::mem::take(&mut self.dirty) {
            return None;
        }
        let lanes = self.ways.lanes.iter().filter(|lane| !lane.durable().is_empty());
        Some(Checkpoint {
            windows: lanes.map(|lane| (lane.group.clone(), lane.stream.clone(), lane.durable().clone())).collect(),
            marks: self.tail.marks(),
            sources: self.tail.sources().clone(),
            cursors: self.feeds.cursors(),
            budget_day: self.ways.budget.day,
            budget_spent: self.ways.budget.spent,
        })
    }

    /// The checkpoint could not be written: it still must be.
    pub fn still_dirty(&mut self) {
        (self.dirty, self.arrived) = (true, true);
    }

    /// The checkpoint must be written before the next request leaves.
    pub fn has_arrived(&self) -> bool {
        self.arrived
    }

    /// When something is due that no event will wake us for.
    pub fn due_ms(&self, now_ms: i64) -> Option<i64> {
        let lanes = self.ways.lanes.iter();
        let lanes = lanes.flat_map(|lane| [lane.ripe_ms(self.linger_ms), lane.wait_ms(), lane.fold.next_ms()]);
        let is_open = self.tail.has_open_events() || self.feeds.is_open();
        let open = is_open.then_some(now_ms + super::tail::QUIET_MS);
        lanes.flatten().chain(open).min()
    }

    /// Everything was read, sent, acknowledged.
    pub fn is_done(&self) -> bool {
        self.tail.is_done() && self.feeds.is_done() && self.ways.lanes.iter().all(super::lane::Lane::is_idle)
    }

    /// Standard input was a source, and has come to its end.
    pub fn has_ended(&self) -> bool {
        self.feeds.has_ended()
    }

    pub fn known_sources(&self) -> &BTreeSet<String> {
        self.tail.sources()
    }
}

/// The lengths of time and the bound of a day.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// How long a request waits for more events.
    pub linger_ms: i64,
    /// How long repeats of a kind are counted before the line that says how many.
    pub fold_ms: i64,
    pub bytes_per_day: Option<u64>,
}

impl Default for Times {
    fn default() -> Self {
        Self { linger_ms: 2_000, fold_ms: 300_000, bytes_per_day: None }
    }
}

//! Does what the engine asks for: looks, waits, sends, writes the checkpoint.
//!
//! One task. After an answer the checkpoint is on the disk before the next request of that stream leaves: a kill doubles
//! no more than the one request of each stream that was under way.

use std::future::Future;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::checkpoint::{Checkpoint, Store};
use super::config::Config;
use super::engine::{Departure, Engine, Outcome, Rejected};
use super::feed::Cursors;
use super::kinds::Kinds;
pub use super::outlet::{Outlet, put_or_make};
pub use super::receive::Stdin;
use super::receive::{self, Call, Readers};
use super::tail::Disk;
use super::tally::Tally;
use super::watch::Watch;
use crate::publish::{Kind, Refusal};

/// A busy file wakes us with every line: we look so often and no oftener.
const PACE: Duration = Duration::from_millis(200);
/// The look that inotify cannot spare us: network file systems, an overflow of its queue.
const POLL_MS: i64 = 5_000;
/// How often our counts go to the metrics path.
const TELL_MS: i64 = 10_000;
/// What was only thrown away is written down so often: to read it once more costs nothing.
const LAZY_SAVE_MS: i64 = 5_000;
/// What may still arrive after the order to stop.
const DRAIN: Duration = Duration::from_secs(3);
/// Waits between attempts: doubled from the first to the last, each drawn between nothing and the whole.
const BACKOFF_FIRST_MS: u64 = 200;
const BACKOFF_LAST_MS: u64 = 20_000;
/// Somebody must mend a policy: tried again at this pace, for as long as the lines stay where they are.
const DENIED_MS: i64 = 60_000;

#[derive(Debug)]
struct Shell<O> {
    engine: Engine<Disk>,
    store: Store,
    outlet: Arc<O>,
    retention_days: u32,
    clock: fn() -> Duration,
    flights: JoinSet<(Departure, Result<Rejected, Refusal>)>,
    known_kinds: usize,
    saved_ms: i64,
    denied_said_ms: i64,
}

/// What the program gives to the way of the logs.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// How this host is called in the names of streams.
    pub host: &'a str,
    pub state_dir: &'a Path,
    pub stdin: &'a Stdin,
    pub clock: fn() -> Duration,
}

/// Runs until `stop` is there, or until standard input has ended where that is a source. `give` takes what is counted,
/// for the metrics path.
pub async fn run<O: Outlet>(
    config: Config,
    place: Place<'_>,
    outlet: Arc<O>,
    mut give: impl FnMut(&mut Tally),
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let (mut shell, mut readers) = begin(config, place, outlet)?;
    let mut watch = Watch::new();
    let (mut scanned_ms, mut told_ms) = (i64::MIN, shell.now_ms());
    tokio::pin!(stop);
    loop {
        let now_ms = shell.now_ms();
        if watch.take_changed() || now_ms - POLL_MS >= scanned_ms {
            shell.engine.scan(now_ms);
            watch.follow(shell.engine.folders());
            scanned_ms = now_ms;
        }
        let more = shell.round(now_ms).await;
        if now_ms - told_ms >= TELL_MS {
            give(&mut shell.engine.ways.tally);
            told_ms = now_ms;
        }
        if more {
            shell.land_ready();
            tokio::task::yield_now().await;
            continue;
        }
        if shell.engine.has_ended() && shell.engine.is_done() {
            break;
        }
        let due_ms = shell.engine.due_ms(now_ms).unwrap_or(i64::MAX).clamp(now_ms + 1, now_ms + POLL_MS);
        let due = Instant::now() + Duration::from_millis((due_ms - now_ms) as u64);
        tokio::select! {
            () = &mut stop => break,
            Some(landed) = shell.flights.join_next() => shell.land(landed),
            call = readers.next(|feed| shell.engine.has_room(feed)) => shell.answer(call, &mut readers).await,
            () = watch.wait() => sleep(PACE).await,
            () = sleep_until(due) => {}
        }
    }
    shell.drain().await;
    give(&mut shell.engine.ways.tally);
    Ok(())
}

/// With what the checkpoint knows, and a reader for everything that is no file.
fn begin<O: Outlet>(config: Config, place: Place<'_>, outlet: Arc<O>) -> io::Result<(Shell<O>, Readers)> {
    let Place { host, state_dir, stdin, clock } = place;
    let store = Store::new(state_dir);
    let (checkpoint, kinds): (Checkpoint, Kinds) = store.load()?;
    let (mut feeds, mut doors) = (vec![], vec![]);
    for (feed, target) in config.feeds {
        let inbox = receive::inbox(&feed, state_dir, stdin, Cursors(&checkpoint.cursors))?;
        doors.push((feed.clone(), inbox.clone()));
        feeds.push(((feed, inbox), target));
    }
    let now_ms = clock().as_millis() as i64;
    let feeds = (feeds, now_ms);
    let engine = Engine::with_feeds(Disk, config.sources, feeds, host, config.times, (checkpoint, kinds));
    let shell = Shell {
        engine,
        store,
        outlet,
        retention_days: config.retention_days,
        clock,
        flights: JoinSet::new(),
        known_kinds: 0,
        saved_ms: 0,
        denied_said_ms: 0,
    };
    Ok((shell, Readers::new(&doors)))
}

impl<O: Outlet> Shell<O> {
    fn now_ms(&self) -> i64 {
        (self.clock)().as_millis() as i64
    }

    async fn answer(&mut self, call: Call, readers: &mut Readers) {
        match call {
            Call::Read(feed, bytes) => self.engine.read(feed, &bytes, self.now_ms()),
            Call::Start(feed) => readers.start(feed, &self.engine.resume_at(feed)),
            Call::Look => sleep(PACE).await,
        }
    }

    /// Reads, writes down, sends. `true`: there is more to read at once.
    async fn round(&mut self, now_ms: i64) -> bool {
        // What arrived first, before anything is read: until it is written down, a kill would double it.
        let kept = !self.engine.has_arrived() || self.save(now_ms).await;
        let more = self.engine.turn(now_ms);
        let written = kept && self.save(now_ms).await;
        if written {
            for departure in self.engine.depart(now_ms) {
                self.depart(departure);
            }
        }
        more
    }

    /// What arrived is on the disk before anything else leaves. `false`: it is not, and nothing may.
    async fn save(&mut self, now_ms: i64) -> bool {
        let lazy = !self.engine.has_arrived() && now_ms - self.saved_ms < LAZY_SAVE_MS;
        if lazy {
            return true;
        }
        let Some(checkpoint) = self.engine.checkpoint() else { return true };
        self.saved_ms = now_ms;
        let kinds = (self.engine.ways.kinds.met() != self.known_kinds).then(|| self.engine.ways.kinds.clone());
        let known = self.engine.ways.kinds.met();
        let store = self.store.clone();
        // The disk may hang; the rest of the program must not.
        let saved = tokio::task::spawn_blocking(move || {
            kinds.map_or(Ok(()), |kinds| store.save_kinds(&kinds))?;
            store.save(&checkpoint)
        });
        match saved.await.map_err(io::Error::other).flatten() {
            Ok(()) => {
                self.known_kinds = known;
                true
            }
            Err(error) => self.unsaved(&error.to_string()).await,
        }
    }

    async fn unsaved(&mut self, says: &str) -> bool {
        tracing::error!("the checkpoint of the logs cannot be written, so nothing more is sent: {says}");
        self.engine.still_dirty();
        sleep(Duration::from_secs(1)).await;
        false
    }

    fn depart(&mut self, departure: Departure) {
        let (outlet, retention_days) = (Arc::clone(&self.outlet), self.retention_days);
        self.flights.spawn(async move {
            let Departure { group, stream, sealed, .. } = &departure;
            let answer = put_or_make(outlet.as_ref(), group, stream, sealed, retention_days).await;
            (departure, answer)
        });
    }

    fn land_ready(&mut self) {
        while let Some(landed) = self.flights.try_join_next() {
            self.land(landed);
        }
    }

    fn land(&mut self, landed: Result<(Departure, Result<Rejected, Refusal>), tokio::task::JoinError>) {
        // A request that panicked is a fault of ours; its lane stays as it is, and its lines are sent after a restart.
        let Ok((departure, answer)) = landed else { return };
        let outcome = match answer {
            Ok(rejected) => Outcome::Arrived(rejected),
            Err(Refusal { kind: Kind::Invalid, says, .. }) => Outcome::Invalid { says },
            Err(refusal) => {
                let failures = self.engine.failures(departure.lane);
                Outcome::Again { at_ms: self.now_ms() + self.wait_ms(&refusal, failures, &departure) }
            }
        };
        self.engine.ended(&departure, outcome);
    }

    fn wait_ms(&mut self, refusal: &Refusal, failures: u32, departure: &Departure) -> i64 {
        let now_ms = self.now_ms();
        if refusal.kind == Kind::Denied {
            if now_ms - self.denied_said_ms > 10 * DENIED_MS {
                self.denied_said_ms = now_ms;
                let Departure { group, stream, .. } = departure;
                tracing::error!(group, stream, %refusal, "lines are not taken; they wait in their files");
            }
            return DENIED_MS;
        }
        if failures == 3 {
            tracing::warn!(group = departure.group, %refusal, "lines cannot be sent now; they wait in their files");
        }
        jitter(failures, random())
    }

    /// The order to stop: what is open is sent, and what cannot be waits in its files.
    async fn drain(&mut self) {
        let deadline = Instant::now() + DRAIN;
        let now_ms = self.now_ms();
        self.engine.turn(now_ms);
        self.engine.seal_all();
        loop {
            self.round(self.now_ms()).await;
            match timeout_at(deadline, self.flights.join_next()).await {
                Ok(Some(landed)) => self.land(landed),
                Ok(None) | Err(_) => break,
            }
        }
        self.saved_ms = 0;
        self.save(now_ms).await;
    }
}

/// Full jitter: anything up to a bound that doubles.
fn jitter(failures: u32, random: u64) -> i64 {
    let bound = BACKOFF_FIRST_MS.saturating_mul(1 << failures.min(16)).min(BACKOFF_LAST_MS);
    (random % (bound + 1)) as i64
}

/// The keys of the standard library's hash are drawn anew each time: as random as jitter needs.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_are_bounded() {
        assert_eq!(jitter(1, u64::MAX).min(400), jitter(1, u64::MAX));
        assert!((0..100).all(|random| jitter(1, random) <= 400));
        assert_eq!(jitter(40, BACKOFF_LAST_MS), BACKOFF_LAST_MS as i64);
        assert!((0..10_000).map(|at| jitter(60, at * 7_919)).all(|wait| (0..=BACKOFF_LAST_MS as i64).contains(&wait)));
    }
}

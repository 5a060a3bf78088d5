//! What runs beside the loop of local mode, each as a task: sources, logs, and the outlets of notices.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_local};

use super::house::Shared;
use super::tell::{self, Say, Way};
use crate::config::Config;
use crate::inlet::Inlet;
use crate::logs;
use crate::logs::run::Stdin;
use crate::sources::{Kept, Sources};

const LOGS: &str = "logs";
/// What sources and logs may take to end.
const END: Duration = Duration::from_secs(3);

/// What outlives a configuration.
pub(super) struct Crew {
    house: Shared,
    inlet: Inlet,
    /// Not so where somebody else collects, and ships the logs.
    collects: bool,
    host: String,
    say: Rc<Say>,
    pub(super) clock: fn() -> Duration,
    kept: Kept,
    stdin: Stdin,
}

impl Crew {
    pub(super) fn new(
        house: &Shared,
        (inlet, collects): (Inlet, bool),
        host: String,
        say: Rc<Say>,
        clock: fn() -> Duration,
    ) -> Self {
        let (kept, stdin) = (Kept::default(), Stdin::default());
        Self { house: Rc::clone(house), inlet, collects, host, say, clock, kept, stdin }
    }

    pub(super) fn begin(&self, config: &Config, ways: Vec<Way>) -> Beside {
        let told = spawn_local(tell::run(Rc::clone(&self.house), ways, Rc::clone(&self.say), self.clock));
        let (logs_end, stop) = oneshot::channel();
        let logs = self.collects.then(|| spawn_local(self.follow(config, stop)));
        let sources = self.collects.then(|| Sources::begin(config, &self.kept, &self.inlet, self.clock));
        Beside { sources, logs, logs_end, told }
    }

    /// Logs are followed as they are when they are shipped, but into the book of errors.
    fn follow(&self, config: &Config, stop: oneshot::Receiver<()>) -> impl Future<Output = ()> + 'static {
        let settings = config.logs.clone();
        let folder = logs::config::state_dir(&config.agent.state_dir);
        let book = Arc::new(self.house.borrow().book.clone());
        let (host, inlet, stdin, clock) = (self.host.clone(), self.inlet.clone(), self.stdin.clone(), self.clock);
        async move {
            if settings.is_empty() {
                return;
            }
            let place = logs::run::Place { host: &host, state_dir: &folder, stdin: &stdin, clock };
            let give = |tally: &mut logs::tally::Tally| {
                inlet.give(LOGS, tally.readings());
                inlet.lost(LOGS, tally.losses());
            };
            // Its sender never says anything: that it is gone is the order.
            let stop = async { drop(stop.await) };
            if let Err(error) = logs::run::run(settings, place, book, give, stop).await {
                tracing::error!(%error, folder = %folder.display(), "the state of the logs cannot be read, so no log is followed");
            }
        }
    }
}

/// One configuration's tasks.
pub(super) struct Beside {
    sources: Option<Sources>,
    logs: Option<JoinHandle<()>>,
    /// Gone, it is the order to end them.
    logs_end: oneshot::Sender<()>,
    told: JoinHandle<()>,
}

impl Beside {
    /// What they still hold is given before the window is closed; who does not end in time is left.
    pub(super) async fn end(self) {
        let Self { sources, logs, logs_end, told } = self;
        drop(logs_end);
        let sources = async {
            if let Some(sources) = sources {
                sources.end().await;
            }
        };
        let logs = async {
            if let Some(logs) = logs {
                // One that panicked has said so.
                let _ = logs.await;
            }
        };
        if tokio::time::timeout(END, async { tokio::join!(sources, logs) }).await.is_err() {
            tracing::warn!("the logs did not end in time; they are read on at the next start");
        }
        told.abort();
    }
}

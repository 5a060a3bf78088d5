//! One configuration's time: from the opening of the spool to its last sync.

use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use alarm::points::Time;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::pipeline::Pipeline;
use super::{Beside, DRAIN, Inlet, Order, Wiring};
use crate::config::Config;
use crate::failure::Failure;
use crate::host::Host;
use crate::metrics::Metric;
use crate::publish::{Courier, Outlet, Parcel};
use crate::rarely::Rarely;
use crate::reading::Readings;
use crate::sources::Sources;
use crate::spool::{Folder, Limits, Spool};
use crate::ticks::until_next;
use crate::trim::Trimmer;
use crate::vitals::{self, Process, Status, Told, Vitals};

/// The source of the host's readings, for shares of the budget.
const HOST: &str = "host";
/// Flushes that wait for the courier while the disk hangs.
const PARCELS_MAX: usize = 8;
/// Shorter than half of any sensible `WatchdogSec=`.
const WATCHDOG: Duration = Duration::from_secs(10);
/// How often we read ourselves, and look whether a period is over.
const OWN_S: u32 = 10;
/// What the last sync may take beyond the drain.
const LAST_SYNC: Duration = Duration::from_millis(500);

pub(super) struct Season<'a, O> {
    courier: Courier<O>,
    inbox: mpsc::Receiver<Parcel>,
    inlet: (Inlet, mpsc::Receiver<(&'static str, Readings)>),
    desk: Desk<'a>,
}

/// What every tick needs.
struct Desk<'a> {
    config: &'a Config,
    host: Host,
    pipeline: Pipeline,
    parcels: mpsc::Sender<Parcel>,
    vitals: Arc<Vitals>,
    told: Told,
    clock: fn() -> Duration,
    started: Duration,
    rarely: Rarely<&'static str>,
    copies: Option<Inlet>,
}

impl<'a, O: Outlet> Season<'a, O> {
    pub(super) fn begin(
        config: &'a Config,
        outlet: O,
        vitals: &Arc<Vitals>,
        clock: fn() -> Duration,
        started: Duration,
    ) -> Result<Self, Failure> {
        let spool = open_spool(&config.agent.state_dir, config.spool.limits)?;
        let phase = Duration::from_secs(u64::from(config.cloudwatch.spread_s)).mul_f64(fastrand::f64());
        let (parcels, inbox) = mpsc::channel(PARCELS_MAX);
        let pipeline = Pipeline::new(config, Arc::clone(vitals), parcels.clone());
        let desk = Desk {
            config,
            host: Host::new(&config.host),
            pipeline,
            parcels,
            vitals: Arc::clone(vitals),
            told: Told::default(),
            clock,
            started,
            rarely: Rarely::default(),
            copies: None,
        };
        let courier = Courier::new(outlet, spool, phase, Arc::clone(vitals), clock);
        Ok(Self { courier, inbox, inlet: Inlet::new(vitals), desk })
    }

    /// The next configuration, or `None` to end.
    pub(super) async fn run(self, wiring: &mut Wiring) -> Option<Config> {
        let Self { courier, inbox, inlet: (giver, mut inlet), mut desk } = self;
        let (stop_logs, stopped) = oneshot::channel();
        let sources = Sources::begin(desk.config, &wiring.kept, &giver, desk.clock);
        let Beside { copies, life: mut logs } = (wiring.ship)(desk.config, giver, stopped);
        desk.copies = copies;
        let mut logs_ended = false;
        let mut courier = pin!(courier.run(inbox));
        let mut watchdog = tokio::time::interval(WATCHDOG);
        let host_s = desk.host.interval().as_secs() as u32;
        desk.tick();
        desk.look();
        // Held outside the loop: a mark that falls together with another must not be passed over.
        let (mut tick_at, mut look_at) = (desk.mark(OWN_S), desk.mark(host_s));
        let (begun, mut trimmer) = (Instant::now(), Trimmer::default());
        let next = loop {
            tokio::select! {
                () = sleep_until(tick_at) => {
                    desk.tick();
                    tick_at = desk.mark(OWN_S);
                    trimmer.look(begun.elapsed(), desk.vitals.requests());
                }
                () = sleep_until(look_at) => {
                    desk.look();
                    look_at = desk.mark(host_s);
                }
                Some((source, readings)) = inlet.recv() => desk.fold(source, readings),
                () = &mut logs, if !logs_ended => logs_ended = true,
                _ = watchdog.tick() => wiring.notify.alive(&desk.vitals.line()),
                order = wiring.orders.recv() => match order {
                    Some(Order::Reload) => match reload(wiring, desk.clock) {
                        Some(config) => break Some(config),
                        None => wiring.notify.ready(),
                    },
                    Some(Order::Stop) | None => break None,
                },
                () = &mut courier => break None,
            }
        };
        if next.is_none() {
            wiring.notify.stopping();
        }
        let deadline = Instant::now() + DRAIN;
        desk.settle(sources, &mut inlet).await;
        drop(stop_logs);
        let logs = async {
            if !logs_ended {
                logs.await;
            }
        };
        let drained = async { tokio::join!(desk.parcels.send(Parcel::Drain(deadline)), courier, logs) };
        if timeout_at(deadline + LAST_SYNC, drained).await.is_err() {
            tracing::error!("the disk hangs: what was open may be lost");
        }
        desk.write_status(next.is_none());
        next
    }
}

impl Desk<'_> {
    fn now(&self) -> Time {
        (self.clock)().as_secs() as Time
    }

    fn mark(&self, interval_s: u32) -> Instant {
        Instant::now() + until_next(interval_s, (self.clock)())
    }

    fn tick(&mut self) {
        self.turn();
        let first = self.pipeline.open_series() == 0;
        let (process, now) = (Process::read().ok(), self.now());
        let wants = |metric: &Metric| self.config.host.wanted.wants(metric);
        let own = self.vitals.readings(&mut self.told, process, now, wants);
        self.fold(vitals::SOURCE, own);
        if first {
            self.write_status(false);
        }
    }

    /// The readings of the host belong to the period of the moment, so the one before is closed first.
    fn look(&mut self) {
        self.turn();
        let mut readings = Readings::default();
        self.host.tick(&mut readings);
        self.fold(HOST, readings);
    }

    fn fold(&mut self, source: &'static str, readings: Readings) {
        if let Some(copies) = &self.copies {
            copies.give(source, readings.clone());
        }
        self.pipeline.fold(source, readings);
    }

    fn turn(&mut self) {
        let now = self.now();
        if self.pipeline.turn(now) {
            self.write_status(false);
        }
    }

    /// Takes what the sources still hold, and ships what is open.
    async fn settle(&mut self, sources: Sources, inlet: &mut mpsc::Receiver<(&'static str, Readings)>) {
        sources.end().await;
        while let Ok((source, readings)) = inlet.try_recv() {
            self.fold(source, readings);
        }
        self.pipeline.close();
    }

    fn write_status(&mut self, ended: bool) {
        let status = Status {
            started: self.started.as_secs() as Time,
            written: self.now(),
            every_s: self.config.agent.period_s,
            ended,
            open_series: if ended { 0 } else { self.pipeline.open_series() },
            ..self.vitals.status(Process::read().ok())
        };
        if let Err(error) = status.write(&self.config.agent.state_dir)
            && let Some(again) = self.rarely.admits("status", (self.clock)())
        {
            tracing::warn!(%error, again, "the status cannot be written");
        }
    }
}

/// The new configuration, when it is sound.
fn reload(wiring: &Wiring, clock: fn() -> Duration) -> Option<Config> {
    wiring.notify.reloading(clock());
    match (wiring.load)() {
        Ok(config) => {
            tracing::info!("the configuration was read anew");
            Some(config)
        }
        Err(failure) => {
            tracing::error!("the old configuration stays: {failure}");
            None
        }
    }
}

fn open_spool(state_dir: &Path, limits: Limits) -> Result<Spool<Folder>, Failure> {
    let path = state_dir.join("spool");
    let folder = Folder::open(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::WouldBlock => {
            Failure::failed("SG-SPL-002", format!("another agent uses the spool {}", path.display()))
        }
        _ => Failure::failed("SG-SPL-001", format!("cannot use the spool {}", path.display())).because(error),
    })?;
    Spool::open(folder, limits).map_err(|error| {
        Failure::failed("SG-SPL-003", format!("cannot read the spool {}", path.display())).because(error)
    })
}

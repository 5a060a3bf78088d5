//! The way of suspects to a log stream: one small request now and then, apart from the logs' own way.
//!
//! It works without `[logs]`. What cannot be sent waits in memory, bounded, and is counted when it is given up.

use std::sync::Arc;
use std::time::Duration;

use alarm::series::Dimensions;
use tokio::time::{Instant, sleep_until};

use super::outbox::{Outbox, WAITING_MAX};
use super::{Settings, Watch, clients_line};
use crate::clients::Clients;
use crate::logs::run::{Outlet, put_or_make};
use crate::publish::{Breaker, Kind, Refusal};
use crate::rarely::Rarely;
use crate::ticks::until_next;
use crate::vitals::{Lost, Vitals};

/// How often the pulse is felt: on the marks on which everything else wakes.
const TICK_S: u32 = 10;

/// Where suspects are told.
#[derive(Debug)]
pub struct Lane<O> {
    pub outlet: Arc<O>,
    pub group: String,
    pub stream: String,
    pub retention_days: u32,
    /// Of every series of this host, so that an event is found from an alarm.
    pub identity: Dimensions,
    pub vitals: Arc<Vitals>,
    /// Whom sources of requests suspect.
    pub clients: Clients,
    pub clock: fn() -> Duration,
}

/// Watches and tells, until `stop` is there.
pub async fn run<O: Outlet>(settings: &Settings, watch: Watch, lane: Lane<O>, stop: impl Future<Output = ()>) {
    if !settings.enabled {
        return;
    }
    let mut teller = Teller::new(watch, lane);
    tokio::select! {
        () = stop => {}
        () = teller.live() => {}
    }
    teller.end();
}

/// The lane at work.
pub(super) struct Teller<O> {
    lane: Lane<O>,
    /// Away while it looks on another thread.
    watch: Option<Box<Watch>>,
    outbox: Outbox,
    /// The last accusation of a client that was told.
    heard: u64,
    breaker: Breaker,
    rarely: Rarely<&'static str>,
}

impl<O: Outlet> Teller<O> {
    pub(super) fn new(watch: Watch, lane: Lane<O>) -> Self {
        let (outbox, breaker, rarely) = (Outbox::default(), Breaker::default(), Rarely::default());
        Self { lane, watch: Some(Box::new(watch)), outbox, heard: 0, breaker, rarely }
    }

    async fn live(&mut self) {
        let started = Instant::now();
        loop {
            self.turn(started.elapsed()).await;
            sleep_until(Instant::now() + until_next(TICK_S, (self.lane.clock)())).await;
        }
    }

    /// What a tick does, by a monotonic time.
    pub(super) async fn turn(&mut self, now: Duration) {
        if self.watch.as_mut().is_some_and(|watch| watch.feel(now)) {
            self.look(now).await;
        }
        for accusation in self.lane.clients.since(&mut self.heard) {
            let line = clients_line(&accusation, &self.lane.identity);
            self.push(accusation.at * 1_000, line);
        }
        if self.outbox.len() > 0 && self.breaker.wait(now).is_none() {
            self.send(now).await;
        }
    }

    /// What still waits is not worth waiting for.
    pub(super) fn end(self) {
        let waiting = self.outbox.len() as u64;
        if waiting > 0 {
            self.lane.vitals.lost(Lost::Unsent, waiting, || "suspects that waited when the agent stopped".to_owned());
        }
    }

    /// Folders lie on disks, and a disk may hang: another thread waits for it.
    async fn look(&mut self, now: Duration) {
        let Some(mut watch) = self.watch.take() else { return };
        let looked = tokio::task::spawn_blocking(move || {
            let event = watch.look(now);
            (watch, event)
        });
        // A look that panicked is a fault of ours: nobody is suspected any more, and everything else goes on.
        let Ok((watch, event)) = looked.await else { return };
        self.watch = Some(watch);
        let Some(event) = event else { return };
        let time_ms = (self.lane.clock)().as_millis() as i64;
        self.push(time_ms, event.line(&self.lane.identity));
    }

    fn push(&mut self, time_ms: i64, line: String) {
        if self.outbox.push(time_ms, line) {
            let name = || format!("suspects: more than {WAITING_MAX} waited");
            self.lane.vitals.lost(Lost::Unsent, 1, name);
        }
    }

    async fn send(&mut self, now: Duration) {
        let Lane { outlet, group, stream, retention_days, vitals, .. } = &self.lane;
        let Some(sealed) = self.outbox.batch(group, stream) else { return };
        let answer = put_or_make(outlet.as_ref(), group, stream, &sealed, *retention_days).await;
        match answer {
            Ok(rejected) => {
                self.breaker.succeeded();
                if self.rarely.over(&"refused") {
                    tracing::info!(group, "suspects are taken again");
                }
                if rejected.total() > 0 {
                    vitals.lost(Lost::Rejected, rejected.total(), || format!("suspects: too old or new for {group}"));
                }
                self.outbox.settle(sealed.events());
            }
            Err(Refusal { kind: Kind::Invalid, says, .. }) => {
                self.breaker.succeeded();
                vitals.lost(Lost::Rejected, sealed.events() as u64, || format!("suspects: {says}"));
                self.outbox.settle(sealed.events());
            }
            Err(refusal) => {
                self.breaker.failed(refusal.kind, now, fastrand::f64());
                if let Some(again) = self.rarely.admits("refused", now) {
                    tracing::warn!(group, stream, again, "suspects cannot be told now: {refusal}");
                }
            }
        }
    }
}

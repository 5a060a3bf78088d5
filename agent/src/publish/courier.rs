//! The shell around the publisher: it has the spool, the client and the clocks, and obeys.

use std::sync::Arc;
use std::time::Duration;

use alarm::points::Time;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

use super::keeper::Keeper;
use super::{Event, Job, Kind, Operation, Publisher, Refusal, View};
use crate::batch::Request;
use crate::spool::{Folder, Spool};
use crate::vitals::{Lost, Vitals};

/// What comes from the window.
#[derive(Debug)]
pub enum Parcel {
    Requests(Vec<Request>),
    /// The program ends: at this instant at the latest.
    Drain(Instant),
}

/// Where requests go: the service, or a stand-in.
pub trait Outlet {
    fn put(&self, request: Request) -> impl Future<Output = Result<(), Refusal>>;
    /// Our clock less the service's, once it answered.
    fn clock_offset_ms(&self) -> Option<i64>;
}

#[derive(Debug)]
pub struct Courier<O> {
    outlet: O,
    keeper: Keeper,
    publisher: Publisher,
    vitals: Arc<Vitals>,
    clock: fn() -> Duration,
    started: Instant,
    /// Draining, until then.
    deadline: Option<Instant>,
}

impl<O: Outlet> Courier<O> {
    pub fn new(outlet: O, spool: Spool<Folder>, phase: Duration, vitals: Arc<Vitals>, clock: fn() -> Duration) -> Self {
        let keeper = Keeper::new(spool, Arc::clone(&vitals));
        let (publisher, started) = (Publisher::new(phase), Instant::now());
        Self { outlet, keeper, publisher, vitals, clock, started, deadline: None }
    }

    /// Ends when told to drain, with whatever is left safe in the spool.
    pub async fn run(mut self, mut inbox: mpsc::Receiver<Parcel>) {
        let mut event = Event::Woke;
        loop {
            event = match self.next(event) {
                Operation::Send(job) => self.deliver(job, &mut inbox).await,
                Operation::Forget(job) => self.forget(job).await,
                Operation::GiveUp(job, reason) => self.give_up(job, reason).await,
                Operation::Wait(wait) => self.wait(wait, &mut inbox).await,
                Operation::Stop => return,
            };
            if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return;
            }
        }
    }

    fn next(&mut self, event: Event) -> Operation {
        let view = View {
            oldest: self.keeper.oldest.as_ref(),
            newest: self.keeper.newest.as_ref(),
            now: self.started.elapsed(),
            time: self.time(),
            dice: fastrand::f64(),
        };
        self.publisher.next(event, &view)
    }

    fn wall(&self) -> Time {
        (self.clock)().as_secs() as Time
    }

    /// The service's time, as far as known.
    fn time(&self) -> Time {
        self.wall() - self.outlet.clock_offset_ms().unwrap_or(0) / 1_000
    }

    /// Sends a part, and meanwhile takes in what the window closes.
    async fn deliver(&mut self, job: Job, inbox: &mut mpsc::Receiver<Parcel>) -> Event {
        let now = self.started.elapsed();
        let Some(request) = self.keeper.load(job.seq, now).await else {
            self.publisher.vanished();
            return Event::Woke;
        };
        let part = request.part(job.part);
        let namespace = part.namespace.clone();
        let mut draining = self.deadline.is_some();
        let answer = {
            let sending = self.outlet.put(part);
            tokio::pin!(sending);
            loop {
                let deadline = self.deadline.unwrap_or_else(|| Instant::now() + Duration::from_hours(1));
                tokio::select! {
                    answer = &mut sending => break answer,
                    parcel = inbox.recv(), if !draining => {
                        self.deadline = take_in(parcel, &mut self.keeper, now).await;
                        draining = self.deadline.is_some();
                    }
                    () = sleep_until(deadline), if draining => return Event::Drain,
                }
            }
        };
        if draining {
            self.publisher.drain();
        }
        self.remark(&namespace, &answer);
        Event::Answered(answer)
    }

    /// Counts an answer, and says what is new about it.
    fn remark(&mut self, namespace: &str, answer: &Result<(), Refusal>) {
        self.vitals.requested(answer.is_ok());
        if let Some(offset) = self.outlet.clock_offset_ms() {
            self.vitals.clock_offset_ms(offset);
        }
        let now = self.started.elapsed();
        let rarely = &mut self.keeper.rarely;
        match answer {
            Ok(()) => {
                if [Kind::Unreachable, Kind::Throttled, Kind::Denied]
                    .map(|kind| rarely.over(&kind.word()))
                    .contains(&true)
                {
                    tracing::info!("CloudWatch takes our points again");
                }
                self.vitals.trouble(String::new());
            }
            Err(refusal) => {
                if let Some(again) = rarely.admits(refusal.kind.word(), now) {
                    let fate = refusal.kind.fate();
                    tracing::warn!(namespace, kind = refusal.kind.word(), again, "CloudWatch: {refusal}; {fate}");
                }
                if refusal.kind != Kind::Invalid {
                    self.vitals.trouble(refusal.to_string());
                }
            }
        }
    }

    async fn forget(&mut self, job: Job) -> Event {
        self.vitals.sent(job.part.len() as u64, self.wall());
        self.keeper.settle(job, self.started.elapsed()).await;
        if self.outlet.clock_offset_ms().is_some() {
            self.keeper.expire(self.time()).await;
        }
        Event::Woke
    }

    async fn give_up(&mut self, job: Job, reason: Lost) -> Event {
        let now = self.started.elapsed();
        let request = self.keeper.load(job.seq, now).await;
        let datum = request.as_ref().and_then(|request| request.datums.get(job.part.start));
        let name = datum.map_or_else(|| format!("record {}", job.seq), |datum| datum.series.to_string());
        let points = job.part.len();
        if let Some(again) = self.keeper.rarely.admits(reason.word(), now) {
            tracing::warn!(reason = reason.word(), points, series = name, again, "points were given up");
        }
        self.vitals.lost(reason, points as u64, || name);
        self.keeper.settle(job, now).await;
        Event::Woke
    }

    async fn wait(&mut self, wait: Option<Duration>, inbox: &mut mpsc::Receiver<Parcel>) -> Event {
        if self.deadline.is_some() {
            return Event::Drain;
        }
        let parcel = match wait {
            Some(wait) => timeout(wait, inbox.recv()).await,
            None => Ok(inbox.recv().await),
        };
        let Ok(parcel) = parcel else { return Event::Woke };
        self.deadline = take_in(parcel, &mut self.keeper, self.started.elapsed()).await;
        if self.deadline.is_some() { Event::Drain } else { Event::Woke }
    }
}

/// The deadline when the parcel is the last. A sender that is gone is one that will send no more.
async fn take_in(parcel: Option<Parcel>, keeper: &mut Keeper, now: Duration) -> Option<Instant> {
    match parcel {
        Some(Parcel::Requests(requests)) => {
            keeper.keep(requests, now).await;
            None
        }
        Some(Parcel::Drain(deadline)) => Some(deadline),
        None => Some(Instant::now()),
    }
}

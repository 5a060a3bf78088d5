//! What the journeys of one worker share: the wires, the tally, and how many are under way. One thread's own: nothing
//! here is locked.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use super::wires::Wires;
use crate::http::{Answer, Broken, Dialer};
use crate::journey::{Taken, parts};
use crate::run::News;
use crate::scenario::Scenario;
use crate::tally::{Failure, Slot, Tally};

#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) scenario: Arc<Scenario>,
    pub(crate) wires: Wires,
    /// The number of each journey's first step in the tally.
    first_steps: Vec<usize>,
    pub(super) tally: RefCell<Tally>,
    slot: RefCell<(u64, Slot)>,
    slot_length: Duration,
    begins: Instant,
    /// Until then nothing is tallied: connections are being opened and caches warmed.
    settled: Instant,
    news: Sender<News>,
    pub(super) under_way: Cell<usize>,
}

/// How the run is cut into stretches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub begins: Instant,
    pub settled: Instant,
    pub slot: Duration,
}

impl Room {
    pub(super) fn new(scenario: Arc<Scenario>, dialer: Dialer, clock: Clock, news: Sender<News>) -> Self {
        let mut steps = 0;
        let first_steps = scenario.journeys.iter().map(|journey| {
            steps += journey.steps.len();
            steps - journey.steps.len()
        });
        Self {
            wires: Wires::new(&scenario, dialer),
            first_steps: first_steps.collect(),
            tally: RefCell::new(Tally::new(steps)),
            slot: RefCell::default(),
            slot_length: clock.slot,
            begins: clock.begins,
            settled: clock.settled,
            news,
            under_way: Cell::new(0),
            scenario,
        }
    }

    pub(crate) fn first_step(&self, journey: usize) -> usize {
        self.first_steps[journey]
    }

    pub(super) fn counts(&self) -> bool {
        Instant::now() >= self.settled
    }

    pub(crate) fn started(&self) {
        self.roll();
        if self.counts() {
            self.tally.borrow_mut().journeys_started += 1;
            self.slot.borrow_mut().1.started += 1;
        }
    }

    pub(crate) fn journey_failed(&self) {
        if self.counts() {
            self.tally.borrow_mut().journeys_failed += 1;
        }
    }

    pub(crate) fn journey_done(&self, intended: Instant) {
        if self.counts() {
            self.tally.borrow_mut().journeys.record(intended.elapsed());
        }
    }

    pub(crate) fn record(&self, step: usize, taken: &Taken, answer: Option<&Answer>, failure: Option<&Failure>) {
        self.roll();
        if !self.counts() {
            return;
        }
        let mut tally = self.tally.borrow_mut();
        let step = &mut tally.steps[step];
        step.requests += 1;
        if let Some(failure) = failure {
            *step.failures.entry(failure.clone()).or_default() += 1;
        }
        let mut slot = self.slot.borrow_mut();
        slot.1.requests += 1;
        slot.1.failed += u64::from(failure.is_some());
        let timed_out = failure == Some(&Failure::Broken(Broken::Timeout));
        if answer.is_some() || timed_out {
            step.latency.record(taken.latency);
            step.service.record(taken.service);
            slot.1.latency.record(taken.latency);
        }
        if let Some(answer) = answer {
            step.bytes += answer.bytes;
            step.record_phases(&taken.phases);
            for (name, time) in parts(answer) {
                step.record_server(name, time);
            }
        }
    }

    /// Sends away what belongs to a stretch that is over.
    pub(super) fn roll(&self) {
        let at = self.begins.elapsed().as_nanos() / self.slot_length.as_nanos().max(1);
        let at = u64::try_from(at).unwrap_or(u64::MAX);
        let mut slot = self.slot.borrow_mut();
        if slot.0 != at {
            let (over, slot) = std::mem::replace(&mut *slot, (at, Slot::default()));
            // Nobody listens any more: the run was given up.
            let _ = self.news.send(News::Slot(over, slot));
        }
    }

    /// The last stretch, and all of the tally.
    pub(super) fn close(&self) {
        let (at, slot) = self.slot.take();
        let _ = self.news.send(News::Slot(at, slot));
        let _ = self.news.send(News::Done(Box::new(self.tally.take())));
    }
}

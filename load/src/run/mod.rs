//! Presses: workers that start journeys when they are due, and one who gathers what they tell.
//!
//! The open model never waits for an answer before it starts the next journey; what is due and cannot be started is
//! counted. Every worker computes the whole schedule from its seed and takes its share, so that none waits for
//! another, and the sum of what they do is the schedule.

mod metronome;
mod room;
mod wires;
mod worker;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::http::{Address, Dialer, connector};
use crate::scenario::Scenario;
use crate::tally::{Slot, Tally};
pub(crate) use metronome::waited;
use room::Clock;
pub(crate) use room::Room;
pub(crate) use wires::Held;
use worker::Job;

/// Stretches of a run that are kept: more would be finer than a chart.
const SLOTS_MAX: f64 = 600.0;
/// Workers are all there before the first arrival is due.
const HEAD_START: Duration = Duration::from_millis(50);
/// How often who watches is told.
const TELL: Duration = Duration::from_millis(200);

/// Set from outside, from a signal for example; everybody looks at it.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

/// What a worker tells.
#[derive(Debug)]
pub(crate) enum News {
    /// A stretch that is over, by its number.
    Slot(u64, Slot),
    Done(Box<Tally>),
}

#[derive(Debug, Error)]
pub enum Error {
    #[error("TLS cannot be prepared: {0}")]
    Tls(String),
    #[error("a worker cannot run")]
    Worker(#[from] std::io::Error),
    #[error("a worker panicked")]
    Panicked,
}

/// How it is pressed.
#[derive(Clone, Debug)]
pub struct Plan {
    pub scenario: Arc<Scenario>,
    pub workers: usize,
    /// At the beginning, not tallied.
    pub settle: Duration,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub tally: Tally,
    pub slots: BTreeMap<u64, Slot>,
    pub slot_s: f64,
    /// What was tallied lasted for so long.
    pub measured_s: f64,
    /// It was stopped before its end.
    pub stopped: bool,
}

/// What a person sees while it runs.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    pub elapsed_s: f64,
    pub length_s: f64,
    /// The newest stretch that all workers have told of, and its number.
    pub last: Option<(u64, &'a Slot)>,
    pub slot_s: f64,
}

/// Presses until the plan is over or `stop` is set, and calls `watch` a few times a second.
pub fn press(plan: &Plan, stop: &Stop, watch: &mut dyn FnMut(Progress<'_>)) -> Result<Outcome, Error> {
    let scenario = &plan.scenario;
    let tls = scenario.target.tls.then(|| connector(scenario.authorities.as_deref(), scenario.http)).transpose();
    let address = Address { host: scenario.target.host.clone(), port: scenario.target.port };
    let dialer = Dialer { address, tls: tls.map_err(Error::Tls)?, version: scenario.http };
    let length_s = scenario.length_s();
    let slot = Duration::from_secs_f64((length_s / SLOTS_MAX).ceil().max(1.0));
    let begins = Instant::now() + HEAD_START;
    let clock = Clock { begins, settled: begins + plan.settle, slot };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let (sender, receiver) = mpsc::channel();
    let threads: Vec<_> = (0..plan.workers)
        .map(|number| {
            let job = Job {
                scenario: scenario.clone(),
                dialer: dialer.clone(),
                clock,
                number,
                workers: plan.workers,
                awake: plan.workers < processors,
                stop: stop.clone(),
            };
            let news = sender.clone();
            std::thread::spawn(move || worker::work(&job, news))
        })
        .collect();
    drop(sender);
    let mut gathered = Gathered::new(plan.workers);
    gathered.gather(&receiver, |last| {
        let elapsed_s = begins.elapsed().as_secs_f64();
        watch(Progress { elapsed_s, length_s, last, slot_s: slot.as_secs_f64() });
    });
    for thread in threads {
        thread.join().map_err(|_| Error::Panicked)??;
    }
    // What is under way at the end is waited for, and is not time in which anything was meant to start.
    let measured_s = begins.elapsed().as_secs_f64().min(length_s) - plan.settle.as_secs_f64();
    Ok(Outcome {
        tally: gathered.tally,
        slots: gathered.slots,
        slot_s: slot.as_secs_f64(),
        measured_s: measured_s.max(0.001),
        stopped: stop.is_set(),
    })
}

struct Gathered {
    tally: Tally,
    slots: BTreeMap<u64, Slot>,
    workers: usize,
    /// How many workers have told of a stretch.
    told: BTreeMap<u64, usize>,
}

impl Gathered {
    fn new(workers: usize) -> Self {
        Self { tally: Tally::default(), slots: BTreeMap::new(), workers, told: BTreeMap::new() }
    }

    /// Until every worker has gone.
    fn gather(&mut self, news: &mpsc::Receiver<News>, mut tell: impl FnMut(Option<(u64, &Slot)>)) {
        let mut told = Instant::now();
        loop {
            match news.recv_timeout(TELL) {
                Ok(News::Slot(at, slot)) => {
                    self.slots.entry(at).or_default().add(&slot);
                    *self.told.entry(at).or_default() += 1;
                }
                Ok(News::Done(tally)) => self.tally.add(&tally),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if told.elapsed() >= TELL {
                told = Instant::now();
                let whole = self.told.iter().rev().find(|(_, count)| **count >= self.workers).map(|(at, _)| *at);
                tell(whole.and_then(|at| Some((at, self.slots.get(&at)?))));
            }
        }
    }
}

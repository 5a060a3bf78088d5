//! What local mode holds together: window, store, judge, and what the page must know besides.
//!
//! One thread owns it. Whoever waits for news (pages that are open, outlets) hears of each round by its number.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use alarm::points::Time;
use alarm::rules::Rules;
use tokio::sync::watch;

use super::book::Book;
use super::judge::Judge;
use super::store::{Store, TIERS};
use crate::config::Config;
use crate::metrics::{Metric, agent as m};
use crate::reading::{Reading, Readings};
use crate::vitals::{self, Lost, Process, Told, Vitals};
use crate::window::{Shape, Window};

/// The source of what local mode says of itself.
const SOURCE: &str = "local";

/// What of our vitals means anything without an account.
const OWN: [&str; 5] =
    [m::HEARTBEAT.name, m::AGENT_READINGS_COLLECTED.name, m::AGENT_LOST.name, m::AGENT_MEMORY.name, m::AGENT_CPU.name];

pub(crate) type Shared = Rc<RefCell<House>>;

/// What does not change while it runs.
#[derive(Clone, Debug)]
pub(crate) struct About {
    pub(crate) host: String,
    pub(crate) started: Time,
    /// Where notices go besides the terminal.
    pub(crate) outlets: Vec<String>,
    /// A made-up day is played.
    pub(crate) demo: bool,
    /// What the user should know of how it began.
    pub(crate) remarks: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct House {
    pub(crate) about: About,
    pub(crate) store: Store,
    pub(crate) judge: Judge,
    pub(crate) book: Book,
    /// Outlets that refused the last notice.
    pub(crate) failing: Vec<String>,
    window: Window,
    shape: Shape,
    vitals: Arc<Vitals>,
    /// What was said of ourselves; `None` where others say it.
    told: Option<Told>,
    /// Losses of the store that are counted.
    counted: [u64; 4],
    rounds: watch::Sender<u64>,
}

impl House {
    pub(crate) fn new(about: About, store: Store, (judge, book): (Judge, Book), shape: Shape) -> Self {
        // Every series at the pace of the store; what CloudWatch shall see finer does not matter here.
        let shape = Shape { fine: Vec::new(), aggregate: Vec::new(), ..shape };
        let window = Window::new(TIERS[0].period_s);
        let (rounds, _) = watch::channel(0);
        let (vitals, told, counted) = (Arc::default(), None, [0; 4]);
        Self { about, store, judge, book, failing: Vec::new(), window, shape, vitals, told, counted, rounds }
    }

    pub(crate) fn vitals(&self) -> &Arc<Vitals> {
        &self.vitals
    }

    /// From now on its readings are also of ourselves.
    pub(super) fn tell_of_ourselves(&mut self) {
        self.told = Some(Told::default());
    }

    /// Takes what another configuration says; the store and all that is known stay. It judges at once: what the last
    /// round said is said of rules by their number, and the numbers are others now.
    pub(super) fn adopt(&mut self, rules: Rules, config: &Config, outlets: Vec<String>, now: Time) {
        self.judge.rules = rules;
        self.about.outlets = outlets;
        self.failing.clear();
        self.shape = Shape { fine: Vec::new(), aggregate: Vec::new(), ..config.cloudwatch.shape.clone() };
        self.judge(now);
    }

    pub(crate) fn rounds(&self) -> watch::Receiver<u64> {
        self.rounds.subscribe()
    }

    /// Those who look see that something changed between two rounds.
    pub(crate) fn ring(&self) {
        self.rounds.send_modify(|round| *round += 1);
    }

    pub(crate) fn fold(&mut self, source: &'static str, readings: Readings, now: Time) {
        self.turn(now);
        self.vitals.collected(readings.0.len() as u64);
        self.window.fold(source, readings.0, &self.shape, &self.vitals);
    }

    /// Where the period of `now` is another than the open one: keeps what is over, and judges.
    pub(crate) fn turn(&mut self, now: Time) {
        if self.window.is_over(now) {
            self.own(now);
        }
        let points = self.window.turn(now);
        if !points.is_empty() {
            self.store.append(&points);
            self.judge(now);
        }
    }

    /// Ends the open period now: a page that was just opened wants to show something.
    pub(crate) fn hurry(&mut self, now: Time) {
        let points = self.window.close();
        self.store.append(&points);
        self.window.turn(now);
        self.judge(now);
    }

    /// Takes what was long ago, one moment after the other, and judges it where it should.
    pub(super) fn remember(&mut self, source: &'static str, readings: Readings, at: Time, judges: bool) {
        let points = self.window.turn(at);
        self.store.append(&points);
        self.window.fold(source, readings.0, &self.shape, &self.vitals);
        if judges {
            self.judge.round(&mut self.store, at);
        }
    }

    fn judge(&mut self, now: Time) {
        self.judge.round(&mut self.store, now);
        self.book.keep(&mut self.store);
        self.ring();
    }

    /// What we say of ourselves, as readings like any others.
    fn own(&mut self, now: Time) {
        let state = self.store.state();
        self.count([
            (Lost::SeriesBound, self.store.refused),
            (Lost::TooOld, self.store.late),
            (Lost::DiskFull, state.dropped),
            (Lost::StoreFull, state.shed.points),
        ]);
        let readings = [
            Reading::own(m::LOCAL_STORE_BYTES.name, m::LOCAL_STORE_BYTES.unit, state.bytes as f64),
            Reading::own(m::LOCAL_STORE_FAILING.name, m::LOCAL_STORE_FAILING.unit, f64::from(state.trouble.is_some())),
            Reading::own(m::LOCAL_SERIES.name, m::LOCAL_SERIES.unit, self.store.catalogue().entries().len() as f64),
        ];
        self.window.fold(SOURCE, readings, &self.shape, &self.vitals);
        if let Some(told) = &mut self.told {
            let wants = |metric: &Metric| OWN.contains(&metric.name);
            let own = self.vitals.readings(told, Process::read().ok(), now, wants);
            self.window.fold(vitals::SOURCE, own.0, &self.shape, &self.vitals);
        }
    }

    /// What the store could not keep since it was last asked.
    fn count(&mut self, losses: [(Lost, u64); 4]) {
        for ((reason, count), counted) in losses.into_iter().zip(&mut self.counted) {
            if count > *counted {
                self.vitals.lost(reason, count - *counted, || "the local store".to_owned());
                *counted = count;
            }
        }
    }
}

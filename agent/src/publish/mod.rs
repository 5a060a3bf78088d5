//! Sends what waits and decides after each answer: forget, retry, halve, or drop loudly.
//!
//! `Publisher::next` is a pure machine: an event, a view of the spool and a time go in, one operation comes out.
//! `courier` is the shell that obeys it. Invariants: one request is in flight at a time; a part is settled only when the
//! service took it or it is given up with a reason; whatever is refused stays until then. Turns alternate between the
//! newest and the oldest, so that neither a backlog delays what happens now, nor what happens now the backlog.

mod breaker;
mod courier;
mod keeper;
mod refusal;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::time::Duration;

use alarm::points::Time;

pub use breaker::{Breaker, State};
pub use courier::{Courier, Outlet, Parcel};
pub use refusal::{Kind, Refusal};

use crate::batch::{AHEAD_MAX_S, BACK_MAX_S};
use crate::spool::Waiting;
use crate::vitals::Lost;

/// A point on the edge of what is taken would be too old when it arrives.
const MARGIN_S: Time = 300;

/// So many guilty datums in a row, and no good one between: not the datums are wrong but what we think of the answer.
/// The rest waits, as if a person had to mend something.
const GUILTY_MAX: u32 = 32;

/// A point from the future waits for the clock to be mended.
const AHEAD_WAIT: Duration = Duration::from_mins(1);

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Something is new in the spool, or the wait is over.
    Woke,
    /// The service answered the request in flight.
    Answered(Result<(), Refusal>),
    /// The program ends: send what can be sent now, without waits.
    Drain,
}

/// A part of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub seq: u64,
    pub part: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    Send(Job),
    /// It arrived.
    Forget(Job),
    /// It never will.
    GiveUp(Job, Lost),
    /// Nothing to do for so long, or, when `None`, until something is new.
    Wait(Option<Duration>),
    /// Drained: what is left stays in the spool.
    Stop,
}

/// What the machine is told with each event.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub oldest: Option<&'a Waiting>,
    pub newest: Option<&'a Waiting>,
    /// Monotonic, from any beginning.
    pub now: Duration,
    /// The service's time, as far as known.
    pub time: Time,
    /// From 0 to 1.
    pub dice: f64,
}

#[derive(Debug)]
pub struct Publisher {
    breaker: Breaker,
    in_flight: Option<Job>,
    /// Halves of a refused part, still to be sent.
    halves: Vec<Job>,
    newest_next: bool,
    guilty_in_a_row: u32,
    draining: bool,
    /// How long after something new comes into an empty spool it is sent: this host's place in the fleet's minute.
    phase: Duration,
    idle: bool,
    not_before: Duration,
}

impl Publisher {
    pub fn new(phase: Duration) -> Self {
        Self {
            breaker: Breaker::default(),
            in_flight: None,
            halves: Vec::new(),
            newest_next: true,
            guilty_in_a_row: 0,
            draining: false,
            phase,
            idle: true,
            not_before: Duration::ZERO,
        }
    }

    pub fn breaker(&self) -> State {
        self.breaker.state()
    }

    pub fn next(&mut self, event: Event, view: &View<'_>) -> Operation {
        match event {
            Event::Answered(answer) => {
                if let Some(job) = self.in_flight.take()
                    && let Some(operation) = self.judge(job, answer, view)
                {
                    return operation;
                }
            }
            Event::Drain => self.drain(),
            Event::Woke => {}
        }
        self.turn(view)
    }

    /// From now on nothing is waited for.
    pub fn drain(&mut self) {
        self.draining = true;
    }

    /// What an answer means for the part that was sent.
    fn judge(&mut self, job: Job, answer: Result<(), Refusal>, view: &View<'_>) -> Option<Operation> {
        match answer.map_err(|refusal| refusal.kind) {
            Ok(()) => {
                self.breaker.succeeded();
                self.guilty_in_a_row = 0;
                Some(Operation::Forget(job))
            }
            Err(Kind::Invalid) if job.part.len() > 1 => {
                // The service is well; the batch is not.
                self.breaker.succeeded();
                let middle = job.part.start + job.part.len() / 2;
                self.halves.push(Job { seq: job.seq, part: middle..job.part.end });
                self.halves.push(Job { seq: job.seq, part: job.part.start..middle });
                None
            }
            Err(Kind::Invalid) if self.guilty_in_a_row < GUILTY_MAX => {
                self.breaker.succeeded();
                self.guilty_in_a_row += 1;
                Some(Operation::GiveUp(job, Lost::Rejected))
            }
            Err(kind) => {
                let kind = if kind == Kind::Invalid { Kind::Denied } else { kind };
                self.guilty_in_a_row = 0;
                self.halves.clear();
                self.breaker.failed(kind, view.now, view.dice);
                None
            }
        }
    }

    fn turn(&mut self, view: &View<'_>) -> Operation {
        if self.in_flight.is_some() {
            return Operation::Wait(None);
        }
        let Some(oldest) = view.oldest else {
            self.idle = true;
            self.halves.clear();
            return if self.draining { Operation::Stop } else { Operation::Wait(None) };
        };
        if std::mem::take(&mut self.idle) {
            self.not_before = view.now + self.phase;
        }
        let wait = self.breaker.wait(view.now);
        if self.draining {
            return if wait.is_some() { Operation::Stop } else { self.pick(oldest, view) };
        }
        let phase = self.not_before.checked_sub(view.now).filter(|left| !left.is_zero());
        if let Some(wait) = wait.or(phase) {
            return Operation::Wait(Some(wait));
        }
        self.pick(oldest, view)
    }

    fn pick(&mut self, oldest: &Waiting, view: &View<'_>) -> Operation {
        if oldest.at < view.time - BACK_MAX_S + MARGIN_S
            && let Some(part) = oldest.parts.first()
        {
            return Operation::GiveUp(Job { seq: oldest.seq, part: part.clone() }, Lost::TooOld);
        }
        if let Some(job) = self.halves.pop() {
            return self.send(job);
        }
        let newest = view.newest.unwrap_or(oldest);
        let turns = if self.newest_next { [newest, oldest] } else { [oldest, newest] };
        self.newest_next = !self.newest_next;
        let acceptable = turns.into_iter().find(|waiting| waiting.at <= view.time + AHEAD_MAX_S - MARGIN_S);
        match acceptable.and_then(|waiting| Some((waiting.seq, waiting.parts.first()?))) {
            Some((seq, part)) => self.send(Job { seq, part: part.clone() }),
            None if self.draining => Operation::Stop,
            None => Operation::Wait(Some(AHEAD_WAIT)),
        }
    }

    fn send(&mut self, job: Job) -> Operation {
        self.in_flight = Some(job.clone());
        Operation::Send(job)
    }

    /// The record of the job is no longer in the spool: it was evicted, or could not be read.
    pub fn vanished(&mut self) {
        if let Some(job) = self.in_flight.take() {
            self.halves.retain(|half| half.seq != job.seq);
        }
    }
}

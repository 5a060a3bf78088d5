//! The way of one stream: events in order, one request at a time, and what becomes true when it has arrived.
//!
//! Never: two requests of one stream under way at once; more than `SEALED_MAX` that wait (then its files are not read
//! on: they keep what they hold better than we could).

use std::collections::VecDeque;

use super::batch::{Batch, Cover, Full, Sealed};
use super::fold::{self, Fold, Step, Windows};

/// Requests that wait, the one under way among them. With the open one: some 3 MB a stream at the very most.
pub const SEALED_MAX: usize = 2;

#[derive(Debug)]
pub struct Lane {
    pub group: String,
    pub stream: String,
    pub fold: Fold,
    open: Batch,
    sealed: VecDeque<Sealed>,
    flying: bool,
    /// Failures of the request in front, and when it may be tried again.
    attempts: u32,
    not_before_ms: i64,
    /// The folded kinds as they were acknowledged.
    durable: Windows,
}

impl Lane {
    pub fn new(group: String, stream: String, fold_ms: i64, durable: Windows) -> Self {
        let open = Batch::new(&group, &stream);
        let fold = Fold::restore(fold_ms, durable.clone());
        Self {
            group,
            stream,
            fold,
            open,
            sealed: VecDeque::new(),
            flying: false,
            attempts: 0,
            not_before_ms: i64::MIN,
            durable,
        }
    }

    /// Takes no more for now.
    pub fn is_full(&self) -> bool {
        self.sealed.len() >= SEALED_MAX
    }

    /// Nothing waits and nothing is open.
    pub fn is_idle(&self) -> bool {
        self.sealed.is_empty() && self.open.is_idle()
    }

    /// Adds an event of `file` that begins at `start`: what stands before it is done with in the batch before.
    /// `Err`: the message is longer than the service takes.
    pub fn add(
        &mut self,
        (file, start): (u64, u64),
        time_ms: i64,
        now_ms: i64,
        write: impl Fn(&mut Vec<u8>) -> usize,
    ) -> Result<usize, Full> {
        let mut added = self.open.add(time_ms, &write);
        if added == Err(Full) && !self.open.is_empty() {
            self.open.cover(file, start);
            self.seal();
            added = self.open.add(time_ms, &write);
        }
        if added.is_ok() {
            self.open.open(now_ms);
        }
        added
    }

    pub fn cover(&mut self, file: u64, end: u64) {
        self.open.cover(file, end);
    }

    pub fn step(&mut self, step: Step) {
        self.open.step(step);
    }

    pub fn seal(&mut self) {
        if self.open.is_idle() {
            return;
        }
        let next = Batch::new(&self.group, &self.stream);
        self.sealed.push_back(std::mem::replace(&mut self.open, next).seal());
    }

    /// When the open batch has waited long enough.
    pub fn ripe_ms(&self, linger_ms: i64) -> Option<i64> {
        (!self.open.is_empty()).then(|| self.open.opened_ms().saturating_add(linger_ms))
    }

    /// The request to send now, if there is one and it may be sent.
    pub fn depart(&mut self, now_ms: i64) -> Option<Sealed> {
        if self.flying || now_ms < self.not_before_ms {
            return None;
        }
        let front = self.sealed.front()?.clone();
        self.flying = true;
        Some(front)
    }

    /// When the request in front may be tried again.
    pub fn wait_ms(&self) -> Option<i64> {
        (!self.flying && !self.sealed.is_empty()).then_some(self.not_before_ms)
    }

    /// The service has it.
    pub fn arrived(&mut self) -> Vec<Cover> {
        self.flying = false;
        self.attempts = 0;
        self.not_before_ms = i64::MIN;
        let Some(sealed) = self.sealed.pop_front() else { return vec![] };
        for step in sealed.steps {
            fold::apply(&mut self.durable, step);
        }
        sealed.covers
    }

    /// It failed and will be tried again. Returns which failure in a row this is, from 1.
    pub fn failed(&mut self) -> u32 {
        self.flying = false;
        self.attempts = self.attempts.saturating_add(1);
        self.attempts
    }

    pub fn retry_at(&mut self, at_ms: i64) {
        self.not_before_ms = at_ms;
    }

    /// The service will not have it as it is: half of it may pass. `false`: it is one event, and is given up.
    pub fn halve(&mut self) -> bool {
        self.flying = false;
        let Some(front) = self.sealed.pop_front() else { return true };
        match front.halve() {
            Ok((first, second)) => {
                self.sealed.push_front(second);
                self.sealed.push_front(first);
                true
            }
            Err(single) => {
                self.sealed.push_front(single);
                false
            }
        }
    }

    /// What is true without any request: lines that were thrown away or folded while nothing else was under way.
    pub fn settle(&mut self) -> Vec<Cover> {
        if !self.sealed.is_empty() || !self.open.is_empty() {
            return vec![];
        }
        let (covers, steps) = self.open.take_notes();
        for step in steps {
            fold::apply(&mut self.durable, step);
        }
        covers
    }

    pub fn durable(&self) -> &Windows {
        &self.durable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane() -> Lane {
        Lane::new("g".into(), "s".into(), 1_000, Windows::new())
    }

    fn add(lane: &mut Lane, start: u64, len: usize) {
        let added = lane.add((1, start), 5, 5, |out| {
            out.extend(std::iter::repeat_n(b'x', len));
            len
        });
        assert_eq!(added, Ok(len));
    }

    #[test]
    fn what_was_thrown_away_waits_for_what_was_kept_before_it() {
        let mut lane = lane();
        lane.cover(1, 10);
        assert_eq!(lane.settle(), [Cover { file: 1, end: 10 }]);
        add(&mut lane, 10, 5);
        lane.cover(1, 15);
        lane.cover(1, 40);
        assert_eq!(lane.settle(), []);
        lane.seal();
        lane.cover(1, 60);
        assert_eq!(lane.settle(), []);
        assert_eq!(lane.depart(0).map(|sealed| sealed.events()), Some(1));
        assert!(lane.depart(0).is_none(), "one at a time");
        assert_eq!(lane.arrived(), [Cover { file: 1, end: 40 }]);
        assert_eq!(lane.settle(), [Cover { file: 1, end: 60 }]);
        assert!(lane.is_idle());
    }

    #[test]
    fn a_full_batch_covers_what_stands_before_the_event_that_found_no_room() {
        let mut lane = lane();
        add(&mut lane, 0, 600_000);
        lane.cover(1, 600_000);
        add(&mut lane, 700_000, 600_000);
        lane.cover(1, 1_300_000);
        assert!(lane.depart(0).is_some());
        assert_eq!(lane.arrived(), [Cover { file: 1, end: 700_000 }]);
    }

    #[test]
    fn a_failed_request_is_tried_again_when_it_may_be() {
        let mut lane = lane();
        add(&mut lane, 0, 3);
        lane.seal();
        assert!(lane.depart(0).is_some());
        assert_eq!(lane.failed(), 1);
        lane.retry_at(50);
        assert!(lane.depart(49).is_none() && lane.wait_ms() == Some(50));
        assert!(lane.depart(50).is_some());
        assert_eq!(lane.failed(), 2);
        // Refused for good: an event alone is given up, by arriving nowhere.
        lane.retry_at(0);
        assert!(lane.depart(0).is_some() && !lane.halve());
        lane.arrived();
        assert!(lane.is_idle());
    }
}

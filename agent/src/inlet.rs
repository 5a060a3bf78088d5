//! Where a source with its own pace puts what it saw.
//!
//! Invariant: to give never waits. What finds no room is lost and counted, and delays nobody.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::clients::Clients;
use crate::reading::Readings;
use crate::vitals::{Lost, Vitals};

/// Batches of readings that wait for a turn.
const INLET_MAX: usize = 256;

/// Where a source with its own pace puts what it saw.
#[derive(Clone, Debug)]
pub struct Inlet {
    sender: mpsc::Sender<(&'static str, Readings)>,
    vitals: Arc<Vitals>,
    clients: Clients,
}

impl Inlet {
    pub fn new(vitals: &Arc<Vitals>) -> (Self, mpsc::Receiver<(&'static str, Readings)>) {
        let (sender, receiver) = mpsc::channel(INLET_MAX);
        (Self { sender, vitals: Arc::clone(vitals), clients: Clients::default() }, receiver)
    }

    /// Another one, for copies: whom sources suspect is known there too.
    pub fn beside(&self) -> (Self, mpsc::Receiver<(&'static str, Readings)>) {
        let (other, receiver) = Self::new(&self.vitals);
        (Self { clients: self.clients.clone(), ..other }, receiver)
    }

    /// Where a source of requests says whom it suspects.
    pub fn clients(&self) -> &Clients {
        &self.clients
    }

    /// Where a source counts what it lost by itself.
    pub fn vitals(&self) -> &Arc<Vitals> {
        &self.vitals
    }

    /// Counts what a source lost.
    pub fn lost(&self, source: &'static str, losses: Vec<(Lost, u64)>) {
        for (reason, count) in losses {
            self.vitals.lost(reason, count, || source.to_owned());
        }
    }

    /// Whether a batch given now would be taken: a source that can say "later" says it.
    pub fn has_room(&self) -> bool {
        self.sender.capacity() > 0
    }

    /// Never waits: a source that outruns us loses readings, counted, and delays nobody.
    pub fn give(&self, source: &'static str, readings: Readings) {
        if let Err(mpsc::error::TrySendError::Full((_, readings))) = self.sender.try_send((source, readings)) {
            self.vitals.lost(Lost::QueueFull, readings.0.len() as u64, || source.to_owned());
        }
    }
}

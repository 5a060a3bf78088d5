//! The way of a reading, written once: window, budget, batch, and then the courier's inbox.

use std::sync::Arc;

use alarm::points::Time;
use tokio::sync::mpsc;

use crate::batch;
use crate::budget::Budget;
use crate::config::Config;
use crate::publish::Parcel;
use crate::reading::Readings;
use crate::vitals::{Lost, Vitals};
use crate::window::{Point, Shape, Window};

#[derive(Debug)]
pub(super) struct Pipeline {
    shape: Shape,
    /// One point a series a period.
    window: Window,
    /// The series asked for at high resolution.
    fine: Window,
    budget: Budget,
    vitals: Arc<Vitals>,
    parcels: mpsc::Sender<Parcel>,
}

impl Pipeline {
    pub(super) fn new(config: &Config, vitals: Arc<Vitals>, parcels: mpsc::Sender<Parcel>) -> Self {
        Self {
            window: Window::new(config.agent.period_s),
            fine: Window::new(config.cloudwatch.fine_period_s),
            budget: Budget::new(config.budget.limits),
            shape: config.cloudwatch.shape.clone(),
            vitals,
            parcels,
        }
    }

    /// Ships the periods that are over. Whether one was.
    pub(super) fn turn(&mut self, now: Time) -> bool {
        // Also where every series is fine, and nothing coarse comes out of it.
        let over = self.window.is_over(now);
        let (coarse, fine) = (self.window.turn(now), self.fine.turn(now));
        self.ship(coarse);
        self.ship(fine);
        over
    }

    pub(super) fn fold(&mut self, source: &'static str, readings: Readings) {
        if self.shape.fine.is_empty() {
            return self.window.fold(source, readings.0, &self.shape, &self.vitals);
        }
        let is_fine = |reading: &crate::reading::Reading| self.shape.is_fine(&reading.name, &reading.dimensions);
        let (fine, coarse): (Vec<_>, Vec<_>) = readings.0.into_iter().partition(is_fine);
        self.fine.fold(source, fine, &self.shape, &self.vitals);
        self.window.fold(source, coarse, &self.shape, &self.vitals);
    }

    /// Ships what is open: the program ends.
    pub(super) fn close(&mut self) {
        let (coarse, fine) = (self.window.close(), self.fine.close());
        self.ship(coarse);
        self.ship(fine);
    }

    /// Series in the open windows: what a kill would lose.
    pub(super) fn open_series(&self) -> u64 {
        (self.window.len() + self.fine.len()) as u64
    }

    fn ship(&mut self, mut points: Vec<Point>) {
        self.budget.admit(&mut points, &self.vitals);
        let requests = batch::cut(&points);
        if requests.is_empty() {
            return;
        }
        let count: usize = requests.iter().map(|request| request.datums.len()).sum();
        // The courier is behind only when the disk hangs; to wait for it would stop the collectors.
        if self.parcels.try_send(Parcel::Requests(requests)).is_err() {
            self.vitals.lost(Lost::QueueFull, count as u64, || "the disk hangs, and so does the spool".to_owned());
        }
    }
}

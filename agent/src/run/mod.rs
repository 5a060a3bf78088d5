//! Holds the wires: sources, pipeline, courier, orders from outside.
//!
//! One thread does it all, and another only what may hang (the disk, names of hosts). Nothing here reads arguments, the
//! environment or signals: orders, the clock and systemd's socket are passed in. A reload is an end and a beginning
//! inside the process: what is open is shipped, the spool is handed over, nothing is lost.

mod config;
mod notify;
mod pipeline;
mod season;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::config::Config;
use crate::failure::Failure;
pub use crate::inlet::Inlet;
use crate::publish::Outlet;
use crate::sources::Kept;
use crate::vitals::{Lost, Status, Vitals};
pub use config::{Config as Settings, Raw};
pub use notify::Notify;
use season::Season;

/// SIGTERM to end (systemd's patience is longer): one request's answer, and the sync of the spool.
pub const DRAIN: Duration = Duration::from_secs(4);

/// What the outside may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Stop,
    Reload,
}

/// What goes on beside the publishing of metrics.
pub struct Beside {
    /// Who wants a copy of every reading.
    pub copies: Option<Inlet>,
    pub life: Pin<Box<dyn Future<Output = ()>>>,
}

impl std::fmt::Debug for Beside {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Beside").finish_non_exhaustive()
    }
}

/// Ships logs and suspects until the receiver ends; what it counts goes into the inlet.
pub type Ship = Box<dyn Fn(&Config, Inlet, oneshot::Receiver<()>) -> Beside>;

/// What the outside gives.
pub struct Wiring {
    pub orders: mpsc::Receiver<Order>,
    /// Reads the configuration anew.
    pub load: Box<dyn Fn() -> Result<Config, Failure>>,
    pub notify: Notify,
    /// Ships the logs of a configuration.
    pub ship: Ship,
    /// What sources keep over a reload.
    pub kept: Kept,
    /// Time since the epoch.
    pub clock: fn() -> Duration,
}

impl std::fmt::Debug for Wiring {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Wiring").finish_non_exhaustive()
    }
}

/// Runs until ordered to stop, with a new outlet for each configuration.
pub async fn run<O: Outlet>(
    mut config: Config,
    outlet: impl Fn(&Config) -> O,
    mut wiring: Wiring,
) -> Result<(), Failure> {
    let vitals = Arc::new(Vitals::default());
    let started = (wiring.clock)();
    count_killed(&config, &vitals);
    let mut before = None;
    loop {
        let season = match Season::begin(&config, outlet(&config), &vitals, wiring.clock, started) {
            Ok(season) => season,
            Err(failure) => {
                // The first configuration must work; a later one must not cost us the one that did.
                let Some(worked) = before.take() else { return Err(failure) };
                tracing::error!("the new configuration cannot be used, the old one stays: {failure}");
                config = worked;
                continue;
            }
        };
        wiring.notify.ready();
        match season.run(&mut wiring).await {
            Some(next) => before = Some(std::mem::replace(&mut config, next)),
            None => return Ok(()),
        }
    }
}

/// What the open window of a run that was killed held is lost: it is counted now.
fn count_killed(config: &Config, vitals: &Vitals) {
    match Status::read(&config.agent.state_dir) {
        Ok(status) if !status.ended && status.open_series > 0 => {
            let Status { open_series, pid, written, .. } = status;
            tracing::warn!(open_series, pid, written, "the last run did not end well; its open period is lost");
            vitals.lost(Lost::Killed, open_series, || format!("the period open at {written} of process {pid}"));
        }
        _ => {}
    }
}

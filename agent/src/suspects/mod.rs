//! Who is likely to blame: the processes that use most of the processor, memory and disks, and the folders that grow.
//!
//! Told as one small JSON event every 5 minutes, and at once when the use of processor, memory or disks rises steeply,
//! so that a notice can name the culprit. The choice is pure (`rank`); looking is apart (`pulse` every tick, `look` now
//! and then), and so is the walk over the folders (`folders`). `watch` remembers, `outbox` holds what waits, `lane`
//! delivers.
//!
//! What never is: a command line (it can hold a secret; only the short name is told), a list without an end, a walk
//! onto another file system or through a symbolic link, a disk that hangs and holds up anything else.

mod config;
mod folders;
mod lane;
mod look;
mod outbox;
mod pulse;
mod rank;
mod watch;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::clients::{Accusation, Client};

pub use config::{Raw, Settings};
pub use folders::Growth;
pub use lane::{Lane, run};
pub use pulse::Pulse;
pub use rank::{Process, Suspect};
pub use watch::Watch;

/// What `{service}` stands for in the names of its group and stream.
pub const SERVICE: &str = "suspects";

/// Why an event is told now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    Regular,
    CpuRose,
    MemoryRose,
    IoRose,
}

/// What a notice needs to name the likely culprit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    pub why: Why,
    /// Of the whole host, in percent; I/O by its pressure (PSI).
    pub cpu_percent: Option<f64>,
    pub memory_percent: Option<f64>,
    pub io_percent: Option<f64>,
    /// In percent of one core, bytes, and bytes a second read and written.
    pub cpu: Vec<Suspect>,
    pub memory: Vec<Suspect>,
    pub io: Vec<Suspect>,
    pub folders: Vec<Growth>,
}

/// An event as it stands in the log stream, some 1 KB: by `dimensions` it is found from the alarm of a series.
#[derive(Debug, Serialize)]
struct Line<'a> {
    event: &'static str,
    dimensions: BTreeMap<&'a str, &'a str>,
    #[serde(flatten)]
    told: &'a Event,
}

impl Event {
    /// One line for a log stream.
    pub fn line(&self, identity: &alarm::series::Dimensions) -> String {
        let line = Line { event: "suspects", dimensions: identity.iter().collect(), told: self };
        // Names and numbers always have a form in JSON.
        serde_json::to_string(&line).unwrap_or_default()
    }
}

/// Likewise, of who asks a service for what it does not have.
#[derive(Debug, Serialize)]
struct ClientsLine<'a> {
    event: &'static str,
    dimensions: BTreeMap<&'a str, &'a str>,
    service: &'a str,
    clients: &'a [Client],
}

/// One line for a log stream.
fn clients_line(accusation: &Accusation, identity: &alarm::series::Dimensions) -> String {
    let Accusation { service, clients, .. } = accusation;
    let dimensions = identity.iter().collect();
    let line = ClientsLine { event: "suspicious_clients", dimensions, service, clients };
    // Names and numbers always have a form in JSON.
    serde_json::to_string(&line).unwrap_or_default()
}

#[cfg(test)]
mod tests;

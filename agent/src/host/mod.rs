//! The host: one file a collector, each reading the kernel's files apart from parsing their text.
//!
//! What never is: a collector that stops another; a text that panics; a wait without an end (what can hang, like a
//! dead NFS mount, is asked from another thread); a metric that is not in the table (`metrics`).
//! "No data" is an answer: a host without swap or PSI is not an error.

pub mod allowance;
pub(crate) mod cgroup;
pub mod clock;
pub mod collector;
pub mod config;
pub mod cpu;
mod delta;
pub mod disk;
pub mod disk_io;
mod ethtool;
#[cfg(test)]
mod fixture;
mod hang;
pub mod limits;
pub mod load;
pub mod memory;
pub mod mounts;
pub mod net;
mod pace;
pub mod paging;
pub mod pressure;
pub mod process;
pub mod processes;
mod runner;
mod sock_diag;
pub(crate) mod source;
pub mod stat;
pub mod tcp;
pub mod tcp_states;
mod text;
pub mod unit;
pub mod uptime;
pub mod usage;

use collector::Collector;
pub use collector::{Miss, Roots};
pub use config::{Raw, Settings};
pub(crate) use runner::thread_cpu;
pub use runner::{Host, Tally};

/// A collector's name, which `[host] off` uses, and how it is made.
type Row = (&'static str, fn(&Settings) -> Box<dyn Collector>);

/// The table of the collectors.
const COLLECTORS: &[Row] = &[
    ("cpu", |s| Box::new(cpu::Cpu::new(&s.roots, s.cpu.per_core))),
    ("memory", |s| Box::new(memory::MemoryCollector::new(&s.roots))),
    ("paging", |s| Box::new(paging::PagingCollector::new(&s.roots))),
    ("disk", |s| Box::new(disk::Disk::new(&s.roots, s.disk.clone()))),
    ("disk_io", |s| Box::new(disk_io::DiskIo::new(&s.roots, s.disk_io.clone()))),
    ("net", |s| Box::new(net::Net::new(&s.roots, s.net.clone()))),
    ("allowance", |s| Box::new(allowance::Allowance::new(&s.roots, s.net.clone()))),
    ("processes", |s| Box::new(processes::Processes::new(&s.roots))),
    ("process", |s| Box::new(process::ProcessCollector::new(&s.roots, &s.processes))),
    ("unit", |s| Box::new(unit::UnitCollector::new(&s.roots, &s.units))),
    ("pressure", |s| Box::new(pressure::Pressure::new(&s.roots))),
    ("tcp", |s| Box::new(tcp::Tcp::new(&s.roots))),
    ("tcp_states", |s| Box::new(tcp_states::TcpStates::new(&s.roots))),
    ("load", |s| Box::new(load::Load::new(&s.roots))),
    ("limits", |s| Box::new(limits::Limits::new(&s.roots))),
    ("uptime", |s| Box::new(uptime::Uptime::new(&s.roots))),
    ("clock", |_| Box::new(clock::Clock::new())),
];

//! What limits a running service: the value in force, where it comes from, what is used, and what will break first.
//!
//! `look` reads, `report` decides, `origin` finds who said so; only `look` touches a file. In force is what the kernel says
//! of the process and of its control group, never what a file means to set (facts/hosts.md, What raises a limit).

mod look;
mod origin;
mod report;

pub use look::{Target, look};
pub use report::{Report, Row, report};

use origin::Setting;

/// The files of the kernel and of systemd that were read, each parsed. What could not be read is not there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    pub process: Option<Process>,
    pub host: Host,
    settings: Settings,
}

/// One running process.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Process {
    pub pid: u32,
    pub name: String,
    /// The service or scope in whose control group it is.
    pub unit: Option<String>,
    pub user: String,
    groups: Vec<String>,
    files: Option<Held>,
    nproc: Option<Held>,
    files_used: Option<u64>,
    threads_of_user: Option<u64>,
    tasks: Option<Group>,
    memory: Option<Group>,
    /// Most connections that wait at one of its doors, and the port of that door.
    waiting: Option<(u64, u16)>,
}

/// A limit of the process; no limit is the greatest number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    soft: u64,
    hard: u64,
}

/// The nearest control group with a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    name: String,
    most: u64,
    used: Option<u64>,
}

/// What all processes of the host share.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Host {
    threads: Option<u64>,
    threads_max: Option<u64>,
    pid_max: Option<u64>,
    files: Option<(u64, u64)>,
    somaxconn: Option<u64>,
    ports: Option<(u64, u64)>,
    /// Most connections to one address and port: each needs a port of its own.
    ports_used: Option<u64>,
    conntrack: Option<(u64, u64)>,
    memory: Option<(u64, u64)>,
}

/// What files say, in the order in which they are read: the last one wins.
#[derive(Clone, Debug, Default, PartialEq)]
struct Settings {
    unit: Vec<Setting>,
    manager: Vec<Setting>,
    sessions: Vec<Setting>,
    kernel: Vec<Setting>,
}

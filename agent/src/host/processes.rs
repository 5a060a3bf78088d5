//! How many processes are in which state.
//!
//! One pass over all processes, some 10 microseconds each: the runner lets it run more rarely where there are many.

use std::path::PathBuf;
use std::time::Duration;

use super::collector::{Collector, Miss, Roots, Sink};
use super::stat::{self, Reader, Stat};
use crate::metrics::host as m;

/// Processes by state, named as the official agent names them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub total: u64,
    pub threads: u64,
    pub running: u64,
    pub sleeping: u64,
    pub blocked: u64,
    pub idle: u64,
    pub zombies: u64,
    pub stopped: u64,
    pub paging: u64,
    pub dead: u64,
}

impl Counts {
    pub fn add(&mut self, process: &Stat) {
        self.total += 1;
        self.threads = self.threads.saturating_add(process.threads);
        match process.state {
            'R' => self.running += 1,
            'S' => self.sleeping += 1,
            'D' => self.blocked += 1,
            'I' => self.idle += 1,
            'Z' => self.zombies += 1,
            'T' | 't' => self.stopped += 1,
            'W' => self.paging += 1,
            'X' | 'x' => self.dead += 1,
            _ => {}
        }
    }
}

#[derive(Debug)]
pub struct Processes {
    proc: PathBuf,
    reader: Reader,
}

impl Processes {
    pub fn new(roots: &Roots) -> Self {
        Self { proc: roots.proc.clone(), reader: Reader::new(&roots.proc) }
    }
}

impl Collector for Processes {
    fn collect(&mut self, _: Duration, out: &mut Sink<'_>) -> Result<(), Miss> {
        let mut counts = Counts::default();
        for pid in stat::pids(&self.proc)? {
            if let Some(process) = self.reader.stat(pid) {
                counts.add(&process);
            }
        }
        if counts.total == 0 {
            return Err(Miss::NoData("no process is to be seen"));
        }
        for (metric, count) in [
            (&m::PROCESSES_TOTAL, counts.total),
            (&m::PROCESSES_TOTAL_THREADS, counts.threads),
            (&m::PROCESSES_RUNNING, counts.running),
            (&m::PROCESSES_SLEEPING, counts.sleeping),
            (&m::PROCESSES_BLOCKED, counts.blocked),
            (&m::PROCESSES_IDLE, counts.idle),
            (&m::PROCESSES_ZOMBIES, counts.zombies),
            (&m::PROCESSES_STOPPED, counts.stopped),
            (&m::PROCESSES_PAGING, counts.paging),
            (&m::PROCESSES_DEAD, counts.dead),
        ] {
            out.put(metric, count as f64);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::fixture;

    #[test]
    fn states() {
        let host = fixture::Host::of(&[("proc/cpuinfo", "")]);
        for (pid, state) in [(1, 'S'), (2, 'S'), (7, 'Z'), (8, 'D'), (9, 't'), (10, 'I')] {
            let line = format!("{pid} (x) {state} 1 0 0 0 0 0 0 0 0 0 1 1 0 0 20 0 3 0 5 0 0");
            host.write(&format!("proc/{pid}/stat"), &line);
        }
        host.write("proc/11/stat", "");
        let readings = fixture::collect(&mut Processes::new(&host.roots()));
        let counts = ["total", "total_threads", "sleeping", "zombies", "blocked", "stopped", "idle", "running"]
            .map(|name| fixture::value(&readings, &format!("processes_{name}"), &[]).expect("is there"));
        assert_eq!(counts, [6.0, 18.0, 2.0, 1.0, 1.0, 1.0, 1.0, 0.0]);
    }

    /// As `ps` counts, but for itself and whatever else comes and goes.
    #[test]
    fn as_ps_counts() {
        let near = (0..10).any(|_| {
            let ps = std::process::Command::new("ps").args(["-e", "-o", "pid="]).output().expect("ps runs");
            let theirs = String::from_utf8_lossy(&ps.stdout).lines().count() as f64 - 1.0;
            let readings = fixture::collect(&mut Processes::new(&Roots::default()));
            let ours = fixture::value(&readings, "processes_total", &[]).expect("is there");
            (ours - theirs).abs() <= 3.0
        });
        assert!(near, "ps counts quite another number of processes");
    }
}

//! Looks at all processes once, by what anyone may read of them.

use std::path::{Path, PathBuf};

use super::rank::{Process, Seen};
use crate::host::stat::{self, Reader};
use crate::host::{cpu, memory, usage};

/// More processes are not looked at: memory here is bounded.
const PROCESSES_MAX: usize = 10_000;

#[derive(Debug)]
pub(super) struct Look {
    proc: PathBuf,
    reader: Reader,
    cpu: Option<cpu::Times>,
    /// Whether `io` of any process but ours could be read at the last look; asking in vain 150 times costs.
    may_read_io: bool,
}

impl Look {
    pub(super) fn new(proc: &Path) -> Self {
        Self { proc: proc.to_owned(), reader: Reader::new(proc), cpu: None, may_read_io: true }
    }

    /// `None` where no process is to be seen.
    pub(super) fn see(&mut self) -> Option<Seen> {
        let ours = std::process::id();
        let (mut processes, mut io_read, mut io_refused) = (Vec::new(), false, false);
        for pid in stat::pids(&self.proc).ok()?.take(PROCESSES_MAX) {
            let Some(stat) = self.reader.stat(pid).filter(|stat| !stat.is_kernel()) else { continue };
            let mut io_bytes = None;
            if self.may_read_io || pid == ours {
                match self.reader.read(pid, "io") {
                    Ok(text) => {
                        let io = usage::parse_io(&text);
                        io_bytes = Some(io.read_bytes.saturating_add(io.written_bytes));
                        io_read |= pid != ours;
                    }
                    Err(_) => io_refused = true,
                }
            }
            processes.push(Process {
                pid,
                started: stat.started,
                ticks: stat.ticks(),
                resident_bytes: stat.resident_pages.saturating_mul(usage::page_bytes()),
                name: stat.name,
                io_bytes,
            });
        }
        self.may_read_io = io_read || !io_refused;
        (!processes.is_empty()).then(|| Seen {
            processes,
            cpu_percent: self.cpu_percent(),
            memory_percent: self.memory_percent(),
        })
    }

    fn cpu_percent(&mut self) -> Option<f64> {
        let text = std::fs::read_to_string(self.proc.join("stat")).ok()?;
        let (_, now) = cpu::parse(&text).next()?;
        let before = self.cpu.replace(now)?;
        let shares = now.since(&before).shares()?;
        Some(shares.iter().find(|(metric, _)| metric.name == "cpu_usage_active")?.1)
    }

    fn memory_percent(&self) -> Option<f64> {
        let memory = memory::parse(&std::fs::read_to_string(self.proc.join("meminfo")).ok()?)?;
        Some(100.0 * memory.used() as f64 / memory.total as f64)
    }
}

//! Looks at all processes once, by what anyone may read of them.

use std::path::{Path, PathBuf};

use super::rank::Process;
use crate::host::stat::{self, Reader};
use crate::host::usage;

/// More processes are not looked at: memory here is bounded.
const PROCESSES_MAX: usize = 10_000;

#[derive(Debug)]
pub(super) struct Look {
    proc: PathBuf,
    reader: Reader,
    /// Whether `io` of any process but ours could be read at the last look; asking in vain 150 times costs.
    may_read_io: bool,
}

impl Look {
    pub(super) fn new(proc: &Path) -> Self {
        Self { proc: proc.to_owned(), reader: Reader::new(proc), may_read_io: true }
    }

    /// Empty where no process is to be seen.
    pub(super) fn see(&mut self) -> Vec<Process> {
        let ours = std::process::id();
        let Ok(pids) = stat::pids(&self.proc) else { return Vec::new() };
        let (mut processes, mut io_read, mut io_refused) = (Vec::new(), false, false);
        for pid in pids.take(PROCESSES_MAX) {
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
        processes
    }
}

//! What this process costs: read apart from parse.

use std::io;

/// The kernel's clock tick as user space sees it: 100 on every Linux that we run on (`USER_HZ`).
const TICK_MS: u64 = 10;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Process {
    pub resident_bytes: u64,
    /// User and system time since the start.
    pub cpu_ms: u64,
}

impl Process {
    pub fn read() -> io::Result<Self> {
        let status = std::fs::read_to_string("/proc/self/status")?;
        let stat = std::fs::read_to_string("/proc/self/stat")?;
        Self::parse(&status, &stat).ok_or_else(|| io::Error::other("/proc/self/stat has another form"))
    }

    fn parse(status: &str, stat: &str) -> Option<Self> {
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: u64 = resident.trim().strip_suffix("kB")?.trim().parse().ok()?;
        // The name of the command stands in parentheses and may hold anything: fields are counted after it.
        let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
        Some(Self { resident_bytes: kib * 1_024, cpu_ms: ticks * TICK_MS })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_what_the_kernel_writes() {
        let status = "Name:\tstormglass\nVmHWM:\t    9000 kB\nVmRSS:\t    8372 kB\n";
        let stat = "77 (storm) glass) S 1 77 77 0 -1 4194560 900 0 0 0 12 30 0 0 20 0 1 0 100 0 0 0";
        let expect = Process { resident_bytes: 8_372 * 1_024, cpu_ms: 420 };
        assert_eq!(Process::parse(status, stat), Some(expect));
        assert_eq!(Process::parse("", stat), None);
        assert_eq!(Process::parse(status, "77 (x"), None);
    }

    #[test]
    fn this_process_has_some_memory() {
        assert!(Process::read().expect("there is a /proc").resident_bytes > 100_000);
    }
}

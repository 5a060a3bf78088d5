//! What one process uses beyond what `stat` tells: descriptors against their limit, memory by kind, I/O.
//!
//! The limits and `status` of any process can be read by anyone; its descriptors and I/O only by its own user, or with
//! `CAP_SYS_PTRACE`. What may not be read is left out, never guessed.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::collector::Sink;
use super::stat::Reader;
use super::text;
use crate::metrics::host as m;

/// Counted one by one up to here on kernels before 6.2; beyond, the process is over any sane limit.
const DESCRIPTORS_MAX: usize = 100_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub descriptors: Option<u64>,
    pub limit_soft: Option<u64>,
    limit_hard: Option<u64>,
    status: Option<Status>,
    io: Option<Io>,
}

/// Of /proc/PID/status, in bytes and counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Status {
    swap: u64,
    data: u64,
    stack: u64,
    locked: u64,
    voluntary: u64,
    involuntary: u64,
}

/// Of /proc/PID/io.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Io {
    pub reads: u64,
    pub writes: u64,
    pub read_bytes: u64,
    pub written_bytes: u64,
}

/// Soft and hard `Max open files` of /proc/PID/limits; `unlimited` is none.
pub(super) fn parse_limits(text: &str) -> (Option<u64>, Option<u64>) {
    let line = text.lines().find_map(|line| line.strip_prefix("Max open files"));
    let mut words = line.unwrap_or_default().split_ascii_whitespace().map(|word| word.parse().ok());
    (words.next().flatten(), words.next().flatten())
}

fn parse_status(text: &str) -> Status {
    let mut status = Status::default();
    for (name, value) in text::fields(text) {
        let bytes = value.saturating_mul(1024);
        match name {
            "VmSwap" => status.swap = bytes,
            "VmData" => status.data = bytes,
            "VmStk" => status.stack = bytes,
            "VmLck" => status.locked = bytes,
            "voluntary_ctxt_switches" => status.voluntary = value,
            "nonvoluntary_ctxt_switches" => status.involuntary = value,
            _ => {}
        }
    }
    status
}

pub fn parse_io(text: &str) -> Io {
    let mut io = Io::default();
    for (name, value) in text::fields(text) {
        match name {
            "syscr" => io.reads = value,
            "syscw" => io.writes = value,
            "read_bytes" => io.read_bytes = value,
            "write_bytes" => io.written_bytes = value,
            _ => {}
        }
    }
    io
}

/// Open descriptors. Since Linux 6.2 the folder's size is their number; before, each entry is counted.
pub(super) fn descriptors(proc: &Path, pid: u32) -> Option<u64> {
    let folder = proc.join(format!("{pid}/fd"));
    let entries = std::fs::read_dir(&folder).ok()?;
    match std::fs::metadata(&folder).ok()?.size() {
        0 => Some(entries.take(DESCRIPTORS_MAX).count() as u64),
        size => Some(size),
    }
}

/// Reads what is wanted, and no more.
pub(super) fn read(reader: &mut Reader, pid: u32, out: &Sink<'_>) -> Usage {
    let mut usage = Usage { descriptors: descriptors(reader.proc(), pid), ..Usage::default() };
    if let Ok(text) = reader.read(pid, "limits") {
        (usage.limit_soft, usage.limit_hard) = parse_limits(&text);
    }
    let status = [&m::PROCSTAT_MEMORY_SWAP, &m::PROCSTAT_MEMORY_DATA, &m::PROCSTAT_MEMORY_STACK];
    let more = [&m::PROCSTAT_MEMORY_LOCKED, &m::PROCSTAT_VOLUNTARY_CONTEXT_SWITCHES];
    let last = [&m::PROCSTAT_INVOLUNTARY_CONTEXT_SWITCHES];
    if status.into_iter().chain(more).chain(last).any(|metric| out.wants(metric)) {
        usage.status = reader.read(pid, "status").ok().map(|text| parse_status(&text));
    }
    let io = [&m::PROCSTAT_READ_BYTES, &m::PROCSTAT_WRITE_BYTES, &m::PROCSTAT_READ_COUNT, &m::PROCSTAT_WRITE_COUNT];
    if io.into_iter().any(|metric| out.wants(metric)) {
        usage.io = reader.read(pid, "io").ok().map(|text| parse_io(&text));
    }
    usage
}

impl Usage {
    pub(super) fn put(&self, of: &[(&str, &str)], out: &mut Sink<'_>) {
        let (status, io) = (self.status, self.io);
        for (metric, value) in [
            (&m::PROCSTAT_NUM_FDS, self.descriptors),
            (&m::PROCSTAT_RLIMIT_NUM_FDS_SOFT, self.limit_soft),
            (&m::PROCSTAT_RLIMIT_NUM_FDS_HARD, self.limit_hard),
            (&m::PROCSTAT_MEMORY_SWAP, status.map(|status| status.swap)),
            (&m::PROCSTAT_MEMORY_DATA, status.map(|status| status.data)),
            (&m::PROCSTAT_MEMORY_STACK, status.map(|status| status.stack)),
            (&m::PROCSTAT_MEMORY_LOCKED, status.map(|status| status.locked)),
            (&m::PROCSTAT_VOLUNTARY_CONTEXT_SWITCHES, status.map(|status| status.voluntary)),
            (&m::PROCSTAT_INVOLUNTARY_CONTEXT_SWITCHES, status.map(|status| status.involuntary)),
            (&m::PROCSTAT_READ_COUNT, io.map(|io| io.reads)),
            (&m::PROCSTAT_WRITE_COUNT, io.map(|io| io.writes)),
            (&m::PROCSTAT_READ_BYTES, io.map(|io| io.read_bytes)),
            (&m::PROCSTAT_WRITE_BYTES, io.map(|io| io.written_bytes)),
        ] {
            if let Some(value) = value {
                out.put_with(metric, of, value as f64);
            }
        }
    }
}

/// What the kernel's pages of a process hold.
pub fn page_bytes() -> u64 {
    rustix::param::page_size() as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::host::fixture;

    const LIMITS: &str = "Limit                     Soft Limit           Hard Limit           Units     \n\
                          Max cpu time              unlimited            unlimited            seconds   \n\
                          Max open files            1024                 524288               files     \n\
                          Max locked memory         8388608              8388608              bytes     \n";
    const STATUS: &str = "Name:\tjava\nState:\tS (sleeping)\nVmLck:\t       4 kB\nVmData:\t  812340 kB\n\
                          VmStk:\t     132 kB\nVmSwap:\t      16 kB\nThreads:\t31\n\
                          voluntary_ctxt_switches:\t812\nnonvoluntary_ctxt_switches:\t77\n";
    const IO: &str = "rchar: 323934931\nwchar: 323929600\nsyscr: 632687\nsyscw: 632675\n\
                      read_bytes: 4096\nwrite_bytes: 323932160\ncancelled_write_bytes: 0\n";

    #[test]
    fn texts() {
        assert_eq!(parse_limits(LIMITS), (Some(1024), Some(524_288)));
        assert_eq!(parse_limits("Max open files unlimited 9 files\n"), (None, Some(9)));
        let status = parse_status(STATUS);
        assert_eq!((status.swap, status.data, status.stack), (16 << 10, 812_340 << 10, 132 << 10));
        assert_eq!((status.locked, status.voluntary, status.involuntary), (4 << 10, 812, 77));
        let io = Io { reads: 632_687, writes: 632_675, read_bytes: 4096, written_bytes: 323_932_160 };
        assert_eq!(parse_io(IO), io);
    }

    #[test]
    fn descriptors_of_ourselves() {
        let before = descriptors(Path::new("/proc"), std::process::id()).expect("ours may be read");
        let held: Vec<_> = (0..50).map(|_| std::fs::File::open("/dev/null").expect("there")).collect();
        let after = descriptors(Path::new("/proc"), std::process::id()).expect("ours may be read");
        // Other tests of this process open files too.
        assert!(after + 40 >= before + held.len() as u64, "{before} then {after}");
        assert_eq!(descriptors(Path::new("/proc"), u32::MAX), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(limits in fixture::mangled(LIMITS), status in fixture::mangled(STATUS), io in fixture::mangled(IO)) {
            let _ = (parse_limits(&limits), parse_status(&status), parse_io(&io));
        }
    }
}

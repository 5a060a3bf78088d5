//! Disks: what was read and written, and how long it took.
//!
//! Read here, not by `sysinfo`: it has the bytes alone, neither the requests nor their times.

use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::collector::{Collector, Miss, Roots, Sink};
use super::delta::{Last, rise, rise_of_32_bits};
use super::source::Source;
use super::text::number;
use crate::metrics::{host as m, own};

/// The kernel counts in these, whatever the disk's own sectors are.
const SECTOR_BYTES: u64 = 512;

/// `[host.disk_io]`
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// Devices by name (`*` and `?` stand for characters). None named: every whole disk.
    pub devices: Vec<String>,
    /// Devices left out.
    pub exclude: Vec<String>,
}

/// Counters of one device since it appeared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    pub reads: u64,
    pub read_bytes: u64,
    pub read_ms: u64,
    pub writes: u64,
    pub written_bytes: u64,
    pub write_ms: u64,
    /// A gauge: requests under way.
    pub in_progress: u64,
    pub busy_ms: u64,
}

/// The devices of /proc/diskstats. Kernels before 4.18 lack the discards, before 5.5 the flushes: neither is used.
/// Old kernels gave partitions four numbers only; such a line is left out.
pub fn parse(text: &str) -> impl Iterator<Item = (&str, Counters)> {
    text.lines().filter_map(|line| {
        let mut words = line.split_ascii_whitespace().skip(2);
        let name = words.next()?;
        if words.clone().count() < 11 {
            return None;
        }
        let mut next = || number(&mut words);
        let (reads, _merged, read_sectors, read_ms) = (next(), next(), next(), next());
        let (writes, _merged, written_sectors, write_ms) = (next(), next(), next(), next());
        let counters = Counters {
            reads,
            read_bytes: read_sectors.saturating_mul(SECTOR_BYTES),
            read_ms,
            writes,
            written_bytes: written_sectors.saturating_mul(SECTOR_BYTES),
            write_ms,
            in_progress: next(),
            busy_ms: next(),
        };
        Some((name, counters))
    })
}

impl Counters {
    /// What was added since. The times are 32 bits in the kernel and wrap.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self {
            reads: rise(before.reads, self.reads),
            read_bytes: rise(before.read_bytes, self.read_bytes),
            read_ms: rise_of_32_bits(before.read_ms, self.read_ms),
            writes: rise(before.writes, self.writes),
            written_bytes: rise(before.written_bytes, self.written_bytes),
            write_ms: rise_of_32_bits(before.write_ms, self.write_ms),
            in_progress: self.in_progress,
            busy_ms: rise_of_32_bits(before.busy_ms, self.busy_ms),
        }
    }
}

#[derive(Debug)]
pub struct DiskIo {
    diskstats: Source,
    block: PathBuf,
    chosen: Raw,
    last: Last<(bool, Counters)>,
    at: Option<Duration>,
}

impl DiskIo {
    pub fn new(roots: &Roots, chosen: Raw) -> Self {
        let diskstats = Source::new(roots.proc.join("diskstats"));
        Self { diskstats, block: roots.sys.join("block"), chosen, last: Last::default(), at: None }
    }
}

impl Raw {
    fn wants(&self, name: &str, block: &Path) -> bool {
        if alarm::glob::matches_any(&self.exclude, name) {
            return false;
        }
        if !self.devices.is_empty() {
            return alarm::glob::matches_any(&self.devices, name);
        }
        // A partition has no folder of its own there. Loops, RAM disks and optical drives are not where data lives.
        let is_toy = ["loop", "ram", "zram", "sr", "fd"]
            .iter()
            .any(|toy| name.strip_prefix(toy).is_some_and(|rest| rest.bytes().all(|c| c.is_ascii_digit())));
        // The kernel writes a slash in a name as an exclamation mark in paths.
        !is_toy && block.join(name.replace('/', "!")).exists()
    }
}

impl Collector for DiskIo {
    fn collect(&mut self, now: Duration, out: &mut Sink<'_>) -> Result<(), Miss> {
        let passed = self.at.replace(now).map(|at| now.saturating_sub(at));
        for (name, counters) in parse(self.diskstats.read_if_there("no block devices")?) {
            let known = self.last.peek(name).map(|(wanted, _)| *wanted);
            let wanted = known.unwrap_or_else(|| self.chosen.wants(name, &self.block));
            let before = self.last.swap(name, (wanted, counters));
            if let (true, Some((_, before)), Some(passed)) = (wanted, before, passed) {
                put(name, &counters.since(&before), passed, out);
            }
        }
        self.last.end_round();
        Ok(())
    }
}

fn put(name: &str, added: &Counters, passed: Duration, out: &mut Sink<'_>) {
    let of = [("name", name)];
    for (metric, value) in [
        (&m::DISKIO_READS, added.reads),
        (&m::DISKIO_WRITES, added.writes),
        (&m::DISKIO_READ_BYTES, added.read_bytes),
        (&m::DISKIO_WRITE_BYTES, added.written_bytes),
        (&m::DISKIO_READ_TIME, added.read_ms),
        (&m::DISKIO_WRITE_TIME, added.write_ms),
        (&m::DISKIO_IO_TIME, added.busy_ms),
        (&m::DISKIO_IOPS_IN_PROGRESS, added.in_progress),
    ] {
        out.put_with(metric, &of, value as f64);
    }
    if !passed.is_zero() {
        let busy = 0.1 * added.busy_ms as f64 / passed.as_secs_f64();
        out.put_with(&own::DISKIO_USED_PERCENT, &of, busy.min(100.0));
    }
    let requests = added.reads.saturating_add(added.writes);
    if requests > 0 {
        let waited = added.read_ms.saturating_add(added.write_ms);
        out.put_with(&own::DISKIO_AWAIT, &of, waited as f64 / requests as f64);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::host::fixture;

    #[test]
    fn columns_of_new_and_old_kernels() {
        let new: Vec<_> = parse(fixture::text("6.1-small/proc/diskstats")).collect();
        let expect = Counters {
            reads: 18_201,
            read_bytes: 1_204_712 * 512,
            read_ms: 9_120,
            writes: 40_112,
            written_bytes: 3_120_448 * 512,
            write_ms: 88_231,
            in_progress: 3,
            busy_ms: 31_007,
        };
        assert_eq!(new[0], ("nvme0n1", expect));
        let old: Vec<_> = parse(fixture::text("2.6-old/proc/diskstats")).map(|(name, _)| name).collect();
        assert_eq!(old, ["xvda"], "the short line of a partition is left out");
    }

    #[test]
    fn whole_disks_unless_named() {
        let host = fixture::Host::of(&[
            ("sys/block/nvme0n1/size", ""),
            ("sys/block/loop0/size", ""),
            ("sys/block/dm-0/size", ""),
        ]);
        let block = host.path("sys/block");
        let names = ["nvme0n1", "nvme0n1p1", "loop0", "dm-0"];
        let wanted = |raw: Raw| names.into_iter().filter(|name| raw.wants(name, &block)).collect::<Vec<_>>();
        assert_eq!(wanted(Raw::default()), ["nvme0n1", "dm-0"]);
        assert_eq!(wanted(Raw { exclude: vec!["dm-*".into()], ..Raw::default() }), ["nvme0n1"]);
        assert_eq!(wanted(Raw { devices: vec!["nvme*".into()], ..Raw::default() }), ["nvme0n1", "nvme0n1p1"]);
    }

    #[test]
    fn what_was_added_between_readings() {
        let host = fixture::Host::of(&[
            ("sys/block/vda/size", ""),
            ("proc/diskstats", "254 0 vda 10 0 100 5 20 0 200 10 0 40 0\n"),
        ]);
        let mut disks = DiskIo::new(&host.roots(), Raw::default());
        assert!(fixture::collect_at(&mut disks, 0).is_empty());
        host.write("proc/diskstats", "254 0 vda 12 0 108 9 22 0 216 22 1 2040 0\n");
        let readings = fixture::collect_at(&mut disks, 10);
        let value = |name| fixture::value(&readings, name, &[("name", "vda")]).expect("is there");
        assert_eq!(value("diskio_reads"), 2.0);
        assert_eq!(value("diskio_read_bytes"), 8.0 * 512.0);
        assert_eq!(value("diskio_io_time"), 2_000.0);
        assert_eq!(value("diskio_used_percent"), 20.0);
        assert_eq!(value("diskio_await"), 4.0);
        assert_eq!(value("diskio_iops_in_progress"), 1.0);
        assert_eq!(readings.len(), 10);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in fixture::mangled(fixture::text("6.1-small/proc/diskstats"))) {
            let mut before = Counters::default();
            for (_, counters) in parse(&text) {
                let _ = counters.since(&before);
                before = counters;
            }
        }
    }
}

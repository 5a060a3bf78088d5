//! Memory and swap.
//!
//! Read here, not by `sysinfo`: it has no buffers, no reclaimable slab, no active and inactive, and its "used" is not
//! the official agent's.

use std::time::Duration;

use super::collector::{Collector, Miss, Roots, Sink};
use super::source::Source;
use super::text;
use crate::metrics::host as m;

/// What /proc/meminfo says, in bytes. A line that a kernel lacks is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    pub total: u64,
    pub free: u64,
    pub available: u64,
    pub buffered: u64,
    /// The page cache, and the slab that can be given back.
    pub cached: u64,
    pub active: u64,
    pub inactive: u64,
    pub shared: u64,
    pub swap_total: u64,
    pub swap_free: u64,
}

pub fn parse(text: &str) -> Option<Memory> {
    let mut memory = Memory::default();
    let (mut available, mut reclaimable) = (None, 0);
    for (name, kib) in text::fields(text) {
        let bytes = kib.saturating_mul(1024);
        match name {
            "MemTotal" => memory.total = bytes,
            "MemFree" => memory.free = bytes,
            "MemAvailable" => available = Some(bytes),
            "Buffers" => memory.buffered = bytes,
            "Cached" => memory.cached = bytes,
            "SReclaimable" => reclaimable = bytes,
            "Active" => memory.active = bytes,
            "Inactive" => memory.inactive = bytes,
            "Shmem" => memory.shared = bytes,
            "SwapTotal" => memory.swap_total = bytes,
            "SwapFree" => memory.swap_free = bytes,
            _ => {}
        }
    }
    memory.cached = memory.cached.saturating_add(reclaimable);
    // Kernels before 3.14 do not say what is available; this is what they could give back.
    let could = memory.free.saturating_add(memory.buffered).saturating_add(memory.cached);
    memory.available = available.unwrap_or(could).min(memory.total);
    (memory.total > 0).then_some(memory)
}

impl Memory {
    /// As `free` and the official agent reckon: without what the kernel can give back.
    pub fn used(&self) -> u64 {
        let idle = self.free.saturating_add(self.buffered).saturating_add(self.cached);
        self.total.saturating_sub(idle)
    }

    pub fn swap_used(&self) -> u64 {
        self.swap_total.saturating_sub(self.swap_free)
    }
}

#[derive(Debug)]
pub struct MemoryCollector {
    meminfo: Source,
}

impl MemoryCollector {
    pub fn new(roots: &Roots) -> Self {
        Self { meminfo: Source::new(roots.proc.join("meminfo")) }
    }
}

impl Collector for MemoryCollector {
    fn collect(&mut self, _: Duration, out: &mut Sink<'_>) -> Result<(), Miss> {
        let memory = parse(self.meminfo.read()?).ok_or_else(|| Miss::nonsense(self.meminfo.path()))?;
        let percent = |bytes: u64| 100.0 * bytes as f64 / memory.total as f64;
        out.put(&m::MEM_USED_PERCENT, percent(memory.used()));
        out.put(&m::MEM_AVAILABLE_PERCENT, percent(memory.available));
        for (metric, bytes) in [
            (&m::MEM_AVAILABLE, memory.available),
            (&m::MEM_USED, memory.used()),
            (&m::MEM_TOTAL, memory.total),
            (&m::MEM_FREE, memory.free),
            (&m::MEM_CACHED, memory.cached),
            (&m::MEM_BUFFERED, memory.buffered),
            (&m::MEM_ACTIVE, memory.active),
            (&m::MEM_INACTIVE, memory.inactive),
            (&m::MEM_SHARED, memory.shared),
        ] {
            out.put(metric, bytes as f64);
        }
        // A host without swap, as most instances are, pays for no series that says 0 for ever.
        if memory.swap_total > 0 {
            let used = memory.swap_used() as f64;
            out.put(&m::SWAP_USED_PERCENT, 100.0 * used / memory.swap_total as f64);
            out.put(&m::SWAP_USED, used);
            out.put(&m::SWAP_FREE, memory.swap_free as f64);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::host::fixture;

    #[test]
    fn used_is_without_what_can_be_given_back() {
        let memory = parse(fixture::text("6.1-small/proc/meminfo")).expect("sound");
        assert_eq!(memory.total, 1_986_312 * 1024);
        assert_eq!(memory.cached, (934_884 + 61_384) * 1024);
        assert_eq!(memory.used(), (1_986_312 - 112_036 - 2_088 - 934_884 - 61_384) * 1024);
        assert_eq!(memory.swap_used(), (524_284 - 512_508) * 1024);
    }

    #[test]
    fn an_old_kernel_does_not_say_what_is_available() {
        let memory = parse(fixture::text("2.6-old/proc/meminfo")).expect("sound");
        assert_eq!(memory.available, memory.free + memory.buffered + memory.cached);
    }

    #[test]
    fn a_host_without_swap_says_nothing_of_it() {
        let host = fixture::Host::of(&[("proc/meminfo", fixture::text("6.18-vm/proc/meminfo"))]);
        let readings = fixture::collect(&mut MemoryCollector::new(&host.roots()));
        assert_eq!(readings.len(), 11);
        assert!(readings.iter().all(|reading| reading.name.starts_with("mem_")));
        let percent = fixture::value(&readings, "mem_used_percent", &[]).expect("is there");
        assert!(percent > 0.0 && percent < 100.0, "{percent}");
    }

    #[test]
    fn nonsense_is_named() {
        let host = fixture::Host::of(&[("proc/meminfo", "hello\n")]);
        let miss = fixture::miss(&mut MemoryCollector::new(&host.roots()));
        assert!(miss.to_string().contains("meminfo: has not the form expected"), "{miss}");
    }

    /// The same figures as `free`, but for what changes between the two looks.
    #[test]
    fn as_free_says() {
        let output = std::process::Command::new("free").args(["-b", "-w"]).output().expect("free runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let line = text.lines().find_map(|line| line.strip_prefix("Mem:")).expect("a row");
        let theirs: Vec<u64> = line.split_ascii_whitespace().map(|word| word.parse().expect("a number")).collect();
        let ours = parse(&std::fs::read_to_string("/proc/meminfo").expect("there")).expect("sound");
        assert_eq!(ours.total, theirs[0]);
        // total, used, free, shared, buffers, cache, available
        for (ours, theirs) in
            [(ours.free, theirs[2]), (ours.buffered, theirs[4]), (ours.cached, theirs[5]), (ours.available, theirs[6])]
        {
            assert!(ours.abs_diff(theirs) < theirs.max(1 << 30) / 2, "{ours} and {theirs}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in fixture::mangled(fixture::text("6.1-small/proc/meminfo"))) {
            if let Some(memory) = parse(&text) {
                prop_assert!(memory.used() <= memory.total && memory.available <= memory.total);
                prop_assert!(memory.swap_used() <= memory.swap_total);
            }
        }
    }
}

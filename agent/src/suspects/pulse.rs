//! How busy the host is as a whole: three small files every few seconds, to notice a rise while it is fresh.

use std::path::Path;
use std::time::Duration;

use super::Why;
use crate::host::source::Source;
use crate::host::{cpu, memory, pressure};

/// A use of the processor by all that rose by this much, in percent of all processors, is steep.
const CPU_STEP_PERCENT: f64 = 40.0;
/// A use of memory by all that rose by this much, in percent of it, is steep.
const MEMORY_STEP_PERCENT: f64 = 10.0;
/// Time in which somebody waits for a disk that rose by this much, in percent, is steep.
const IO_STEP_PERCENT: f64 = 40.0;

/// One beat. What this kernel does not say, or not yet, is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pulse {
    pub cpu_percent: Option<f64>,
    pub memory_percent: Option<f64>,
    pub io_percent: Option<f64>,
}

impl Pulse {
    /// To a tenth: finer than anybody reads.
    pub(super) fn rounded(&self) -> Self {
        let tenth = |percent: Option<f64>| percent.map(|percent| (percent * 10.0).round() / 10.0);
        Self {
            cpu_percent: tenth(self.cpu_percent),
            memory_percent: tenth(self.memory_percent),
            io_percent: tenth(self.io_percent),
        }
    }

    /// What rose steeply since the calmest of the beats before. Memory first: it kills.
    pub(super) fn rise<'a>(&self, before: &(impl Iterator<Item = &'a Self> + Clone)) -> Option<Why> {
        let rose = |of: fn(&Self) -> Option<f64>, step: f64| {
            let calmest = before.clone().filter_map(of).min_by(f64::total_cmp);
            of(self).zip(calmest).is_some_and(|(now, before)| now - before >= step)
        };
        if rose(|pulse| pulse.memory_percent, MEMORY_STEP_PERCENT) {
            Some(Why::MemoryRose)
        } else if rose(|pulse| pulse.cpu_percent, CPU_STEP_PERCENT) {
            Some(Why::CpuRose)
        } else if rose(|pulse| pulse.io_percent, IO_STEP_PERCENT) {
            Some(Why::IoRose)
        } else {
            None
        }
    }
}

/// Feels it.
#[derive(Debug)]
pub(super) struct Wrist {
    stat: Source,
    meminfo: Source,
    pressure: Source,
    cpu: Option<cpu::Times>,
    stalls: Option<(Duration, pressure::Stalls)>,
}

impl Wrist {
    pub(super) fn new(proc: &Path) -> Self {
        let source = |file: &str| Source::new(proc.join(file));
        Self {
            stat: source("stat"),
            meminfo: source("meminfo"),
            pressure: source("pressure/io"),
            cpu: None,
            stalls: None,
        }
    }

    pub(super) fn feel(&mut self, now: Duration) -> Pulse {
        Pulse {
            cpu_percent: self.cpu_percent(),
            memory_percent: self.memory_percent(),
            io_percent: self.io_percent(now),
        }
    }

    fn cpu_percent(&mut self) -> Option<f64> {
        let (_, now) = cpu::parse(self.stat.read().ok()?).next()?;
        let before = self.cpu.replace(now)?;
        let shares = now.since(&before).shares()?;
        Some(shares.iter().find(|(metric, _)| metric.name == "cpu_usage_active")?.1)
    }

    fn memory_percent(&mut self) -> Option<f64> {
        let memory = memory::parse(self.meminfo.read().ok()?)?;
        Some(100.0 * memory.used() as f64 / memory.total as f64)
    }

    fn io_percent(&mut self, now: Duration) -> Option<f64> {
        let stalls = pressure::parse(self.pressure.read().ok()?);
        let (at, before) = self.stalls.replace((now, stalls))?;
        pressure::share(before.some, stalls.some, now.saturating_sub(at))
    }
}

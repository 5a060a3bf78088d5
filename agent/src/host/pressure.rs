//! Pressure stall information: the share of time in which threads waited for processor, memory or I/O.
//!
//! Taken from the totals, not from the kernel's own averages: those overlap from one reading to the next. Kernels
//! before 4.20, and some distributions' without `psi=1`, do not have it. `sysinfo` does not read it.

use std::time::Duration;

use super::collector::{Collector, Miss, Roots, Sink};
use super::delta::rise;
use super::source::Source;
use crate::metrics::{Metric, own as m};

/// Microseconds since boot in which at least one thread, and in which every thread, waited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stalls {
    pub some: Option<u64>,
    /// Kernels before 5.13 do not say it of the processor, and then it is always 0.
    pub full: Option<u64>,
}

pub fn parse(text: &str) -> Stalls {
    let total = |kind: &str| {
        let line = text.lines().find(|line| line.split_ascii_whitespace().next() == Some(kind))?;
        line.split_ascii_whitespace().find_map(|word| word.strip_prefix("total="))?.parse().ok()
    };
    Stalls { some: total("some"), full: total("full") }
}

#[derive(Debug)]
struct Resource {
    source: Source,
    some: &'static Metric,
    full: Option<&'static Metric>,
    last: Stalls,
}

#[derive(Debug)]
pub struct Pressure {
    resources: [Resource; 3],
    /// When it was last read.
    at: Option<Duration>,
}

impl Pressure {
    pub fn new(roots: &Roots) -> Self {
        let resource = |name, some, full| {
            let source = Source::new(roots.proc.join("pressure").join(name));
            Resource { source, some, full, last: Stalls::default() }
        };
        let resources = [
            resource("cpu", &m::PRESSURE_CPU_SOME, None),
            resource("memory", &m::PRESSURE_MEMORY_SOME, Some(&m::PRESSURE_MEMORY_FULL)),
            resource("io", &m::PRESSURE_IO_SOME, Some(&m::PRESSURE_IO_FULL)),
        ];
        Self { resources, at: None }
    }
}

/// The share of the time between two readings, in percent.
pub fn share(before: Option<u64>, now: Option<u64>, passed: Duration) -> Option<f64> {
    let waited = Duration::from_micros(rise(before?, now?));
    (!passed.is_zero()).then(|| (100.0 * waited.as_secs_f64() / passed.as_secs_f64()).min(100.0))
}

impl Collector for Pressure {
    fn collect(&mut self, now: Duration, out: &mut Sink<'_>) -> Result<(), Miss> {
        let passed = self.at.replace(now).map(|at| now.saturating_sub(at));
        for resource in &mut self.resources {
            let stalls = parse(resource.source.read_if_there("this kernel keeps no pressure (PSI)")?);
            let before = std::mem::replace(&mut resource.last, stalls);
            let Some(passed) = passed else { continue };
            if let Some(share) = share(before.some, stalls.some, passed) {
                out.put(resource.some, share);
            }
            if let (Some(metric), Some(share)) = (resource.full, share(before.full, stalls.full, passed)) {
                out.put(metric, share);
            }
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
    fn totals() {
        let stalls = parse(fixture::text("6.1-small/proc/pressure/memory"));
        assert_eq!(stalls, Stalls { some: Some(92_118_201), full: Some(61_002_117) });
        let old = parse("some avg10=0.00 avg60=0.00 avg300=0.00 total=7\n");
        assert_eq!(old, Stalls { some: Some(7), full: None });
    }

    #[test]
    fn the_share_of_the_time_between() {
        let file = |total: u64| format!("some avg10=0 total={total}\nfull avg10=0 total={}\n", total / 2);
        let paths = ["proc/pressure/cpu", "proc/pressure/memory", "proc/pressure/io"];
        let host = fixture::Host::of(&paths.map(|path| (path, "some total=0\nfull total=0\n")));
        let mut pressure = Pressure::new(&host.roots());
        assert!(fixture::collect_at(&mut pressure, 100).is_empty());
        host.write("proc/pressure/io", &file(2_000_000));
        let readings = fixture::collect_at(&mut pressure, 110);
        assert_eq!(fixture::value(&readings, "pressure_io_some", &[]), Some(20.0));
        assert_eq!(fixture::value(&readings, "pressure_io_full", &[]), Some(10.0));
        assert_eq!(fixture::value(&readings, "pressure_cpu_some", &[]), Some(0.0));
        assert_eq!(readings.len(), 5);
    }

    #[test]
    fn a_kernel_without_it() {
        let host = fixture::Host::of(&[]);
        assert!(matches!(fixture::miss(&mut Pressure::new(&host.roots())), Miss::NoData(_)));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in fixture::mangled(fixture::text("6.1-small/proc/pressure/memory"))) {
            parse(&text);
        }

        #[test]
        fn a_share_is_a_share(before in any::<u64>(), now in any::<u64>(), passed in any::<u32>()) {
            let share = share(Some(before), Some(now), Duration::from_millis(passed.into()));
            prop_assert!(share.is_none_or(|share| (0.0..=100.0).contains(&share)));
        }
    }
}

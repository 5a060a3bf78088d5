//! What memory shortage did: swapping, major faults, processes killed.
//!
//! Read here, not by `sysinfo`, which has none of it.

use std::time::Duration;

use super::collector::{Collector, Miss, Roots, Sink};
use super::delta::rise;
use super::source::Source;
use super::text;
use crate::metrics::own as m;

/// Counters of /proc/vmstat since boot. A line that a kernel lacks (`oom_kill` came with 4.13) is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paging {
    pub swapped_in: Option<u64>,
    pub swapped_out: Option<u64>,
    pub major_faults: Option<u64>,
    pub oom_kills: Option<u64>,
}

pub fn parse(text: &str) -> Paging {
    let mut paging = Paging::default();
    for (name, count) in text::pairs(text) {
        match name {
            "pswpin" => paging.swapped_in = Some(count),
            "pswpout" => paging.swapped_out = Some(count),
            "pgmajfault" => paging.major_faults = Some(count),
            "oom_kill" => paging.oom_kills = Some(count),
            _ => {}
        }
    }
    paging
}

#[derive(Debug)]
pub struct PagingCollector {
    vmstat: Source,
    last: Option<Paging>,
}

impl PagingCollector {
    pub fn new(roots: &Roots) -> Self {
        Self { vmstat: Source::new(roots.proc.join("vmstat")), last: None }
    }
}

impl Collector for PagingCollector {
    fn collect(&mut self, _: Duration, out: &mut Sink<'_>) -> Result<(), Miss> {
        let now = parse(self.vmstat.read()?);
        let Some(before) = self.last.replace(now) else { return Ok(()) };
        for (metric, before, now) in [
            (&m::SWAP_IN_PAGES, before.swapped_in, now.swapped_in),
            (&m::SWAP_OUT_PAGES, before.swapped_out, now.swapped_out),
            (&m::MAJOR_FAULTS, before.major_faults, now.major_faults),
            (&m::OOM_KILLS, before.oom_kills, now.oom_kills),
        ] {
            if let (Some(before), Some(now)) = (before, now) {
                out.put(metric, rise(before, now) as f64);
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
    fn what_passed_since_the_last_reading() {
        let host = fixture::Host::of(&[("proc/vmstat", "pswpin 10\npswpout 20\npgmajfault 5\noom_kill 1\n")]);
        let mut paging = PagingCollector::new(&host.roots());
        assert!(fixture::collect(&mut paging).is_empty(), "nothing to compare with");
        host.write("proc/vmstat", "pswpin 14\npswpout 20\npgmajfault 6\noom_kill 2\n");
        let readings = fixture::collect(&mut paging);
        let values: Vec<_> = readings.iter().map(|reading| (&*reading.name, reading.value)).collect();
        assert_eq!(
            values,
            [("swap_in_pages", 4.0), ("swap_out_pages", 0.0), ("major_faults", 1.0), ("oom_kills", 1.0)]
        );
    }

    #[test]
    fn an_old_kernel_counts_no_kills() {
        let old = parse("pswpin 1\npswpout 2\npgmajfault 3\n");
        assert_eq!(old, Paging { swapped_in: Some(1), swapped_out: Some(2), major_faults: Some(3), oom_kills: None });
        assert!(parse(fixture::text("6.18-vm/proc/vmstat")).oom_kills.is_some());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in fixture::mangled("pswpin 10\npswpout 20\npgmajfault 5\noom_kill 1\n")) {
            parse(&text);
        }
    }
}

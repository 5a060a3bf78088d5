//! Processors: where their time goes, in all and each.
//!
//! Read here, not by `sysinfo`: it knows no steal and no iowait, and asks each core for its frequency.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::collector::{Collector, Miss, Roots, Sink};
use super::delta::{self, Last};
use super::source::Source;
use super::text::number;
use crate::metrics::{Metric, host as m};

/// `[host.cpu]`
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// Each core too, not only all of them together: as many series again as there are cores.
    pub per_core: bool,
}

/// What the official agent calls all processors together.
const TOTAL: &str = "cpu-total";

/// Times since boot, in ticks (mostly hundredths of a second), as /proc/stat orders them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    pub user: u64,
    pub nice: u64,
    pub system: u64,
    pub idle: u64,
    pub iowait: u64,
    pub irq: u64,
    pub softirq: u64,
    pub steal: u64,
    pub guest: u64,
    pub guest_nice: u64,
}

/// The processors of /proc/stat, all of them together first. Older kernels lack the last columns: 0.
pub fn parse(text: &str) -> impl Iterator<Item = (&str, Times)> {
    text.lines().take_while(|line| line.starts_with("cpu")).map(|line| {
        let mut words = line.split_ascii_whitespace();
        let name = words.next().unwrap_or("cpu");
        let mut next = || number(&mut words);
        let times = Times {
            user: next(),
            nice: next(),
            system: next(),
            idle: next(),
            iowait: next(),
            irq: next(),
            softirq: next(),
            steal: next(),
            guest: next(),
            guest_nice: next(),
        };
        (name, times)
    })
}

impl Times {
    /// What passed since. The kernel counts guests within user and nice; here they stand apart.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let each = |field: fn(&Self) -> u64| delta::passed(field(before), field(self));
        let (guest, guest_nice) = (each(|t| t.guest), each(|t| t.guest_nice));
        Self {
            user: each(|t| t.user).saturating_sub(guest),
            nice: each(|t| t.nice).saturating_sub(guest_nice),
            system: each(|t| t.system),
            idle: each(|t| t.idle),
            iowait: each(|t| t.iowait),
            irq: each(|t| t.irq),
            softirq: each(|t| t.softirq),
            steal: each(|t| t.steal),
            guest,
            guest_nice,
        }
    }

    fn total(&self) -> u64 {
        let Self { user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice } = self;
        [user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice]
            .into_iter()
            .fold(0, |sum, ticks| sum.saturating_add(*ticks))
    }

    /// Each share in percent of what passed. Nothing passed: nothing to say.
    pub fn shares(&self) -> Option<[(&'static Metric, f64); 11]> {
        let total = self.total();
        let share = |ticks: u64| (100.0 * ticks as f64 / total as f64).min(100.0);
        (total > 0).then(|| {
            [
                (&m::CPU_USAGE_ACTIVE, share(total - self.idle)),
                (&m::CPU_USAGE_USER, share(self.user)),
                (&m::CPU_USAGE_SYSTEM, share(self.system)),
                (&m::CPU_USAGE_IOWAIT, share(self.iowait)),
                (&m::CPU_USAGE_STEAL, share(self.steal)),
                (&m::CPU_USAGE_IDLE, share(self.idle)),
                (&m::CPU_USAGE_NICE, share(self.nice)),
                (&m::CPU_USAGE_IRQ, share(self.irq)),
                (&m::CPU_USAGE_SOFTIRQ, share(self.softirq)),
                (&m::CPU_USAGE_GUEST, share(self.guest)),
                (&m::CPU_USAGE_GUEST_NICE, share(self.guest_nice)),
            ]
        })
    }
}

#[derive(Debug)]
pub struct Cpu {
    stat: Source,
    last: Last<Times>,
    per_core: bool,
}

impl Cpu {
    pub fn new(roots: &Roots, per_core: bool) -> Self {
        Self { stat: Source::new(roots.proc.join("stat")), last: Last::default(), per_core }
    }
}

impl Collector for Cpu {
    fn collect(&mut self, _: Duration, out: &mut Sink<'_>) -> Result<(), Miss> {
        let text = self.stat.read()?;
        let count = if self.per_core { usize::MAX } else { 1 };
        for (name, times) in parse(text).take(count) {
            let Some(before) = self.last.swap(name, times) else { continue };
            let name = if name == "cpu" { TOTAL } else { name };
            for (metric, value) in times.since(&before).shares().into_iter().flatten() {
                out.put_with(metric, &[("cpu", name)], value);
            }
        }
        self.last.end_round();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::host::fixture;

    #[test]
    fn kernels_with_and_without_the_last_columns() {
        let new: Vec<_> = parse(fixture::text("6.1-small/proc/stat")).collect();
        assert_eq!(new.len(), 3);
        assert_eq!(new[0].0, "cpu");
        assert_eq!((new[0].1.steal, new[2].1.steal), (30_187, 15_093));
        let old: Vec<_> = parse(fixture::text("2.6-old/proc/stat")).collect();
        assert_eq!((old[0].1.user, old[0].1.steal, old[0].1.guest), (14_433, 0, 0));
    }

    #[test]
    fn shares_of_what_passed() {
        let before = Times { user: 100, idle: 100, guest: 50, ..Times::default() };
        let now = Times { user: 130, idle: 160, steal: 10, guest: 60, iowait: 0, ..Times::default() };
        let shares = now.since(&before).shares().expect("time passed");
        let share = |metric: &Metric| shares.iter().find(|(m, _)| *m == metric).expect("is there").1;
        assert_eq!(share(&m::CPU_USAGE_USER), 20.0);
        assert_eq!(share(&m::CPU_USAGE_GUEST), 10.0);
        assert_eq!(share(&m::CPU_USAGE_STEAL), 10.0);
        assert_eq!(share(&m::CPU_USAGE_IDLE), 60.0);
        assert_eq!(share(&m::CPU_USAGE_ACTIVE), 40.0);
        assert_eq!(before.since(&before).shares(), None);
    }

    #[test]
    fn the_second_reading_gives_shares() {
        let host = fixture::Host::of(&[("proc/stat", "cpu  10 0 10 80 0 0 0 0 0 0\ncpu0 10 0 10 80 0 0 0 0 0 0\n")]);
        let mut cpu = Cpu::new(&host.roots(), true);
        assert_eq!(fixture::collect(&mut cpu).len(), 0);
        host.write("proc/stat", "cpu  20 0 10 170 0 0 0 0 0 0\ncpu0 20 0 10 170 0 0 0 0 0 0\n");
        let readings = fixture::collect(&mut cpu);
        assert_eq!(readings.len(), 22);
        assert_eq!(fixture::value(&readings, "cpu_usage_active", &[("cpu", "cpu-total")]), Some(10.0));
        assert_eq!(fixture::value(&readings, "cpu_usage_idle", &[("cpu", "cpu0")]), Some(90.0));
    }

    fn times() -> impl Strategy<Value = Times> {
        prop::array::uniform10(any::<u64>()).prop_map(
            |[user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice]| Times {
                user,
                nice,
                system,
                idle,
                iowait,
                irq,
                softirq,
                steal,
                guest,
                guest_nice,
            },
        )
    }

    proptest! {
        /// However the counters jump, each share is from 0 to 100.
        #[test]
        fn shares_are_shares(before in times(), now in times()) {
            for (metric, share) in now.since(&before).shares().into_iter().flatten() {
                prop_assert!((0.0..=100.0).contains(&share), "{} {}", metric.name, share);
            }
        }

        /// Every tick is somewhere, once: the shares but `active`, which sums the others, make 100.
        #[test]
        fn shares_make_a_whole(passed in prop::array::uniform8(0u64..1 << 40), guest in 0.0..1.0) {
            let [user, nice, system, idle, iowait, irq, softirq, steal] = passed;
            let (guest, guest_nice) = ((user as f64 * guest) as u64, (nice as f64 * guest) as u64);
            let now = Times { user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice };
            if let Some(shares) = now.since(&Times::default()).shares() {
                let sum: f64 = shares.iter().skip(1).map(|(_, share)| share).sum();
                prop_assert!((sum - 100.0).abs() < 1e-6, "{}", sum);
                let idle = shares.iter().find(|(metric, _)| **metric == m::CPU_USAGE_IDLE).expect("is there").1;
                prop_assert!((shares[0].1 + idle - 100.0).abs() < 1e-6);
            }
        }

        #[test]
        fn no_text_panics(text in fixture::mangled(fixture::text("6.1-small/proc/stat"))) {
            parse(&text).for_each(drop);
        }
    }
}

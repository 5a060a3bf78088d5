//! Runs the collectors, times each, counts each, and lets none stop another.

use std::time::{Duration, Instant};

use super::COLLECTORS;
use super::collector::{Collector, Miss, Sink, Wanted};
use super::config::Settings;
use super::pace::Pace;
use crate::reading::Readings;

/// What is known of one collector's runs; part of the vitals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub name: &'static str,
    pub runs: u64,
    pub errors: u64,
    /// Processor time of all runs, and the longest that one took by the clock.
    pub cpu: Duration,
    pub longest: Duration,
    /// What it last answered instead of data.
    pub says: Option<String>,
}

/// Where the runner takes the time from.
#[derive(Clone, Copy, Debug)]
struct Clocks {
    wall: fn() -> Duration,
    cpu: fn() -> Duration,
}

impl Clocks {
    fn real() -> Self {
        Self { wall: monotonic, cpu: thread_cpu }
    }
}

/// Time since this was first asked.
fn monotonic() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// Processor time that this thread has used.
pub(crate) fn thread_cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[derive(Debug)]
struct Slot {
    collector: Box<dyn Collector>,
    pace: Pace,
    tally: Tally,
}

/// All collectors that the settings want.
#[derive(Debug)]
pub struct Host {
    slots: Vec<Slot>,
    wanted: Wanted,
    interval: Duration,
    clocks: Clocks,
}

impl Host {
    pub fn new(settings: &Settings) -> Self {
        let rows = COLLECTORS.iter().filter(|(name, _)| settings.runs(name));
        let made = rows.map(|(name, make)| (*name, make(settings))).collect();
        Self::of(made, settings.wanted.clone(), settings.interval, Clocks::real())
    }

    fn of(made: Vec<(&'static str, Box<dyn Collector>)>, wanted: Wanted, interval: Duration, clocks: Clocks) -> Self {
        let slot =
            |(name, collector)| Slot { collector, pace: Pace::default(), tally: Tally { name, ..Tally::default() } };
        Self { slots: made.into_iter().map(slot).collect(), wanted, interval, clocks }
    }

    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Runs every collector whose turn it is. Nothing here waits for long: what can hang is asked on another thread.
    pub fn tick(&mut self, out: &mut Readings) {
        for slot in &mut self.slots {
            if slot.pace.turn() {
                slot.run(&self.wanted, out, self.clocks, self.interval);
            }
        }
    }

    pub fn tallies(&self) -> impl ExactSizeIterator<Item = &Tally> {
        self.slots.iter().map(|slot| &slot.tally)
    }
}

impl Slot {
    fn run(&mut self, wanted: &Wanted, out: &mut Readings, clocks: Clocks, interval: Duration) {
        let (wall, cpu) = ((clocks.wall)(), (clocks.cpu)());
        let answer = self.collector.collect(wall, &mut Sink::new(wanted, out));
        let cost = (clocks.cpu)().saturating_sub(cpu);
        self.pace.ran(cost, interval);
        self.tally.runs += 1;
        self.tally.cpu += cost;
        self.tally.longest = self.tally.longest.max((clocks.wall)().saturating_sub(wall));
        self.note(answer);
    }

    /// Counts, and says a new trouble once: what fails at one tick fails at the next.
    fn note(&mut self, answer: Result<(), Miss>) {
        let failed = matches!(answer, Err(Miss::Failed { .. }));
        self.tally.errors += u64::from(failed);
        let says = answer.err().map(|miss| miss.to_string());
        if says == self.tally.says {
            return;
        }
        let collector = self.tally.name;
        match &says {
            Some(says) if failed => tracing::warn!(collector, "cannot collect: {says}"),
            Some(says) => tracing::info!(collector, "{says}"),
            None => tracing::info!(collector, "collects again"),
        }
        self.tally.says = says;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::metrics::own::LOAD_1;

    thread_local! {
        static NOW: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    }

    fn test_clocks() -> Clocks {
        let now: fn() -> Duration = || NOW.with(Cell::get);
        Clocks { wall: now, cpu: now }
    }

    #[derive(Debug)]
    struct Costs(Duration);

    impl Collector for Costs {
        fn collect(&mut self, _: Duration, out: &mut Sink<'_>) -> Result<(), Miss> {
            NOW.with(|now| now.set(now.get() + self.0));
            out.put(&LOAD_1, 1.0);
            Ok(())
        }
    }

    #[derive(Debug)]
    struct Fails(Option<Miss>);

    impl Collector for Fails {
        fn collect(&mut self, _: Duration, _: &mut Sink<'_>) -> Result<(), Miss> {
            self.0.take().map_or(Ok(()), Err)
        }
    }

    fn host(made: Vec<(&'static str, Box<dyn Collector>)>) -> Host {
        Host::of(made, Wanted::default(), Duration::from_secs(10), test_clocks())
    }

    #[test]
    fn a_dear_collector_runs_rarely_and_stops_no_other() {
        let dear = Box::new(Costs(Duration::from_secs(3)));
        let mut host = host(vec![("dear", dear), ("cheap", Box::new(Costs(Duration::ZERO)))]);
        let mut out = Readings::default();
        for _ in 0..12 {
            host.tick(&mut out);
        }
        let runs: Vec<_> = host.tallies().map(|tally| (tally.name, tally.runs, tally.longest.as_secs())).collect();
        assert_eq!(runs, [("dear", 2, 3), ("cheap", 12, 0)]);
        assert_eq!(out.0.len(), 14);
    }

    #[test]
    fn a_failure_is_counted_and_forgotten_when_it_passes() {
        let lacks = Box::new(Fails(Some(Miss::NoData("no such thing"))));
        let mut host = host(vec![("fails", Box::new(Fails(Some(Miss::nonsense("/proc/x"))))), ("lacks", lacks)]);
        host.tick(&mut Readings::default());
        let said: Vec<_> = host.tallies().map(|tally| (tally.errors, tally.says.clone())).collect();
        let (failed, lacked) = ("/proc/x: has not the form expected", "no data: no such thing");
        assert_eq!(said, [(1, Some(failed.to_owned())), (0, Some(lacked.to_owned()))]);
        host.tick(&mut Readings::default());
        assert!(host.tallies().all(|tally| tally.says.is_none()));
    }

    #[test]
    fn every_collector_runs_on_this_host() {
        let mut host = Host::new(&Settings::default());
        let mut out = Readings::default();
        host.tick(&mut out);
        for tally in host.tallies() {
            assert_eq!((tally.runs, tally.errors), (1, 0), "{}: {:?}", tally.name, tally.says);
        }
        assert!(out.0.iter().any(|reading| reading.name == "mem_used_percent"));
    }
}

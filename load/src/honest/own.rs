//! What this process and its machine are doing, from `/proc`. Read in one function, parsed in others.

use std::fs;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::run;

/// Looks closer together than this tell nothing new.
const EVERY: Duration = Duration::from_secs(1);

/// What was seen of ourselves over a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Own {
    /// Processors that this process used: on average, and in the busiest second.
    pub cores: f64,
    pub cores_peak: f64,
    /// Of the whole machine, 0 to 1.
    pub machine_busy: f64,
    /// Time that the machine wanted and the host gave to others, 0 to 1: also what is left when credits are gone.
    pub steal: f64,
    pub descriptors_peak: u64,
    pub sockets_waiting_peak: u64,
    /// Most memory that this process has held, bytes.
    pub memory_peak: u64,
}

#[derive(Clone, Copy, Debug)]
struct Look {
    at: Instant,
    /// Of this process, without what only waited.
    cpu: Duration,
    machine: Machine,
}

/// Ticks of all processors since the machine started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Machine {
    idle: u64,
    steal: u64,
    all: u64,
}

/// Sees to it that peaks are not missed: `look` is called often and looks once a second.
#[derive(Debug)]
pub struct Watch {
    first: Look,
    last: Look,
    own: Own,
}

impl Watch {
    pub fn begin() -> Self {
        let first = Look::take();
        Self { first, last: first, own: Own::default() }
    }

    pub fn look(&mut self) {
        if self.last.at.elapsed() >= EVERY {
            self.see();
        }
    }

    /// Processors used since the beginning, so far.
    pub fn cores(&self) -> f64 {
        self.own.cores
    }

    pub fn end(mut self) -> Own {
        self.see();
        self.own
    }

    fn see(&mut self) {
        let now = Look::take();
        let cores = |from: &Look| {
            let elapsed = (now.at - from.at).as_secs_f64();
            if elapsed > 0.0 { now.cpu.saturating_sub(from.cpu).as_secs_f64() / elapsed } else { 0.0 }
        };
        let own = &mut self.own;
        own.cores = cores(&self.first);
        own.cores_peak = own.cores_peak.max(cores(&self.last));
        let all = (now.machine.all - self.first.machine.all).max(1) as f64;
        own.machine_busy = 1.0 - (now.machine.idle - self.first.machine.idle) as f64 / all;
        own.steal = (now.machine.steal - self.first.machine.steal) as f64 / all;
        let open = fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count() as u64);
        own.descriptors_peak = own.descriptors_peak.max(open);
        own.sockets_waiting_peak = own.sockets_waiting_peak.max(time_wait(&read("/proc/net/sockstat")));
        own.memory_peak = own.memory_peak.max(peak_memory(&read("/proc/self/status")));
        self.last = now;
    }
}

impl Look {
    fn take() -> Self {
        let cpu = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        let cpu = Duration::new(cpu.tv_sec.unsigned_abs(), cpu.tv_nsec as u32).saturating_sub(run::waited());
        Self { at: Instant::now(), cpu, machine: machine(&read("/proc/stat")) }
    }
}

/// What cannot be read tells nothing, which is an answer.
pub(super) fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The first line of `/proc/stat`: user nice system idle iowait irq softirq steal guest `guest_nice`. Guests are in user
/// and nice already.
fn machine(stat: &str) -> Machine {
    let words = stat.lines().next().unwrap_or_default().split_whitespace().skip(1);
    let ticks: Vec<u64> = words.take(8).map_while(|word| word.parse().ok()).collect();
    let at = |index: usize| ticks.get(index).copied().unwrap_or(0);
    Machine { idle: at(3) + at(4), steal: at(7), all: ticks.iter().sum() }
}

/// `TCP: inuse 27 orphan 0 tw 3 alloc 33 mem 4`
fn time_wait(sockstat: &str) -> u64 {
    let line = sockstat.lines().find(|line| line.starts_with("TCP:")).unwrap_or_default();
    line.split_whitespace().skip_while(|word| *word != "tw").nth(1).and_then(|word| word.parse().ok()).unwrap_or(0)
}

fn peak_memory(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|word| word.parse::<u64>().ok()).unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_is_read_as_it_writes() {
        let stat = "cpu  100 1 50 800 20 2 3 24 9 0\ncpu0 1 1 1 1\n";
        assert_eq!(machine(stat), Machine { idle: 820, steal: 24, all: 1_000 });
        assert_eq!(machine(""), Machine::default());
        assert_eq!(time_wait("sockets: used 9\nTCP: inuse 27 orphan 0 tw 312 alloc 33 mem 4\nUDP: inuse 1\n"), 312);
        assert_eq!(peak_memory("VmPeak:\t 99 kB\nVmHWM:\t    2048 kB\n"), 2 << 20);
    }

    #[test]
    fn our_own_work_is_seen() {
        let mut watch = Watch::begin();
        let from = Instant::now();
        let mut sum = 0_u64;
        while from.elapsed() < Duration::from_millis(200) {
            sum = sum.wrapping_mul(31).wrapping_add(1);
        }
        assert!(sum > 0);
        watch.see();
        let own = watch.end();
        assert!(own.cores > 0.02 && own.cores < 64.0, "{own:?}");
        assert!(own.descriptors_peak >= 3 && own.memory_peak > 1 << 20, "{own:?}");
    }
}

//! Who used most between two looks. Pure: two looks and the time between go in, names come out.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;

use crate::host::stat::TICKS_PER_SECOND;

/// Less than this is nobody's fault.
const CPU_MIN_PERCENT: f64 = 1.0;

/// One process at one look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    pub pid: u32,
    pub started: u64,
    pub name: String,
    pub ticks: u64,
    pub resident_bytes: u64,
    /// Read and written; only with permission for another user's process.
    pub io_bytes: Option<u64>,
}

/// One of those who used most.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suspect {
    pub name: String,
    pub pid: u32,
    /// How many processes of this name are taken together.
    pub count: usize,
    pub value: f64,
}

/// By processor, memory and I/O.
pub(super) type Ranked = (Vec<Suspect>, Vec<Suspect>, Vec<Suspect>);

pub(super) fn rank(before: &[Process], now: &[Process], passed: Duration, most: usize) -> Ranked {
    let known: HashMap<_, _> = before.iter().map(|process| ((process.pid, process.started), process)).collect();
    let seconds = passed.as_secs_f64();
    let (mut cpu, mut memory, mut io) = (Vec::new(), Vec::new(), Vec::new());
    for process in now {
        memory.push((process, process.resident_bytes as f64));
        // One that began in between used all that it used in between.
        let earlier = known.get(&(process.pid, process.started));
        if seconds > 0.0 {
            let ticks = process.ticks.saturating_sub(earlier.map_or(0, |earlier| earlier.ticks));
            cpu.push((process, 100.0 * ticks as f64 / TICKS_PER_SECOND as f64 / seconds));
            if let Some(bytes) = process.io_bytes {
                let before = earlier.and_then(|earlier| earlier.io_bytes).unwrap_or(0);
                io.push((process, bytes.saturating_sub(before) as f64 / seconds));
            }
        }
    }
    (top(&cpu, CPU_MIN_PERCENT, most), top(&memory, 1.0, most), top(&io, 1.0, most))
}

/// The greatest sums by name: twenty workers of one server are one suspect. The pid is that of the greatest of them.
fn top(uses: &[(&Process, f64)], least: f64, most: usize) -> Vec<Suspect> {
    let mut by_name: HashMap<&str, (Suspect, f64)> = HashMap::new();
    for (process, value) in uses {
        let first = || (Suspect { name: process.name.clone(), pid: process.pid, count: 0, value: 0.0 }, f64::MIN);
        let (suspect, greatest) = by_name.entry(&process.name).or_insert_with(first);
        suspect.count += 1;
        suspect.value += value;
        if value > greatest {
            (suspect.pid, *greatest) = (process.pid, *value);
        }
    }
    let mut suspects: Vec<_> = by_name.into_values().map(|(suspect, _)| suspect).collect();
    suspects.retain(|suspect| suspect.value >= least);
    // A tenth is finer than anybody reads.
    for suspect in &mut suspects {
        suspect.value = (suspect.value * 10.0).round() / 10.0;
    }
    // By name where equal, so that the same host says the same thing twice.
    suspects.sort_by(|one, two| two.value.total_cmp(&one.value).then_with(|| one.name.cmp(&two.name)));
    suspects.truncate(most);
    suspects
}

//! What the collectors cost: `cargo run --release -p agent --example tick [TICKS] [SECONDS BETWEEN]`.
//!
//! Runs every collector of this host as the agent does, and prints the processor time a tick, in 5 minutes at the
//! agent's interval, of each collector, and the memory in use. Without a pause between the ticks the collectors' rests
//! still count in ticks, so the figure is that of the agent.
#![expect(clippy::print_stdout, reason = "an example tells its result")]

use std::time::Duration;

use agent::host::{Host, Settings};
use agent::metrics::Tier;
use agent::reading::Readings;

fn main() {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<u32>());
    let ticks = args.next().and_then(Result::ok).unwrap_or(300).max(1);
    let pause = Duration::from_secs(args.next().and_then(Result::ok).unwrap_or(0).into());
    let mut settings = Settings::default();
    settings.wanted.tier = Tier::Full;
    let mut host = Host::new(&settings);
    let mut readings = Readings::default();
    let mut count = 0;
    for _ in 0..ticks {
        readings.0.clear();
        host.tick(&mut readings);
        count = count.max(readings.0.len());
        std::thread::sleep(pause);
    }
    println!("{:12} {:>6} {:>9} {:>9} {:>12}  answers", "collector", "runs", "us a run", "us a tick", "longest us");
    let mut total = Duration::ZERO;
    for tally in host.tallies() {
        let a_run = tally.cpu.as_secs_f64() * 1e6 / (tally.runs.max(1) as f64);
        let a_tick = tally.cpu.as_secs_f64() * 1e6 / f64::from(ticks);
        let says = tally.says.as_deref().unwrap_or("data");
        println!(
            "{:12} {:6} {a_run:9.1} {a_tick:9.1} {:12}  {says}",
            tally.name,
            tally.runs,
            tally.longest.as_micros()
        );
        total += tally.cpu;
    }
    let a_tick = total.as_secs_f64() / f64::from(ticks);
    let ticks_in_5_minutes = 300.0 / host.interval().as_secs_f64();
    println!("{count} readings at most a tick; {:.3} ms of processor time a tick", a_tick * 1e3);
    println!("{:.4} s in 5 minutes at an interval of {} s", a_tick * ticks_in_5_minutes, host.interval().as_secs());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("Threads")) {
        println!("{line}");
    }
}

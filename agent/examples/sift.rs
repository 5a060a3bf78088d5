//! What it costs to read a log, join its events and throw them away; and to keep, redact and batch all of them.
//!
//! `cargo run --profile ship -p agent --example sift -- [MiB] [FILE]`: a file of that size (1,024 by default) is written,
//! of nginx and Java lines with 10 % of the lines in traces, and read by one thread. CPU seconds, user and system. A FILE
//! that was named stays.
#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::fs::File;
use std::io::Read;
use std::path::Path;

use agent::logs::fold::Windows;
use agent::logs::kinds::Kinds;
use agent::logs::lane::Lane;
use agent::logs::select::Select;
use agent::logs::sift::{Budget, Portion, Settings, Shared, Sift};
use agent::logs::tally::{Count, Tally};
use rustix::time::{ClockId, clock_gettime};

#[path = "support/sample.rs"]
mod sample;

const CHUNK: usize = 128 << 10;

fn main() -> std::io::Result<()> {
    let mib: usize = std::env::args().nth(1).and_then(|arg| arg.parse().ok()).unwrap_or(1_024);
    let keep = std::env::args().nth(2).map(std::path::PathBuf::from);
    let aside = || std::env::temp_dir().join(format!("stormglass-sift-{}.log", std::process::id()));
    let path = keep.clone().unwrap_or_else(aside);
    let lines = sample::write(&mut std::io::BufWriter::new(File::create(&path)?), mib << 20)?;
    println!("{mib} MiB, {lines} lines");
    let keep_all = Settings { select: Select::all(), fold: false, ..Settings::default() };
    let throw_all =
        Settings { select: Select { exclude: vec![], context_lines: 0, ..Select::default() }, ..Settings::default() };
    measure("read only", &path, None)?;
    measure("read, grouped, thrown away (errors folded)", &path, Some(&throw_all))?;
    measure("read, grouped, redacted, batched, all kept", &path, Some(&keep_all))?;
    if keep.is_none() { std::fs::remove_file(&path) } else { Ok(()) }
}

fn measure(name: &str, path: &Path, settings: Option<&Settings>) -> std::io::Result<()> {
    let before = cpu_s();
    let mut file = File::open(path)?;
    let mut bytes = 0;
    let mut tally = Tally::default();
    match settings {
        None => {
            let mut buffer = vec![0; CHUNK];
            while let read @ 1.. = file.read(&mut buffer)? {
                bytes += read;
            }
        }
        Some(settings) => bytes = sift(&mut file, settings, &mut tally)?,
    }
    let cpu = cpu_s() - before;
    let (events, stayed) = (tally.of(Count::Events), tally.of(Count::Stayed));
    println!(
        "{name}: {:.0} MB per CPU second ({cpu:.2} s, {events} events, {stayed} stayed)",
        bytes as f64 / 1e6 / cpu
    );
    Ok(())
}

fn sift(file: &mut File, settings: &Settings, tally: &mut Tally) -> std::io::Result<usize> {
    let mut sift = Sift::new(settings, "sample.log".to_owned());
    let mut lane = Lane::new("group".into(), "stream".into(), 60_000, Windows::new());
    let (mut kinds, mut budget) = (Kinds::default(), Budget::default());
    let (mut buffer, mut base, mut at, mut total) = (Vec::new(), 0_u64, 0_usize, 0);
    loop {
        let held = buffer.len();
        buffer.resize(held + CHUNK, 0);
        let read = file.read(&mut buffer[held..])?;
        buffer.truncate(held + read);
        total += read;
        let flush = read == 0;
        loop {
            let mut shared = Shared {
                lane: &mut lane,
                tally: &mut *tally,
                kinds: &mut kinds,
                budget: &mut budget,
                now_ms: 1_795_266_809_000,
            };
            at = sift.pass(settings, Portion { file: 1, bytes: &buffer, base, at, flush, said: &[] }, &mut shared);
            if !lane.is_full() {
                break;
            }
            // As if the service took each request at once.
            while lane.depart(0).is_some() {
                lane.arrived();
            }
        }
        let keep = (sift.keep_from(base + at as u64) - base) as usize;
        buffer.drain(..keep);
        base += keep as u64;
        at -= keep;
        if flush {
            return Ok(total);
        }
    }
}

/// User and system time of this process.
fn cpu_s() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

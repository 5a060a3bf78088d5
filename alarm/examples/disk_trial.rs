//! Tries the judge of disks on three simulated fleets, which have nothing in common but the random source.
//!
//! `cargo run --release -p alarm --example disk_trial -- [DISKS [SEEDS [-v]]]`: seeds are a number (from 1 on) or `9-24`.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a command: it takes arguments and prints figures"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use support::disks::{Disk, Score, trial};
use support::{disks_by_file, disks_by_service, disks_by_share};

/// Makes the disk of a seed and a number.
type Fleet = fn(u64, usize) -> Disk;

const FLEETS: [(&str, Fleet); 3] =
    [("by share", disks_by_share::disk), ("by file", disks_by_file::disk), ("by service", disks_by_service::disk)];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let disks = arguments.first().and_then(|text| text.parse().ok()).unwrap_or(200);
    let seeds = arguments.get(1).map_or("3", String::as_str);
    let (first, last) = seeds.split_once('-').unwrap_or(("1", seeds));
    let (first, last) = (first.parse().unwrap_or(1), last.parse().unwrap_or(3));
    println!("| fleet of {disks} disks, seed | {} |", Score::HEAD.join(" | "));
    println!("|---|{}", "---|".repeat(Score::HEAD.len()));
    for (name, fleet) in FLEETS {
        let mut all = Score::default();
        for seed in first..=last {
            let score = trial(fleet, seed, disks);
            println!("| {name}, {seed} | {} |", score.cells().join(" | "));
            if arguments.iter().any(|argument| argument == "-v") {
                score.notes.iter().for_each(|note| println!("  {note}"));
            }
            all.add(score);
        }
        println!("| **{name}, all** | {} |", all.cells().join(" | "));
    }
}

//! Tries the judge of disks on two simulated fleets, which have nothing in common but the random source.
//!
//! `cargo run --release -p alarm --example disk_trial -- [DISKS [SEEDS [-v]]]`

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a command: it takes arguments, measures time and prints its figures"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Instant;

use support::disks::{Disk, trial};
use support::{disks_by_file, disks_by_share};

/// Makes the disk of a seed and a number.
type Fleet = fn(u64, usize) -> Disk;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, usual: usize| arguments.get(at).and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (disks, seeds) = (number(0, 400), number(1, 3));
    let fleets: [(&str, Fleet); 2] = [("by share", disks_by_share::disk), ("by file", disks_by_file::disk)];
    for (name, fleet) in fleets {
        for seed in 1..=seeds as u64 {
            let begun = Instant::now();
            let score = trial(fleet, seed, disks);
            println!("{name}, seed {seed}: {} ({} steps, {:.1?})", score.line(), score.steps, begun.elapsed());
            if arguments.iter().any(|argument| argument == "-v") {
                score.notes.iter().for_each(|note| println!("  {note}"));
            }
        }
    }
}

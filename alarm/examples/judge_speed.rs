//! How many points a second each judge takes on one core, stepped with each new point as the agent does.
//!
//! `cargo run --release -p alarm --example judge_speed`

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a command: it measures time and prints its figures"
)]

use std::hint::black_box;
use std::time::Instant;

use alarm::inputs::{Input, Inputs};
use alarm::points::Points;
use alarm::series::Dimensions;
use alarm::{burst, disk, unusual};

const DAYS: usize = 90;
const START: i64 = 1_800_000_000;

fn main() {
    let minutes: Vec<f64> = (0..DAYS * 1_440).map(|minute| 40.0 + (minute % 97) as f64 / 10.0).collect();
    let fives: Vec<f64> = (0..DAYS * 1_440).map(|slot| 100.0 + (slot % 89) as f64).collect();
    disks(&Points::new(START, 60, minutes.iter().copied()));
    unusuals(&Points::new(START, 60, minutes.iter().copied()));
    bursts(&Points::new(START, 300, fives.iter().copied()), &Points::new(START, 300, minutes.iter().map(|v| v / 10.0)));
}

fn print(name: &str, points: usize, begun: Instant, bytes: usize) {
    let per_second = points as f64 / begun.elapsed().as_secs_f64() / 1e6;
    println!("{name}: {per_second:.2} million points a second, {bytes} bytes remembered a series");
}

fn disks(points: &Points) {
    let (settings, none) = (disk::Settings::default(), Dimensions::default());
    let reach = disk::reach_s(&settings, 60) as i64;
    let (mut memory, begun) = (disk::Memory::default(), Instant::now());
    for slot in 1..=points.len() as i64 {
        let now = START + slot * 60;
        let view = points.view().until(now).since(now - reach);
        let input = [Input { role: disk::roles::USED, dimensions: &none, points: view }];
        (memory, _) = black_box(disk::judge(&settings, memory, &Inputs::new(now, &input), now));
    }
    print("disk", points.len(), begun, disk::MEMORY_BYTES);
}

fn unusuals(points: &Points) {
    let (settings, none) = (unusual::Settings::default(), Dimensions::default());
    let reach = unusual::reach_s(&settings, 60) as i64;
    let (mut memory, begun) = (unusual::Memory::default(), Instant::now());
    for slot in 1..=points.len() as i64 {
        let now = START + slot * 60;
        let view = points.view().until(now).since(now - reach);
        let input = [Input { role: unusual::VALUE, dimensions: &none, points: view }];
        (memory, _) = black_box(unusual::judge(&settings, memory, &Inputs::new(now, &input), now));
    }
    print("unusual", points.len(), begun, unusual::MEMORY_BYTES);
}

fn bursts(balance: &Points, usage: &Points) {
    let settings = burst::Settings::of(burst::ec2("t3.large", None).unwrap_or(burst::Machine::Ec2ByDimension));
    let none = Dimensions::default();
    let reach = burst::reach_s(&settings, 300) as i64;
    let (mut memory, begun) = (burst::Memory::default(), Instant::now());
    for slot in 1..=balance.len() as i64 {
        let now = START + slot * 300;
        let input = [(burst::roles::BALANCE, balance), (burst::roles::USAGE, usage)].map(|(role, points)| Input {
            role,
            dimensions: &none,
            points: points.view().until(now).since(now - reach),
        });
        (memory, _) = black_box(burst::judge(&settings, memory, &Inputs::new(now, &input), now));
    }
    print("burst", 2 * balance.len(), begun, size_of::<burst::Memory>());
}

//! Disks made of shares: each habit adds its percent of the disk, minute by minute. The simulator of the issue:
//! rotation, temporary files, deploys, cron, resizes, slow fills and runaways.

use super::disks::{DAY_MIN, DAYS, Disk};
use super::random::Random;

const MINUTES: usize = DAYS * DAY_MIN;

pub fn disk(seed: u64, number: usize) -> Disk {
    let mut random = Random::new(seed ^ (number as u64).wrapping_mul(0x0010_0001));
    let mut habits = vec![0.0; MINUTES];
    for habit in [rotation, temporary, cron, deploys, weekly] {
        if random.chance(0.6) {
            habit(&mut random, &mut habits);
        }
    }
    let highest = habits.iter().copied().fold(0.0, f64::max);
    // A healthy disk has room for its habits.
    let scale = if highest > 30.0 { 30.0 / highest } else { 1.0 };
    let base = random.between(10.0, (89.0 - highest * scale).max(11.0));
    let mut levels: Vec<f64> = habits.iter().map(|habit| base + habit * scale).collect();
    let (mut slow, mut runaways) = (None, Vec::new());
    match number % 10 {
        0 | 1 => slow = Some(slow_fill(&mut random, &mut levels)),
        2 | 3 => {
            runaways.push(runaway(&mut random, &mut levels, 7));
            if random.chance(0.3) && runaways[0].1 < 18 * DAY_MIN {
                runaways.push(runaway(&mut random, &mut levels, 21));
            }
        }
        4 => resize(&mut random, &mut levels),
        _ => {}
    }
    let noise = random.log_between(0.01, 0.3);
    for level in &mut levels {
        *level = (*level + noise * random.normal()).clamp(0.0, 100.0);
    }
    let period = random.pick(&[1, 1, 5]);
    let levels = levels.chunks(period).map(|minutes| minutes[minutes.len() - 1]).collect();
    Disk { period_s: period as u32 * 60, levels, runaways, slow }
}

/// A log that grows and is cut each day, or each week.
fn rotation(random: &mut Random, levels: &mut [f64]) {
    let every = if random.chance(0.7) { DAY_MIN } else { 7 * DAY_MIN };
    let (height, at) = (random.between(0.5, 7.0), random.below(every));
    for (minute, level) in levels.iter_mut().enumerate() {
        *level += height * ((minute + at) % every) as f64 / every as f64;
    }
}

/// Files that come, stay and go.
fn temporary(random: &mut Random, levels: &mut [f64]) {
    let mean = DAY_MIN as f64 / random.between(0.2, 4.0);
    let size = random.between(0.5, 3.0);
    let mut at = random.exponential(mean) as usize;
    while at < levels.len() {
        let height = random.exponential(size).min(12.0);
        let (up, stay) = (random.between(2.0, 60.0) as usize, random.between(5.0, 300.0) as usize);
        bump(levels, at, up, stay, height);
        at += 1 + random.exponential(mean) as usize;
    }
}

/// A job of each day, at its hour.
fn cron(random: &mut Random, levels: &mut [f64]) {
    let (hour, height) = (random.below(DAY_MIN), random.between(1.0, 12.0));
    let (up, stay) = (random.between(5.0, 90.0) as usize, random.between(5.0, 120.0) as usize);
    for day in 0..DAYS {
        let late = random.between(0.0, 15.0) as usize;
        bump(levels, day * DAY_MIN + hour + late, up, stay, height * random.between(0.8, 1.2));
    }
}

/// A release is added; the oldest of some is removed a while later.
fn deploys(random: &mut Random, levels: &mut [f64]) {
    let (size, mean) = (random.between(0.5, 4.0), DAY_MIN as f64 * random.between(0.5, 6.0));
    let (mut held, mut at) = (0, random.exponential(mean) as usize);
    while at < levels.len() {
        bump(levels, at, 5, levels.len(), size);
        held += 1;
        if held > 3 {
            bump(levels, at + 30, 1, levels.len(), -size);
            held -= 1;
        }
        at += 1 + random.exponential(mean) as usize;
    }
}

/// A backup of each week.
fn weekly(random: &mut Random, levels: &mut [f64]) {
    let (at, height) = (random.below(7 * DAY_MIN), random.between(2.0, 15.0));
    let (up, stay) = (random.between(20.0, 180.0) as usize, random.between(10.0, 240.0) as usize);
    for week in 0..=DAYS / 7 {
        bump(levels, week * 7 * DAY_MIN + at, up, stay, height * random.between(0.85, 1.15));
    }
}

/// Up in a line, a while there, and down at once.
fn bump(levels: &mut [f64], at: usize, up: usize, stay: usize, height: f64) {
    let end = at.saturating_add(up).saturating_add(stay).min(levels.len());
    for (into, level) in levels[at.min(end)..end].iter_mut().enumerate() {
        *level += height * ((into + 1) as f64 / up.max(1) as f64).min(1.0);
    }
}

/// Creeps until somebody makes room: mostly while there is some left, sometimes when there is none.
fn slow_fill(random: &mut Random, levels: &mut [f64]) -> (usize, usize) {
    let highest = levels.iter().copied().fold(0.0, f64::max);
    let (first, last) = (random.below(5 * DAY_MIN), (random.between(14.0, 29.5) * DAY_MIN as f64) as usize);
    let (from, to) = (random.between(45.0, 72.0), random.between(88.0, 100.0));
    let lift = (from - highest).max(-highest);
    let per_minute = (to - from) / (last - first) as f64;
    for (minute, level) in levels.iter_mut().enumerate() {
        let grown = if minute > last { 0.0 } else { minute.saturating_sub(first) as f64 * per_minute };
        *level = (*level + lift + grown).max(0.0);
    }
    (first, last)
}

/// Fills to the brim, stays an hour, and is mended.
fn runaway(random: &mut Random, levels: &mut [f64], after_day: usize) -> (usize, usize) {
    let first = (after_day as f64 + random.between(0.0, 8.0)) as usize * DAY_MIN + random.below(DAY_MIN);
    let room = 100.0 - levels[first];
    let hours = random.log_between(1.0, 14.0);
    let per_minute = room / hours / 60.0;
    let (mut added, mut full) = (0.0, None);
    for (minute, level) in levels.iter_mut().enumerate().skip(first) {
        added += per_minute * random.between(0.6, 1.4);
        *level = (*level + added).min(100.0);
        if *level >= 100.0 {
            full.get_or_insert(minute);
        }
        if full.is_some_and(|full| minute > full + 60) {
            break;
        }
    }
    (first, full.unwrap_or(levels.len() - 1))
}

/// The volume is made larger while it runs.
fn resize(random: &mut Random, levels: &mut [f64]) {
    let (at, factor) = (random.between(3.0, 27.0) * DAY_MIN as f64, random.between(1.2, 2.5));
    for level in levels.iter_mut().skip(at as usize) {
        *level /= factor;
    }
}

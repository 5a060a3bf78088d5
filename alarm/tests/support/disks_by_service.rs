//! Disks of services, each with the habits of its kind: a web server, a database, a builder of images, a store of what
//! users send, a mail host. Unlike the other two, what is seen is not what is: the level is read every one, five, ten or
//! fifteen minutes, of some in whole percents, points are missing one by one and by the hour, and a quarter of the disks
//! are only seen from some day on.

use super::disks::{DAY_MIN, DAYS, Disk};
use super::random::Random;

const MINUTES: usize = DAYS * DAY_MIN;
const HOUR_MIN: usize = 60;
const WEEK_MIN: usize = 7 * DAY_MIN;

pub fn disk(seed: u64, number: usize) -> Disk {
    let mut random = Random::new(seed.rotate_left(21) ^ 0x5EED ^ (number as u64).wrapping_mul(0x2000_00B5));
    let mut levels = vec![0.0; MINUTES];
    let habits = [web, database, builder, store, mail][number % 5];
    habits(&mut random, &mut levels);
    system(&mut random, &mut levels);
    let highest = levels.iter().copied().fold(0.0, f64::max);
    let scale = (28.0 / highest).min(1.0);
    let base = random.between(12.0, (88.0 - highest * scale).min(74.0));
    for level in &mut levels {
        *level = base + *level * scale;
    }
    let (mut slow, mut runaways) = (None, Vec::new());
    match (number / 5) % 6 {
        1 => slow = Some(fills(&mut random, &mut levels)),
        3 => runaways.push(runs_away(&mut random, &mut levels, 8 * DAY_MIN, 26 * DAY_MIN)),
        4 if random.chance(0.5) => runaways.push(runs_away(&mut random, &mut levels, 9 * DAY_MIN, 28 * DAY_MIN)),
        _ => {}
    }
    let period = random.pick(&[1, 5, 5, 10, 15]);
    let hidden = if slow.is_none() && runaways.is_empty() && random.chance(0.25) { random.below(12) } else { 0 };
    let levels = seen(&mut random, &levels, period, hidden * DAY_MIN, &runaways);
    Disk { period_s: period as u32 * 60, levels, runaways, slow }
}

/// A ramp up over some minutes, held, and let go over some.
fn hold(levels: &mut [f64], at: usize, up: usize, stay: usize, down: usize, height: f64) {
    let (up, down) = (up.max(1), down.max(1));
    for into in 0..(up + stay + down) {
        let Some(level) = levels.get_mut(at + into) else { return };
        let rising = (into + 1) as f64 / up as f64;
        let falling = (up + stay + down - into) as f64 / down as f64;
        *level += height * rising.min(falling).min(1.0);
    }
}

/// Packages of each week, a journal that is vacuumed at a size, and what nobody expected, rarely.
fn system(random: &mut Random, levels: &mut [f64]) {
    let at = random.below(WEEK_MIN);
    for week in 0..=DAYS / 7 {
        hold(levels, week * WEEK_MIN + at, 6, 20, 2, random.between(0.3, 2.5));
    }
    let (most, hours) = (random.between(0.5, 4.0), random.between(30.0, 200.0));
    let length = (hours * HOUR_MIN as f64) as usize;
    for (minute, level) in levels.iter_mut().enumerate() {
        *level += most * (minute % length) as f64 / length as f64;
    }
    let mut at = random.exponential(9.0 * DAY_MIN as f64) as usize;
    while at < levels.len() {
        let height = (2.0 * random.normal().exp()).min(14.0);
        hold(levels, at, 1 + random.below(40), random.below(8 * HOUR_MIN), 1, height);
        at += 1 + random.exponential(9.0 * DAY_MIN as f64) as usize;
    }
}

/// Files of the log are cut at a size, more often by day; a few are kept, the oldest goes.
fn web(random: &mut Random, levels: &mut [f64]) {
    let (size, kept, per_day) = (random.between(0.2, 2.0), 3 + random.below(8), random.between(0.5, 9.0));
    let (mut open, mut closed) = (random.unit() * size, kept as f64 * size);
    for (minute, level) in levels.iter_mut().enumerate() {
        let hour = (minute % DAY_MIN) as f64 / HOUR_MIN as f64;
        open += per_day * size / DAY_MIN as f64 * if (9.0..22.0).contains(&hour) { 1.6 } else { 0.2 };
        if open >= size {
            open = 0.0;
            // Compressed a minute later: the level drops by most of a file.
            closed = kept as f64 * size * random.between(0.9, 1.1);
        }
        *level += open + closed * 0.3;
    }
}

/// Segments by the load, a dump each night or every six hours, sorting that spills, a vacuum at the end of the week.
fn database(random: &mut Random, levels: &mut [f64]) {
    let (every, height) = (random.pick(&[DAY_MIN, DAY_MIN, 6 * HOUR_MIN]), random.between(1.5, 12.0));
    let (at, up) = (random.below(every), 8 + random.below(100));
    for time in 0..MINUTES / every {
        let late = random.below(20);
        hold(levels, time * every + at + late, up, random.below(40), 1, height * random.between(0.9, 1.1));
    }
    let mut at = 0;
    while at < levels.len() {
        hold(levels, at, 25, 5, 10, random.between(0.2, 2.0));
        at += 40 + random.below(80);
    }
    let mut at = random.below(DAY_MIN);
    while at < levels.len() {
        hold(levels, at, 3 + random.below(12), random.below(25), 1, random.exponential(1.6).min(9.0));
        at += 1 + random.exponential(10.0 * HOUR_MIN as f64) as usize;
    }
    for week in 0..=DAYS / 7 {
        let height = random.between(2.0, 6.0);
        hold(levels, week * WEEK_MIN + 2 * HOUR_MIN, 45, 30, 15, height);
    }
}

/// Builds by day, Monday to Friday, each with its own directory; what is left of them is pruned each night or week.
fn builder(random: &mut Random, levels: &mut [f64]) {
    let (a_day, height) = (random.between(2.0, 25.0), random.between(0.2, 1.2));
    let left_behind = random.between(0.02, 0.12) * height;
    let prune = random.pick(&[DAY_MIN, DAY_MIN, WEEK_MIN]);
    let mut left = 0.0;
    for (minute, level) in levels.iter_mut().enumerate() {
        if minute % prune == 4 * HOUR_MIN {
            left = 0.0;
        }
        *level += left;
        let works = (minute / DAY_MIN) % 7 < 5 && (9..19).contains(&(minute % DAY_MIN / HOUR_MIN));
        if works && random.chance(a_day / (10.0 * HOUR_MIN as f64)) {
            left += left_behind;
        }
    }
    let mut at = 9 * HOUR_MIN;
    while at < levels.len() {
        if (at / DAY_MIN) % 7 < 5 {
            hold(levels, at, 4 + random.below(10), 2 + random.below(20), 1, height);
        }
        at += 1 + random.exponential(DAY_MIN as f64 / a_day) as usize;
    }
}

/// What is sent by day and moved away each night; thumbnails are made anew now and then.
fn store(random: &mut Random, levels: &mut [f64]) {
    let mut of_day = random.between(1.0, 9.0);
    let moved_at = random.below(6) * HOUR_MIN;
    let mut held = 0.0;
    for (minute, level) in levels.iter_mut().enumerate() {
        if minute % DAY_MIN == moved_at {
            held *= random.between(0.0, 0.15);
            of_day *= random.between(0.93, 1.07);
        }
        let day = 1.0 - (std::f64::consts::TAU * (minute % DAY_MIN) as f64 / DAY_MIN as f64).cos();
        held += of_day / DAY_MIN as f64 * day;
        *level += held;
    }
    let mut at = random.exponential(11.0 * DAY_MIN as f64) as usize;
    while at < levels.len() {
        hold(levels, at, 120 + random.below(300), 30, 10, random.between(2.0, 8.0));
        at += 1 + random.exponential(11.0 * DAY_MIN as f64) as usize;
    }
}

/// Grows by steps of attachments, shrinks as people clean up; the index is rebuilt each Sunday.
fn mail(random: &mut Random, levels: &mut [f64]) {
    let mut held: f64 = random.between(3.0, 6.0);
    let usual = held;
    for level in levels.iter_mut() {
        if random.chance(1.0 / 90.0) {
            held += random.exponential(0.06);
        }
        held += (usual - held) * 0.000_2;
        *level += held;
    }
    let height = random.between(2.0, 9.0);
    for week in 0..=DAYS / 7 {
        hold(levels, week * WEEK_MIN + 3 * HOUR_MIN, 90, 20, 1, height * random.between(0.9, 1.15));
    }
}

/// Fills in a line, faster each week, or by a batch each night, until somebody makes room or nobody does.
fn fills(random: &mut Random, levels: &mut [f64]) -> (usize, usize) {
    let highest = levels.iter().copied().fold(0.0, f64::max);
    let (first, days) = (random.below(4 * DAY_MIN), random.between(15.0, 25.5));
    let last = (first + (days * DAY_MIN as f64) as usize).min(levels.len() - 1);
    let (lift, until) = (random.between(46.0, 68.0) - highest, random.between(90.0, 99.0));
    let (grown, shape) = (until - highest - lift, random.below(3));
    for (minute, level) in levels.iter_mut().enumerate() {
        let share = minute.saturating_sub(first) as f64 / (last - first) as f64;
        let share = match shape {
            0 => share,
            1 => share * (0.7 + 0.3 * share),
            _ => (share * days).floor() / days,
        };
        *level = (*level + lift + if minute > last { 0.0 } else { grown * share }).clamp(1.0, 100.0);
    }
    (first, last)
}

/// Writes until the disk is full: steadily, by dumps of a crash loop, or twice as fast each hour.
fn runs_away(random: &mut Random, levels: &mut [f64], from: usize, to: usize) -> (usize, usize) {
    let first = from + random.below(to - from);
    let (room, hours) = (100.0 - levels[first], random.log_between(1.2, 12.0));
    let (length, shape) = (hours * HOUR_MIN as f64, random.below(3));
    let dump = 1.0 / random.between(12.0, 40.0);
    let mut full = None;
    for (minute, level) in levels.iter_mut().enumerate().skip(first) {
        let share = (minute - first) as f64 / length;
        let share = match shape {
            0 => share,
            1 => (share / dump).floor() * dump,
            _ => ((1.0 + share).powi(2) - 1.0) / 3.0,
        };
        *level = (*level + room * share).min(100.0);
        if *level >= 99.95 {
            full.get_or_insert(minute);
        }
        if full.is_some_and(|full| minute > full + 40) {
            break;
        }
    }
    (first, full.unwrap_or(levels.len() - 1))
}

/// One reading a period, some of them as `df` rounds; one in fifty is missing, and now and then half a day. No outage
/// lies over a run: what nobody saw no judge of disks can catch, that is another's (`silent`).
fn seen(random: &mut Random, levels: &[f64], period: usize, hidden: usize, runs: &[(usize, usize)]) -> Vec<f64> {
    let whole = random.chance(0.3);
    let mut away = 0_usize;
    let reading = |(at, minutes): (usize, &[f64])| {
        if random.chance(0.000_03 * period as f64) {
            away = random.between(5.0, 720.0) as usize / period + 1;
        }
        let runs_away = runs.iter().any(|(first, last)| (*first..=*last).contains(&(at * period)));
        away = if runs_away { 0 } else { away.saturating_sub(1) };
        let level = minutes[minutes.len() - 1];
        let there = away == 0 && at * period >= hidden && !random.chance(0.02);
        if !there {
            return f64::NAN;
        }
        if whole { level.ceil() } else { level }
    };
    levels.chunks(period).enumerate().map(reading).collect()
}

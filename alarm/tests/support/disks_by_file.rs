//! Disks made of files: programs write and delete bytes on a volume of some size, and the percentage is what comes of
//! it. Nothing here is shared with `disks_by_share`: other habits, other rates, sampled with gaps and outages.

use super::disks::{DAY_MIN, DAYS, Disk};
use super::random::Random;

const GB: f64 = 1e9;

/// A file that will be deleted.
struct File {
    bytes: f64,
    gone_at: usize,
}

struct Volume {
    size: f64,
    fixed: f64,
    files: Vec<File>,
    in_files: f64,
    next_gone: usize,
}

impl Volume {
    fn used(&self) -> f64 {
        self.fixed + self.in_files
    }

    fn delete(&mut self, minute: usize) {
        if minute >= self.next_gone {
            self.files.retain(|file| file.gone_at > minute);
            self.in_files = self.files.iter().map(|file| file.bytes).sum();
            self.next_gone = self.files.iter().map(|file| file.gone_at).min().unwrap_or(usize::MAX);
        }
    }

    fn write(&mut self, bytes: f64, gone_at: usize) {
        if bytes > 0.0 {
            self.files.push(File { bytes, gone_at });
            self.in_files += bytes;
            self.next_gone = self.next_gone.min(gone_at);
        }
    }
}

/// A program: called each minute.
type Program = Box<dyn FnMut(usize, &mut Random, &mut Volume)>;

pub fn disk(seed: u64, number: usize) -> Disk {
    let mut random = Random::new(seed.wrapping_add(77) ^ (number as u64).wrapping_mul(0x0100_0003));
    let size = random.pick(&[8.0, 16.0, 30.0, 50.0, 100.0, 200.0, 500.0]) * GB;
    let mut programs = healthy(&mut random, size);
    let slow = number % 8 == 1;
    let runs_away = number % 8 == 2 || number % 8 == 5;
    let share = if slow { random.between(0.35, 0.52) } else { random.between(0.15, 0.62) };
    let mut volume = Volume { size, fixed: size * share, files: Vec::new(), in_files: 0.0, next_gone: usize::MAX };
    if slow {
        programs.push(uploads(random.between(13.0, 27.0), random.between(0.88, 1.0)));
    }
    let at = random.between(8.0, 27.0) * DAY_MIN as f64;
    let mut runaway = runs_away.then(|| Runaway::new(&mut random, at as usize));
    let resized_at = (number % 8 == 7).then(|| random.between(2.0, 28.0) * DAY_MIN as f64);
    let (mut levels, mut runaways, mut full_at) = (Vec::new(), Vec::new(), None);
    for minute in 0..DAYS * DAY_MIN {
        volume.delete(minute);
        for program in &mut programs {
            program(minute, &mut random, &mut volume);
        }
        if resized_at.is_some_and(|at| at as usize == minute) {
            volume.size *= random.pick(&[1.25, 1.5, 2.0]);
        }
        if let Some(span) = runaway.as_mut().and_then(|runaway| runaway.minute(minute, &mut random, &mut volume)) {
            runaways.push(span);
        }
        let level = (100.0 * volume.used() / volume.size).min(100.0);
        if level >= 99.9 {
            full_at.get_or_insert(minute);
        }
        levels.push(level);
    }
    let archived = levels.windows(2).position(|pair| pair[1] < pair[0] - 25.0);
    let slow = slow.then(|| (0, archived.or(full_at).unwrap_or(levels.len() - 1)));
    let period = random.pick(&[1, 5]);
    Disk { period_s: period as u32 * 60, levels: sampled(&mut random, &levels, period), runaways, slow }
}

fn healthy(random: &mut Random, size: f64) -> Vec<Program> {
    let mut programs: Vec<Program> = vec![log(random.between(0.002, 0.03) * size, random.pick(&[3, 7, 14]))];
    if random.chance(0.5) {
        programs.push(wal(random.between(0.005, 0.04) * size));
    }
    if random.chance(0.5) {
        programs.push(dump(random.below(DAY_MIN), random.between(0.02, 0.14) * size, random.between(10.0, 120.0)));
    }
    if random.chance(0.4) {
        programs.push(images(random.between(0.4, 2.0) * GB.min(size / 40.0), random.between(1.0, 5.0)));
    }
    if random.chance(0.5) {
        programs.push(exports(random.between(0.1, 2.0), size));
    }
    programs.push(packages((0.6 * GB).min(size / 30.0), random.below(7 * DAY_MIN)));
    programs
}

/// Written by the traffic of the day, closed each night, deleted after some days. Begins with the old ones there.
fn log(per_day: f64, keep_days: usize) -> Program {
    Box::new(move |minute, random, volume| {
        if minute == 0 {
            for age in 1..keep_days {
                volume.write(per_day * 0.4, (keep_days - age) * DAY_MIN);
            }
        }
        let traffic = 1.0 + 0.7 * (std::f64::consts::TAU * (minute as f64 / DAY_MIN as f64 - 0.6)).cos();
        if minute.is_multiple_of(10) {
            // The whole is compressed at midnight: most of it goes then.
            let night = (minute / DAY_MIN + 1) * DAY_MIN;
            let written = per_day / 144.0 * traffic * random.between(0.6, 1.4);
            volume.write(written * 0.6, night);
            volume.write(written * 0.4, night + keep_days * DAY_MIN);
        }
    })
}

/// Segments pile up until a checkpoint; now and then a replica is away and they pile up for longer.
fn wal(most: f64) -> Program {
    let mut next = 0;
    Box::new(move |minute, random, volume| {
        if minute >= next {
            next = minute + random.between(20.0, 60.0) as usize;
            let away = if random.chance(0.01) { 90 } else { 0 };
            volume.write(most * random.between(0.2, 1.0), next + away);
        }
    })
}

/// A dump of each night, written at a pace, shipped, and deleted.
fn dump(at: usize, bytes: f64, minutes: f64) -> Program {
    Box::new(move |minute, random, volume| {
        let into = (minute % DAY_MIN) as f64 - at as f64;
        if (0.0..minutes).contains(&into) {
            let end = minute - into as usize + minutes as usize + 30;
            volume.write(bytes / minutes * random.between(0.9, 1.1), end);
        }
    })
}

/// An image a deploy; all but the newest are pruned each week.
fn images(bytes: f64, days_between: f64) -> Program {
    let mut next = DAY_MIN / 2;
    Box::new(move |minute, random, volume| {
        if minute >= next {
            next = minute + 1 + random.exponential(days_between * DAY_MIN as f64) as usize;
            let prune = (minute / (7 * DAY_MIN) + 1) * 7 * DAY_MIN;
            volume.write(bytes * random.between(0.5, 1.2), prune);
        }
    })
}

/// Files of any size (few are very large), for as long as somebody wants them.
fn exports(a_day: f64, size: f64) -> Program {
    Box::new(move |minute, random, volume| {
        if random.chance(a_day / DAY_MIN as f64) {
            let share = (0.003 / random.unit().max(1e-6).powf(0.8)).min(0.12);
            volume.write(size * share, minute + random.log_between(10.0, 2_000.0) as usize);
        }
    })
}

/// Updates of each week: fetched, unpacked, cleaned.
fn packages(bytes: f64, at: usize) -> Program {
    Box::new(move |minute, _, volume| {
        let into = (minute + 7 * DAY_MIN - at) % (7 * DAY_MIN);
        if into < 8 {
            volume.write(bytes / 8.0, minute + 25);
        }
    })
}

/// What users upload, by day more than by night, until somebody archives it after some days, at some share.
fn uploads(days: f64, until: f64) -> Program {
    let mut per_minute = 0.0;
    Box::new(move |minute, random, volume| {
        if minute == 1 {
            per_minute = (volume.size * until - volume.used()) / days / DAY_MIN as f64;
        }
        if volume.used() >= volume.size * until {
            volume.fixed -= volume.size * 0.3;
        }
        let traffic = 1.0 + 0.9 * (std::f64::consts::TAU * (minute as f64 / DAY_MIN as f64 - 0.6)).cos();
        let weekend = if (minute / DAY_MIN) % 7 >= 5 { 0.5 } else { 1.15 };
        volume.fixed += per_minute * traffic * weekend * random.between(0.0, 2.0);
    })
}

/// A program gone mad: a line of constant slope, one that pauses, or one that speeds up.
struct Runaway {
    at: usize,
    minutes: f64,
    shape: usize,
    written: f64,
    room: f64,
    full: Option<usize>,
    over: bool,
}

impl Runaway {
    fn new(random: &mut Random, at: usize) -> Self {
        let minutes = random.log_between(80.0, 900.0);
        Self { at, minutes, shape: random.below(3), written: 0.0, room: 0.0, full: None, over: false }
    }

    /// Gives its span once it is over.
    fn minute(&mut self, minute: usize, random: &mut Random, volume: &mut Volume) -> Option<(usize, usize)> {
        if minute < self.at || self.over {
            return None;
        }
        if minute == self.at {
            self.room = volume.size - volume.used();
        }
        let into = (minute - self.at) as f64 / self.minutes;
        let pace = match self.shape {
            0 => 1.0,
            // Four minutes of ten it waits.
            1 => f64::from(u8::from(minute % 10 >= 4)) / 0.6,
            _ => 0.5 + into,
        };
        let left = (volume.size - volume.used()).max(0.0);
        let bytes = (self.room / self.minutes * pace * random.between(0.5, 1.5)).min(left);
        self.written += bytes;
        volume.fixed += bytes;
        if volume.used() >= volume.size * 0.9999 {
            self.full.get_or_insert(minute);
        }
        let full = self.full.filter(|full| minute >= full + 45)?;
        volume.fixed -= self.written;
        self.over = true;
        Some((self.at, full))
    }
}

/// As the agent sends it: a point is missing now and then, and rarely some hours are.
fn sampled(random: &mut Random, levels: &[f64], period: usize) -> Vec<f64> {
    let mut away = 0_usize;
    let mut out = Vec::with_capacity(levels.len() / period);
    for minutes in levels.chunks(period) {
        if random.chance(0.000_05 * period as f64) {
            away = random.between(10.0, 200.0) as usize / period;
        }
        away = away.saturating_sub(1);
        let seen = away == 0 && !random.chance(0.01);
        out.push(if seen { minutes[minutes.len() - 1] } else { f64::NAN });
    }
    out
}

//! Finds use and level in the series of each kind of machine.

use super::bucket::Bucket;
use super::drain::{self, SLOT_MIN, SLOTS_MAX, Use};
use super::level::Level;
use super::plans;
use super::settings::{Machine, Settings};
use super::{Memory, roles as role, settings};
use crate::inputs::Inputs;
use crate::points::{Time, View};

/// Credit metrics come every five minutes, and late: with nothing for so long the bucket is unknown.
pub(super) const STALE_S: Time = 20 * 60;
const SLOT_S: Time = 300;
const WINDOW_S: Time = SLOTS_MAX as Time * SLOT_S;

#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) bucket: Bucket,
    pub(super) unlimited: bool,
    pub(super) level: Level,
    /// Borrowed and not yet paid back (unlimited mode).
    pub(super) owed: f64,
    /// Surplus is being charged.
    pub(super) charged: bool,
    pub(super) used: Use,
    /// The level was not reported but reckoned.
    pub(super) estimated: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Type,
    Data,
}

pub(super) fn read(settings: &Settings, memory: &Memory, inputs: &Inputs<'_>, now: Time) -> Result<Reading, Missing> {
    let (mut bucket, unlimited, per_unit) = shape(settings, inputs).ok_or(Missing::Type)?;
    if let Some(dollars) = settings.dollars_per_vcpu_hour {
        bucket.dollars_per_credit = dollars / 60.0;
    }
    // Whole slots: a moment after the hour would else see eleven of the twelve.
    let from = now.saturating_sub(WINDOW_S).div_euclid(SLOT_S) * SLOT_S;
    let recent = |name: &str| inputs.one(name).map(|view| view.since(from));
    let (balance, cpu) = (recent(role::BALANCE), recent(role::CPU));
    let reported = balance.and_then(|balance| Level::reported(balance, per_unit));
    let start = match (reported, memory.level) {
        (Some(level), _) => level,
        (None, Some(kept)) if kept.as_of <= now => kept,
        (None, _) => Level::unknown(cpu.map_or(now, |cpu| cpu.start()), &bucket),
    };
    let cpu_all = inputs.one(role::CPU);
    let level = cpu_all.map_or(start, |cpu| start.follow(&bucket, cpu, inputs.one(role::STEAL)));
    let estimated = reported.is_none_or(|reported| reported.as_of < level.as_of);
    let has_data = reported.is_some() || cpu.is_some_and(|cpu| cpu.newest().is_some());
    if !has_data || now.saturating_sub(level.as_of) > STALE_S {
        return Err(Missing::Data);
    }
    let slots = used_slots(&bucket, recent(role::USAGE), cpu, balance, per_unit);
    let used = drain::estimate(slots.as_slice(), bucket.width).ok_or(Missing::Data)?;
    let newest = |name: &str| recent(name).and_then(View::newest).map_or(0.0, |(_, value)| value.max(0.0));
    let charged = unlimited && newest(role::CHARGED) > 0.0;
    Ok(Reading { bucket, unlimited, level, owed: newest(role::SURPLUS), charged, used, estimated })
}

/// The bucket, the mode, and how many units of the balance series make one of the bucket's.
fn shape(settings: &Settings, inputs: &Inputs<'_>) -> Option<(Bucket, bool, f64)> {
    let machine = match settings.machine {
        // AWS/EC2 has the instance alone: the type stands beside the processor that the agent publishes.
        Machine::Ec2ByDimension => settings::ec2(dimension(inputs, "InstanceType")?, settings.mode)?,
        Machine::LightsailByDimension => {
            Machine::Lightsail { bucket: plans::find(dimension(inputs, "BundleId")?)?.bucket() }
        }
        known => known,
    };
    Some(match machine {
        Machine::Ec2 { bucket, unlimited } => (bucket, unlimited, 1.0),
        // `BurstCapacityTime` is in seconds, though the console shows minutes.
        Machine::Lightsail { bucket } => (bucket, false, 60.0),
        Machine::Host { bucket } => (bucket, false, 1.0),
        Machine::Ec2ByDimension | Machine::LightsailByDimension => return None,
    })
}

fn dimension<'a>(inputs: &'a Inputs<'_>, name: &str) -> Option<&'a str> {
    inputs.all(role::BALANCE).chain(inputs.all(role::CPU)).find_map(|(dimensions, _)| dimensions.get(name))
}

/// At most `SLOTS_MAX` slots of five minutes, oldest first.
struct Slots {
    used: [f64; SLOTS_MAX],
    count: usize,
}

impl Slots {
    fn new() -> Self {
        Self { used: [0.0; SLOTS_MAX], count: 0 }
    }

    fn push(&mut self, used: f64) {
        if self.count == SLOTS_MAX {
            self.used.rotate_left(1);
            self.count -= 1;
        }
        self.used[self.count] = used.max(0.0);
        self.count += 1;
    }

    fn as_slice(&self) -> &[f64] {
        &self.used[..self.count]
    }
}

/// From what was reported as used; else from CPU; else from the balance itself.
fn used_slots(
    bucket: &Bucket,
    usage: Option<View<'_>>,
    cpu: Option<View<'_>>,
    balance: Option<View<'_>>,
    per_unit: f64,
) -> Slots {
    let mut slots = Slots::new();
    if let Some(usage) = usage.filter(|usage| usage.newest().is_some()) {
        // A sample tells of five minutes, however short the period by which it was asked for.
        let covers = Time::from(usage.period_s()).max(SLOT_S);
        for (_, credits) in usage.real() {
            let used = credits * 60.0 / covers as f64;
            repeat(&mut slots, used, covers);
        }
    } else if let Some(cpu) = cpu.filter(|cpu| cpu.newest().is_some()) {
        from_cpu(&mut slots, bucket, cpu);
    } else if let Some(balance) = balance {
        from_balance(&mut slots, bucket, balance, per_unit);
    }
    slots
}

fn repeat(slots: &mut Slots, used: f64, covers_s: Time) {
    for _ in 0..(covers_s / SLOT_S).clamp(1, SLOTS_MAX as Time) {
        slots.push(used);
    }
}

/// Five minutes are counted back from the newest point, so that the newest slot is whole.
fn from_cpu(slots: &mut Slots, bucket: &Bucket, cpu: View<'_>) {
    let period = Time::from(cpu.period_s());
    let Some((newest, _)) = cpu.newest() else { return };
    let (mut age, mut sum, mut count) = (Time::MAX, 0.0, 0.0);
    for (at, percent) in cpu.real() {
        let slot = (newest - at) / SLOT_S;
        if slot != age && count > 0.0 {
            repeat(slots, sum / count, period);
            (sum, count) = (0.0, 0.0);
        }
        age = slot;
        sum += bucket.width * percent.clamp(0.0, 100.0) / 100.0;
        count += 1.0;
    }
    if count > 0.0 {
        repeat(slots, sum / count, period);
    }
}

/// What left between two balances, and what was earned meanwhile. At the cap it cannot be told from nothing.
fn from_balance(slots: &mut Slots, bucket: &Bucket, balance: View<'_>, per_unit: f64) {
    let mut last: Option<(Time, f64)> = None;
    for (at, held) in balance.real() {
        if let Some((then, before)) = last {
            let minutes = (at - then) as f64 / 60.0;
            let drained = (before - held) / per_unit / minutes;
            repeat(slots, bucket.earned_per_min + drained, (minutes / SLOT_MIN).round() as Time * SLOT_S);
        }
        last = Some((at, held));
    }
}

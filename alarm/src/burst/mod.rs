//! Time until the burst runs out (or begins to cost money), never a constant.
//!
//! Fires when little time is left at the load of now, and the load has lasted for a third of that time: a spike on a
//! full bucket never fires, a real drain always does before the end. Clears when the load that fired would leave time
//! enough, or when nothing drained for an hour: a load that comes and goes does not make it flap.
//! No length of time stands for a bucket here: "an hour above the baseline" is six hours on one plan and one on another.

mod bucket;
mod drain;
mod level;
pub mod plans;
mod reading;
mod say;
mod settings;
pub mod types;

pub use bucket::Bucket;
pub use drain::{Use, estimate};
pub use level::Level;
pub use settings::{Machine, Mode, Raw, Settings, ec2};

use serde::{Deserialize, Serialize};

use crate::inputs::Inputs;
use crate::judge::Role;
use crate::points::Time;
use crate::verdict::{Reason, TimeLeft, Verdict};
use reading::{Missing, Reading, read};

/// The series by their roles.
pub mod roles {
    pub const BALANCE: &str = "balance";
    pub const USAGE: &str = "usage";
    pub const SURPLUS: &str = "surplus";
    pub const CHARGED: &str = "charged";
    /// Percent of the machine that ran, what was stolen not counted.
    pub const CPU: &str = "cpu";
    pub const STEAL: &str = "steal";
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// The highest use since it fired: what must leave time enough before it clears.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    firing_at: Option<f64>,
    /// Where nothing reports the balance: how far the reckoning came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
}

/// Beyond this nobody plans; also what "never" is shown as in an interval.
pub const FAR_S: f64 = 30.0 * 86_400.0;
/// A drain must have lasted for this share of the time that it leaves.
const EVIDENCE: f64 = 3.0;
/// But for no longer than this: the window is an hour.
const EVIDENCE_MAX_MIN: f64 = 55.0;
/// Less than these minutes are none.
const NOTHING_MIN: f64 = 2.0;
/// Less than this share of a bucket is nothing, if the machine gets its baseline and not a bit more.
const NOTHING: f64 = 0.01;
/// How near to the baseline a throttled machine is held.
const HELD_TO_BASELINE: std::ops::Range<f64> = 0.85..1.15;
/// Use below this share of the baseline wants no burst.
const CONTENT: f64 = 0.8;
/// From this share of a bucket on, an hour without draining is an end, whatever the use.
const REFILLED: f64 = 0.25;
/// The reckoning is kept this often; what came since is read again.
const KEEP_S: Time = 15 * 60;

pub fn roles(settings: &Settings) -> Vec<Role> {
    let ec2 = |role: Role, metric| role.usually("AWS/EC2", metric);
    match settings.machine {
        Machine::Ec2 { .. } | Machine::Ec2ByDimension => vec![
            ec2(Role::required(roles::BALANCE, "Average"), "CPUCreditBalance"),
            ec2(Role::optional(roles::USAGE, "Sum"), "CPUCreditUsage"),
            ec2(Role::optional(roles::SURPLUS, "Average"), "CPUSurplusCreditBalance"),
            ec2(Role::optional(roles::CHARGED, "Average"), "CPUSurplusCreditsCharged"),
            Role::optional(roles::CPU, "Average"),
        ],
        Machine::Lightsail { .. } | Machine::LightsailByDimension => vec![
            Role::required(roles::BALANCE, "Average").usually("AWS/Lightsail", "BurstCapacityTime"),
            Role::optional(roles::CPU, "Average").usually("AWS/Lightsail", "CPUUtilization"),
        ],
        Machine::Host { .. } => {
            vec![Role::required(roles::CPU, "Average"), Role::optional(roles::STEAL, "Average")]
        }
    }
}

pub fn reach_s(_: &Settings, period_s: u32) -> u64 {
    3_600 + u64::from(period_s).max(KEEP_S.unsigned_abs())
}

pub fn judge(settings: &Settings, memory: Memory, inputs: &Inputs<'_>, now: Time) -> (Memory, Verdict) {
    match read(settings, &memory, inputs, now) {
        Ok(reading) => decide(settings, memory, &reading, now),
        Err(Missing::Type) => (memory, Verdict::unknown(Reason::new("burst.type_unknown"))),
        Err(Missing::Data) => (memory, Verdict::unknown(Reason::new("burst.no_data"))),
    }
}

fn decide(settings: &Settings, mut memory: Memory, reading: &Reading, now: Time) -> (Memory, Verdict) {
    let left = Left::of(reading, now);
    let spent = reading.spent();
    let enough_evidence = reading.used.over_min >= (left.0.likely_s / 60.0 / EVIDENCE).min(EVIDENCE_MAX_MIN);
    let firing = match memory.firing_at {
        _ if spent => true,
        None => left.0.likely_s <= settings.fire_below_s && enough_evidence,
        Some(worst) => {
            let at_worst = reading.minutes_left(reading.level.middle(), worst.max(reading.used.likely)) * 60.0;
            at_worst <= settings.clear_above_s && !reading.quiet()
        }
    };
    memory.firing_at = firing.then(|| memory.firing_at.unwrap_or(0.0).max(reading.used.likely));
    if reading.estimated && memory.level.is_none_or(|kept| reading.level.as_of - kept.as_of >= KEEP_S) {
        memory.level = Some(reading.level);
    }
    (memory, say::verdict(settings, reading, &left, firing, spent))
}

impl Reading {
    /// Minutes until it throttles, or until it costs.
    fn minutes_left(&self, held: f64, used_per_min: f64) -> f64 {
        if self.unlimited {
            self.bucket.minutes_to_charges(held, self.owed, used_per_min)
        } else {
            self.bucket.minutes_to_empty(held, used_per_min)
        }
    }

    /// Nothing is left and the machine wants it; in unlimited mode: it costs already.
    fn spent(&self) -> bool {
        let (bucket, used) = (&self.bucket, self.used.likely);
        if self.unlimited {
            return self.charged || (self.owed >= bucket.most_held && bucket.drain(used) > 0.0);
        }
        let pinned = HELD_TO_BASELINE.contains(&(used / bucket.earned_per_min));
        bucket.minutes_to_empty(self.level.high, used) <= NOTHING_MIN
            || (pinned && self.level.high <= NOTHING * bucket.most_held)
    }

    /// An hour went by without draining, and what wanted the burst is gone or the bucket is on its way up. A machine
    /// that is throttled does not drain either: that it got no more than its baseline is no sign of peace.
    fn quiet(&self) -> bool {
        let (bucket, used) = (&self.bucket, &self.used);
        let content = used.peak < CONTENT * bucket.earned_per_min;
        let refilled = self.level.middle() >= REFILLED * bucket.most_held;
        used.over_min > EVIDENCE_MAX_MIN && bucket.drain(used.likely) <= 0.0 && (content || refilled)
    }
}

/// From now to the limit, at the likely use, and at the bounds of use and level. What is never reached is infinite.
#[derive(Clone, Copy, Debug)]
struct Left(TimeLeft);

impl Left {
    fn of(reading: &Reading, now: Time) -> Self {
        let elapsed_s = now.saturating_sub(reading.level.as_of).max(0) as f64;
        let left = |held, used| (reading.minutes_left(held, used) * 60.0 - elapsed_s).max(0.0);
        let (level, used) = (&reading.level, &reading.used);
        let likely_s = left(level.middle(), used.likely);
        let low_s = left(level.low, used.high).min(likely_s);
        let high_s = left(level.high, used.low).max(likely_s);
        Self(TimeLeft { low_s, likely_s, high_s })
    }

    /// Whether an end is in sight at all.
    fn any(&self) -> bool {
        self.0.likely_s < FAR_S
    }
}

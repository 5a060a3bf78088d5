//! What a rule says of a bucket, and what is meant by it.

use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;

use super::bucket::Bucket;
use super::{plans, types};
use crate::sheet::{At, Faults, Seconds, did_you_mean};

/// The keys of `judge = "burst"`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// The EC2 type (`t3.micro`). Without it the dimension `InstanceType` of the series tells.
    pub instance_type: Option<At<String>>,
    /// The Lightsail plan: its bundle (`small_3_0`), its price (`$12`), or `auto`: each instance by its dimension `BundleId`.
    pub plan: Option<At<String>>,
    /// Any other machine: the share of it, in percent, that can be used for ever. Needs `vcpus`.
    pub baseline_percent: Option<At<f64>>,
    /// Of any other machine. 1 where not said.
    pub vcpus: Option<At<f64>>,
    /// Standard mode throttles when nothing is left; unlimited mode costs money. From T3 on unlimited is the default.
    pub mode: Option<Mode>,
    /// Fires when less than this is left.
    pub fire_below: Option<At<Seconds>>,
    /// Clears when more than this is left, or when an hour went by without draining.
    pub clear_above: Option<At<Seconds>>,
    /// Below this someone must act now.
    pub now_below: Option<At<Seconds>>,
    /// Below this soon; above it, later.
    pub soon_below: Option<At<Seconds>>,
    /// Dollars for a vCPU-hour of surplus, where it is not the usual price of Linux (Windows: 0.096).
    pub surplus_price: Option<At<f64>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Standard,
    Unlimited,
}

/// Whose bucket it is: which series tell of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Machine {
    /// EC2, the type read from the dimensions of the series.
    Ec2ByDimension,
    Ec2 {
        bucket: Bucket,
        unlimited: bool,
    },
    /// Lightsail, the bundle read from the dimensions of the series.
    LightsailByDimension,
    Lightsail {
        bucket: Bucket,
    },
    /// Known by its baseline alone: an estimate.
    Host {
        bucket: Bucket,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    pub machine: Machine,
    /// As the rule says it; the type decides without.
    pub mode: Option<Mode>,
    pub fire_below_s: f64,
    pub clear_above_s: f64,
    pub now_below_s: f64,
    pub soon_below_s: f64,
    pub dollars_per_vcpu_hour: Option<f64>,
}

/// Long enough to act in, short enough that a day's usual peak does not reach it.
const FIRE_BELOW_S: f64 = 4.0 * 3_600.0;
/// Said for `plan`: each instance by its own bundle.
const PLAN_OF_EACH: &str = "auto";
const NOW_BELOW_S: f64 = 30.0 * 60.0;

impl Default for Settings {
    fn default() -> Self {
        Self::of(Machine::Ec2ByDimension)
    }
}

impl Settings {
    pub fn of(machine: Machine) -> Self {
        Self {
            machine,
            mode: None,
            fire_below_s: FIRE_BELOW_S,
            clear_above_s: FIRE_BELOW_S * 1.5,
            now_below_s: NOW_BELOW_S,
            soon_below_s: FIRE_BELOW_S,
            dollars_per_vcpu_hour: None,
        }
    }
}

impl Raw {
    pub fn check(self, span: Range<usize>, faults: &mut Faults) -> Settings {
        let mut settings = Settings::of(self.machine(span, faults));
        settings.mode = self.mode;
        let seconds = |value: &Option<At<Seconds>>, usual: f64| value.as_ref().map_or(usual, |at| at.0 as f64);
        settings.fire_below_s = seconds(&self.fire_below, FIRE_BELOW_S);
        settings.clear_above_s = seconds(&self.clear_above, settings.fire_below_s * 1.5);
        settings.now_below_s = seconds(&self.now_below, NOW_BELOW_S.min(settings.fire_below_s));
        settings.soon_below_s = seconds(&self.soon_below, settings.fire_below_s.min(FIRE_BELOW_S));
        if let Some(clear) = self.clear_above.filter(|_| settings.clear_above_s < settings.fire_below_s) {
            faults.add(
                clear.span.clone(),
                "SG-JDG-001",
                "clear_above is less than fire_below: it would clear as it fires",
            );
        }
        if let Some(price) = self.surplus_price {
            if *price >= 0.0 && price.is_finite() {
                settings.dollars_per_vcpu_hour = Some(*price);
            } else {
                faults.add(price.span.clone(), "SG-JDG-002", "surplus_price is not a price");
            }
        }
        settings
    }

    fn machine(&self, span: Range<usize>, faults: &mut Faults) -> Machine {
        let named = [self.instance_type.is_some(), self.plan.is_some(), self.baseline_percent.is_some()];
        if named.iter().filter(|named| **named).count() > 1 {
            faults.add(span, "SG-JDG-003", "name the machine once: by instance_type, plan or baseline_percent");
            return Machine::Ec2ByDimension;
        }
        if let Some(name) = &self.instance_type {
            return ec2(name, self.mode).unwrap_or_else(|| {
                let known: Vec<String> = types::names().collect();
                unknown(name, "an EC2 type that bursts on credits", known.iter().map(String::as_str), faults)
            });
        }
        if let Some(name) = &self.plan {
            if **name == PLAN_OF_EACH {
                return Machine::LightsailByDimension;
            }
            if let Some(plan) = plans::find(name) {
                return Machine::Lightsail { bucket: plan.bucket() };
            }
            let generations = |plan: &'static plans::Plan| plan.generations.iter().map(|of| (plan.bundle, of));
            let known: Vec<String> =
                plans::PLANS.iter().flat_map(generations).map(|(bundle, of)| format!("{bundle}_{of}_0")).collect();
            return unknown(name, "a Lightsail plan", known.iter().map(String::as_str), faults);
        }
        let Some(baseline) = &self.baseline_percent else { return Machine::Ec2ByDimension };
        let vcpus = self.vcpus.as_ref().map_or(1.0, |vcpus| **vcpus);
        if !(**baseline > 0.0 && **baseline < 100.0 && vcpus > 0.0 && vcpus <= 1_024.0) {
            faults.add(baseline.span.clone(), "SG-JDG-002", "baseline_percent lies between 0 and 100, vcpus above 0");
        }
        Machine::Host { bucket: Bucket::of_baseline(vcpus, **baseline) }
    }
}

/// The machine of an EC2 type; the type decides the mode where the rule does not.
pub fn ec2(name: &str, mode: Option<Mode>) -> Option<Machine> {
    let unlimited = mode.map_or_else(|| types::unlimited_by_default(name), |mode| mode == Mode::Unlimited);
    types::bucket(name).map(|bucket| Machine::Ec2 { bucket, unlimited })
}

fn unknown<'a>(name: &At<String>, what: &str, known: impl Iterator<Item = &'a str>, faults: &mut Faults) -> Machine {
    let hint = did_you_mean(name, known).map_or_else(String::new, |hint| format!("; did you mean \"{hint}\"?"));
    faults.add(name.span.clone(), "SG-JDG-004", format!("\"{}\" is not {what}{hint}", **name));
    Machine::Ec2ByDimension
}

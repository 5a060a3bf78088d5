//! A heartbeat that is missing: a host gone, as against a host stopped on purpose, and an agent dead on a live host.
//!
//! What was never heard is unknown, not gone: a rule for a host that does not exist yet wakes nobody.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::inputs::{Host, Inputs};
use crate::judge::Role;
use crate::points::{Time, View};
use crate::sheet::{At, Faults, Seconds};
use crate::verdict::{Fact, Reason, Verdict};

pub const HEARTBEAT: &str = "heartbeat";

/// The keys of `judge = "silent"`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// Silent for longer than this, it is gone. "5m" where not said; points of CloudWatch may come 2 minutes late.
    pub after: Option<At<Seconds>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    pub after_s: u64,
}

const AFTER_S: u64 = 300;
/// A host forgotten for longer than `ListMetrics` remembers.
const AFTER_MAX_S: u64 = 14 * 86_400;

/// Changes only when the silence begins and ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    heard: bool,
    /// The end of the last period heard, once it is silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<Time>,
}

impl Raw {
    pub fn check(self, _: Range<usize>, faults: &mut Faults) -> Settings {
        if let Some(after) = self.after.as_ref().filter(|after| !(1..=AFTER_MAX_S).contains(&after.0)) {
            faults.add(after.span.clone(), "SG-JDG-052", "a silence is at least 1s and at most 14d long");
        }
        Settings { after_s: self.after.map_or(AFTER_S, |after| after.0) }
    }
}

pub fn roles(_: &Settings) -> Vec<Role> {
    vec![Role::required(HEARTBEAT, "SampleCount")]
}

pub fn reach_s(settings: &Settings, period_s: u32) -> u64 {
    settings.after_s + 3 * u64::from(period_s)
}

pub fn judge(settings: &Settings, memory: Memory, inputs: &Inputs<'_>, now: Time) -> (Memory, Verdict) {
    let points = inputs.one(HEARTBEAT).unwrap_or(View::empty(60));
    let newest = points.newest().map(|(start, _)| start.saturating_add(Time::from(points.period_s())));
    if let Some(last) = newest.filter(|last| now <= last.saturating_add_unsigned(settings.after_s)) {
        let reason = Reason::new("silent.heard").with("silent_for", since(now, last));
        return (Memory { heard: true, last: None }, Verdict::fine(reason));
    }
    let memory = Memory { heard: memory.heard || newest.is_some(), last: newest.or(memory.last).map(|at| at.min(now)) };
    if !memory.heard {
        return (memory, Verdict::unknown(Reason::new("silent.never_heard")));
    }
    let (key, fires) = match inputs.host_state() {
        Host::Stopped => ("silent.stopped_on_purpose", false),
        Host::Running => ("silent.host_runs", true),
        Host::Unknown => ("silent.gone", true),
    };
    let mut reason = Reason::new(key).with("limit", Fact::DurationS(settings.after_s as f64));
    if let Some(last) = memory.last {
        reason = reason.with("silent_for", since(now, last));
    }
    (memory, if fires { Verdict::firing(reason) } else { Verdict::fine(reason) })
}

fn since(now: Time, then: Time) -> Fact {
    Fact::DurationS(now.saturating_sub(then).max(0) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::Input;
    use crate::points::Points;
    use crate::series::Dimensions;

    const DAY: Time = 86_400;

    /// Heard from `from` to `to`; judged at each of `at`, the memory carried along.
    fn keys(from: Time, to: Time, host: Host, at: &[Time]) -> Vec<&'static str> {
        let points = Points::new(from, 60, vec![1.0; usize::try_from((to - from) / 60).unwrap()]);
        let dimensions = Dimensions::default();
        let mut memory = Memory::default();
        let step = |now: &Time| {
            let seen = points.view().since(now - 600);
            let series = [Input { role: HEARTBEAT, dimensions: &dimensions, points: seen }];
            let inputs = Inputs::new(*now, &series).host(host);
            let (after, verdict) = judge(&Settings { after_s: 300 }, memory, &inputs, *now);
            memory = after;
            verdict.reason.key
        };
        at.iter().map(step).collect()
    }

    #[test]
    fn gone_or_stopped_or_never_there() {
        let at = [-60, 600, 900, 901, DAY];
        assert_eq!(
            keys(0, 600, Host::Unknown, &at),
            ["silent.never_heard", "silent.heard", "silent.heard", "silent.gone", "silent.gone"]
        );
        assert_eq!(keys(0, 600, Host::Stopped, &[600, DAY]), ["silent.heard", "silent.stopped_on_purpose"]);
        assert_eq!(keys(0, 600, Host::Running, &[600, DAY]), ["silent.heard", "silent.host_runs"]);
    }

    #[test]
    fn it_comes_back() {
        assert_eq!(keys(0, 600, Host::Unknown, &[600, 2_000, 600]), ["silent.heard", "silent.gone", "silent.heard"]);
    }
}

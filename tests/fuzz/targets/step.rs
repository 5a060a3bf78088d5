//! Points, clocks and memories through every judge: whatever comes, a clear verdict and a memory that can be read again.
//!
//! An input is a small program: its first byte chooses a rule, then each byte is an operation with its operands behind
//! it. What lies beyond the end reads as nothing, so every input is a program.

use std::sync::OnceLock;

use alarm::inputs::{Child, Host, Input, Inputs};
use alarm::memory::Memory;
use alarm::points::{Points, Time};
use alarm::rules::{Rule, Rules};
use alarm::series::Dimensions;
use alarm::step::step as step_once;
use alarm::verdict::{Fact, State, Verdict};

/// A rule for each judge, and some of several settings.
const RULES: &str = r#"
[[alarm]]
name = "threshold"
metric = "m"
above = 80
clear = 75
points = "3 of 5"
hold = "5m"

[[alarm]]
name = "both edges"
metric = "m"
at_least = 1e300
at_most = -1e300
missing = "ignore"
for = "2m"

[[alarm]]
name = "math"
expression = "100 * rate(a) / b - diff(a) * fill(b, 1e308)"
above = 5
missing = "breaching"
min_events = 20
series = { a = { metric = "a" }, b = { metric = "b" } }

[[alarm]]
name = "composite"
when = "AT_LEAST(50%, NOT OK, (a, b)) AND NOT ALARM(c)"
native = ["a", "b", "c"]

[[alarm]]
name = "burst of a plan"
judge = "burst"
burst = { plan = "$12" }

[[alarm]]
name = "burst without limit"
judge = "burst"
burst = { instance_type = "t3.nano", mode = "unlimited" }

[[alarm]]
name = "burst by processor"
judge = "burst"
metric = "cpu"
burst = { baseline_percent = 20, vcpus = 2 }

[[alarm]]
name = "disk"
judge = "disk"
metric = "used"

[[alarm]]
name = "unusual"
judge = "unusual"
metric = "m"

[[alarm]]
name = "budget"
judge = "budget"
budget = { objective = 99.9 }
series = { failed = { metric = "a" }, calls = { metric = "b" } }

[[alarm]]
name = "silent"
judge = "silent"
metric = "m"

[[alarm]]
name = "log"
judge = "log"
metric = "m"
log = { above = 50 }
"#;

const START: Time = 1_800_000_000;
/// A long program is no better than several short ones.
const POINTS_MAX: usize = 2_000;
const STEPS_MAX: usize = 300;
const PERIODS_S: [u32; 4] = [60, 300, 3_600, 1];

pub(crate) fn step(data: &[u8]) {
    static RULES_READ: OnceLock<Rules> = OnceLock::new();
    let rules = RULES_READ.get_or_init(|| Rules::parse("fuzz", RULES).unwrap_or_else(|faults| panic!("{faults}")));
    let mut program = Program { rest: data };
    let first = usize::from(program.byte());
    let rule = &rules.alarms[first % rules.alarms.len()];
    let period_s = PERIODS_S[first / rules.alarms.len() % PERIODS_S.len()];
    let roles: Vec<String> = rule.watch.judge.roles().into_iter().map(|role| role.name.into_owned()).collect();
    let mut series = vec![Vec::new(); roles.len()];
    let mut at = Moment { now: START, memory: None, host: Host::Unknown, states: [State::Unknown; 3] };
    let (mut points, mut steps) = (0, 0);
    while !program.rest.is_empty() && points < POINTS_MAX && steps < STEPS_MAX {
        let operation = program.byte();
        let of = usize::from(operation >> 3) % roles.len().max(1);
        match operation % 8 {
            0 | 1 => {
                // At its time, late, early, twice: whatever the two bytes say.
                let offset = Time::from(program.short()) * if operation.is_multiple_of(8) { 1 } else { 3_600 };
                let time = at.now.saturating_add(offset);
                let value = program.value();
                points += 1;
                if let Some(series) = series.get_mut(of) {
                    series.push((time, value));
                }
            }
            2 => {
                // A run of points up to now, which rises.
                let (count, from, by) = (program.byte(), program.value(), f64::from(program.short()) / 256.0);
                points += usize::from(count);
                let run = (0..Time::from(count)).rev().map(|age| at.now.saturating_sub(age * Time::from(period_s)));
                let run = run.enumerate().map(|(n, time)| (time, from + by * n as f64));
                series.get_mut(of).into_iter().for_each(|series| series.extend(run.clone()));
            }
            3 => at.now = at.now.saturating_add(Time::from(program.short()) * 60),
            4 => at.now = program.long(),
            5 => at.memory = program.memory(),
            6 => at.host = [Host::Unknown, Host::Running, Host::Stopped][of % 3],
            _ => {
                let word = usize::from(program.byte());
                at.states = [0, 2, 4].map(|shift| [State::Fine, State::Firing, State::Unknown][(word >> shift) % 3]);
            }
        }
        at = at.step(rule, period_s, &roles, &series);
        steps += 1;
    }
}

struct Moment {
    now: Time,
    memory: Option<Memory>,
    host: Host,
    states: [State; 3],
}

impl Moment {
    fn step(self, rule: &Rule, period_s: u32, roles: &[String], series: &[Vec<(Time, f64)>]) -> Self {
        let dimensions = Dimensions::default();
        let points: Vec<_> = series.iter().map(|pairs| Points::from_pairs(period_s, pairs)).collect();
        let inputs: Vec<_> = (roles.iter().zip(&points))
            .map(|(role, points)| Input { role, dimensions: &dimensions, points: points.view() })
            .collect();
        let children = [0, 1, 2].map(|at| Child { name: ["a", "b", "c"][at], state: self.states[at] });
        let inputs = Inputs::new(self.now, &inputs).children(&children).host(self.host);
        let (memory, verdict) = step_once(&rule.watch, self.memory.clone(), &inputs);
        let again = step_once(&rule.watch, self.memory, &inputs);
        assert_eq!((&memory, &verdict), (&again.0, &again.1), "the same twice is not the same");
        is_clear(&verdict);
        let read = Memory::decode(&memory.encode()).unwrap_or_else(|error| panic!("{error}\n{memory:?}"));
        // The last bit of a fraction may be lost on the way; of states and times nothing may.
        let told = |of: &Memory| (of.state, of.since, of.episode, of.lit, of.clear);
        assert_eq!(told(&read), told(&memory), "what is written is not what is read");
        Self { memory: Some(memory), ..self }
    }
}

/// Numbers that are numbers, and intervals in their order.
fn is_clear(verdict: &Verdict) {
    assert!(verdict.value.is_none_or(f64::is_finite), "{verdict:?}");
    if let Some(left) = verdict.time_left {
        assert!(0.0 <= left.low_s && left.low_s <= left.likely_s && left.likely_s <= left.high_s, "{verdict:?}");
    }
    for (name, fact) in verdict.reason.facts.iter() {
        let (Fact::Number(number) | Fact::Percent(number) | Fact::DurationS(number) | Fact::Money(number)) = fact
        else {
            continue;
        };
        assert!(!number.is_nan(), "{name}: {verdict:?}");
    }
}

struct Program<'a> {
    rest: &'a [u8],
}

impl<'a> Program<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(count.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        let taken = self.take(N);
        std::array::from_fn(|at| taken.get(at).copied().unwrap_or(0))
    }

    fn byte(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    fn short(&mut self) -> i16 {
        i16::from_le_bytes(self.array())
    }

    fn long(&mut self) -> i64 {
        i64::from_le_bytes(self.array())
    }

    /// Mostly one that is met with; else any bits at all, NaN and the infinities among them.
    fn value(&mut self) -> f64 {
        match self.byte() {
            usual @ 0..=200 => f64::from(usual),
            201..=220 => f64::from(self.short()),
            221 => f64::NAN,
            222 => f64::INFINITY,
            223 => f64::NEG_INFINITY,
            224 => f64::MAX,
            225 => f64::MIN_POSITIVE,
            226 => -0.0,
            _ => f64::from_bits(self.long().cast_unsigned()),
        }
    }

    /// What somebody else wrote where ours is kept.
    fn memory(&mut self) -> Option<Memory> {
        let length = usize::from(self.short().cast_unsigned());
        Memory::decode(std::str::from_utf8(self.take(length)).ok()?).ok()
    }
}

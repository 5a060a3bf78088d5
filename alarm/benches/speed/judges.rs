//! Each judge, calm and in trouble, stepped with each new point as the agent does, its memory carried along.

use std::hint::black_box;

use alarm::inputs::{Child, Input, Inputs};
use alarm::points::{Points, Time};
use alarm::rules::Rules;
use alarm::series::Dimensions;
use alarm::verdict::State;

use super::clock::Clock;
use super::{noise, row, rules};

/// Which values a series has, by the number of its point.
type Shape = fn(usize) -> f64;

struct Case {
    name: &'static str,
    rule: &'static str,
    /// The series by their roles.
    series: &'static [(&'static str, Shape)],
    steps: usize,
}

const fn case(name: &'static str, rule: &'static str, series: &'static [(&'static str, Shape)], steps: usize) -> Case {
    Case { name, rule, series, steps }
}

const STEPS: usize = 1_000_000;
/// For judges that must see days before they have anything to say.
const STEPS_SLOW: usize = 400_000;

const BUDGET: &str = "judge = 'budget'\nbudget = { objective = 99.9 }\n\
                      series = { failed = { metric = 'm' }, calls = { metric = 'n' } }";
const BURST: &str = "judge = 'burst'\nburst = { plan = '$12' }";

const CASES: &[Case] = &[
    case("threshold, 1 of 1", "metric = 'm'\nabove = 99.5", &[("value", noise)], 3 * STEPS),
    case("threshold, 3 of 5", "metric = 'm'\nabove = 99.5\npoints = '3 of 5'", &[("value", noise)], 3 * STEPS),
    case("threshold, 3 of 5, firing", "metric = 'm'\nabove = 5\npoints = '3 of 5'", &[("value", noise)], 3 * STEPS),
    case(
        "math, `100 * a / b`, 3 of 5",
        "expression = '100 * a / b'\nabove = 9e4\npoints = '3 of 5'\nseries = { a = { metric = 'm' }, b = { metric = 'n' } }",
        &[("a", noise), ("b", noise)],
        STEPS,
    ),
    case("composite, two children", "when = 'ALARM(a) AND NOT OK(b)'\nnative = ['a', 'b']", &[], STEPS),
    case("burst, idle", BURST, &[("balance", |_| 17_280.0), ("cpu", |_| 5.0)], STEPS_SLOW),
    case("burst, draining", BURST, &[("balance", |slot| 17_280.0 - (slot % 200) as f64), ("cpu", noise)], STEPS_SLOW),
    case("disk", "judge = 'disk'\nmetric = 'm'", &[("used", |slot| 40.0 + (slot % 97) as f64 / 10.0)], STEPS_SLOW),
    case("disk, filling", "judge = 'disk'\nmetric = 'm'", &[("used", |slot| slot as f64 / 4_500.0)], STEPS_SLOW),
    case("unusual", "judge = 'unusual'\nmetric = 'm'", &[("value", noise)], STEPS_SLOW),
    case("unusual, with jumps", "judge = 'unusual'\nmetric = 'm'", &[("value", jumps)], STEPS_SLOW),
    case("budget, calm", BUDGET, &[("failed", |_| f64::NAN), ("calls", |_| 100.0)], STEPS_SLOW),
    case("budget, burning for days", BUDGET, &[("failed", |_| 0.15), ("calls", |_| 100.0)], STEPS_SLOW),
    case("budget, outage", BUDGET, &[("failed", |_| 50.0), ("calls", |_| 100.0)], STEPS_SLOW),
    case("silent", "judge = 'silent'\nmetric = 'm'", &[("heartbeat", noise)], STEPS),
    case("log, rates and new kinds", "judge = 'log'\nmetric = 'm'\nlog = { above = 50 }", &[("count", noise)], STEPS),
];

/// Traffic with an hour of trouble every second day.
fn jumps(slot: usize) -> f64 {
    if slot % 2_880 > 2_820 { 500.0 } else { noise(slot) }
}

/// Points that came in a second of one core, and what is remembered of the series.
pub(crate) fn measure(of: &str) {
    row(&["judge", "points a second", "asked", "a step", "remembered, written as text"]);
    row(&["---", "---", "---", "---", "---"]);
    for case in CASES.iter().filter(|case| case.name.starts_with(of)) {
        case.measure();
    }
}

impl Case {
    fn measure(&self) {
        let rules = rules(&format!("[[alarm]]\nname = 'x'\n{}\n", self.rule));
        let period = rules.alarms[0].period_s;
        let series = self.series.iter().enumerate();
        let points: Vec<_> =
            series.map(|(at, (_, shape))| Points::new(0, period, (0..self.steps).map(|n| shape(n + at)))).collect();
        let (took, bytes) = self.play(&rules, &points);
        let step_ns = took / self.steps as f64 * 1e9;
        // A composite reads no points: its children's states stand for them.
        let read = if points.is_empty() { 2 } else { points.len() };
        let rate = read as f64 * 1e3 / step_ns;
        let asked = if self.name.starts_with("threshold") { "10 million" } else { "1 million" };
        row(&[self.name, &format!("{rate:.1} million"), asked, &format!("{step_ns:.0} ns"), &format!("{bytes} B")]);
    }

    /// Seconds, and the size of the largest memory.
    fn play<'a>(&self, rules: &Rules, points: &'a [Points]) -> (f64, usize) {
        let rule = &rules.alarms[0];
        let period = Time::from(rule.period_s);
        let dimensions = Dimensions::default();
        let children = ["a", "b"].map(|name| Child { name, state: State::Firing });
        let read = self.series.iter().zip(points);
        let input = |((role, _), points): (&(&'static str, Shape), &'a Points)| Input {
            role,
            dimensions: &dimensions,
            points: points.view(),
        };
        let series: Vec<_> = read.map(input).collect();
        let (mut memory, mut largest) = (None, 0);
        let clock = Clock::start();
        for step in 1..=self.steps as Time {
            let inputs = Inputs::new(step * period, &series).children(&children);
            let (after, verdict) = alarm::step::step(&rule.watch, memory, &inputs);
            black_box(verdict);
            if step % 50_000 == 0 {
                largest = largest.max(after.encode().len());
            }
            memory = Some(after);
        }
        (clock.seconds(), largest)
    }
}

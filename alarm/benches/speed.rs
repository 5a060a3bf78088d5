//! How fast the judges are, on one core: `cargo bench -p alarm --bench speed`.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark reads the clock and prints")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use alarm::inputs::{Input, Inputs};
use alarm::points::{Points, Time, View};
use alarm::rehearse::{History, backtest};
use alarm::round::{World, bind, judge};
use alarm::rules::{Rules, Statistic};
use alarm::series::{Dimensions, Series};

/// Deterministic noise around 50, one point in a hundred missing.
fn values(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(2) + 1;
    let roll = move |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let roll = (state >> 33) % 1_000;
        if roll < 10 { f64::NAN } else { roll as f64 / 10.0 }
    };
    (0..count).map(roll).collect()
}

fn rules(text: &str) -> Rules {
    Rules::parse("bench", text).unwrap_or_else(|faults| panic!("{faults}"))
}

fn main() {
    judges();
    many_series();
    month();
}

/// Each judge steps through a series point by point, its memory carried along.
fn judges() {
    let cases = [
        ("threshold 3 of 5", "metric = 'm'\nabove = 99.5\npoints = '3 of 5'", &["value"][..], 2_000_000),
        ("threshold 1 of 1", "metric = 'm'\nabove = 99.5", &["value"], 2_000_000),
        (
            "math a / b",
            "expression = 'a / b'\nabove = 9\nseries = { a = { metric = 'm' }, b = { metric = 'n' } }",
            &["a", "b"],
            500_000,
        ),
        (
            "budget",
            "judge = 'budget'\nbudget = { objective = 1 }\nseries = { failed = { metric = 'm' }, calls = { metric = 'n' } }",
            &["failed", "calls"],
            200_000,
        ),
        ("silent", "judge = 'silent'\nmetric = 'm'", &["heartbeat"], 500_000),
        ("log", "judge = 'log'\nmetric = 'm'", &["count"], 500_000),
        ("composite", "when = 'ALARM(a) AND NOT OK(b)'\nnative = ['a', 'b']", &[], 500_000),
        ("burst", "judge = 'burst'\nburst = { plan = '$12' }", &["balance", "cpu"], 200_000),
    ];
    for (name, text, roles, count) in cases {
        let rules = rules(&format!("[[alarm]]\nname = 'x'\n{text}\n"));
        let rule = &rules.alarms[0];
        let period = Time::from(rule.period_s);
        let points: Vec<_> =
            (1..=roles.len()).map(|seed| Points::new(0, rule.period_s, values(count, seed as u64))).collect();
        let dimensions = Dimensions::default();
        let reach = rule.reach_s() + u64::from(rule.period_s);
        let began = Instant::now();
        let (mut memory, mut fired) = (None, 0_usize);
        for step in 1..=count as Time {
            let now = step * period;
            let series: Vec<Input<'_>> = roles
                .iter()
                .zip(&points)
                .map(|(role, points)| Input {
                    role,
                    dimensions: &dimensions,
                    points: points.view().since(now.saturating_sub_unsigned(reach)),
                })
                .collect();
            let (after, verdict) = rule.watch.judge.judge(memory, &Inputs::new(now, &series), now);
            fired += usize::from(verdict.state == alarm::verdict::State::Firing);
            memory = Some(after);
        }
        let took = began.elapsed().as_secs_f64();
        let rate = count as f64 / took / 1e6;
        println!(
            "{name:20} {rate:8.2} million points/s   ({:.0} ns a step, {fired} firing)",
            took / count as f64 * 1e9
        );
    }
}

struct Fleet(Vec<Points>);

impl World for Fleet {
    fn points(&self, series: usize, _: &Statistic, _: u32) -> Option<View<'_>> {
        self.0.get(series).map(Points::view)
    }
}

fn many_series() {
    const COUNT: usize = 100_000;
    let rules = rules("[[alarm]]\nname = 'cpu'\nmetric = 'cpu'\nabove = 99.8\npoints = '3 of 5'\n");
    let named = |n: usize| {
        let dimensions = [("host", format!("web-{n}"))].into_iter().collect();
        Series { namespace: "N".to_owned(), name: "cpu".to_owned(), dimensions }
    };
    let available: Vec<_> = (0..COUNT).map(named).collect();
    let fleet = Fleet((0..COUNT).map(|n| Points::new(0, 60, values(10, n as u64))).collect());
    let began = Instant::now();
    let bounds = bind(&rules, &available, &[]);
    println!("bind {COUNT} series      {:.3} s", began.elapsed().as_secs_f64());
    let first = judge(&rules, &bounds, &[], &available, &fleet, 540);
    let bytes: usize = first.iter().map(|it| it.memory.encode().len()).sum();
    let memories: Vec<_> = first.into_iter().map(|it| Some(it.memory)).collect();
    let began = Instant::now();
    let second = judge(&rules, &bounds, &memories, &available, &fleet, 600);
    let took = began.elapsed().as_secs_f64();
    println!("step {COUNT} series      {took:.3} s   ({} bytes of memory each)", bytes / COUNT);
    black_box(second);
}

fn month() {
    let rules = rules("[[alarm]]\nname = 'cpu'\nmetric = 'cpu'\nabove = 99.8\npoints = '3 of 5'\n");
    let one = |n: usize| {
        let dimensions = [("host", format!("web-{n}"))].into_iter().collect();
        let series = Series { namespace: "N".to_owned(), name: "cpu".to_owned(), dimensions };
        History { series, statistic: None, points: Points::new(0, 60, values(30 * 1_440, n as u64)) }
    };
    let history: Vec<_> = (0..100).map(one).collect();
    let began = Instant::now();
    let report = backtest(&rules, &history, BTreeMap::new(), 60);
    let took = began.elapsed().as_secs_f64();
    println!(
        "backtest 100 x 30 d   {took:.3} s   ({} moments, {} episodes, {} notices)",
        report.moments,
        report.episodes.len(),
        report.notices.len()
    );
}

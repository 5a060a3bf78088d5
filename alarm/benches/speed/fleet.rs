//! Many series at one moment, one month of some, and rules as many and as deep as nobody writes them.

use std::collections::BTreeMap;
use std::hint::black_box;

use alarm::points::{Points, View};
use alarm::rehearse::{History, backtest};
use alarm::round::{World, bind, judge};
use alarm::rules::{Rules, Statistic};
use alarm::series::Series;

use super::clock::Clock;
use super::{noise, row, rules};

const FLEET: usize = 100_000;
const MONTH_SERIES: usize = 100;

pub(crate) fn measure() {
    row(&["what", "took", "asked"]);
    row(&["---", "---", "---"]);
    step_all();
    month();
    many_rules();
    deep_composite();
}

fn cpu_rule() -> Rules {
    rules("[[alarm]]\nname = 'cpu'\nmetric = 'cpu'\nabove = 99.8\npoints = '3 of 5'\n")
}

fn series(number: usize) -> Series {
    let dimensions = [("host", format!("web-{number}"))].into_iter().collect();
    Series { namespace: "N".to_owned(), name: "cpu".to_owned(), dimensions }
}

fn points(number: usize, count: usize) -> Points {
    Points::new(0, 60, (0..count).map(|slot| noise(slot + number * 7_919)))
}

struct Fleet(Vec<Points>);

impl World for Fleet {
    fn points(&self, series: usize, _: &Statistic, _: u32) -> Option<View<'_>> {
        self.0.get(series).map(Points::view)
    }
}

fn step_all() {
    let rules = cpu_rule();
    let available: Vec<_> = (0..FLEET).map(series).collect();
    let fleet = Fleet((0..FLEET).map(|number| points(number, 10)).collect());
    let clock = Clock::start();
    let bounds = bind(&rules, &available, &[]);
    row(&["100,000 series bound to a rule", &seconds(clock.seconds()), ""]);
    let first = judge(&rules, &bounds, &[], &available, &fleet, 540);
    let bytes: usize = first.iter().map(|it| it.memory.encode().len()).sum();
    let memories: Vec<_> = first.iter().map(|it| Some(&it.memory)).collect();
    let clock = Clock::start();
    let second = judge(&rules, &bounds, &memories, &available, &fleet, 600);
    let what = format!("100,000 series stepped, {} B of memory each", bytes / FLEET);
    row(&[&what, &seconds(clock.seconds()), "1 s"]);
    black_box(second);
}

fn month() {
    let rules = cpu_rule();
    let one = |number| History { series: series(number), statistic: None, points: points(number, 30 * 1_440) };
    let history: Vec<_> = (0..MONTH_SERIES).map(one).collect();
    let clock = Clock::start();
    let report = backtest(&rules, &history, BTreeMap::new(), 60);
    let what = format!("30 days of 100 series by the minute played through ({} moments)", report.moments);
    row(&[&what, &seconds(clock.seconds()), "1 s"]);
}

/// Names of ten scripts, as long as a file of 4 MiB allows for so many.
fn many_rules() {
    let letters: Vec<char> =
        "aZ9 .\u{e9}\u{df}\u{436}\u{5d0}\u{645}\u{915}\u{c18}\u{4e2d}\u{30ab}\u{ac00}\u{1f525}".chars().collect();
    let rule = |number: usize| {
        let name: String = (0..93).map(|at| letters[(number + at) % letters.len()]).collect();
        format!("[[alarm]]\nname = 'n{number:06}{name}'\nmetric = 'm{number}'\nabove = 80\n")
    };
    let text: String = (0..10_000).map(rule).collect();
    let clock = Clock::start();
    let read = rules(&text);
    row(&["10,000 rules with names of 100 characters read", &seconds(clock.seconds()), ""]);
    judged(&read, "10,000 rules without a point bound and judged");
}

/// Each composite stands on the one before.
fn deep_composite() {
    let rule = |level: usize| format!("[[alarm]]\nname = 'level {level}'\nwhen = 'ALARM(\"level {}\")'\n", level - 1);
    let mut text: String = (1..=500).rev().map(rule).collect();
    text.push_str("[[alarm]]\nname = 'level 0'\nmetric = 'm'\nabove = 80\n");
    let clock = Clock::start();
    let read = rules(&text);
    row(&["500 composites, each on the one before, read", &seconds(clock.seconds()), ""]);
    judged(&read, "500 composites bound and judged");
}

fn judged(rules: &Rules, what: &str) {
    let clock = Clock::start();
    let bounds = bind(rules, &[], &[]);
    black_box(judge(rules, &bounds, &[], &[], &Fleet(Vec::new()), 600));
    row(&[what, &seconds(clock.seconds()), ""]);
}

fn seconds(took: f64) -> String {
    format!("{took:.3} s")
}

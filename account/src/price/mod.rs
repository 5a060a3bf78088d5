//! What a month of judging costs: the plan's own calls, counted, at list price (facts/cloudwatch.md, Price; us-east-1).
//!
//! What no plan can know (how often something happens, how long an answer takes) is an assumption with a name, and is
//! said beside the sum.

mod fleet;

use std::collections::BTreeMap;

use alarm::judge::Kind;
use alarm::round::{Bound, bind, needs};
use alarm::rules::{Rule, Rules, Statistic};

pub use fleet::{Counts, Fleet, HOST_DIMENSIONS};

use crate::plan::{self, LIGHTSAIL};
use crate::shard::BUCKETS;

/// A month in all our sums.
pub const MONTH_S: f64 = 43_200.0 * 60.0;
/// Of one metric that is asked for; up to five statistics of it are one.
const METRIC_READ: f64 = 0.01 / 1_000.0;
const STATISTICS_OF_ONE: usize = 5;
/// Of one call to CloudWatch that is not billed by the metric.
const CLOUDWATCH_CALL: f64 = 0.01 / 1_000.0;
const CUSTOM_METRIC: f64 = 0.30;
/// A write unit is 1 KB, a read unit 4 KB.
const WRITE_UNIT: f64 = 0.625 / 1e6;
const READ_UNIT: f64 = 0.125 / 1e6;
const LAMBDA_REQUEST: f64 = 0.20 / 1e6;
const GB_SECOND: f64 = 0.000_013_333_4;
const PUBLISH: f64 = 0.50 / 1e6;
const MAIL: f64 = 2.0 / 100_000.0;
const SCHEDULED: f64 = 1.0 / 1e6;
/// Of EventBridge, an event of one's own of up to 64 KB.
const EVENT: f64 = 1.0 / 1e6;
const LOG_GB: f64 = 0.50;

/// `Lambda` lists what exists this often.
pub const LISTED_S: u32 = 300;
/// Of the list that shards share: bytes a series, deflated (`listing`); the head; sections that differ from one list to the
/// next, where a host comes or goes each time.
const LISTED_BYTES: f64 = 15.0;
const HEAD_KB: f64 = 8.0;
const SECTIONS_CHANGED: f64 = 10.0;
/// Series of one page of `ListMetrics`.
const LISTED_PAGE: f64 = 500.0;
/// Metrics that the function says of itself, billed as custom ones.
pub const OWN_METRICS: usize = 11;
/// What a rule that learns writes of one combination, once an hour: a model of `unusual` has 3 KB.
const MODEL_KB: [(Kind, f64); 3] = [(Kind::Unusual, 3.0), (Kind::Disk, 1.0), (Kind::Burst, 0.5)];
/// New processes a day: the service replaces one every few hours. Each reads the whole memory.
const COLD_A_DAY: f64 = 12.0;
/// The memory of the function, and what one round takes: waiting for answers, and processor time for each series read
/// (`scripts/bench lambda`). A function has one processor for each 1,769 MB.
const MEMORY_GB: f64 = 0.128;
const WAIT_S: f64 = 0.5;
const CPU_S_A_SERIES: f64 = 1.0 / 10_000.0;
const GB_A_PROCESSOR: f64 = 1.769;
/// One line of the log each round, with what the service writes of the invocation.
const LOG_KB: f64 = 0.6;
/// Of one incident: transitions, each a transaction (which costs twice) of a group and its story; and notices.
const TRANSITIONS: f64 = 4.0;
const NOTICES: f64 = 3.0;
const GROUP_KB: f64 = 8.0;
const STORY_KB: f64 = 4.0;

/// What the rules do not say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Life {
    pub shards: u16,
    /// Incidents a month, and people who get each notice by e-mail.
    pub incidents: f64,
    pub people: f64,
}

impl Default for Life {
    fn default() -> Self {
        Self { shards: 1, incidents: 100.0, people: 5.0 }
    }
}

/// One line of the bill.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub what: &'static str,
    pub count: f64,
    pub unit: &'static str,
    pub usd: f64,
}

/// What one rule adds. A series that several rules read is shared among them.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleCost {
    pub rule: String,
    /// Combinations that it judges, and metrics that it asks for in a month.
    pub combinations: f64,
    pub asked: f64,
    pub usd: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Month {
    pub lines: Vec<Line>,
    /// The dearest first.
    pub rules: Vec<RuleCost>,
    /// Series that are read, and calls of GetMetricData in a month.
    pub series: f64,
    pub calls: f64,
}

impl Month {
    pub fn usd(&self) -> f64 {
        self.lines.iter().map(|line| line.usd).sum()
    }

    pub fn of(rules: &Rules, fleet: &Fleet, life: &Life) -> Self {
        let bounds = bind(rules, &fleet.series, &[]);
        let reads = Reads::of(rules, fleet, &bounds);
        let mut costs = costs(rules, fleet, &bounds, &reads);
        costs.sort_by(|one, other| other.usd.total_cmp(&one.usd).then_with(|| one.rule.cmp(&other.rule)));
        let calls = reads.calls();
        let lines = lines(rules, fleet, &reads, life, &costs);
        Self { lines, rules: costs, series: reads.series(), calls }
    }
}

/// One series at one period: what is billed once, whoever looks at it.
struct Ask {
    series: usize,
    period_s: u32,
    statistics: Vec<Statistic>,
    reach_s: u64,
    /// How many are alike, and how often a month each is asked for.
    times: f64,
    a_month: f64,
    lightsail: bool,
}

struct Reads(Vec<Ask>);

impl Reads {
    fn of(rules: &Rules, fleet: &Fleet, bounds: &[Bound]) -> Self {
        let mut asks: BTreeMap<(usize, u32), Ask> = BTreeMap::new();
        for need in needs(rules, bounds) {
            let series = &fleet.series[need.series];
            let pace_s = plan::pace_s(series, need.period_s).max(plan::PACE_S);
            let ask = asks.entry((need.series, need.period_s)).or_insert_with(|| Ask {
                series: need.series,
                period_s: need.period_s,
                statistics: Vec::new(),
                reach_s: 0,
                times: fleet.times[need.series],
                a_month: MONTH_S / f64::from(pace_s),
                lightsail: series.namespace == LIGHTSAIL,
            });
            ask.statistics.push(need.statistic);
            ask.reach_s = ask.reach_s.max(need.reach_s);
        }
        Self(asks.into_values().collect())
    }

    fn series(&self) -> f64 {
        let mut times: BTreeMap<usize, f64> = BTreeMap::new();
        times.extend(self.0.iter().map(|ask| (ask.series, ask.times)));
        times.values().sum()
    }

    fn billed(&self) -> f64 {
        self.0.iter().map(Ask::billed).sum()
    }

    /// Calls of GetMetricData: each takes so many queries, of one period and so many points.
    fn calls(&self) -> f64 {
        let mut alike: BTreeMap<(u32, u64), (f64, f64)> = BTreeMap::new();
        for ask in self.0.iter().filter(|ask| !ask.lightsail) {
            let (queries, a_month) = alike.entry((ask.period_s, ask.a_month as u64)).or_default();
            let points = ask.reach_s / u64::from(ask.period_s.max(1)) + 2;
            let most = (plan::POINTS_MAX / points.max(1)).clamp(1, plan::QUERIES_MAX as u64) as f64;
            *queries += ask.times * ask.statistics.len() as f64 / most;
            *a_month = ask.a_month;
        }
        alike.values().map(|(calls, a_month)| calls.ceil() * a_month).sum()
    }

    fn lightsail_calls(&self) -> f64 {
        self.0.iter().filter(|ask| ask.lightsail).map(|ask| ask.times * ask.a_month).sum()
    }
}

impl Ask {
    /// Metrics in a month.
    fn billed(&self) -> f64 {
        if self.lightsail {
            return 0.0;
        }
        self.times * self.a_month * self.statistics.len().div_ceil(STATISTICS_OF_ONE) as f64
    }
}

fn costs(rules: &Rules, fleet: &Fleet, bounds: &[Bound], reads: &Reads) -> Vec<RuleCost> {
    let mut readers: BTreeMap<(usize, u32), Vec<usize>> = BTreeMap::new();
    let mut combinations = vec![0.0; rules.alarms.len()];
    for bound in bounds {
        let period_s = rules.alarms[bound.rule].period_s;
        // A combination is there as often as the most numerous of its series.
        let times = bound.series.iter().map(|(_, series)| fleet.times[*series]).fold(1.0, f64::max);
        combinations[bound.rule] += times;
        for (_, series) in &bound.series {
            let of_series = readers.entry((*series, period_s)).or_default();
            if !of_series.contains(&bound.rule) {
                of_series.push(bound.rule);
            }
        }
    }
    let mut asked = vec![0.0; rules.alarms.len()];
    for ask in &reads.0 {
        let of_series = readers.get(&(ask.series, ask.period_s)).map_or(&[][..], Vec::as_slice);
        for rule in of_series {
            asked[*rule] += ask.billed() / of_series.len() as f64;
        }
    }
    let cost = |(at, rule): (usize, &Rule)| RuleCost {
        rule: rule.name.clone(),
        combinations: combinations[at],
        asked: asked[at],
        usd: asked[at] * METRIC_READ + model_kb(rule) * combinations[at] * MONTH_S / 3_600.0 * WRITE_UNIT,
    };
    rules.alarms.iter().enumerate().map(cost).collect()
}

/// What several shards write and read so that they are as one, in units a month.
struct Shared {
    written: f64,
    read: f64,
}

impl Shared {
    fn of(rules: &Rules, series: f64, life: &Life) -> Self {
        if life.shards < 2 {
            return Self { written: 0.0, read: 0.0 };
        }
        let (shards, lists) = (f64::from(life.shards), MONTH_S / f64::from(LISTED_S));
        let listed_kb = series * LISTED_BYTES / 1_000.0;
        let section_kb = (listed_kb / f64::from(BUCKETS)).max(1.0);
        // The head names each section; a page is read by the shard whose it is.
        let mut written = lists * (HEAD_KB + SECTIONS_CHANGED * section_kb * 2.0);
        let mut read = lists * (shards * HEAD_KB / 4.0 + listed_kb / 4.0);
        if !rules.watched().is_empty() || !rules.hushes.inhibits.is_empty() {
            let rounds = MONTH_S / 60.0 * shards;
            written += rounds;
            read += rounds * (shards / 4.0).ceil();
        }
        Self { written, read }
    }
}

/// Metrics that its rules become: how many groups there are, the rules do not say.
fn published(rules: &Rules) -> f64 {
    let of_rule = |rule: &Rule| 1.0 + f64::from(u8::from(rule.watch.judge.kind() == Kind::Silent));
    rules.alarms.iter().filter(|rule| rule.publish).map(of_rule).sum()
}

/// What is written hourly of one combination at rest.
fn model_kb(rule: &Rule) -> f64 {
    if !rule.watch.judge.learns() {
        return 0.0;
    }
    MODEL_KB.iter().find(|(kind, _)| *kind == rule.watch.judge.kind()).map_or(1.0, |(_, kb)| *kb)
}

fn lines(rules: &Rules, fleet: &Fleet, reads: &Reads, life: &Life, costs: &[RuleCost]) -> Vec<Line> {
    let line = |what, count: f64, unit, price: f64| Line { what, count, unit, usd: count * price };
    let rounds = MONTH_S / 60.0 * f64::from(life.shards);
    let mut names: BTreeMap<&str, f64> = BTreeMap::new();
    for (series, times) in fleet.series.iter().zip(&fleet.times).filter(|(it, _)| it.namespace != LIGHTSAIL) {
        *names.entry(&series.name).or_default() += times;
    }
    // Of several shards one lists for all.
    let pages: f64 = names.values().map(|times| (times / LISTED_PAGE).ceil()).sum();
    let lists = pages * MONTH_S / f64::from(LISTED_S);
    let shared = Shared::of(rules, names.values().sum(), life);
    let natives = rules.alarms.iter().map(|rule| rule.native.len()).sum::<usize>().div_ceil(100) as f64 * rounds;
    let of_rule = |cost: &RuleCost| rules.find(&cost.rule).map_or(0.0, |rule| model_kb(rule) * cost.combinations);
    let models = costs.iter().map(of_rule).sum::<f64>() * MONTH_S / 3_600.0;
    let notices = life.incidents * NOTICES;
    let writes = models
        + life.incidents * TRANSITIONS * 2.0 * (GROUP_KB + STORY_KB)
        + notices * (GROUP_KB + 1.0)
        + life.incidents * TRANSITIONS
        + shared.written;
    // Two small items a round; a new process reads every bucket twice, and what the models hold.
    let cold = COLD_A_DAY * 30.0;
    let read_units =
        rounds * 2.0 + cold * f64::from(BUCKETS) * 2.0 + cold * models / (MONTH_S / 3_600.0) / 4.0 + shared.read;
    let each_round = reads.0.iter().map(|ask| ask.times * ask.a_month).sum::<f64>();
    let gb_s = rounds * WAIT_S * MEMORY_GB + each_round * CPU_S_A_SERIES * GB_A_PROCESSOR;
    vec![
        line("GetMetricData", reads.billed(), "metrics asked for", METRIC_READ),
        line("ListMetrics, DescribeAlarms", lists + natives, "calls", CLOUDWATCH_CALL),
        line("Lightsail's metrics", reads.lightsail_calls(), "calls", 0.0),
        line("DynamoDB, written", writes, "units of 1 KB", WRITE_UNIT),
        line("DynamoDB, read", read_units, "units of 4 KB", READ_UNIT),
        line("Lambda, invoked", rounds, "requests", LAMBDA_REQUEST),
        line("Lambda, running", gb_s, "GB-seconds", GB_SECOND),
        line("EventBridge Scheduler", rounds, "invocations", SCHEDULED),
        line("SNS, published", notices, "notices", PUBLISH),
        line("SNS, e-mail", notices * life.people, "mails", MAIL),
        line("EventBridge, events", life.incidents * TRANSITIONS, "events", EVENT),
        line("its own metrics", OWN_METRICS as f64, "custom metrics", CUSTOM_METRIC),
        line("verdicts as metrics, one group each", published(rules), "custom metrics", CUSTOM_METRIC),
        line("its own metrics, sent", rounds, "calls", CLOUDWATCH_CALL),
        line("its log", rounds * LOG_KB / 1e6, "GB", LOG_GB),
    ]
}

#[cfg(test)]
mod tests;

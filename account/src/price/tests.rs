//! The arithmetic of a month, and that it counts the calls that the plan really makes.

use alarm::round::Need;
use alarm::series::{Dimensions, Series};

use super::*;

fn rules(text: &str) -> Rules {
    Rules::parse("x", text).unwrap_or_else(|faults| panic!("{faults}"))
}

fn month(text: &str, hosts: u64, life: &Life) -> Month {
    let rules = rules(text);
    let fleet = Fleet::imagined(&rules, &Counts { hosts, each: BTreeMap::new() });
    Month::of(&rules, &fleet, life)
}

fn close(is: f64, should: f64) {
    assert!((is - should).abs() <= should.abs() * 1e-9 + 1e-9, "{is} for {should}");
}

const TWO: &str = "[[alarm]]\nname = 'mem'\nmetric = 'mem_used_percent'\neach = ['InstanceId']\nabove = 90\n\
    [[alarm]]\nname = 'credits'\nnamespace = 'AWS/EC2'\nmetric = 'CPUCreditBalance'\nbelow = 10\n";

/// A metric asked for each minute is $0.432 a month, every five minutes $0.086 (facts/cloudwatch.md).
#[test]
fn a_metric_costs_what_the_price_list_says() {
    let month = month(TWO, 1, &Life::default());
    let usd = |name: &str| month.rules.iter().find(|it| it.rule == name).unwrap().usd;
    close(usd("mem"), 0.432);
    close(usd("credits"), 0.0864);
    assert_eq!(month.rules[0].rule, "mem");
    close(month.lines[0].usd, 0.5184);
}

#[test]
fn five_statistics_of_a_metric_are_one() {
    let one = |count: usize| {
        let names = ["Average", "Sum", "Minimum", "Maximum", "SampleCount", "p99"];
        let rule = |(at, name): (usize, &&str)| {
            format!("[[alarm]]\nname = 'r{at}'\nmetric = 'm'\nstatistic = '{name}'\nabove = 1\n")
        };
        let text: String = names[..count].iter().enumerate().map(rule).collect();
        month(&text, 1, &Life::default()).lines[0].usd
    };
    close(one(5), one(1));
    close(one(6), 2.0 * one(1));
}

#[test]
fn two_rules_share_what_both_read() {
    let text = TWO.replace(
        "[[alarm]]\nname = 'credits'\nnamespace = 'AWS/EC2'\nmetric = 'CPUCreditBalance'\nbelow = 10\n",
        "[[alarm]]\nname = 'mem-worse'\nmetric = 'mem_used_percent'\neach = ['InstanceId']\nabove = 95\n",
    );
    let month = month(&text, 10, &Life::default());
    close(month.lines[0].usd, 4.32);
    assert!(month.rules.iter().all(|rule| (rule.usd - 2.16).abs() < 1e-9), "{:?}", month.rules);
}

/// 10,000 models of 3 KB an hour are 21.6 million units, 14 dollars.
#[test]
fn models_are_paid_by_the_hour() {
    let text = "[[alarm]]\nname = 'u'\nmetric = 'm'\neach = ['InstanceId']\njudge = 'unusual'\n";
    let month = month(text, 10_000, &Life { incidents: 0.0, ..Life::default() });
    let written = month.lines.iter().find(|line| line.what == "DynamoDB, written").unwrap();
    close(written.count, 21.6e6);
    close(written.usd, 13.5);
}

#[test]
fn a_rule_that_is_published_is_a_metric_and_hosts_are_one_more() {
    let usd = |keys: &str| month(&format!("[[alarm]]\nname = 'm'\nmetric = 'm'\n{keys}\n"), 1, &Life::default()).usd();
    close(usd("above = 1\npublish = true") - usd("above = 1"), 0.30);
    close(usd("judge = 'silent'\npublish = true") - usd("judge = 'silent'"), 0.60);
}

#[test]
fn lightsail_is_free_of_charge() {
    let text = "[[alarm]]\nname = 'b'\nnamespace = 'AWS/Lightsail'\nmetric = 'CPUUtilization'\nabove = 90\n";
    let month = month(text, 10, &Life::default());
    close(month.lines[0].usd, 0.0);
    let asked = month.lines.iter().find(|line| line.what == "Lightsail's metrics").unwrap();
    close(asked.count, 10.0 * 8_640.0);
}

/// The same fleet host by host, cut by the plan that the Lambda asks by: as many calls as were counted.
#[test]
fn the_calls_are_those_of_the_plan() {
    for (lasting, hosts) in [("5m", 499_u64), ("5m", 1_201), ("3h", 1_201), ("177m", 10_000)] {
        let text =
            format!("[[alarm]]\nname = 'm'\nmetric = 'm'\neach = ['InstanceId']\nabove = 90\nfor = '{lasting}'\n");
        let counted = month(&text, hosts, &Life::default()).calls / 43_200.0;
        let rules = rules(&text);
        let one = |at| Series {
            namespace: "CWAgent".into(),
            name: "m".into(),
            dimensions: Dimensions::from_iter([("InstanceId", format!("i-{at}"))]),
        };
        let series: Vec<Series> = (0..hosts).map(one).collect();
        let needs: Vec<Need> = needs(&rules, &bind(&rules, &series, &[]));
        let made = plan::calls(needs, &series, 1_800_000_030).len() as f64;
        assert!((counted - made).abs() <= 1.0, "{hosts} hosts for {lasting}: {counted} counted, {made} made");
    }
}

#[test]
fn more_shards_cost_rounds_and_no_reads() {
    let one = month(TWO, 100, &Life::default());
    let four = month(TWO, 100, &Life { shards: 4, ..Life::default() });
    close(one.lines[0].usd, four.lines[0].usd);
    assert!(four.usd() > one.usd() && four.usd() < one.usd() + 3.5, "{} and {}", one.usd(), four.usd());
    let lists = |month: &Month| month.lines.iter().find(|it| it.what.starts_with("ListMetrics")).unwrap().count;
    close(lists(&one), lists(&four));
}

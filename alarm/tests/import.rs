//! Rules imported from `describe-alarms` decide as CloudWatch did, on generated series, against an implementation of
//! its semantics of their own; and what cannot be carried is said.

use std::collections::BTreeMap;

use alarm::points::Points;
use alarm::rehearse::{History, Player, import};
use alarm::rules::Rules;
use alarm::series::{Dimensions, Series};
use alarm::verdict::State;

/// A small generator: the series differ, the runs do not.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

const OPERATORS: [&str; 4] =
    ["GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"];
const TREATMENTS: [&str; 4] = ["missing", "ignore", "breaching", "notBreaching"];

struct Native {
    operator: &'static str,
    n: usize,
    m: usize,
    treat: &'static str,
    state: State,
    /// A breach was seen, and no good point since.
    open: bool,
}

impl Native {
    fn breaches(&self, value: f64) -> bool {
        match self.operator {
            "GreaterThanThreshold" => value > 5.0,
            "GreaterThanOrEqualToThreshold" => value >= 5.0,
            "LessThanThreshold" => value < 5.0,
            _ => value <= 5.0,
        }
    }

    /// The rules of the facts, written down as sentences: `slots` is the evaluation range, oldest first.
    fn decide(&self, slots: &[Option<f64>]) -> State {
        let real: Vec<bool> = slots.iter().flatten().map(|value| self.breaches(*value)).collect();
        let breaching = |list: &[bool]| list.iter().filter(|it| **it).count();
        if real.len() >= self.n {
            let newest = &real[real.len() - self.n..];
            return if breaching(newest) >= self.m { State::Firing } else { State::Fine };
        }
        if real.is_empty() {
            return match self.treat {
                "missing" => State::Unknown,
                "ignore" => self.state,
                "breaching" => State::Firing,
                _ => State::Fine,
            };
        }
        let filled = if self.treat == "breaching" { self.n - real.len() } else { 0 };
        if breaching(&real) + filled >= self.m {
            return State::Firing;
        }
        let all_breach = breaching(&real) == real.len();
        let oldest_age = slots.len() - slots.iter().position(Option::is_some).unwrap_or(0);
        match self.treat {
            "missing" if all_breach && oldest_age >= self.m => State::Firing,
            "ignore" if all_breach && oldest_age >= self.m => self.state,
            _ => State::Fine,
        }
    }

    /// The one difference that is meant: after a breach, only a point that does not breach ends the episode.
    fn step(&mut self, slots: &[Option<f64>]) -> State {
        let decided = self.decide(slots);
        let good_seen = slots.iter().flatten().any(|value| !self.breaches(*value)) || self.treat == "notBreaching";
        match decided {
            State::Firing => self.open = true,
            State::Fine if self.open && !good_seen => return self.state,
            State::Fine => self.open = false,
            State::Unknown => {}
        }
        self.state = decided;
        decided
    }
}

#[test]
fn parity_on_generated_series() {
    let mut dice = Dice(7);
    let mut compared = 0;
    for case in 0..400 {
        let n = 1 + dice.roll(5) as usize;
        let m = 1 + dice.roll(n as u64) as usize;
        let (operator, treat) = (OPERATORS[dice.roll(4) as usize], TREATMENTS[dice.roll(4) as usize]);
        let json = format!(
            r#"{{"MetricAlarms":[{{"AlarmName":"a","MetricName":"m","Namespace":"N","Statistic":"Average",
            "Dimensions":[{{"Name":"host","Value":"web-1"}}],"Period":60,"EvaluationPeriods":{n},
            "DatapointsToAlarm":{m},"Threshold":5.0,"ComparisonOperator":"{operator}","TreatMissingData":"{treat}"}}]}}"#
        );
        let imported = import(&json).expect("is JSON");
        assert_eq!((imported.carried, imported.left.len()), (1, 0));
        let rules = Rules::parse("imported", &imported.rules).unwrap_or_else(|faults| panic!("{faults}"));
        let gaps = dice.roll(10);
        let values: Vec<f64> =
            (0..200).map(|_| if dice.roll(10) < gaps { f64::NAN } else { 3.0 + dice.roll(5) as f64 }).collect();
        let dimensions = Dimensions::from_iter([("host", "web-1")]);
        let series = Series { namespace: "N".to_owned(), name: "m".to_owned(), dimensions };
        let history = [History { series, statistic: None, points: Points::new(0, 60, values.clone()) }];
        let mut player = Player::new(&rules, &history, BTreeMap::new());
        let mut native = Native { operator, n, m, treat, state: State::Unknown, open: false };
        for minute in 1..=values.len() {
            let from = (minute).saturating_sub(n + 2);
            let mut slots = vec![None; (n + 2).saturating_sub(minute)];
            slots.extend(values[from..minute].iter().map(|value| (!value.is_nan()).then_some(*value)));
            let expect = native.step(&slots);
            let moment = player.step(minute as i64 * 60);
            let got = moment.outcomes[0].verdict.state;
            assert_eq!(got, expect, "case {case}, minute {minute}: {operator} {m} of {n} {treat} {slots:?}");
            compared += 1;
        }
    }
    assert_eq!(compared, 80_000);
}

#[test]
fn expressions_and_composites_are_carried() {
    let json = r#"{"MetricAlarms":[
        {"AlarmName":"ratio","Metrics":[
            {"Id":"e1","Expression":"100*m1/m2","ReturnData":true},
            {"Id":"m1","MetricStat":{"Metric":{"Namespace":"N","MetricName":"failed","Dimensions":[]},"Period":60,"Stat":"Sum"},"ReturnData":false},
            {"Id":"m2","MetricStat":{"Metric":{"Namespace":"N","MetricName":"calls","Dimensions":[]},"Period":60,"Stat":"Sum"},"ReturnData":false}],
         "EvaluationPeriods":3,"DatapointsToAlarm":2,"Threshold":5,"ComparisonOperator":"GreaterThanThreshold","AlarmActions":["arn:aws:sns:x"]},
        {"AlarmName":"band","ThresholdMetricId":"ad1","EvaluationPeriods":3,"ComparisonOperator":"GreaterThanUpperThreshold"},
        {"AlarmName":"quo\"ted","MetricName":"m","Namespace":"N","Statistic":"Sum","Period":60,"EvaluationPeriods":1,"Threshold":1,"ComparisonOperator":"LessThanThreshold"}],
      "CompositeAlarms":[{"AlarmName":"both","AlarmRule":"ALARM(\"ratio\") AND NOT OK(arn:aws:cloudwatch:eu-west-1:123456789012:alarm:elsewhere)",
        "AlarmDescription":"a\nb","ActionsSuppressor":"deploying","ActionsSuppressorWaitPeriod":60,"ActionsSuppressorExtensionPeriod":180}]}"#;
    let imported = import(json).expect("is JSON");
    let rules =
        Rules::parse("imported", &imported.rules).unwrap_or_else(|faults| panic!("{faults}\n{}", imported.rules));
    let names: Vec<_> = rules.alarms.iter().map(|rule| rule.name.as_str()).collect();
    assert_eq!((names, imported.carried), (vec!["ratio", "both"], 2));
    let both = rules.find("both").expect("is there");
    assert_eq!(both.native, ["deploying", "elsewhere"]);
    assert_eq!(both.suppressor.as_ref().map(|it| (it.wait_s, it.extension_s)), Some((60, 180)));
    let left: Vec<_> = imported.left.iter().map(|(name, what)| format!("{name}: {what}")).collect();
    assert_eq!(left.len(), 3, "{left:#?}");
    assert!(left.iter().any(|it| it.starts_with("band: not carried: it follows an anomaly band")), "{left:#?}");
}

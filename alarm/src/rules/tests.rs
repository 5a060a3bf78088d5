//! Every fault with its place and code, all at once; and text from people who mean harm.

use proptest::prelude::*;

use super::*;
use crate::judge::Judge;
use crate::threshold::{Limit, Points};

fn faults(text: &str) -> Vec<String> {
    match Rules::parse("x", text) {
        Ok(_) => vec![],
        Err(faults) => faults.iter().map(|it| format!("{}:{} {}", it.place.line, it.place.column, it.code)).collect(),
    }
}

fn said(text: &str) -> String {
    Rules::parse("x", text).expect_err("has faults").to_string()
}

#[test]
fn a_useful_rule_has_four_lines() {
    let rules = Rules::parse("x", "[[alarm]]\nname = 'p99'\nmetric = 'requests'\nstatistic = 'p99'\nabove = 800\n");
    let rules = rules.unwrap_or_else(|faults| panic!("{faults}"));
    let rule = rules.find("p99").unwrap();
    let Judge::Threshold(threshold) = &rule.watch.judge else { panic!("{rule:?}") };
    assert_eq!((threshold.limit, threshold.points), (Limit::above(800.0), Points { m: 1, n: 1 }));
    assert_eq!((rule.period_s, rule.reads[0].statistic.clone()), (60, Statistic::Percentile(990)));
    assert_eq!(rules.ladder(rule).map(|ladder| ladder.name.as_str()), Some("default"));
}

/// Keys that are faulty hide no fault of another table, and cause none in their own.
#[test]
fn faults_of_the_text_and_of_its_meaning_together() {
    let text = "[[alarm]]\nname = 'a'\nmetrc = 'm'\nabve = 1\n\
        [[alarm]]\nname = 'a'\nmetric = 'm'\nabove = 1\npoints = '4 of 3'\n\
        [[alarm]]\nmetric = 'm'\n[alarm.series.x]\nmetric = 'm'\n";
    assert_eq!(
        faults(text),
        ["3:1 SG-CFG-003", "4:1 SG-CFG-003", "6:8 SG-RUL-001", "9:10 SG-RUL-004", "10:1 SG-CFG-004"]
    );
}

#[test]
fn all_faults_at_once() {
    let text = "[defaults]\nladder = 'defualt'\n\
        [[alarm]]\nname = 'a'\nmetric = 'm'\nabove = 80\nat_least = 90\nclear = 95\npoints = '4 of 3'\n\
        [[alarm]]\nname = 'a'\nmetric = 'm'\nstatistic = 'Averge'\nabove = 1\nperiod = '45s'\neach = ['x', 'x']\n\
        [[alarm]]\nname = 'b'\nexpression = 'failed / cals'\nabove = 1\nseries.calls = { metric = 'm' }\n\
        [[alarm]]\nname = 'c'\nwhen = 'ALARM(bb) AND ALRAM(a)'\n\
        [[alarm]]\nname = 'd'\njudge = 'budget'\nmetric = 'm'\nabove = 3\nladder = 'night'\n\
        [[alarm]]\nname = ''\nmetric = 'm'\n";
    assert_eq!(
        faults(text),
        [
            "2:10 SG-TEL-007",
            "7:12 SG-RUL-003",
            "8:9 SG-RUL-003",
            "9:10 SG-RUL-004",
            "11:8 SG-RUL-001",
            "13:13 SG-RUL-006",
            "15:10 SG-RUL-007",
            "16:14 SG-RUL-008",
            "18:8 SG-RUL-005",
            "18:8 SG-RUL-005",
            "21:27 SG-RUL-005",
            "24:23 SG-RUL-010",
            "26:8 SG-RUL-002",
            "29:9 SG-RUL-002",
            "30:10 SG-TEL-007",
            "32:8 SG-RUL-001",
            "32:8 SG-RUL-003",
        ]
    );
}

#[test]
fn slips_of_the_finger_are_named() {
    let text = "[[alarm]]\nname = 'a'\nmetirc = 'm'\nabove = 1\n";
    assert!(said(text).contains("did you mean `metric`"), "{}", said(text));
    let text = "[[alarm]]\nname = 'a'\nmetric = 'm'\njudge = 'treshold'\nabove = 1\n";
    assert!(said(text).contains("did you mean `threshold`"), "{}", said(text));
    let text = "[[alarm]]\nname = 'slow'\nmetric = 'm'\nabove = 1\n[[alarm]]\nname = 'c'\nwhen = 'ALARM(slwo)'\n";
    assert!(said(text).contains("7:15: SG-RUL-011") && said(text).contains("did you mean \"slow\""), "{}", said(text));
}

#[test]
fn cycles_are_refused_and_shown() {
    let rule = |name: &str, on: &str| format!("[[alarm]]\nname = '{name}'\nwhen = 'ALARM({on})'\n");
    let text = [rule("a", "b"), rule("b", "c"), rule("c", "a"), rule("outside", "a"), rule("self", "self")].concat();
    let said = said(&text);
    assert!(said.contains("it looks at itself: a -> b -> c -> a"), "{said}");
    assert!(said.contains("it looks at itself: self -> self"), "{said}");
    assert_eq!(said.lines().count(), 2, "{said}");
}

/// 500 composites, each on the one before; written in the wrong order.
#[test]
fn composites_500_deep() {
    let rule = |level| format!("[[alarm]]\nname = 'level {level}'\nwhen = 'ALARM(\"level {}\")'\n", level - 1);
    let mut text: String = (1..=500).rev().map(rule).collect();
    text += "[[alarm]]\nname = 'level 0'\nmetric = 'm'\nabove = 1\n";
    let rules = Rules::parse("x", &text).unwrap_or_else(|faults| panic!("{faults}"));
    let names: Vec<_> = rules.order.iter().map(|at| rules.alarms[*at].name.as_str()).collect();
    assert_eq!((names[0], names[500]), ("level 0", "level 500"));
}

#[test]
fn ten_thousand_rules_and_too_many() {
    let rule = |n: usize| format!("[[alarm]]\nname = 'rule {n}'\nmetric = 'm'\nabove = 1\n");
    let text: String = (0..10_000).map(rule).collect();
    assert_eq!(Rules::parse("x", &text).map(|rules| rules.alarms.len()).ok(), Some(10_000));
    let text: String = (0..=RULES_MAX).map(rule).collect();
    assert_eq!(faults(&text).len(), 1);
}

#[test]
fn names_of_255_characters_in_any_script() {
    for letter in ["x", "한", "ع", "🜁", "e\u{301}"] {
        let name: String = letter.chars().cycle().take(255).collect();
        let rule = |name: &str| format!("[[alarm]]\nname = '{name}'\nmetric = 'm'\nabove = 1\n");
        assert_eq!(faults(&rule(&name)), [""; 0]);
        assert_eq!(faults(&rule(&format!("{name}x"))), ["2:8 SG-RUL-001"]);
    }
}

#[test]
fn the_schema_is_made_of_the_same_types() {
    let schema = sheet::schema::<RawRules>();
    let alarm = schema.pointer("/$defs/RawAlarm/properties").expect("the alarm has keys");
    for key in ["name", "above", "for", "each", "burst", "suppressed_by"] {
        assert!(alarm.get(key).is_some(), "{key} is not in the schema");
    }
}

proptest! {
    /// Whatever is written: rules or faults, never a panic.
    #[test]
    fn hostile_rules_never_panic(
        name in "\\PC{0,300}", key in "(above|below|points|for|when|expression|period|each|clear|late|hold|\\PC{1,8})",
        value in "([0-9]{1,20}|'\\PC{0,40}'|-?inf|nan|1e999|\\['a', 'b'\\]|'[0-9]{1,25}[smhdw]'|'[0-9]{1,12} of [0-9]{1,12}')",
        expression in "[a-z0-9 ()+*/.,-]{0,40}",
    ) {
        let name = name.replace('\'', "");
        let _ = Rules::parse("x", &format!("[[alarm]]\nname = '{name}'\nmetric = 'm'\nabove = 1\n{key} = {value}\n"));
        let _ = Rules::parse("x", &format!("[[alarm]]\nname = 'e'\nabove = 1\nexpression = '{expression}'\n"));
    }

    #[test]
    fn hostile_text_never_panics(text in "(\\[\\[alarm\\]\\]\n|[a-z_]{1,9} = |'|\"|\n|[0-9.]+|\\PC){0,40}") {
        let _ = Rules::parse("x", &text);
    }
}

#[test]
fn what_is_known_to_come_late_is_waited_for() {
    let rules = Rules::parse("x", "[[alarm]]\nname = 'm'\nmetric = 'm'\nabove = 1\nlate = '5m'\n");
    let mut rules = rules.unwrap_or_else(|faults| panic!("{faults}"));
    let rule = &mut rules.alarms[0];
    let said_s = rule.reach_s();
    rule.expect_late(60);
    assert_eq!(rule.reach_s(), said_s, "what the rule says is the least");
    rule.expect_late(900);
    assert_eq!(rule.reach_s(), said_s + 600);
    rule.expect_late(u32::MAX);
    assert_eq!(rule.reach_s(), said_s - 300 + u64::from(LATE_MAX_S));
}

//! Trials, backtests and explanations of a small file of rules.

use std::collections::BTreeMap;

use alarm::points::Points;
use alarm::rehearse::{History, backtest, coverage, explain, failures, junit, parse_trials, rules_of};
use alarm::rules::Rules;
use alarm::series::{Dimensions, Series};
use alarm::verdict::State;

const RULES: &str = r#"
[[ladder]]
step = [{ after = "0s", tell = ["on-call"] }, { after = "30m", tell = ["department"] }]

[[alarm]]
name = "slow"
metric = "p99"
above = 800
points = "3 of 5"
clear = 500

[[alarm]]
name = "idle"
metric = "calls"
below = 1
"#;

fn rules() -> Rules {
    Rules::parse("shop.toml", RULES).unwrap_or_else(|faults| panic!("{faults}"))
}

fn tried(text: &str) -> Vec<String> {
    let rules = rules();
    let trials = parse_trials("shop.test.toml", text, &rules).unwrap_or_else(|faults| panic!("{faults}"));
    let tried: Vec<_> = trials.iter().map(|trial| trial.run(&rules)).collect();
    failures("shop.test.toml", text, &tried)
}

#[test]
fn a_trial_holds_or_says_what_was_seen() {
    let trial = |expect: &str| {
        format!(
            "[[test]]\nname = 'slow'\nseries = [{{ metric = 'p99', values = '200x5 900x40 600x5 400x9' }}]\n\
             expect = [\n{expect}\n]\n"
        )
    };
    let holds = "'at 5m: slow = fine', 'at 7m: slow = fine', 'at 8m: slow = page', 'at 9m: told on-call',\n\
                 'at 37m: not told department', 'at 39m: told department', 'at 50m: slow = firing', 'at 58m: slow = fine'";
    assert_eq!(tried(&trial(holds)), [""; 0]);
    let failed = tried(&trial("'at 8m: slow = fine',\n'at 9m: told department'"));
    assert_eq!(failed.len(), 2);
    assert!(failed[0].starts_with("shop.test.toml:5:1: slow: at 8m: slow = fine: it is page"), "{}", failed[0]);
    assert!(failed[1].ends_with("told were on-call"), "{}", failed[1]);
}

#[test]
fn faults_of_a_trial_are_placed_all_at_once() {
    let text = "[[test]]\nname = 'x'\nseries = [{ metric = 'p99', values = '1 2z' }]\n\
                expect = ['at 5m: slwo = page',\n'in 5m: slow = page',\n'at 5m: slow = pgae']\n";
    let said = parse_trials("t", text, &rules()).expect_err("has faults").to_string();
    let codes: Vec<_> = said.lines().map(|line| line.split(": ").take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(codes, ["t:3:41 SG-TRY-003", "t:4:11 SG-TRY-002", "t:5:1 SG-TRY-002", "t:6:1 SG-TRY-002"]);
    assert!(said.contains("did you mean `slow`") && said.contains("did you mean `page`"), "{said}");
    assert_eq!(rules_of("a/shop.test.toml", text), "shop.toml");
}

#[test]
fn coverage_and_junit() {
    let rules = rules();
    let text =
        "[[test]]\nname = 'a <b>'\nseries = [{ metric = 'p99', values = '1x9' }]\nexpect = ['at 5m: slow = page']\n";
    let trials = parse_trials("t", text, &rules).unwrap_or_else(|faults| panic!("{faults}"));
    let tried: Vec<_> = trials.iter().map(|trial| trial.run(&rules)).collect();
    let found = coverage(&rules, &tried);
    assert_eq!((found.untouched, found.never_fired), (vec!["idle".to_owned()], vec!["slow".to_owned()]));
    let xml = junit(&[("t".to_owned(), tried)]);
    assert!(xml.contains("tests=\"1\" failures=\"1\"") && xml.contains("a &lt;b&gt;"), "{xml}");
}

fn history(name: &str, values: Vec<f64>) -> History {
    let series = Series { namespace: String::new(), name: name.to_owned(), dimensions: Dimensions::default() };
    History { series, statistic: None, points: Points::new(0, 60, values) }
}

#[test]
fn a_backtest_says_what_would_have_been_sent() {
    let values = (0..200).map(|minute| if (60..120).contains(&minute) { 900.0 } else { 200.0 }).collect();
    let report = backtest(&rules(), &[history("p99", values)], BTreeMap::new(), 60);
    assert_eq!(report.moments, 200);
    let episodes: Vec<_> = report.episodes.iter().map(|it| (it.key.to_string(), it.from, it.to)).collect();
    assert_eq!(episodes, [("slow".to_owned(), 63 * 60, Some(123 * 60))]);
    let sent: Vec<_> = report.notices.iter().map(|it| (it.at / 60, it.to.join(","))).collect();
    let expect = [(63, "on-call"), (93, "department"), (123, "on-call,department")];
    assert_eq!(sent, expect.map(|(at, to)| (at, to.to_owned())));
}

#[test]
fn why_it_did_not_fire() {
    let slow = history("p99", vec![900.0, 900.0, 200.0, 200.0]);
    let why = explain(&rules(), "slow", &[slow], BTreeMap::new(), None, 60).expect("is known");
    let [one] = &why[..] else { panic!("{why:?}") };
    assert_eq!(one.state, State::Fine);
    assert!(one.notes.iter().any(|note| note.contains("2 of 5 points breach; it takes 3: 1 more")), "{one:#?}");

    let why = explain(&rules(), "slow", &[history("p98", vec![1.0])], BTreeMap::new(), None, 60).expect("is known");
    assert!(why[0].notes.iter().any(|note| note.contains("there is `p98`")), "{why:#?}");

    let rules_each = RULES.replace("metric = \"p99\"", "metric = \"p99\"\neach = [\"host\"]");
    let rules_each = Rules::parse("shop.toml", &rules_each).unwrap_or_else(|faults| panic!("{faults}"));
    let why =
        explain(&rules_each, "slow", &[history("p99", vec![900.0])], BTreeMap::new(), None, 60).expect("is known");
    assert_eq!(why[0].reason.key, "explain.no_series");
    assert!(why[0].notes.iter().any(|note| note.contains("every dimension of `each`: host")), "{why:#?}");

    let near = explain(&rules(), "slw", &[], BTreeMap::new(), None, 60).expect_err("is not known").near;
    assert_eq!(near.as_deref(), Some("slow"));
}

//! Rules, series and a moment: which combinations there are, and what they come to.

use super::*;
use crate::grade::Grade;

/// A world of series with their points; every statistic is the same.
struct Little {
    points: Vec<Points>,
    native: Vec<(&'static str, State)>,
    elsewhere: Vec<(Key, State)>,
}

impl World for Little {
    fn points(&self, series: usize, _: &Statistic, _: u32) -> Option<View<'_>> {
        self.points.get(series).map(Points::view)
    }

    fn native(&self, name: &str) -> Option<State> {
        self.native.iter().find(|(known, _)| *known == name).map(|(_, state)| *state)
    }

    fn elsewhere(&self) -> &[(Key, State)] {
        &self.elsewhere
    }
}

fn series(name: &str, dimensions: &[(&str, &str)]) -> Series {
    let dimensions = dimensions.iter().copied().collect();
    Series { namespace: "Shop".to_owned(), name: name.to_owned(), dimensions }
}

/// Judges once, an hour after the epoch, each series at one constant value; says "key state grade".
fn said(text: &str, world: &[(Series, f64)], native: &[(&'static str, State)]) -> Vec<String> {
    let rules = Rules::parse("alarms.toml", text).unwrap_or_else(|faults| panic!("{faults}"));
    let available: Vec<_> = world.iter().map(|(series, _)| series.clone()).collect();
    let points = world.iter().map(|(_, value)| Points::new(0, 60, [*value; 60])).collect();
    let little = Little { points, native: native.to_vec(), elsewhere: vec![] };
    let bounds = bind(&rules, &available, &[]);
    let outcomes = judge(&rules, &bounds, &[], &available, &little, 3_600);
    let one = |outcome: &Outcome| {
        let grade = outcome.graded.map_or("-", |graded| graded.grade.name());
        format!("{} {} {grade}", bounds[outcome.bound].key, outcome.verdict.state)
    };
    outcomes.iter().map(one).collect()
}

const WEB: &[(&str, &str)] = &[("host", "web-1"), ("path", "/")];

#[test]
fn a_rule_of_four_lines_judges_each_series() {
    let rule = "[[alarm]]\nname = 'disk'\nmetric = 'used'\nabove = 80\n";
    let world = [
        (series("used", WEB), 90.0),
        (series("used", &[("host", "web-1"), ("path", "/var")]), 10.0),
        (series("other", WEB), 90.0),
    ];
    assert_eq!(said(rule, &world, &[]), ["disk{host=web-1,path=/} firing page", "disk{host=web-1,path=/var} fine -"]);
    assert_eq!(said(rule, &[], &[]), ["disk unknown -"]);
}

#[test]
fn each_makes_one_verdict_for_each_combination_and_several_series_become_one() {
    let rule = "[[alarm]]\nname = 'calls'\nmetric = 'calls'\nstatistic = 'Sum'\nabove = 50\neach = ['host']\n";
    let world = [
        (series("calls", &[("host", "a"), ("uri", "/1")]), 30.0),
        (series("calls", &[("host", "a"), ("uri", "/2")]), 30.0),
        (series("calls", &[("host", "b"), ("uri", "/1")]), 30.0),
        (series("calls", &[("uri", "/1")]), 90.0),
    ];
    // The total of all hosts is not counted again beside the hosts' own.
    assert_eq!(said(rule, &world, &[]), ["calls{host=a} firing page", "calls{host=b} fine -"]);
}

#[test]
fn a_ratio_sums_what_it_is_not_told_to_keep_apart() {
    let rule = "[[alarm]]\nname = 'failures'\nexpression = '100 * failed / calls'\nabove = 5\nimpact = 'outage'\n\
                series.failed = { metric = 'calls', dimensions = { outcome = '5*' } }\n\
                series.calls = { metric = 'calls' }\n";
    let world = [
        (series("calls", &[("outcome", "500")]), 3.0),
        (series("calls", &[("outcome", "503")]), 4.0),
        (series("calls", &[("outcome", "200")]), 93.0),
    ];
    assert_eq!(said(rule, &world, &[]), ["failures firing page"]);
}

#[test]
fn composites_come_after_their_children_and_know_native_alarms() {
    let rules = "[[alarm]]\nname = 'both'\nwhen = 'ALARM(slow) AND ALARM(\"RDS CPU\")'\nnative = ['RDS CPU']\n\
                 each = ['host']\n[[alarm]]\nname = 'slow'\nmetric = 'p99'\nabove = 1\ngrade = 'note'\n";
    let world = [(series("p99", &[("host", "a")]), 2.0), (series("p99", &[("host", "b")]), 0.0)];
    let native = [("RDS CPU", State::Firing)];
    assert_eq!(
        said(rules, &world, &native),
        ["slow{host=a} firing note", "slow{host=b} fine -", "both{host=a} firing page", "both{host=b} fine -"]
    );
    assert_eq!(said(rules, &world, &[])[2], "both{host=a} fine -");
}

#[test]
fn what_was_remembered_stays_in_sight() {
    let rules = Rules::parse("x", "[[alarm]]\nname = 'up'\njudge = 'silent'\nmetric = 'beat'\neach = ['host']\n");
    let rules = rules.unwrap_or_else(|faults| panic!("{faults}"));
    let key = Key { rule: "up".to_owned(), combination: Dimensions::from_iter([("host", "a")]) };
    assert_eq!(bind(&rules, &[], &[]), []);
    let bounds = bind(&rules, &[], std::slice::from_ref(&key));
    assert_eq!(bounds.iter().map(|bound| &bound.key).collect::<Vec<_>>(), [&key]);
}

#[test]
fn a_suppressor_keeps_people_from_being_told_and_nothing_else() {
    let rules = "[[alarm]]\nname = 'slow'\nmetric = 'p99'\nabove = 1\n\
                 suppressed_by = { alarm = 'deploying', wait = '0s' }\n\
                 [[alarm]]\nname = 'deploying'\nmetric = 'deploys'\nabove = 0\ngrade = 'note'\n";
    let rules = Rules::parse("x", rules).unwrap_or_else(|faults| panic!("{faults}"));
    let available = [series("p99", &[]), series("deploys", &[])];
    let mut little = Little {
        points: vec![Points::new(0, 60, [2.0; 60]), Points::new(0, 60, [1.0; 60])],
        native: vec![],
        elsewhere: vec![],
    };
    let bounds = bind(&rules, &available, &[]);
    let outcomes = judge(&rules, &bounds, &[], &available, &little, 3_600);
    let slow = &outcomes[1];
    assert_eq!(
        (slow.verdict.state, slow.suppressed, slow.graded.map(|graded| graded.grade)),
        (State::Firing, true, Some(Grade::Page))
    );
    little.points[1] = Points::new(0, 60, [0.0; 60]);
    let outcomes = judge(&rules, &bounds, &[], &available, &little, 3_600);
    assert!(!outcomes[1].suppressed);
}

/// What a composite looks at may be judged by somebody else: half of two hosts, of which one is here.
#[test]
fn a_child_that_is_judged_elsewhere_counts_as_one_of_here() {
    let rules = "[[alarm]]\nname = 'all'\nwhen = 'ALARM(slow)'\n\
                 [[alarm]]\nname = 'slow'\nmetric = 'p99'\nabove = 1\neach = ['host']\n";
    let rules = Rules::parse("x", rules).unwrap_or_else(|faults| panic!("{faults}"));
    assert!(rules.watched().contains("slow") && !rules.watched().contains("all"));
    let available = [series("p99", &[("host", "a")])];
    let other = Key { rule: "slow".to_owned(), combination: Dimensions::from_iter([("host", "b")]) };
    let bounds = bind(&rules, &available, &[]);
    for (state, expect) in [(State::Fine, State::Fine), (State::Firing, State::Firing)] {
        let points = vec![Points::new(0, 60, [0.0; 60])];
        let little = Little { points, native: vec![], elsewhere: vec![(other.clone(), state)] };
        let outcomes = judge(&rules, &bounds, &[], &available, &little, 3_600);
        assert_eq!(outcomes[1].verdict.state, expect);
    }
}

#[test]
fn a_series_tells_where_it_is_judged_as_far_as_it_alone_can() {
    let rules = "[[alarm]]\nname = 'cpu'\nmetric = 'cpu'\nabove = 1\neach = ['host']\n\
                 [[alarm]]\nname = 'calls'\nmetric = 'calls'\nabove = 1\nservice = 'shop'\neach = []\n\
                 [[alarm]]\nname = 'slow'\nmetric = 'p99'\nabove = 1\neach = ['host']\n\
                 [[alarm]]\nname = 'all'\nwhen = 'ALARM(slow)'\n[[ladder]]\ngroup_by = ['service', 'host']\n\
                 step = [{ after = '0s', tell = ['x'] }]\n";
    let rules = Rules::parse("x", rules).unwrap_or_else(|faults| panic!("{faults}"));
    let of = |name: &str, dimensions: &[(&str, &str)]| homes(&rules, &series(name, dimensions));
    let host = [("host", "a"), ("path", "/")];
    let alone = of("cpu", &host).expect("one place");
    let bounds = bind(&rules, &[series("cpu", &host)], &[]);
    assert_eq!(alone, [bounds.iter().find(|it| it.key.rule == "cpu").unwrap().group.clone()]);
    assert!(of("calls", &host).is_some_and(|it| it.len() == 1 && it != alone));
    assert_eq!(of("cpu", &[("path", "/")]), None, "it may stand in for any host");
    assert_eq!(of("p99", &host), None, "a composite looks at it");
    assert_eq!(of("other", &host), Some(vec![]), "nobody looks at it");
}

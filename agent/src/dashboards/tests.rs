//! The documented structure, written down a second time and held against every dashboard.

use alarm::rules::Rules;
use serde_json::Value;

use super::{Site, render};

fn site(rules: &Rules) -> Site<'_> {
    Site {
        name: "shop",
        region: "ap-northeast-2",
        host_namespace: "CWAgent",
        own_namespace: "Stormglass",
        host: "InstanceId",
        stack: "stormglass",
        log_groups: &[],
        rules,
    }
}

fn rules(text: &str) -> Rules {
    Rules::parse("alarms.toml", text).expect("is sound")
}

fn widgets(body: &Value) -> &Vec<Value> {
    body["widgets"].as_array().expect("must be there")
}

fn number(widget: &Value, name: &str) -> u64 {
    widget[name].as_u64().unwrap_or_else(|| panic!("{name} is no whole number: {widget}"))
}

/// What the service would refuse.
fn sound(name: &str, body: &Value) {
    assert!(name.len() <= 255 && name.chars().all(|it| it.is_ascii_alphanumeric() || "-_".contains(it)), "{name}");
    assert!((1..=500).contains(&widgets(body).len()), "{name}");
    for widget in widgets(body) {
        let (x, width, height) = (number(widget, "x"), number(widget, "width"), number(widget, "height"));
        assert!(x <= 23 && (1..=24).contains(&width) && x + width <= 24 && (1..=1000).contains(&height), "{widget}");
        let properties = &widget["properties"];
        match widget["type"].as_str().expect("a type") {
            "text" => assert!(properties["markdown"].is_string(), "{widget}"),
            "log" => assert!(properties["query"].is_string() && properties["region"].is_string(), "{widget}"),
            "metric" => metric(properties),
            other => panic!("{other}"),
        }
    }
    for (at, one) in widgets(body).iter().enumerate() {
        assert!(widgets(body)[..at].iter().all(|other| apart(one, other)), "{name}: {one} lies upon another");
    }
}

fn apart(one: &Value, other: &Value) -> bool {
    let beyond = |a: &Value, b: &Value, from: &str, size: &str| number(a, from) + number(a, size) <= number(b, from);
    let either = |from: &str, size: &str| beyond(one, other, from, size) || beyond(other, one, from, size);
    either("x", "width") || either("y", "height")
}

fn metric(properties: &Value) {
    assert!(properties["region"].is_string() && properties["title"].as_str().is_some_and(|it| !it.is_empty()));
    let lines = properties["metrics"].as_array().expect("metrics");
    assert!((1..=500).contains(&lines.len()), "{properties}");
    for line in lines {
        let line = line.as_array().expect("a list each");
        if let Some(expression) = line[0]["expression"].as_str() {
            assert!(line.len() == 1 && expression.len() <= 1024, "{expression}");
            assert_eq!(expression.matches('(').count(), expression.matches(')').count(), "{expression}");
            assert_eq!(expression.matches('"').count() % 2, 0, "{expression}");
        } else {
            let words = line.iter().take_while(|it| it.is_string()).count();
            assert!(words >= 2 && words % 2 == 0 && line.len() <= words + 1, "namespace, name, pairs: {line:?}");
        }
    }
}

fn variables(body: &Value) {
    for variable in body["variables"].as_array().into_iter().flatten() {
        let text = |name: &str| variable[name].as_str().unwrap_or_else(|| panic!("{name}: {variable}"));
        assert_eq!((text("type"), text("inputType")), ("pattern", "select"));
        assert!((1..=32).contains(&text("id").len()));
        // What it would replace is there to be replaced.
        let widgets = body["widgets"].to_string();
        assert!(widgets.matches(text("pattern")).count() >= 3, "{} changes nothing", text("pattern"));
        assert!(!text("search").is_empty() && !text("populateFrom").is_empty());
    }
}

#[test]
fn every_dashboard_is_as_documented() {
    let rules = rules(include_str!("../../../examples/alarms/shop.toml"));
    let groups = ["/stormglass/shop".to_owned()];
    let boards = render(&Site { log_groups: &groups, ..site(&rules) }).expect("within the limits");
    let names: Vec<_> = boards.iter().map(|(name, _)| name.strip_prefix("shop-").expect("the prefix")).collect();
    assert_eq!(names, ["overview", "host", "burst", "disks", "api", "redis", "errors", "itself"]);
    for (name, body) in &boards {
        sound(name, body);
        variables(body);
    }
    let has = |at: usize, word: &str| boards[at].1.to_string().contains(word);
    assert!(
        has(6, "SOURCE '/stormglass/shop'")
            && !render(&site(&rules)).expect("sound")[6].1.to_string().contains("SOURCE")
    );
    assert!(has(2, "CPUSurplusCreditsCharged") && has(1, "stormglass-chosen-host"));
}

#[test]
fn a_rule_is_shown_with_its_level_under_its_grade() {
    let rules = rules(
        "[[alarm]]\nname = 'slow'\nmetric = 'request_time'\nnamespace = 'Stormglass'\nstatistic = 'p99'\nabove = 800\n\
         clear = 500\nimpact = 'outage'\n[[alarm]]\nname = 'later'\nmetric = 'mem_used_percent'\nabove = 80\ngrade = 'note'\n",
    );
    let boards = render(&site(&rules)).expect("sound");
    let overview = widgets(&boards[0].1);
    let at =
        |word: &str| overview.iter().position(|it| it.to_string().contains(word)).unwrap_or_else(|| panic!("{word}"));
    assert!(
        at("would be a page") < at("\"slow\"")
            && at("\"slow\"") < at("would be a note")
            && at("would be a note") < at("\"later\"")
    );
    let slow = &overview[at("\"slow\"")]["properties"];
    let levels: Vec<_> =
        slow["annotations"]["horizontal"].as_array().expect("levels").iter().map(|it| &it["value"]).collect();
    assert_eq!(levels, [800.0, 500.0]);
    assert!(slow["metrics"][0][0]["expression"].as_str().is_some_and(|it| it.ends_with("'p99', 60)")), "{slow}");
}

#[test]
fn a_thousand_rules_stay_within_the_limits() {
    let text: Vec<_> = (0..1_000).map(|n| format!("[[alarm]]\nname = 'a{n}'\nmetric = 'm{n}'\nabove = 1")).collect();
    let rules = rules(&text.join("\n"));
    let boards = render(&site(&rules)).expect("bounded");
    for (name, body) in &boards {
        sound(name, body);
    }
    assert!(boards[0].1.to_string().contains("further rules have no chart here"));
}

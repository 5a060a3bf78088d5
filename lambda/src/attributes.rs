//! What stands beside a message of SNS for the filter policies of its subscriptions: grade, state, service, alarm, host.
//!
//! A notice may be about several alarms: then a policy matches if any of them does.

use account::item::Owed;
use serde_json::Value as Json;

/// Names of one attribute: SNS takes 256 KB of a message, attributes included.
const VALUES_MAX: usize = 50;
const VALUE_MAX: usize = 200;
/// Each of these of all alarms, by the label that it stands in.
const LABELS: [(&str, &[&str]); 3] =
    [("service", &["service"]), ("alarm", &["rule"]), ("host", &["host", "InstanceId", "InstanceName"])];

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Value {
    One(String),
    Many(Vec<String>),
}

/// None of them is empty: SNS refuses the message otherwise.
pub(crate) fn attributes(owed: &Owed) -> Vec<(&'static str, Value)> {
    let told: Json = serde_json::from_str(&owed.json).unwrap_or_default();
    let one = |name: &str| told[name].as_str().map(str::to_owned);
    let drill = told["drill"].as_bool().unwrap_or(false).to_string();
    let plain = [
        ("incident", Some(owed.incident.clone())),
        ("audience", Some(owed.audience.clone())),
        ("grade", one("grade")),
        ("state", one("state")),
        ("drill", Some(drill)),
    ];
    let plain = plain.into_iter().filter_map(|(name, text)| Some((name, text.filter(|text| !text.is_empty())?)));
    let mut all: Vec<_> = plain.map(|(name, text)| (name, Value::One(text))).collect();
    for (name, labels) in LABELS {
        let values = values(&told, labels);
        if !values.is_empty() {
            all.push((name, Value::Many(values)));
        }
    }
    all
}

fn values(told: &Json, labels: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let alarms = ["alarms", "over"].into_iter().filter_map(|list| told[list].as_array()).flatten();
    for alarm in alarms {
        let value = labels.iter().find_map(|label| alarm["labels"][label].as_str()).unwrap_or_default();
        let value: String = value.chars().take(VALUE_MAX).collect();
        if !value.is_empty() && !found.contains(&value) && found.len() < VALUES_MAX {
            found.push(value);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn owed(told: &Json) -> Owed {
        Owed { incident: "i-1".into(), audience: "on-call".into(), json: told.to_string(), ..Owed::default() }
    }

    #[test]
    fn of_several_alarms_each_name_once() {
        let alarm = |rule: &str, host: &str| json!({ "labels": { "rule": rule, "host": host, "service": "shop" } });
        let told = json!({ "grade": "page", "state": "firing", "drill": false,
            "alarms": [alarm("cpu", "web-1"), alarm("cpu", "web-2")], "over": [alarm("mem", "web-1")] });
        let found = attributes(&owed(&told));
        let one = |text: &str| Value::One(text.to_owned());
        let many = |texts: &[&str]| Value::Many(texts.iter().map(|it| (*it).to_owned()).collect());
        let expected = [
            ("incident", one("i-1")),
            ("audience", one("on-call")),
            ("grade", one("page")),
            ("state", one("firing")),
            ("drill", one("false")),
            ("service", many(&["shop"])),
            ("alarm", many(&["cpu", "mem"])),
            ("host", many(&["web-1", "web-2"])),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_not_there_is_left_out_and_what_is_many_is_bounded() {
        let names: Vec<_> = attributes(&owed(&json!({}))).iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["incident", "audience", "drill"]);
        let alarms: Vec<_> = (0..500).map(|at| json!({ "labels": { "host": format!("{at}") } })).collect();
        let found = attributes(&owed(&json!({ "alarms": alarms })));
        assert!(matches!(&found.last(), Some((_, Value::Many(hosts))) if hosts.len() == VALUES_MAX));
    }
}

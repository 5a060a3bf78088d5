//! Every alarm that the house brings has its runbook, and every runbook its alarm: those that are built in, those of the
//! examples and the demo, those that watch the Lambda in the account, and the Lambda's own.

use std::collections::{BTreeMap, BTreeSet};

use super::tree;

const FOLDER: &str = "docs/runbooks/";

/// The names of the rules in a text of TOML.
fn rules(text: &str) -> BTreeSet<String> {
    let file: toml::Table = text.parse().expect("TOML");
    let alarms = file.get("alarm").and_then(toml::Value::as_array).expect("alarms");
    alarms.iter().filter_map(|alarm| alarm.get("name")?.as_str().map(str::to_owned)).collect()
}

fn of_file(path: &str) -> BTreeSet<String> {
    rules(&tree::read(path))
}

/// What stands between two marks on each line that has both.
fn between(text: &str, begin: &str, end: &str) -> BTreeSet<String> {
    text.lines().filter_map(|line| Some(line.trim().split_once(begin)?.1.split_once(end)?.0.to_owned())).collect()
}

fn pages() -> impl Iterator<Item = (String, String)> {
    let files = tree::files().iter().map(|file| file.display().to_string());
    files.filter(|file| file.starts_with(FOLDER)).map(|file| (file.clone(), tree::read(&file)))
}

#[test]
fn every_alarm_has_its_runbook_and_every_runbook_its_alarm() {
    let native = between(&tree::read("infra/sam/template.yaml"), "AlarmName: !Sub \"${AWS::StackName}-", "\"");
    assert_eq!(native.len(), 6, "{native:?}");
    let watchers = tree::read("infra/terraform/watcher.tf");
    let missing: Vec<_> = native.iter().filter(|name| !watchers.contains(&format!("    {name} = {{"))).collect();
    assert!(missing.is_empty(), "the module for Terraform has no {missing:?}");

    let local = tree::read("agent/src/local/judge/rules.rs");
    let own = tree::read("lambda/src/round/own.rs");
    let mut brought = native;
    brought.extend(of_file("agent/src/local/judge/builtin.toml"));
    brought.extend(of_file("agent/src/local/demo/alarms.toml"));
    brought.extend(["shop", "ten"].iter().flat_map(|name| of_file(&format!("examples/alarms/{name}.toml"))));
    brought.extend(between(&local, "[[alarm]]\\nname = \\\"", "\\\""));
    brought.extend(between(&own, "name = \"", "\"").into_iter().filter(|name| !name.contains('{')));
    assert!(brought.contains("burst-running-out") && brought.contains("stormglass-drill"), "{brought:?}");

    let mut served = BTreeMap::new();
    for (file, text) in pages() {
        let line = text.lines().find_map(|line| line.strip_prefix("Alarms: ")).unwrap_or_default();
        let alarms: Vec<_> = line.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        assert!(!alarms.is_empty(), "{file} names no alarm");
        for alarm in alarms {
            let before = served.insert(alarm.clone(), file.clone());
            assert!(before.is_none(), "{alarm} has two pages: {file}, {before:?}");
        }
    }
    let served: BTreeSet<_> = served.into_keys().collect();
    let (lacking, idle): (Vec<_>, Vec<_>) =
        (brought.difference(&served).collect(), served.difference(&brought).collect());
    assert!(lacking.is_empty(), "no page of {FOLDER} is for {lacking:?}");
    assert!(idle.is_empty(), "no alarm is called {idle:?}");
}

#[test]
fn every_runbook_says_what_it_means_where_to_look_what_to_do_and_whom_to_call() {
    for (file, text) in pages() {
        let mut at = 0;
        for part in [
            "# ",
            "\nAlarms: ",
            "\n> **요약** ",
            "\n**What it means.**",
            "\n**Look here.**",
            "\n**Do this.**",
            "\n**Escalate** ",
        ] {
            let found = text[at..].find(part);
            at += found.unwrap_or_else(|| panic!("{file} lacks {part:?}, or has it in another place"));
        }
    }
}

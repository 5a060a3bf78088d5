//! The rules between the modules of a crate, by their text: who may name whom.

use super::tree;

/// A word, the places where it may appear, and why nowhere else.
struct Rule {
    word: &'static str,
    below: &'static str,
    only_in: &'static [&'static str],
    why: &'static str,
}

const RULES: &[Rule] = &[
    Rule { word: "aws_sdk_", below: "agent/src", only_in: &["agent/src/aws"], why: "AWS types stay in the room aws" },
    Rule { word: "aws_config", below: "agent/src", only_in: &["agent/src/aws"], why: "AWS types stay in the room aws" },
    Rule { word: "aws_smithy", below: "agent/src", only_in: &["agent/src/aws"], why: "AWS types stay in the room aws" },
    Rule { word: "aws_sdk_", below: "lambda/src", only_in: &["lambda/src/aws"], why: "AWS types stay in the room aws" },
    Rule {
        word: "std::env",
        below: "agent/src",
        only_in: &["agent/src/main.rs", "agent/src/cli"],
        why: "the environment is read in cli",
    },
    Rule {
        word: "env::var",
        below: "agent/src",
        only_in: &["agent/src/main.rs", "agent/src/cli"],
        why: "the environment is read in cli",
    },
    Rule {
        word: "ExitCode",
        below: "agent/src",
        only_in: &["agent/src/main.rs", "agent/src/cli"],
        why: "exit codes are made in cli",
    },
    Rule { word: "process::exit", below: "agent/src", only_in: &[], why: "a command returns how it ended" },
    Rule {
        word: "std::env",
        below: "lambda/src",
        only_in: &["lambda/src/main.rs"],
        why: "the environment is read in main",
    },
    Rule {
        word: "println!",
        below: "agent/src",
        only_in: &["agent/src/cli"],
        why: "results are printed in cli, events are traced",
    },
    Rule {
        word: "eprintln!",
        below: "agent/src",
        only_in: &["agent/src/cli"],
        why: "results are printed in cli, events are traced",
    },
];

/// The sources of readings. None may name another, nor what stands after the window.
const SOURCES: &[&str] = &["host", "statsd", "scrape", "redis", "sql", "probe", "access", "otlp", "exec", "put"];
const AFTER_WINDOW: &[&str] = &["window", "budget", "batch", "spool", "publish", "aws", "run", "local", "cli"];

#[test]
fn words_stay_in_their_rooms() {
    for rule in RULES {
        for (file, text) in tree::rust(rule.below) {
            if rule.only_in.iter().any(|room| file.starts_with(room)) {
                continue;
            }
            for (line, code) in tree::code(tree::shipped(&text)) {
                assert!(!code.contains(rule.word), "{file}:{line}: `{}` here: {}", rule.word, rule.why);
            }
        }
    }
}

/// The modules of its crate that a text names: `crate::window::...`, and each of `crate::{reading, window::...}`.
fn named(text: &str) -> Vec<String> {
    let code: Vec<_> = tree::code(text).map(|(_, line)| line.trim()).collect();
    let code = code.join(" ");
    let word = |from: &str| from.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut names = Vec::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            Some(group) => names.extend(outermost(group).into_iter().map(word)),
            None => names.push(word(after)),
        }
    }
    names
}

/// The parts of a group up to its closing brace, split at the commas that stand in no inner group.
fn outermost(group: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                parts.push(&group[from..at]);
                return parts;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts
}

#[test]
fn imports_are_read_in_every_form() {
    let text =
        "use crate::window::Window;\nuse crate::{\n    reading::{Reading, Space},\n    spool,\n};\n// crate::no\n";
    assert_eq!(named(text), ["window", "reading", "spool", ""]);
}

#[test]
fn a_source_knows_neither_its_neighbours_nor_its_customers() {
    for source in SOURCES {
        let texts = [tree::rust(&format!("agent/src/{source}")), tree::rust(&format!("agent/src/{source}.rs"))];
        for (file, text) in texts.concat() {
            for name in named(tree::shipped(&text)) {
                let other = SOURCES.contains(&name.as_str()) && name != *source;
                assert!(!other, "{file}: the source `{source}` names the source `{name}`");
                assert!(!AFTER_WINDOW.contains(&name.as_str()), "{file}: the source `{source}` names `{name}`");
            }
        }
    }
}

#[test]
fn main_is_a_story_of_60_lines() {
    for main in ["agent/src/main.rs", "lambda/src/main.rs"] {
        let lines = tree::read(main).lines().count();
        assert!(lines <= 60, "{main} has {lines} lines");
    }
}

#[test]
fn the_room_lists_its_modules_on_top() {
    for (file, text) in ["alarm/src", "account/src", "agent/src", "lambda/src", "load/src"].map(tree::rust).concat() {
        assert!(text.starts_with("//!"), "{file} does not begin by saying what it is (`//!`)");
    }
}

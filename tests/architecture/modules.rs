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

#[test]
fn a_source_knows_neither_its_neighbours_nor_its_customers() {
    for source in SOURCES {
        let texts = [tree::rust(&format!("agent/src/{source}")), tree::rust(&format!("agent/src/{source}.rs"))];
        for (file, text) in texts.concat() {
            for (line, code) in tree::code(tree::shipped(&text)) {
                let others = SOURCES.iter().filter(|other| *other != source).chain(AFTER_WINDOW);
                for other in others {
                    let named =
                        code.contains(&format!("crate::{other}::")) || code.contains(&format!("crate::{other};"));
                    assert!(!named, "{file}:{line}: the source `{source}` names `{other}`");
                }
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

//! Which crate may depend on which, by cargo's own word, and what `alarm` may never touch.

use std::collections::BTreeSet;

use super::tree;

/// Every package that a crate is built from (normal dependencies, all the way down).
fn built_from(package: &str) -> BTreeSet<String> {
    let args = ["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none", "--package", package];
    let listed = tree::run(env!("CARGO"), &args);
    listed.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn alarm_has_no_clock_network_randomness_or_log() {
    let refused = ["tokio", "tracing", "log", "rand", "getrandom", "fastrand", "hyper", "chrono", "time", "mio"];
    for name in built_from("alarm") {
        assert!(!refused.contains(&name.as_str()) && !name.starts_with("aws-"), "alarm is built from {name}");
    }
}

#[test]
fn the_crates_know_only_whom_they_may() {
    let ours = ["alarm", "account", "agent", "lambda", "load", "tests"];
    let may: &[(&str, &[&str])] = &[
        ("alarm", &[]),
        ("account", &["alarm"]),
        ("load", &["alarm"]),
        ("lambda", &["alarm", "account"]),
        ("agent", &["alarm", "account", "load"]),
    ];
    for (room, known) in may {
        for name in built_from(room).iter().filter(|name| ours.contains(&name.as_str()) && name != room) {
            assert!(known.contains(&name.as_str()), "{room} must not depend on {name}");
        }
    }
}

/// clippy holds these for each function call; this holds that nobody removes the ban.
#[test]
fn alarm_is_banned_from_clock_files_and_environment() {
    let banned = tree::read("alarm/clippy.toml");
    for path in
        ["std::time::SystemTime::now", "std::time::Instant::now", "std::env::var", "std::fs::read", "std::fs::write"]
    {
        assert!(banned.contains(path), "alarm/clippy.toml no longer bans {path}");
    }
    for line in tree::read("clippy.toml").lines().filter(|line| line.contains(" = ")) {
        assert!(banned.contains(line), "alarm/clippy.toml replaces clippy.toml and lacks its line: {line}");
    }
}

#[test]
fn alarm_names_no_door_to_the_world() {
    let doors = [
        "std::fs",
        "std::env",
        "std::net",
        "std::process",
        "std::io",
        "std::thread",
        "SystemTime",
        "Instant::",
        "println!",
        "async fn",
    ];
    for (file, text) in tree::rust("alarm/src") {
        for (line, code) in tree::code(tree::shipped(&text)) {
            let door = doors.iter().find(|door| code.contains(*door));
            assert!(door.is_none(), "{file}:{line}: {} in alarm", door.unwrap_or(&""));
        }
    }
}

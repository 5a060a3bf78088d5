//! Sizes are a smell, not a rule: printed, and the longest may only become shorter (tests/architecture/sizes.txt).

use std::collections::BTreeMap;

use super::tree;

const ROOMS: &[&str] = &["alarm/src", "account/src", "agent/src", "lambda/src", "load/src", "tests"];

/// Every function of a formatted file: its name and its lines, by the brace that closes at its own indentation.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<_> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let Some(after) = line.trim_start().split_once("fn ").map(|(_, after)| after) else { continue };
        let is_head = line.trim_start().starts_with("fn ")
            || ["pub ", "pub(", "async ", "const ", "unsafe "].iter().any(|word| line.trim_start().starts_with(word));
        let closes = format!("{}}}", " ".repeat(indent));
        // A declaration in a trait may run over lines, and has no body.
        let has_body = lines[start..].iter().find_map(|line| match line.trim_end().chars().last() {
            Some('{') => Some(true),
            Some(';') => Some(false),
            _ => None,
        });
        if !is_head || has_body != Some(true) {
            continue;
        }
        let length = lines[start..].iter().position(|line| *line == closes).map_or(1, |end| end + 1);
        let name: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        found.push((name, length));
    }
    found
}

fn ratchet() -> BTreeMap<String, usize> {
    let text = tree::read("tests/architecture/sizes.txt");
    let entries = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '));
    entries.map(|(length, what)| (what.to_owned(), length.parse().expect("a number"))).collect()
}

/// No function over 60 lines and no file over 400, but for those listed, which may only shrink.
#[test]
fn the_longest_only_become_shorter() {
    const FUNCTION_MAX: usize = 60;
    const FILE_MAX: usize = 400;
    let allowed = ratchet();
    let (mut all, mut faults, mut seen) = (Vec::new(), Vec::new(), Vec::new());
    for (file, text) in ROOMS.iter().flat_map(|room| tree::rust(room)) {
        let mut measured = vec![(file.clone(), text.lines().count(), FILE_MAX)];
        let functions = functions(&text).into_iter();
        measured.extend(functions.map(|(name, length)| (format!("{file}::{name}"), length, FUNCTION_MAX)));
        for (what, length, limit) in measured {
            let most = allowed.get(&what).copied().unwrap_or(limit).max(limit);
            if length > most {
                faults.push(format!("{what} has {length} lines, at most {most}"));
            }
            if allowed.contains_key(&what) && length > limit {
                seen.push(what.clone());
            }
            all.push((length, what));
        }
    }
    all.sort();
    for (length, what) in all.iter().rev().take(12) {
        println!("{length:5} {what}");
    }
    assert!(faults.is_empty(), "split them, each has more than one subject:\n{}", faults.join("\n"));
    let over: Vec<_> = allowed.keys().filter(|what| !seen.contains(what)).collect();
    assert!(over.is_empty(), "no longer long: take them out of tests/architecture/sizes.txt: {over:?}");
}

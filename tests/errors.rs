//! Every error code that the source can say is explained in `docs/errors.md`, and none besides.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The crates whose codes a user can meet.
const CRATES: &[&str] = &["alarm", "account", "agent", "lambda", "load"];

#[test]
fn each_code_is_explained_and_each_explanation_is_of_a_code() {
    let house = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the house");
    let page = std::fs::read_to_string(house.join("docs/errors.md")).expect("docs/errors.md is there");
    let explained: BTreeSet<_> =
        page.lines().filter_map(|line| line.strip_prefix("### ")?.split(' ').next()).map(str::to_owned).collect();
    let mut said = BTreeMap::new();
    for name in CRATES {
        for file in sources(&house.join(name).join("src")) {
            let text = std::fs::read_to_string(&file).expect("a source file is readable");
            said.extend(codes(&text).map(|code| (code, file.clone())));
        }
    }
    let silent: Vec<_> = said.iter().filter(|(code, _)| !explained.contains(*code)).collect();
    assert!(silent.is_empty(), "not in docs/errors.md: {silent:#?}");
    let idle: Vec<_> = explained.iter().filter(|code| !said.contains_key(*code)).collect();
    assert!(idle.is_empty(), "in docs/errors.md, but said nowhere: {idle:?}");
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a crate has sources").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
    found
}

/// Codes in quotes, `"SG-CFG-003"` or `"SG-CFG-003: what"`: what is said, not what a comment speaks of.
fn codes(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split('"')
        .map(|piece| piece.split(": ").next().unwrap_or(piece))
        .filter(|piece| is_code(piece))
        .map(str::to_owned)
}

fn is_code(text: &str) -> bool {
    let mut parts = text.split('-');
    let (Some("SG"), Some(room), Some(number), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    room.len() == 3
        && room.chars().all(|it| it.is_ascii_uppercase())
        && number.len() == 3
        && number.chars().all(|it| it.is_ascii_digit())
}

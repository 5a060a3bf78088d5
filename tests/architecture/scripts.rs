//! Every script explains itself and can be read by its shell.

use std::process::Command;

use super::tree;

fn scripts() -> impl Iterator<Item = String> {
    let files = tree::files().iter().map(|file| file.display().to_string());
    files.filter(|file| file.strip_prefix("scripts/").is_some_and(|name| !name.contains(['/', '.'])))
}

#[test]
fn each_has_help_and_changes_nothing_by_it() {
    assert!(scripts().count() >= 3);
    for script in scripts() {
        let said = tree::run(&format!("{}/{script}", tree::root().display()), &["--help"]);
        assert!(said.starts_with(&format!("usage: {script}")), "{script} --help begins {said:?}");
    }
}

#[test]
fn each_is_sound_shell() {
    for script in scripts().chain([".ci/run".to_owned()]) {
        if tree::read(&script).starts_with("#!/usr/bin/env bash") {
            let sound = Command::new("bash").args(["-n", &script]).current_dir(tree::root()).status().expect("bash");
            assert!(sound.success(), "{script} does not parse");
        }
    }
}

#[test]
fn every_script_is_in_contributing() {
    let guide = tree::read("CONTRIBUTING.md");
    for script in scripts() {
        assert!(guide.contains(&format!("`{script}`")), "CONTRIBUTING.md does not name {script}");
    }
}

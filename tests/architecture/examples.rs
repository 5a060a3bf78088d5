//! Every example in the tree is checked by the program itself.

use std::path::Path;

use super::tree;

/// The command that checks a file, by where it stands.
fn checked_by(file: &Path) -> Option<Vec<&str>> {
    let name = file.to_str()?;
    if file.extension()? != "toml" || !(name.starts_with("examples/") || name.starts_with("infra/")) {
        return None;
    }
    Some(match name {
        _ if name.ends_with(".test.toml") => vec!["alarms", "test", name],
        _ if name.contains("alarms") => vec!["alarms", "check", name],
        _ if name.contains("scenario") => vec!["load", "check", name],
        _ => vec!["check", "--config", name],
    })
}

#[test]
fn every_example_is_sound() {
    let mut count = 0;
    for file in tree::files() {
        let Some(args) = checked_by(file) else { continue };
        let output = tests::stormglass().args(&args).current_dir(tree::root()).output().expect("runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "stormglass {}: {said}", args.join(" "));
        count += 1;
    }
    println!("{count} examples are sound");
}

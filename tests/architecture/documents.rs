//! Documents are true: their commands run, their links lead somewhere, and they name every command there is.
//!
//! A command is a line `$ ...` of a block marked `console`. A block below `<!-- not run: REASON -->` is not run.

use std::path::Path;
use std::process::{Command, Stdio};

use super::tree;

fn documents() -> impl Iterator<Item = String> {
    let files = tree::files().iter().filter(|file| file.extension().is_some_and(|e| e == "md"));
    files.map(|file| file.display().to_string())
}

/// The commands of a document that can run, each with its line, continuation lines joined.
fn commands(text: &str) -> Vec<(usize, String)> {
    let (mut found, mut inside, mut excused) = (Vec::<(usize, String)>::new(), false, false);
    let mut goes_on = false;
    for (at, line) in text.lines().enumerate() {
        if line.starts_with("```") {
            inside = !inside && line.starts_with("```console") && !excused;
            excused = false;
        } else if line.starts_with("<!-- not run: ") {
            excused = true;
        } else if inside && (goes_on || line.starts_with("$ ")) {
            let words = line.trim_start_matches("$ ").trim_end_matches('\\');
            if goes_on {
                let last = found.last_mut().expect("a command goes on");
                last.1.push_str(words);
            } else {
                found.push((at + 1, words.to_owned()));
            }
            goes_on = line.ends_with('\\');
        }
    }
    found
}

#[test]
fn every_command_that_can_run_runs() {
    let mut count = 0;
    for document in documents() {
        let folder = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink(tree::root().join("examples"), folder.path().join("examples")).expect("a link");
        for (line, command) in commands(&tree::read(&document)) {
            let program = tests::binary("stormglass");
            let beside = program.parent().map(Path::display).expect("a folder").to_string();
            let output = Command::new("timeout")
                .args(["60", "bash", "-o", "pipefail", "-c", &command])
                .current_dir(folder.path())
                .env("PATH", format!("{beside}:{}", std::env::var("PATH").unwrap_or_default()))
                .env("HOME", folder.path())
                .env("AWS_EC2_METADATA_DISABLED", "true")
                .stdin(Stdio::null())
                .output()
                .expect("bash");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{document}:{line}: `{command}`: {}\n{said}", output.status);
            count += 1;
        }
    }
    println!("{count} commands of the documents run");
}

#[test]
fn every_link_inside_the_tree_leads_somewhere() {
    for document in documents() {
        let text = tree::read(&document);
        let folder = Path::new(&document).parent().expect("a folder");
        for target in text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next()) {
            let file = target.split('#').next().unwrap_or("");
            if file.is_empty() || file.contains("://") || file.starts_with("mailto:") {
                continue;
            }
            let path = tree::root().join(folder).join(file);
            assert!(path.exists(), "{document} links to {target}, which is not there");
        }
    }
}

/// The names under "Commands:" in the help of a command.
fn listed(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

fn said(args: &[&str]) -> String {
    let output = tests::stormglass().args(args).output().expect("runs");
    assert!(output.status.success(), "stormglass {args:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn help_manual_completions_and_documents_agree() {
    let folder = tempfile::tempdir().expect("a folder");
    said(&["man", &folder.path().display().to_string()]);
    let (fish, reference) = (said(&["completions", "fish"]), tree::read("docs/commands.md"));
    let names = listed(&said(&["--help"]));
    assert!(names.len() >= 3, "the help lists {names:?}");
    for name in names {
        assert!(folder.path().join(format!("stormglass-{name}.1")).exists(), "no manual page for {name}");
        assert!(fish.contains(&format!("-a \"{name}\"")), "no completion for {name}");
        assert!(reference.contains(&format!("stormglass {name}")), "docs/commands.md does not name {name}");
    }
}

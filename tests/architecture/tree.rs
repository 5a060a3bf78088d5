//! Reads the tree: the files that git tracks or would track, so that build outputs and virtual environments stay out.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ stands in the root")
}

/// Every file of the tree, relative to the root.
pub(super) fn files() -> &'static [PathBuf] {
    static FILES: OnceLock<Vec<PathBuf>> = OnceLock::new();
    FILES.get_or_init(|| {
        let listed = run("git", &["ls-files", "--cached", "--others", "--exclude-standard"]);
        let mut files: Vec<_> = listed.lines().map(PathBuf::from).filter(|file| root().join(file).is_file()).collect();
        files.sort();
        assert!(!files.is_empty(), "git lists no file");
        files
    })
}

/// The Rust files below a folder, each with its text.
pub(super) fn rust(below: &str) -> Vec<(String, String)> {
    let mine = files().iter().filter(|file| file.starts_with(below) && file.extension().is_some_and(|e| e == "rs"));
    mine.map(|file| (file.display().to_string(), read(file))).collect()
}

pub(super) fn read(file: impl AsRef<Path>) -> String {
    let path = root().join(file.as_ref());
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The standard output of a command run in the root, which must succeed.
pub(super) fn run(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).current_dir(root()).output().expect(program);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {args:?}: {said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The lines of Rust code without comments, strings left as they are, numbered from 1.
pub(super) fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// The code before the unit tests: what is shipped.
pub(super) fn shipped(text: &str) -> &str {
    text.find("\n#[cfg(test)]").map_or(text, |at| &text[..at])
}

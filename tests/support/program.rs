//! The programs under test, as they were built, and tests that cannot run here.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A program of the workspace, beside the running test in the target directory; `STORMGLASS_BIN_DIR` names another
/// folder, to try a release build by the same tests.
///
/// # Panics
/// When it is not there: `scripts/test` builds it first, a bare `cargo test` does not.
pub fn binary(name: &str) -> PathBuf {
    let folder = std::env::var_os("STORMGLASS_BIN_DIR").map_or_else(profile, PathBuf::from);
    let file = folder.join(name);
    assert!(file.is_file(), "{} is not built: cargo build --workspace --bins", file.display());
    file
}

/// The target directory of the build that made the running test.
pub fn target() -> PathBuf {
    profile().parent().expect("a profile lies in the target directory").to_owned()
}

/// `target/debug`: a test runs from its `deps`.
fn profile() -> PathBuf {
    let me = std::env::current_exe().expect("the test has a path");
    let here = me.parent().expect("a program lies in a folder");
    if here.ends_with("deps") { here.parent().expect("deps lies in a profile").to_owned() } else { here.to_owned() }
}

/// The root of the source tree.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root")
}

/// `stormglass`, cut off from the account and the configuration of whoever runs the tests.
pub fn stormglass() -> Command {
    let mut command = Command::new(binary("stormglass"));
    let ours = |name: &str| name.starts_with("AWS_") || name.starts_with("STORMGLASS_");
    for (name, _) in std::env::vars().filter(|(name, _)| ours(name)) {
        command.env_remove(name);
    }
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// Says that `what` could not be tried here, and why. `scripts/test` names it at its end, and in CI fails unless
/// tests/skips.txt allows it.
#[expect(clippy::print_stderr, reason = "a skipped test is named where a person looks")]
pub fn skip(what: &str, why: &str) {
    if let Some(folder) = std::env::var_os("STORMGLASS_SKIPPED") {
        let file = PathBuf::from(folder).join(what);
        std::fs::write(&file, why).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    eprintln!("skipped: {what}: {why}");
}

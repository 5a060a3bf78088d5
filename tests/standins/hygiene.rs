//! Nothing that a test starts is left running: not after a panic, not after the test process itself is killed.

use std::os::unix::process::CommandExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use tests::Process;

/// A shell that starts a grandchild and tells its id.
fn family() -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "sleep 1000 & echo grandchild $!; wait"]);
    command
}

fn grandchild(output: &str) -> Option<u32> {
    let line = output.lines().find_map(|line| line.strip_prefix("grandchild "))?;
    line.parse().ok()
}

/// A zombie that init has yet to bury does not count as running.
fn runs(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    status.is_ok_and(|status| status.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X'])))
}

fn gone(pid: u32) -> bool {
    let start = Instant::now();
    while runs(pid) && start.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(10));
    }
    !runs(pid)
}

#[test]
fn a_panic_takes_the_child_and_the_grandchild_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut pids = (0, 0);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let mut process = Process::start("family-that-panics", family(), &log);
        process.wait_ready(|output| grandchild(output).is_some());
        pids = (process.pid(), grandchild(&process.output()).unwrap());
        assert!(runs(pids.0) && runs(pids.1));
        panic!("on purpose");
    }));
    assert!(panicked.is_err());
    assert!(gone(pids.0) && gone(pids.1), "{pids:?} still run");
}

#[test]
fn an_orphaned_grandchild_goes_when_its_parent_ends_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "sleep 1000 & echo grandchild $!"]);
    let mut process = Process::start("family-that-ends", command, &folder.path().join("log"));
    assert!(process.wait(Duration::from_secs(5)).success());
    assert!(gone(grandchild(&process.output()).unwrap()));
}

/// This test runs itself a second time, as a process that starts a family and is killed with `kill -9`.
#[test]
fn a_killed_test_process_takes_its_children_with_it() {
    const FOLDER: &str = "STORMGLASS_HYGIENE_FOLDER";
    if let Some(folder) = std::env::var_os(FOLDER) {
        let mut process = Process::start("family-of-the-killed", family(), &Path::new(&folder).join("log"));
        process.wait_ready(|output| grandchild(output).is_some());
        std::thread::sleep(Duration::from_mins(1));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut twin = Command::new(std::env::current_exe().unwrap());
    twin.args(["--exact", "standins::hygiene::a_killed_test_process_takes_its_children_with_it"]);
    let mut twin = twin.env(FOLDER, folder.path()).process_group(0).spawn().unwrap();
    let start = Instant::now();
    let pid = loop {
        let output = std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        if let Some(pid) = grandchild(&output) {
            break pid;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "the twin started no family");
        std::thread::sleep(Duration::from_millis(10));
    };
    assert!(runs(pid));
    twin.kill().unwrap();
    twin.wait().unwrap();
    assert!(gone(pid), "{pid} outlived the test process");
}

#[test]
fn a_child_that_dies_early_fails_the_wait_and_shows_what_it_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "echo the port is taken; exit 3"]);
    let mut process = Process::start("early", command, &folder.path().join("log"));
    let panicked = catch_unwind(AssertUnwindSafe(|| process.wait_ready(|output| output.contains("ready"))));
    let says = panicked.unwrap_err().downcast_ref::<String>().cloned().unwrap_or_default();
    assert!(says.contains("the port is taken") && says.contains("exit status: 3"), "{says}");
}

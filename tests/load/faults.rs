//! Faults for rehearsal: that they do what they say, stay in their bounds, and are undone, also after kill -9.

use std::path::Path;
use std::time::{Duration, Instant};

use tests::Process;

fn fault(kind: &str, more: &[&str], folder: &Path) -> Process {
    let mut command = tests::stormglass();
    command.args(["load", "fault", kind]).args(more);
    Process::start(&format!("load fault {kind}"), command, &folder.join("said"))
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let from = Instant::now();
    while !done() {
        assert!(from.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Bytes free on the file system of a folder, as `df` has them.
fn free(folder: &Path) -> i64 {
    let output = std::process::Command::new("df").args(["-B1", "--output=avail"]).arg(folder).output().expect("df");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().nth(1).and_then(|line| line.trim().parse().ok()).expect("a number")
}

/// The process's own blocks, by its open descriptors: other tests write on the same file system.
fn held(pid: u32) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let files = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let nameless = files
        .filter(|file| std::fs::read_link(file.path()).is_ok_and(|to| to.to_string_lossy().ends_with("(deleted)")));
    nameless.filter_map(|file| std::fs::metadata(file.path()).ok()).map(|held| held.blocks() * 512).sum()
}

#[test]
fn a_disk_is_filled_within_its_quota_and_freed_by_kill_9() {
    let folder = tempfile::tempdir().expect("a folder");
    let where_ = folder.path().join("data");
    std::fs::create_dir(&where_).expect("a folder");
    let mut process = fault("disk", &["--folder", where_.to_str().expect("text"), "--quota", "48MiB"], folder.path());
    process.wait_ready(|said| said.contains("holding"));
    assert_eq!(held(process.pid()), 48 << 20, "the quota, not a byte more");
    assert_eq!(std::fs::read_dir(&where_).expect("a folder").count(), 0, "nothing to be tidied up");
    let before = free(&where_);
    process.kill();
    // Others write there too: half of it is proof enough.
    until("the space is given back", || free(&where_) - before > 24 << 20);
    assert_eq!(std::fs::read_dir(&where_).expect("a folder").count(), 0);
}

#[test]
fn descriptors_are_held_to_the_number() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut process = fault("descriptors", &["--count", "300", "--for", "1m"], folder.path());
    process.wait_ready(|said| said.contains("holding 300"));
    let open = std::fs::read_dir(format!("/proc/{}/fd", process.pid())).expect("its descriptors").count();
    assert!((300..340).contains(&open), "{open}");
    process.signal("TERM");
    assert!(process.wait(Duration::from_secs(10)).success(), "an end that was asked for is no failure");
}

#[test]
fn a_processor_is_kept_busy_by_its_share_and_no_longer_than_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let from = Instant::now();
    let mut process = fault("cpu", &["--cores", "1", "--percent", "40", "--for", "3s"], folder.path());
    process.wait_ready(|said| said.contains("40 % busy"));
    std::thread::sleep(Duration::from_secs(2));
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.pid())).expect("it runs");
    let ticks: u64 = stat
        .rsplit(") ")
        .next()
        .expect("fields")
        .split(' ')
        .skip(11)
        .take(2)
        .map(|it| it.parse::<u64>().expect("ticks"))
        .sum();
    // A busy machine gives less than what is asked for, never more.
    assert!((5..=110).contains(&ticks), "{ticks} hundredths of a second in two");
    assert!(process.wait(Duration::from_secs(20)).success());
    assert!(from.elapsed() >= Duration::from_secs(3));
}

fn logs(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path());
    entries.filter(|path| path.extension().is_some_and(|end| end == "log")).collect()
}

#[test]
fn errors_are_written_and_their_file_goes_with_kill_9() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path().to_str().expect("text");
    let mut process = fault("errors", &["--folder", at, "--rate", "20"], folder.path());
    process.wait_ready(|said| said.contains("writing 20 errors/s"));
    let written = || {
        logs(folder.path()).first().map_or(0, |path| {
            std::fs::read_to_string(path)
                .unwrap_or_default()
                .lines()
                .filter(|line| line.contains(" ERROR rehearsal: "))
                .count()
        })
    };
    until("lines are written", || written() > 10);
    process.kill();
    until("the guard removes the file", || logs(folder.path()).is_empty());
}

/// Nobody is left to undo it: the next command in that folder does. A file that is still held stays.
#[test]
fn what_a_command_and_its_guard_left_is_removed_by_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path().to_str().expect("text");
    let left = folder.path().join("stormglass-fault-4000001.log");
    std::fs::write(&left, "x ERROR y\n").expect("it is written");
    let other = folder.path().join("stormglass-fault-mine.log");
    std::fs::write(&other, "a name that is nobody's number\n").expect("it is written");
    let second = tempfile::tempdir().expect("a folder");
    let mut first = fault("errors", &["--folder", at], second.path());
    first.wait_ready(|said| said.contains("writing"));
    assert!(!left.exists() && other.exists());
    assert_eq!(logs(folder.path()).len(), 2, "its own, and the one that is nobody's");
    let third = tempfile::tempdir().expect("a folder");
    let mut next = fault("errors", &["--folder", at, "--for", "1s"], third.path());
    next.wait_ready(|said| said.contains("writing"));
    assert_eq!(logs(folder.path()).len(), 3, "what is held is left alone");
    assert!(next.wait(Duration::from_secs(20)).success());
    first.signal("INT");
    assert!(first.wait(Duration::from_secs(20)).success());
    until("both are tidied up", || logs(folder.path()) == [other.clone()]);
}

#[test]
fn what_is_out_of_bounds_is_refused() {
    for (kind, more) in [
        ("cpu", &["--percent", "120"][..]),
        ("cpu", &["--for", "2h"]),
        ("disk", &["--folder", "/tmp"]),
        ("disk", &["--folder", "/tmp", "--quota", "1MiB", "--until", "99"]),
        ("descriptors", &["--count", "0"]),
    ] {
        let output = tests::stormglass().args(["load", "fault", kind]).args(more).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{kind} {more:?}");
    }
}

//! What breaks peers, each as a trial of its own: 5,000 lines a second, everything selected, folding off, defaults else.
//!
//! `STORMGLASS_LOG_KILLS` says how many kills of each kind (3: 21 in all), `STORMGLASS_OUTAGE_S` how long an outage
//! lasts (6); scripts/soak asks for hundreds and for minutes. Each trial's figures go to a file in
//! `STORMGLASS_LOG_ROWS`, as a row of the table in docs/reliability.md, before they are judged.

use std::time::Duration;

use super::account::Account;
use super::trial::Trial;
use super::writer::Rotation;

/// A path by itself, and one that also matches the rotated files.
const PATH: &str = "app.log";
const GLOB: &str = "app.log*";
const RENAME: Rotation = Rotation::Rename { reopened_after: Duration::from_millis(60) };
/// Long after the rename was noticed.
const LATE: Rotation = Rotation::Rename { reopened_after: Duration::from_millis(1_500) };

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |number| number.parse().expect("a number"))
}

fn kills() -> u64 {
    number("STORMGLASS_LOG_KILLS", 3)
}

/// Writes the row, then judges it.
#[expect(clippy::print_stdout, reason = "libtest shows it beside a failure")]
fn report(name: &str, says: &str, trial: Trial) {
    let kills = trial.kills();
    let (account, rotations) = trial.finish();
    let Account { written, doubled, in_doubt, taken, out_of_order, .. } = account;
    let lost = match taken {
        0 => account.lost().to_string(),
        _ => format!("{} ({taken} taken by the truncations)", account.lost()),
    };
    let faults = account.faults();
    let held = if faults.is_empty() { "held".to_owned() } else { faults.join("; ") };
    let row = format!(
        "| {says} | {written} | {rotations} | {kills} | {lost} | {doubled} | {in_doubt} | {out_of_order} | {held} |"
    );
    println!("{row}");
    if let Some(folder) = std::env::var_os("STORMGLASS_LOG_ROWS") {
        std::fs::write(std::path::Path::new(&folder).join(name), row + "\n").expect("the row can be written");
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

fn killed(name: &str, says: &str, paths: &str, rotation: Rotation) {
    let mut trial = Trial::new(paths, rotation);
    trial.kill_at_random(kills());
    report(name, says, trial);
}

fn rotated_while_down(name: &str, says: &str, paths: &str, rotation: Rotation) {
    let mut trial = Trial::new(paths, rotation);
    trial.rotate_while_down(kills());
    report(name, says, trial);
}

/// An endpoint that fails for a while and then is well.
fn outage(name: &str, says: &str, fault: &str) {
    let seconds = number("STORMGLASS_OUTAGE_S", 6);
    let mut trial = Trial::new(GLOB, RENAME);
    trial.pass(Duration::from_secs(2));
    trial.aws.fault(&format!("PutLogEvents {fault} to={seconds}s"));
    trial.pass(Duration::from_secs(seconds + 2));
    report(name, &format!("{seconds} s of {says}"), trial);
}

#[test]
fn a01_killed_with_rename_and_a_path() {
    killed("a01", "renamed, path without a glob, `kill -9` at random", PATH, RENAME);
}

#[test]
fn a02_killed_with_rename_and_a_glob() {
    killed("a02", "renamed, glob that also matches the rotated names, `kill -9` at random", GLOB, RENAME);
}

#[test]
fn a03_killed_with_copytruncate_and_a_path() {
    killed("a03", "copytruncate, path without a glob, `kill -9` at random", PATH, Rotation::CopyTruncate);
}

#[test]
fn a04_killed_with_copytruncate_and_a_glob() {
    killed("a04", "copytruncate, glob that also matches the copies, `kill -9` at random", GLOB, Rotation::CopyTruncate);
}

#[test]
fn a05_renamed_while_down_and_a_path() {
    rotated_while_down("a05", "renamed while the agent was down, path without a glob", PATH, RENAME);
}

#[test]
fn a06_renamed_while_down_and_a_glob() {
    rotated_while_down("a06", "renamed while the agent was down, glob", GLOB, RENAME);
}

#[test]
fn a07_compressed_while_down() {
    rotated_while_down("a07", "renamed and compressed while the agent was down, glob", GLOB, Rotation::Compress);
}

#[test]
fn a08_the_new_file_comes_late() {
    killed("a08", "the new file comes 1.5 s after the rename, path, `kill -9` at random", PATH, LATE);
}

#[test]
fn b01_outage_of_500s() {
    outage("b01", "500s", "error status=500");
}

#[test]
fn b02_outage_of_dropped_connections() {
    outage("b02", "dropped connections", "drop-before");
}

#[test]
fn b03_outage_of_throttling() {
    outage("b03", "throttling", "throttle");
}

#[test]
fn b04_outage_of_hangs() {
    outage("b04", "hangs", "hang-before");
}

/// Accepted, and the connection closed before the answer: nobody can know, so each such request may come again.
#[test]
fn b05_outage_of_lost_answers() {
    outage("b05", "requests accepted whose answers are lost", "drop-after");
}

//! The tail against a model of a file system, in which the agent is killed at any moment.

mod stories;

use std::collections::BTreeMap;

use serde_json::Value;

use super::model::{Model, numbered};
use super::*;
use crate::logs::checkpoint::Checkpoint;
use crate::logs::engine::{Engine, Outcome, Rejected, Times};
use crate::logs::kinds::Kinds;
use crate::logs::select::Select;
use crate::logs::sift::{Format, Settings};
use crate::logs::ways::Target;

/// A writer of numbered lines, an agent that is killed and started, a service that keeps what it acknowledged.
struct Stage {
    disk: Model,
    globs: Vec<Glob>,
    engine: Engine<Model>,
    durable: Checkpoint,
    ledger: Vec<String>,
    written: u64,
    now_ms: i64,
    /// Events that were in requests under way, or written down nowhere, at a kill: these may come twice.
    in_flight: u64,
    /// The file was made, or emptied, and written to since we last looked.
    unseen: bool,
}

impl Stage {
    fn new(glob: &str) -> Self {
        let (disk, globs) = (Model::default(), vec![Glob::parse(&format!("/log/{glob}")).unwrap()]);
        let durable = Checkpoint::default();
        let engine = engine(&disk, &globs, &durable);
        let mut stage = Self {
            disk,
            globs,
            engine,
            durable,
            ledger: vec![],
            written: 0,
            now_ms: 1_795_266_809_000,
            in_flight: 0,
            unseen: false,
        };
        stage.look();
        stage
    }

    /// With 100 lines read, sent and acknowledged.
    fn under_way(glob: &str) -> Self {
        let mut stage = Self::new(glob);
        stage.write(100);
        stage.send(true);
        stage
    }

    /// What copytruncate does first.
    fn copy(&self, to: &str) {
        self.disk.create(to, &self.disk.text("app.log"));
    }

    fn write(&mut self, lines: u64) {
        let text = numbered(self.written, lines);
        self.written += lines;
        self.unseen |= self.disk.text("app.log").is_empty();
        self.disk.append("app.log", text.as_bytes());
    }

    /// One round of the loop, without sending.
    fn look(&mut self) {
        self.now_ms += 200;
        self.unseen = false;
        self.engine.scan(self.now_ms);
        while self.engine.turn(self.now_ms) {}
        self.save();
    }

    fn save(&mut self) {
        if let Some(checkpoint) = self.engine.checkpoint() {
            // As a file would: through text.
            self.durable = serde_json::from_slice(&serde_json::to_vec(&checkpoint).unwrap()).unwrap();
        }
    }

    /// Sends what may go. `written_down`: the checkpoint follows; else the kill comes between the two.
    fn send(&mut self, written_down: bool) {
        self.look();
        self.now_ms += 2_000;
        self.look();
        for departure in self.engine.depart(self.now_ms) {
            let body: Value = serde_json::from_slice(&departure.sealed.body).unwrap();
            let events = body["logEvents"].as_array().unwrap();
            self.ledger.extend(events.iter().map(|event| event["message"].as_str().unwrap().to_owned()));
            if written_down {
                self.engine.ended(&departure, Outcome::Arrived(Rejected::default()));
                self.save();
            } else {
                self.in_flight += events.len() as u64;
            }
        }
    }

    fn kill(&mut self) {
        self.engine = engine(&self.disk, &self.globs, &self.durable);
        // Starting takes a moment; whatever is done to the files in it is done to a file that nobody holds open.
    }

    fn finish(&mut self) {
        for _ in 0..200 {
            self.now_ms += 11_000;
            self.look();
            self.send(true);
            if self.engine.is_done() {
                return;
            }
        }
        panic!("never done");
    }

    /// Lines missing, and how many came more than once.
    fn account(&self) -> (Vec<u64>, u64) {
        let mut seen: BTreeMap<u64, u64> = BTreeMap::new();
        for message in &self.ledger {
            for line in message.lines() {
                let number = line.strip_prefix("line ").and_then(|number| number.parse().ok());
                *seen.entry(number.unwrap_or_else(|| panic!("{line:?} was never written"))).or_default() += 1;
            }
        }
        let lost = (0..self.written).filter(|number| !seen.contains_key(number)).collect();
        (lost, seen.values().map(|count| count - 1).sum())
    }

    #[track_caller]
    fn expect(&mut self, lost: u64, doubled: u64) {
        self.finish();
        let (missing, twice) = self.account();
        assert_eq!((missing.len() as u64, twice), (lost, doubled), "missing {missing:?}");
    }
}

fn engine(disk: &Model, globs: &[Glob], durable: &Checkpoint) -> Engine<Model> {
    let settings = Settings { select: Select::all(), fold: false, format: Format::Text, ..Settings::default() };
    let target = Target { settings, group: "g".into(), stream: "s".into() };
    let source = Globs { name: "app".into(), globs: globs.to_vec(), start: Start::Beginning };
    Engine::new(disk.clone(), vec![(source, target)], "h", Times::default(), (durable.clone(), Kinds::default()))
}

const EACH: [&str; 2] = ["app.log", "app.log*"];

#[test]
fn a_growing_file_arrives_once() {
    for glob in EACH {
        let mut stage = Stage::new(glob);
        for _ in 0..5 {
            stage.write(100);
            stage.send(true);
        }
        stage.expect(0, 0);
    }
}

#[test]
fn renamed_and_the_new_file_does_not_exist_yet() {
    for glob in EACH {
        let mut stage = Stage::under_way(glob);
        stage.write(50);
        stage.disk.rename("app.log", "app.log.1");
        stage.look();
        stage.look();
        stage.disk.append("app.log.1", b"");
        stage.write(70);
        stage.expect(0, 0);
    }
}

#[test]
fn its_writer_goes_on_in_the_renamed_file_for_a_while() {
    for glob in EACH {
        let mut stage = Stage::new(glob);
        stage.write(100);
        stage.look();
        stage.disk.rename("app.log", "app.log.1");
        stage.disk.create("app.log", b"");
        stage.look();
        let late = numbered(stage.written, 5);
        stage.disk.append("app.log.1", late.as_bytes());
        stage.written += 5;
        stage.write(20);
        stage.expect(0, 0);
    }
}

#[test]
fn renamed_while_the_agent_was_down() {
    for glob in EACH {
        let mut stage = Stage::under_way(glob);
        stage.write(5_000);
        stage.disk.rename("app.log", "app.log.1");
        stage.write(300);
        stage.kill();
        stage.expect(0, 0);
    }
}

#[test]
fn rotated_twice_while_the_agent_was_down() {
    // The file in the middle was never seen under any name of a path alone.
    for glob in EACH {
        let mut stage = Stage::new(glob);
        stage.disk.create("app.log.1", numbered(7_000, 9).as_bytes());
        stage.write(100);
        stage.send(true);
        stage.write(50);
        rotate_twice(&mut stage);
        stage.kill();
        stage.disk.delete("app.log.3");
        let strangers = if glob == "app.log" { 0 } else { 9 };
        stage.finish();
        let came = stage.ledger.iter().flat_map(|message| message.lines()).count() as u64;
        assert_eq!(came, stage.written + strangers, "{glob}");
    }
}

fn rotate_twice(stage: &mut Stage) {
    for lines in [60, 70] {
        stage.disk.rename("app.log.2", "app.log.3");
        stage.disk.rename("app.log.1", "app.log.2");
        stage.disk.rename("app.log", "app.log.1");
        stage.write(lines);
    }
}

/// The same while it is up and does not come to look.
#[test]
fn rotated_twice_between_two_looks() {
    for glob in EACH {
        let mut stage = Stage::under_way(glob);
        stage.write(50);
        rotate_twice(&mut stage);
        stage.expect(0, 0);
    }
}

#[test]
fn copied_and_truncated_while_we_look_on() {
    for glob in EACH {
        let mut stage = Stage::under_way(glob);
        stage.write(40);
        stage.copy("app.log.1");
        stage.look();
        stage.disk.truncate("app.log");
        stage.write(30);
        stage.expect(0, 0);
    }
}

#[test]
fn copied_and_truncated_before_we_looked() {
    for glob in EACH {
        let mut stage = Stage::under_way(glob);
        stage.write(40);
        stage.copy("app.log.1");
        stage.disk.truncate("app.log");
        // Longer than what was read of the old one: the length alone would not tell.
        stage.write(400);
        stage.expect(0, 0);
    }
}

#[test]
fn copied_and_truncated_while_the_agent_was_down() {
    for glob in EACH {
        let mut stage = Stage::under_way(glob);
        stage.write(40);
        stage.copy("app.log.1");
        stage.disk.truncate("app.log");
        stage.write(400);
        stage.kill();
        stage.expect(0, 0);
    }
}

#[test]
fn truncated_without_a_copy_loses_what_the_truncation_took_and_counts_what_was_seen() {
    let mut stage = Stage::under_way("app.log");
    stage.disk.truncate("app.log");
    stage.write(10);
    stage.expect(0, 0);
}

#[test]
fn a_copy_that_somebody_made_is_not_read() {
    let mut stage = Stage::under_way("app.log*");
    stage.copy("app.log.bak");
    stage.write(50);
    stage.expect(0, 0);
    stage.kill();
    stage.expect(0, 0);
}

#[test]
fn deleted_and_made_anew_with_the_same_number() {
    for glob in EACH {
        let mut stage = Stage::new(glob);
        stage.write(100);
        stage.look();
        stage.disk.delete("app.log");
        stage.write(100);
        stage.expect(0, 0);
        stage.kill();
        stage.disk.delete("app.log");
        stage.write(300);
        stage.expect(0, 0);
    }
}

#[test]
fn nul_bytes_at_the_end_are_waited_for() {
    let mut stage = Stage::new("app.log");
    stage.disk.create("app.log", b"line 00000000\n\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    stage.look();
    stage.send(true);
    // The writer fills the space that it had set aside.
    stage.disk.create("app.log", b"line 00000000\nline 00000001\n\0\0\0\0\0\0");
    let rewritten = stage.disk.text("app.log");
    stage.disk.truncate("app.log");
    stage.disk.append("app.log", &rewritten);
    stage.written = 2;
    stage.now_ms += 60_000;
    for _ in 0..3 {
        stage.send(true);
    }
    assert_eq!(stage.account().0, Vec::<u64>::new());
}

#[test]
fn an_acknowledgement_that_was_not_written_down_is_sent_again() {
    let mut stage = Stage::new("app.log");
    stage.write(100);
    stage.send(false);
    stage.kill();
    stage.expect(0, 100);
}

#[test]
fn a_source_new_to_the_host_begins_at_the_end_unless_asked() {
    let disk = Model::default();
    disk.create("app.log", b"line 00000007\n");
    let globs = vec![Glob::parse("/log/app.log").unwrap()];
    let settings = Settings { select: Select::all(), fold: false, format: Format::Text, ..Settings::default() };
    let target = Target { settings, group: "g".into(), stream: "s".into() };
    let source = Globs { name: "app".into(), globs, start: Start::End };
    let mut engine = Engine::new(disk.clone(), vec![(source, target)], "h", Times::default(), Default::default());
    engine.scan(0);
    engine.turn(0);
    disk.append("app.log", b"line 00000008\n");
    engine.turn(100);
    engine.turn(5_000);
    engine.seal_all();
    let body = engine.depart(9_000)[0].sealed.body.clone();
    let text = String::from_utf8_lossy(&body).into_owned();
    assert!(text.contains("00000008") && !text.contains("00000007"), "{text}");
}

//! A journal that can be read again from any cursor, a service that fails, and kills between them.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::logs::checkpoint::Checkpoint;
use crate::logs::engine::{Engine, Outcome, Rejected, Times};
use crate::logs::kinds::Kinds;
use crate::logs::select::Select;
use crate::logs::sift::{Format, Settings};
use crate::logs::tail::Disk;
use crate::logs::ways::Target;

const NOW: i64 = 1_795_266_809_000;

/// As much of journalctl as matters: entries in order, each with a cursor.
#[derive(Debug, Default)]
struct Book(Vec<(String, String)>);

impl Book {
    fn write(&mut self, unit: &str, message: &str) {
        self.0.push((unit.to_owned(), message.to_owned()));
    }

    /// What it would print behind a cursor; a moment is before everything.
    fn after(&self, cursor: &str) -> Vec<u8> {
        let from = cursor.strip_prefix("c=").map_or(0, |at| at.parse::<usize>().unwrap() + 1);
        let entries = self.0.iter().enumerate().skip(from);
        let print = |(at, (unit, message)): (usize, &(String, String))| {
            let us = (NOW - 1_000 + at as i64) * 1_000;
            let length = (message.len() as u64).to_le_bytes();
            let head =
                format!("__CURSOR=c={at}\n__REALTIME_TIMESTAMP={us}\nPRIORITY=3\n_SYSTEMD_UNIT={unit}\nMESSAGE\n");
            [head.as_bytes(), &length, message.as_bytes(), b"\n\n"].concat()
        };
        entries.flat_map(print).collect()
    }
}

fn engine(checkpoint: Checkpoint) -> Engine<Disk> {
    let settings = Settings { select: Select::all(), fold: false, format: Format::Text, ..Settings::default() };
    let target = Target { settings, group: "g".into(), stream: "{file}".into() };
    let feed = Feed { name: "journal".into(), kind: Kind::Journal(JournalQuery::default()), from_beginning: true };
    let times = Times { linger_ms: 0, ..Times::default() };
    Engine::with_feeds(Disk, vec![], (vec![((feed, None), target)], NOW), "h", times, (checkpoint, Kinds::default()))
}

fn messages(body: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap();
    let events = body["logEvents"].as_array().unwrap().iter();
    let texts = events.map(|event| event["message"].as_str().unwrap().to_owned());
    texts.filter(|text| !text.contains("new_error_kind")).collect()
}

/// Sends what may leave; what arrived, as it stands in the ledger.
fn send(engine: &mut Engine<Disk>, now_ms: i64, arrives: bool) -> Vec<String> {
    let mut ledger = vec![];
    engine.turn(now_ms);
    for departure in engine.depart(now_ms) {
        let outcome = if arrives {
            ledger.extend(messages(&departure.sealed.body));
            Outcome::Arrived(Rejected::default())
        } else {
            engine.failures(departure.lane);
            Outcome::Again { at_ms: now_ms + 100 }
        };
        engine.ended(&departure, outcome);
    }
    ledger
}

#[test]
fn each_writer_is_a_stream_of_its_own_and_the_cursor_waits_for_all() {
    let mut book = Book::default();
    book.write("shop.service", "2026-11-21 13:13:29 ERROR no");
    book.write("nginx.service", "upstream timed out");
    book.write("shop.service", "java.io.IOException: no");
    book.write("nginx.service", "again");
    book.write("shop.service", "\tat a.B.c(B.java:1)");
    let mut engine = engine(Checkpoint::default());
    let from = engine.resume_at(0);
    assert_eq!(from, "@0");
    engine.read(0, &book.after(&from), NOW);
    assert_eq!(engine.resume_at(0), "c=4");
    // Nothing is acknowledged: a kill here would read all of it again.
    engine.turn(NOW);
    assert_eq!(engine.checkpoint().unwrap().cursors[0].1, "@0");
    let mut now_ms = NOW + 2_000;
    assert!(send(&mut engine, now_ms, false).is_empty());
    assert_eq!(engine.checkpoint().map(|checkpoint| checkpoint.cursors[0].1.clone()), None);
    let mut ledger = vec![];
    while !engine.is_done() {
        now_ms += 1_000;
        ledger.extend(send(&mut engine, now_ms, true));
    }
    ledger.sort();
    let trace = "2026-11-21 13:13:29 ERROR no\njava.io.IOException: no\n\tat a.B.c(B.java:1)";
    assert_eq!(ledger, [trace, "again", "upstream timed out"]);
    assert_eq!(engine.checkpoint().unwrap().cursors[0].1, "c=4");
}

#[test]
fn the_journals_own_time_and_priority_stand_for_what_a_line_does_not_say() {
    let mut book = Book::default();
    book.write("a.service", "it failed");
    let mut engine = engine(Checkpoint::default());
    engine.ways.tally.readings();
    engine.read(0, &book.after("@0"), NOW);
    engine.turn(NOW + 2_000);
    let departures = engine.depart(NOW + 2_000);
    let body: Value = serde_json::from_slice(&departures[0].sealed.body).unwrap();
    assert_eq!(body["logEvents"][0]["timestamp"], NOW - 1_000);
    let errors = engine.ways.tally.readings().0.into_iter().find(|reading| reading.name == "errors");
    assert_eq!(errors.map(|reading| reading.value), Some(1.0), "PRIORITY=3 is an error");
}

#[test]
fn more_writers_than_are_kept_apart_lose_nothing() {
    let mut book = Book::default();
    (0..500).for_each(|at| book.write(&format!("job-{}.service", (at * 7) % 100), &format!("line {at} of it")));
    let (mut engine, mut now_ms, mut ledger) = (engine(Checkpoint::default()), NOW, vec![]);
    engine.read(0, &book.after("@0"), now_ms);
    assert!(!engine.has_room(0), "a hundred writers have no room at once");
    while !engine.is_done() {
        now_ms += 1_000;
        ledger.extend(send(&mut engine, now_ms, true));
    }
    ledger.sort();
    let mut expect: Vec<_> = book.0.iter().map(|(_, message)| message.clone()).collect();
    expect.sort();
    assert_eq!(ledger, expect);
}

fn inbox_engine(inbox: &Arc<Inbox>, checkpoint: Checkpoint) -> Engine<Disk> {
    let settings = Settings { select: Select::all(), fold: false, format: Format::Text, ..Settings::default() };
    let target = Target { settings, group: "g".into(), stream: "{file}".into() };
    let feed = Feed { name: "stdin".into(), kind: Kind::Stdin { bytes_max: 1 << 20 }, from_beginning: true };
    let times = Times { linger_ms: 0, ..Times::default() };
    let feeds = vec![((feed, Some(Arc::clone(inbox))), target)];
    Engine::with_feeds(Disk, vec![], (feeds, NOW), "h", times, (checkpoint, Kinds::default()))
}

#[test]
fn an_inbox_is_read_on_after_kills_and_the_end_of_input_is_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let (mut durable, mut ledger, mut now_ms, mut written) = (Checkpoint::default(), vec![], NOW, 0);
    for life in 0..6 {
        let acked = |slot| Cursors(&durable.cursors).acked("stdin", slot);
        let inbox = Arc::new(Inbox::open(folder.path(), 1, 1 << 30, acked).unwrap());
        let mut engine = inbox_engine(&inbox, durable.clone());
        let mut writer = inbox.writer().unwrap().unwrap();
        for _ in 0..3_000 {
            writer.append(format!("line {written} {}\n", "x".repeat(200)).as_bytes()).unwrap();
            written += 1;
            if written % 500 == 0 {
                now_ms += 300;
                ledger.extend(send(&mut engine, now_ms, life % 2 == 0));
                // Written down after each answer, as `run` does it.
                durable = engine.checkpoint().unwrap_or(durable);
            }
        }
        if life < 5 {
            continue;
        }
        drop(writer);
        inbox.end();
        assert!(engine.has_ended());
        for _ in 0..200 {
            now_ms += 1_000;
            ledger.extend(send(&mut engine, now_ms, true));
        }
        assert!(engine.is_done());
    }
    let mut lines: Vec<u64> = ledger.iter().filter_map(|line| line.split(' ').nth(1)?.parse().ok()).collect();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!((lines.len() as u64, lines.last().copied()), (written, Some(written - 1)));
    assert_eq!(ledger.len() as u64, written, "no request was under way at a kill, so none is doubled");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever fails and whenever it is killed: nothing is lost, and what is doubled was under way at a kill.
    #[test]
    fn kills_and_failures_lose_no_entry(
        steps in prop::collection::vec((0_usize..4, any::<bool>(), 1_usize..9, 0_u8..10), 1..40),
    ) {
        let (mut book, mut durable, mut now_ms) = (Book::default(), Checkpoint::default(), NOW);
        let mut engine_now = engine(durable.clone());
        let (mut ledger, mut at, mut kills) = (vec![], 0, 0);
        for (unit, arrives, count, chance) in steps {
            for _ in 0..count {
                book.write(&format!("u{unit}.service"), &format!("line {at} of it"));
                at += 1;
            }
            // The reader ends now and then in the middle of an entry, and goes on from where the engine says.
            if engine_now.has_room(0) {
                let bytes = book.after(&engine_now.resume_at(0));
                let half = if chance < 5 { bytes.len() } else { bytes.len() * 2 / 3 };
                engine_now.read(0, &bytes[..half], now_ms);
            }
            now_ms += 700;
            ledger.extend(send(&mut engine_now, now_ms, arrives));
            if let Some(checkpoint) = engine_now.checkpoint() {
                durable = checkpoint;
            }
            if chance == 0 {
                kills += 1;
                engine_now = engine(durable.clone());
            }
        }
        let rest = book.after(&engine_now.resume_at(0));
        engine_now.read(0, &rest, now_ms);
        for _ in 0..100 {
            now_ms += 1_000;
            ledger.extend(send(&mut engine_now, now_ms, true));
        }
        prop_assert!(engine_now.is_done());
        let mut lines: Vec<_> = ledger.iter().flat_map(|text| text.lines()).collect();
        lines.sort_unstable();
        let total = lines.len();
        lines.dedup();
        prop_assert_eq!(lines.len(), book.0.len());
        prop_assert!(kills > 0 || total == lines.len(), "doubled without a kill");
    }
}

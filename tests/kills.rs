//! Killed again and again by `kill -9`, through an outage and while sending: what was given to the spool arrives, whole,
//! and nothing comes twice but the request in flight at a kill.
//!
//! Everything is published at high resolution, a point a second, so that a minute's worth of doubt takes seconds.
//! `STORMGLASS_KILLS` says how often each trial kills (8; scripts/soak asks for hundreds), and the folder
//! `STORMGLASS_ROWS`, if there is one, gets a row of figures from each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use tests::endpoint::ledger::{Datum, Ledger};
use tests::{Agent, Endpoint};

const CONFIG: &str = "
[agent]
state_dir = '{folder}/state'
[cloudwatch]
high_resolution = ['*']
high_resolution_period = '1s'
spread = '0s'
[host]
interval = '1s'
metrics = 'full'
";

/// How long the last life may take to send what all the others left.
const PATIENCE: Duration = Duration::from_mins(5);

fn kills() -> u64 {
    std::env::var("STORMGLASS_KILLS").map_or(8, |kills| kills.parse().expect("a number"))
}

/// Another part of a second each time.
fn moment(kill: u64, least_ms: u64, span_ms: u64) -> Duration {
    Duration::from_millis(least_ms + kill * 617 % span_ms)
}

/// What the lives of a trial left: how many ended by a kill, and the seconds of every record that stood in the spool at a
/// death. A record that stands there was given to the spool, whether or not it was sent already.
#[derive(Debug, Default)]
struct Lives {
    kills: u64,
    spooled_ms: BTreeSet<i64>,
}

/// Lives and dies so often.
fn live_and_die(agent: &mut Agent, lives: &mut Lives, kills: u64, length: impl Fn(u64) -> Duration) {
    for kill in 0..kills {
        agent.start();
        std::thread::sleep(length(kill));
        agent.kill();
        lives.kills += 1;
        let state = agent.folder().join("state");
        // A life that was killed before it had a spool left none.
        if state.join("spool").exists() {
            lives.spooled_ms.extend(records(&state).values().map(|(_, at)| at * 1_000));
        }
    }
}

/// Sends what is left, and ends well.
fn end_well(agent: &mut Agent, aws: &Endpoint, what: &str, done: impl FnMut(&Ledger) -> bool) {
    agent.start();
    aws.wait(what, PATIENCE, done);
    // A SIGTERM before it listens for one would be the end without a drain.
    std::thread::sleep(Duration::from_secs(2));
    let ended = agent.stop();
    assert!(ended.success(), "{ended}: {}", agent.output());
}

/// A row of the table of docs/reliability.md.
fn row(trial: &str, cells: &[String]) {
    if let Some(folder) = std::env::var_os("STORMGLASS_ROWS") {
        let text = format!("| {trial} | {} |\n", cells.join(" | "));
        std::fs::write(Path::new(&folder).join(trial), text).expect("the folder of the rows is there");
    }
}

/// What tells a point from every other.
fn point(datum: &Datum) -> String {
    format!("{}/{}{:?}@{}", datum.namespace, datum.name, datum.dimensions, datum.time_ms)
}

/// Points that came more than once, and the calls that brought them.
fn doubled(ledger: &Ledger) -> BTreeMap<String, Vec<u64>> {
    let mut calls: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for datum in &ledger.datums {
        calls.entry(point(datum)).or_default().push(datum.call);
    }
    calls.retain(|_, calls| {
        calls.dedup();
        calls.len() > 1
    });
    calls
}

/// The last call of each life may have been in flight at its kill.
fn in_flight(ledger: &Ledger, kills: u64) -> BTreeSet<u64> {
    let of = |life| ledger.calls.iter().filter(move |call| call.key == Agent::key_of(life));
    (0..kills).filter_map(|life| of(life).map(|call| call.number).max()).collect()
}

/// What the spool's files hold: the points and the earliest second of each record, by the record's number. Read from the
/// heads of the records (`"SGS1" | length u32 | points u32 | at i64 | seq u64`), not by the program.
fn records(state: &Path) -> BTreeMap<u64, (u64, i64)> {
    let files = std::fs::read_dir(state.join("spool")).expect("the spool is there").flatten();
    let segments = files.filter(|file| file.path().extension().is_some_and(|kind| kind == "seg"));
    let bytes: Vec<u8> = segments.flat_map(|file| std::fs::read(file.path()).expect("can be read")).collect();
    let heads = (0..bytes.len().saturating_sub(36)).filter(|at| bytes[*at..].starts_with(b"SGS1"));
    let number = |at: usize, width: usize| {
        bytes[at..at + width].iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    heads.map(|at| (number(at + 20, 8), (number(at + 8, 4), number(at + 12, 8) as i64))).collect()
}

/// Nothing can be sent, so all that was spooled stands in the files: each of its points must arrive, once.
#[test]
fn what_an_outage_left_in_the_spool_arrives_whole_and_once() {
    let aws = Endpoint::tls();
    aws.fault("PutMetricData error status=503");
    let mut agent = Agent::new(CONFIG).against(&aws);
    let mut lives = Lives::default();
    live_and_die(&mut agent, &mut lives, kills(), |kill| moment(kill, 1_200, 1_500));
    let spooled = records(&agent.folder().join("state"));
    let (points, last) =
        (spooled.values().map(|(points, _)| points).sum::<u64>(), spooled.values().map(|(_, at)| *at).max());
    let last_ms = last.expect("something was spooled") * 1_000;
    assert!(spooled.len() as u64 >= kills() / 2, "{} records after {} kills", spooled.len(), kills());
    assert_eq!(aws.ledger(|ledger| ledger.totals.datums), 0);
    aws.no_more_faults();
    // What this life adds is of later seconds.
    let of_before = |ledger: &Ledger| ledger.datums.iter().filter(|datum| datum.time_ms <= last_ms).count() as u64;
    end_well(&mut agent, &aws, "the whole spool", |ledger| of_before(ledger) >= points);
    aws.ledger(|ledger| {
        assert_eq!(of_before(ledger), points, "{} records", spooled.len());
        let doubled = doubled(ledger);
        assert!(doubled.is_empty(), "nothing was accepted while we killed, but {doubled:?}");
    });
    let records = spooled.len();
    let cells = [format!("{} in an outage", lives.kills), format!("{points} points in {records} requests")];
    row("outage", &[cells.as_slice(), &["0".to_owned(), "0".to_owned(), "0".to_owned()]].concat());
}

/// The first half of the lives cannot send; the second half is killed while it sends, to a service that is slow, so that
/// most kills find a request in flight.
#[test]
fn no_spooled_second_is_lost_and_none_comes_twice() {
    let aws = Endpoint::tls();
    aws.fault("PutMetricData error status=500");
    let mut agent = Agent::new(CONFIG).against(&aws);
    let length = |kill| moment(kill, 4_000, 1_900);
    let mut lives = Lives::default();
    live_and_die(&mut agent, &mut lives, kills() / 2, length);
    aws.no_more_faults();
    aws.fault("PutMetricData slow by=150ms");
    live_and_die(&mut agent, &mut lives, kills() - kills() / 2, length);
    let expected = &lives.spooled_ms;
    assert!(expected.len() as u64 >= kills(), "{} seconds after {} kills", expected.len(), kills());
    let arrived = |ledger: &Ledger| ledger.datums.iter().map(|datum| datum.time_ms).collect::<BTreeSet<_>>();
    end_well(&mut agent, &aws, "the last spooled second", |ledger| expected.is_subset(&arrived(ledger)));
    let killed = agent.status()["lost"]["killed"]["count"].as_u64();
    assert!(killed > Some(0), "the period open at the last kill was not counted: {}", agent.status());
    let (points, again, excused) = aws.ledger(|ledger| {
        let excused = in_flight(ledger, lives.kills);
        let doubled = doubled(ledger);
        for (point, calls) in &doubled {
            let pardoned = calls.iter().filter(|call| excused.contains(call)).count();
            assert!(calls.len() - 1 <= pardoned, "{point} came in {calls:?}; in flight at a kill: {excused:?}");
        }
        (ledger.datums.len(), doubled.len(), excused.len())
    });
    let cells = [
        format!("{} in an outage, {} while sending", kills() / 2, kills() - kills() / 2),
        format!("{points} points, {} seconds of them seen in the spool at a kill", expected.len()),
        "0".to_owned(),
        format!("{again} points, all of them in one of the {excused} requests in flight at a kill"),
        "0".to_owned(),
    ];
    row("sending", &cells);
}

//! The agent and its service: what is read back by another client, and what a kill, an outage and a poison cost.
//!
//! Everything is published at high resolution, a point a second, so that a minute's worth of doubt takes seconds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tests::{Agent, Endpoint};

const CONFIG: &str = "
[agent]
state_dir = '{folder}/state'
[cloudwatch]
high_resolution = ['*']
high_resolution_period = '1s'
spread = '0s'
[dimensions]
Test = 'publish'
[host]
interval = '1s'
metrics = 'full'
";

/// Kills in `scripts/test`; `scripts/soak` asks for more by `STORMGLASS_KILLS`.
fn kills() -> usize {
    std::env::var("STORMGLASS_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(20)
}

/// Some other moment each time, of the same run or the next.
fn random_ms(most: u64) -> Duration {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").subsec_nanos();
    Duration::from_millis(u64::from(nanos / 1_000) % most)
}

fn status(agent: &Agent) -> Value {
    let text = std::fs::read(agent.folder().join("state/status.json")).expect("the status is there");
    serde_json::from_slice(&text).expect("the status is JSON")
}

/// The numbers of the records that the spool's files hold, by the mark before each.
fn records(state: &Path) -> BTreeSet<Vec<u8>> {
    let files = std::fs::read_dir(state.join("spool")).expect("the spool is there").flatten();
    let segments = files.filter(|file| file.path().extension().is_some_and(|kind| kind == "seg"));
    let bytes: Vec<u8> = segments.flat_map(|file| std::fs::read(file.path()).expect("can be read")).collect();
    let heads = (0..bytes.len().saturating_sub(36)).filter(|at| bytes[*at..].starts_with(b"SGS1"));
    heads.map(|at| bytes[at + 20..at + 28].to_vec()).collect()
}

#[test]
fn kills_in_an_outage_lose_nothing_that_was_spooled_and_double_nothing() {
    let aws = Endpoint::tls();
    aws.fault("PutMetricData error status=503");
    let mut agent = Agent::new(CONFIG).against(&aws);
    for _ in 0..kills() {
        agent.start();
        std::thread::sleep(Duration::from_millis(700) + random_ms(1_500));
        agent.kill();
    }
    let spooled = records(&agent.folder().join("state"));
    assert!(spooled.len() >= kills() / 2, "{} records after {} kills", spooled.len(), kills());
    assert_eq!(aws.ledger(|ledger| ledger.totals.datums), 0);
    aws.no_more_faults();
    agent.start();
    let count = spooled.len() as u64;
    aws.wait("the whole spool", Duration::from_mins(2), |ledger| ledger.totals.accepted_calls >= count);
    std::thread::sleep(Duration::from_secs(2));
    assert!(agent.stop().success());
    assert_eq!(status(&agent)["backlog"]["points"], 0);
    assert_eq!(repeated(&aws), 0, "nothing was accepted while we killed");
}

#[test]
fn kills_while_sending_double_only_what_was_in_flight() {
    let aws = Endpoint::tls();
    aws.fault("PutMetricData slow by=150ms");
    let mut agent = Agent::new(CONFIG).against(&aws);
    for _ in 0..kills() {
        agent.start();
        std::thread::sleep(Duration::from_millis(500) + random_ms(2_000));
        agent.kill();
    }
    let spooled = records(&agent.folder().join("state"));
    agent.start();
    std::thread::sleep(Duration::from_secs(5));
    assert!(agent.stop().success());
    assert_eq!(status(&agent)["backlog"]["points"], 0, "of {} records nothing is left", spooled.len());
    assert!(repeated(&aws) <= kills(), "{} requests came again after {} kills", repeated(&aws), kills());
    let killed = status(&agent)["lost"]["killed"]["count"].as_u64().expect("the open window was counted");
    assert!(killed > 0);
}

/// How many requests came again: each kill may cut off the answer of one, which is then sent once more.
fn repeated(aws: &Endpoint) -> usize {
    aws.ledger(|ledger| {
        let (mut last, mut again) = (BTreeMap::new(), BTreeSet::new());
        for datum in &ledger.datums {
            let point =
                (&datum.namespace, &datum.name, &datum.dimensions, datum.time_ms, format!("{:?}", datum.values));
            again.extend(last.insert(point, datum.call).filter(|call| *call != datum.call));
        }
        again.len()
    })
}

#[test]
fn a_poison_costs_itself_alone_and_is_named() {
    let aws = Endpoint::tls();
    aws.fault("PutMetricData poison name=mem_free");
    let mut agent = Agent::new(CONFIG).against(&aws);
    agent.start();
    aws.wait("the others", Duration::from_secs(40), |ledger| ledger.named("mem_used").count() >= 5);
    assert!(agent.stop().success());
    assert_eq!(aws.ledger(|ledger| ledger.named("mem_free").count()), 0);
    let rejected = &status(&agent)["lost"]["rejected"];
    assert!(rejected["count"].as_u64() >= Some(4), "{rejected}");
    assert!(rejected["last"].as_str().is_some_and(|last| last.starts_with("CWAgent/mem_free{")), "{rejected}");
}

#[test]
fn a_denial_is_said_once_and_the_points_wait() {
    let aws = Endpoint::tls();
    aws.fault("PutMetricData denied");
    let mut agent = Agent::new(CONFIG).against(&aws);
    agent.start().wait_for("is not authorized");
    std::thread::sleep(Duration::from_secs(4));
    let said = agent.output().matches("is not authorized").count();
    assert_eq!(said, 1, "{}", agent.output());
    assert!(agent.stop().success());
    let status = status(&agent);
    assert!(status["backlog"]["points"].as_u64() > Some(50) && status["trouble"].as_str() != Some(""), "{status}");
    assert!(
        status["ended"].as_bool() == Some(true) && status["lost"].as_object().is_some_and(serde_json::Map::is_empty)
    );
}

#[test]
fn a_reload_keeps_the_old_configuration_or_takes_the_new_one() {
    let aws = Endpoint::tls();
    let mut agent = Agent::new(CONFIG).against(&aws);
    agent.start();
    aws.wait("the first points", Duration::from_secs(30), |ledger| ledger.named("mem_used").count() >= 2);
    agent.configure(&CONFIG.replace("[host]", "[hots]"));
    agent.reload();
    agent.wait_for("the old configuration stays").wait_for("did you mean");
    agent.configure(&CONFIG.replace("'publish'", "'again'"));
    agent.reload();
    let again = |ledger: &tests::endpoint::ledger::Ledger| {
        ledger.named("mem_used").any(|datum| datum.dimensions.get("Test").is_some_and(|test| test == "again"))
    };
    aws.wait("the new dimension", Duration::from_secs(30), again);
    assert!(agent.stop().success());
    assert!(status(&agent)["lost"].as_object().is_some_and(serde_json::Map::is_empty), "{}", status(&agent));
}

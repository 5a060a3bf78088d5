//! The agent and its service: what a poison, a denial and a reload cost.
//!
//! Everything is published at high resolution, a point a second, so that a minute's worth of doubt takes seconds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tests::endpoint::ledger::Ledger;
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

/// On a machine that does other work, too.
const PATIENCE: Duration = Duration::from_mins(3);

/// The metrics of the fullest request, in its order.
fn request(ledger: &Ledger) -> Vec<String> {
    let fullest = ledger.calls.iter().max_by_key(|call| call.datums).expect("something came").number;
    ledger.datums.iter().filter(|datum| datum.call == fullest).map(|datum| datum.name.clone()).collect()
}

/// At each position of the request in turn; `STORMGLASS_ROWS` asks for all of them, else the first, one between and the
/// last are tried.
#[test]
fn a_poison_costs_itself_alone_and_is_named() {
    let aws = Endpoint::tls();
    let mut agent = Agent::new(&CONFIG.replace("spread", "keep = ['mem_*', 'swap_used*']\nspread")).against(&aws);
    agent.start();
    aws.wait("a few seconds", PATIENCE, |ledger| ledger.named("mem_used").count() >= 3);
    assert!(agent.stop().success());
    let names = aws.ledger(request);
    assert!(names.len() >= 10, "{names:?}");
    let rows = std::env::var_os("STORMGLASS_ROWS");
    let positions = if rows.is_some() { (0..names.len()).collect() } else { vec![0, names.len() / 2, names.len() - 1] };
    for poison in positions.iter().map(|position| &names[*position]) {
        aws.clear();
        aws.fault(&format!("PutMetricData poison name={poison}"));
        agent.start();
        let other = names.iter().find(|name| *name != poison).expect("there are ten");
        aws.wait("the others", PATIENCE, |ledger| ledger.named(other).count() >= 3);
        assert!(agent.stop().success());
        aws.no_more_faults();
        let rejected = &agent.status()["lost"]["rejected"];
        let named = rejected["last"].as_str().is_some_and(|last| last.starts_with(&format!("CWAgent/{poison}{{")));
        assert!(named && rejected["count"].as_u64() >= Some(3), "{poison}: {rejected}");
        aws.ledger(|ledger| assert_only_lacks(ledger, poison, &names));
    }
    if let Some(folder) = rows {
        let cells = format!("{} positions of a request of {}", positions.len(), names.len());
        let row =
            format!("| poison | {cells} | each second of the run | 0 | 0 | the poison alone, named and counted |\n");
        std::fs::write(std::path::Path::new(&folder).join("poison"), row).expect("the folder of the rows is there");
    }
}

/// Every second that came has every metric once, but the poison.
fn assert_only_lacks(ledger: &Ledger, poison: &str, names: &[String]) {
    let wanted: BTreeSet<_> = names.iter().map(String::as_str).filter(|name| *name != poison).collect();
    let mut seconds: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
    for datum in ledger.datums.iter().filter(|datum| names.contains(&datum.name)) {
        seconds.entry(datum.time_ms).or_default().push(&datum.name);
    }
    for (second, came) in seconds {
        assert_eq!(came.iter().copied().collect::<BTreeSet<_>>(), wanted, "{poison} in the second {second}");
        assert_eq!(came.len(), wanted.len(), "{poison} in the second {second}: something came twice");
    }
}

/// A web page with status 200 is no receipt: what was given to it waits, and arrives once the service is there.
#[test]
fn a_page_of_somebody_else_is_no_receipt() {
    let aws = Endpoint::tls();
    aws.fault("PutMetricData nonsense");
    let mut agent = Agent::new(CONFIG).against(&aws);
    agent.start().wait_for("not CloudWatch");
    std::thread::sleep(Duration::from_secs(4));
    assert!(agent.stop().success());
    let before = agent.status();
    assert_eq!((before["points_sent"].as_u64(), aws.ledger(|ledger| ledger.totals.datums)), (Some(0), 0));
    let waited = before["backlog"]["points"].as_u64().expect("points wait");
    assert!(waited > 100, "{before}");
    aws.no_more_faults();
    agent.start();
    aws.wait("what waited", PATIENCE, |ledger| ledger.totals.datums > waited);
    assert!(agent.stop().success());
    assert!(agent.status()["lost"].as_object().is_some_and(serde_json::Map::is_empty), "{}", agent.status());
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
    let status = agent.status();
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
    assert!(agent.status()["lost"].as_object().is_some_and(serde_json::Map::is_empty), "{}", agent.status());
}

//! Killed again and again by `kill -9`, through an outage and after it: what had closed arrives, and nothing comes twice
//! but the request in flight at a kill.
//!
//! `STORMGLASS_KILLS` says how often (8; scripts/soak asks for hundreds).

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tests::endpoint::ledger::Ledger;
use tests::{Agent, Endpoint};

const CONFIG: &str = "
[agent]
state_dir = \"{folder}/state\"

[host]
interval = \"1s\"

[cloudwatch]
region = \"us-east-1\"
spread = \"0s\"
high_resolution = [\"mem_used_percent\"]
high_resolution_period = \"1s\"
";

/// A second of readings is given to the spool at most so long after its end, also on a busy machine.
const CLOSED_MS: i64 = 2_500;

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis() as i64
}

/// The seconds of the one series that we follow, with the calls that brought them.
fn arrived(ledger: &Ledger) -> BTreeMap<i64, Vec<u64>> {
    let mut arrived: BTreeMap<i64, Vec<u64>> = BTreeMap::new();
    for datum in ledger.named("mem_used_percent").filter(|datum| datum.resolution == 1) {
        arrived.entry(datum.time_ms).or_default().push(datum.call);
    }
    arrived
}

/// The last call before each kill may have been in flight.
fn in_flight(ledger: &Ledger, kills: &[i64]) -> BTreeSet<u64> {
    let last = |kill: &i64| ledger.calls.iter().filter(|call| call.at_ms <= *kill).map(|call| call.number).max();
    kills.iter().filter_map(last).collect()
}

#[test]
fn no_closed_second_is_lost_and_none_comes_twice() {
    let kills: u64 = std::env::var("STORMGLASS_KILLS").map_or(8, |kills| kills.parse().expect("a number"));
    let aws = Endpoint::plain();
    aws.fault("PutMetricData error status=500");
    let mut agent = Agent::new(CONFIG).against(&aws);
    let (mut lives, mut killed) = (Vec::new(), Vec::new());
    for kill in 0..kills {
        if kill == kills / 2 {
            aws.no_more_faults();
        }
        let begun = now_ms();
        agent.start();
        // Not in step with the seconds: each kill falls on another part of one.
        std::thread::sleep(Duration::from_millis(4_000 + kill * 617 % 1_900));
        agent.kill();
        lives.push((begun, now_ms()));
        killed.push(now_ms());
    }
    let expected: BTreeSet<i64> = lives
        .iter()
        // The first second is not whole, and starting takes its time.
        .flat_map(|(begun, ended)| (begun / 1000 + 2)..=((ended - CLOSED_MS) / 1000 - 1))
        .map(|second| second * 1000)
        .collect();
    assert!(!expected.is_empty());
    agent.start();
    aws.wait("the last closed second", Duration::from_mins(2), |ledger| {
        let arrived = arrived(ledger);
        expected.iter().all(|second| arrived.contains_key(second))
    });
    // A SIGTERM before it listens for one would be the end without a drain.
    std::thread::sleep(Duration::from_secs(2));
    let status = agent.stop();
    assert!(status.success(), "{status}");
    aws.ledger(|ledger| {
        let in_flight = in_flight(ledger, &killed);
        for (second, calls) in arrived(ledger) {
            let extra = calls.len() - 1;
            let pardoned = calls.iter().filter(|call| in_flight.contains(call)).count();
            assert!(
                extra <= pardoned,
                "the second {second} came in the calls {calls:?}; in flight at a kill: {in_flight:?}"
            );
        }
    });
}

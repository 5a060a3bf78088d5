//! The program itself, through the real Rust SDK: what it publishes is taken by all who judge it, whole and in CBOR.

use std::time::Duration;

use serde_json::json;
use tests::{Agent, Endpoint, Ministack, boto3, now_s};

const CONFIG: &str = "
[agent]
state_dir = \"{folder}/state\"

[cloudwatch]
region = \"us-east-1\"
spread = \"0s\"
";

/// Looks around for a few seconds, then stops, which publishes the open period.
fn live_and_stop(agent: &mut Agent) {
    agent.start();
    std::thread::sleep(Duration::from_secs(4));
    let status = agent.stop();
    assert!(status.success(), "{status}");
}

#[test]
fn what_the_agent_publishes_over_tls_passes_every_limit() {
    let aws = Endpoint::tls();
    let mut agent = Agent::new(CONFIG).against(&aws);
    live_and_stop(&mut agent);
    aws.ledger(|ledger| {
        assert!(ledger.totals.troubles.is_empty(), "{:#?}", ledger.totals);
        let calls = ledger.calls.iter().filter(|call| call.operation == "cloudwatch:PutMetricData");
        assert!(calls.clone().count() > 0, "{:#?}", ledger.totals);
        assert!(calls.clone().all(|call| call.accepted && call.answered));
        let memory: Vec<_> = ledger.named("mem_used_percent").collect();
        assert_eq!(memory.first().map(|datum| datum.namespace.as_str()), Some("CWAgent"));
        assert_eq!(memory[0].unit.as_deref(), Some("Percent"));
        assert!(memory[0].values.iter().all(|value| (0.0..=100.0).contains(value)), "{:?}", memory[0]);
        assert!(memory[0].statistics.is_none(), "a statistic set would have no percentiles");
    });
}

/// Kept by an implementation of other hands, and read back through another client.
#[test]
fn what_the_agent_publishes_is_read_back_from_ministack_by_boto3() {
    let aws = Ministack::start();
    let before_s = now_s() / 60 * 60;
    live_and_stop(&mut Agent::new(CONFIG).at(&aws.url()));
    let listed = boto3("metrics", &aws.url(), &json!({ "namespace": "CWAgent" }));
    let listed = listed.as_array().expect("a list");
    for name in ["mem_used_percent", "mem_available", "disk_used_percent", "disk_inodes_free"] {
        let Some(metric) = listed.iter().find(|metric| metric["name"] == name) else {
            panic!("{name} did not arrive; there are {listed:?}");
        };
        let asked = json!({ "namespace": "CWAgent", "name": name, "dimensions": metric["dimensions"],
            "from": before_s, "to": before_s + 180, "statistics": ["Average", "SampleCount"] });
        let found = boto3("metric_data", &aws.url(), &asked);
        let values = |statistic: &str| {
            let points = found[statistic].as_array().expect("points").iter();
            points.filter_map(|point| point[1].as_f64()).collect::<Vec<_>>()
        };
        assert!(values("SampleCount").iter().sum::<f64>() >= 1.0, "{name}: {found}");
        let most = if name.ends_with("_percent") { 100.0 } else { f64::MAX };
        assert!(values("Average").iter().all(|value| (0.0..=most).contains(value)), "{name}: {found}");
    }
}

//! Applications and APIs, from outside: real services and clients that count; what CloudWatch then has must be what the
//! client counted. The program publishes by the real SDK to ministack, and boto3 reads.

mod access;
mod document;
mod driven;
mod hostile;
mod otlp;
mod postgres;
mod price;
mod push;
mod redis;
mod scrape;
mod service;
mod statsd;
mod suspicious;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tests::{Agent, Ministack, boto3, now_s};

/// The sources under test alone: nothing of the host, which is tried elsewhere.
const BASE: &str = "
[agent]
state_dir = '{folder}/state'
[cloudwatch]
spread = '0s'
[identity]
metadata = false
append = []
[suspects]
enabled = false
[host]
metrics = 'basic'
interval = '5m'
";

/// One series as boto3 reads it, over the whole time.
#[derive(Clone, Debug, Deserialize)]
struct Row {
    name: String,
    dimensions: BTreeMap<String, String>,
    unit: String,
    sum: Option<f64>,
    minimum: Option<f64>,
    maximum: Option<f64>,
    count: Option<f64>,
    p50: Option<f64>,
    p99: Option<f64>,
}

/// An agent with these sources, and the CloudWatch that it publishes to.
struct World {
    aws: Ministack,
    agent: Agent,
    begun: i64,
}

impl World {
    fn new(sources: &str) -> Self {
        let aws = Ministack::start();
        let agent = Agent::new(&format!("{BASE}{sources}")).at(&aws.url());
        Self { aws, agent, begun: now_s() }
    }

    /// Ends the agent, which publishes what is open, and reads everything of a namespace.
    fn end(mut self, namespace: &str) -> Rows {
        assert!(self.agent.stop().success(), "the agent did not end well");
        let asked = json!({ "namespace": namespace, "from": self.begun, "to": now_s() });
        let rows = serde_json::from_value(boto3("sums", &self.aws.url(), &asked)).expect("rows");
        Rows { rows, status: self.agent.status() }
    }
}

/// What was published, and how the agent says it went.
struct Rows {
    rows: Vec<Row>,
    status: serde_json::Value,
}

impl Rows {
    /// The one series of this name that has these dimensions, and maybe more.
    fn one(&self, name: &str, dimensions: &[(&str, &str)]) -> &Row {
        let has = |row: &&Row| {
            row.name == name
                && dimensions.iter().all(|(key, value)| row.dimensions.get(*key).is_some_and(|v| v == value))
        };
        let found: Vec<_> = self.rows.iter().filter(has).collect();
        assert!(found.len() == 1, "{} of {name} {dimensions:?} among {:#?}", found.len(), self.rows);
        found[0]
    }

    fn sum(&self, name: &str, dimensions: &[(&str, &str)]) -> f64 {
        self.one(name, dimensions).sum.expect("it has values")
    }

    /// How many were lost for a reason.
    fn lost(&self, reason: &str) -> u64 {
        self.status["lost"][reason]["count"].as_u64().unwrap_or(0)
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free loopback port");
    listener.local_addr().expect("it is bound").port()
}

/// Waits until it holds.
fn until(what: &str, at_most: Duration, mut holds: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !holds() {
        assert!(begun.elapsed() < at_most, "waited {at_most:?} for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

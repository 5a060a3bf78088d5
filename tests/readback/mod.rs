//! Every series of every collector, read back from CloudWatch by another client: values, units and dimensions.
//!
//! The real program watches a host made of files (`host`), publishes by the real SDK to ministack, and boto3 reads. What
//! must come is in `expected.txt`, reckoned by hand; what comes beside it is a failure too. Not shown here: the counters
//! of the ENA driver, which only such a driver gives.

mod host;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tests::{Agent, Ministack, boto3, now_s, skip};

const CONFIG: &str = "
[agent]
state_dir = '{folder}/state'
[cloudwatch]
spread = '0s'
[dimensions]
host = 'readback'
[host]
interval = '1s'
metrics = 'full'
proc = '{folder}/host/proc'
sys = '{folder}/host/sys'
root = '{folder}/host'
[host.cpu]
per_core = true
[[process]]
name = 'shop'
pattern = 'java*shop.jar'
[[process]]
name = 'worker'
exe = 'ruby'
[[unit]]
name = 'shop'
[[unit]]
name = 'mail'
";

/// What the ENA driver alone gives.
const OF_ENA: [&str; 2] = ["ethtool_", "allowance_"];
/// What the agent says of itself, and of the logs that it is given none of here.
const OF_ITSELF: [&str; 6] = ["agent_", "local_", "heartbeat", "log_", "errors", "new_error_kinds"];
const OF_THE_CLOCK: &str = "clock_";
/// A collector that was dear rests; within so long each has looked again.
const LOOKS: Duration = Duration::from_secs(8);
/// The farthest that two looks of one collector can lie apart here, and the nearest.
const APART_S: std::ops::RangeInclusive<f64> = 0.5..=12.0;

/// A row of what is read back.
#[derive(Debug, Deserialize)]
struct Row {
    namespace: String,
    name: String,
    dimensions: BTreeMap<String, String>,
    unit: String,
    sum: Option<f64>,
    minimum: Option<f64>,
    maximum: Option<f64>,
    count: Option<f64>,
}

/// A line of `expected.txt`.
#[derive(Debug)]
struct Expected<'a> {
    /// Namespace, name and dimensions.
    series: String,
    name: &'a str,
    unit: &'a str,
    how: &'a str,
    values: Vec<&'a str>,
}

fn expected(line: &str) -> Expected<'_> {
    let mut words = line.splitn(5, ' ');
    let mut word = || words.next().unwrap_or_default();
    let (namespace, name, unit, how, mut rest) = (word(), word(), word(), word(), word());
    let count = match how {
        "some" => 0,
        "to" => 2,
        _ => 1,
    };
    let mut values = Vec::new();
    for _ in 0..count {
        let (value, left) = rest.split_once(' ').unwrap_or((rest, ""));
        values.push(value);
        rest = left;
    }
    let dimensions = rest.split(", ").filter_map(|pair| pair.split_once('='));
    let dimensions: BTreeMap<_, _> = dimensions.chain([("host", "readback")]).collect();
    Expected { series: format!("{namespace}/{name}{dimensions:?}"), name, unit, how, values }
}

/// What the fixture leaves to the machine: the size of a folder, the processors, the file system it lies on.
#[derive(Debug)]
struct Machine {
    descriptors: f64,
    processors: f64,
    /// As `stat -f` says: block size, blocks, free, available, inodes, free inodes.
    disk: Vec<f64>,
}

impl Machine {
    fn look(host: &Path) -> Self {
        let said = Command::new("stat").args(["-f", "-c", "%S %b %f %a %c %d"]).arg(host).output().expect("stat runs");
        let said = String::from_utf8(said.stdout).expect("UTF-8");
        let descriptors = std::fs::metadata(host.join("proc/41/fd")).expect("was built").len() as f64;
        let nproc = Command::new("nproc").output().expect("nproc runs");
        let processors = String::from_utf8_lossy(&nproc.stdout).trim().parse().expect("a number");
        let disk = said.split_whitespace().map(|word| word.parse().expect("a number")).collect();
        Self { descriptors, processors, disk }
    }

    fn value(&self, text: &str) -> f64 {
        match text {
            "FDS" => self.descriptors,
            "FDS%" => self.descriptors / 10.0,
            "LOAD" => 0.52 / self.processors,
            number => number.parse().unwrap_or_else(|_| panic!("`{number}` is no number")),
        }
    }

    /// A figure of the file system, and how far it may move while other programs write.
    fn disk(&self, what: &str) -> (f64, f64) {
        let [block, blocks, free, available, inodes, inodes_free] = self.disk[..] else { panic!("{self:?}") };
        let (bytes, some_inodes) = (block * blocks, inodes * 0.01);
        let used = blocks - free;
        match what {
            "total" => (bytes, 0.0),
            "used" => (block * used, bytes * 0.01),
            "avail" => (block * available, bytes * 0.01),
            "used%" => (100.0 * used / (used + available), 1.0),
            "itotal" => (inodes, 0.0),
            "ifree" => (inodes_free, some_inodes),
            "iused" => (inodes - inodes_free, some_inodes),
            "iused%" => (100.0 * (inodes - inodes_free) / inodes, 1.0),
            other => panic!("`disk {other}` is unknown"),
        }
    }
}

fn near(found: f64, wanted: f64) -> bool {
    (found - wanted).abs() <= wanted.abs() * 1e-8
}

/// Why a row is not as expected.
fn fault(wanted: &Expected<'_>, row: &Row, machine: &Machine) -> Option<String> {
    if row.unit != wanted.unit {
        return Some(format!("the unit is {}, not {}", row.unit, wanted.unit));
    }
    let (Some(sum), Some(least), Some(most), Some(count)) = (row.sum, row.minimum, row.maximum, row.count) else {
        return Some("it has no values".to_owned());
    };
    let value = |at: usize| machine.value(wanted.values[at]);
    let is_so = match wanted.how {
        "is" => near(least, value(0)) && near(most, value(0)) && count >= 2.0,
        "one" => near(least, value(0)) && near(most, value(0)) && count == 1.0,
        "sum" => near(sum, value(0)) && count >= 2.0,
        "to" => near(least, value(0)) && near(most, value(1)),
        "rate" => APART_S.contains(&(value(0) / sum)) && count >= 2.0,
        "disk" => {
            let (is, moves) = machine.disk(wanted.values[0]);
            (least - is).abs() <= moves && (most - is).abs() <= moves
        }
        "some" => count >= 2.0,
        other => panic!("`{other}` is unknown"),
    };
    (!is_so).then(|| format!("not `{} {}`", wanted.how, wanted.values.join(" ")))
}

#[test]
fn every_series_is_read_back_by_another_client() {
    let aws = Ministack::start();
    let mut agent = Agent::new(CONFIG).at(&aws.url());
    let root = agent.folder().join("host");
    host::build(&root);
    let from = now_s() - 60;
    agent.start();
    let status = agent.folder().join("state/status.json");
    for _ in 0..300 {
        if status.exists() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    std::thread::sleep(Duration::from_secs(2));
    host::jump(&root);
    std::thread::sleep(LOOKS);
    assert!(agent.stop().success(), "{}", agent.output());

    let rows = boto3("read_back", &aws.url(), &json!({ "from": from, "to": now_s() + 60 }));
    let rows: Vec<Row> = serde_json::from_value(rows).expect("rows");
    let rows = rows.into_iter().filter(|row| OF_ITSELF.iter().all(|start| !row.name.starts_with(start)));
    let mut rows: BTreeMap<_, _> =
        rows.map(|row| (format!("{}/{}{:?}", row.namespace, row.name, row.dimensions), row)).collect();
    let machine = Machine::look(&root);
    let mut faults = Vec::new();
    // A container may refuse the clock's state; then nothing of it comes.
    let timeless = rows.values().all(|row| !row.name.starts_with(OF_THE_CLOCK));
    if timeless {
        skip("clock", "this container may not ask for the state of the clock");
    }
    for wanted in lines().filter(|wanted| !(timeless && wanted.name.starts_with(OF_THE_CLOCK))) {
        match rows.remove(&wanted.series) {
            None => faults.push(format!("{}: did not come", wanted.series)),
            Some(row) => faults.extend(fault(&wanted, &row, &machine).map(|fault| format!("{fault}: {row:?}"))),
        }
    }
    faults.extend(rows.keys().map(|series| format!("{series}: came, and nobody expects it")));
    assert!(faults.is_empty(), "{machine:?}\n{}", faults.join("\n"));
}

fn lines() -> impl Iterator<Item = Expected<'static>> {
    include_str!("expected.txt").lines().filter(|line| !line.starts_with('#')).map(expected)
}

/// Whoever adds a metric adds it to what is read back.
#[test]
fn every_metric_of_the_table_is_expected() {
    let page = std::fs::read_to_string(tests::root().join("docs/metrics.md")).expect("is there");
    // What applications say is read back beside what their clients counted (`app`).
    let (before, from) = page.split_once("## Applications and APIs").expect("has that part");
    let page = [before, from.split_once("\n## ").expect("is not the last part").1].concat();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let units: BTreeMap<_, _> = rows.map(|(name, rest)| (name, rest.split(" |").next().unwrap_or_default())).collect();
    assert!(units.len() > 100, "docs/metrics.md has changed its form");
    let shown: BTreeSet<_> = lines().map(|line| (line.name, line.unit)).collect();
    let missing: Vec<_> = units
        .iter()
        .filter(|(name, unit)| !shown.contains(&(**name, **unit)) && OF_ENA.iter().all(|of| !name.starts_with(of)))
        .filter(|(name, _)| OF_ITSELF.iter().all(|of| !name.starts_with(of)))
        .collect();
    assert!(missing.is_empty(), "not in expected.txt: {missing:?}");
}

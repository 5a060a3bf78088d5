//! What a person meets at the door: faults of a file, a service that makes no sense, an end that must come in time,
//! who the host is, and what it costs. Through the binary, as it is typed.

use std::time::{Duration, Instant};

use serde_json::Value;
use tests::endpoint::{Imds, Settings, identity::Role};
use tests::{Agent, Endpoint};

/// A point a second, so that seconds show what minutes would.
const CONFIG: &str = "
[cloudwatch]
high_resolution = ['*']
high_resolution_period = '1s'
spread = '0s'
[host]
interval = '1s'
[suspects]
enabled = false
";

/// SIGTERM is obeyed within this.
const DRAIN: Duration = Duration::from_secs(5);

fn said(output: &std::process::Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn json(agent: &Agent, arguments: &[&str]) -> Value {
    let output = agent.run(arguments);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", said(&output)))
}

#[test]
fn every_fault_of_a_file_is_told_at_once_with_its_place() {
    let text = "[agent]\nperiod = '90s'\nperod = '60s'\n[host]\ninterval = '10parsecs'\noff = ['cup']\n\
                [host.disk]\nmounts = 3\n[suspects]\ninterval = '5s'\n[spool]\nmax_bytes = '1KiB'\n";
    let agent = Agent::new(text);
    for command in ["check", "run", "once", "cost", "iam-policy"] {
        let output = agent.run(&[command]);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{command}: {said}");
        for place in [":3:1: SG-CFG-003", ":5:12: SG-CFG-006", ":8:10: SG-CFG-002"] {
            assert!(said.contains(place), "{command} does not say {place}: {said}");
        }
        assert!(said.contains("did you mean `period`?"), "{command}: {said}");
        assert!(!said.contains("panicked"), "{command}: {said}");
    }
    // What only makes no sense is told when the text is read: all of it at once, too.
    let text = text.replace("perod = '60s'\n", "").replace("10parsecs", "10m").replace("mounts = 3", "mounts = []");
    let said = said(&Agent::new(&text).run(&["check"]));
    for place in
        [":2:10: SG-RUN-001", ":4:12: SG-CFG-006", ":5:8: SG-CFG-005", ":9:12: SG-CFG-006", ":11:13: SG-SPL-010"]
    {
        assert!(said.contains(place), "{place} is not said: {said}");
    }
}

#[test]
fn a_configuration_that_cannot_be_read_is_no_empty_one() {
    let agent = Agent::new("");
    std::fs::remove_file(agent.config_file()).expect("it was written");
    for replaced in [false, true] {
        if replaced {
            std::fs::create_dir(agent.config_file()).expect("a folder in its place");
        }
        let output = agent.run(&["run"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains("SG-CFG-010"), "{}", said(&output));
    }
}

#[test]
fn what_is_named_and_not_there_is_named_to_the_person() {
    let text = "[host.disk]\nmounts = ['/', '/no/such/mount']\n[host.net]\ninterfaces = ['eth77']\n\
                [[process]]\nname = 'ghost'\nexe = 'no-such-program'\n";
    let mut agent = Agent::new(text);
    let output = agent.run(&["check", "--deny-warnings"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    for what in ["no mount /no/such/mount", "no interface eth77", "the process ghost does not run"] {
        assert!(said(&output).contains(what), "{what}: {}", said(&output));
    }
    // And by the agent that runs, which goes on with the rest.
    let service = Endpoint::plain();
    agent = agent.at(&service.url());
    agent.start().wait_for("/no/such/mount");
    assert!(agent.stop().success());
}

#[test]
fn a_page_with_status_200_is_no_delivery() {
    let service = Endpoint::plain();
    service.fault("* nonsense");
    let mut agent = Agent::new(CONFIG).at(&service.url());
    agent.start().wait_for("not CloudWatch");
    assert!(agent.stop().success(), "{}", agent.output());
    let status = agent.status();
    assert!(status["backlog"]["points"].as_u64() > Some(0) && status["points_sent"] == 0, "{status}");
    assert!(status["lost"].as_object().is_some_and(serde_json::Map::is_empty), "{status}");
    service.no_more_faults();
    agent.start();
    let waited = status["backlog"]["points"].as_u64().expect("a number");
    service.wait("what waited", Duration::from_secs(40), |ledger| ledger.totals.datums >= waited);
    assert!(agent.stop().success());
}

#[test]
fn sigterm_is_obeyed_within_five_seconds_and_loses_nothing() {
    let service = Endpoint::tls();
    service.fault("* hang-before for=60s");
    let mut agent = Agent::new(CONFIG).against(&service);
    agent.start();
    std::thread::sleep(Duration::from_secs(5));
    let begun = Instant::now();
    assert!(agent.stop().success());
    assert!(begun.elapsed() <= DRAIN, "{:?}", begun.elapsed());
    let status = agent.status();
    assert!(status["ended"] == true && status["open_series"] == 0, "{status}");
    assert_eq!(status["backlog"]["points"], status["points_spooled"], "{status}");
    assert!(status["lost"].as_object().is_some_and(serde_json::Map::is_empty), "{status}");
}

#[test]
fn an_instance_is_known_by_its_metadata() {
    let service = Endpoint::start(Settings { imds: imds(Role::Own), ..Settings::default() });
    let text = format!("{CONFIG}[identity]\ntags = {{ Team = 'team' }}\n");
    let mut agent = Agent::new(&text).at(&service.url()).on_instance(&service);
    agent.start();
    service.wait("a point", Duration::from_secs(30), |ledger| ledger.named("heartbeat").count() > 0);
    assert!(agent.stop().success(), "{}", agent.output());
    let dimensions = service.ledger(|ledger| ledger.named("heartbeat").next().map(|datum| datum.dimensions.clone()));
    let dimensions = dimensions.expect("there is one");
    for (name, value) in [("AutoScalingGroupName", "web"), ("Team", "shop")] {
        assert_eq!(dimensions.get(name).map(String::as_str), Some(value), "{dimensions:?}");
    }
    assert!(dimensions.contains_key("InstanceId") && dimensions.contains_key("InstanceType"), "{dimensions:?}");
    // What is priced has the same dimensions: a roll-up by group is counted.
    let priced = json(&agent, &["cost", "--series", "--json"]);
    assert!(priced["all_series"].to_string().contains("AutoScalingGroupName=web"), "{priced}");
}

#[test]
fn the_keys_of_a_lightsail_instance_are_refused_with_the_way_out() {
    let service = Endpoint::start(Settings { imds: imds(Role::Lightsail), ..Settings::default() });
    // Suspects and points: no request of either may leave.
    let text = CONFIG.replace("[cloudwatch]\n", "[cloudwatch]\nregion = 'us-east-1'\n").replace("false", "true");
    let mut agent = Agent::new(&text).at(&service.url()).on_instance(&service);
    agent.start().wait_for("this is a Lightsail instance");
    std::thread::sleep(Duration::from_secs(4));
    assert!(agent.stop().success());
    let signed = service.ledger(|ledger| {
        let signed =
            ledger.calls.iter().map(|call| call.operation.clone()).filter(|operation| !operation.starts_with("imds:"));
        signed.collect::<Vec<_>>()
    });
    assert!(signed.is_empty(), "signed with keys that are not ours: {signed:?}");
    let status = agent.status();
    assert!(status["trouble"].as_str().is_some_and(|says| says.contains("iam-policy")), "{status}");
    let output = agent.run(&["doctor"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("SG-DOC-013"), "{}", said(&output));
}

fn imds(role: Role) -> Imds {
    let tags = [("aws:autoscaling:groupName", "web"), ("team", "shop")];
    Imds { role, tags: Some(tags.map(|(name, value)| (name.to_owned(), value.to_owned())).into()), ..Imds::default() }
}

#[test]
fn the_price_is_one_whoever_asks_and_the_least_valuable_is_refused() {
    let agent = Agent::new("[host]\nmetrics = 'full'\n");
    let (once, cost) = (json(&agent, &["once", "--json"]), json(&agent, &["cost", "--json"]));
    assert_eq!(once["series"], cost["series"], "once and cost do not agree");
    assert_eq!(once["monthly_usd"], cost["monthly_usd"]);
    let all = cost["series"].as_u64().expect("a number");
    let agent = Agent::new(&format!("[host]\nmetrics = 'full'\n[budget]\nmax_series = {}\n", all / 2));
    let cost = json(&agent, &["cost", "--json", "--series"]);
    let names = |key: &str| -> Vec<String> {
        let series = cost[key].as_array().expect("a list").iter().filter_map(Value::as_str);
        series.map(|series| series.split(['/', '{']).nth(1).unwrap_or_default().to_owned()).collect()
    };
    let (kept, refused) = (names("all_series"), names("refused_by_the_budget"));
    assert_eq!((kept.len() as u64, kept.len() + refused.len()), (all / 2, all as usize));
    for basic in ["heartbeat", "mem_used_percent", "disk_used_percent", "cpu_usage_active"] {
        assert!(
            kept.iter().any(|name| name == basic) && refused.iter().all(|name| name != basic),
            "{basic} was refused"
        );
    }
    assert!(refused.iter().any(|name| name == "load_15"), "{refused:?}");
}

//! Somebody tries the doors: the notice names the address, here and for the account, and no dimension has it.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use tests::{Agent, Endpoint};

use super::until;

/// Publishes, and judges here as well.
const CONFIG: &str = "
[agent]
state_dir = '{folder}/state'
[identity]
append = []
[dimensions]
host = 'web-1'
[suspects]
interval = '1h'
[local]
listen = '127.0.0.1:0'
rules = '{folder}/alarms.toml'
[[local.outlet]]
name = 'script'
command = ['/bin/sh', '-c', 'cat >> {folder}/told']
[[access]]
service = 'shop'
paths = ['{folder}/logs/access.log']
";
const RULES: &str = "[[alarm]]\nname = 'doors'\nmetric = 'suspicious_requests'\nperiod = '1m'\neach = ['service']\n\
    statistic = 'Sum'\nabove = 20\nlate = '0s'\nimpact = 'outage'\nsummary = 'somebody tries the doors'\n";

/// Many from one address, a few from another, and a customer who mistyped.
fn scans(log: &Path) {
    let mut text = String::new();
    let mut line = |address: &str, path: &str| {
        // A `String` takes whatever is written to it.
        let _ = writeln!(
            text,
            "{address} - - [21/Nov/2026:10:00:00 +0000] \"GET {path} HTTP/1.1\" 404 0 \"-\" \"x\" 0.001 -"
        );
    };
    (0..40).for_each(|_| line("203.0.113.7", "/.env"));
    (0..9).for_each(|_| line("198.51.100.9", "/wp-login.php"));
    line("192.0.2.1", "/oders");
    let mut file = std::fs::OpenOptions::new().append(true).open(log).expect("it is there");
    std::io::Write::write_all(&mut file, text.as_bytes()).expect("written");
}

#[test]
fn the_worst_addresses_are_named_in_the_notice_and_nowhere_else() {
    let service = Endpoint::tls();
    let mut agent = Agent::new(CONFIG).against(&service);
    let (log, told) = (agent.folder().join("logs/access.log"), agent.folder().join("told"));
    std::fs::write(agent.folder().join("alarms.toml"), RULES).expect("written");
    std::fs::write(&log, "").expect("written");
    agent.start();
    // Files are read from where they end at the start.
    agent.wait_for("the page: ");
    std::thread::sleep(Duration::from_secs(3));
    scans(&log);
    until("the notice", Duration::from_mins(1), || told.exists());
    let is_told = |text: &str| text.contains("suspicious_clients");
    service.wait("the line for the account", Duration::from_secs(90), |ledger| {
        ledger.events.iter().any(|event| is_told(event.message()))
    });
    assert!(agent.stop().success(), "{}", agent.output());
    let notice = std::fs::read_to_string(&told).expect("it is there");
    let first = notice.find("client 203.0.113.7 (40 times)").unwrap_or_else(|| panic!("{notice}"));
    assert!(notice.find("client 198.51.100.9 (9 times)").is_some_and(|second| second > first), "{notice}");
    let line = service.ledger(|ledger| {
        let mut lines = ledger.events.iter().map(|event| event.message().to_owned());
        lines.find(|text| is_told(text)).expect("it came")
    });
    let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!((&line["service"], &line["dimensions"]["host"]), (&"shop".into(), &"web-1".into()), "{line}");
    assert_eq!(line["clients"][0], serde_json::json!({ "address": "203.0.113.7", "requests": 40 }), "{line}");
    let dimensions = service.ledger(|ledger| format!("{:?}", ledger.datums));
    assert!(!dimensions.contains("203.0.113.7") && dimensions.contains("suspicious_requests"), "an address is none");
}

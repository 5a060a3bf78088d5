//! Suspects on their way to a log stream: at once on a rise, without `[logs]`, through a denial, found by the host.
//!
//! The host is a folder: what its kernel says is written here, so that a rise comes when it is wanted.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tests::{Agent, Endpoint};

const CONFIG: &str = "
[agent]
state_dir = '{folder}/state'
[dimensions]
Service = 'shop'
[host]
proc = '{folder}/proc'
[suspects]
folders = ['{folder}/logs']
group = '/house/suspects'
";

/// Ten seconds of a host with one processor, of which so much was busy, and of the one program that runs on it.
fn says(proc: &Path, busy: u64, idle: u64) {
    std::fs::create_dir_all(proc.join("7")).expect("a folder");
    let write = |file: &str, text: String| std::fs::write(proc.join(file), text).expect("can be written");
    write("stat", format!("cpu  {busy} 0 0 {idle} 0 0 0 0 0 0\ncpu0 {busy} 0 0 {idle} 0 0 0 0 0 0\n"));
    write("meminfo", "MemTotal: 1000 kB\nMemFree: 500 kB\nMemAvailable: 500 kB\n".to_owned());
    write("7/stat", format!("7 (shop-worker) R 1 7 7 0 -1 0 0 0 0 0 {busy} 0 0 0 20 0 1 0 90 1000 10 0\n"));
    write("7/cmdline", "shop-worker\0--password=hunter2\0".to_owned());
}

#[test]
fn a_rise_is_told_at_once_with_its_culprit() {
    let service = Endpoint::tls();
    service.fault("PutLogEvents throttle times=1");
    let mut agent = Agent::new(CONFIG).against(&service);
    let proc = agent.folder().join("proc");
    says(&proc, 0, 0);
    agent.start();
    // Two calm beats, 10 s apart, and then a busy one; each stands for a thousand ticks.
    std::thread::sleep(Duration::from_secs(4));
    says(&proc, 10, 1_000);
    std::thread::sleep(Duration::from_secs(10));
    says(&proc, 20, 2_000);
    std::thread::sleep(Duration::from_secs(10));
    says(&proc, 5_000, 2_010);
    service.wait("the suspects", Duration::from_secs(45), |ledger| !ledger.events.is_empty());
    assert!(agent.stop().success(), "{}", agent.output());
    let message = service.ledger(|ledger| ledger.events[0].message().to_owned());
    assert!(!message.contains("hunter2"), "{message}");
    let event: Value = serde_json::from_str(&message).expect("an event is JSON");
    assert_eq!((&event["why"], &event["cpu"][0]["name"]), (&"cpu_rose".into(), &"shop-worker".into()), "{event}");
    assert_eq!((&event["event"], &event["dimensions"]["Service"]), (&"suspects".into(), &"shop".into()), "{event}");
}

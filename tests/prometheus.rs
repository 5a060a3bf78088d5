//! `/metrics` of local mode as a real Prometheus takes it (Debian's), hostile names and all.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tests::Process;

use crate::page::Up;

const PATIENCE: Duration = Duration::from_mins(1);

/// What Prometheus knows of a query; `Null` while it does not answer yet.
fn query(place: &str, query: &str) -> serde_json::Value {
    let address = format!("http://{place}/api/v1/query?query={query}");
    let output = Command::new("curl").args(["--silent", "--max-time", "5", &address]).output().expect("curl is there");
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    answer["data"]["result"].clone()
}

fn until(place: &str, asked: &str, enough: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
    let begun = Instant::now();
    loop {
        let found = query(place, asked);
        if enough(&found) {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{asked}: {found}");
        std::thread::sleep(Duration::from_millis(300));
    }
}

#[test]
fn a_real_prometheus_takes_series_and_the_states_of_alarms() {
    let is_there = Command::new("prometheus").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !is_there.is_ok_and(|status| status.success()) {
        return tests::skip("prometheus", "prometheus is not installed");
    }
    let up = Up::start(&[]);
    up.until("/metrics", "stormglass_alarm_firing");
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("prometheus.yml");
    let target = &up.place;
    let text = format!(
        "scrape_configs:\n- job_name: stormglass\n  scrape_interval: 1s\n  static_configs: [{{targets: ['{target}']}}]\n"
    );
    std::fs::write(&config, text).expect("is written");
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port();
    let place = format!("127.0.0.1:{port}");
    let mut command = Command::new("prometheus");
    command.arg(format!("--config.file={}", config.display()));
    command.arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()));
    command.arg(format!("--web.listen-address={place}"));
    let mut prometheus = Process::start("prometheus", command, &folder.path().join("out"));
    let memory = until(&place, "stormglass_mem_used_percent", |found| found[0]["value"][1].is_string());
    let used: f64 = memory[0]["value"][1].as_str().and_then(|value| value.parse().ok()).expect("a number");
    assert!((0.0..=100.0).contains(&used) && memory[0]["metric"]["namespace"] == "CWAgent", "{memory}");
    let firing = until(&place, "stormglass_alarm_firing==1", |found| found[0].is_object());
    assert_eq!(firing[0]["metric"]["rule"], "<img src=x onerror=alert(1)>", "{firing}");
    assert_eq!(firing[0]["metric"]["grade"], "page", "{firing}");
    assert!(prometheus.poll().is_none(), "{}", prometheus.output());
}

//! What a run leaves behind: JUnit, a kept report to be held beside, and StatsD while it runs.

use std::net::UdpSocket;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use serde_json::Value;

use super::service::Service;

/// So slow that a machine that starts a few milliseconds late is not the limit.
const RATE: u32 = 60;

fn press(port: u16, ms: u32, limit_ms: u32, more: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("x.scenario.toml");
    let text = format!(
        "target = 'http://127.0.0.1:{port}'\n[objective]\np99_ms = {limit_ms}\n[[profile]]\nkind = 'constant'\nrate = {RATE}\n\
         for = '4s'\n[[journey]]\nname = 'one'\n[[journey.step]]\nname = 'slow'\nrequest = 'GET /slow?ms={ms}'\n"
    );
    std::fs::write(&file, text).expect("it is written");
    let mut command = tests::stormglass();
    command.args(["load", "run", "--json", "--workers", "1"]).args(more).arg(&file);
    command.output().expect("it runs")
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Whether the numbers may be used; a machine that others share may be too busy.
fn is_valid(output: &Output) -> bool {
    let valid = output.status.code() != Some(4);
    if !valid {
        tests::skip("knee", "this machine is too busy to press, and the report says so");
    }
    valid
}

#[test]
fn what_is_slower_than_it_was_fails_beside_the_baseline() {
    let service = Service::open(None);
    let folder = tempfile::tempdir().expect("a folder");
    let kept = folder.path().join("kept.json");
    let kept = kept.to_str().expect("text");
    if !is_valid(&press(service.port, 200, 2_000, &["--keep", kept])) {
        return;
    }
    let same = press(service.port, 200, 2_000, &["--baseline", kept, "--tolerance", "60"]);
    let slower = press(service.port, 600, 2_000, &["--baseline", kept, "--tolerance", "60"]);
    if !is_valid(&same) || !is_valid(&slower) {
        return;
    }
    assert_eq!(same.status.code(), Some(0), "{:#}", report(&same)["baseline"]);
    assert_eq!(slower.status.code(), Some(1), "the objective was kept, the baseline was not");
    let compared = report(&slower)["baseline"].clone();
    let slow = compared.as_array().expect("a list").iter().find(|one| one["what"] == "one / slow: p50");
    let slow = slow.expect("the step is compared");
    assert_eq!(slow["regressed"], true, "{slow}");
    assert!(slow["before"].as_f64().is_some_and(|ms| (200.0..300.0).contains(&ms)), "{slow}");
    assert!(slow["now"].as_f64().is_some_and(|ms| ms >= 600.0), "{slow}");
}

#[test]
fn what_is_no_baseline_is_refused_before_anything_is_pressed() {
    let service = Service::open(None);
    let folder = tempfile::tempdir().expect("a folder");
    let check = |text: &str, says: &str| {
        let file = folder.path().join("kept.json");
        std::fs::write(&file, text).expect("it is written");
        let output = press(service.port, 10, 1_000, &["--baseline", file.to_str().expect("text")]);
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("SG-LOA-027") && said.contains(says), "{said}");
    };
    check("{}", "no kept report");
    // Few requests tell nothing: INVALID by itself.
    let invalid = super::presses::press(service.port, &super::presses::one("/", 5, 2), &["--workers", "1"]).1;
    check(&invalid.to_string(), "it is INVALID itself");
    let mut other = invalid;
    other["valid"] = true.into();
    other["test"] = "stress".into();
    check(&other.to_string(), "it is of a stress test");
    assert_eq!(service.requests(), 10, "nothing but the run that was kept was pressed");
}

fn junit(port: u16, limit_ms: u32, into: &Path) -> (Output, String) {
    let output = press(port, 200, limit_ms, &["--junit", into.to_str().expect("text")]);
    (output, std::fs::read_to_string(into).expect("it is written"))
}

#[test]
fn a_build_server_reads_what_held_and_what_did_not() {
    let service = Service::open(None);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("junit.xml");
    let (output, text) = junit(service.port, 2_000, &file);
    if !is_valid(&output) {
        assert!(text.contains("skipped=\"2\"") && text.contains("failures=\"1\""), "{text}");
        return;
    }
    assert!(text.contains("tests=\"3\" failures=\"0\" errors=\"0\" skipped=\"0\""), "{text}");
    let (output, text) = junit(service.port, 100, &file);
    if is_valid(&output) {
        assert_eq!(output.status.code(), Some(1));
        assert!(
            text.contains("classname=\"load.objective\" name=\"p99 at most 100 ms\"><failure message=\"2"),
            "{text}"
        );
    }
}

/// Every request of the run arrives, and the weights of the timings add up to them.
#[test]
fn the_run_is_told_as_statsd() {
    let service = Service::open(None);
    let ear = UdpSocket::bind("127.0.0.1:0").expect("loopback");
    ear.set_read_timeout(Some(Duration::from_millis(500))).expect("a timeout");
    let to = ear.local_addr().expect("bound").to_string();
    let report = report(&press(service.port, 20, 2_000, &["--statsd", &to]));
    let (mut requests, mut weights, mut valid) = (0.0, 0.0, None);
    let mut buffer = [0; 2_048];
    while let Ok(length) = ear.recv(&mut buffer) {
        let text = std::str::from_utf8(&buffer[..length]).expect("text").to_owned();
        for line in text.lines() {
            assert!(line.contains("|#test:load,scenario:"), "{line}");
            let (name, rest) = line.split_once(':').expect("a value");
            let value: f64 = rest.split('|').next().and_then(|word| word.parse().ok()).expect("a number");
            match name {
                "load.requests" => requests += value,
                "load.latency" => {
                    let rate = rest.split("|@").nth(1).and_then(|rest| rest.split('|').next()).expect("a rate");
                    weights += 1.0 / rate.parse::<f64>().expect("a number");
                }
                "load.valid" => valid = Some(value == 1.0),
                _ => {}
            }
        }
    }
    assert_eq!(Some(requests), report["total"]["requests"].as_f64());
    assert!((weights - requests).abs() < 0.01, "{weights} of {requests}");
    assert_eq!(valid, report["valid"].as_bool());
}

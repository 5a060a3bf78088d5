//! The alarms of a service, rehearsed: it is pressed, it is slow, its own latencies make the alarm fire in local mode,
//! and when the pressing ends it clears. Sound rules pass; a rule that is broken on purpose fails the run.

use std::process::Command;

use serde_json::Value;
use tests::Process;

use super::service::Service;

/// The house of one host: the page, and a rule on what the service says of itself.
pub(super) struct Up {
    pub(super) process: Process,
    pub(super) page: String,
    _folder: tempfile::TempDir,
}

impl Up {
    fn start(statsd: u16, limit_ms: u32) -> Self {
        Self::watching(statsd, limit_ms, "")
    }

    /// With more that it collects.
    pub(super) fn watching(statsd: u16, limit_ms: u32, more: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let rules = format!(
            "[[alarm]]\nname = 'checkout-slow'\nmetric = 'checkout_latency'\nstatistic = 'Maximum'\nperiod = '10s'\neach = []\n\
             above = {limit_ms}\nlate = '0s'\ngrade = 'page'\nmissing = 'not_breaching'\n"
        );
        std::fs::write(folder.path().join("alarms.toml"), rules).expect("is written");
        let config = format!(
            "[local]\nrules = '{}'\n[statsd]\nlisten = '127.0.0.1:{statsd}'\n[suspects]\nenabled = false\n{more}",
            folder.path().join("alarms.toml").display()
        );
        std::fs::write(folder.path().join("config.toml"), config).expect("is written");
        let mut command = Command::new(tests::binary("stormglass"));
        command.args(["up", "--listen", "127.0.0.1:0", "--config"]).arg(folder.path().join("config.toml"));
        command.arg("--store").arg(folder.path().join("local.redb")).env("AWS_EC2_METADATA_DISABLED", "true");
        let mut process = Process::start("stormglass up", command, &folder.path().join("out"));
        process.wait_ready(|said| said.contains("the page: "));
        let said = process.output();
        let page = said.split("the page: http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address");
        Self { page: page.to_owned(), process, _folder: folder }
    }
}

pub(super) fn free_udp_port() -> u16 {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("loopback");
    socket.local_addr().expect("bound").port()
}

fn rehearse(limit_ms: u32) -> (Option<i32>, Value) {
    let statsd = free_udp_port();
    let up = Up::start(statsd, limit_ms);
    let service = Service::telling(statsd);
    // The built-in rules of the host may fire on a busy machine of tests: they do not before 10 s are over.
    let scenario = super::presses::one("/slow?ms=30", 20, 30);
    let expect = "checkout-slow = page within 40s, clear within 90s";
    let (output, report) =
        super::presses::press(service.port, &scenario, &["--workers", "1", "--agent", &up.page, "--expect", expect]);
    assert!(!up.process.output().contains("panicked"), "{}", up.process.output());
    (output.status.code(), report)
}

#[test]
fn an_alarm_that_must_come_comes_and_clears() {
    let (_, report) = rehearse(15);
    let met = &report["alarms"][0];
    assert_eq!(met["ok"], true, "{:#}", report["alarms"]);
    assert!(met["says"].as_str().is_some_and(|says| says.contains("cleared")), "{met}");
}

#[test]
fn a_rule_that_is_broken_on_purpose_fails_the_run() {
    let (code, report) = rehearse(100_000);
    assert_eq!(report["alarms"][0]["ok"], false, "{:#}", report["alarms"]);
    assert_eq!(report["alarms"][0]["says"], "did not come");
    assert_ne!(code, Some(0));
}

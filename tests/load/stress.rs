//! The stress test whole: a shop that leaks, watched by an agent, is seen to creep; one that does not, is not.

use serde_json::Value;
use tests::Process;

use super::rehearsal::{Up, free_udp_port};

/// What crept, by name, of a shop of this manner pressed for some minutes in small.
fn drifts(leak: &str) -> Vec<(String, bool)> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = std::process::Command::new(tests::binary("shop"));
    // More of a pool than this needs: what waits for a pool creeps by itself when the machine is busy.
    command.args(["--pool", "50", "--query-ms", "5", "--leak", leak]);
    let mut shop = Process::start("shop", command, &folder.path().join("shop"));
    shop.wait_ready(|said| said.contains("listening on"));
    let said = shop.output();
    let address = said.trim().rsplit(' ').next().expect("an address").to_owned();
    let pidfile = folder.path().join("shop.pid");
    std::fs::write(&pidfile, shop.pid().to_string()).expect("it is written");
    let watched = format!("[[process]]\nname = 'shop'\npidfile = '{}'\n", pidfile.display());
    let up = Up::watching(free_udp_port(), 1_000, &watched);
    let file = folder.path().join("x.scenario.toml");
    let scenario = format!(
        "target = 'http://{address}'\n[[profile]]\nkind = 'constant'\nrate = 1\nfor = '1s'\n[[journey]]\nname = 'buy'\n\
         [[journey.step]]\nrequest = 'POST /orders/1'\n"
    );
    std::fs::write(&file, scenario).expect("it is written");
    let mut command = tests::stormglass();
    command.args(["load", "stress", "--json", "--workers", "1", "--knee", "40", "--share", "50", "--for", "150s"]);
    let output = command.args(["--agent", &up.page]).arg(&file).output().expect("it runs");
    assert!(!up.process.output().contains("panicked"), "{}", up.process.output());
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let drifts = report["drifts"]
        .as_array()
        .expect("drifts")
        .iter()
        .map(|drift| (drift["name"].as_str().expect("a name").to_owned(), drift["rises"].as_bool().expect("told")));
    let drifts: Vec<_> = drifts.collect();
    let rises = drifts.iter().any(|(_, rises)| *rises);
    assert!(!rises || output.status.code() != Some(0), "what creeps fails the run: {drifts:?}");
    drifts
}

fn of(drifts: &[(String, bool)], name: &str) -> bool {
    drifts.iter().find(|(held, _)| held.starts_with(name)).unwrap_or_else(|| panic!("no {name} in {drifts:?}")).1
}

/// 20 orders a second leave 64 KiB and a descriptor each: 1.3 MB a second.
#[test]
fn a_leak_is_seen_as_drift_of_memory_and_descriptors() {
    let drifts = drifts("65536");
    assert!(of(&drifts, "procstat_memory_rss"), "{drifts:?}");
    assert!(of(&drifts, "procstat_num_fds"), "{drifts:?}");
}

#[test]
fn a_shop_that_keeps_nothing_does_not_drift() {
    let drifts = drifts("0");
    // Not its descriptors: those of the connections that are kept for the next request still grow in so short a run.
    assert!(!of(&drifts, "procstat_memory_rss"), "{drifts:?}");
}

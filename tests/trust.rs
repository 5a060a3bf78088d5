//! A host without any certificate authority, as a bare container image is: each program says so, with the way out, and loses
//! nothing meanwhile.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Account, Agent, Endpoint, boto3, zipped};

const CONFIG: &str = "
[agent]
state_dir = '{folder}/state'
[cloudwatch]
high_resolution = ['*']
high_resolution_period = '1s'
spread = '0s'
[host]
interval = '1s'
";
const PATIENCE: Duration = Duration::from_mins(1);

/// As `SSL_CERT_FILE` points: where nothing is, and where something is that is no certificate.
fn bare(aws: &Endpoint) -> [Agent; 2] {
    ["missing.pem", "stormglass.toml"].map(|name| {
        let agent = Agent::new(CONFIG).at(&aws.url());
        let bundle = agent.folder().join(name);
        agent.without("SSL_CERT_DIR").env("SSL_CERT_FILE", bundle)
    })
}

/// What stands on standard output and standard error, and how it ended.
fn said(agent: &Agent, arguments: &[&str]) -> (String, Option<i32>) {
    let output = agent.run(arguments);
    let text = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat();
    assert!(!text.contains("panicked"), "{arguments:?}: {text}");
    (text, output.status.code())
}

#[test]
fn commands_say_that_nobody_is_trusted_and_what_to_do() {
    let aws = Endpoint::tls();
    for agent in bare(&aws) {
        for arguments in [&["doctor"][..], &["check", "--online"]] {
            let (text, exit) = said(&agent, arguments);
            assert_eq!(exit, Some(1), "{arguments:?}: {text}");
            assert!(text.contains("SG-DOC-053") && text.contains("install the package ca-certificates"), "{text}");
            assert!(!text.contains("SG-DOC-047"), "one cause is told once: {text}");
        }
        let (text, exit) = said(&agent, &["check", "--deny-warnings"]);
        assert!(exit == Some(3) && text.contains("SG-CHK-009"), "{text}");
        // It sends nothing, so it lacks nothing.
        let (text, exit) = said(&agent, &["once"]);
        assert!(exit == Some(0) && text.contains("mem_used_percent"), "{text}");
        let (text, exit) = said(&agent, &["incidents", "list", "--table", "storm"]);
        assert!(exit == Some(1) && text.contains("SG-RUN-011"), "the table of the account is asked by TLS: {text}");
    }
    assert_eq!(aws.ledger(|ledger| ledger.totals.calls), 0, "nobody was spoken to");
}

/// Whoever speaks no TLS needs nobody's word.
#[test]
fn without_tls_nobody_need_be_trusted() {
    let aws = Endpoint::plain();
    let [agent, _] = bare(&aws);
    let (text, exit) = said(&agent, &["doctor"]);
    assert_eq!(exit, Some(0), "{text}");
    assert!(text.contains("SG-DOC-053") && text.contains("0 bad, 1 warnings"), "{text}");
}

#[test]
fn the_agent_says_so_and_sends_all_of_it_when_there_is_one() {
    let aws = Endpoint::tls();
    let [mut agent, _] = bare(&aws);
    agent.start().wait_for("SG-RUN-011");
    agent.wait_for("the points wait until this is mended");
    assert!(!agent.output().contains("panicked"), "{}", agent.output());
    assert!(agent.status()["lost"].as_object().is_none_or(serde_json::Map::is_empty), "{}", agent.status());

    // The package is installed. A reload only spares the test the wait of some minutes between two tries.
    std::fs::copy(aws.ca_file().expect("it speaks TLS"), agent.folder().join("missing.pem")).expect("copied");
    agent.reload();
    aws.wait("what waited", PATIENCE, |ledger| ledger.named("mem_used_percent").count() >= 5);
    assert!(agent.stop().success());
}

/// The image of the runtime has authorities; a variable of the function's own can point past them.
#[test]
fn the_function_says_so() {
    let account = Account::stand_up();
    let mut environment = account.environment();
    environment["SSL_CERT_FILE"] = "/opt/missing.pem".into();
    environment["SSL_CERT_DIR"] = "/opt/missing".into();
    let asked = json!({ "zip": zipped(), "environment": environment, "events": [{ "round": {} }] });
    let answers = boto3("invoke", &account.aws.url(), &asked);
    let error: &Value = &answers[0]["error"];
    assert_eq!(error["code"], "SG-LAM-004", "{answers}");
    let says = error["says"].as_str().expect("words");
    assert!(says.contains("/opt/missing.pem") && says.contains("take SSL_CERT_FILE"), "{says}");
}

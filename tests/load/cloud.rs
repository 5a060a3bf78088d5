//! Expectations by what the Lambda remembers: the real `bootstrap` judges in a stand-in account while a service is pressed.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Account, boto3, zipped};

use super::presses::one;
use super::service::Service;

/// The memory of web-1 fills while it is pressed: the alarm that must come comes, another does not.
#[test]
fn verdicts_are_read_from_what_the_lambda_remembers() {
    let (account, service) = (Account::stand_up(), Service::open(None));
    let round = json!({ "round": {} });
    // No round yet: what there is to be judged is looked up once an hour.
    let asked = json!({ "zip": zipped(), "environment": account.environment(), "events": [] });
    boto3("invoke", &account.aws.url(), &asked);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("x.scenario.toml");
    let scenario = format!("target = 'http://127.0.0.1:{}'\n{}", service.port, one("/", 20, 70));
    std::fs::write(&file, scenario).expect("it is written");
    let mut command = tests::stormglass();
    command.args(["load", "run", "--json", "--workers", "1", "--cloud"]).arg(&file);
    for expected in ["memory = page within 2m", "disk = page within 2m"] {
        command.args(["--expect", expected]);
    }
    for (name, value) in [("AWS_ENDPOINT_URL", account.aws.url().as_str()), ("AWS_REGION", "us-east-1")] {
        command.env(name, value);
    }
    command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = command.spawn().expect("it starts");
    let from = std::time::Instant::now();
    while service.requests() < 20 {
        assert!(from.elapsed() < Duration::from_mins(1), "it does not press");
        std::thread::sleep(Duration::from_millis(50));
    }
    account.publish("mem_used_percent", ("host", "web-1"), 97.0, 1..=10);
    let answers = account.invoke(&[round]);
    assert_eq!(answers[0]["firing"], 1, "{answers:?}");
    let output = child.wait_with_output().expect("it ends");
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let alarms = &report["alarms"];
    assert_eq!((&alarms[0]["ok"], &alarms[1]["ok"]), (&json!(true), &json!(false)), "{alarms:#}");
    assert_eq!(alarms[1]["says"], "did not come");
    assert_ne!(output.status.code(), Some(0), "one of two did not come");
}

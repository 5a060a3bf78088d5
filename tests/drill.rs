//! Would anybody hear? A drill by the real path to real subscribers, and the audit of who they are.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Account, Webhook, boto3, stormglass, zipped};

/// The account of the others, with messengers beside the topics.
fn outlets(account: &Account, webhook: &Webhook) -> Value {
    for name in ["slack", "jandi", "naver-works"] {
        let value = format!("{}/{name}", webhook.address);
        let arguments = json!({ "Name": format!("/stormglass/{name}"), "Value": value, "Type": "SecureString" });
        account.call("ssm", "put_parameter", &arguments);
    }
    let mut environment = account.environment();
    let outlets = json!({
        "on-call": { "topic": "arn:aws:sns:us-east-1:000000000000:on-call", "webhook": "/stormglass/slack",
            "messengers": { "jandi": "/stormglass/jandi", "naver-works": "/stormglass/naver-works" } },
        "department": { "topic": "arn:aws:sns:us-east-1:000000000000:department" },
    });
    environment["STORMGLASS_OUTLETS"] = outlets.to_string().into();
    environment
}

fn shell(account: &Account, arguments: &[&str]) -> std::process::Command {
    let mut command = stormglass();
    command.args(arguments).env("AWS_ENDPOINT_URL", account.aws.url()).env("USER", "kim");
    let keys = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_REGION", "us-east-1")];
    command.envs(keys).env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

fn said(output: std::process::Output) -> (Option<i32>, Value, String) {
    let told = String::from_utf8(output.stdout).expect("text");
    let value = serde_json::from_str(&told).unwrap_or(Value::String(told));
    (output.status.code(), value, String::from_utf8(output.stderr).expect("text"))
}

#[test]
fn a_drill_is_told_to_everybody_timed_and_answered() {
    let (account, webhook) = (Account::stand_up(), Webhook::start());
    let round = json!({ "round": {} });
    let environment = outlets(&account, &webhook);
    boto3("invoke", &account.aws.url(), &json!({ "zip": zipped(), "environment": environment, "events": [round] }));

    let mut command = shell(&account, &["drill", "--wait", "90s", "--json"]);
    let drill = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let drill = drill.spawn().expect("runs");
    std::thread::sleep(Duration::from_secs(2));
    let answers = account.invoke(std::slice::from_ref(&round));
    assert_eq!((&answers[0]["firing"], &answers[0]["sent"]), (&json!(1), &json!(2)), "{answers:?}");
    let heard = account.heard();
    assert!(heard.len() == 2 && heard.iter().all(|it| it["drill"] == true), "{heard:?}");
    let query = heard[0]["links"]["acknowledge"].as_str().and_then(|link| link.split_once('?')).expect("a link").1;
    let post = json!({ "rawQueryString": query, "body": "by=Lee", "requestContext": { "http": { "method": "POST" } } });
    account.invoke(&[post]);

    let (code, report, complaint) = said(drill.wait_with_output().expect("ends"));
    assert_eq!((code, &report["missing"]), (Some(0), &json!([])), "{report} {complaint}");
    assert_eq!(report["acknowledged"][0]["by"], "Lee", "{report}");
    let taken = report["taken"].as_array().expect("a list");
    let of = |audience: &str, way: &str| taken.iter().find(|it| it["audience"] == audience && it["way"] == way);
    for (way, says) in [("topic", "SNS "), ("webhook", "HTTP 200"), ("jandi", "HTTP 200"), ("naver-works", "HTTP 200")]
    {
        let said = of("on-call", way).and_then(|it| it["said"].as_str());
        assert!(said.is_some_and(|said| said.starts_with(says)), "{way}: {taken:?}");
    }
    assert!(of("department", "topic").is_some_and(|it| it["after_s"].as_i64() < Some(90)), "{taken:?}");
    assert!(report["subscriptions"].as_array().is_some_and(|all| all.len() == 2), "{report}");

    let sent = webhook.take();
    let body = |path: &str| {
        let found = sent.iter().find(|(to, _)| to == path);
        serde_json::from_str::<Value>(&found.unwrap_or_else(|| panic!("{path}: {sent:?}")).1).expect("JSON")
    };
    assert!(body("/slack")["blocks"].is_array());
    assert!(body("/jandi")["body"].as_str().is_some_and(|text| text.contains("DRILL")));
    assert!(body("/naver-works")["button"]["url"].as_str().is_some_and(|url| url.contains("stormglass.example")));

    let id = report["drill"]["id"].as_str().expect("an id");
    let (code, again, _) = said(shell(&account, &["drill", "--report", id]).output().expect("runs"));
    assert!(code == Some(0) && again.as_str().is_some_and(|text| text.contains("acknowledged by Lee")), "{again}");
    assert_eq!(said(shell(&account, &["drill", "--report", "nope"]).output().expect("runs")).0, Some(2));
}

/// What a messenger does not take is owed, sent again when it takes it, and by that way alone.
#[test]
fn a_webhook_that_refuses_gets_the_notice_later_and_the_others_once() {
    let (account, webhook) = (Account::stand_up(), Webhook::start());
    account.publish("mem_used_percent", ("host", "web-1"), 97.0, 1..=10);
    let environment = outlets(&account, &webhook);
    webhook.answers(404);
    let round = json!({ "round": {} });
    let asked = json!({ "zip": zipped(), "environment": environment, "events": [round] });
    let answers = boto3("invoke", &account.aws.url(), &asked);
    assert_eq!((&answers[0]["sent"], &answers[0]["failed"], &answers[0]["owed"]), (&json!(0), &json!(1), &json!(1)));
    let says = answers[0]["troubles"].to_string();
    assert!(says.contains("SG-LAM-044") && says.contains("404") && !says.contains("127.0.0.1"), "{says}");
    assert_eq!((account.heard().len(), webhook.take().len()), (1, 3));
    for (status, owed) in [(429, 1), (500, 1), (204, 0)] {
        webhook.answers(status);
        let answers = account.invoke(std::slice::from_ref(&round));
        assert_eq!(answers[0]["owed"], json!(owed), "{status}: {answers:?}");
        assert_eq!(webhook.take().len(), 3, "{status}");
    }
    account.invoke(&[round]);
    assert_eq!((account.heard().len(), webhook.take().len()), (0, 0));
}

#[test]
fn the_audit_names_who_would_not_hear() {
    let (account, webhook) = (Account::stand_up(), Webhook::start());
    let environment = outlets(&account, &webhook);
    let audit = |account: &Account| said(shell(account, &["notify", "audit", "--json"]).output().expect("runs"));
    assert_eq!(audit(&account).0, Some(1), "no function has written its outlets yet");

    let events = json!([{ "round": {} }]);
    boto3("invoke", &account.aws.url(), &json!({ "zip": zipped(), "environment": environment, "events": events }));
    let (code, good, complaint) = audit(&account);
    assert_eq!((code, &good["findings"]), (Some(0), &json!([])), "{complaint}");

    // Somebody filters by a name that no message has; somebody else by one that all have.
    let queue = |name: &str, filter: &Value| {
        account.call("sqs", "create_queue", &json!({ "QueueName": name }));
        let arguments = json!({
            "TopicArn": "arn:aws:sns:us-east-1:000000000000:department", "Protocol": "sqs",
            "Endpoint": format!("arn:aws:sqs:us-east-1:000000000000:{name}"),
            "Attributes": { "FilterPolicy": filter.to_string() },
        });
        account.call("sns", "subscribe", &arguments);
    };
    queue("deaf", &json!({ "severity": ["critical"] }));
    queue("picky", &json!({ "grade": ["page"] }));
    let (code, found, _) = audit(&account);
    let found = found["findings"].as_array().cloned().unwrap_or_default();
    assert_eq!((code, found.len()), (Some(0), 1), "{found:?}");
    assert_eq!(found[0]["code"], "SG-NTY-008");
    assert!(found[0]["about"].as_str().is_some_and(|about| about.contains(":deaf")), "{found:?}");
}

//! One incident from its first breach to its report, over hours that do not pass: the program as it is deployed, its clock put
//! forward, and subscribers by SQS and by HTTP that write down what arrives.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{Account, Webhook, boto3, root, stormglass, zipped};

/// A clock that the program reads instead of the machine's.
struct Clock {
    folder: tempfile::TempDir,
}

impl Clock {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let clock = Self { folder };
        let mut compile = Command::new("cc");
        compile.args(["-shared", "-fPIC", "-O1", "-o"]).arg(clock.library()).arg(root().join("tests/lambda/clock.c"));
        assert!(compile.arg("-ldl").status().expect("cc, which also links Rust").success());
        clock.ahead(0);
        clock
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("clock.so")
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ahead")
    }

    fn ahead(&self, minutes: i64) {
        std::fs::write(self.file(), (minutes * 60).to_string()).expect("written");
    }

    fn environment(&self, environment: &mut Value) {
        let text = |path: &Path| path.to_str().expect("UTF-8").to_owned();
        environment["LD_PRELOAD"] = text(&self.library()).into();
        environment["SIMULATED_CLOCK"] = text(&self.file()).into();
    }
}

/// Subscribes by HTTP as SNS wants it: the address confirms with the token that it was sent.
fn subscribe(account: &Account, webhook: &Webhook, audience: &str) {
    let topic = format!("arn:aws:sns:us-east-1:000000000000:{audience}");
    let arguments =
        json!({ "TopicArn": topic, "Protocol": "http", "Endpoint": format!("{}/{audience}", webhook.address) });
    account.call("sns", "subscribe", &arguments);
    let asked = arrived(webhook, 1).remove(0).1;
    assert_eq!(asked["Type"], "SubscriptionConfirmation", "{asked}");
    account.call("sns", "confirm_subscription", &json!({ "TopicArn": topic, "Token": asked["Token"] }));
}

/// Path and body of so many requests.
fn arrived(webhook: &Webhook, count: usize) -> Vec<(String, Value)> {
    let (begun, mut all) = (Instant::now(), Vec::new());
    while all.len() < count && begun.elapsed() < Duration::from_secs(20) {
        all.extend(webhook.take());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(all.len(), count, "{all:?}");
    all.into_iter().map(|(path, body)| (path, serde_json::from_str(&body).expect("JSON"))).collect()
}

/// What both kinds of subscribers heard of one round: the same, each once.
fn heard(account: &Account, webhook: &Webhook, count: usize) -> Vec<Value> {
    let mut by_queue = account.heard();
    assert_eq!(by_queue.len(), count, "{by_queue:?}");
    let by_http = arrived(webhook, count).into_iter().map(|(path, envelope)| {
        assert_eq!(envelope["Type"], "Notification", "{envelope}");
        let notice: Value = serde_json::from_str(envelope["Message"].as_str().expect("text")).expect("JSON");
        assert_eq!(path, format!("/{}", notice["audience"].as_str().expect("a name")));
        notice
    });
    let mut by_http: Vec<Value> = by_http.collect();
    let order = |notice: &Value| notice["audience"].to_string();
    by_queue.sort_by_key(order);
    by_http.sort_by_key(order);
    assert_eq!(by_queue, by_http);
    by_queue
}

#[test]
fn an_incident_climbs_is_taken_ends_and_is_told() {
    let (account, webhook, clock) = (Account::stand_up(), Webhook::start(), Clock::new());
    subscribe(&account, &webhook, "on-call");
    subscribe(&account, &webhook, "department");
    let mut environment = account.environment();
    clock.environment(&mut environment);
    let round = json!({ "round": {} });
    boto3("invoke", &account.aws.url(), &json!({ "zip": zipped(), "environment": environment, "events": [] }));
    // Minutes from now on; the points of the last ten are there.
    let at = |minute: i64, value: f64, events: &[Value]| {
        account.publish("mem_used_percent", ("host", "web-1"), value, 1 - minute..=10 - minute);
        clock.ahead(minute);
        let answers = account.invoke(events);
        let report = answers.last().expect("an answer").clone();
        assert_eq!(report["troubles"], json!([]), "minute {minute}: {report}");
        report
    };
    let rounds = std::slice::from_ref(&round);

    assert_eq!(at(0, 97.0, rounds)["sent"], 1);
    let first = heard(&account, &webhook, 1).remove(0);
    assert_eq!(
        (&first["audience"], &first["state"], &first["grade"]),
        (&json!("on-call"), &json!("firing"), &json!("page"))
    );
    assert_eq!(at(15, 97.0, rounds)["sent"], 0, "it lasts, and nobody new is called yet");

    assert_eq!(at(31, 97.0, rounds)["sent"], 1);
    let climbed = heard(&account, &webhook, 1).remove(0);
    assert_eq!((&climbed["audience"], &climbed["incident"]), (&json!("department"), &first["incident"]));

    // Somebody of the department takes it, by the link of that notice.
    let link = climbed["links"]["acknowledge"].as_str().expect("a link");
    let query = link.split_once('?').expect("signed").1;
    let post = json!({ "rawQueryString": query, "body": "by=Park&minutes=60", "requestContext": { "http": { "method": "POST" } } });
    at(40, 97.0, &[post, round.clone()]);
    let taken = heard(&account, &webhook, 2);
    assert!(taken.iter().all(|it| it["reason"]["by"] == "Park"), "everybody who was told: {taken:?}");
    assert_eq!(at(80, 97.0, rounds)["sent"], 0, "somebody has it");

    assert_eq!(at(120, 40.0, rounds)["sent"], 2);
    let over = heard(&account, &webhook, 2);
    assert!(over.iter().all(|it| it["state"] == "over" && it["incident"] == first["incident"]), "{over:?}");
    assert_eq!(at(125, 40.0, rounds)["sent"], 0);

    links_that_are_not_ours_or_have_ended(&account, &clock, query);
    reported(&account, first["incident"].as_str().expect("an id"));
}

/// A link that has ended, and one that somebody else signed.
fn links_that_are_not_ours_or_have_ended(account: &Account, clock: &Clock, query: &str) {
    clock.ahead(40 * 60);
    let person = |query: &str| json!({ "rawQueryString": query, "body": "by=x", "requestContext": { "http": { "method": "POST" } } });
    let answers = account.invoke(&[person(query), person(&query.replace("s=", "s=0"))]);
    let of =
        |at: usize| (answers[at]["statusCode"].clone(), answers[at]["body"].as_str().unwrap_or_default().to_owned());
    assert!(of(0).0 == 403 && of(0).1.contains("SG-LAM-021"), "{answers:?}");
    assert!(of(1).0 == 403 && of(1).1.contains("SG-LAM-020"), "{answers:?}");
}

/// Who was told and who took it, from a shell.
fn reported(account: &Account, incident: &str) {
    let mut report = stormglass();
    report.args(["incidents", "report", incident]);
    let keys = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_REGION", "us-east-1")];
    report.env("AWS_ENDPOINT_URL", account.aws.url()).envs(keys).env("AWS_EC2_METADATA_DISABLED", "true");
    let output = report.output().expect("runs");
    let told = String::from_utf8(output.stdout).expect("text");
    for word in ["memory", "on-call", "department", "Park"] {
        assert!(told.contains(word), "{word}: {told}{}", String::from_utf8_lossy(&output.stderr));
    }
}

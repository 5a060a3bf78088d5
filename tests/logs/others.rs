//! The logs' way as others see it: moto judges the order and the age of what comes, ministack keeps it, boto3 reads it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{Agent, Ministack, Moto, boto3_try, now_s};

const CONFIG: &str = "
[agent]
state_dir = '{folder}/state'
[logs]
group = '/shop/{service}'
retention_days = 14
format = 'FORMAT'
[[logs.file]]
service = 'till'
paths = ['{folder}/app.log']
start = 'beginning'
level = 'all'
fold = false
";

/// What another client reads in the group, once it is `enough`.
fn read_back(url: &str, enough: usize) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        // Until the group is made, there is none.
        let found = boto3_try("log_events", url, &json!({ "group": "/shop/till" })).unwrap_or_default();
        let found = found.as_array().cloned().unwrap_or_default();
        if found.len() >= enough || begun.elapsed() > Duration::from_mins(1) {
            return found;
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

fn text<'a>(event: &'a Value, key: &str) -> &'a str {
    event[key].as_str().unwrap_or_default()
}

/// moto refuses a batch that is not in order, and keeps no event of more than 14 days.
#[test]
fn moto_takes_the_batches_and_leaves_what_is_too_old() {
    let aws = Moto::start();
    let mut agent = Agent::new(&CONFIG.replace("FORMAT", "text")).at(&aws.url());
    let now = now_s();
    // Not in order, over more than a day, and one of three weeks ago.
    let ages = [50, 10, 90_000, 7, 21 * 86_400, 9, 100_000, 3];
    let lines: Vec<String> = ages.iter().map(|age| format!("{}000 INFO paid, age {age} s\n", now - age)).collect();
    std::fs::write(agent.folder().join("app.log"), lines.concat()).expect("the log can be written");
    agent.start();
    let found = read_back(&aws.url(), ages.len() - 1);
    let status = agent.stop();
    assert!(status.success(), "{status}");
    let mut came: Vec<_> = found.iter().map(|event| text(event, "message").to_owned()).collect();
    let mut young: Vec<_> = (0..ages.len()).filter(|at| *at != 4).map(|at| lines[at].trim().to_owned()).collect();
    came.sort();
    young.sort();
    assert_eq!(came, young);
}

#[test]
fn a_trace_is_read_back_whole_and_without_its_secrets() {
    const TRACE: &str = "ERROR [http-1] c.a.Checkout - card 4111-1111-1111-1111 refused for kim@example.com\n\
        com.acme.CheckoutException: cannot pay\n\
        \tat com.acme.Checkout.pay(Checkout.java:87)\n\
        Caused by: java.sql.SQLException: timed out\n\
        \tat com.acme.Orders.load(Orders.java:33)\n\
        \t... 42 more";
    let aws = Ministack::start();
    let mut agent = Agent::new(&CONFIG.replace("FORMAT", "json")).at(&aws.url());
    let at = now_s() - 5;
    let log = format!("{at}000 INFO before\n{at}001 {TRACE}\n{at}002 INFO after\n");
    std::fs::write(agent.folder().join("app.log"), log).expect("the log can be written");
    agent.start();
    // The three, and that an error of this kind is new to the host.
    let found = read_back(&aws.url(), 4);
    let events: Vec<Value> =
        found.iter().filter_map(|event| serde_json::from_str(text(event, "message")).ok()).collect();
    let trace = events.iter().find(|event| text(event, "level") == "error").expect("the error was read back");
    let whole = TRACE.replace("4111-1111-1111-1111", "[redacted card]").replace("kim@example.com", "[redacted email]");
    assert_eq!(text(trace, "message"), format!("{at}001 {whole}"));
    assert_eq!((text(trace, "service"), text(trace, "kind").len()), ("till", 16));
    assert!(events.iter().any(|event| text(event, "event") == "new_error_kind"), "{events:#?}");
    assert_eq!(events.len(), 4, "{events:#?}");
    assert!(found.iter().any(|event| event["time_ms"].as_f64().is_some_and(|ms| ms as i64 == at * 1_000 + 1)));
    let call = json!({ "service": "logs", "operation": "describe_log_groups" });
    let groups = boto3_try("call", &aws.url(), &call).expect("the groups can be listed");
    assert_eq!(groups["logGroups"][0]["retentionInDays"], 14, "{groups}");
    let status = agent.stop();
    assert!(status.success(), "{status}");
}

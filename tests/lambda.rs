//! The Lambda as it is deployed: a zip with `bootstrap`, run by a stand-in as `provided.al2023`.

mod faults;
mod story;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::endpoint::Lightsail;
use tests::endpoint::lightsail::{Instance, Point};
use tests::{Account, Endpoint, Ministack, RULES, boto3, stormglass, zipped};

#[test]
fn the_program_runs_as_provided_al2023() {
    let aws = Ministack::start();
    let events =
        [json!({ "check": { "file": "alarms.toml", "rules": "[[alarm]]\nnme = 'x'\n" } }), json!({ "Records": [] })];
    let answers = boto3("invoke", &aws.url(), &json!({ "zip": zipped(), "events": events }));
    let faults = answers[0]["faults"].as_array().cloned().unwrap_or_default();
    let placed = |fault: &Value| fault.as_str().is_some_and(|says| says.starts_with("alarms.toml:2:1: SG-CFG-003"));
    assert!(faults.iter().any(placed), "{answers}");
    assert_eq!(answers[1]["error"]["code"], "SG-LAM-010", "{answers}");
}

#[test]
fn a_breach_is_judged_remembered_told_once_and_acknowledged() {
    let account = Account::stand_up();
    account.publish("mem_used_percent", ("host", "web-1"), 97.0, 1..=10);
    let suspect = json!({ "name": "java", "pid": 7, "count": 1, "value": 3_221_225_472_u64 });
    let event = json!({ "event": "suspects", "dimensions": { "host": "web-1" }, "memory": [suspect] });
    account.write("/stormglass/suspects", "web-1", &event);
    let round = json!({ "round": {} });
    let asked = json!({ "zip": zipped(), "environment": account.environment(), "events": [round, round, round] });
    let answers = boto3("invoke", &account.aws.url(), &asked);
    assert_eq!((&answers[0]["firing"], &answers[0]["sent"]), (&json!(1), &json!(1)), "{answers}");
    assert_eq!(answers[0]["troubles"], json!([]), "{answers}");
    assert_eq!((&answers[1]["sent"], &answers[2]["sent"]), (&json!(0), &json!(0)), "{answers}");
    let heard = account.heard();
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert_eq!((&heard[0]["audience"], &heard[0]["grade"]), (&json!("on-call"), &json!("page")));
    assert_eq!(heard[0]["suspects"], json!(["process java (3 GiB)"]), "{heard:?}");

    let link = heard[0]["links"]["acknowledge"].as_str().expect("a link").to_owned();
    let query = link.split_once('?').expect("signed").1;
    let person = |method: &str, body: &str| json!({ "rawQueryString": query, "body": body, "requestContext": { "http": { "method": method } } });
    let answers = account.invoke(&[person("GET", ""), person("POST", "by=Kim&minutes=60"), round.clone()]);
    assert_eq!((&answers[0]["statusCode"], &answers[1]["statusCode"]), (&json!(200), &json!(200)), "{answers:?}");
    assert!(answers[1]["body"].as_str().is_some_and(|page| page.contains("Kim has it")), "{answers:?}");
    let heard = account.heard();
    assert_eq!((heard.len(), &heard[0]["reason"]["why"]), (1, &json!("acknowledged")), "{heard:?}");
    assert_eq!(heard[0]["reason"]["by"], "Kim");

    // Asked a few seconds ago: a minute has one point, and asking again is paid again.
    let answers = account.invoke(&[round]);
    assert_eq!((&answers[0]["read"], &answers[0]["troubles"]), (&json!(0), &json!([])), "{answers:?}");
}

/// The agents wrote who tries the doors: the notice names the worst.
#[test]
fn the_worst_addresses_stand_in_the_notice() {
    let head = RULES.split("[[alarm]]").next().expect("the people");
    let account = Account::stand_up();
    account.rules(&format!(
        "{head}[[alarm]]\nname = 'doors'\nservice = 'shop'\nnamespace = 'CWAgent'\nmetric = 'suspicious_requests'\n\
         statistic = 'Sum'\neach = ['service']\nabove = 10\nfor = '3m'\n"
    ));
    account.publish("suspicious_requests", ("service", "shop"), 60.0, 1..=10);
    let clients = json!([{ "address": "203.0.113.7", "requests": 40 }]);
    let event = json!({ "event": "suspicious_clients", "service": "shop", "dimensions": { "host": "web-1" }, "clients": clients });
    account.write("/stormglass/suspects", "web-1", &event);
    let asked = json!({ "zip": zipped(), "environment": account.environment(), "events": [{ "round": {} }] });
    let answers = boto3("invoke", &account.aws.url(), &asked);
    assert_eq!((&answers[0]["firing"], &answers[0]["troubles"]), (&json!(1), &json!([])), "{answers}");
    let heard = account.heard();
    assert_eq!(heard[0]["suspects"], json!(["client 203.0.113.7 (40 times)"]), "{heard:?}");
}

/// From a shell, with the memory that the function keeps.
#[test]
fn incidents_are_taken_and_silenced_from_a_shell() {
    let account = Account::stand_up();
    account.publish("mem_used_percent", ("host", "web-1"), 97.0, 1..=10);
    let round = json!({ "round": {} });
    let asked = json!({ "zip": zipped(), "environment": account.environment(), "events": [round] });
    boto3("invoke", &account.aws.url(), &asked);
    account.heard();
    let shell = |arguments: &[&str]| {
        let mut command = stormglass();
        let command = command.args(arguments).env("AWS_ENDPOINT_URL", account.aws.url()).env("USER", "kim");
        let keys = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_REGION", "us-east-1")];
        let output = command.envs(keys).env("AWS_EC2_METADATA_DISABLED", "true").output().expect("runs");
        let text = String::from_utf8(output.stdout).expect("text");
        (output.status.code(), text, String::from_utf8(output.stderr).expect("text"))
    };
    let (code, listed, said) = shell(&["incidents", "list", "--open", "--json"]);
    assert_eq!(code, Some(0), "{said}");
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    let id = listed[0]["id"].as_str().expect("an incident").to_owned();
    assert!(shell(&["incidents", "list"]).1.contains("memory (host=web-1)"), "{listed}");
    assert!(shell(&["incidents", "report", &id]).1.contains("# Incident"));

    let (code, done, said) = shell(&["incidents", "ack", &id, "--for", "30m"]);
    assert!(code == Some(0) && done.contains("kim has"), "{done}{said}");
    assert!(shell(&["incidents", "show", &id]).1.contains("kim"));
    let (code, _, said) = shell(&["incidents", "ack", "nobody-knows-it"]);
    assert!(code == Some(2) && said.contains("SG-CLI-011"), "{said}");

    // The function hears of it in its next round, and tells those who were told.
    account.invoke(std::slice::from_ref(&round));
    let heard = account.heard();
    assert_eq!((heard.len(), &heard[0]["reason"]["by"]), (1, &json!("kim")), "{heard:?}");

    let (code, silence, said) = shell(&["silence", "add", "host = web-2", "--for", "1h", "--why", "moving", "--json"]);
    assert_eq!(code, Some(0), "{said}");
    let silence: Value = serde_json::from_str(&silence).expect("JSON");
    assert!(shell(&["silence", "list"]).1.contains("host = web-2"));
    let (code, _, said) = shell(&["silence", "end", silence["id"].as_str().expect("an id")]);
    assert_eq!(code, Some(0), "{said}");
    assert!(shell(&["silence", "list"]).1.contains("nothing is silenced"));
    assert_eq!(shell(&["silence", "add", "nonsense", "--for", "1h"]).0, Some(2));
}

/// Lightsail by its own API, which speaks of each instance's bundle; and of two hosts that fell silent only the one that
/// nobody stopped.
#[test]
fn lightsail_is_read_and_a_host_stopped_on_purpose_is_no_trouble() {
    let head = RULES.split("[[alarm]]").next().expect("the people");
    let account = Account::stand_up();
    account.rules(&format!(
        "{head}[[alarm]]\nname = 'credits'\njudge = 'burst'\neach = ['InstanceName']\nburst.plan = 'auto'\n\
         [[alarm]]\nname = 'gone'\njudge = 'silent'\nmetric = 'heartbeat'\neach = ['InstanceId']\n"
    ));
    account.publish("heartbeat", ("InstanceId", "i-stopped"), 1.0, 7..=8);
    account.publish("heartbeat", ("InstanceId", "i-lost"), 1.0, 7..=8);
    // At 100 % a plan of 20 % loses 80 % of each five minutes; 25 minutes are left.
    let lightsail = Endpoint::plain();
    let now = tests::now_s() / 300 * 300;
    let point = |metric: &str, slot: i64, value: f64| Point {
        instance: "shop-1".into(),
        metric: metric.into(),
        time_s: now - slot * 300,
        value,
    };
    let slots = 1..=30;
    let left = slots.clone().map(|slot| point("BurstCapacityTime", slot, 1_200.0 + 240.0 * slot as f64));
    let busy = slots.map(|slot| point("CPUUtilization", slot, 100.0));
    lightsail.set_lightsail(Lightsail {
        instances: vec![Instance {
            name: "shop-1".into(),
            bundle: "small_3_0".into(),
            region: "us-east-1".into(),
            cpus: 2,
            ram_gb: 2.0,
            state: "running".into(),
            tags: vec![],
        }],
        points: left.chain(busy).collect(),
    });
    let mut environment = account.environment();
    environment["AWS_ENDPOINT_URL_LIGHTSAIL"] = lightsail.url().into();
    let stopped = json!({
        "version": "0", "detail-type": "EC2 Instance State-change Notification", "source": "aws.ec2",
        "time": "2026-11-21T13:15:25Z", "detail": { "instance-id": "i-stopped", "state": "stopped" },
    });
    let events = [stopped, json!({ "round": {} })];
    let answers =
        boto3("invoke", &account.aws.url(), &json!({ "zip": zipped(), "environment": environment, "events": events }));
    assert_eq!(answers[0], json!({ "host": "i-stopped", "runs": false }));
    assert_eq!((&answers[1]["troubles"], &answers[1]["firing"]), (&json!([]), &json!(2)), "{answers}");
    let heard = account.heard().iter().map(Value::to_string).collect::<String>();
    assert!(heard.contains("shop-1") && heard.contains("i-lost") && !heard.contains("i-stopped"), "{heard}");
}

/// The schedule itself fires the function; nobody calls it.
#[test]
fn its_schedule_fires_it() {
    let account = Account::stand_up();
    account.publish("mem_used_percent", ("host", "web-1"), 97.0, 1..=10);
    boto3(
        "invoke",
        &account.aws.url(),
        &json!({ "zip": zipped(), "environment": account.environment(), "events": [] }),
    );
    let target = json!({
        "Arn": "arn:aws:lambda:us-east-1:000000000000:function:stormglass",
        "RoleArn": "arn:aws:iam::000000000000:role/stormglass",
        "Input": json!({ "round": {} }).to_string(),
    });
    let arguments = json!({
        "Name": "stormglass", "ScheduleExpression": "rate(1 minute)",
        "FlexibleTimeWindow": { "Mode": "OFF" }, "Target": target,
    });
    account.call("scheduler", "create_schedule", &arguments);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(150) {
        std::thread::sleep(Duration::from_secs(3));
        let heard = account.heard();
        if !heard.is_empty() {
            assert_eq!((heard.len(), &heard[0]["audience"]), (1, &json!("on-call")), "{heard:?}");
            return;
        }
    }
    panic!("the schedule fired nothing: {}", account.aws.output());
}

/// Programs hear of every transition by EventBridge, once.
#[test]
fn programs_hear_by_event_bridge() {
    let account = Account::stand_up();
    account.publish("mem_used_percent", ("host", "web-1"), 97.0, 1..=10);
    let pattern = json!({ "source": ["stormglass"], "detail-type": ["Stormglass Alarm State Change"] });
    account.call("events", "put_rule", &json!({ "Name": "heard", "EventPattern": pattern.to_string() }));
    let target = json!({ "Id": "queue", "Arn": "arn:aws:sqs:us-east-1:000000000000:events" });
    account.call("sqs", "create_queue", &json!({ "QueueName": "events" }));
    account.call("events", "put_targets", &json!({ "Rule": "heard", "Targets": [target] }));
    let mut environment = account.environment();
    environment["STORMGLASS_EVENT_BUS"] = "default".into();
    let round = json!({ "round": {} });
    let asked = json!({ "zip": zipped(), "environment": environment, "events": [round, round] });
    let answers = boto3("invoke", &account.aws.url(), &asked);
    let numbers = |answer: &Value| (answer["sent"].clone(), answer["events"].clone(), answer["troubles"].clone());
    assert_eq!(numbers(&answers[0]), (json!(1), json!(1), json!([])), "{answers}");
    assert_eq!(numbers(&answers[1]), (json!(0), json!(0), json!([])), "{answers}");
    let queue = account.call("sqs", "get_queue_url", &json!({ "QueueName": "events" }));
    let arguments = json!({ "QueueUrl": queue["QueueUrl"], "MaxNumberOfMessages": 10, "WaitTimeSeconds": 5 });
    let heard = account.call("sqs", "receive_message", &arguments);
    let bodies: Vec<Value> = heard["Messages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|message| serde_json::from_str(message["Body"].as_str()?).ok())
        .collect();
    assert_eq!(bodies.len(), 1, "{heard}");
    let transition = &bodies[0]["detail"]["transitions"][0];
    assert_eq!((&transition["alarm"], &transition["change"]), (&json!("memory"), &json!("began")), "{bodies:?}");
}

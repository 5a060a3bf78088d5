//! `alarms backtest` and `alarms explain` on the past as CloudWatch has it, and as its command line prints it.

use serde_json::{Value, json};
use tests::{Agent, Ministack, boto3};

const RULES: &str = "
[[alarm]]
name = 'memory'
metric = 'mem_used_percent'
each = ['host']
above = 90
for = '3m'

[[alarm]]
name = 'slow'
metric = 'latency_ms'
statistic = 'p99'
above = 800
";

/// Some hosts of which the first ran full for ten minutes, an hour ago; 90 minutes up to the last whole one.
fn publish(aws: &Ministack, hosts: usize) -> i64 {
    let now = tests::now_s() / 60 * 60;
    for host in 0..hosts {
        let datum = |minute: i64| {
            let full = host == 0 && (50..60).contains(&minute);
            json!({
                "MetricName": "mem_used_percent",
                "Value": if full { 97.0 } else { 40.0 },
                "Timestamp": { "$time": now - minute * 60 },
                "Dimensions": [{ "Name": "host", "Value": format!("web-{host}") }],
            })
        };
        let data: Vec<_> = (1..=90).map(datum).collect();
        let arguments = json!({ "Namespace": "CWAgent", "MetricData": data });
        let asked = json!({ "service": "cloudwatch", "operation": "put_metric_data", "arguments": arguments });
        let answer = boto3("call", &aws.url(), &asked);
        assert!(answer["error"].is_null(), "{answer}");
    }
    now
}

fn said(agent: &Agent, arguments: &[&str]) -> (String, String) {
    let output = agent.run(arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_past_is_read_from_cloudwatch() {
    let aws = Ministack::start();
    publish(&aws, 3);
    let agent = Agent::new("").at(&aws.url());
    std::fs::write(agent.folder().join("alarms.toml"), RULES).expect("the agent's own folder can be written");
    let (told, remarks) =
        said(&agent, &["alarms", "backtest", "alarms.toml", "--cloudwatch", "--last", "80m", "--json"]);
    assert!(remarks.contains("read 3 series from CloudWatch"), "{remarks}");
    let report: Value = serde_json::from_str(&told).expect("JSON");
    let episodes = report["episodes"].as_array().cloned().unwrap_or_default();
    assert_eq!(episodes.len(), 1, "{report:#}");
    assert_eq!(episodes[0]["alarm"], "memory{host=web-0}", "{report:#}");
    assert!(episodes[0]["to"].is_string(), "{report:#}");

    // When it began, and by a name that is not there.
    let at = episodes[0]["from"].as_str().unwrap_or_default();
    let (told, _) =
        said(&agent, &["alarms", "explain", "alarms.toml", "memory", "--cloudwatch", "--last", "80m", "--until", at]);
    assert!(told.contains("memory{host=web-0} is firing (page)"), "{told}");
    assert!(told.contains("memory{host=web-2} is fine"), "{told}");
    let (told, _) = said(&agent, &["alarms", "explain", "alarms.toml", "slow", "--cloudwatch"]);
    assert!(told.contains("no series is called `latency_ms`"), "{told}");
}

#[test]
fn without_keys_the_history_is_refused_in_words() {
    let aws = Ministack::start();
    let agent = Agent::new("").at(&aws.url()).without("AWS_ACCESS_KEY_ID").without("AWS_SECRET_ACCESS_KEY");
    std::fs::write(agent.folder().join("alarms.toml"), RULES).expect("the agent's own folder can be written");
    let output = agent.run(&["alarms", "backtest", "alarms.toml", "--cloudwatch"]);
    let says = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && says.contains("SG-ALM-007"), "{says}");
}

/// What boto3 reads is what the command line prints.
#[test]
fn the_past_is_read_from_what_the_command_line_printed() {
    let aws = Ministack::start();
    let now = publish(&aws, 1);
    let metric = json!({
        "Namespace": "CWAgent", "MetricName": "mem_used_percent",
        "Dimensions": [{ "Name": "host", "Value": "web-0" }],
    });
    let arguments = json!({
        "MetricDataQueries": [{
            "Id": "m1", "Label": "CWAgent/mem_used_percent{host=web-0}",
            "MetricStat": { "Metric": metric, "Period": 60, "Stat": "Average" },
        }],
        "StartTime": { "$time": now - 5_400 }, "EndTime": { "$time": now },
    });
    let asked = json!({ "service": "cloudwatch", "operation": "get_metric_data", "arguments": arguments });
    let printed = boto3("call", &aws.url(), &asked);
    let agent = Agent::new("");
    std::fs::write(agent.folder().join("alarms.toml"), RULES).expect("the agent's own folder can be written");
    std::fs::write(agent.folder().join("past.json"), printed.to_string()).expect("it can be written");
    let (told, _) = said(&agent, &["alarms", "backtest", "alarms.toml", "--data", "past.json"]);
    assert!(told.contains("1 episode,") && told.contains("memory{host=web-0}"), "{told}");
}

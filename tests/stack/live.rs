//! The stack in a stand-in that enforces IAM: it stands up, its schedule judges, a breach reaches a subscriber, all by
//! the rights of its own role; a second deployment changes nothing; taken down, nothing is left.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{Ministack, boto3, boto3_try, zipped};

use super::template;

const RULES: &str = r#"
[[alarm]]
name = "memory"
metric = "mem_used_percent"
each = ["host"]
above = 90
for = "3m"
impact = "outage"
"#;

pub(super) struct Stack {
    pub(super) aws: Ministack,
}

impl Stack {
    fn ask(&self, mut asked: Value) -> Value {
        asked["template"] = json!(template());
        asked["name"] = json!("storm");
        asked["parameters"] = json!({ "OnCallEmail": "kim@example.com", "AgentUser": "yes", "Shards": "2" });
        boto3_try("stack", &self.aws.url(), &asked).unwrap_or_else(|says| panic!("{says}\n{}", self.aws.output()))
    }

    fn call(&self, service: &str, operation: &str, arguments: &Value) -> Value {
        let answer = boto3(
            "call",
            &self.aws.url(),
            &json!({ "service": service, "operation": operation, "arguments": arguments }),
        );
        assert!(answer["error"].is_null(), "{service} {operation}: {answer}");
        answer
    }

    /// Bodies that the queue heard since it was asked last.
    fn heard(&self, queue: &str) -> Vec<Value> {
        let arguments = json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10 });
        let answer = self.call("sqs", "receive_message", &arguments);
        let json = |text: &Value| text.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
        messages.iter().filter_map(|message| json(&json(&message["Body"])?["Message"])).collect()
    }

    fn hears(&self, queue: &str, patience_s: u64, wanted: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(patience_s) {
            if let Some(found) = self.heard(queue).into_iter().find(&wanted) {
                return found;
            }
            std::thread::sleep(Duration::from_secs(2));
        }
        panic!("nothing was heard in {patience_s} s: {}", self.aws.output());
    }
}

fn ids(there: &Value, kind: &str) -> Vec<String> {
    let of_kind = there.as_object().expect("resources").values().filter(|one| one["type"] == kind);
    of_kind.filter_map(|one| one["id"].as_str().map(str::to_owned)).collect()
}

#[test]
fn the_stack_stands_up_and_a_breach_reaches_a_subscriber_by_its_own_rights() {
    let stack = Stack { aws: Ministack::start_with(&[("AUTH", "true")]) };
    let up = stack.ask(json!({ "do": "up", "zip": zipped() }));
    assert_eq!(up["status"], "CREATE_COMPLETE", "{}\n{}", up["why"], stack.aws.output());
    let left_out: Vec<_> = up["left_out"].as_object().expect("a table").keys().collect();
    assert_eq!(left_out, ["CodeDeployServiceRole", "FunctionDeploymentGroup", "ServerlessDeploymentApplication"]);
    assert_eq!(ids(&up["resources"], "AWS::Scheduler::Schedule").len(), 2, "one a shard");

    let again = stack.ask(json!({ "do": "again" }));
    assert_eq!(again["changes"], json!([]), "a second deployment changes nothing: {again}");

    let queue = stack.breach_is_heard(&up["outputs"]);
    stack.watchers_are_heard(&queue, &up["outputs"]);
    stack.nothing_was_refused();

    let gone = stack.ask(json!({ "do": "down" }));
    assert_eq!(gone["status"], "gone");
    stack.nothing_is_left();
}

impl Stack {
    /// A series breaches; the schedule wakes the function, and a queue that listens to the topic hears of it.
    pub(super) fn breach_is_heard(&self, outputs: &Value) -> String {
        let queue = self.call("sqs", "create_queue", &json!({ "QueueName": "heard" }));
        let queue = queue["QueueUrl"].as_str().expect("a queue");
        let endpoint = "arn:aws:sqs:us-east-1:000000000000:heard";
        let anybody = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Resource": endpoint,
            "Principal": { "Service": "sns.amazonaws.com" }, "Action": "sqs:SendMessage" }] });
        let policy = json!({ "QueueUrl": queue, "Attributes": { "Policy": anybody.to_string() } });
        self.call("sqs", "set_queue_attributes", &policy);
        let subscribe = json!({ "TopicArn": outputs["OnCall"], "Protocol": "sqs", "Endpoint": endpoint });
        self.call("sns", "subscribe", &subscribe);
        // By hand, as the guide says: a template can make no secret.
        let key =
            json!({ "Name": "/storm/link-key", "Value": "a secret of thirty-two characters!", "Type": "SecureString" });
        self.call("ssm", "put_parameter", &key);
        self.call(
            "ssm",
            "put_parameter",
            &json!({ "Name": "/storm/rules/10-hosts", "Value": RULES, "Type": "String" }),
        );
        let now = tests::now_s();
        let datum = |minute: i64| {
            json!({ "MetricName": "mem_used_percent", "Value": 97.0, "Timestamp": { "$time": now - minute * 60 },
                "Dimensions": [{ "Name": "host", "Value": "web-1" }] })
        };
        let data: Vec<_> = (1..=10).map(datum).collect();
        self.call("cloudwatch", "put_metric_data", &json!({ "Namespace": "CWAgent", "MetricData": data }));

        let heard = self.hears(queue, 150, |heard| heard["grade"] == "page");
        let link = heard["links"]["acknowledge"].as_str().unwrap_or_default();
        assert!(link.starts_with(outputs["Links"].as_str().expect("an address")), "{heard}");
        queue.to_owned()
    }

    /// The alarms that watch the function go to the same people, past the function.
    fn watchers_are_heard(&self, queue: &str, outputs: &Value) {
        let ill = json!({ "AlarmName": "storm-function-errors", "StateValue": "ALARM", "StateReason": "a trial" });
        self.call("cloudwatch", "set_alarm_state", &ill);
        let native = self.hears(queue, 20, |heard| heard["AlarmName"] == "storm-function-errors");
        assert_eq!(native["NewStateValue"], "ALARM", "{native}");
        let alarms = self.call("cloudwatch", "describe_alarms", &json!({}));
        let alarms = alarms["MetricAlarms"].as_array().expect("alarms");
        let told = |alarm: &&Value| alarm["AlarmActions"][0] == outputs["OnCall"];
        assert_eq!((alarms.len(), alarms.iter().filter(told).count()), (6, 6), "{alarms:?}");
    }

    /// Nothing of what the rounds did was refused to the role.
    pub(super) fn nothing_was_refused(&self) {
        let logs = json!({ "logGroupName": "/aws/lambda/storm", "filterPattern": "round" });
        let lines = self.call("logs", "filter_log_events", &logs);
        let rounds = lines["events"].as_array().expect("lines").iter().filter_map(|line| line["message"].as_str());
        let rounds: Vec<_> = rounds.filter(|line| line.contains("troubles")).collect();
        assert!(!rounds.is_empty(), "{lines}");
        assert!(
            rounds.iter().all(|line| line.contains(r#"\"troubles\":[]"#) || line.contains(r#""troubles":[]"#)),
            "{rounds:?}"
        );
    }

    pub(super) fn nothing_is_left(&self) {
        let empty = |service: &str, operation: &str, list: &str| {
            let left = self.call(service, operation, &json!({}));
            let ours = left[list].as_array().cloned().unwrap_or_default();
            let ours: Vec<_> = ours.iter().map(Value::to_string).filter(|it| it.contains("storm")).collect();
            assert!(ours.is_empty(), "{service} {operation}: {ours:?}");
        };
        empty("lambda", "list_functions", "Functions");
        empty("dynamodb", "list_tables", "TableNames");
        empty("sns", "list_topics", "Topics");
        empty("scheduler", "list_schedules", "Schedules");
        empty("iam", "list_users", "Users");
        empty("logs", "describe_log_groups", "logGroups");
        empty("cloudwatch", "describe_alarms", "MetricAlarms");
    }
}

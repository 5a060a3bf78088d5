//! The Lambda's account in a stand-in: what a team would have stood up, with the program as it is deployed.

use std::process::Command;

use serde_json::{Value, json};

use crate::{Ministack, binary, boto3, now_s, venv};

/// The program in a zip, as `create_function` takes it. Python's zipfile keeps the executable bit by hand.
pub fn zipped() -> String {
    const ZIP: &str = "import base64,io,sys,zipfile\n\
        held = io.BytesIO()\n\
        info = zipfile.ZipInfo('bootstrap'); info.external_attr = 0o755 << 16\n\
        with zipfile.ZipFile(held, 'w', zipfile.ZIP_DEFLATED, compresslevel=1) as zip: zip.writestr(info, open(sys.argv[1], 'rb').read())\n\
        sys.stdout.write(base64.b64encode(held.getvalue()).decode())";
    let python = venv().join("bin/python");
    let output = Command::new(python).args(["-c", ZIP]).arg(binary("bootstrap")).output().expect("python");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("base64")
}

/// The rules by which the round is tried without AWS as well.
pub const RULES: &str = include_str!("../../lambda/src/round/tests/memory.toml");

/// What a team has in its account, in a stand-in: the table, the rules, two topics that one queue hears.
#[derive(Debug)]
pub struct Account {
    pub aws: Ministack,
    queue: String,
}

/// One call of boto3 that must succeed.
fn call(aws: &Ministack, service: &str, operation: &str, arguments: &Value) -> Value {
    let asked = json!({ "service": service, "operation": operation, "arguments": arguments });
    let answer = boto3("call", &aws.url(), &asked);
    assert!(answer["error"].is_null(), "{service} {operation}: {answer}");
    answer
}

impl Account {
    pub fn stand_up() -> Self {
        let aws = Ministack::start();
        let call = |service: &str, operation: &str, arguments: Value| call(&aws, service, operation, &arguments);
        let named = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
        let schema = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
        call(
            "dynamodb",
            "create_table",
            json!({
                "TableName": "stormglass", "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [named("pk"), named("sk")],
                "KeySchema": [schema("pk", "HASH"), schema("sk", "RANGE")],
            }),
        );
        for (name, value) in [("/stormglass/rules", RULES), ("/stormglass/key", "a secret of thirty-two characters!")] {
            let kind = if name.ends_with("key") { "SecureString" } else { "String" };
            call("ssm", "put_parameter", json!({ "Name": name, "Value": value, "Type": kind }));
        }
        let queue = call("sqs", "create_queue", json!({ "QueueName": "heard" }));
        let queue = queue["QueueUrl"].as_str().expect("a queue").to_owned();
        for audience in ["on-call", "department"] {
            let topic = call("sns", "create_topic", json!({ "Name": audience }));
            let endpoint = "arn:aws:sqs:us-east-1:000000000000:heard";
            let arguments = json!({ "TopicArn": topic["TopicArn"], "Protocol": "sqs", "Endpoint": endpoint });
            call("sns", "subscribe", arguments);
        }
        Self { aws, queue }
    }

    pub fn environment(&self) -> Value {
        let topic = |name: &str| json!({ "topic": format!("arn:aws:sns:us-east-1:000000000000:{name}") });
        json!({
            "AWS_ENDPOINT_URL": self.aws.url(),
            "STORMGLASS_TABLE": "stormglass",
            "STORMGLASS_RULES": "/stormglass/rules",
            "STORMGLASS_LINK_KEY": "/stormglass/key",
            "STORMGLASS_LINK_BASE": "https://stormglass.example/",
            "STORMGLASS_OUTLETS": json!({ "on-call": topic("on-call"), "department": topic("department") }).to_string(),
        })
    }

    pub fn call(&self, service: &str, operation: &str, arguments: &Value) -> Value {
        call(&self.aws, service, operation, arguments)
    }

    /// A point for each of these minutes ago.
    pub fn publish(&self, metric: &str, dimension: (&str, &str), value: f64, minutes: std::ops::RangeInclusive<i64>) {
        let now = now_s();
        let datum = |minute: i64| {
            json!({
                "MetricName": metric, "Value": value,
                "Timestamp": { "$time": now - minute * 60 },
                "Dimensions": [{ "Name": dimension.0, "Value": dimension.1 }],
            })
        };
        let data: Vec<_> = minutes.map(datum).collect();
        self.call("cloudwatch", "put_metric_data", &json!({ "Namespace": "CWAgent", "MetricData": data }));
    }

    pub fn rules(&self, text: &str) {
        let arguments = json!({ "Name": "/stormglass/rules", "Value": text, "Type": "String", "Overwrite": true });
        self.call("ssm", "put_parameter", &arguments);
    }

    /// One line in a log stream.
    pub fn write(&self, group: &str, stream: &str, line: &Value) {
        self.call("logs", "create_log_group", &json!({ "logGroupName": group }));
        self.call("logs", "create_log_stream", &json!({ "logGroupName": group, "logStreamName": stream }));
        let events = json!([{ "timestamp": (now_s() - 60) * 1_000, "message": line.to_string() }]);
        let arguments = json!({ "logGroupName": group, "logStreamName": stream, "logEvents": events });
        self.call("logs", "put_log_events", &arguments);
    }

    /// What the queue heard since it was asked last, as the outlet sent it.
    pub fn heard(&self) -> Vec<Value> {
        let arguments = json!({ "QueueUrl": self.queue, "MaxNumberOfMessages": 10 });
        let answer = self.call("sqs", "receive_message", &arguments);
        let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
        // What stays in the queue comes again after half a minute, which a slow machine takes.
        let entry = |(at, it): (usize, &Value)| json!({ "Id": at.to_string(), "ReceiptHandle": it["ReceiptHandle"] });
        let entries: Vec<_> = messages.iter().enumerate().map(entry).collect();
        if !entries.is_empty() {
            self.call("sqs", "delete_message_batch", &json!({ "QueueUrl": self.queue, "Entries": entries }));
        }
        let text = |value: &Value| value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        messages.iter().filter_map(|message| text(&text(&message["Body"])?["Message"])).collect()
    }

    pub fn invoke(&self, events: &[Value]) -> Vec<Value> {
        let answers = boto3("invoke", &self.aws.url(), &json!({ "events": events }));
        answers.as_array().cloned().unwrap_or_default()
    }
}

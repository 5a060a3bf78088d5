//! The endpoint against boto3, a client by other hands: what it accepted is what was sent, its limits are the service's.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::endpoint::ledger::{Keep, Line, Statistics};
use tests::endpoint::lightsail::{Instance, Point};
use tests::endpoint::{Lightsail, Settings};
use tests::{Endpoint, boto3, boto3_trusting, now_s};

use super::wire::{call, datum, put_datums};

#[test]
fn every_member_of_a_datum_stands_in_the_ledger() {
    let aws = Endpoint::plain();
    let minute = now_s() / 60 * 60;
    let sent = [
        json!({ "MetricName": "a", "Values": [1.0, 2.5], "Counts": [3.0, 4.0], "Unit": "Bytes/Second",
            "Timestamp": { "$time": minute }, "StorageResolution": 1,
            "Dimensions": [{ "Name": "path", "Value": "/" }, { "Name": "fstype", "Value": "ext4" }] }),
        json!({ "MetricName": "b", "Timestamp": { "$time": minute },
            "StatisticValues": { "SampleCount": 4, "Sum": 8.0, "Minimum": 1.0, "Maximum": 3.0 } }),
    ];
    assert_eq!(put_datums(&aws.url(), &sent), json!({}));
    aws.ledger(|ledger| {
        let (a, b) = (&ledger.datums[0], &ledger.datums[1]);
        assert_eq!((a.namespace.as_str(), a.name.as_str(), a.time_ms), ("CWAgent", "a", minute * 1000));
        let dimensions = BTreeMap::from([("fstype", "ext4"), ("path", "/")]);
        assert_eq!(a.dimensions, dimensions.into_iter().map(|(k, v)| (k.into(), v.into())).collect());
        assert_eq!((a.unit.as_deref(), a.resolution), (Some("Bytes/Second"), 1));
        assert_eq!((a.values.as_slice(), a.counts.as_slice()), (&[1.0, 2.5][..], &[3.0, 4.0][..]));
        assert_eq!((a.sample_count(), a.sum()), (7.0, 13.0));
        let set = Statistics { sample_count: 4.0, sum: 8.0, minimum: 1.0, maximum: 3.0 };
        assert_eq!((b.statistics.as_ref(), b.values.len(), b.resolution), (Some(&set), 0, 60));
        let call = &ledger.calls[0];
        assert!(call.accepted && call.answered && call.trouble.is_none(), "{call:?}");
        assert_eq!((call.operation.as_str(), call.datums), ("cloudwatch:PutMetricData", 2));
    });
}

/// boto3 compresses from 10 KB on; what is counted is the plain body.
#[test]
fn a_compressed_body_over_tls_arrives_whole() {
    let aws = Endpoint::tls();
    let datums: Vec<_> = (0..1000).map(|n| datum(&format!("metric_{n:04}"))).collect();
    let arguments = json!({ "Namespace": "CWAgent", "MetricData": datums });
    let input = json!({ "service": "cloudwatch", "operation": "put_metric_data", "arguments": arguments });
    let ca = aws.ca_file().expect("TLS has an authority");
    assert_eq!(boto3_trusting(Some(&ca), "call", &aws.url(), &input), Ok(json!({})));
    let untrusting = boto3("call", &aws.url(), &input);
    assert_eq!(untrusting["error"]["code"], "SSLError", "a client that does not know the authority stays away");
    aws.ledger(|ledger| {
        let names: Vec<_> = ledger.datums.iter().map(|datum| datum.name.clone()).collect();
        assert_eq!(names, (0..1000).map(|n| format!("metric_{n:04}")).collect::<Vec<_>>());
        assert!(ledger.calls[0].wire_bytes * 4 < ledger.calls[0].bytes, "it was compressed: {:?}", ledger.calls[0]);
    });
}

#[test]
fn one_invalid_datum_fails_the_whole_request() {
    let aws = Endpoint::plain();
    let now = now_s();
    let with = |name: &str, value: Value| {
        let mut bad = datum("bad");
        bad[name] = value;
        bad
    };
    let without_value = |more: Value| {
        let mut bad = json!({ "MetricName": "bad" });
        bad.as_object_mut().expect("a map").extend(more.as_object().cloned().expect("a map"));
        bad
    };
    let dimensions = |n: usize| (0..n).map(|n| json!({ "Name": format!("d{n}"), "Value": "x" })).collect::<Value>();
    let many: Vec<_> = (0..151).map(f64::from).collect();
    let bad = [
        with("MetricName", json!(":colon")),
        with("MetricName", json!("x".repeat(256))),
        with("MetricName", json!("가")),
        with("Unit", json!("Furlongs")),
        with("StorageResolution", json!(30)),
        with("Value", json!(1e109)),
        with("Timestamp", json!({ "$time": now - 15 * 86_400 })),
        with("Timestamp", json!({ "$time": now + 3 * 3600 })),
        with("Dimensions", dimensions(31)),
        with("Dimensions", json!([{ "Name": "d", "Value": "" }])),
        with("Dimensions", json!([{ "Name": "d", "Value": "1" }, { "Name": "d", "Value": "2" }])),
        with("Values", json!([1.0])),
        without_value(json!({})),
        without_value(json!({ "Values": many })),
        without_value(json!({ "Values": [1.0, 2.0], "Counts": [1.0] })),
        without_value(json!({ "Values": [1.0], "Counts": [0.0] })),
    ];
    let calls: Vec<_> = bad
        .iter()
        .map(|bad| json!({ "Namespace": "CWAgent", "MetricData": [datum("good"), bad] }))
        .chain([json!({ "Namespace": "AWS/EC2", "MetricData": [datum("good")] })])
        .chain([json!({ "Namespace": "CWAgent", "MetricData": vec![datum("good"); 1001] })])
        .map(|arguments| json!({ "service": "cloudwatch", "operation": "put_metric_data", "arguments": arguments }))
        .collect();
    let answers = boto3("call", &aws.url(), &json!(calls));
    for (asked, answer) in calls.iter().zip(answers.as_array().expect("a list")) {
        let code = answer["error"]["code"].as_str().unwrap_or_default();
        assert!(code.starts_with("InvalidParameter") || code == "MissingParameter", "{asked:.200} gave {answer}");
    }
    aws.ledger(|ledger| {
        assert!(ledger.datums.is_empty(), "the good neighbours were refused as well");
        assert_eq!(ledger.totals.calls, calls.len() as u64);
        assert_eq!(ledger.totals.accepted_calls, 0);
    });
    put_datums(&aws.url(), &[with("Dimensions", dimensions(30)), without_value(json!({ "Values": many[..150] }))]);
    assert_eq!(aws.ledger(|ledger| ledger.datums.len()), 2, "at the limit it is taken");
}

#[test]
fn a_log_batch_is_judged_as_the_service_judges_it() {
    let aws = Endpoint::plain();
    let now_ms = now_s() * 1000;
    let day_ms = 86_400_000;
    let put = |events: Value| {
        let arguments = json!({ "logGroupName": "app", "logStreamName": "i-1", "logEvents": events });
        json!({ "service": "logs", "operation": "put_log_events", "arguments": arguments })
    };
    let make = |operation: &str, more: Value| json!({ "service": "logs", "operation": operation, "arguments": more });
    let event = |time: i64, message: &str| json!({ "timestamp": time, "message": message });
    let group = json!({ "logGroupName": "app" });
    let stream = json!({ "logGroupName": "app", "logStreamName": "i-1" });
    let answers = boto3(
        "call",
        &aws.url(),
        &json!([
            put(json!([event(now_ms, "no group yet")])),
            make("create_log_group", group.clone()),
            make("create_log_group", group.clone()),
            put(json!([event(now_ms, "no stream yet")])),
            make("create_log_stream", stream),
            put(json!([event(now_ms, "b"), event(now_ms - 1, "a")])),
            put(json!([event(now_ms - day_ms - 1, "a"), event(now_ms, "b")])),
            put(json!([event(now_ms, &"x".repeat(1_048_576 - 25))])),
            put(json!([event(now_ms, &"x".repeat(1_048_576 - 26))])),
            put(json!([event(now_ms - 15 * day_ms, "old"), event(now_ms - 15 * day_ms, "old")])),
            put(json!([event(now_ms, "good"), event(now_ms + 3 * 3_600_000, "new")])),
            make("put_retention_policy", json!({ "logGroupName": "app", "retentionInDays": 4 })),
            make("put_retention_policy", json!({ "logGroupName": "app", "retentionInDays": 3 })),
            put(json!([event(now_ms - 3 * day_ms - 60_000, "expired"), event(now_ms - 3 * day_ms + 60_000, "kept")])),
            make("describe_log_groups", json!({ "logGroupNamePrefix": "a" })),
            make("describe_log_streams", group),
        ]),
    );
    let code = |n: usize| answers[n]["error"]["code"].as_str().unwrap_or_default().to_owned();
    assert_eq!([0, 3].map(code), ["ResourceNotFoundException"; 2].map(str::to_owned));
    assert_eq!(code(2), "ResourceAlreadyExistsException");
    assert_eq!([5, 6, 7, 11].map(code), ["InvalidParameterException"; 4].map(str::to_owned));
    assert_eq!(answers[9]["rejectedLogEventsInfo"], json!({ "tooOldLogEventEndIndex": 2 }));
    assert_eq!(answers[10]["rejectedLogEventsInfo"], json!({ "tooNewLogEventStartIndex": 1 }));
    assert_eq!(answers[13]["rejectedLogEventsInfo"], json!({ "expiredLogEventEndIndex": 1 }));
    assert_eq!(answers[14]["logGroups"][0]["retentionInDays"], 3);
    assert_eq!(answers[15]["logStreams"][0]["lastEventTimestamp"], now_ms);
    assert_eq!(aws.retention_days("app"), Some(3));
    aws.ledger(|ledger| {
        let messages: Vec<_> = ledger.events.iter().map(|event| event.message().len()).collect();
        assert_eq!(messages, [1_048_550, "good".len(), "kept".len()]);
        assert_eq!((ledger.totals.events, ledger.totals.rejected_events), (3, 4));
    });
}

#[test]
fn numbers_alone_are_kept_when_that_is_asked_and_the_file_has_every_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger");
    let aws = Endpoint::start(Settings {
        keep: Keep::Numbers("n=".into()),
        ledger: Some(file.clone()),
        streams: vec![("app".into(), "i-1".into())],
        ..Settings::default()
    });
    let events: Vec<_> =
        [1, 2, 4, 4].map(|n| json!({ "timestamp": now_s() * 1000, "message": format!("x n={n};") })).into();
    let arguments = json!({ "logGroupName": "app", "logStreamName": "i-1", "logEvents": events });
    call(&aws.url(), "logs", "put_log_events", &arguments);
    let result = aws.ledger(|ledger| ledger.compare(1, 4));
    assert_eq!((result.came, result.lost.as_slice(), result.doubles()), (4, &[3][..], 1));
    let lines = Endpoint::read_file(&file);
    assert_eq!(lines.iter().filter(|line| matches!(line, Line::Event(_))).count(), 4);
    assert!(matches!(lines.last(), Some(Line::Call(call)) if call.events == 4 && call.accepted), "{lines:?}");
}

#[test]
fn lightsail_gives_one_metric_a_call_in_its_own_unit() {
    let aws = Endpoint::plain();
    let start = now_s() / 300 * 300 - 900;
    let instance = |n: usize| Instance {
        name: format!("web-{n}"),
        bundle: "small_3_0".into(),
        region: "us-east-1".into(),
        cpus: 2,
        ram_gb: 2.0,
        state: "running".into(),
        tags: vec![("env".into(), "prod".into())],
    };
    let metric = "BurstCapacityPercentage";
    let point =
        |n: i64, value: f64| Point { instance: "web-0".into(), metric: metric.into(), time_s: start + n * 300, value };
    aws.set_lightsail(Lightsail {
        instances: (0..25).map(instance).collect(),
        points: vec![point(0, 80.0), point(1, 60.0), point(2, 50.0)],
    });
    let ask = |period: i64, unit: &str| {
        let arguments = json!({ "instanceName": "web-0", "metricName": metric, "period": period, "unit": unit,
            "startTime": { "$time": start }, "endTime": { "$time": start + 900 }, "statistics": ["Average", "Minimum"] });
        json!({ "service": "lightsail", "operation": "get_instance_metric_data", "arguments": arguments })
    };
    let list =
        |arguments: Value| json!({ "service": "lightsail", "operation": "get_instances", "arguments": arguments });
    let calls = json!([
        list(json!({})),
        list(json!({ "pageToken": "20" })),
        ask(300, "Percent"),
        ask(300, "Count"),
        ask(100, "Percent")
    ]);
    let answers = boto3("call", &aws.url(), &calls);
    assert_eq!(answers[0]["instances"].as_array().map(Vec::len), Some(20));
    assert_eq!(answers[0]["nextPageToken"], "20");
    assert_eq!(answers[1]["instances"][4]["name"], "web-24");
    assert_eq!(answers[1]["instances"][0]["bundleId"], "small_3_0");
    let data = &answers[2]["metricData"];
    assert_eq!((data.as_array().map(Vec::len), &data[1]["average"]), (Some(3), &json!(60.0)), "{answers}");
    assert_eq!(data[2]["timestamp"], json!((start + 600) as f64));
    assert_eq!(answers[3]["metricData"], json!([]), "another unit finds nothing");
    assert_eq!(answers[4]["error"]["code"], "InvalidInputException");
}

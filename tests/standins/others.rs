//! ministack and moto, as we rely on them: the traps that were met are tried again with every pinned version.

use serde_json::json;
use tests::{Ministack, Moto, boto3, now_s};

use super::wire::{call, datum, put_datums};

/// Without cbor2 beside it, ministack says 200 and keeps nothing.
#[test]
fn a_distribution_written_to_ministack_in_cbor_is_read_back() {
    let aws = Ministack::start();
    let minute = now_s() / 60 * 60 - 300;
    let dimensions = json!([{ "Name": "InstanceId", "Value": "i-1" }]);
    let (values, counts) = (json!([10.0, 20.0, 90.0]), json!([6.0, 3.0, 1.0]));
    let sent = json!({ "MetricName": "cpu_usage_user", "Dimensions": dimensions, "Unit": "Percent",
        "Timestamp": { "$time": minute }, "Values": values, "Counts": counts });
    assert_eq!(put_datums(&aws.url(), &[sent]), json!({}));

    let listed = boto3("metrics", &aws.url(), &json!({ "namespace": "CWAgent" }));
    let name = json!({ "namespace": "CWAgent", "name": "cpu_usage_user", "dimensions": { "InstanceId": "i-1" } });
    assert_eq!(listed, json!([name]));

    let asked = json!({ "namespace": "CWAgent", "name": "cpu_usage_user", "dimensions": { "InstanceId": "i-1" },
        "from": minute, "to": minute + 60, "statistics": ["Sum", "SampleCount", "Maximum", "p50"] });
    let found = boto3("metric_data", &aws.url(), &asked);
    let point = |value: f64| json!([[minute as f64, value]]);
    assert_eq!(found["Sum"], point(210.0));
    assert_eq!(found["SampleCount"], point(10.0));
    assert_eq!(found["Maximum"], point(90.0));
    assert_eq!(found["p50"], point(10.0));
}

#[test]
fn log_events_written_to_ministack_are_read_back_in_order() {
    let aws = Ministack::start();
    let now_ms = now_s() * 1000;
    call(&aws.url(), "logs", "create_log_group", &json!({ "logGroupName": "app" }));
    call(&aws.url(), "logs", "create_log_stream", &json!({ "logGroupName": "app", "logStreamName": "i-1" }));
    let events = json!([{ "timestamp": now_ms - 2, "message": "one" }, { "timestamp": now_ms, "message": "zwei 셋" }]);
    let put = json!({ "logGroupName": "app", "logStreamName": "i-1", "logEvents": events });
    let answer = call(&aws.url(), "logs", "put_log_events", &put);
    assert_eq!(answer.get("error"), None, "{answer}");
    let expect = json!([
        { "stream": "i-1", "time_ms": now_ms - 2, "message": "one" },
        { "stream": "i-1", "time_ms": now_ms, "message": "zwei 셋" },
    ]);
    assert_eq!(boto3("log_events", &aws.url(), &json!({ "group": "app" })), expect);
}

/// The reason to have moto beside ministack.
#[test]
fn moto_refuses_an_unsorted_batch_and_reports_what_is_too_old() {
    let aws = Moto::start();
    let now_ms = now_s() * 1000;
    call(&aws.url(), "logs", "create_log_group", &json!({ "logGroupName": "app" }));
    call(&aws.url(), "logs", "create_log_stream", &json!({ "logGroupName": "app", "logStreamName": "i-1" }));
    let put = |times: [i64; 2]| {
        let events = times.map(|time| json!({ "timestamp": time, "message": "x" }));
        let put = json!({ "logGroupName": "app", "logStreamName": "i-1", "logEvents": events });
        call(&aws.url(), "logs", "put_log_events", &put)
    };
    assert_eq!(put([now_ms, now_ms - 1])["error"]["code"], "InvalidParameterException");
    let month_ms = 30 * 86_400_000;
    let answer = put([now_ms - month_ms, now_ms - month_ms + 1]);
    assert!(answer["rejectedLogEventsInfo"]["tooOldLogEventEndIndex"].is_number(), "{answer}");
}

/// Should moto ever learn CBOR, the pages that say otherwise are to be changed.
#[test]
fn moto_does_not_understand_what_the_sdk_says_to_cloudwatch() {
    let aws = Moto::start();
    let answer = tests::boto3_try(
        "call",
        &aws.url(),
        &json!({ "service": "cloudwatch",
        "operation": "put_metric_data", "arguments": { "Namespace": "CWAgent", "MetricData": [datum("x")] } }),
    );
    assert!(answer.is_err() || answer.as_ref().is_ok_and(|answer| answer.get("error").is_some()), "{answer:?}");
}

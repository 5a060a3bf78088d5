//! A small client over bare sockets and a few datums as boto3 takes them, for the tests of the stand-ins.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use tests::{boto3, now_s};

/// One boto3 call; what the service refused is under `error`.
pub(super) fn call(url: &str, service: &str, operation: &str, arguments: &Value) -> Value {
    boto3("call", url, &json!({ "service": service, "operation": operation, "arguments": arguments }))
}

pub(super) fn put_datums(url: &str, datums: &[Value]) -> Value {
    call(url, "cloudwatch", "put_metric_data", &json!({ "Namespace": "CWAgent", "MetricData": datums }))
}

pub(super) fn datum(name: &str) -> Value {
    json!({ "MetricName": name, "Value": 1.5, "Unit": "Percent", "Timestamp": { "$time": now_s() - 60 } })
}

/// Sends raw bytes and reads until the other side closes or says nothing for `patience`.
pub(super) fn raw(url: &str, request: &str, patience: Duration) -> String {
    let address = url.strip_prefix("http://").expect("a plain URL");
    let mut socket = TcpStream::connect(address).expect("the endpoint listens");
    socket.set_read_timeout(Some(patience)).expect("a timeout can be set");
    socket.write_all(request.as_bytes()).expect("the endpoint reads");
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = socket.read(&mut buffer) {
        answer.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

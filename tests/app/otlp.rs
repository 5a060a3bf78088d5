//! OTLP: what a service counted by the OpenTelemetry SDK, which knows nothing of us, is what CloudWatch has.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;
use tests::opentelemetry;

use super::{World, free_port, until};

/// Milliseconds, most of them short.
fn waits(many: u32) -> Vec<f64> {
    (0..many).map(|n| f64::from(10 + n * n % 977)).collect()
}

fn start(more: &str) -> (World, u16) {
    let port = free_port();
    let mut world = World::new(&format!("[otlp]\nlisten = '127.0.0.1:{port}'\n{more}"));
    world.agent.start();
    until("the port", Duration::from_secs(20), || TcpStream::connect(("127.0.0.1", port)).is_ok());
    (world, port)
}

/// As an SDK is set up where nobody set it up: all since the start, in the buckets of the specification.
#[test]
fn what_an_sdk_counted_is_what_cloudwatch_has_through_a_reload() {
    let (mut world, port) = start("");
    let url = format!("http://127.0.0.1:{port}");
    let waits = waits(500);
    let exports = [200, 250, 50].map(|some| json!({ "orders": some, "waits": &waits[..some], "depth": some }));
    let said = opentelemetry(&url, &json!({ "environment": {}, "gzip": true, "exports": exports }));
    assert_eq!(said["exports"], 3);
    world.agent.reload();
    world.agent.wait_for("the configuration was read anew");
    until("the port", Duration::from_secs(20), || TcpStream::connect(("127.0.0.1", port)).is_ok());
    // A process of its own: a series that began anew.
    let again = json!([{ "orders": 7, "waits": [], "depth": 1 }]);
    assert_eq!(opentelemetry(&url, &json!({ "environment": {}, "gzip": false, "exports": again }))["exports"], 1);
    let rows = world.end("Stormglass");
    let orders = rows.one("orders", &[("shop", "seoul"), ("service", "checkout")]);
    assert_eq!((orders.sum, orders.unit.as_str()), (Some(507.0), "Count"));
    let wait = rows.one("wait", &[("shop", "seoul"), ("service", "checkout")]);
    assert_eq!((wait.count, wait.unit.as_str()), (Some(500.0), "Milliseconds"));
    let depth = rows.one("depth", &[("queue", "mail")]);
    assert_eq!((depth.maximum, depth.minimum), (Some(250.0), Some(1.0)));
    assert_eq!(rows.lost("unreadable"), 0);
}

/// As docs/sources.md says that it should be set up: then percentiles are true.
#[test]
fn with_exponential_histograms_percentiles_are_true() {
    let document = tests::root().join("docs/sources.md");
    let document = std::fs::read_to_string(document).expect("it is there");
    let settings = document.lines().filter_map(|line| line.strip_prefix("OTEL_EXPORTER_OTLP_METRICS_"));
    let environment: serde_json::Map<_, _> = settings
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (format!("OTEL_EXPORTER_OTLP_METRICS_{name}"), json!(value)))
        .collect();
    assert_eq!(environment.len(), 2, "the document no longer says how to set up an SDK");
    let (world, port) = start("");
    let mut waits = waits(1_000);
    let exports = json!([{ "orders": 3, "waits": waits, "depth": 1 }]);
    let asked = json!({ "environment": environment, "gzip": true, "exports": exports });
    assert_eq!(opentelemetry(&format!("http://127.0.0.1:{port}"), &asked)["exports"], 1);
    let rows = world.end("Stormglass");
    assert_eq!(rows.sum("orders", &[("shop", "seoul")]), 3.0);
    let wait = rows.one("wait", &[("shop", "seoul")]);
    assert_eq!(wait.count, Some(1_000.0));
    waits.sort_by(f64::total_cmp);
    let (p99, wanted) = (wait.p99.expect("told"), waits[989]);
    // 160 buckets for values from 10 to 986 are 4.4 % wide each: half of that is their doubt.
    assert!((p99 / wanted - 1.0).abs() < 0.025, "p99 {p99} for {wanted}");
    assert_eq!(rows.lost("unreadable"), 0);
}

#[test]
fn what_goes_beyond_the_bounds_is_told_to_who_sent_it() {
    let (world, port) = start("max_series = 2\n");
    let post = |kind: &str, body: &[u8]| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        let head = format!(
            "POST /v1/metrics HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("written");
        // A body that is refused by its length is not waited for.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    };
    let gauge = |name: &str| format!("{{\"name\":\"{name}\",\"gauge\":{{\"dataPoints\":[{{\"asDouble\":1}}]}}}}");
    let gauges: Vec<_> = ["a", "b", "c", "d", "e"].map(gauge).into();
    let body = format!("{{\"resourceMetrics\":[{{\"scopeMetrics\":[{{\"metrics\":[{}]}}]}}]}}", gauges.join(","));
    let answer = post("application/json", body.as_bytes());
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.replace('"', "").contains("rejectedDataPoints:3"),
        "{answer}"
    );
    assert!(post("application/json", &vec![b' '; 5 << 20]).starts_with("HTTP/1.1 413 "));
    assert!(post("application/x-protobuf", b"\xff\xff\xff").starts_with("HTTP/1.1 400 "));
    assert!(post("text/plain", b"x").starts_with("HTTP/1.1 415 "));
    let rows = world.end("Stormglass");
    assert_eq!((rows.one("a", &[]).sum, rows.one("b", &[]).sum), (Some(1.0), Some(1.0)));
    assert_eq!((rows.lost("series_bound"), rows.lost("unreadable")), (3, 1));
}

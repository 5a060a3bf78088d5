//! One run of `stormglass load` after the other.

use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::service::{Service, Stall};

/// One worker, and no calibration: it has a test of its own.
const ALONE: &[&str] = &["--workers", "1"];

pub(super) fn press(port: u16, scenario: &str, more: &[&str]) -> (Output, Value) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("test.scenario.toml");
    std::fs::write(&file, format!("target = 'http://127.0.0.1:{port}'\n{scenario}")).expect("it is written");
    std::fs::write(folder.path().join("users.csv"), "name\nann\n\"O\"\"Neil\"\n").expect("it is written");
    let output = tests::stormglass().args(["load", "run", "--json"]).arg(&file).args(more).output().expect("it runs");
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (output, report)
}

pub(super) fn one(request: &str, rate: u32, seconds: u32) -> String {
    format!(
        "timeout = '1s'\n[[profile]]\nkind = 'constant'\nrate = {rate}\nfor = '{seconds}s'\n[[journey]]\nname = 'one'\n\
         [[journey.step]]\nrequest = 'GET {request}'\n"
    )
}

fn number(report: &Value, pointer: &str) -> f64 {
    report.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("no {pointer} in {report:#}"))
}

/// Of 6 seconds one is a stall. Of those who were to come during it, each waits for what was left of the second: the
/// true p99 is about 0.94 s. Whoever waits for an answer before he asks again sees one slow request and a p99 of
/// nothing.
#[test]
fn a_stall_of_a_second_is_in_the_p99_of_the_open_model_alone() {
    let stall = Stall { after: Duration::from_secs(3), lasts: Duration::from_secs(1) };
    let service = Service::open(Some(stall));
    let open = one("/", 200, 6).replace("'1s'", "'5s'");
    let (_, report) = press(service.port, &open, ALONE);
    let p99 = number(&report, "/total/latency/p99_ms");
    assert!((850.0..1_500.0).contains(&p99), "the p99 was {p99}");
    assert!(number(&report, "/total/requests") >= 1_195.0);

    let service = Service::open(Some(stall));
    let closed = "users = { count = 1, for = '6s' }\n[[journey]]\nname = 'one'\n[[journey.step]]\nrequest = 'GET /'\n";
    let (_, report) = press(service.port, closed, ALONE);
    let p99 = number(&report, "/total/latency/p99_ms");
    assert!(p99 < 100.0, "the closed model hides the stall, and now shows {p99}");
    assert!(number(&report, "/total/latency/max_ms") > 900.0);
}

#[test]
fn a_journey_takes_values_keeps_cookies_and_checks() {
    let service = Service::open(None);
    let scenario = "
[[profile]]
kind = 'constant'
rate = 100
for = '2s'
[data.users]
file = 'users.csv'
[[journey]]
name = 'buy'
[[journey.step]]
name = 'log in'
request = 'POST /login'
body = '{\"user\": \"{{users.name|json}}\"}'
take.cart = { json = '/cart/id' }
[[journey.step]]
request = 'GET /cart/{{cart}}'
think_ms = [1, 5]
take.csrf = { header = 'X-Csrf' }
take.order = { regex = 'id=\"order-(\\d+)\"' }
[[journey.step]]
name = 'order'
request = 'POST /order'
body = 'order={{order}}'
headers = { X-Csrf = '{{csrf}}' }
expect = { status = [201], contains = 'ordered' }
";
    let (output, report) = press(service.port, scenario, &["--workers", "2"]);
    assert_eq!(report["total"]["failures"], serde_json::json!([]), "{report:#}");
    assert_eq!(number(&report, "/journeys/started"), 200.0);
    assert_eq!(report["total"]["requests"], 600);
    assert_eq!(service.requests(), 600, "what is told is what was asked");
    assert_eq!(report["steps"][2]["name"], "buy / order");
    assert_eq!(report["broken"], serde_json::json!([]), "{report:#}");
    let valid = report["valid"].as_bool().expect("it is said");
    assert_eq!(output.status.code(), Some(if valid { 0 } else { 4 }), "{report:#}");
}

#[test]
fn the_parts_that_the_service_names_are_told() {
    let service = Service::open(None);
    let (_, report) = press(service.port, &one("/slow?ms=20", 50, 3), ALONE);
    let p50 = number(&report, "/total/latency/p50_ms");
    assert!((20.0..100.0).contains(&p50), "{p50}");
    let parts = report["total"]["server"].as_array().expect("parts");
    let db = parts.iter().find(|part| part["name"] == "db").expect("the service named db");
    assert!((number(db, "/spread/p50_ms") - 3.5).abs() < 0.01);
}

#[test]
fn each_kind_of_fault_is_told_by_its_name() {
    let service = Service::open(None);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback");
    let nobody = closed.local_addr().expect("bound").port();
    drop(closed);
    let check = |port: u16, request: &str, more: &str, says: &str| {
        let (output, report) = press(port, &format!("{more}{}", one(request, 60, 2)), ALONE);
        let failures = report["total"]["failures"].as_array().expect("failures");
        assert_eq!(failures.len(), 1, "{request}: {failures:?}");
        assert_eq!(failures[0]["why"], says, "{request}");
        assert_eq!(failures[0]["count"], 120, "{request}");
        // 1, or 4 where the tests' own machine is too busy to press well: the failures are told either way.
        assert!(matches!(output.status.code(), Some(1 | 4)), "{request}: {report:#}");
        assert_eq!(report["broken"].as_array().map(Vec::len), Some(1), "{request}: {report:#}");
    };
    check(service.port, "/missing", "", "the status was 404");
    check(service.port, "/garbage", "", "the answer was no HTTP");
    check(service.port, "/reset", "", "the connection was closed before the answer was whole");
    check(service.port, "/hang", "", "no whole answer came in time");
    check(service.port, "/round", "redirects = 3\n", "redirected too often");
    check(service.port, "/away", "redirects = 3\n", "redirected to another host");
    check(nobody, "/", "", "the connection was refused");
}

/// More are under way than are allowed: a service that hangs did it, and what could not be sent is told.
#[test]
fn what_was_due_and_not_sent_is_counted() {
    let service = Service::open(None);
    let (output, report) = press(service.port, &format!("open_max = 10\n{}", one("/hang", 100, 3)), ALONE);
    assert!(number(&report, "/journeys/unsent") > 200.0, "{report:#}");
    assert_eq!(number(&report, "/journeys/started") + number(&report, "/journeys/unsent"), 300.0);
    assert_ne!(output.status.code(), Some(0));
}

/// Few requests tell no p99; the report says that it is not to be believed.
#[test]
fn a_run_that_tells_nothing_is_invalid() {
    let service = Service::open(None);
    let (output, report) = press(service.port, &one("/", 5, 2), ALONE);
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(report["valid"], false);
    // Where the tests' own machine is busy, that is a reason beside this one.
    let reasons = report["judged"]["reasons"].as_array().expect("reasons");
    assert!(reasons.iter().any(|reason| reason == "10 requests tell no p99: at least 100 do"), "{report:#}");
}

#[test]
fn nobody_else_is_pressed_without_leave() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("x.scenario.toml");
    std::fs::write(&file, format!("target = 'http://shop.example'\n{}", one("/", 5, 2))).expect("it is written");
    let output = tests::stormglass().args(["load", "run"]).arg(&file).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--i-may-press shop.example"));
}

#[test]
fn ctrl_c_ends_it_with_a_report_of_what_was_run() {
    let service = Service::open(None);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("x.scenario.toml");
    std::fs::write(&file, format!("target = 'http://127.0.0.1:{}'\n{}", service.port, one("/", 100, 600)))
        .expect("written");
    let mut command = tests::stormglass();
    command.args(["load", "run", "--json", "--workers", "1"]).arg(&file).stdout(std::process::Stdio::piped());
    let child = command.spawn().expect("it starts");
    let from = Instant::now();
    while service.requests() < 200 {
        assert!(from.elapsed() < Duration::from_secs(30), "it does not press");
        std::thread::sleep(Duration::from_millis(20));
    }
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(killed.success());
    let output = child.wait_with_output().expect("it ends");
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(report["stopped"], true);
    assert!(number(&report, "/total/requests") >= 200.0, "{report:#}");
}

/// A service with fifteen places and 100 ms for each can do 150 a second, and the climb finds it. So slow that a machine
/// that starts a few milliseconds late is not the limit yet.
#[test]
fn the_knee_of_a_service_that_can_do_so_much_is_found() {
    let service = Service::narrow(15, Duration::from_millis(100));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("x.scenario.toml");
    let text = format!("target = 'http://127.0.0.1:{}'\n{}[objective]\np99_ms = 400\n", service.port, one("/", 5, 2));
    std::fs::write(&file, text).expect("it is written");
    let page = folder.path().join("knee.html");
    let args = ["load", "performance", "--json", "--workers", "1", "--from", "60", "--each", "4s", "--html"];
    let output = tests::stormglass().args(args).arg(&page).arg(&file).output().expect("it runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    if report["valid"] == false {
        tests::skip("knee", "this machine is too busy to press, and the report says so");
        return;
    }
    let (kept, broke) = (number(&report, "/climb/knee/kept"), number(&report, "/climb/knee/broke"));
    assert!(kept >= 100.0 && broke <= 200.0 && broke - kept <= 0.06 * broke, "{kept} kept, {broke} not: {report:#}");
    let page = std::fs::read_to_string(&page).expect("the page is written");
    assert!(page.contains("The knee") && page.contains("<svg") && !page.contains("<script"), "{page}");
}

/// A server that does nothing is never the limit: whoever presses it as hard as he can was the limit himself.
#[test]
fn against_a_server_that_does_nothing_the_client_was_the_limit() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("loopback").port();
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = tests::stormglass();
    command.args(["load", "null", "--listen", &format!("127.0.0.1:{port}")]);
    let mut null = tests::Process::start("load null", command, &folder.path().join("out"));
    null.wait_ready(|said| said.contains("listening on"));
    let hard = "users = { count = 48, for = '3s' }\n[[journey]]\nname = 'one'\n[[journey.step]]\nrequest = 'GET /'\n";
    let (output, report) = press(port, hard, &[]);
    assert_eq!(output.status.code(), Some(4), "{report:#}");
    assert_eq!(report["judged"]["verdict"], "client_limited", "{report:#}");
    assert!(number(&report, "/client/capacity") > 500.0);
}

//! A service behind nginx, pressed by the load tool: what its report counted is what CloudWatch has, by the log of nginx
//! and by the service's own page.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;
use tests::skip;

use super::World;
use super::service::{Nginx, Shop, rank};

const RATE: u32 = 40;
const SECONDS: u32 = 15;

/// The report of a run in which each order is asked for once.
fn press(port: u16) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, count) = (folder.path().join("orders.scenario.toml"), RATE * SECONDS);
    let scenario = format!(
        "target = 'http://127.0.0.1:{port}'\ntimeout = '5s'\n[[profile]]\nkind = 'constant'\nrate = {RATE}\nfor = '{SECONDS}s'\n\
         [data.orders]\nfile = 'orders.csv'\n[[journey]]\nname = 'look'\n[[journey.step]]\nrequest = 'GET /orders/{{{{orders.id}}}}'\n"
    );
    let orders = (1..=count).fold("id\n".to_owned(), |mut text, order| {
        // A `String` takes whatever is written to it.
        let _ = writeln!(text, "{order}");
        text
    });
    std::fs::write(&file, scenario).expect("written");
    std::fs::write(folder.path().join("orders.csv"), orders).expect("written");
    let mut command = tests::stormglass();
    let output = command.args(["load", "run", "--json", "--workers", "1"]).arg(&file).output().expect("it runs");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn what_the_load_tool_counted_is_what_cloudwatch_has() {
    if !Nginx::is_here() {
        return skip("nginx", "there is no nginx here");
    }
    let shop = Shop::open();
    let mut world = World::new(&format!(
        "[[access]]\nservice = 'front'\npaths = ['{{folder}}/logs/access.log']\n\
         [[scrape]]\nname = 'shop'\nurl = 'http://127.0.0.1:{}/actuator/prometheus'\ninterval = '1s'\n",
        shop.port
    ));
    let logs = world.agent.folder().join("logs");
    std::fs::write(logs.join("access.log"), "").expect("written");
    let nginx = Nginx::before(shop.port, &logs);
    world.agent.start().wait_for("no unit is named");
    std::thread::sleep(Duration::from_secs(3));
    let report = press(nginx.port);
    std::thread::sleep(Duration::from_millis(2_500));
    let rows = world.end("Stormglass");
    let number = |pointer: &str| report.pointer(pointer).and_then(Value::as_f64).expect("it is told");
    let (calls, waited) = (number("/total/requests"), number("/total/latency/p99_ms"));
    assert_eq!((calls, report["total"]["failures"].as_array().map(Vec::len)), (600.0, Some(0)), "{report:#}");
    let took = rank(shop.measured(), 99.0);
    // The load tool counts from when a call was due. On a busy machine that is a while before the service has it, and
    // neither its page nor the log can tell of that.
    let on_the_way = waited / took - 1.0;
    assert!(on_the_way > -0.01, "{waited} at the client, {took} at the service");
    for (name, service) in [("request_time", "front"), ("http_request_time", "shop")] {
        let route = rows.one(name, &[("service", service), ("method", "GET"), ("route", "/orders/{id}")]);
        let (count, p99) = (route.count.expect("told"), route.p99.expect("told"));
        assert!((count - calls).abs() < 1e-6, "{name}: {count} of {calls}");
        assert!((p99 / waited - 1.0).abs() < 0.02 + on_the_way.abs(), "{name}: {p99}, {waited} at the client");
        assert!(p99 > 0.98 * took, "{name}: {p99}, {took} at the service");
    }
}

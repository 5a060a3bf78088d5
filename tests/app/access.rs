//! nginx before a service of our own: what its log tells is what the client counted.

use std::time::Duration;

use tests::skip;

use super::World;
use super::service::{Nginx, Shop, drive};

#[test]
fn calls_failures_and_times_are_those_the_client_counted() {
    if !Nginx::is_here() {
        return skip("nginx", "there is no nginx here");
    }
    let mut world = World::new("[[access]]\nservice = 'shop'\npaths = ['{folder}/logs/access.log']\n");
    let logs = world.agent.folder().join("logs");
    let shop = Shop::open();
    let nginx = Nginx::before(shop.port, &logs);
    std::fs::write(logs.join("access.log"), "a line of yesterday\n").unwrap();
    world.agent.start().wait_for("no unit is named");
    std::thread::sleep(Duration::from_millis(1_500));
    let mut paths: Vec<_> = (1..=600).map(|order| format!("/orders/{order}?from=test")).collect();
    paths.extend((0..40).map(|_| "/pay".to_owned()));
    paths.extend((0..30).map(|n| format!("/nowhere/{n}")));
    paths.extend(["/.env", "/wp-login.php", "/a?q=1%27%20OR%201=1"].map(str::to_owned));
    let counted = drive(nginx.port, &paths);
    std::thread::sleep(Duration::from_millis(1_500));
    let rows = world.end("Stormglass");
    let service = |row: &&super::Row| ["route", "class", "kind"].iter().all(|name| !row.dimensions.contains_key(*name));
    let whole =
        |name: &str| rows.rows.iter().filter(|row| row.name == name).find(service).expect("of the service").clone();
    assert_eq!(whole("requests").sum, Some(paths.len() as f64));
    assert_eq!(rows.sum("request_failures", &[("class", "5xx"), ("route", "/pay")]), counted.of(503));
    assert_eq!(rows.sum("request_failures", &[("class", "4xx")]), counted.of(404));
    let orders = rows.one("request_time", &[("route", "/orders/{id}"), ("method", "GET")]);
    assert_eq!((orders.count, counted.of(200)), (Some(600.0), 600.0));
    let (p99, wanted) = (orders.p99.unwrap(), counted.percentile(200, 99.0));
    assert!((p99 / wanted - 1.0).abs() < 0.02, "p99 {p99} for {wanted}");
    assert_eq!(rows.sum("requests", &[("route", "other")]), 33.0);
    assert_eq!(whole("upstream_time").count, Some(paths.len() as f64));
    let percent = whole("request_failure_percent");
    let mean = percent.sum.unwrap() / percent.count.unwrap();
    assert!((mean - 100.0 * 40.0 / paths.len() as f64).abs() < 1e-6, "{mean}");
    assert_eq!(rows.sum("suspicious_requests", &[("kind", "scanner")]), 2.0);
    assert_eq!(rows.sum("suspicious_requests", &[("kind", "injection")]), 1.0);
    assert!(rows.sum("suspicious_requests", &[("kind", "burst")]) >= 10.0);
    assert_eq!(rows.lost("unreadable"), 0);
}

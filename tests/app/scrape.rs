//! A Spring-like service behind nginx, scraped: what its page tells is what the client counted, through a restart.

use std::time::Duration;

use tests::skip;

use super::World;
use super::service::{Counted, Nginx, Shop, drive, rank};

#[test]
fn calls_and_percentiles_are_those_the_client_counted_through_a_restart() {
    if !Nginx::is_here() {
        return skip("nginx", "there is no nginx here");
    }
    let shop = Shop::open();
    let config = format!(
        "[[scrape]]\nname = 'shop'\nurl = 'http://127.0.0.1:{}/actuator/prometheus'\ninterval = '1s'\n\
         [[scrape]]\nname = 'gone'\nurl = 'http://127.0.0.1:1/metrics'\ninterval = '1s'\n",
        shop.port
    );
    let mut world = World::new(&config);
    let nginx = Nginx::before(shop.port, &world.agent.folder().join("logs"));
    // What was counted before the first look is not ours to tell.
    drive(nginx.port, &["/orders/1".to_owned(), "/orders/2".to_owned()]);
    let before = shop.measured().len();
    world.agent.start().wait_for("cannot be scraped");
    std::thread::sleep(Duration::from_secs(3));
    let (mut counted, mut measured) = (Counted::default(), Vec::new());
    for life in 0..2 {
        let mut paths: Vec<_> = (1..=300).map(|order| format!("/orders/{}", 300 * life + order)).collect();
        paths.extend((0..15).map(|_| "/pay".to_owned()));
        paths.push("/nowhere".to_owned());
        counted.calls.extend(drive(nginx.port, &paths).calls);
        // The last look at a life sees all of it.
        std::thread::sleep(Duration::from_millis(2_500));
        if life == 0 {
            measured.extend(shop.restart().split_off(before));
            std::thread::sleep(Duration::from_millis(1_500));
        }
    }
    let rows = world.end("Stormglass");
    let whole = |name: &str| {
        let bare = |row: &&super::Row| {
            row.name == name && !["route", "class"].iter().any(|key| row.dimensions.contains_key(*key))
        };
        rows.rows.iter().find(bare).cloned().unwrap_or_else(|| panic!("no {name}"))
    };
    assert_eq!(whole("http_requests").sum, Some(counted.calls.len() as f64));
    let orders = rows.one("http_request_time", &[("route", "/orders/{id}")]);
    let close = |found: f64, wanted: f64| (found / wanted - 1.0).abs();
    assert!(close(orders.count.unwrap(), counted.of(200)) < 1e-9, "{:?} for {}", orders.count, counted.of(200));
    measured.extend(shop.restart());
    assert_eq!(measured.len() as f64, counted.of(200));
    let (p99, wanted, clients) = (orders.p99.unwrap(), rank(measured, 99.0), counted.percentile(200, 99.0));
    assert!(close(p99, wanted) < 0.02, "p99 {p99} for {wanted}");
    // The client waited for nginx too, and on a busy machine for its turn: of that the service's page cannot tell.
    let on_the_way = close(clients, wanted);
    assert!(close(p99, clients) < 0.02 + on_the_way, "p99 {p99} for {clients}, {on_the_way} of it on the way");
    assert_eq!(rows.sum("http_request_failures", &[("class", "5xx")]), counted.of(503));
    assert_eq!(rows.sum("http_request_failures", &[("class", "4xx")]), counted.of(404));
    assert_eq!(
        rows.sum("http_request_errors", &[("exception", "PaymentDownException"), ("route", "/pay")]),
        counted.of(503)
    );
    assert_eq!(rows.one("hikaricp_connections_pending", &[("pool", "main")]).maximum, Some(3.0));
    assert_eq!(rows.one("jvm_heap_used_percent", &[]).maximum, Some(25.0));
    assert_eq!(rows.one("up", &[("name", "shop")]).minimum, Some(1.0));
    assert_eq!(rows.one("up", &[("name", "gone")]).maximum, Some(0.0));
    assert_few(&rows);
}

/// Of the 200 series that it shows.
fn assert_few(rows: &super::Rows) {
    let of_the_shop = rows.rows.iter().filter(|row| row.dimensions.get("service").is_some_and(|it| it == "shop"));
    let count = of_the_shop.count();
    assert!((10..=40).contains(&count), "{count} series");
}

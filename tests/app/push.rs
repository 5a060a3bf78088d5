//! `put`, `exec` and probes: what was pushed, printed and found is what CloudWatch has.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::service::Shop;
use super::{World, free_port, until};

#[test]
fn what_was_put_is_what_cloudwatch_has() {
    let port = free_port();
    let config = format!("[put]\nsocket = '{{folder}}/put.sock'\nlisten = '127.0.0.1:{port}'\nmax_series = 3\n");
    let mut world = World::new(&config);
    let put = |world: &World, arguments: &[&str]| {
        let output = world.agent.run(&[&["put"], arguments].concat());
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (status, says) = put(&world, &["early", "1"]);
    assert!(status == Some(1) && says.contains("SG-PUT-001"), "{says}");
    world.agent.start();
    let path = world.agent.folder().join("put.sock");
    until("the socket", Duration::from_secs(20), || path.exists());
    for n in 1..=5 {
        let value = n.to_string();
        let (status, says) = put(&world, &["checkout.orders", &value, "--unit", "Count", "--dim", "shop=seoul"]);
        assert_eq!(status, Some(0), "{says}");
    }
    let (status, says) = put(&world, &["x", "1", "--unit", "Cuont"]);
    assert!(status == Some(1) && says.contains("SG-PUT-002") && says.contains("none of"), "{says}");
    let body = "[{\"name\":\"load\",\"values\":[1,2,3],\"counts\":[1,1,8],\"unit\":\"Milliseconds\"},{\"name\":\"b\",\"value\":-1}]";
    let post = |kind: &str, body: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        let length = body.len();
        let request =
            format!("POST /put HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).expect("written");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        answer
    };
    assert!(post("application/json", body).starts_with("HTTP/1.1 204 "));
    assert!(post("text/plain", body).starts_with("HTTP/1.1 415 "));
    assert!(post("application/json", "{\"name\":\"one.too.many\",\"value\":1}").starts_with("HTTP/1.1 429 "));
    let rows = world.end("Stormglass");
    let orders = rows.one("checkout.orders", &[("shop", "seoul")]);
    assert_eq!((orders.sum, orders.count, orders.unit.as_str()), (Some(15.0), Some(5.0), "Count"));
    let load = rows.one("load", &[]);
    assert_eq!((load.sum, load.count, load.maximum), (Some(27.0), Some(10.0), Some(3.0)));
    assert_eq!((rows.lost("series_bound"), rows.lost("unreadable")), (1, 2));
}

#[test]
fn commands_and_probes() {
    let shop = Shop::open();
    let port = shop.port;
    let config = format!(
        "[[exec]]\nname = 'queue'\ncommand = ['/bin/sh', '-c', 'echo \"depth:7|g|#queue:mail\"']\nformat = 'statsd'\ninterval = '1s'\n\
         [[exec]]\nname = 'broken'\ncommand = ['/bin/false']\ninterval = '1s'\n\
         [[probe]]\nname = 'shop'\nurl = 'http://127.0.0.1:{port}/orders/21'\ncontains = 'hello'\ngroup = 'web'\ninterval = '1s'\n\
         [[probe]]\nname = 'pay'\nurl = 'http://127.0.0.1:{port}/pay'\ngroup = 'web'\ninterval = '1s'\n\
         [[probe]]\nname = 'port'\ntcp = '127.0.0.1:{port}'\ninterval = '1s'\n"
    );
    let mut world = World::new(&config);
    world.agent.start().wait_for("status 503");
    // Groups are told every ten seconds.
    std::thread::sleep(Duration::from_secs(12));
    let rows = world.end("Stormglass");
    assert_eq!(rows.one("depth", &[("queue", "mail")]).maximum, Some(7.0));
    assert_eq!(rows.one("up", &[("source", "exec"), ("name", "queue")]).minimum, Some(1.0));
    assert_eq!(rows.one("up", &[("source", "exec"), ("name", "broken")]).maximum, Some(0.0));
    for (probe, up) in [("shop", 1.0), ("pay", 0.0), ("port", 1.0)] {
        assert_eq!(rows.one("probe_up", &[("probe", probe)]).maximum, Some(up), "{probe}");
    }
    // An order takes its 41 ms (service.rs), and the rest is the way.
    let time = rows.one("probe_time", &[("probe", "shop")]);
    assert!((41.0..300.0).contains(&time.minimum.expect("timed")), "{time:?}");
    assert_eq!(rows.one("healthy_targets", &[("group", "web")]).maximum, Some(1.0));
    assert_eq!(rows.one("healthy_targets_percent", &[("group", "web")]).minimum, Some(50.0));
}

//! `StatsD`: what a client sent over UDP and over the UNIX socket is what CloudWatch has.

use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use super::{World, free_port, until};

#[test]
fn what_was_sent_is_what_cloudwatch_has() {
    let port = free_port();
    let config = format!("[statsd]\nlisten = '127.0.0.1:{port}'\nsocket = '{{folder}}/statsd.sock'\nmax_series = 8\n");
    let mut world = World::new(&config);
    world.agent.start();
    let path = world.agent.folder().join("statsd.sock");
    until("the socket", Duration::from_secs(20), || path.exists());
    let (udp, unix) = (UdpSocket::bind("127.0.0.1:0").unwrap(), UnixDatagram::unbound().unwrap());
    udp.connect(("127.0.0.1", port)).unwrap();
    unix.connect(&path).unwrap();
    let mut waits: Vec<f64> = Vec::new();
    for n in 0..1_000 {
        let wait = f64::from(10 + n * n % 977);
        waits.push(wait);
        let text = format!("orders:2|c|#shop:seoul\nwait:{wait}|ms|#shop:seoul\nusers:u{}|s", n % 37);
        if n % 2 == 0 {
            udp.send(text.as_bytes()).unwrap();
        } else {
            unix.send(text.as_bytes()).unwrap();
        }
        // The socket's buffer holds some hundred packets, and the machine does other work, too.
        if n % 50 == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    for text in ["pool:7|g", "pool:-2|g", "sampled:1|c|@0.1", "no line", "heap_bytes:1|g"] {
        udp.send(text.as_bytes()).unwrap();
    }
    // A reload keeps the socket: what arrives meanwhile is not lost.
    world.agent.reload();
    for _ in 0..100 {
        udp.send(b"orders:1|c|#shop:busan").unwrap();
    }
    world.agent.wait_for("the configuration was read anew");
    for user in 0..20 {
        udp.send(format!("exploded:1|c|#user:{user}").as_bytes()).unwrap();
    }
    std::thread::sleep(Duration::from_millis(500));
    let rows = world.end("Stormglass");
    assert_eq!(rows.sum("orders", &[("shop", "seoul")]), 2_000.0);
    assert_eq!(rows.sum("orders", &[("shop", "busan")]), 100.0);
    let wait = rows.one("wait", &[("shop", "seoul")]);
    waits.sort_by(f64::total_cmp);
    let (least, most, p99) = (waits[0], waits[999], waits[989]);
    assert_eq!((wait.count, wait.minimum, wait.maximum), (Some(1_000.0), Some(least), Some(most)));
    assert_eq!(wait.unit, "Milliseconds");
    let (sum, total) = (wait.sum.unwrap(), waits.iter().sum::<f64>());
    assert!((sum / total - 1.0).abs() < 1e-9, "{sum} for {total}");
    assert!((wait.p99.unwrap() / p99 - 1.0).abs() < 0.02, "{:?} for {p99}", wait.p99);
    assert!((wait.p50.unwrap() / waits[499] - 1.0).abs() < 0.02, "{:?} for {}", wait.p50, waits[499]);
    let pool = rows.one("pool", &[]);
    assert_eq!((pool.minimum, pool.maximum, pool.count), (Some(5.0), Some(5.0), Some(1.0)));
    assert_eq!(rows.sum("sampled", &[]), 10.0);
    assert_eq!(rows.one("heap_bytes", &[]).unit, "Bytes");
    assert_eq!(rows.one("users", &[]).maximum, Some(37.0));
    assert_eq!((rows.lost("unreadable"), rows.lost("kernel_dropped")), (1, 0));
    // Whether the explosion met the first life's series or the second's, which had one or none yet.
    assert!((12..=20).contains(&rows.lost("series_bound")), "{}", rows.status);
}

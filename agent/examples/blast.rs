//! Sends `StatsD` packets of ten lines at a pace: 200 series with tags, timers among them. For scripts/bench statsd.
//!
//! `blast 127.0.0.1:8125 PACKETS PACKETS_A_SECOND`

use std::fmt::Write;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

/// Different packets, so that timers have a thousand different values.
const DIFFERENT: usize = 2_000;
const LINES: usize = 10;
const SERIES: usize = 200;

fn packets() -> Vec<String> {
    let line = |out: &mut String, n: usize| {
        let (series, tags) = (n % SERIES, ["shop:seoul,route:/orders", "shop:busan,route:/pay,tier:gold"][n % 2]);
        // A `String` takes whatever is written to it.
        let _ = match series % 4 {
            0 => writeln!(out, "bench.time.{series}:{}.{}|ms|#{tags}", 1 + n * 7 % 997, n % 10),
            1 => writeln!(out, "bench.level.{series}:{}|g|#{tags}", n % 1_000),
            _ => writeln!(out, "bench.count.{series}:{}|c|#{tags}", 1 + n % 3),
        };
    };
    let packet = |at: usize| {
        let mut out = String::new();
        (0..LINES).for_each(|n| line(&mut out, at * LINES + n));
        out
    };
    (0..DIFFERENT).map(packet).collect()
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().expect("ADDRESS PACKETS PACKETS_A_SECOND");
    let (to, count, pace) =
        (next(), next().parse::<u64>().expect("a number"), next().parse::<u64>().expect("a number"));
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.connect(&to).expect("an address");
    let (packets, begun) = (packets(), Instant::now());
    for sent in 0..count {
        let due = Duration::from_nanos(1_000_000_000 * sent / pace);
        // Spins: to sleep is to send in bursts, which no client does.
        while begun.elapsed() < due {
            std::hint::spin_loop();
        }
        // Who does not listen yet loses it, and is measured by that.
        let _ = socket.send(packets[sent as usize % DIFFERENT].as_bytes());
    }
    let took = begun.elapsed().as_secs_f64();
    let mut out = std::io::stdout();
    std::io::Write::write_all(&mut out, format!("{:.0}\n", count as f64 / took).as_bytes()).expect("written");
}

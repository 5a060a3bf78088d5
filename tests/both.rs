//! `[local]` under `stormglass run`: one program publishes, and keeps, judges and shows the same readings here.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use tests::{Agent, Endpoint};

const CONFIG: &str = "
[agent]
state_dir = '{folder}/state'
[cloudwatch]
high_resolution = ['*']
high_resolution_period = '1s'
spread = '0s'
[host]
interval = '1s'
[local]
listen = '127.0.0.1:PORT'
rules = '{folder}/alarms.toml'
[[logs.file]]
service = 'shop'
paths = ['{folder}/logs/shop.log']
";
const RULES: &str = "[[alarm]]\nname = 'always'\nmetric = 'mem_used_percent'\nperiod = '10s'\neach = []\nabove = 0\n\
                     late = '0s'\nimpact = 'outage'\n";
/// On a machine that does other work, too.
const PATIENCE: Duration = Duration::from_mins(3);

/// A port that nobody has just now.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

fn get(port: u16, path: &str) -> String {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return String::new() };
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("can be set");
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    if stream.write_all(request.as_bytes()).is_ok() {
        // What came before it broke off is all that there is.
        let _ = stream.read_to_string(&mut answer);
    }
    answer
}

fn until(port: u16, path: &str, wanted: &str) -> String {
    let begun = Instant::now();
    loop {
        let answer = get(port, path);
        if answer.contains(wanted) {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "{path} never said {wanted}: {answer}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn one_program_publishes_and_shows_and_a_reload_gives_the_port_back() {
    let aws = Endpoint::tls();
    let port = free_port();
    let config = CONFIG.replace("PORT", &port.to_string());
    let mut agent = Agent::new(&config).against(&aws);
    std::fs::write(agent.folder().join("alarms.toml"), RULES).expect("is written");
    let log = agent.folder().join("logs/shop.log");
    std::fs::write(&log, "").expect("is written");
    agent.start();
    until(port, "/host", "data-lines");
    std::fs::write(&log, "2026-11-21T10:00:00Z ERROR com.acme.Pay - no money left in the till\nnext\n")
        .expect("is written");
    let now = until(port, "/", "always");
    assert!(!now.contains("Demo."), "{now}");
    // The error was shipped, and the book that the page shows has what was taken.
    until(port, "/errors", "no money left in the till");
    // The same readings: the agent's own, which only `run` makes, are there as well.
    until(port, "/metrics", "stormglass_agent_points_sent");
    aws.wait("metrics", PATIENCE, |ledger| ledger.named("mem_used_percent").count() >= 3);
    agent.reload();
    agent.wait_for("was read anew");
    until(port, "/", "always");
    agent.wait_for("the page: ");
    assert!(agent.stop().success());
}

#[test]
fn what_is_wrong_with_the_local_part_stops_no_publishing() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let aws = Endpoint::tls();
    let mut agent = Agent::new(&CONFIG.replace("PORT", &port.to_string())).against(&aws);
    std::fs::write(agent.folder().join("alarms.toml"), RULES).expect("is written");
    agent.start();
    agent.wait_for("SG-LOC-010");
    aws.wait("metrics", PATIENCE, |ledger| ledger.named("mem_used_percent").count() >= 3);
    assert!(agent.stop().success());
}

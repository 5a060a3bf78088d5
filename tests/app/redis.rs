//! A real Redis with a real replica: what we did to it is what CloudWatch has.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tests::{Papers, Process, skip};

use super::{World, free_port, until};

pub(super) struct Server {
    pub(super) port: u16,
    _process: Process,
}

impl Server {
    pub(super) fn is_here() -> bool {
        Command::new("redis-server").arg("--version").output().is_ok()
    }

    pub(super) fn start(folder: &Path, name: &str, more: &[&str]) -> Self {
        let port = free_port();
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--dir"]).arg(folder);
        command.args(["--dbfilename", &format!("{name}.rdb")]).args(more);
        let process = Process::start("redis", command, &folder.join(format!("{name}.out")));
        until("Redis", Duration::from_secs(20), || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self { port, _process: process }
    }

    /// Inline commands, one a line; the answer to the last ends with PONG.
    fn tell(&self, commands: &str) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        stream.write_all(format!("AUTH secret\r\n{commands}PING\r\n").as_bytes()).expect("written");
        let (mut said, mut room) = (String::new(), [0; 4_096]);
        while !said.contains("PONG") {
            let length = stream.read(&mut room).expect("answered");
            assert!(length > 0, "{said}");
            said.push_str(&String::from_utf8_lossy(&room[..length]));
        }
    }
}

#[test]
fn what_was_done_to_it_is_what_cloudwatch_has() {
    if !Server::is_here() {
        return skip("redis", "there is no redis-server here");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let main = Server::start(folder.path(), "main", &["--requirepass", "secret", "--maxmemory", "64mb"]);
    let of = main.port.to_string();
    let replica = Server::start(
        folder.path(),
        "replica",
        &["--replicaof", "127.0.0.1", &of, "--masterauth", "secret", "--requirepass", "secret"],
    );
    let password = folder.path().join("password");
    std::fs::write(&password, "secret\n").expect("written");
    let table = |name: &str, port: u16, file: &str| {
        format!("[[redis]]\nname = '{name}'\naddress = '127.0.0.1:{port}'\npassword_file = '{file}'\ninterval = '1s'\n")
    };
    let (right, wrong) = (password.display().to_string(), "/dev/null");
    let config =
        [table("main", main.port, &right), table("replica", replica.port, &right), table("locked", main.port, wrong)]
            .concat();
    let mut world = World::new(&config);
    world.agent.start().wait_for("the password was refused");
    std::thread::sleep(Duration::from_secs(3));
    let keys: Vec<_> = (0..50).map(|n| format!("SET k{n} v\r\n")).collect();
    main.tell(&keys.concat());
    main.tell(&"GET k1\r\n".repeat(30));
    main.tell(&"GET nothing\r\n".repeat(10));
    main.tell("KEYS k*\r\nKEYS *\r\n");
    std::thread::sleep(Duration::from_secs(3));
    let rows = world.end("Stormglass");
    let hits = rows.one("redis_hit_percent", &[("redis", "main")]);
    assert_eq!(hits.count, Some(40.0), "lookups");
    let percent = hits.sum.expect("told") / 40.0;
    assert!((percent - 75.0).abs() < 1e-6, "{percent}");
    assert_eq!(rows.sum("redis_slow_commands", &[("redis", "main"), ("command", "keys")]), 2.0);
    assert!(rows.sum("redis_commands", &[("redis", "main")]) >= 92.0);
    let used = rows.one("redis_memory_used_percent", &[("redis", "main")]).maximum.expect("told");
    assert!((0.5..50.0).contains(&used), "{used}");
    assert_eq!(rows.one("redis_replicas", &[("redis", "main")]).maximum, Some(1.0));
    assert_eq!(rows.one("redis_replication_up", &[("redis", "replica")]).maximum, Some(1.0));
    let lag = rows.one("redis_replication_lag_bytes", &[("redis", "main")]).minimum.expect("told");
    assert!(lag < 10_000.0, "{lag}");
    for (name, up) in [("main", 1.0), ("replica", 1.0), ("locked", 0.0)] {
        assert_eq!(rows.one("up", &[("source", "redis"), ("name", name)]).maximum, Some(up), "{name}");
    }
}

/// A server that speaks TLS alone, and all that can be wrong with it.
#[test]
fn what_is_wrong_with_tls_is_named() {
    if !Server::is_here() {
        return skip("redis", "there is no redis-server here");
    }
    let folder = tempfile::tempdir().expect("a folder");
    Papers::new().write(folder.path());
    let at = |name: &str| folder.path().join(name).display().to_string();
    let plain = Server::start(folder.path(), "plain", &[]);
    let tls = free_port().to_string();
    let (cert, key, ca) = (at("cert.pem"), at("key.pem"), at("ca.pem"));
    let papers = ["--tls-cert-file", &cert, "--tls-key-file", &key, "--tls-ca-cert-file", &ca];
    let more = [&["--tls-port", &tls, "--tls-auth-clients", "no", "--bind", "127.0.0.1", "127.0.0.2"][..], &papers];
    let _server = Server::start(folder.path(), "tls", &more.concat());
    let table = |name: &str, address: String, more: &str| {
        format!("[[redis]]\nname = '{name}'\naddress = '{address}'\ninterval = '5s'\ntimeout = '5s'\n{more}\n")
    };
    let trusting = format!("tls = true\nca_file = '{ca}'");
    let config = [
        table("trusted", format!("localhost:{tls}"), &trusting),
        table("stranger", format!("localhost:{tls}"), "tls = true"),
        table("misnamed", format!("127.0.0.2:{tls}"), &trusting),
        table("unready", format!("localhost:{}", plain.port), &trusting),
        table("naked", format!("localhost:{tls}"), ""),
        table("lost", format!("localhost:{tls}"), &format!("tls = true\nca_file = '{}'", at("none.pem"))),
        table("keyed", format!("localhost:{tls}"), &format!("tls = true\nca_file = '{key}'")),
    ];
    let mut world = World::new(&config.concat());
    world.agent.start();
    for said in [
        "TLS: the certificate of localhost is of nobody whom this host trusts; `ca_file` names its authority",
        "TLS: the certificate is not for 127.0.0.2; use a name that stands in it",
        "TLS: no answer at localhost to the greeting; maybe it does not speak it",
        "before anything was said; maybe it wants TLS (`tls = true`)",
        "none.pem: ",
        "key.pem holds no certificate",
    ] {
        world.agent.wait_for(said);
    }
    std::thread::sleep(Duration::from_secs(6));
    let rows = world.end("Stormglass");
    assert!(rows.one("redis_memory_used_bytes", &[("redis", "trusted")]).maximum > Some(0.0));
    for name in ["stranger", "misnamed", "unready", "naked", "lost", "keyed"] {
        assert_eq!(rows.one("up", &[("source", "redis"), ("name", name)]).maximum, Some(0.0), "{name}");
    }
    assert_eq!(rows.one("up", &[("source", "redis"), ("name", "trusted")]).maximum, Some(1.0));
}

//! Looks at what this host runs and writes a configuration for it, with the reasons beside the settings.
//!
//! What is written passes `check`; what was found and has no setting yet is said as a comment, never as a setting that
//! would do nothing.

mod find;
mod look;
mod write;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::time::Duration;

use crate::access::format::Format;
use crate::doctor::http::ask;
use find::{Found, find};

/// An application on this host answers within milliseconds.
const LIMIT: Duration = Duration::from_secs(1);
/// The last lines of a log of requests show its form.
const LAST_BYTES: u64 = 64 << 10;

/// What was found, in words, and the configuration for it.
#[derive(Clone, Debug)]
pub struct Proposal {
    pub found: Vec<String>,
    pub text: String,
}

/// `mounts` are the real file systems, as the collector of disks sees them; logs are looked for below `root`.
pub fn propose(proc: &Path, root: &Path, host: &str, mounts: &[String]) -> Proposal {
    let mut found = find(&look::look(proc));
    for spring in found.spring.iter_mut().filter(|spring| spring.listens) {
        spring.actuator = Some(actuator(spring.port));
    }
    for redis in &mut found.redis {
        redis.door = Some(greet(redis.port));
    }
    found.logs = logs(root, &found);
    found.access = access(root, &found);
    Proposal { found: words(&found, mounts), text: write::write(host, &found, mounts) }
}

/// Where the errors of what was recognised are written, by the habits of the packages; only files that are there.
fn logs(root: &Path, found: &Found) -> Vec<(String, String)> {
    let is_there = |path: &str| root.join(path.trim_start_matches('/')).is_file();
    let named = [
        (!found.nginx.is_empty(), "nginx", "/var/log/nginx/error.log"),
        (!found.redis.is_empty(), "redis", "/var/log/redis/redis-server.log"),
        (!found.redis.is_empty(), "redis", "/var/log/redis/redis.log"),
    ];
    let usual = named.into_iter().filter(|(runs, _, path)| *runs && is_there(path));
    let mut logs: Vec<_> = usual.map(|(_, service, path)| (service.to_owned(), path.to_owned())).collect();
    for spring in &found.spring {
        let name = spring.name();
        // Where Spring Boot's own `logging.file.path=/var/log/NAME` puts it.
        let path = format!("/var/log/{name}/spring.log");
        if is_there(&path) {
            logs.push((name.to_owned(), path));
        }
    }
    logs
}

/// What answered at `/actuator/prometheus`.
fn actuator(port: u16) -> find::Door {
    match ask(&format!("127.0.0.1:{port}"), "GET", "/actuator/prometheus", &[], LIMIT) {
        Ok(answer) if answer.status == 200 && answer.body.contains("jvm_") => find::Door::Open,
        Ok(answer) if matches!(answer.status, 401 | 403) => find::Door::Locked,
        _ => find::Door::Silent,
    }
}

/// How Redis takes a `PING`.
fn greet(port: u16) -> find::Door {
    let said = || {
        let mut stream = TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), LIMIT)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.write_all(b"PING\r\n")?;
        let mut said = [0; 16];
        let length = stream.read(&mut said)?;
        std::io::Result::Ok(said[..length].to_vec())
    };
    match said() {
        Ok(said) if said.starts_with(b"+PONG") => find::Door::Open,
        Ok(said) if said.starts_with(b"-NOAUTH") => find::Door::Locked,
        _ => find::Door::Silent,
    }
}

/// The log of requests where the package of nginx writes it, if its lines can be read.
fn access(root: &Path, found: &Found) -> Vec<find::Access> {
    const PATH: &str = "/var/log/nginx/access.log";
    let Ok(format) = Format::parse("nginx") else { return vec![] };
    let Ok(mut file) = File::open(root.join(PATH.trim_start_matches('/'))) else { return vec![] };
    if found.nginx.is_empty() {
        return vec![];
    }
    let mut last = Vec::new();
    // A log that cannot be read is one without lines: nothing is known of their times.
    let from = file.metadata().map_or(0, |meta| meta.len().saturating_sub(LAST_BYTES));
    let _ = file.seek(SeekFrom::Start(from)).and_then(|_| file.take(LAST_BYTES).read_to_end(&mut last));
    let mut lines = last.split(|byte| *byte == b'\n').filter_map(|line| format.read(line));
    vec![find::Access { service: "nginx", path: PATH, is_timed: lines.any(|hit| hit.seconds.is_some()) }]
}

fn words(found: &Found, mounts: &[String]) -> Vec<String> {
    let spring = found.spring.iter().map(find::Spring::words);
    let redis = found.redis.iter().map(find::Redis::words);
    let postgres = found.postgres.iter().map(find::Postgres::words);
    let nginx = found.nginx.iter().map(|_| "nginx".to_owned());
    let disks = (!mounts.is_empty()).then(|| format!("file systems {}", mounts.join(", ")));
    let logs = found.logs.iter().map(|(service, path)| format!("the log of {service}, {path}"));
    let access = found.access.iter().map(|log| {
        let times = if log.is_timed { "with times" } else { "without times: log_format can add them" };
        format!("the requests of {}, {} ({times})", log.service, log.path)
    });
    spring.chain(redis).chain(postgres).chain(nginx).chain(access).chain(logs).chain(disks).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_of_requests_says_whether_it_tells_times() {
        let root = tempfile::tempdir().expect("a folder");
        let nginx = Found { nginx: vec![find::Nginx { unit: None }], ..Found::default() };
        assert_eq!(access(root.path(), &nginx), [], "there is none");
        let line = "192.0.2.7 - - [21/Nov/2026:10:00:00 +0000] \"GET /a HTTP/1.1\" 200 12 \"-\" \"curl\"";
        let file = root.path().join("var/log/nginx/access.log");
        std::fs::create_dir_all(file.parent().expect("it has a folder")).expect("made");
        for (text, is_timed) in [(format!("{line}\n"), false), (format!("{line}\n{line} 0.012 0.011\n"), true)] {
            std::fs::write(&file, text).expect("written");
            let log = find::Access { service: "nginx", path: "/var/log/nginx/access.log", is_timed };
            assert_eq!(access(root.path(), &nginx), [log]);
        }
        assert_eq!(access(root.path(), &Found::default()), [], "nginx does not run here");
    }

    /// Who answers decides what is written: a table that would only fail is a comment.
    #[test]
    fn redis_is_greeted() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let server = std::thread::spawn(move || {
            for answer in ["+PONG\r\n", "-NOAUTH Authentication required.\r\n", "HTTP/1.1 400 X\r\n"] {
                let (mut stream, _) = listener.accept().expect("somebody comes");
                assert_eq!(stream.read(&mut [0; 16]).expect("asked"), 6);
                stream.write_all(answer.as_bytes()).expect("answered");
            }
        });
        for door in [find::Door::Open, find::Door::Locked, find::Door::Silent] {
            assert_eq!(greet(port), door);
        }
        server.join().expect("it asked as Redis is asked");
        assert_eq!(greet(port), find::Door::Silent, "nobody listens");
    }

    #[test]
    fn logs_are_proposed_where_they_are() {
        let root = tempfile::tempdir().expect("a folder");
        for path in ["var/log/nginx/error.log", "var/log/orders/spring.log"] {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().expect("it has a folder")).expect("made");
            std::fs::write(path, "").expect("written");
        }
        let spring =
            find::Spring { unit: None, what: "/srv/orders.jar".into(), port: 1, listens: false, actuator: None };
        let nginx = vec![find::Nginx { unit: None }];
        let redis = vec![find::Redis { unit: None, port: 6379, door: None }];
        let found = Found { spring: vec![spring], nginx, redis, ..Found::default() };
        let expect = [("nginx", "/var/log/nginx/error.log"), ("orders", "/var/log/orders/spring.log")];
        assert_eq!(logs(root.path(), &found), expect.map(|(service, path)| (service.to_owned(), path.to_owned())));
    }
}

//! Looks at what this host runs and writes a configuration for it, with the reasons beside the settings.
//!
//! What is written passes `check`; what was found and has no setting yet is said as a comment, never as a setting that
//! would do nothing.

mod find;
mod look;
mod write;

use std::path::Path;
use std::time::Duration;

use crate::doctor::http::ask;
use find::{Found, find};

/// An application on this host answers within milliseconds.
const LIMIT: Duration = Duration::from_secs(1);

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
    found.logs = logs(root, &found);
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
fn actuator(port: u16) -> find::Actuator {
    match ask(&format!("127.0.0.1:{port}"), "GET", "/actuator/prometheus", &[], LIMIT) {
        Ok(answer) if answer.status == 200 && answer.body.contains("jvm_") => find::Actuator::Answers,
        Ok(answer) if matches!(answer.status, 401 | 403) => find::Actuator::Locked,
        _ => find::Actuator::Silent,
    }
}

fn words(found: &Found, mounts: &[String]) -> Vec<String> {
    let spring = found.spring.iter().map(find::Spring::words);
    let redis = found.redis.iter().map(|redis| format!("Redis on port {}", redis.port));
    let nginx = found.nginx.iter().map(|_| "nginx".to_owned());
    let disks = (!mounts.is_empty()).then(|| format!("file systems {}", mounts.join(", ")));
    let logs = found.logs.iter().map(|(service, path)| format!("the log of {service}, {path}"));
    spring.chain(redis).chain(nginx).chain(logs).chain(disks).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let redis = vec![find::Redis { unit: None, port: 6379 }];
        let found = Found { spring: vec![spring], nginx, redis, ..Found::default() };
        let expect = [("nginx", "/var/log/nginx/error.log"), ("orders", "/var/log/orders/spring.log")];
        assert_eq!(logs(root.path(), &found), expect.map(|(service, path)| (service.to_owned(), path.to_owned())));
    }
}

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

/// `mounts` are the real file systems, as the collector of disks sees them.
pub fn propose(proc: &Path, host: &str, mounts: &[String]) -> Proposal {
    let mut found = find(&look::look(proc));
    for spring in found.spring.iter_mut().filter(|spring| spring.listens) {
        spring.actuator = Some(actuator(spring.port));
    }
    Proposal { found: words(&found, mounts), text: write::write(host, &found, mounts) }
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
    spring.chain(redis).chain(nginx).chain(disks).collect()
}

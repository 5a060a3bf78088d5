//! What of this machine would bind, said before anything is sent.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::own::read;
use crate::scenario::{Model, Scenario};

/// What this machine allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    pub descriptors: u64,
    /// Ports that connections to one address and port can be made from.
    pub ports: u64,
}

/// What would bind at the rate asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub says: String,
}

/// A closed connection keeps its port for as long (`TCP_TIMEWAIT_LEN` of Linux, which no setting changes).
const TIME_WAIT: Duration = Duration::from_mins(1);
/// Descriptors that are no connections: files, timers, pollers.
const OTHER_DESCRIPTORS: u64 = 64;

impl Limits {
    pub fn read() -> Self {
        let descriptors = descriptors(&read("/proc/self/limits")).unwrap_or(1_024);
        Self { descriptors, ports: ports(&read("/proc/sys/net/ipv4/ip_local_port_range")).unwrap_or(28_232) }
    }

    /// Whether the scenario would meet them, if each journey took `journey_s`.
    pub fn warnings(&self, scenario: &Scenario, journey_s: f64) -> Vec<Warning> {
        let (open, rate) = match &scenario.model {
            Model::Open { profile, .. } => ((profile.peak() * journey_s).min(scenario.open_max as f64), profile.peak()),
            Model::Closed { users, .. } => (*users as f64, *users as f64 / journey_s.max(0.001)),
        };
        let mut found = Vec::new();
        let needed = open as u64 + OTHER_DESCRIPTORS;
        if needed > self.descriptors {
            found.push(Warning {
                says: format!(
                    "{needed} descriptors would be needed and {} are allowed: `ulimit -n {needed}`, or a lower `open_max`",
                    self.descriptors
                ),
            });
        }
        let held = rate * TIME_WAIT.as_secs_f64().min(scenario.length_s()) + open;
        if scenario.fresh && held > self.ports as f64 {
            let most = self.ports as f64 / TIME_WAIT.as_secs_f64();
            found.push(Warning {
                says: format!(
                    "each journey opens a connection whose port is kept for 60 s: {} ports bear {most:.0} new connections a second, {rate:.0} are asked; \
                     widen net.ipv4.ip_local_port_range, or `connections = \"shared\"`",
                    self.ports
                ),
            });
        }
        found
    }
}

/// `Max open files            1024                 1048576              files`
fn descriptors(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    let soft = line.split_whitespace().next()?;
    if soft == "unlimited" { Some(u64::MAX) } else { soft.parse().ok() }
}

fn ports(range: &str) -> Option<u64> {
    let mut ends = range.split_whitespace().map_while(|word| word.parse::<u64>().ok());
    let (low, high) = (ends.next()?, ends.next()?);
    Some(high.checked_sub(low)? + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_as_the_kernel_writes_them() {
        let text = "Limit    Soft Limit   Hard Limit  Units\nMax open files            1024                 524288               files     \n";
        assert_eq!(descriptors(text), Some(1_024));
        assert_eq!(ports("32768\t60999\n"), Some(28_232));
        assert_eq!(ports("9"), None);
    }

    #[test]
    fn what_would_bind_is_said_before() {
        let limits = Limits { descriptors: 1_024, ports: 28_232 };
        let check = |text: &str, says: &[&str]| {
            let text = format!(
                "target = 'http://127.0.0.1:1'\n{text}\n[[journey]]\nname = 'a'\n[[journey.step]]\nrequest = 'GET /'\n"
            );
            let scenario = Scenario::parse("x", &text, |_| Err(String::new())).expect("sound");
            let found = limits.warnings(&scenario, 1.0);
            assert_eq!(found.len(), says.len(), "{found:?}");
            for (found, says) in found.iter().zip(says) {
                assert!(found.says.contains(says), "{found:?}");
            }
        };
        let profile = |rate| format!("[[profile]]\nkind = 'constant'\nrate = {rate}\nfor = '2m'");
        check(&profile(900), &[]);
        check(&profile(2_000), &["ulimit -n 2064"]);
        check(&format!("connections = 'fresh'\n{}", profile(600)), &["471 new connections a second, 600 are asked"]);
        check("users = { count = 5000, for = '5s' }", &["ulimit -n 5064"]);
    }
}

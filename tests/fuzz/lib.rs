//! The targets: every door through which foreign text comes in, with what must hold of it for any bytes at all.
//!
//! A target is a function and one line in the table; its corpus lies in `corpus/NAME`. libFuzzer looks for new inputs
//! (scripts/fuzz), the house's tests replay the corpora without it. A target panics when its property fails.

mod targets;

use targets::{logs, plans, rules, sources, step};

/// A door, and what is thrown at it.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
}

pub const TARGETS: &[Target] = &[
    Target { name: "access", run: sources::access },
    Target { name: "composite", run: rules::composite },
    Target { name: "config", run: rules::config },
    Target { name: "exposition", run: sources::exposition },
    Target { name: "group", run: logs::group },
    Target { name: "jmx", run: plans::jmx },
    Target { name: "journal", run: logs::journal },
    Target { name: "json", run: sources::json },
    Target { name: "math", run: rules::math },
    Target { name: "matcher", run: rules::matcher },
    Target { name: "memory", run: rules::memory },
    Target { name: "moment", run: rules::moment },
    Target { name: "otlp", run: sources::otlp },
    Target { name: "redact", run: logs::redact },
    Target { name: "redis", run: sources::redis },
    Target { name: "statsd", run: sources::statsd },
    Target { name: "step", run: step::step },
    Target { name: "time", run: logs::time },
];

pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

//! `[[redis]]`: one table a server.

use std::path::PathBuf;
use std::time::Duration;

use alarm::sheet::{At, Faults, Seconds};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::knobs;

const ADDRESS: &str = "127.0.0.1:6379";
const INTERVAL_S: u64 = 15;
const TIMEOUT_S: u64 = 5;

/// `[[redis]]`, as typed.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    /// The dimension `redis`.
    pub name: At<String>,
    /// Host and port. Default: 127.0.0.1:6379.
    pub address: Option<At<String>>,
    /// Speak TLS.
    #[serde(default)]
    pub tls: bool,
    /// Certificates (PEM) to trust instead of those that this host trusts.
    pub ca_file: Option<PathBuf>,
    /// The user of Redis 6 and later; without it the password alone.
    pub user: Option<String>,
    /// A file that holds the password alone.
    pub password_file: Option<PathBuf>,
    /// How often. Default: 15s.
    pub interval: Option<At<Seconds>>,
    /// How long it may take. Default: 5s.
    pub timeout: Option<At<Seconds>>,
}

/// What is meant.
#[derive(Clone, Debug)]
pub struct Settings {
    pub name: String,
    pub host: String,
    pub port: u16,
    pub tls: bool,
    pub ca_file: Option<PathBuf>,
    pub user: Option<String>,
    pub password_file: Option<PathBuf>,
    pub interval_s: u32,
    pub timeout: Duration,
}

impl Settings {
    pub fn check_all(raw: Vec<Raw>, faults: &mut Faults) -> Vec<Self> {
        knobs::distinct("redis.name", raw.iter().map(|one| &one.name), faults);
        raw.into_iter().filter_map(|one| Self::check(one, faults)).collect()
    }

    fn check(raw: Raw, faults: &mut Faults) -> Option<Self> {
        let interval = knobs::duration("redis.interval", raw.interval.as_ref(), INTERVAL_S, 1..=300, faults);
        let timeout = knobs::duration("redis.timeout", raw.timeout.as_ref(), TIMEOUT_S, 1..=60, faults);
        let (host, port) = knobs::place("redis.address", raw.address.as_ref(), ADDRESS, faults)?;
        let Raw { name, tls, ca_file, user, password_file, .. } = raw;
        let interval_s = interval.as_secs() as u32;
        Some(Self {
            name: name.value,
            host,
            port,
            tls,
            ca_file,
            user,
            password_file,
            interval_s,
            timeout: timeout.min(interval),
        })
    }
}

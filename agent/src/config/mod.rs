//! Turns a file into settings that cannot be wrong.
//!
//! `Raw` is what the text may say; `Config` is what is meant. Each room owns its table (its raw part, its checked
//! part, its defaults) in its own file; here they are only put together, so that all faults are reported at once.

mod namespaces;
pub mod text;

use std::collections::BTreeMap;

use alarm::sheet::{self, At, Faults};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    access, budget, exec, host, identity, local, logs, otlp, probe, put, redis, run, scrape, spool, sql, statsd,
    suspects, window,
};

/// Where the configuration is looked for when none is named.
pub const DEFAULT_PATH: &str = "/etc/stormglass/stormglass.toml";

/// stormglass.toml, as typed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    pub access: Vec<access::Raw>,
    pub exec: Vec<exec::Raw>,
    pub probe: Vec<probe::Raw>,
    pub redis: Vec<redis::Raw>,
    pub scrape: Vec<scrape::Raw>,
    pub otlp: Option<otlp::Raw>,
    pub put: Option<put::Raw>,
    pub agent: run::Raw,
    pub budget: budget::Raw,
    pub cloudwatch: window::Raw,
    /// Dimensions of every series, besides those that the host finds out.
    pub dimensions: BTreeMap<String, At<String>>,
    pub host: host::Raw,
    pub identity: identity::Raw,
    /// What `stormglass up` keeps, judges and shows on this host; `run` does not look at it yet.
    pub local: Option<local::Raw>,
    pub logs: logs::config::Raw,
    pub process: Vec<host::process::Raw>,
    pub spool: spool::Raw,
    pub sql: Vec<sql::Raw>,
    pub statsd: Option<statsd::Raw>,
    pub suspects: suspects::Raw,
    pub unit: Vec<host::unit::Raw>,
}

/// What is meant.
#[derive(Clone, Debug)]
pub struct Config {
    pub access: Vec<access::Settings>,
    pub exec: Vec<exec::Settings>,
    pub probe: Vec<probe::Settings>,
    pub redis: Vec<redis::Settings>,
    pub scrape: Vec<scrape::Settings>,
    pub otlp: Option<otlp::Settings>,
    pub put: Option<put::Settings>,
    pub agent: run::Settings,
    pub budget: budget::Config,
    pub cloudwatch: window::Config,
    pub host: host::Settings,
    pub identity: identity::Settings,
    pub local: Option<local::Settings>,
    pub logs: logs::config::Config,
    pub spool: spool::Config,
    pub sql: Vec<sql::Settings>,
    pub statsd: Option<statsd::Settings>,
    pub suspects: suspects::Settings,
}

impl Default for Config {
    /// What an empty file means.
    fn default() -> Self {
        Self::check(Raw::default(), &mut Faults::new("", ""))
    }
}

impl Config {
    pub fn parse(file: &str, text: &str) -> Result<Self, Faults> {
        let raw: Raw = sheet::read(file, text)?;
        let mut faults = Faults::new(file, text);
        let config = Self::check(raw, &mut faults);
        faults.or(config)
    }

    fn check(raw: Raw, faults: &mut Faults) -> Self {
        let Raw {
            access,
            exec,
            otlp,
            probe,
            put,
            redis,
            scrape,
            agent,
            budget,
            cloudwatch,
            dimensions,
            host,
            identity,
            local,
            logs,
            process,
            spool,
            sql,
            statsd,
            suspects,
            unit,
        } = raw;
        let (local, agent) = (local.map(|it| local::Settings::check(it, faults)), run::Settings::check(agent, faults));
        let mut cloudwatch = window::Config::check(cloudwatch, &dimensions, agent.period_s, faults);
        let (budget, mut host) = (budget::Config::check(&budget, faults), host.check(faults));
        cloudwatch.shape.priority.clone_from(&budget.priority);
        host.processes = process.into_iter().filter_map(|named| named.check(faults)).collect();
        host.units = unit.into_iter().filter_map(|named| named.check(faults)).collect();
        let (identity, logs) = (identity.check(faults), logs::config::Config::check(logs, faults));
        let (spool, suspects) = (spool::Config::check(spool, faults), suspects.check(faults));
        let (access, exec) = (access::Settings::check_all(access, faults), exec::Settings::check_all(exec, faults));
        let (probe, sql) = (probe::Settings::check_all(probe, faults), sql::Settings::check_all(sql, faults));
        let (redis, scrape) = (redis::Settings::check_all(redis, faults), scrape::Settings::check_all(scrape, faults));
        let otlp = otlp.map(|raw| otlp::Settings::check(raw, faults));
        let put = put.map(|raw| put::Settings::check(raw, faults));
        let statsd = statsd.map(|raw| statsd::Settings::check(raw, faults));
        Self {
            access,
            exec,
            probe,
            redis,
            scrape,
            otlp,
            put,
            agent,
            budget,
            cloudwatch,
            host,
            identity,
            local,
            logs,
            spool,
            sql,
            statsd,
            suspects,
        }
        .priced()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        match Config::parse("x.toml", text) {
            Ok(_) => vec![],
            Err(faults) => faults
                .iter()
                .map(|fault| format!("{}:{} {}", fault.place.line, fault.place.column, fault.code))
                .collect(),
        }
    }

    #[test]
    fn an_empty_file_is_sound_and_means_the_defaults() {
        assert!(faults("").is_empty());
        let config = Config::default();
        assert_eq!((config.agent.period_s, config.cloudwatch.spread_s), (60, 60));
        assert_eq!((config.budget.limits.max_series, config.budget.limits.requests_per_minute), (500, 2.0));
    }

    #[test]
    fn every_fault_is_told_at_once_with_its_place() {
        let text = "[agent]\nperiod = '90s'\n[cloudwatch]\nkeep = ['{']\nnamespace = 'AWS/EC2'\nspread = '2m'\n\
                    [spool]\nmax_bytes = '1KiB'\nmax_age = '15d'\n[dimensions]\n'환경' = 'x'\n[[budget.priority]]\nseries = 'x{'\npriority = 1\n";
        assert_eq!(
            faults(text),
            [
                "2:10 SG-RUN-001",
                "4:9 SG-CWM-001",
                "5:13 SG-CWM-004",
                "6:10 SG-CWM-003",
                "8:13 SG-SPL-010",
                "9:11 SG-SPL-011",
                "11:8 SG-CWM-005",
                "13:10 SG-CWM-001"
            ]
        );
    }
}

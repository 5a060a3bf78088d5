//! Turns a file into settings that cannot be wrong.
//!
//! `Raw` is what the text may say; `Config` is what is meant. Each room owns its table (its raw part, its checked
//! part, its defaults) in its own file; here they are only put together, so that all faults are reported at once.

use alarm::sheet::{self, Faults};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{host, identity, suspects};

/// Where the configuration is looked for when none is named.
pub const DEFAULT_PATH: &str = "/etc/stormglass/stormglass.toml";

/// stormglass.toml, as typed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    pub host: host::Raw,
    pub identity: identity::Raw,
    pub process: Vec<host::process::Raw>,
    pub suspects: suspects::Raw,
    pub unit: Vec<host::unit::Raw>,
}

/// What is meant.
#[derive(Clone, Debug, Default)]
pub struct Config {
    pub host: host::Settings,
    pub identity: identity::Settings,
    pub suspects: suspects::Settings,
}

impl Config {
    pub fn parse(file: &str, text: &str) -> Result<Self, Faults> {
        let raw: Raw = sheet::read(file, text)?;
        let mut faults = Faults::new(file, text);
        let Raw { host, identity, process, suspects, unit } = raw;
        let mut host = host.check(&mut faults);
        host.processes = process.into_iter().filter_map(|named| named.check(&mut faults)).collect();
        host.units = unit.into_iter().filter_map(|named| named.check(&mut faults)).collect();
        let identity = identity.check(&mut faults);
        let suspects = suspects.check(&mut faults);
        faults.or(Self { host, identity, suspects })
    }
}

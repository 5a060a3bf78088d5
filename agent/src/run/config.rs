//! `[agent]`: how often we tell, and where we keep what must outlive us. (How often we look is each source's own.)

use std::path::PathBuf;

use alarm::sheet::{At, Faults, Seconds};
use schemars::JsonSchema;
use serde::Deserialize;

const PERIOD_S: u64 = 60;
const STATE_DIR: &str = "/var/lib/stormglass";

/// `[agent]`, as typed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// How often they are published: 1m or whole minutes up to 1h. Default: 1m.
    pub period: Option<At<Seconds>>,
    /// Where the spool and the status are kept. Default: /var/lib/stormglass.
    pub state_dir: Option<PathBuf>,
}

/// What is meant.
#[derive(Clone, Debug)]
pub struct Config {
    pub period_s: u32,
    pub state_dir: PathBuf,
}

impl Config {
    pub fn check(raw: Raw, faults: &mut Faults) -> Self {
        let period_s = raw.period.map_or(PERIOD_S, |period| {
            if period.0 == 0 || period.0 % 60 != 0 || period.0 > 3_600 {
                faults.add(period.span.clone(), "SG-RUN-001", "`agent.period`: whole minutes, from 1m to 1h");
                return PERIOD_S;
            }
            period.0
        });
        let state_dir = raw.state_dir.unwrap_or_else(|| STATE_DIR.into());
        Self { period_s: period_s as u32, state_dir }
    }
}

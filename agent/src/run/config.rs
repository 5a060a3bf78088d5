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
    /// Where the spool and the status are kept. Default: what systemd gives (`StateDirectory=`), else /var/lib/stormglass.
    pub state_dir: Option<PathBuf>,
}

/// What is meant.
#[derive(Clone, Debug)]
pub struct Config {
    pub period_s: u32,
    pub state_dir: PathBuf,
    is_state_dir_said: bool,
}

impl Config {
    /// Where state is kept when the configuration names no place: `$STATE_DIRECTORY`, which may list several.
    pub fn usual_state_dir(&mut self, given: &str) {
        if let Some(first) = given.split(':').next().filter(|first| first.starts_with('/') && !self.is_state_dir_said) {
            self.state_dir = first.into();
        }
    }

    pub fn check(raw: Raw, faults: &mut Faults) -> Self {
        let period_s = raw.period.map_or(PERIOD_S, |period| {
            if period.0 == 0 || period.0 % 60 != 0 || period.0 > 3_600 {
                faults.add(period.span.clone(), "SG-RUN-001", "`agent.period`: whole minutes, from 1m to 1h");
                return PERIOD_S;
            }
            period.0
        });
        let is_state_dir_said = raw.state_dir.is_some();
        let state_dir = raw.state_dir.unwrap_or_else(|| STATE_DIR.into());
        Self { period_s: period_s as u32, state_dir, is_state_dir_said }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn state_dir(said: Option<&str>, given: &str) -> PathBuf {
        let raw = Raw { state_dir: said.map(PathBuf::from), ..Raw::default() };
        let mut config = Config::check(raw, &mut Faults::new("", ""));
        config.usual_state_dir(given);
        config.state_dir
    }

    #[test]
    fn the_manager_names_the_state_directory_where_nobody_else_does() {
        assert_eq!(state_dir(None, "/var/lib/private/a:/var/lib/b"), Path::new("/var/lib/private/a"));
        assert_eq!(state_dir(None, ""), Path::new(STATE_DIR));
        assert_eq!(state_dir(Some("/srv/x"), "/var/lib/a"), Path::new("/srv/x"));
    }
}

//! `[suspects]`: whether culprits are looked for, where, and where they are told.

use std::path::PathBuf;
use std::time::Duration;

use alarm::sheet::{At, Faults, Seconds};
use schemars::JsonSchema;
use serde::Deserialize;

use super::watch::QUIET;

/// How often an event is told when nothing happens.
const EVERY: Duration = Duration::from_mins(5);
const GROUP: &str = "/stormglass/suspects";
const STREAM: &str = "{host}";

/// `[suspects]`, as typed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// Whether culprits are looked for at all. Default: true.
    pub enabled: Option<bool>,
    /// Folders whose growth is watched. Default: /var and /tmp.
    pub folders: Option<Vec<At<PathBuf>>>,
    /// How often an event is told when nothing happens. Default: 5m.
    pub interval: Option<At<Seconds>>,
    /// The log group. Default: `/stormglass/suspects`.
    pub group: Option<At<String>>,
    /// The log stream, with `{host}`. Default: `{host}`.
    pub stream: Option<At<String>>,
}

/// `[suspects]`, as meant.
#[derive(Clone, Debug)]
pub struct Settings {
    pub enabled: bool,
    pub folders: Vec<PathBuf>,
    pub interval: Duration,
    pub group: String,
    pub stream: String,
}

impl Default for Settings {
    fn default() -> Self {
        Raw::default().check(&mut Faults::new("", ""))
    }
}

impl Raw {
    pub fn check(self, faults: &mut Faults) -> Settings {
        let folders = self.folders.unwrap_or_else(|| vec![PathBuf::from("/var").into(), PathBuf::from("/tmp").into()]);
        for folder in folders.iter().filter(|folder| !folder.is_absolute()) {
            let says = format!("`suspects.folders`: \"{}\" does not begin with a slash", folder.value.display());
            faults.add(folder.span.clone(), "SG-CFG-006", says);
        }
        let interval = self.interval.unwrap_or(Seconds(EVERY.as_secs()).into());
        if interval.0 < QUIET.as_secs() {
            let says = format!("`suspects.interval`: at least {}s", QUIET.as_secs());
            faults.add(interval.span.clone(), "SG-CFG-006", says);
        }
        let mut name = |key: &str, said: Option<At<String>>, usual: &str| match said {
            Some(said) if said.trim().is_empty() => {
                faults.add(said.span.clone(), "SG-CFG-006", format!("`suspects.{key}`: it needs a name"));
                usual.to_owned()
            }
            Some(said) => said.value,
            None => usual.to_owned(),
        };
        let (group, stream) = (name("group", self.group, GROUP), name("stream", self.stream, STREAM));
        Settings {
            enabled: self.enabled.unwrap_or(true),
            folders: folders.into_iter().map(|folder| folder.value).collect(),
            interval: Duration::from_secs(interval.0.max(QUIET.as_secs())),
            group,
            stream,
        }
    }
}

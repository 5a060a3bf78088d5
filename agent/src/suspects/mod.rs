//! Who is likely to blame: the processes that use most of the processor, memory and disks, and the folders that grow.
//!
//! Told as one small JSON event every 5 minutes, and at once when the use of processor or memory rises steeply, so that
//! a notice can name the culprit. The choice is pure (`rank`); looking is apart (`look`), and so is the walk over the
//! folders (`folders`), which goes on a few hundred entries at a time and never holds anything up for long.
//!
//! What never is: a command line (it can hold a secret; only the short name is told), a list without an end, a walk
//! onto another file system or through a symbolic link.

mod folders;
mod look;
mod rank;

use std::path::{Path, PathBuf};
use std::time::Duration;

use alarm::sheet::{At, Faults, Seconds};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::host::Roots;
pub use folders::Growth;
use folders::Walk;
use look::Look;
pub use rank::{Seen, Suspect};

/// How many are named of each kind: who reads a notice wants the likely one, not all.
const NAMED_MAX: usize = 5;
/// How often an event is told when nothing happens.
const EVERY: Duration = Duration::from_mins(5);
/// An event that is told because of a rise is not told again within this.
const QUIET: Duration = Duration::from_mins(1);
/// How often the processes are looked at: one pass costs some 2 ms with 150 of them.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// `[suspects]`, as typed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// Whether culprits are looked for at all.
    pub enabled: Option<bool>,
    /// Folders whose growth is watched.
    pub folders: Option<Vec<At<PathBuf>>>,
    /// How often an event is told when nothing happens.
    pub interval: Option<At<Seconds>>,
}

/// `[suspects]`, as meant.
#[derive(Clone, Debug)]
pub struct Settings {
    pub enabled: bool,
    pub folders: Vec<PathBuf>,
    pub interval: Duration,
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
        Settings {
            enabled: self.enabled.unwrap_or(true),
            folders: folders.into_iter().map(|folder| folder.value).collect(),
            interval: Duration::from_secs(interval.0.max(QUIET.as_secs())),
        }
    }
}

/// Why an event is told now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    Regular,
    CpuRose,
    MemoryRose,
}

/// What a notice needs to name the likely culprit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    pub why: Why,
    /// In percent of one core, bytes, and bytes a second read and written.
    pub cpu: Vec<Suspect>,
    pub memory: Vec<Suspect>,
    pub io: Vec<Suspect>,
    pub folders: Vec<Growth>,
}

impl Event {
    /// One line for a log stream, some 1 KB.
    pub fn line(&self) -> String {
        // Names and numbers always have a form in JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Looks, remembers, and now and then has something to tell.
#[derive(Debug)]
pub struct Suspects {
    settings: Settings,
    look: Look,
    walk: Walk,
    last: Option<(Duration, Seen)>,
    told: Option<Duration>,
}

impl Suspects {
    pub fn new(roots: &Roots, settings: Settings) -> Self {
        let folders = settings.folders.iter().map(|folder| below(&roots.root, folder)).collect();
        Self { look: Look::new(&roots.proc), walk: Walk::new(folders), settings, last: None, told: None }
    }

    /// To be called at every tick of the host with a monotonic time; mostly it does next to nothing. The event, if any,
    /// is the caller's to deliver.
    pub fn event(&mut self, now: Duration) -> Option<Event> {
        if !self.settings.enabled {
            return None;
        }
        self.walk.step(now);
        if self.last.as_ref().is_some_and(|(at, _)| now.saturating_sub(*at) < LOOK_EVERY) {
            return None;
        }
        let seen = self.look.see()?;
        let Some((at, before)) = self.last.replace((now, seen.clone())) else {
            self.told = Some(now);
            return None;
        };
        let ranked = rank::rank(&before, &seen, now.saturating_sub(at), NAMED_MAX);
        let why = self.why(now, rank::rise(&before, &seen))?;
        self.told = Some(now);
        let (cpu, memory, io) = ranked;
        Some(Event { why, cpu, memory, io, folders: self.walk.growing(NAMED_MAX) })
    }

    fn why(&self, now: Duration, rose: Option<Why>) -> Option<Why> {
        let since = self.told.map_or(Duration::MAX, |told| now.saturating_sub(told));
        match rose {
            Some(why) if since >= QUIET => Some(why),
            _ => (since >= self.settings.interval).then_some(Why::Regular),
        }
    }
}

fn below(root: &Path, folder: &Path) -> PathBuf {
    root.join(folder.strip_prefix("/").unwrap_or(folder))
}

#[cfg(test)]
mod tests;

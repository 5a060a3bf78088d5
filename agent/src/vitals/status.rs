//! The file that `stormglass status` reads.
//!
//! A file, not a socket: it can be read when the agent hangs or is dead, which is when it is asked for, by any program,
//! without a protocol. It is written once a period, by rename, so that a reader sees the old or the new and nothing
//! between; a burst-credit disk pays one small write a minute. A run that ends well says so in it; one that does not
//! finds, at the next start, what it lost.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use alarm::points::Time;
use serde::{Deserialize, Serialize};

use super::{Lost, Process, Vitals, held};

/// The name of the file in the state directory.
const FILE: &str = "status.json";

/// What waits in the spool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backlog {
    pub requests: u64,
    pub points: u64,
    pub bytes: u64,
    /// The period of the oldest.
    pub oldest: Option<Time>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Loss {
    pub count: u64,
    pub last: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    pub version: String,
    pub pid: u32,
    pub started: Time,
    pub written: Time,
    /// How often it is written: older than twice that, the agent hangs or is dead.
    pub every_s: u32,
    /// The run ended well, and nothing was open.
    pub ended: bool,
    /// Readings in the window that was open when this was written, and the series they belong to.
    pub open_series: u64,
    pub readings_collected: u64,
    pub points_spooled: u64,
    pub points_sent: u64,
    pub requests: u64,
    pub requests_failed: u64,
    pub series: u64,
    pub series_refused: u64,
    pub names_mended: u64,
    pub backlog: Backlog,
    pub last_sent: Option<Time>,
    /// By the word of the reason; reasons that never happened are left out.
    pub lost: BTreeMap<String, Loss>,
    /// What stands in the way of publishing; empty when nothing does.
    pub trouble: String,
    pub clock_offset_ms: Option<i64>,
    pub resident_bytes: u64,
    pub cpu_ms: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    #[error("no agent has run with the state directory of {}", .0.display())]
    Never(PathBuf),
    #[error("cannot read {}", .0.display())]
    Unreadable(PathBuf, #[source] io::Error),
    #[error("{} is not what this version writes", .0.display())]
    Foreign(PathBuf, #[source] serde_json::Error),
}

impl Status {
    pub fn read(state_dir: &Path) -> Result<Self, StatusError> {
        let path = state_dir.join(FILE);
        match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|error| StatusError::Foreign(path, error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StatusError::Never(path)),
            Err(error) => Err(StatusError::Unreadable(path, error)),
        }
    }

    pub fn write(&self, state_dir: &Path) -> io::Result<()> {
        let (path, beside) = (state_dir.join(FILE), state_dir.join(".status.json.new"));
        std::fs::write(&beside, serde_json::to_vec_pretty(self)?)?;
        std::fs::rename(beside, path)
    }

    /// Neither ended well nor written lately.
    pub fn is_stale(&self, now: Time) -> bool {
        !self.ended && now - self.written > 2 * Time::from(self.every_s)
    }
}

impl Vitals {
    /// How it goes, in a line for `systemctl status`.
    pub fn line(&self) -> String {
        let (series, sent) = (self.series.load(Ordering::Relaxed), self.sent.load(Ordering::Relaxed));
        let (waiting, trouble) = (held(&self.backlog).points, held(&self.trouble));
        if trouble.is_empty() {
            format!("{series} series, {sent} points sent, {waiting} waiting")
        } else {
            format!("{trouble} ({waiting} points waiting)")
        }
    }

    /// Everything counted so far; the caller adds what only it knows.
    pub fn status(&self, process: Option<Process>) -> Status {
        let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        let lost = Lost::ALL.iter().map(|reason| (reason, self.losses(*reason))).filter(|(_, (count, _))| *count > 0);
        let process = process.unwrap_or_default();
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            readings_collected: count(&self.collected),
            points_spooled: count(&self.spooled),
            points_sent: count(&self.sent),
            requests: count(&self.requests),
            requests_failed: count(&self.failed_requests),
            series: count(&self.series),
            series_refused: count(&self.refused_series),
            names_mended: count(&self.mended),
            backlog: *held(&self.backlog),
            last_sent: *held(&self.last_sent),
            lost: lost.map(|(reason, (count, last))| (reason.word().to_owned(), Loss { count, last })).collect(),
            trouble: held(&self.trouble).clone(),
            clock_offset_ms: *held(&self.clock_offset_ms),
            resident_bytes: process.resident_bytes,
            cpu_ms: process.cpu_ms,
            ..Status::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(matches!(Status::read(folder.path()), Err(StatusError::Never(_))));
        let vitals = Vitals::default();
        vitals.lost(Lost::Budget, 2, || "CWAgent/x{}".into());
        let status = Status { written: 1_000, every_s: 60, ..vitals.status(None) };
        status.write(folder.path()).expect("can be written");
        let read = Status::read(folder.path()).expect("can be read");
        assert_eq!(read, status);
        assert_eq!(read.lost["budget"].last, "CWAgent/x{}");
        assert!(!read.is_stale(1_100) && read.is_stale(1_121));
    }

    #[test]
    fn a_line_for_the_manager() {
        let vitals = Vitals::default();
        vitals.backlog(Backlog { points: 70, ..Backlog::default() });
        assert_eq!(vitals.line(), "0 series, 0 points sent, 70 waiting");
        *held(&vitals.trouble) = "the keys have expired".to_owned();
        assert_eq!(vitals.line(), "the keys have expired (70 points waiting)");
    }

    #[test]
    fn a_file_of_an_older_version_is_read_with_defaults() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(FILE), "{\"pid\": 7}").expect("can be written");
        assert_eq!(Status::read(folder.path()).expect("can be read").pid, 7);
        std::fs::write(folder.path().join(FILE), "soon").expect("can be written");
        assert!(matches!(Status::read(folder.path()), Err(StatusError::Foreign(..))));
    }
}

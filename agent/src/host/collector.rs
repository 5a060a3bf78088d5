//! What a collector is, and what it may answer.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::metrics::{Metric, Tier};
use crate::reading::{Reading, Readings};

/// One subject of the host. It reads the kernel's files in one function and parses their text in another, which is
/// pure; it keeps what it saw last, so that counters become differences.
pub trait Collector: Send + fmt::Debug {
    /// `now` is a monotonic time; only differences of it mean anything.
    fn collect(&mut self, now: Duration, out: &mut Sink<'_>) -> Result<(), Miss>;
}

/// Why a collector gave nothing.
#[derive(Debug)]
pub enum Miss {
    /// This host does not have it: an answer, not an error.
    NoData(&'static str),
    /// It should have been there.
    Failed { path: PathBuf, cause: io::Error },
}

impl Miss {
    pub fn failed(path: impl Into<PathBuf>, cause: io::Error) -> Self {
        Self::Failed { path: path.into(), cause }
    }

    /// The file was there and its text made no sense.
    pub fn nonsense(path: impl Into<PathBuf>) -> Self {
        Self::failed(path, io::Error::new(io::ErrorKind::InvalidData, "has not the form expected"))
    }
}

impl fmt::Display for Miss {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoData(why) => write!(out, "no data: {why}"),
            Self::Failed { path, cause } => write!(out, "{}: {cause}", path.display()),
        }
    }
}

impl std::error::Error for Miss {}

/// Where the kernel's files are looked for: other places in a container, and in tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    pub proc: PathBuf,
    pub sys: PathBuf,
    pub root: PathBuf,
}

impl Roots {
    /// Whether these are this host's own files, so that system calls see what the files show.
    pub fn are_real(&self) -> bool {
        self.proc == Path::new("/proc")
    }

    /// A file about the mounts or the network, which every process sees in its own way. In a container the host's way is
    /// that of its first process; on the host itself our own needs no permission.
    pub fn of_host(&self, file: &str) -> PathBuf {
        self.proc.join(if self.are_real() { "self" } else { "1" }).join(file)
    }
}

impl Default for Roots {
    fn default() -> Self {
        Self { proc: "/proc".into(), sys: "/sys".into(), root: "/".into() }
    }
}

/// Which metrics are wanted: a tier, and names beyond it.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub tier: Tier,
    pub also: Vec<String>,
}

impl Wanted {
    pub fn wants(&self, metric: &Metric) -> bool {
        metric.tier <= self.tier || self.also.iter().any(|pattern| alarm::glob::matches(pattern, metric.name))
    }
}

/// Takes what a collector saw. What is not wanted, and what is no number, goes no further.
#[derive(Debug)]
pub struct Sink<'a> {
    wanted: &'a Wanted,
    readings: &'a mut Readings,
}

impl<'a> Sink<'a> {
    pub fn new(wanted: &'a Wanted, readings: &'a mut Readings) -> Self {
        Self { wanted, readings }
    }

    pub fn put(&mut self, metric: &'static Metric, value: f64) {
        self.put_with(metric, &[], value);
    }

    pub fn put_with(&mut self, metric: &'static Metric, dimensions: &[(&str, &str)], value: f64) {
        if !value.is_finite() || !self.wanted.wants(metric) {
            return;
        }
        let mut reading = Reading::new(metric.space.space(), metric.name, metric.unit, value);
        for (name, value) in dimensions {
            reading.dimensions.set(*name, *value);
        }
        self.readings.push(reading);
    }

    /// Whether it is worth the work.
    pub fn wants(&self, metric: &Metric) -> bool {
        self.wanted.wants(metric)
    }
}

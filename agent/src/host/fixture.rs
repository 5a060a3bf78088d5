//! Stands in for a host in tests: the kernel's files in a folder, and texts of several kernels (fixtures/README.md).

use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;

use super::collector::{Collector, Miss, Roots, Sink, Wanted};
use crate::metrics::{self, Tier};
use crate::reading::{Reading, Readings};

/// The text of a fixture.
pub(super) fn text(name: &str) -> &'static str {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/host/fixtures").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.leak()
}

/// A folder with `proc` and `sys`.
#[derive(Debug)]
pub(super) struct Host {
    folder: tempfile::TempDir,
}

impl Host {
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let host = Self { folder: tempfile::tempdir().expect("a folder") };
        for (path, text) in files {
            host.write(path, text);
        }
        host
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder");
        std::fs::write(path, text).expect("written");
    }

    pub(super) fn path(&self, path: &str) -> std::path::PathBuf {
        self.folder.path().join(path)
    }

    pub(super) fn roots(&self) -> Roots {
        Roots { proc: self.path("proc"), sys: self.path("sys"), root: self.folder.path().to_owned() }
    }
}

/// What a collector reads, every tier; each reading is held against the table.
pub(super) fn collect(collector: &mut dyn Collector) -> Vec<Reading> {
    collect_at(collector, 0)
}

pub(super) fn collect_at(collector: &mut dyn Collector, seconds: u64) -> Vec<Reading> {
    let (readings, answer) = attempt(collector, seconds);
    answer.expect("collected");
    readings
}

pub(super) fn miss(collector: &mut dyn Collector) -> Miss {
    attempt(collector, 0).1.expect_err("missed")
}

/// What was read, and what was answered.
pub(super) fn attempt(collector: &mut dyn Collector, seconds: u64) -> (Vec<Reading>, Result<(), Miss>) {
    let (wanted, mut readings) = (Wanted { tier: Tier::Full, also: vec![] }, Readings::default());
    let answer = collector.collect(Duration::from_secs(seconds), &mut Sink::new(&wanted, &mut readings));
    readings.0.iter().for_each(agrees_with_table);
    (readings.0, answer)
}

fn agrees_with_table(reading: &Reading) {
    let metric = metrics::find(&reading.name).unwrap_or_else(|| panic!("{} is not in the table", reading.name));
    assert_eq!((reading.unit, &reading.space), (metric.unit, &metric.space.space()), "{}", metric.name);
    assert_eq!(reading.dimensions.len(), metric.dimensions.len(), "{}: {}", metric.name, reading.dimensions);
    for (name, _) in &reading.dimensions {
        let known = metric.dimensions.iter().any(|listed| listed.split('|').any(|one| one == name));
        assert!(known, "{} has the dimension {name}, which the table lacks", metric.name);
    }
}

/// The value of the one reading with this name and these dimensions.
pub(super) fn value(readings: &[Reading], name: &str, dimensions: &[(&str, &str)]) -> Option<f64> {
    let is_it = |reading: &&Reading| {
        reading.name == name && dimensions.iter().all(|(name, value)| reading.dimensions.get(name) == Some(value))
    };
    let found: Vec<_> = readings.iter().filter(is_it).collect();
    assert!(found.len() <= 1, "{name} {dimensions:?} stands {} times", found.len());
    found.first().map(|reading| reading.value)
}

/// The text with pieces cut, doubled, overwritten and with absurd numbers, or wholly other text.
pub(super) fn mangled(text: &'static str) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(String::new()),
        Just("18446744073709551615".to_owned()),
        Just("-1".to_owned()),
        Just("\0".to_owned()),
        Just("\n".to_owned()),
        Just(")".to_owned()),
        ".{0,12}",
    ];
    let cut = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), piece);
    let mangled = prop::collection::vec(cut, 1..12).prop_map(move |cuts| {
        let mut bytes = text.as_bytes().to_vec();
        for (at, length, piece) in cuts {
            let at = at.index(bytes.len() + 1);
            let end = (at + length.index(40)).min(bytes.len());
            bytes.splice(at..end, piece.into_bytes());
        }
        String::from_utf8_lossy(&bytes).into_owned()
    });
    prop_oneof![8 => mangled, 1 => "(?s).{0,200}"]
}

//! What must outlive us: how far each file is done with, what was folded, which kinds were seen, what the day has cost.
//!
//! One file, written aside, synced, and renamed over the old one: a reader sees the old or the new, whatever happens.
//! It is written after an acknowledgement and before the next request of that stream leaves, so that a kill can double
//! no more than the requests that were under way.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::fold::Windows;
use super::kinds::Kinds;
use super::tail::Mark;

/// The name of the file in the state directory.
const FILE: &str = "logs.json";
const KINDS: &str = "log-kinds";

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Checkpoint {
    pub marks: Vec<Mark>,
    pub sources: BTreeSet<String>,
    /// Open windows, by group and stream.
    pub windows: Vec<(String, String, Windows)>,
    /// Where the journal was read to, by source.
    pub cursors: Vec<(String, String)>,
    pub budget_day: i64,
    pub budget_spent: u64,
}

/// Where it is kept.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf() }
    }

    /// Nothing was ever written: an empty one. What cannot be read is an error: to begin anew would double or lose.
    pub fn load(&self) -> io::Result<(Checkpoint, Kinds)> {
        let checkpoint = match std::fs::read(self.folder.join(FILE)) {
            Ok(text) => serde_json::from_slice(&text).map_err(io::Error::other)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Checkpoint::default(),
            Err(error) => return Err(error),
        };
        // To lose this one means that known kinds are called new, once.
        let kinds = std::fs::read_to_string(self.folder.join(KINDS)).unwrap_or_default();
        Ok((checkpoint, Kinds::parse(&kinds)))
    }

    pub fn save(&self, checkpoint: &Checkpoint) -> io::Result<()> {
        self.replace(FILE, &serde_json::to_vec(checkpoint).map_err(io::Error::other)?)
    }

    pub fn save_kinds(&self, kinds: &Kinds) -> io::Result<()> {
        self.replace(KINDS, kinds.text().as_bytes())
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let aside = self.folder.join(format!("{name}.new"));
        let mut file = File::create(&aside)?;
        file.write_all(bytes)?;
        file.sync_data()?;
        std::fs::rename(&aside, self.folder.join(name))?;
        // The rename itself must survive a loss of power, too.
        File::open(&self.folder)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_as_it_went() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(&folder.path().join("deep"));
        assert_eq!(store.load().unwrap().0, Checkpoint::default());
        let checkpoint =
            Checkpoint { budget_day: 3, budget_spent: 4, sources: ["a".to_owned()].into(), ..Checkpoint::default() };
        store.save(&checkpoint).unwrap();
        let mut kinds = Kinds::default();
        kinds.meet(7);
        store.save_kinds(&kinds).unwrap();
        let (read, mut kinds) = store.load().unwrap();
        assert_eq!((read, kinds.meet(7)), (checkpoint, false));
    }

    #[test]
    fn what_cannot_be_read_is_an_error_and_not_a_new_beginning() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "{").unwrap();
        assert!(Store::new(folder.path()).load().is_err());
    }
}

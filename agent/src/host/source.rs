//! A file of the kernel that is read at every tick.
//!
//! It stays open and is read from its beginning each time: opening costs more than reading. The buffer is kept, so
//! that a tick allocates nothing. At most `TEXT_MAX` bytes are read.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::collector::Miss;

/// More than any file here has: /proc/stat of 1,000 cores is about 500 KB.
const TEXT_MAX: usize = 4 << 20;
const FIRST_BYTES: usize = 4 << 10;

#[derive(Debug)]
pub(crate) struct Source {
    path: PathBuf,
    file: Option<File>,
    bytes: Vec<u8>,
    /// Used where the bytes are no UTF-8: a process may call itself anything.
    lossy: String,
}

impl Source {
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), file: None, bytes: Vec::new(), lossy: String::new() }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn read(&mut self) -> Result<&str, Miss> {
        let was_open = self.file.is_some();
        if let Err(error) = self.fill() {
            // A file that was kept open can go stale (its network namespace or cgroup went away): open it anew, once.
            self.file = None;
            if !was_open {
                return Err(Miss::failed(&self.path, error));
            }
            self.fill().map_err(|error| Miss::failed(&self.path, error))?;
        }
        if std::str::from_utf8(&self.bytes).is_err() {
            self.lossy = String::from_utf8_lossy(&self.bytes).into_owned();
            return Ok(&self.lossy);
        }
        Ok(std::str::from_utf8(&self.bytes).unwrap_or_default())
    }

    /// As `read`; a file that is not there is this host's way of saying that it does not have the subject.
    pub(super) fn read_if_there(&mut self, lack: &'static str) -> Result<&str, Miss> {
        match self.read() {
            Err(Miss::Failed { cause, .. }) if is_absent(&cause) => Err(Miss::NoData(lack)),
            other => other,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::open(&self.path)?),
        };
        self.bytes.resize(self.bytes.capacity().max(FIRST_BYTES), 0);
        let mut length = 0;
        loop {
            if length == self.bytes.len() {
                if length >= TEXT_MAX {
                    break;
                }
                self.bytes.resize(length * 2, 0);
            }
            match file.read_at(&mut self.bytes[length..], length as u64) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.bytes.truncate(length);
        Ok(())
    }
}

/// Not there, or there but switched off (PSI answers EOPNOTSUPP when it is).
pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::Unsupported | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_anew_each_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("stat");
        std::fs::write(&path, "one").expect("written");
        let mut source = Source::new(&path);
        assert_eq!(source.read().expect("there"), "one");
        std::fs::write(&path, "x".repeat(10_000)).expect("written");
        assert_eq!(source.read().expect("there").len(), 10_000);
        std::fs::write(&path, b"bad \xff name").expect("written");
        assert_eq!(source.read().expect("there"), "bad \u{fffd} name");
    }

    #[test]
    fn what_is_not_there_is_told_apart() {
        let mut source = Source::new("/nowhere/at/all");
        assert!(matches!(source.read(), Err(Miss::Failed { .. })));
        assert!(matches!(source.read_if_there("no such thing"), Err(Miss::NoData("no such thing"))));
    }
}

//! What the spool asks of a file system, and the real one.
//!
//! Few calls with plain meanings, so that a model with crashes can stand in (`model`).

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

pub trait Disk {
    /// Every file with its length.
    fn list(&mut self) -> io::Result<Vec<(String, u64)>>;
    /// Exactly `length` bytes from `offset`.
    fn read(&mut self, name: &str, offset: u64, length: usize) -> io::Result<Vec<u8>>;
    /// Makes the file where there is none. After an error any part of `bytes` may have been written.
    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;
    fn truncate(&mut self, name: &str, length: u64) -> io::Result<()>;
    /// After it, what was appended to the file outlives a loss of power.
    fn sync(&mut self, name: &str) -> io::Result<()>;
    /// After it, what was made or removed stays so through a loss of power.
    fn sync_names(&mut self) -> io::Result<()>;
    fn remove(&mut self, name: &str) -> io::Result<()>;
}

/// A directory that belongs to one spool, locked as long as this lives.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: File,
    /// Files that are appended to: the open segment and its acks.
    open: Vec<(String, File)>,
}

/// The open segment and its acks, and those of the segment before.
const OPEN_MAX: usize = 4;

impl Folder {
    /// Makes the directory where there is none. Fails with `WouldBlock` while another agent has it.
    pub fn open(path: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(path)?;
        let lock = OpenOptions::new().create(true).write(true).truncate(false).open(path.join("lock"))?;
        lock.try_lock().map_err(|error| match error {
            std::fs::TryLockError::WouldBlock => io::ErrorKind::WouldBlock.into(),
            std::fs::TryLockError::Error(error) => error,
        })?;
        Ok(Self { path: path.to_owned(), _lock: lock, open: Vec::new() })
    }

    fn file(&mut self, name: &str) -> io::Result<&mut File> {
        if let Some(at) = self.open.iter().position(|(held, _)| held == name) {
            return Ok(&mut self.open[at].1);
        }
        let file = OpenOptions::new().create(true).append(true).open(self.path.join(name))?;
        if self.open.len() == OPEN_MAX {
            self.open.remove(0);
        }
        let at = self.open.len();
        self.open.push((name.to_owned(), file));
        Ok(&mut self.open[at].1)
    }
}

impl Disk for Folder {
    fn list(&mut self) -> io::Result<Vec<(String, u64)>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            let entry = entry?;
            if let Ok(name) = entry.file_name().into_string() {
                files.push((name, entry.metadata()?.len()));
            }
        }
        Ok(files)
    }

    fn read(&mut self, name: &str, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut file = File::open(self.path.join(name))?;
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = vec![0; length];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.file(name)?.write_all(bytes)
    }

    fn truncate(&mut self, name: &str, length: u64) -> io::Result<()> {
        self.file(name)?.set_len(length)
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        self.file(name)?.sync_data()
    }

    fn sync_names(&mut self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.open.retain(|(held, _)| held != name);
        std::fs::remove_file(self.path.join(name))
    }
}

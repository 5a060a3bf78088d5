//! A file system with crashes, short writes and a disk that fills.
//!
//! Of each file it knows what is in the cache of the kernel and what has reached the disk. A kill loses nothing of the
//! cache; a loss of power leaves of what was not synced any prefix, and of names that were not synced either state.

use std::collections::BTreeMap;
use std::io;

use super::super::Disk;

#[derive(Clone, Debug, Default)]
struct File {
    cached: Vec<u8>,
    synced: usize,
    /// The name itself has reached the disk.
    named: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    files: BTreeMap<String, File>,
    /// Removed, and the removal not synced.
    ghosts: BTreeMap<String, File>,
    /// Bytes that still fit.
    pub(super) room: usize,
    /// Calls until the process dies inside one; it then refuses everything.
    pub(super) fuse: Option<u32>,
    state: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Crash {
    Kill,
    Power,
}

impl Model {
    pub(super) fn new(room: usize, seed: u64) -> Self {
        Self { room, state: seed | 1, ..Self::default() }
    }

    fn dice(&mut self, sides: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as usize % sides.max(1)
    }

    pub(super) fn dead(&self) -> bool {
        self.fuse == Some(0)
    }

    /// Whether the process dies in this very call.
    fn burn(&mut self) -> io::Result<bool> {
        match &mut self.fuse {
            Some(0) => Err(io::Error::other("dead")),
            Some(left) => {
                *left -= 1;
                Ok(*left == 0)
            }
            None => Ok(false),
        }
    }

    /// What the next process finds.
    pub(super) fn crash(mut self, how: Crash) -> Self {
        self.fuse = None;
        if how == Crash::Kill {
            return self;
        }
        for (name, ghost) in std::mem::take(&mut self.ghosts) {
            if self.dice(2) == 0 && !self.files.contains_key(&name) {
                self.files.insert(name, ghost);
            }
        }
        for (name, mut file) in std::mem::take(&mut self.files) {
            let lost_name = !file.named && self.dice(2) == 0;
            let kept = file.synced + self.dice(file.cached.len() - file.synced + 1);
            file.cached.truncate(kept);
            (file.synced, file.named) = (kept, true);
            if !lost_name {
                self.files.insert(name, file);
            }
        }
        self
    }

    /// Turns one bit somewhere, as a disk does.
    pub(super) fn rot(&mut self) {
        let names: Vec<_> = self.files.keys().filter(|name| name.contains("seg")).cloned().collect();
        let at = self.dice(names.len());
        let spot = self.dice(usize::MAX);
        if let Some(file) =
            names.get(at).and_then(|name| self.files.get_mut(name)).filter(|file| !file.cached.is_empty())
        {
            let spot = spot % file.cached.len();
            file.cached[spot] ^= 1 << (spot % 8);
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.files.values().map(|file| file.cached.len()).sum()
    }
}

fn missing() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl Disk for Model {
    fn list(&mut self) -> io::Result<Vec<(String, u64)>> {
        self.burn()?;
        Ok(self.files.iter().map(|(name, file)| (name.clone(), file.cached.len() as u64)).collect())
    }

    fn read(&mut self, name: &str, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        self.burn()?;
        let file = self.files.get(name).ok_or_else(missing)?;
        let bytes = file.cached.get(offset as usize..).and_then(|rest| rest.get(..length));
        bytes.map(<[u8]>::to_vec).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let dies = self.burn()?;
        let whole = bytes.len() <= self.room && !dies;
        let written = if whole { bytes.len() } else { self.dice(bytes.len().min(self.room) + 1) };
        self.files.entry(name.to_owned()).or_default().cached.extend(&bytes[..written]);
        self.room -= written;
        if whole { Ok(()) } else { Err(io::ErrorKind::StorageFull.into()) }
    }

    fn truncate(&mut self, name: &str, length: u64) -> io::Result<()> {
        if self.burn()? || self.dice(4) == 0 {
            return Err(io::Error::other("truncate failed"));
        }
        let file = self.files.get_mut(name).ok_or_else(missing)?;
        self.room += file.cached.len() - length as usize;
        file.cached.truncate(length as usize);
        file.synced = file.synced.min(file.cached.len());
        Ok(())
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        if self.burn()? {
            return Err(io::Error::other("died"));
        }
        let file = self.files.get_mut(name).ok_or_else(missing)?;
        file.synced = file.cached.len();
        Ok(())
    }

    fn sync_names(&mut self) -> io::Result<()> {
        if self.burn()? {
            return Err(io::Error::other("died"));
        }
        self.ghosts.clear();
        self.files.values_mut().for_each(|file| file.named = true);
        Ok(())
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        let dies = self.burn()?;
        if dies && self.dice(2) == 0 {
            return Err(io::Error::other("died"));
        }
        let file = self.files.remove(name).ok_or_else(missing)?;
        self.room += file.cached.len();
        if file.named {
            self.ghosts.insert(name.to_owned(), file);
        }
        Ok(())
    }
}

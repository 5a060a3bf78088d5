//! What makes a file the file that it was: device, inode, and what stands at its head and just before where we stopped.
//!
//! The inode alone is not enough (it is given again), the head alone is not enough (a copy has the same): the content
//! before the offset tells a file's true copy from another that begins alike.

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::files::{Handle, Id};

/// How much of the head, and of what stands before the offset, is remembered.
pub(super) const SAMPLE: usize = 512;

/// A hash of some bytes at a place. None of them: it agrees with everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    len: u16,
    hash: u64,
}

impl Sample {
    pub(super) fn of(bytes: &[u8]) -> Self {
        // FNV-1a: written down, so it must be the same in the next version.
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        Self { len: bytes.len() as u16, hash: bytes.iter().fold(0xcbf2_9ce4_8422_2325, step) }
    }

    pub(super) fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The head as it is now.
    pub(super) fn head(handle: &impl Handle) -> io::Result<Self> {
        read(handle, 0, SAMPLE as u64)
    }

    /// What stands before `offset`.
    pub(super) fn before(handle: &impl Handle, offset: u64) -> io::Result<Self> {
        let len = offset.min(SAMPLE as u64);
        read(handle, offset - len, len)
    }

    /// The head as it is now, if it still begins as it did: a file grows, and its sample with it.
    pub(super) fn grown(self, handle: &impl Handle) -> io::Result<Option<Self>> {
        let mut buffer = [0; SAMPLE];
        let have = fill(handle, &mut buffer, 0)?;
        let same = buffer[..have].get(..usize::from(self.len)).is_some_and(|head| Self::of(head) == self);
        Ok(same.then(|| Self::of(&buffer[..have])))
    }

    fn is_before(self, handle: &impl Handle, offset: u64) -> io::Result<bool> {
        let len = u64::from(self.len);
        if len > offset {
            return Ok(false);
        }
        Ok(read(handle, offset - len, len)? == self)
    }
}

fn read(handle: &impl Handle, offset: u64, len: u64) -> io::Result<Sample> {
    let mut buffer = [0; SAMPLE];
    let have = fill(handle, &mut buffer[..len as usize], offset)?;
    Ok(Sample::of(&buffer[..have]))
}

fn fill(handle: &impl Handle, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut have = 0;
    while have < buffer.len() {
        match handle.read_at(&mut buffer[have..], offset + have as u64)? {
            0 => break,
            read => have += read,
        }
    }
    Ok(have)
}

/// How far a file was read and acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub source: String,
    pub path: PathBuf,
    pub dev: u64,
    pub ino: u64,
    pub head: Sample,
    /// Everything before it was acknowledged, or knowingly thrown away.
    pub offset: u64,
    pub before: Sample,
}

impl Mark {
    pub(super) fn id(&self) -> Id {
        Id { dev: self.dev, ino: self.ino }
    }

    /// Is the file of this number, open here, the one that was marked?
    pub(super) fn is_same(&self, handle: &impl Handle) -> io::Result<bool> {
        Ok(self.head.grown(handle)?.is_some() && self.before.is_before(handle, self.offset)?)
    }

    /// Is this another file with the same content, as `cp` and `gzip` make it? An empty head proves nothing.
    pub(super) fn is_copied_to(&self, handle: &impl Handle) -> io::Result<bool> {
        Ok(!self.head.is_empty() && self.is_same(handle)?)
    }

    /// A file of `len` bytes that repeats the beginning of ours: `None` where it does not.
    pub(super) fn of_copy(
        copy: &impl Handle,
        (id, len): (Id, u64),
        ours: &impl Handle,
        path: PathBuf,
        source: &str,
    ) -> io::Result<Option<Self>> {
        let (head, before) = (Sample::head(copy)?, Sample::before(copy, len)?);
        let same = !head.is_empty() && head.grown(ours)?.is_some() && before == Sample::before(ours, len)?;
        let Id { dev, ino } = id;
        Ok(same.then(|| Self { source: source.to_owned(), path, dev, ino, head, offset: len, before }))
    }
}

//! The file system as the tail sees it: behind a trait, so that a model can stand in and crash.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

/// A file's number on its device. It may be given to another file when this one is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    pub dev: u64,
    pub ino: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    pub id: Id,
    pub len: u64,
    /// Names that it has; with none it is deleted and lives by our descriptor alone.
    pub links: u64,
    /// When it was last written to: of a rotated file and its successor the smaller one is the elder.
    pub modified_ns: i128,
}

pub trait Files: std::fmt::Debug {
    type Handle: Handle + std::fmt::Debug;

    /// What stands in a folder, each with whether it is a folder itself. Links are followed.
    fn list(&self, folder: &Path) -> Vec<(PathBuf, bool)>;
    fn stat(&self, path: &Path) -> io::Result<Stat>;
    fn open(&self, path: &Path) -> io::Result<Self::Handle>;
}

pub trait Handle {
    fn stat(&self) -> io::Result<Stat>;
    /// Reads what is there at `offset`; 0 is the end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// It never changes any more, and its length is not known before it is read (a compressed file).
    fn is_final(&self) -> bool {
        false
    }
}

/// The host's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

/// An open file, compressed or not.
#[derive(Debug)]
pub enum Opened {
    Plain(File),
    Gzip { file: File, reader: RefCell<Box<Gzip>> },
}

/// Reads on from where it was; to go back it begins anew.
#[derive(Debug)]
pub struct Gzip {
    decoder: flate2::read::MultiGzDecoder<File>,
    at: u64,
}

impl Files for Disk {
    type Handle = Opened;

    fn list(&self, folder: &Path) -> Vec<(PathBuf, bool)> {
        let Ok(entries) = std::fs::read_dir(folder) else { return vec![] };
        let entries = entries.filter_map(Result::ok).map(|entry| entry.path());
        let kind = |path: PathBuf| std::fs::metadata(&path).ok().map(|meta| (path, meta.is_dir()));
        entries.filter_map(kind).collect()
    }

    fn stat(&self, path: &Path) -> io::Result<Stat> {
        let meta = std::fs::metadata(path)?;
        if !meta.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        Ok(stat(&meta))
    }

    fn open(&self, path: &Path) -> io::Result<Opened> {
        let file = File::open(path)?;
        let mut magic = [0; 2];
        if file.read_at(&mut magic, 0)? == 2 && magic == [0x1F, 0x8B] {
            let reader = RefCell::new(Box::new(Gzip::new(&file)?));
            return Ok(Opened::Gzip { file, reader });
        }
        Ok(Opened::Plain(file))
    }
}

impl Handle for Opened {
    fn stat(&self) -> io::Result<Stat> {
        match self {
            Self::Plain(file) => Ok(stat(&file.metadata()?)),
            Self::Gzip { file, .. } => Ok(Stat { len: u64::MAX, ..stat(&file.metadata()?) }),
        }
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.read_at(buffer, offset),
            Self::Gzip { file, reader } => {
                let mut reader = reader.borrow_mut();
                if offset < reader.at {
                    **reader = Gzip::new(file)?;
                }
                reader.read_at(buffer, offset)
            }
        }
    }

    fn is_final(&self) -> bool {
        matches!(self, Self::Gzip { .. })
    }
}

impl Gzip {
    fn new(file: &File) -> io::Result<Self> {
        use std::io::Seek;
        let mut file = file.try_clone()?;
        file.rewind()?;
        Ok(Self { decoder: flate2::read::MultiGzDecoder::new(file), at: 0 })
    }

    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let skipped = io::copy(&mut (&mut self.decoder).take(offset - self.at), &mut io::sink())?;
        self.at += skipped;
        if self.at < offset {
            return Ok(0);
        }
        let read = self.decoder.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

fn stat(meta: &std::fs::Metadata) -> Stat {
    Stat {
        id: Id { dev: meta.dev(), ino: meta.ino() },
        len: meta.len(),
        links: meta.nlink(),
        modified_ns: i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec()),
    }
}

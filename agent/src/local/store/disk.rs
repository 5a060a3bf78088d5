//! The file: rows of the open hour, blocks of what is over, the catalogue, and small things by name.
//!
//! redb keeps it: each change is one transaction, durable when `write` returns, whatever kills us after that. The hour
//! that ends goes from rows to blocks within one transaction, so that it is never there twice nor missing.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use alarm::points::Time;
use redb::{
    Builder, Database, DatabaseError, ReadableDatabase, ReadableTable, ReadableTableMetadata, StorageError,
    TableDefinition,
};

use super::block;
use super::open::Id;
use super::point::Point;
use super::tier::{TIERS, Tier};

pub(super) const ROWS: TableDefinition<'_, i64, &[u8]> = TableDefinition::new("rows");
pub(super) const BLOCKS: TableDefinition<'_, (u8, u32, i64), &[u8]> = TableDefinition::new("blocks");
pub(super) const SERIES: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("series");
pub(super) const NOTES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("notes");

/// The points of one series at every tier.
pub(super) type Tiers = [Vec<(Time, Point)>; TIERS.len()];

/// What `stat` counts in (stat(2), `st_blocks`).
const BLOCK_BYTES: u64 = 512;
/// Pages that redb may hold: most reads are of the newest blocks.
const CACHE_BYTES: usize = 1 << 20;

/// One thing to be written. Those that are given together are durable together.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Row {
        at: Time,
        row: Vec<u8>,
    },
    Series {
        id: Id,
        text: Vec<u8>,
    },
    /// The hour from `start` on is over; `series` are all numbers below this.
    Hour {
        start: Time,
        points: Vec<(Id, Tiers)>,
        series: Id,
    },
    Put {
        name: String,
        text: Vec<u8>,
    },
    Remove {
        name: String,
    },
}

impl Change {
    /// What it costs to wait for a disk that is full.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Row { row, .. } => row.len() + 64,
            Self::Series { text, .. } => text.len() + 64,
            Self::Hour { points, .. } => {
                points.iter().map(|(_, tiers)| tiers.iter().map(Vec::len).sum::<usize>() * 40).sum()
            }
            Self::Put { name, text } => name.len() + text.len() + 64,
            Self::Remove { name } => name.len() + 64,
        }
    }
}

/// Why the file cannot be used.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Another agent has it.
    Taken,
    /// It is no store, or no longer.
    Corrupt(String),
    Disk(redb::Error),
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Taken => out.write_str("another agent uses it"),
            Self::Corrupt(says) => write!(out, "it is corrupt: {says}"),
            Self::Disk(error) => write!(out, "{error}"),
        }
    }
}

impl<E: Into<redb::Error>> From<E> for Trouble {
    fn from(error: E) -> Self {
        match error.into() {
            redb::Error::DatabaseAlreadyOpen => Self::Taken,
            redb::Error::Corrupted(says) => Self::Corrupt(says),
            other => Self::Disk(other),
        }
    }
}

impl Trouble {
    pub(super) fn is_full(&self) -> bool {
        matches!(self, Self::Disk(redb::Error::Io(error)) if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    }
}

#[derive(Debug)]
pub(super) struct Disk {
    pub(super) database: Database,
    path: PathBuf,
}

impl Disk {
    /// A file that is no store is moved aside; where it went is told.
    pub(super) fn open(path: &Path) -> Result<(Self, Option<PathBuf>), Trouble> {
        match Self::try_open(path) {
            Ok(disk) => Ok((disk, None)),
            Err(Trouble::Corrupt(says)) => {
                let aside = move_aside(path, &says)?;
                Ok((Self::try_open(path)?, Some(aside)))
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// As `open`, but a file that is corrupt by now stays where it is.
    pub(super) fn reopen(path: &Path) -> Result<Self, Trouble> {
        Self::try_open(path)
    }

    fn try_open(path: &Path) -> Result<Self, Trouble> {
        let is_new = fs::metadata(path).map_or(true, |held| held.len() == 0);
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path);
        private(&file.map_err(redb::Error::Io)?);
        // A page that rotted would end us by a panic when it is read; a look at all of them tells before.
        let made = Builder::new().set_cache_size(CACHE_BYTES).set_check_integrity_on_open(true).create(path);
        let database = made.map_err(|error| match error {
            DatabaseError::Storage(StorageError::Io(error))
                if !is_new && error.kind() == io::ErrorKind::InvalidData =>
            {
                Trouble::Corrupt(error.to_string())
            }
            DatabaseError::UpgradeRequired(version) => Trouble::Corrupt(format!("a file of form {version}")),
            other => other.into(),
        })?;
        let disk = Self { database, path: path.to_owned() };
        let write = disk.database.begin_write()?;
        write.open_table(ROWS)?;
        write.open_table(BLOCKS)?;
        write.open_table(SERIES)?;
        write.open_table(NOTES)?;
        write.commit()?;
        Ok(disk)
    }

    /// What the file takes on the disk: less than its length, since it has holes.
    pub(super) fn bytes(&self) -> u64 {
        use std::os::unix::fs::MetadataExt;
        fs::metadata(&self.path).map_or(0, |held| held.blocks() * BLOCK_BYTES)
    }

    /// All of it, or nothing.
    pub(super) fn write(&self, changes: &[Change]) -> Result<(), Trouble> {
        let write = self.database.begin_write()?;
        {
            let (mut rows, mut series) = (write.open_table(ROWS)?, write.open_table(SERIES)?);
            let (mut notes, mut blocks) = (write.open_table(NOTES)?, write.open_table(BLOCKS)?);
            for change in changes {
                match change {
                    Change::Row { at, row } => drop(rows.insert(key(&rows, *at)?, row.as_slice())?),
                    Change::Series { id, text } => drop(series.insert(id, text.as_slice())?),
                    Change::Put { name, text } => drop(notes.insert(name.as_str(), text.as_slice())?),
                    Change::Remove { name } => drop(notes.remove(name.as_str())?),
                    Change::Hour { start, points, series } => {
                        let end = start + super::tier::OPEN_S;
                        rows.retain_in(..end * ROWS_A_SECOND, |_, _| false)?;
                        for (id, tiers) in points {
                            for (tier, points) in TIERS.iter().zip(tiers) {
                                add(&mut blocks, tier, *id, points)?;
                            }
                        }
                        for id in 0..*series {
                            forget(&mut blocks, id, end)?;
                        }
                    }
                }
            }
        }
        write.commit()?;
        Ok(())
    }

    /// Whether no hour has ended yet.
    pub(super) fn is_new(&self) -> Result<bool, Trouble> {
        Ok(self.database.begin_read()?.open_table(BLOCKS)?.is_empty()?)
    }

    /// The rows of the hour that was open.
    pub(super) fn rows(&self, mut tell: impl FnMut(Time, &[u8])) -> Result<(), Trouble> {
        let read = self.database.begin_read()?;
        for entry in read.open_table(ROWS)?.iter()? {
            let (at, row) = entry?;
            tell(at.value().div_euclid(ROWS_A_SECOND), row.value());
        }
        Ok(())
    }

    pub(super) fn series(&self, mut tell: impl FnMut(Id, &[u8])) -> Result<(), Trouble> {
        let read = self.database.begin_read()?;
        for entry in read.open_table(SERIES)?.iter()? {
            let (id, text) = entry?;
            tell(id.value(), text.value());
        }
        Ok(())
    }

    /// The blocks of a tier that hold anything of the time, each with its beginning.
    pub(super) fn blocks(
        &self,
        tier: usize,
        id: Id,
        (from, until): (Time, Time),
        mut tell: impl FnMut(Time, &[u8]),
    ) -> Result<(), Trouble> {
        let read = self.database.begin_read()?;
        let (first, number) = (TIERS[tier].start(from), tier as u8);
        for entry in read.open_table(BLOCKS)?.range((number, id, first)..(number, id, until))? {
            let (key, bytes) = entry?;
            tell(key.value().2, bytes.value());
        }
        Ok(())
    }

    /// Everything whose name begins so.
    pub(super) fn notes(&self, begin: &str, mut tell: impl FnMut(&str, &[u8])) -> Result<(), Trouble> {
        let read = self.database.begin_read()?;
        for entry in read.open_table(NOTES)?.range(begin..)? {
            let (name, text) = entry?;
            if !name.value().starts_with(begin) {
                break;
            }
            tell(name.value(), text.value());
        }
        Ok(())
    }

    /// How many bytes of blocks there are, and how many points in them: what the bench counts.
    pub(super) fn weigh(&self) -> Result<(u64, u64), Trouble> {
        let read = self.database.begin_read()?;
        let (mut bytes, mut points) = (0, 0);
        for entry in read.open_table(BLOCKS)?.iter()? {
            let (_, block) = entry?;
            bytes += block.value().len() as u64;
            block::decode(block.value(), false, |_| points += 1);
        }
        Ok((bytes, points))
    }
}

/// Rows of one second are told apart, so that a period that was closed twice loses neither half.
const ROWS_A_SECOND: i64 = 16;

/// A free key of the second; the last of them is shared by all that come after it.
fn key(rows: &impl ReadableTable<i64, &'static [u8]>, at: Time) -> Result<i64, StorageError> {
    let first = at.saturating_mul(ROWS_A_SECOND);
    for key in first..first + ROWS_A_SECOND - 1 {
        if rows.get(key)?.is_none() {
            return Ok(key);
        }
    }
    Ok(first + ROWS_A_SECOND - 1)
}

pub(super) type Blocks<'a> = redb::Table<'a, (u8, u32, i64), &'static [u8]>;

/// Puts points into the blocks of a tier.
fn add(blocks: &mut Blocks<'_>, tier: &Tier, id: Id, points: &[(Time, Point)]) -> Result<(), StorageError> {
    let number = TIERS.iter().position(|it| it == tier).unwrap_or(0) as u8;
    for of_block in points.chunk_by(|(one, _), (other, _)| tier.start(*one) == tier.start(*other)) {
        let start = tier.start(of_block[0].0);
        let mut slots = match blocks.get((number, id, start))? {
            Some(held) => block::slots(held.value()),
            None => Vec::new(),
        };
        for (time, point) in of_block {
            let slot = tier.slot(*time);
            match slots.binary_search_by_key(&slot, |(slot, _)| *slot) {
                Ok(at) => slots[at].1 = point.clone(),
                Err(at) => slots.insert(at, (slot, point.clone())),
            }
        }
        blocks.insert((number, id, start), block::encode(&slots).as_slice())?;
    }
    Ok(())
}

/// What was kept for as long as it should.
fn forget(blocks: &mut Blocks<'_>, id: Id, now: Time) -> Result<(), StorageError> {
    for (number, tier) in TIERS.iter().enumerate() {
        let (number, last) = (number as u8, tier.start(now - tier.kept_s));
        blocks.retain_in((number, id, i64::MIN)..(number, id, last), |_, _| false)?;
    }
    Ok(())
}

/// The file holds what this host's logs say: nobody else reads it.
fn private(file: &File) {
    use std::os::unix::fs::PermissionsExt;
    if let Err(error) = file.set_permissions(fs::Permissions::from_mode(0o600)) {
        tracing::warn!(%error, "the store's mode cannot be set");
    }
}

/// Where it went.
pub(super) fn move_aside(path: &Path, says: &str) -> Result<PathBuf, Trouble> {
    let aside = aside(path);
    tracing::error!(code = "SG-LOC-003", path = %path.display(), aside = %aside.display(), says, "the store is corrupt");
    fs::rename(path, &aside).map_err(redb::Error::Io)?;
    Ok(aside)
}

/// A name beside it that is free.
fn aside(path: &Path) -> PathBuf {
    let name = |at: u32| path.with_extension(format!("corrupt-{at}"));
    (1..1_000).map(name).find(|path| !path.exists()).unwrap_or_else(|| name(0))
}

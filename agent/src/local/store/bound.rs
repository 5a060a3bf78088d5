//! What the file may take on the disk, and what is dropped so that it takes no more: of the finest points the oldest,
//! and only then of coarser ones.
//!
//! redb gives a file holes rather than bytes: it takes what was ever written into it at once, which is what `du` tells,
//! and `ls` up to twice as much. Room that is free within is used again, so that it is enough to keep what is in use
//! well below the bound; the rest is for what one hour's end rewrites beside the old.

use std::collections::BTreeMap;
use std::ops::Range;

use alarm::points::Time;
use redb::{ReadableDatabase, ReadableTable, ReadableTableMetadata, StorageError};

use super::block;
use super::disk::{BLOCKS, Blocks, Disk, NOTES, ROWS, SERIES, Trouble};
use super::tier::TIERS;

/// At three bytes a point all that is kept of one series is some 160 KB: eight times an ordinary host of 200.
pub const BYTES: u64 = 256 << 20;
/// What is kept besides points (incidents, kinds of errors, the open hour) must fit.
pub const BYTES_MIN: u64 = 16 << 20;

/// What redb takes besides what is stored: its header, its lists of pages, the pages of the last transactions.
const OWN: u64 = 512 << 10;

/// Blocks of each tier that are kept as long as anything else can go: two hours of 10 s, twelve of minutes.
const NEWEST: usize = 2;

/// What was dropped before its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shed {
    pub points: u64,
    /// The period of the coarsest that went, and the time before which nothing of it is left.
    pub period_s: u32,
    pub before: Time,
}

impl Shed {
    /// With what was dropped later.
    pub(super) fn and(self, later: Self) -> Self {
        if later.points == 0 { self } else { Self { points: self.points + later.points, ..later } }
    }

    fn say(&self, bound: u64) {
        if self.points > 0 {
            let Self { points, period_s, before } = self;
            tracing::warn!(
                code = "SG-LOC-008",
                points,
                period_s,
                before,
                bound,
                "the store has reached its bound: points were dropped before their time"
            );
        }
    }
}

impl Disk {
    /// Drops what is beyond the bound, and says so. A disk that refuses even that is tried again after an hour.
    pub(super) fn keep_within(&self, bound: u64) -> Shed {
        let shed = self.shed(bound).unwrap_or_else(|trouble| {
            tracing::warn!(code = "SG-LOC-006", %trouble, "the store cannot be held to its bound");
            Shed::default()
        });
        shed.say(bound);
        shed
    }

    /// Drops what is beyond the bound; a page that is free is written again before the file grows.
    fn shed(&self, bound: u64) -> Result<Shed, Trouble> {
        let mut shed = Shed::default();
        let most = (bound / 4 * 3).saturating_sub(OWN);
        // Only a file that is large is worth the reading of all its pages.
        if self.bytes() <= most {
            return Ok(shed);
        }
        loop {
            let (used, stored) = self.used()?;
            if used <= most {
                return Ok(shed);
            }
            // Of a page that is freed, what is stored is a part.
            let beyond = u128::from(used - most) * u128::from(stored) / u128::from(used);
            let before = shed.points;
            let write = self.database.begin_write()?;
            drop_oldest(&mut write.open_table(BLOCKS)?, beyond as u64, &mut shed)?;
            write.commit()?;
            if shed.points == before {
                return Ok(shed);
            }
        }
    }

    /// Gives back what the file takes beyond the bound (that of another start, perhaps): before anybody reads, since
    /// nobody can meanwhile.
    pub(super) fn shrink(&mut self, bound: u64) {
        if self.bytes() > bound
            && let Err(trouble) = self.database.compact()
        {
            tracing::warn!(code = "SG-LOC-006", %trouble, "the store cannot be made smaller");
        }
    }

    /// Bytes of the pages that hold something, and of what they hold.
    fn used(&self) -> Result<(u64, u64), Trouble> {
        let read = self.database.begin_read()?;
        let tables = [
            read.open_table(BLOCKS)?.stats()?,
            read.open_table(ROWS)?.stats()?,
            read.open_table(SERIES)?.stats()?,
            read.open_table(NOTES)?.stats()?,
        ];
        let stored = tables.iter().map(redb::TableStats::stored_bytes).sum();
        Ok((tables.iter().map(|it| it.metadata_bytes() + it.fragmented_bytes()).sum::<u64>() + stored, stored))
    }
}

fn of_tier(number: usize) -> Range<(u8, u32, i64)> {
    (number as u8, 0, i64::MIN)..(number as u8 + 1, 0, i64::MIN)
}

/// So many bytes of blocks and no more, but those of one age at least; or all there are.
fn drop_oldest(blocks: &mut Blocks<'_>, beyond: u64, shed: &mut Shed) -> Result<(), StorageError> {
    let mut dropped = 0;
    for newest in [NEWEST, 0] {
        for (number, tier) in TIERS.iter().enumerate() {
            let mut ages: BTreeMap<Time, u64> = BTreeMap::new();
            for entry in blocks.range(of_tier(number))? {
                let (key, bytes) = entry?;
                *ages.entry(key.value().2).or_default() += bytes.value().len() as u64;
            }
            let (mut before, mut enough) = (None, false);
            for (start, bytes) in ages.iter().take(ages.len().saturating_sub(newest)) {
                enough = dropped > 0 && dropped + bytes > beyond;
                if enough {
                    break;
                }
                dropped += bytes;
                before = Some(start + tier.block_s);
            }
            if let Some(before) = before {
                blocks.retain_in(of_tier(number), |(_, _, start), bytes| {
                    let stays = start >= before;
                    if !stays {
                        block::decode(bytes, false, |_| shed.points += 1);
                    }
                    stays
                })?;
                (shed.period_s, shed.before) = (tier.period_s, before);
            }
            if enough {
                return Ok(());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{START, point, read};
    use super::super::{Store, window};
    use super::*;

    const HOUR: Time = 3_600;
    const SERIES: usize = 30;
    const SMALL: u64 = 3 << 19;
    const MOST: u64 = SMALL / 4 * 3 - OWN;

    /// A point a minute, of numbers that no coder makes small.
    fn hour(random: &mut fastrand::Rng, start: Time) -> Vec<window::Point> {
        let minutes = (start..start + HOUR).step_by(60);
        let of_minute = |at| (0..SERIES).map(move |series| (at, format!("s{series}")));
        minutes.flat_map(of_minute).map(|(at, name)| point(&name, at, &[random.f64() * 1e5])).collect()
    }

    fn takes(path: &std::path::Path) -> u64 {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata(path).expect("is there").blocks() * 512
    }

    #[test]
    fn the_file_stays_within_its_bound_and_the_finest_of_the_oldest_goes_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x");
        let (mut store, _) = Store::open(&path, SMALL, START).expect("opens");
        let mut random = fastrand::Rng::with_seed(7);
        let hours = 120;
        for at in 0..hours {
            store.append(&hour(&mut random, START + at * HOUR));
            store.sync().expect("is written");
            assert!(takes(&path) <= SMALL, "{} bytes after {at} hours", takes(&path));
            let Some((used, _)) = store.with(Disk::used).filter(|_| store.state().shed.points > 0) else { continue };
            assert!(used > MOST / 5 * 4, "{used} bytes of {MOST} are left after {at} hours: too much went");
        }
        let Shed { points, period_s, before } = store.state().shed;
        assert!(points > 0 && period_s < 3_600 && before > START, "{points} of {period_s} s before {before}");
        let last = START + hours * HOUR;
        let is_there = |period_s: u32, at: Time| {
            let start = at.div_euclid(Time::from(period_s)) * Time::from(period_s);
            read(&store, "s3", "Average", period_s, start, start + Time::from(period_s))[0].is_some()
        };
        // The promise is fifteen days of minutes, and there are five.
        assert!(!is_there(60, START + HOUR), "the oldest minute went");
        let just_before = before - Time::from(period_s);
        assert!(is_there(period_s, before) && !is_there(period_s, just_before), "what is said to be left is");
        assert!(is_there(60, last - 2 * HOUR), "the newest minutes stay");
        assert!(is_there(3_600, START + HOUR), "what is coarser stays");
        assert!(is_there(10, last - 2 * HOUR), "two hours of the finest stay");
    }

    #[test]
    fn a_bound_that_was_lowered_holds_at_the_next_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x");
        let (mut store, _) = Store::open(&path, BYTES, START).expect("opens");
        let mut random = fastrand::Rng::with_seed(8);
        for at in 0..60 {
            store.append(&hour(&mut random, START + at * HOUR));
            store.sync().expect("is written");
        }
        let (_, before) = store.weigh().expect("can be read");
        drop(store);
        let bound = takes(&path) / 8 * 7;
        let (store, remarks) = Store::open(&path, bound, START + 60 * HOUR).expect("opens again");
        assert!(takes(&path) <= bound && remarks.is_empty(), "{} of {bound} bytes, {remarks:?}", takes(&path));
        let (_, after) = store.weigh().expect("can be read");
        assert!(after < before, "the oldest went");
        assert_eq!(store.state().shed.points, before - after, "each that went is counted");
    }
}

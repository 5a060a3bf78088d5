//! Keeps points in one file: 10 s for 3 hours, a minute for 15 days, five minutes for 63 days, an hour for 455 days.
//!
//! Invariants: what `sync` has confirmed is there after any kill. The open hour is in memory and, as rows, on the disk;
//! an hour that ended becomes blocks of every tier at once, made of the readings themselves and not of each other, so
//! that percentiles stay what they were. While the disk is full or gone, all goes on in memory. Times that lie before
//! the open hour (a clock that went back) are refused and counted. Bounded: the file, series, the hour, what waits for the
//! disk.

mod block;
mod bound;
mod catalogue;
mod disk;
mod number;
mod open;
mod point;
mod range;
mod tier;
mod writer;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use alarm::points::{Points, Time};
use alarm::rules::Statistic;

pub use bound::{BYTES, BYTES_MIN, Shed};
pub use catalogue::{Catalogue, Entry};
use disk::{Change, Disk, Trouble};
use open::{Id, Open};
pub use point::{Fold, Point};
pub use tier::TIERS;
pub use writer::State;
use writer::{Shared, Writer};

use crate::failure::Failure;
use crate::window;

/// Hours that are over and wait in memory for the disk to take them.
const CLOSING_MAX: usize = 2;
/// Points that a summary reads of one series: an hour of tens of seconds, a day of five minutes.
const SUMMED_MAX: Time = 400;

#[derive(Debug)]
pub struct Store {
    catalogue: Catalogue,
    open: Open,
    /// Each with the number of its batch: readable from memory until that is written.
    closing: Vec<(u64, Open)>,
    disk: Shared,
    writer: Writer,
    /// The newest moment that was appended.
    now: Time,
    /// The oldest that is known, where it lies in the open hour.
    since: Option<Time>,
    /// Points refused: of too many series, and of a time before the open hour.
    pub refused: u64,
    pub late: u64,
}

/// Is told each point: its time, and what adds it to a fold.
type Tell<'a> = dyn FnMut(Time, &mut dyn FnMut(&mut Fold)) + 'a;

/// Values of one series, one list a statistic, from `start` on.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    pub start: Time,
    pub period_s: u32,
    /// NaN where there is nothing.
    pub columns: Vec<Vec<f64>>,
}

impl Store {
    /// What is said besides is for the user: where a corrupt file went.
    /// The file takes at most about `bound` bytes.
    pub fn open(path: &Path, bound: u64, now: Time) -> Result<(Self, Vec<String>), Failure> {
        let (mut disk, mut remarks) = open_disk(path)?;
        let mut catalogue = match catalogue(&disk) {
            Ok(catalogue) => catalogue,
            Err(says) => {
                drop(disk);
                let aside = disk::move_aside(path, &says).map_err(|trouble| unusable(path, &trouble))?;
                let aside = aside.display();
                remarks
                    .push(format!("the store was corrupt ({says}): it lies now in {aside}, and a new one was begun"));
                disk = open_disk(path)?.0;
                Catalogue::default()
            }
        };
        let is_new = disk.is_new().map_err(|trouble| unusable(path, &trouble))?;
        let (mut open, mut first) = (Open::of(now), None::<Time>);
        let mut old: Vec<Open> = Vec::new();
        let read = disk.rows(|at, row| {
            first = first.or(Some(at));
            let hour = if open.has(at) {
                &mut open
            } else {
                if old.last().is_none_or(|hour| !hour.has(at)) {
                    old.push(Open::of(at));
                }
                let last = old.len() - 1;
                &mut old[last]
            };
            for (id, point) in open::unrow(row).unwrap_or_default() {
                if (id as usize) < catalogue.entries().len() {
                    hour.put(id, at, point);
                    catalogue.see(id, at);
                }
            }
        });
        read.map_err(|trouble| unusable(path, &trouble))?;
        for hour in old.iter_mut().chain([&mut open]) {
            take_back(&disk, &catalogue, hour).map_err(|trouble| unusable(path, &trouble))?;
        }
        let shed = disk.keep_within(bound);
        disk.shrink(bound);
        let since = if is_new { first } else { Some(Time::MIN) };
        let disk = Arc::new(RwLock::new(Some(disk)));
        let writer = Writer::start(Arc::clone(&disk), path.to_owned(), (bound, shed));
        let writer = writer.map_err(|error| Failure::failed("SG-LOC-001", "cannot start the store").because(error))?;
        let mut store = Self { catalogue, open, closing: Vec::new(), disk, writer, now, since, refused: 0, late: 0 };
        for hour in old {
            // Also what the clock of an earlier run thought of the future: it was confirmed.
            store.close(hour);
        }
        Ok((store, remarks))
    }

    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The moment of the first point, or long ago where some lie in blocks; `None` while there is no point.
    pub fn since(&self) -> Option<Time> {
        self.since
    }

    pub fn state(&self) -> State {
        self.writer.state()
    }

    /// Takes the periods that ended at one moment.
    pub fn append(&mut self, points: &[window::Point]) {
        let mut changes = Vec::new();
        for together in points.chunk_by(|one, other| one.at == other.at) {
            let at = together[0].at;
            if at >= self.open.start + tier::OPEN_S {
                let over = std::mem::replace(&mut self.open, Open::of(at));
                self.close(over);
            }
            if !self.open.has(at) {
                self.late += together.len() as u64;
                continue;
            }
            self.now = self.now.max(at);
            self.since = self.since.or(Some(at));
            let mut row = Vec::with_capacity(together.len());
            for point in together {
                let known = self.catalogue.number(&point.series);
                let Some(id) = known.or_else(|| self.catalogue.add(&point.series, point.unit)) else {
                    self.refused += 1;
                    continue;
                };
                if known.is_none() {
                    changes.push(Change::Series { id, text: self.catalogue.text(id) });
                }
                self.catalogue.see(id, at);
                let kept = Point::of(&point.values);
                row.push((id, kept.clone()));
                self.open.put(id, at, kept);
            }
            changes.push(Change::Row { at, row: open::row(&row) });
        }
        if !changes.is_empty() {
            self.writer.write(changes);
        }
    }

    fn close(&mut self, over: Open) {
        let series = self.catalogue.entries().len() as Id;
        let batch = self.writer.write(vec![Change::Hour { start: over.start, points: over.tiers(), series }]);
        let done = self.writer.state().done;
        self.closing.retain(|(number, _)| *number > done);
        if self.closing.len() >= CLOSING_MAX {
            self.closing.remove(0);
        }
        self.closing.push((batch, over));
    }

    /// Waits until all that was given is durable.
    pub fn sync(&self) -> Result<(), String> {
        self.writer.sync()
    }

    /// A small thing to be remembered, by its name.
    pub fn put(&mut self, name: impl Into<String>, text: impl Into<Vec<u8>>) {
        self.writer.write(vec![Change::Put { name: name.into(), text: text.into() }]);
    }

    pub fn remove(&mut self, name: impl Into<String>) {
        self.writer.write(vec![Change::Remove { name: name.into() }]);
    }

    /// Everything whose name begins so.
    pub fn notes(&self, begin: &str) -> Vec<(String, Vec<u8>)> {
        let mut notes = Vec::new();
        self.with(|disk| disk.notes(begin, |name, text| notes.push((name.to_owned(), text.to_vec()))));
        notes
    }

    /// What cannot be read just now is not there: a page with a gap is better than none.
    fn with<T>(&self, read: impl FnOnce(&Disk) -> Result<T, Trouble>) -> Option<T> {
        let held = self.disk.read().unwrap_or_else(PoisonError::into_inner);
        match held.as_ref().map(read)? {
            Ok(found) => Some(found),
            Err(trouble) => {
                tracing::warn!(code = "SG-LOC-006", %trouble, "the store cannot be read");
                None
            }
        }
    }

    /// Points of one statistic, whole periods from `from` on and before `until`.
    pub fn points(&self, id: Id, statistic: &Statistic, period_s: u32, (from, until): (Time, Time)) -> Points {
        let rows = self.rows(id, std::slice::from_ref(statistic), period_s, (from, until));
        Points::new(rows.start, period_s, rows.columns.into_iter().flatten())
    }

    /// Several statistics of one series at once.
    pub fn rows(&self, id: Id, wanted: &[Statistic], period_s: u32, (from, until): (Time, Time)) -> Rows {
        let period = Time::from(period_s.max(1));
        let start = from.div_euclid(period) * period;
        let slots = usize::try_from((until - start).div_euclid(period)).unwrap_or(0).min(alarm::points::POINTS_MAX);
        let mut columns = vec![vec![f64::NAN; slots]; wanted.len()];
        let spread =
            wanted.iter().any(|it| !matches!(it, Statistic::Average | Statistic::Sum | Statistic::SampleCount));
        let cells = wanted.iter().any(|it| matches!(it, Statistic::Percentile(_) | Statistic::Trimmed(_)));
        let (mut fold, mut at) = (Fold::new(cells), None);
        let mut settle = |fold: &mut Fold, slot: Option<usize>| {
            let Some(slot) = slot.filter(|slot| *slot < slots && !fold.is_empty()) else { return };
            for (column, statistic) in columns.iter_mut().zip(wanted) {
                column[slot] = fold.statistic(statistic).unwrap_or(f64::NAN);
            }
            fold.clear();
        };
        let mut add = |time: Time, put: &mut dyn FnMut(&mut Fold)| {
            let slot = usize::try_from((time - start).div_euclid(period)).ok().filter(|slot| *slot < slots);
            if slot.is_none() || slot != at {
                settle(&mut fold, at);
                fold.clear();
                at = slot;
            }
            if slot.is_some() {
                put(&mut fold);
            }
        };
        self.visit(id, period_s, spread, (start, until), &mut add);
        settle(&mut fold, at);
        Rows { start, period_s, columns }
    }

    /// Tells each point of the time, in order, with what adds it to a fold.
    fn visit(&self, id: Id, period_s: u32, spread: bool, (from, until): (Time, Time), add: &mut Tell<'_>) {
        let first_open = self.closing.iter().map(|(_, hour)| hour.start).chain([self.open.start]).min();
        let first_open = first_open.unwrap_or(self.open.start);
        let number = tier::of(period_s, from, self.now);
        let period = Time::from(TIERS[number].period_s);
        self.with(|disk| {
            disk.blocks(number, id, (from, until.min(first_open)), |block, bytes| {
                block::decode(bytes, spread, |held| {
                    let time = block + Time::from(held.slot) * period;
                    if time < first_open {
                        add(time, &mut |fold| fold.add_knots(held.sum, held.count, held.knots.as_ref()));
                    }
                });
            })
        });
        for hour in self.closing.iter().map(|(_, hour)| hour).chain([&self.open]) {
            for (time, point) in hour.points(id) {
                add(time, &mut |fold| fold.add(point));
            }
        }
    }

    /// Statistics of all readings of a time together, of one series or of several.
    pub fn summary<const N: usize>(
        &self,
        ids: &[Id],
        wanted: &[Statistic; N],
        (from, until): (Time, Time),
    ) -> [Option<f64>; N] {
        // Roll-ups are made of the readings themselves, so a coarser one says the same of a longer time, and sooner.
        let reaches = |tier: &&tier::Tier| from >= self.now - tier.kept_s;
        let is_quick = |tier: &&tier::Tier| (until - from) / Time::from(tier.period_s) <= SUMMED_MAX;
        let tier = TIERS.iter().filter(reaches).find(is_quick);
        let period_s = tier.map_or(TIERS[TIERS.len() - 1].period_s, |tier| tier.period_s);
        let mut whole =
            Fold::new(wanted.iter().any(|it| matches!(it, Statistic::Percentile(_) | Statistic::Trimmed(_))));
        for id in ids {
            self.visit(*id, period_s, true, (from, until), &mut |time, put| {
                if (from..until).contains(&time) {
                    put(&mut whole);
                }
            });
        }
        std::array::from_fn(|at| whole.statistic(&wanted[at]))
    }

    /// Bytes of blocks, and points in them.
    pub fn weigh(&self) -> Option<(u64, u64)> {
        self.with(Disk::weigh)
    }
}

/// The series that the file names; what they are not, where it is corrupt.
fn catalogue(disk: &Disk) -> Result<Catalogue, String> {
    let (mut catalogue, mut fault) = (Catalogue::default(), None);
    let listed = disk.series(|id, text| fault = fault.take().or(catalogue.read(id, text).err()));
    match listed.map_err(|trouble| trouble.to_string()).err().or(fault) {
        Some(says) => Err(says),
        None => Ok(catalogue),
    }
}

/// An hour that was closed and is open again, since the clock went back over its end: it is read and closed anew as a
/// whole, or what comes now would stand for all of it.
fn take_back(disk: &Disk, catalogue: &Catalogue, hour: &mut Open) -> Result<(), Trouble> {
    let (finest, span) = (TIERS[0], (hour.start, hour.start + tier::OPEN_S));
    for id in 0..catalogue.entries().len() as Id {
        disk.blocks(0, id, span, |start, bytes| {
            for (slot, point) in block::slots(bytes) {
                hour.put(id, start + Time::from(slot) * Time::from(finest.period_s), point);
            }
        })?;
    }
    Ok(())
}

fn open_disk(path: &Path) -> Result<(Disk, Vec<String>), Failure> {
    let (disk, aside) = Disk::open(path).map_err(|trouble| unusable(path, &trouble))?;
    let moved = aside
        .map(|aside| format!("the store was corrupt: it lies now in {}, and a new one was begun", aside.display()));
    Ok((disk, moved.into_iter().collect()))
}

fn unusable(path: &Path, trouble: &Trouble) -> Failure {
    let code = if matches!(trouble, Trouble::Taken) { "SG-LOC-002" } else { "SG-LOC-001" };
    Failure::failed(code, format!("cannot use the store {}: {trouble}", path.display()))
}

#[cfg(test)]
mod tests;

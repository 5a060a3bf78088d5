//! The invariants of the module, against a file system that crashes wherever it likes.

mod model;

use std::collections::{BTreeMap, BTreeSet};

use model::{Crash, Model};
use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits { bytes: 1 << 20, age_s: 1_209_600 };
const DATUMS: usize = 4;
/// More room than any test fills.
const PLENTY: usize = 1 << 40;

#[derive(Clone, Debug)]
enum Step {
    /// Appends so many records of so many bytes, then syncs.
    Flush(Vec<usize>),
    SettleOldest,
    SettleNewest,
    /// Only the first datums of the oldest.
    SettlePart(usize),
    Fill,
    Free,
    /// The process dies inside one of its next calls to the disk.
    Fuse(u32),
    /// It dies now.
    Crash(bool),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => prop::collection::vec(0..40_000_usize, 1..4).prop_map(Step::Flush),
        4 => Just(Step::SettleOldest),
        2 => Just(Step::SettleNewest),
        2 => (1..DATUMS).prop_map(Step::SettlePart),
        1 => Just(Step::Fill),
        1 => Just(Step::Free),
        2 => (1..12_u32).prop_map(Step::Fuse),
        1 => any::<bool>().prop_map(Step::Crash),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..60)
}

/// What the test knows of a record, to hold the spool to.
#[derive(Clone, Debug)]
struct Known {
    body: Vec<u8>,
    /// Given to the spool, and synced, without an error.
    safe: bool,
    /// Datums whose settling was asked for, and those whose settling returned without an error.
    asked: BTreeSet<usize>,
    settled: BTreeSet<usize>,
}

impl Known {
    fn of(body: Vec<u8>) -> Self {
        Self { body, safe: false, asked: BTreeSet::new(), settled: BTreeSet::new() }
    }
}

struct World {
    spool: Spool<Model>,
    known: BTreeMap<u64, Known>,
    /// Points that the spool said it lost.
    lost: u64,
    power: bool,
}

impl World {
    fn new(seed: u64) -> Self {
        let spool = Spool::open(Model::new(PLENTY, seed), LIMITS).expect("an empty disk opens");
        Self { spool, known: BTreeMap::new(), lost: 0, power: false }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Flush(sizes) => self.flush(sizes),
            Step::SettleOldest => self.settle(self.spool.oldest(), DATUMS),
            Step::SettleNewest => self.settle(self.spool.newest(), DATUMS),
            Step::SettlePart(count) => self.settle(self.spool.oldest(), *count),
            Step::Fill => self.spool.disk.room = 10_000,
            Step::Free => self.spool.disk.room = PLENTY,
            Step::Fuse(calls) => self.spool.disk.fuse = Some(*calls),
            Step::Crash(power) => self.reopen(if *power { Crash::Power } else { Crash::Kill }),
            Step::Reopen => self.reopen(Crash::Kill),
        }
        if self.spool.disk.dead() {
            self.reopen(if self.power { Crash::Power } else { Crash::Kill });
        }
        self.count();
        self.bounds();
    }

    fn count(&mut self) {
        self.lost += self.spool.take_losses().iter().map(|loss| loss.points).sum::<u64>();
    }

    fn flush(&mut self, sizes: &[usize]) {
        let (mut fresh, mut kept) = (Vec::new(), true);
        for size in sizes {
            let seq = self.spool.next;
            let body = vec![seq as u8; *size];
            kept &= self.spool.append(&body, DATUMS, seq as Time).is_ok();
            self.count();
            self.known.insert(seq, Known::of(body));
            fresh.push(seq);
        }
        if self.spool.sync().is_ok() && kept {
            fresh.iter().filter_map(|seq| self.known.get_mut(seq).map(|known| known.safe = true)).count();
        }
    }

    fn settle(&mut self, waiting: Option<Waiting>, count: usize) {
        let Some(Waiting { seq, parts, .. }) = waiting else { return };
        let part = parts.first().map(|part| part.start..part.end.min(part.start + count)).expect("it waits");
        let known = self.known.get_mut(&seq).expect("nothing is given out that was not appended");
        known.asked.extend(part.clone());
        let held = self.spool.held.points(seq).is_some();
        if self.spool.settle(seq, part.clone()).is_ok() && !held {
            known.settled.extend(part);
        }
    }

    fn reopen(&mut self, crash: Crash) {
        let disk = std::mem::take(&mut self.spool.disk).crash(crash);
        // What was only in memory is gone with the process.
        let memory: BTreeSet<_> =
            self.known.keys().copied().filter(|seq| self.spool.held.points(*seq).is_some()).collect();
        self.spool = Spool::open(disk, LIMITS).expect("what a crash leaves can be opened");
        self.count();
        self.check(crash, &memory);
    }

    /// What waits after a crash is what had to be kept, and nothing that was not given.
    fn check(&mut self, crash: Crash, memory: &BTreeSet<u64>) {
        let found = self.drain_view(crash);
        let mut missing = 0;
        for (seq, known) in &self.known {
            let rest = found.get(seq);
            let waits = |datum: usize| rest.is_some_and(|rest: &Vec<usize>| rest.contains(&datum));
            for datum in 0..DATUMS {
                if crash == Crash::Kill && known.settled.contains(&datum) {
                    assert!(!waits(datum), "record {seq}: datum {datum} was settled and comes back after a kill");
                }
                if known.safe && !memory.contains(seq) && !known.asked.contains(&datum) && !waits(datum) {
                    missing += 1;
                }
            }
        }
        assert!(missing <= self.lost, "{missing} points are missing, and {} were counted as lost", self.lost);
        // From here on, what did not come back is not expected.
        self.lost = 0;
        self.known.retain(|seq, _| found.contains_key(seq));
        for (seq, known) in &mut self.known {
            // A loss of power leaves only what is on the disk; what a kill leaves may still be in the cache alone.
            known.safe |= crash == Crash::Power;
            known.asked = (0..DATUMS).filter(|datum| !found[seq].contains(datum)).collect();
            known.settled.clear();
        }
    }

    /// Every record that waits, read and compared: by number, the datums that wait.
    fn drain_view(&mut self, crash: Crash) -> BTreeMap<u64, Vec<usize>> {
        let mut found = BTreeMap::new();
        let heads: Vec<_> = self.spool.segments.iter().flat_map(Segment::waiting).copied().collect();
        assert!(heads.is_sorted_by(|a, b| a.seq < b.seq), "records are given out by age");
        for head in heads {
            let body = self.spool.read(head.seq).expect("can be read").expect("is there");
            assert!(body.iter().all(|byte| *byte == head.seq as u8), "record {} bit for bit", head.seq);
            if crash == Crash::Power {
                // A removal that was not synced may be undone: what was settled comes back, as it was, and perhaps in
                // the place of one whose number it shares, which then was not safe.
                let known = self.known.entry(head.seq).or_insert_with(|| Known::of(body.clone()));
                if known.body != body {
                    assert!(!known.safe, "record {} was safe", head.seq);
                    *known = Known::of(body.clone());
                }
            }
            let known = self.known.get(&head.seq).expect("nothing is given out that was not appended");
            assert_eq!(body.len(), known.body.len(), "record {} whole", head.seq);
            found.insert(head.seq, self.spool.waiting(&head).parts.into_iter().flatten().collect());
        }
        found
    }

    fn bounds(&self) {
        assert!(self.spool.bytes() <= LIMITS.bytes, "{} bytes", self.spool.bytes());
        assert!(
            // What was evicted last stays until its loss was taken.
            self.spool.disk.bytes() as u64 <= LIMITS.bytes + (100 << 10),
            "{} on the disk",
            self.spool.disk.bytes()
        );
        assert!(self.spool.held.bytes() <= HELD_MAX);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_crash_loses_or_invents(steps in steps(), seed in any::<u64>(), power in any::<bool>()) {
        let mut world = World::new(seed);
        world.power = power;
        for step in &steps {
            world.step(step);
        }
        world.reopen(Crash::Kill);
    }

    #[test]
    fn rot_costs_what_it_touches_and_is_counted(count in 1..20_usize, seed in any::<u64>()) {
        let mut spool = Spool::open(Model::new(PLENTY, seed), LIMITS).expect("opens");
        for seq in 0..count {
            spool.append(&[seq as u8; 50], DATUMS, 0).expect("is written");
        }
        spool.sync().expect("is synced");
        spool.disk.rot();
        let mut spool = Spool::open(spool.disk, LIMITS).expect("opens");
        let mut seen = 0;
        while let Some(waiting) = spool.oldest() {
            let body = spool.read(waiting.seq).expect("is read").expect("was checked at the opening");
            prop_assert!(body.iter().all(|byte| u64::from(*byte) == waiting.seq));
            spool.settle(waiting.seq, 0..DATUMS).expect("is written");
            seen += 1;
        }
        prop_assert!(seen >= count - 1);
    }
}

#[test]
fn a_full_disk_keeps_in_memory_and_moves_on_when_there_is_room() {
    let mut spool = Spool::open(Model::new(3_000, 7), LIMITS).expect("opens");
    for at in 0..10 {
        let kept = spool.append(&[at; 1_000], DATUMS, Time::from(at));
        assert_eq!(kept.is_ok(), at < 2, "record {at}");
    }
    assert_eq!(spool.backlog().points, 40);
    assert_eq!(spool.oldest().map(|oldest| oldest.at), Some(0));
    assert_eq!(spool.newest().map(|newest| newest.at), Some(9));
    // From memory they can be sent all the same.
    let newest = spool.newest().expect("waits");
    assert_eq!(spool.read(newest.seq).expect("is read"), Some(vec![9; 1_000]));
    spool.settle(newest.seq, 0..DATUMS).expect("needs no disk");
    spool.disk.room = 1 << 20;
    spool.sync().expect("there is room");
    assert_eq!((spool.held.bytes(), spool.backlog().points), (0, 36));
    let spool = Spool::open(spool.disk, LIMITS).expect("opens");
    assert_eq!((spool.backlog().points, spool.newest().map(|newest| newest.at)), (36, Some(8)));
}

#[test]
fn what_neither_disk_nor_memory_takes_is_counted() {
    let mut spool = Spool::open(Model::new(0, 7), LIMITS).expect("opens");
    for at in 0..20 {
        assert!(spool.append(&vec![0; 100 << 10], DATUMS, at).is_err());
    }
    let losses = spool.take_losses();
    assert!(losses.iter().all(|loss| loss.reason == Lost::DiskFull));
    let lost: u64 = losses.iter().map(|loss| loss.points).sum();
    assert_eq!(spool.backlog().points + lost, 80);
    assert!(spool.held.bytes() <= HELD_MAX && lost > 0);
}

#[test]
fn the_oldest_goes_when_the_spool_is_full_and_what_is_too_old_goes_at_once() {
    let mut spool = Spool::open(Model::new(PLENTY, 7), LIMITS).expect("opens");
    for at in 0..40 {
        spool.append(&vec![0; 30_000], DATUMS, at * 60).expect("is written");
    }
    let losses = spool.take_losses();
    assert!(losses.iter().all(|loss| loss.reason == Lost::SpoolFull), "{losses:?}");
    let lost: u64 = losses.iter().map(|loss| loss.points).sum();
    assert_eq!(spool.backlog().points + lost, 160);
    assert_eq!(spool.oldest().map(|oldest| oldest.at), Some(lost as Time / 4 * 60));
    spool.expire(1_209_600 + 40 * 60);
    assert!(spool.take_losses().iter().all(|loss| loss.reason == Lost::TooOld));
    assert!(spool.backlog().points <= 8, "only the open segment is left");
}

#[test]
fn a_folder_has_one_owner_and_keeps_what_it_is_given() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut spool = Spool::open(Folder::open(folder.path()).expect("is free"), LIMITS).expect("opens");
    let taken = Folder::open(folder.path()).expect_err("is taken");
    assert_eq!(taken.kind(), io::ErrorKind::WouldBlock);
    spool.append(b"one", 1, 60).expect("is written");
    spool.append(b"two", 2, 120).expect("is written");
    spool.sync().expect("is synced");
    spool.settle(0, 0..1).expect("is written");
    drop(spool);
    let mut spool = Spool::open(Folder::open(folder.path()).expect("is free again"), LIMITS).expect("opens");
    let waiting = spool.oldest().expect("waits");
    assert_eq!((waiting.seq, waiting.at), (1, 120));
    assert_eq!(spool.read(1).expect("is read"), Some(b"two".to_vec()));
    spool.settle(1, 0..2).expect("is written");
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).expect("is there").flatten().map(|file| file.file_name()).collect();
    assert_eq!(left, ["lock"]);
}

//! What was sent since the last flush, by series.
//!
//! Invariants: at most `max_series` series; a set holds at most `MEMBERS_MAX` members; the table of spellings is bounded,
//! and what does not fit in it is only slower. A counter is the sum of its values by their weight; a gauge is as it was
//! last set; every timer and histogram value is kept in its distribution. A series not heard of for an hour is forgotten.

use std::collections::{HashMap, HashSet};

use alarm::series::{Dimensions, Unit};

use super::Settings;
use crate::distribution::{Distribution, VALUE_MAX};
use crate::formats::number::number;
use crate::formats::statsd::{self as parse, Kind, Line, Parts, Unread};
use crate::quick::{self, BuildQuick};
use crate::reading::{Reading, Readings};
use crate::refusals::Refusals;
use crate::vitals::Lost;

/// Members of a set that are told apart in one period: 80 KB.
pub(super) const MEMBERS_MAX: usize = 10_000;
/// Ways to write one series (the order of its tags, its rate) that are looked up at once.
const SPELLINGS_OF_SERIES: usize = 4;
/// Flushes without a sample after which a series is forgotten: an hour of them.
const IDLE_FLUSHES: u32 = 360;

#[derive(Debug)]
enum Seen {
    Counter(f64),
    Gauge(f64),
    Values(Distribution),
    Set(HashSet<u64, BuildQuick>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    name: String,
    dimensions: Dimensions,
    kind: Kind,
}

#[derive(Debug)]
struct Slot {
    key: Key,
    seen: Seen,
    /// Whether anything came since the last flush.
    fresh: bool,
    idle: u32,
}

#[derive(Debug)]
pub(super) struct Table {
    settings: Settings,
    /// A line but for its values, as it was written and found sound once, to its slot and weight.
    spellings: HashMap<Box<[u8]>, (usize, f64), BuildQuick>,
    series: HashMap<Key, usize>,
    slots: Vec<Slot>,
    scratch: Vec<u8>,
    pub(super) refusals: Refusals,
}

impl Table {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            spellings: HashMap::default(),
            series: HashMap::new(),
            slots: Vec::new(),
            scratch: Vec::new(),
            refusals: Refusals::default(),
        }
    }

    /// Takes a packet; each line that cannot be taken is counted.
    pub(super) fn take(&mut self, packet: &[u8]) {
        for bytes in parse::lines(packet) {
            if let Err(why) = self.sample(bytes) {
                self.refusals.add(Lost::Unreadable, || format!("{why:?}: {}", String::from_utf8_lossy(bytes)));
            }
        }
    }

    fn sample(&mut self, bytes: &[u8]) -> Result<(), Unread> {
        let Parts { name, values, tail } = parse::parts(bytes)?;
        self.scratch.clear();
        self.scratch.extend_from_slice(name);
        // No name holds a line end.
        self.scratch.push(b'\n');
        self.scratch.extend_from_slice(tail);
        let known = self.spellings.get(self.scratch.as_slice()).filter(|_| !values.is_empty()).copied();
        let (slot, weight) = if let Some(known) = known {
            known
        } else {
            let line = parse::line(bytes)?;
            let Some(slot) = self.slot(&line) else { return Ok(()) };
            (slot, line.weight)
        };
        let slot = &mut self.slots[slot];
        (slot.fresh, slot.idle) = (true, 0);
        for value in parse::values(values) {
            if let Err(reason) = slot.seen.add(value, weight) {
                let text = |bytes| String::from_utf8_lossy(bytes);
                self.refusals.add(reason, || format!("{}:{}", text(name), text(value)));
            }
        }
        Ok(())
    }

    /// The slot of a spelling that is met for the first time.
    fn slot(&mut self, line: &Line<'_>) -> Option<usize> {
        let kept = parse::tags(line).filter(|(tag, _)| self.settings.keeps(tag));
        let key = Key { name: line.name.to_owned(), dimensions: kept.collect(), kind: line.kind };
        let slot = match self.series.get(&key) {
            Some(slot) => *slot,
            None if self.slots.len() >= self.settings.max_series => {
                self.refusals.add(Lost::SeriesBound, || format!("{}{{{}}}", key.name, key.dimensions));
                return None;
            }
            None => {
                self.slots.push(Slot { seen: Seen::of(line.kind), key: key.clone(), fresh: false, idle: 0 });
                self.series.insert(key, self.slots.len() - 1);
                self.slots.len() - 1
            }
        };
        // Who writes the time into each line never writes one again.
        if !line.is_timed && self.spellings.len() < self.settings.max_series * SPELLINGS_OF_SERIES {
            self.spellings.insert(self.scratch.as_slice().into(), (slot, line.weight));
        }
        Some(slot)
    }

    /// What came since the last flush. Sets are told when a period ends: parts of a set cannot be added up.
    pub(super) fn flush(&mut self, period_ends: bool) -> Readings {
        let mut readings = Readings::default();
        let space = &self.settings.space;
        for slot in &mut self.slots {
            let told = slot.fresh && (period_ends || slot.key.kind != Kind::Set);
            if !told {
                slot.idle += 1;
                continue;
            }
            slot.fresh = false;
            let Key { name, dimensions, kind } = &slot.key;
            let unit = match kind {
                Kind::Counter | Kind::Set => Unit::Count,
                Kind::Timer => Unit::Milliseconds,
                Kind::Gauge | Kind::Histogram => Unit::of_metric(name),
            };
            let one = |value| Reading::new(space.clone(), name.clone(), unit, value);
            let reading = match &mut slot.seen {
                Seen::Counter(sum) => one(std::mem::take(sum)),
                Seen::Gauge(value) => one(*value),
                Seen::Set(members) => one(std::mem::take(members).len() as f64),
                Seen::Values(values) if values.is_empty() => continue,
                Seen::Values(values) => Reading::folded(space.clone(), name.clone(), unit, std::mem::take(values)),
            };
            readings.push(reading.of(dimensions.clone()));
        }
        self.forget_idle();
        readings
    }

    fn forget_idle(&mut self) {
        if self.slots.iter().all(|slot| slot.idle < IDLE_FLUSHES) {
            return;
        }
        self.slots.retain(|slot| slot.idle < IDLE_FLUSHES);
        self.spellings.clear();
        self.series = self.slots.iter().enumerate().map(|(at, slot)| (slot.key.clone(), at)).collect();
    }
}

impl Seen {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Counter => Self::Counter(0.0),
            Kind::Gauge => Self::Gauge(0.0),
            Kind::Timer | Kind::Histogram => Self::Values(Distribution::default()),
            Kind::Set => Self::Set(HashSet::default()),
        }
    }

    fn add(&mut self, text: &[u8], weight: f64) -> Result<(), Lost> {
        if let Self::Set(members) = self {
            let member = quick::of(text);
            if members.len() >= MEMBERS_MAX && !members.contains(&member) {
                return Err(Lost::SetBound);
            }
            members.insert(member);
            return Ok(());
        }
        let value = number(text).ok_or(Lost::NotANumber)?;
        if value.abs() > VALUE_MAX {
            return Err(Lost::OutOfRange);
        }
        match self {
            Self::Counter(sum) => *sum += value * weight,
            Self::Gauge(held) if parse::is_change(text) => *held += value,
            Self::Gauge(held) => *held = value,
            Self::Values(values) => values.add(value, weight),
            Self::Set(_) => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(settings: Settings, packets: &[&str]) -> (Vec<String>, Table) {
        let mut table = Table::new(settings);
        for packet in packets {
            table.take(packet.as_bytes());
        }
        let mut said: Vec<_> = table.flush(true).0.iter().map(shown).collect();
        said.sort();
        (said, table)
    }

    fn shown(reading: &Reading) -> String {
        let Reading { name, dimensions, unit, value, more, .. } = reading;
        let values = if more.is_empty() { format!("{value}") } else { format!("{:?}", more.shown()) };
        format!("{name}{{{dimensions}}} {} {values}", unit.name())
    }

    fn check(packets: &[&str], expect: &[&str]) {
        assert_eq!(table(Settings::default(), packets).0, expect, "{packets:?}");
    }

    #[test]
    fn counters_add_up_by_their_rate() {
        check(&["a:1|c\na:2|c|@0.5", "a:1:1:1|c"], &["a{} Count 8"]);
        check(&["a:1|c|#x:1,y:2\na:1|c|#y:2,x:1"], &["a{x=1,y=2} Count 2"]);
    }

    #[test]
    fn a_line_that_is_known_is_taken_as_the_first_was() {
        check(&["a:1|c|@0.5|#x:1\na:2|c|@0.5|#x:1\na:2|c|#x:1"], &["a{x=1} Count 8"]);
        let (said, table) = table(Settings::default(), &["a:1|c\na:|c\na:1|c|T1656581400\na:1|c|T1656581401"]);
        assert_eq!(said, ["a{} Count 3"]);
        assert_eq!((table.refusals.of(Lost::Unreadable), table.spellings.len()), (1, 1));
    }

    #[test]
    fn gauges_are_set_and_changed() {
        check(&["pool:5|g\npool:+3|g\npool:-1|g"], &["pool{} None 7"]);
        check(&["heap_bytes:5|g\nheap_bytes:9|g"], &["heap_bytes{} Bytes 9"]);
        // As everywhere: to set a gauge below zero, set it to zero first.
        check(&["t:0|g\nt:-4|g"], &["t{} None -4"]);
    }

    #[test]
    fn timers_keep_their_distribution_and_sets_count_members() {
        check(&["t:5:7|ms\nt:5|ms|@0.1"], &["t{} Milliseconds [(5.0, 11.0), (7.0, 1.0)]"]);
        check(&["u:a|s\nu:b|s\nu:a|s"], &["u{} Count 2"]);
    }

    #[test]
    fn nonsense_is_counted_and_the_rest_is_taken() {
        let (said, table) = table(Settings::default(), &["a:1|c\nb:x|c\nc|c\na:nan|g\na:1e99999|g"]);
        assert_eq!(said, ["a{} Count 1", "a{} None 0", "b{} Count 0"]);
        assert_eq!((table.refusals.of(Lost::Unreadable), table.refusals.of(Lost::NotANumber)), (1, 3));
    }

    #[test]
    fn series_are_bounded_and_tags_can_be_dropped() {
        let many: Vec<_> = (0..50).map(|n| format!("a:1|c|#user:{n}")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        let (said, table) = table(Settings { max_series: 10, ..Settings::default() }, &many);
        assert_eq!((said.len(), table.refusals.of(Lost::SeriesBound)), (10, 40));
        let (said, _) = self::table(Settings { drop_tags: vec!["user".into()], ..Settings::default() }, &many);
        assert_eq!(said, ["a{} Count 50"]);
        let (said, _) = self::table(Settings { keep_tags: vec!["shop".into()], ..Settings::default() }, &many);
        assert_eq!(said, ["a{} Count 50"]);
    }

    #[test]
    fn members_are_bounded() {
        let lines: Vec<_> = (0..MEMBERS_MAX + 5).map(|n| format!("u:{n}|s")).collect();
        let (said, table) = table(Settings::default(), &[&lines.join("\n")]);
        assert_eq!((said, table.refusals.of(Lost::SetBound)), (vec![format!("u{{}} Count {MEMBERS_MAX}")], 5));
    }

    #[test]
    fn sets_wait_for_the_end_of_the_period_and_all_else_is_told_once() {
        let mut table = Table::new(Settings::default());
        table.take(b"u:a|s\nn:1|c");
        let said = |readings: Readings| readings.0.iter().map(shown).collect::<Vec<_>>();
        assert_eq!(said(table.flush(false)), ["n{} Count 1"]);
        table.take(b"u:b|s");
        assert_eq!(said(table.flush(true)), ["u{} Count 2"]);
        assert!(table.flush(true).0.is_empty());
    }

    #[test]
    fn who_is_silent_for_long_makes_place() {
        let mut table = Table::new(Settings { max_series: 1, ..Settings::default() });
        table.take(b"a:1|c");
        (0..=IDLE_FLUSHES).for_each(|_| drop(table.flush(false)));
        table.take(b"b:1|c");
        assert_eq!(table.flush(false).0.len(), 1);
    }
}

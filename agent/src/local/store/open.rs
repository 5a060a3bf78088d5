//! The hour that is not over: its points in memory, as they came, and the same as rows for the disk.
//!
//! A row is all points of one moment, which one write makes durable. Nothing but rows stands for this hour on the disk,
//! so that what a start reads back is what was written.

use std::collections::BTreeMap;

use alarm::points::Time;

use super::block::Slots;
use super::disk::Tiers;
use super::number::{code, folded, unfolded, value};
use super::point::{Fold, Point, Spread};
use super::tier::{OPEN_S, TIERS};

/// Series by their number in the catalogue.
pub(super) type Id = u32;

#[derive(Debug, Default)]
pub(super) struct Open {
    /// The beginning of the hour.
    pub(super) start: Time,
    series: BTreeMap<Id, Slots>,
}

impl Open {
    pub(super) fn of(time: Time) -> Self {
        Self { start: time.div_euclid(OPEN_S) * OPEN_S, series: BTreeMap::new() }
    }

    pub(super) fn has(&self, time: Time) -> bool {
        (self.start..self.start + OPEN_S).contains(&time)
    }

    /// Two points of one period become one: the window may close a period twice.
    pub(super) fn put(&mut self, id: Id, time: Time, point: Point) {
        let slot = ((time - self.start) / Time::from(TIERS[0].period_s)) as u16;
        let slots = self.series.entry(id).or_default();
        match slots.last() {
            Some((last, _)) if *last >= slot => match slots.binary_search_by_key(&slot, |(slot, _)| *slot) {
                Ok(at) => {
                    let mut fold = Fold::new(true);
                    fold.add(&slots[at].1);
                    fold.add(&point);
                    slots[at].1 = fold.point();
                }
                Err(at) => slots.insert(at, (slot, point)),
            },
            _ => slots.push((slot, point)),
        }
    }

    /// The points of a series with the beginnings of their periods.
    pub(super) fn points(&self, id: Id) -> impl Iterator<Item = (Time, &Point)> {
        let slots = self.series.get(&id).map(Vec::as_slice).unwrap_or_default();
        slots.iter().map(|(slot, point)| (self.start + Time::from(*slot) * Time::from(TIERS[0].period_s), point))
    }

    /// Every series at every tier: what the blocks take.
    pub(super) fn tiers(&self) -> Vec<(Id, Tiers)> {
        self.series.keys().map(|id| (*id, TIERS.map(|tier| self.tier(*id, tier.period_s)))).collect()
    }

    fn tier(&self, id: Id, period_s: u32) -> Vec<(Time, Point)> {
        let period = Time::from(period_s);
        let mut made: Vec<(Time, Point)> = Vec::new();
        let (mut fold, mut at) = (Fold::new(true), None);
        for (time, point) in self.points(id) {
            let start = time.div_euclid(period) * period;
            if let Some(before) = at.filter(|before| *before != start) {
                made.push((before, fold.point()));
                fold.clear();
            }
            at = Some(start);
            fold.add(point);
        }
        made.extend(at.map(|at| (at, fold.point())));
        made
    }
}

/// The points of one moment as bytes: number of the series, sum, count, cells.
pub(super) fn row(points: &[(Id, Point)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(points.len() * 8);
    let mut last = 0;
    for (id, point) in points {
        put(&mut out, folded(i64::from(*id) - last));
        last = i64::from(*id);
        put(&mut out, folded(i64::from(code(point.sum))));
        let cells = match point.spread.as_deref() {
            Some(Spread::Cells(cells)) => cells.as_slice(),
            _ => &[],
        };
        // One reading, the usual case, is said by a zero.
        let plain = point.count == 1.0 && cells.is_empty();
        put(&mut out, if plain { 0 } else { cells.len() as u64 + 1 });
        if !plain {
            out.extend(point.count.to_le_bytes());
        }
        for (cell, count) in cells {
            put(&mut out, folded(i64::from(*cell)));
            out.extend(count.to_le_bytes());
        }
    }
    out
}

/// `None`: these are no points of ours.
pub(super) fn unrow(mut bytes: &[u8]) -> Option<Vec<(Id, Point)>> {
    let (mut points, mut last) = (Vec::new(), 0);
    while !bytes.is_empty() {
        last += unfolded(take(&mut bytes)?);
        let sum = value(i32::try_from(unfolded(take(&mut bytes)?)).ok()?);
        let cells = take(&mut bytes)?;
        let mut point = Point { sum, count: 1.0, spread: None };
        if cells > 0 {
            point.count = float(&mut bytes)?;
        }
        let mut held = Vec::new();
        for _ in 1..cells {
            held.push((i32::try_from(unfolded(take(&mut bytes)?)).ok()?, float(&mut bytes)?));
        }
        if !held.is_empty() {
            point.spread = Some(Box::new(Spread::Cells(held)));
        }
        points.push((u32::try_from(last).ok()?, point));
    }
    Some(points)
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for at in 0..10 {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(first & 0x7F).checked_shl(7 * at)?;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn float(bytes: &mut &[u8]) -> Option<f32> {
    let (four, rest) = bytes.split_first_chunk::<4>()?;
    *bytes = rest;
    Some(f32::from_le_bytes(*four))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::window::Distribution;

    proptest! {
            #[test]
            fn rows_come_back(values in prop::collection::vec((0..5_000_u32, prop::collection::vec(-1e6..1e6_f64, 1..5)), 0..50)) {
                let points: Vec<_> = values.iter().map(|(id, values)| {
                    let mut seen = Distribution::default();
                    for value in values {
     seen.add(*value, 1.0);
    }
                    (*id, Point::of(&seen))
                }).collect();
                prop_assert_eq!(unrow(&row(&points)), Some(points));
            }

            #[test]
            fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
                unrow(&bytes);
            }
        }

    #[test]
    fn an_hour_becomes_tiers() {
        let mut open = Open::of(7_200 + 50);
        for second in (0..600).step_by(10) {
            open.put(3, 7_200 + second, Point::one(second as f64));
        }
        open.put(3, 7_200, Point::one(20.0));
        let tiers = open.tiers();
        let (id, [fine, minutes, fives, hours]) = &tiers[0];
        assert_eq!((*id, fine.len(), minutes.len(), fives.len(), hours.len()), (3, 60, 10, 2, 1));
        assert_eq!(hours[0].1.count, 61.0);
        assert_eq!(fine[0].1.sum, 20.0);
        assert_eq!(minutes[1].0, 7_260);
    }
}

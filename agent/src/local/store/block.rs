//! Many points of one series in few bytes: column by column, differences only, through the range coder.
//!
//! A block has a fixed number of slots. The columns, in this order: which slots have a point, how many readings, their
//! sum, whether they differ, and then their knots. Who wants averages alone need not read the last two. A column of
//! small integers is kept exactly; any other in codes of 17 bits (`number`).

use super::number::{self, WHOLE_MAX, cell, folded, unfolded};
use super::point::{KNOTS, Point, Spread, mean};
use super::range::{Likely, Numbers, Reader, Writer};

/// A block of a later form is not guessed at.
const FORM: u8 = 2;
/// No block has more slots: six hours of minutes, a day of five minutes, fifteen days of hours.
pub(super) const SLOTS_MAX: usize = 360;

const COUNTS_WHOLE: u8 = 1;
const SUMS_WHOLE: u8 = 2;

/// Points by their slots, ascending.
pub(super) type Slots = Vec<(u16, Point)>;

/// What a block tells of one slot, without a box for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) slot: u16,
    pub(super) sum: f64,
    pub(super) count: f32,
    pub(super) knots: Option<[i32; KNOTS]>,
}

impl Held {
    pub(super) fn point(&self) -> Point {
        let spread = self.knots.map(|knots| Box::new(Spread::Knots(knots)));
        Point { sum: self.sum, count: self.count, spread }
    }
}

fn is_whole(values: impl Iterator<Item = f64>) -> bool {
    let mut values = values;
    values.all(|value| value.fract() == 0.0 && value.abs() < WHOLE_MAX)
}

fn number(value: f64, whole: bool) -> i64 {
    if whole { value as i64 } else { i64::from(number::code(value)) }
}

fn value(number: i64, whole: bool) -> f64 {
    if whole { number as f64 } else { number::value(i32::try_from(number).unwrap_or(0)) }
}

pub(super) fn encode(points: &[(u16, Point)]) -> Vec<u8> {
    let counts_whole = is_whole(points.iter().map(|(_, point)| f64::from(point.count)));
    let sums_whole = is_whole(points.iter().map(|(_, point)| point.sum));
    let mut head = vec![FORM, (u8::from(counts_whole) * COUNTS_WHOLE) | (u8::from(sums_whole) * SUMS_WHOLE)];
    let slots = points.last().map_or(0, |(slot, _)| slot + 1);
    head.extend(slots.to_le_bytes());
    let mut to = Writer::default();
    let mut present = [Likely::default(); 2];
    let (mut next, mut before) = (0, true);
    for slot in 0..slots {
        let here = points[next].0 == slot;
        to.bit(&mut present[usize::from(before)], here);
        next += usize::from(here);
        before = here;
    }
    let mut column = |values: &mut dyn Iterator<Item = i64>| {
        let (mut kind, mut last) = (Numbers::default(), 0);
        for value in values {
            kind.write(&mut to, folded(value - last));
            last = value;
        }
    };
    column(&mut points.iter().map(|(_, point)| number(f64::from(point.count), counts_whole)));
    column(&mut points.iter().map(|(_, point)| number(point.sum, sums_whole)));
    knots(points, &mut to);
    head.extend(to.finish());
    head
}

fn knots(points: &[(u16, Point)], to: &mut Writer) {
    let mut differ = [Likely::default(); 2];
    let mut before = false;
    let mut kinds: [Numbers; KNOTS] = Default::default();
    for (_, point) in points {
        let middle = cell(point.mean());
        let knots = point.spread.as_deref().map(Spread::knots);
        let knots = knots.filter(|knots| knots.iter().any(|knot| *knot != middle));
        to.bit(&mut differ[usize::from(before)], knots.is_some());
        before = knots.is_some();
        let Some(knots) = knots else { continue };
        // The lowest lies at or below the mean, and each next one at or above the one before.
        kinds[0].write(to, folded(i64::from(middle) - i64::from(knots[0])));
        for at in 1..KNOTS {
            kinds[at].write(to, (i64::from(knots[at]) - i64::from(knots[at - 1])).max(0).cast_unsigned());
        }
    }
}

/// Tells each point; `spread` says whether anyone asks how the readings lie. `false`: this is no block of ours.
pub(super) fn decode(bytes: &[u8], spread: bool, mut tell: impl FnMut(Held)) -> bool {
    let Some((head, rest)) = bytes.split_first_chunk::<4>() else { return false };
    let slots = usize::from(u16::from_le_bytes([head[2], head[3]]));
    if head[0] != FORM || slots > SLOTS_MAX {
        return false;
    }
    let (counts_whole, sums_whole) = (head[1] & COUNTS_WHOLE != 0, head[1] & SUMS_WHOLE != 0);
    let mut from = Reader::new(rest);
    let mut present = [Likely::default(); 2];
    let mut before = true;
    let mut held: Vec<Held> = Vec::with_capacity(slots);
    for slot in 0..slots {
        before = from.bit(&mut present[usize::from(before)]);
        if before {
            held.push(Held { slot: slot as u16, sum: 0.0, count: 0.0, knots: None });
        }
    }
    let mut column = |set: &mut dyn FnMut(usize, i64)| {
        let (mut kind, mut last) = (Numbers::default(), 0_i64);
        for at in 0..held.len() {
            last = last.wrapping_add(unfolded(kind.read(&mut from)));
            set(at, last);
        }
    };
    let mut counts = Vec::with_capacity(slots);
    column(&mut |_, count| counts.push(value(count, counts_whole) as f32));
    let mut sums = Vec::with_capacity(slots);
    column(&mut |_, sum| sums.push(value(sum, sums_whole)));
    for ((held, sum), count) in held.iter_mut().zip(sums).zip(counts) {
        (held.sum, held.count) = (sum, count);
    }
    if spread {
        read_knots(&mut held, &mut from);
    }
    held.into_iter().for_each(&mut tell);
    true
}

fn read_knots(held: &mut [Held], from: &mut Reader<'_>) {
    let mut differ = [Likely::default(); 2];
    let mut before = false;
    let mut kinds: [Numbers; KNOTS] = Default::default();
    for held in held {
        before = from.bit(&mut differ[usize::from(before)]);
        if !before {
            continue;
        }
        let middle = i64::from(cell(mean(held.sum, held.count)));
        let mut last = middle.wrapping_sub(unfolded(kinds[0].read(from)));
        let mut knots = [last as i32; KNOTS];
        for at in 1..KNOTS {
            last = last.wrapping_add_unsigned(kinds[at].read(from));
            knots[at] = last as i32;
        }
        // A cell beyond all codes can only stand in a block that was changed.
        held.knots = Some(knots.map(|knot| knot.clamp(-(1 << 21), 1 << 21)));
    }
}

/// All of it, to be added to.
pub(super) fn slots(bytes: &[u8]) -> Slots {
    let mut slots = Vec::new();
    decode(bytes, true, |held| slots.push((held.slot, held.point())));
    slots
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::local::store::point::Fold;

    fn point(values: &[f64]) -> Point {
        let mut fold = Fold::new(true);
        for value in values {
            fold.add(&Point::one(*value));
        }
        fold.point()
    }

    fn through(points: &[(u16, Point)]) -> Slots {
        slots(&encode(points))
    }

    #[test]
    fn gaps_stay_gaps() {
        let points = vec![(3, Point::one(1.0)), (4, Point::one(0.0)), (359, Point::one(-7.5))];
        assert_eq!(through(&points), points);
        assert_eq!(through(&[]), []);
    }

    #[test]
    fn a_steady_series_is_nearly_free_and_noise_is_bounded() {
        let steady: Vec<_> = (0..360).map(|slot| (slot, Point::one(42.25))).collect();
        assert!(encode(&steady).len() < 40, "{} bytes", encode(&steady).len());
        let mut random = fastrand::Rng::with_seed(7);
        let noise: Vec<_> = (0..360).map(|slot| (slot, Point::one(50.0 + 50.0 * random.f64()))).collect();
        assert!(encode(&noise).len() < 360 * 5 / 2, "{} bytes", encode(&noise).len());
    }

    proptest! {
        #[test]
        fn points_come_back(values in prop::collection::vec(prop::collection::vec(prop_oneof![Just(0.0), 0.0..100.0_f64, -1e9..1e9_f64], 1..9), 0..60)) {
            let points: Slots = values.iter().enumerate().map(|(slot, values)| (slot as u16 * 3, point(values))).collect();
            let back = through(&points);
            prop_assert_eq!(back.len(), points.len());
            for ((slot, before), (again, after)) in points.iter().zip(&back) {
                prop_assert_eq!((slot, before.count), (again, after.count));
                prop_assert!((before.sum - after.sum).abs() <= before.sum.abs() * 8e-6);
                let middle = [cell(before.mean()); KNOTS];
                let knots = |point: &Point| point.spread.as_deref().map_or(middle, Spread::knots);
                prop_assert_eq!(knots(before), knots(after));
            }
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let mut bytes = bytes;
            if let Some(first) = bytes.first_mut() { *first = FORM; }
            if bytes.len() > 3 { bytes[3] = 0; }
            decode(&bytes, true, |held| { held.point(); });
        }
    }
}

//! Levels in small: hundredths of a percent in 16 bits, in rings of fixed length.
//!
//! What is remembered of a disk is written each quarter of an hour; it must be small, and its text as well.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Nothing was seen.
const NONE: i16 = i16::MIN;
const HUNDREDTHS: f64 = 100.0;

/// The newest value first. What falls off the end is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ring<const N: usize>([i16; N]);

impl<const N: usize> Default for Ring<N> {
    fn default() -> Self {
        Self([NONE; N])
    }
}

fn small(points: f64) -> i16 {
    if points.is_nan() { NONE } else { (points * HUNDREDTHS).round().clamp(-32_000.0, 32_000.0) as i16 }
}

fn large(kept: i16) -> Option<f64> {
    (kept != NONE).then(|| f64::from(kept) / HUNDREDTHS)
}

impl<const N: usize> Ring<N> {
    /// Moves on by some places, which are left empty.
    pub(super) fn advance(&mut self, places: usize) {
        let places = places.min(N);
        self.0.rotate_right(places);
        self.0[..places].fill(NONE);
    }

    pub(super) fn set_newest(&mut self, value: f64) {
        self.0[0] = small(value);
    }

    pub(super) fn raise_newest(&mut self, value: f64) {
        self.0[0] = self.0[0].max(small(value));
    }

    pub(super) fn lower_newest(&mut self, value: f64) {
        let value = small(value);
        self.0[0] = if self.0[0] == NONE { value } else { self.0[0].min(value) };
    }

    pub(super) fn get(&self, age: usize) -> Option<f64> {
        large(*self.0.get(age)?)
    }

    /// The lowest of the newest `count`.
    pub(super) fn low(&self, count: usize) -> Option<f64> {
        large(self.0[..count.min(N)].iter().copied().filter(|kept| *kept != NONE).min()?)
    }

    /// The highest from an age on.
    pub(super) fn high_from(&self, age: usize) -> Option<f64> {
        large(self.0[age.min(N)..].iter().copied().filter(|kept| *kept != NONE).max()?)
    }

    /// The disk was resized: the same bytes are another share of it, but never more than all of it.
    pub(super) fn scale(&mut self, factor: f64) {
        for kept in &mut self.0 {
            *kept = large(*kept).map_or(NONE, |value| small((value * factor).clamp(0.0, 100.0)));
        }
    }
}

impl<const N: usize> Serialize for Ring<N> {
    /// Up to the oldest that is known.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let known = self.0.iter().rposition(|kept| *kept != NONE).map_or(0, |at| at + 1);
        to.collect_seq(&self.0[..known])
    }
}

impl<'de, const N: usize> Deserialize<'de> for Ring<N> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Values<const N: usize>;
        impl<'de, const N: usize> Visitor<'de> for Values<N> {
            type Value = Ring<N>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "a list of hundredths")
            }

            /// A longer list (of another version) loses its oldest.
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Ring<N>, A::Error> {
                let mut ring = Ring::default();
                let mut at = 0;
                while let Some(value) = list.next_element()? {
                    if at < N {
                        ring.0[at] = value;
                    }
                    at += 1;
                }
                Ok(ring)
            }
        }
        from.deserialize_seq(Values::<N>)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_forgets_the_oldest_and_survives_the_edge() {
        let mut ring = Ring::<3>::default();
        for value in [10.0, 20.5, f64::NAN, 30.25] {
            ring.advance(1);
            ring.set_newest(value);
        }
        assert_eq!([ring.get(0), ring.get(1), ring.get(2), ring.get(3)], [Some(30.25), None, Some(20.5), None]);
        assert_eq!((ring.low(3), ring.low(1), ring.high_from(1)), (Some(20.5), Some(30.25), Some(20.5)));
        let text = serde_json::to_string(&ring).unwrap();
        assert_eq!(text, "[3025,-32768,2050]");
        assert_eq!(serde_json::from_str::<Ring<3>>(&text).unwrap(), ring);
        assert_eq!(serde_json::from_str::<Ring<1>>(&text).unwrap().get(0), Some(30.25));
        ring.advance(usize::MAX);
        assert_eq!(ring.high_from(0), None);
    }
}

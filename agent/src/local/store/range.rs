//! A range coder for bits that are not equally likely, as in LZMA, and numbers made of such bits.
//!
//! Each kind of bit has a likelihood of its own, which both sides learn as they go: what is always the same costs a
//! fiftieth of a bit. Reading past the end gives zeros, so a text that was cut or changed gives nonsense, never a panic
//! nor a wait.

const LIKELY_BITS: u32 = 11;
const EVEN: u16 = 1 << (LIKELY_BITS - 1);
/// How quickly a likelihood follows what it sees.
const FOLLOW: u32 = 4;
const TOP: u32 = 1 << 24;

/// How likely the next bit of its kind is a zero.
#[derive(Clone, Copy, Debug)]
pub(super) struct Likely(u16);

impl Default for Likely {
    fn default() -> Self {
        Self(EVEN)
    }
}

impl Likely {
    fn bound(self, range: u32) -> u32 {
        (range >> LIKELY_BITS) * u32::from(self.0)
    }

    fn learn(&mut self, bit: bool) {
        if bit {
            self.0 -= self.0 >> FOLLOW;
        } else {
            self.0 += ((1 << LIKELY_BITS) - self.0) >> FOLLOW;
        }
    }
}

#[derive(Debug)]
pub(super) struct Writer {
    low: u64,
    range: u32,
    cache: u8,
    /// Bytes that a carry may still change.
    waiting: usize,
    out: Vec<u8>,
}

impl Default for Writer {
    fn default() -> Self {
        Self { low: 0, range: u32::MAX, cache: 0, waiting: 1, out: Vec::new() }
    }
}

impl Writer {
    pub(super) fn bit(&mut self, likely: &mut Likely, bit: bool) {
        let bound = likely.bound(self.range);
        if bit {
            self.low += u64::from(bound);
            self.range -= bound;
        } else {
            self.range = bound;
        }
        likely.learn(bit);
        self.refill();
    }

    /// The lowest `count` bits, each as likely as not.
    pub(super) fn bits(&mut self, bits: u64, count: u32) {
        for at in (0..count).rev() {
            self.range >>= 1;
            if bits >> at & 1 == 1 {
                self.low += u64::from(self.range);
            }
            self.refill();
        }
    }

    fn refill(&mut self) {
        while self.range < TOP {
            self.range <<= 8;
            self.shift();
        }
    }

    fn shift(&mut self) {
        let carry = (self.low >> 32) as u8;
        if carry != 0 || self.low < 0xFF00_0000 {
            self.out.push(self.cache.wrapping_add(carry));
            let changed = 0xFF_u8.wrapping_add(carry);
            self.out.extend(std::iter::repeat_n(changed, self.waiting - 1));
            self.waiting = 0;
            self.cache = (self.low >> 24) as u8;
        }
        self.waiting += 1;
        self.low = (self.low & 0x00FF_FFFF) << 8;
    }

    /// The bytes: the first is always zero and the last zeros say nothing, so they are left out.
    pub(super) fn finish(mut self) -> Vec<u8> {
        for _ in 0..5 {
            self.shift();
        }
        while self.out.last() == Some(&0) {
            self.out.pop();
        }
        if !self.out.is_empty() {
            self.out.remove(0);
        }
        self.out
    }
}

#[derive(Debug)]
pub(super) struct Reader<'a> {
    range: u32,
    code: u32,
    rest: std::slice::Iter<'a, u8>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let mut reader = Self { range: u32::MAX, code: 0, rest: bytes.iter() };
        for _ in 0..4 {
            reader.code = reader.code << 8 | reader.byte();
        }
        reader
    }

    fn byte(&mut self) -> u32 {
        self.rest.next().copied().map_or(0, u32::from)
    }

    #[expect(
        clippy::inline_always,
        reason = "a chart of a month reads a million bits, and the rest is compiled for size"
    )]
    #[inline(always)]
    pub(super) fn bit(&mut self, likely: &mut Likely) -> bool {
        let bound = likely.bound(self.range);
        let bit = self.code >= bound;
        if bit {
            self.code -= bound;
            self.range -= bound;
        } else {
            self.range = bound;
        }
        likely.learn(bit);
        self.refill();
        bit
    }

    pub(super) fn bits(&mut self, count: u32) -> u64 {
        let mut bits = 0;
        for _ in 0..count {
            self.range >>= 1;
            let bit = self.code >= self.range;
            if bit {
                self.code -= self.range;
            }
            bits = bits << 1 | u64::from(bit);
            self.refill();
        }
        bits
    }

    #[inline]
    fn refill(&mut self) {
        while self.range < TOP {
            self.range <<= 8;
            self.code = self.code << 8 | self.byte();
        }
    }
}

/// Lengths of a number in bits: 0 to 63 fit, and most are below 8.
const LONG_BITS: u32 = 6;
const SHORT_BITS: u32 = 3;
const LONGS: usize = 1 << LONG_BITS;
const SHORTS: usize = 1 << SHORT_BITS;
/// A number after a zero, after a small one, after a large one.
const AFTER: usize = 3;
const SMALL: u32 = 6;

/// Numbers of one kind: mostly small, and alike in length to the one before.
#[derive(Clone, Debug)]
pub(super) struct Numbers {
    /// Whether the length is one of the few.
    is_long: [Likely; AFTER],
    shorts: [[Likely; SHORTS]; AFTER],
    longs: [[Likely; LONGS]; AFTER],
    seconds: [Likely; LONGS],
    after: usize,
}

impl Default for Numbers {
    fn default() -> Self {
        let even = Likely::default();
        Self {
            is_long: [even; AFTER],
            shorts: [[even; SHORTS]; AFTER],
            longs: [[even; LONGS]; AFTER],
            seconds: [even; LONGS],
            after: 0,
        }
    }
}

impl Numbers {
    fn note(&mut self, length: u32) {
        self.after = match length {
            0 => 0,
            1..=SMALL => 1,
            _ => 2,
        };
    }

    pub(super) fn write(&mut self, to: &mut Writer, number: u64) {
        let length = u64::BITS - number.leading_zeros();
        let is_long = length as usize >= SHORTS;
        to.bit(&mut self.is_long[self.after], is_long);
        if is_long {
            write(&mut self.longs[self.after], LONG_BITS, length, to);
        } else {
            write(&mut self.shorts[self.after], SHORT_BITS, length, to);
        }
        if length > 1 {
            to.bit(&mut self.seconds[length as usize], number >> (length - 2) & 1 == 1);
            to.bits(number, length - 2);
        }
        self.note(length);
    }

    pub(super) fn read(&mut self, from: &mut Reader<'_>) -> u64 {
        let length = if from.bit(&mut self.is_long[self.after]) {
            read(&mut self.longs[self.after], LONG_BITS, from)
        } else {
            read(&mut self.shorts[self.after], SHORT_BITS, from)
        };
        self.note(length);
        if length < 2 {
            return u64::from(length);
        }
        let second = u64::from(from.bit(&mut self.seconds[length as usize]));
        (2 | second) << (length - 2) | from.bits(length - 2)
    }
}

/// So many bits of a number, the highest first; each has a likelihood for what came before it.
fn write<const N: usize>(tree: &mut [Likely; N], bits: u32, number: u32, to: &mut Writer) {
    let mut node = 1;
    for at in (0..bits).rev() {
        let bit = number >> at & 1 == 1;
        to.bit(&mut tree[node], bit);
        node = node << 1 | usize::from(bit);
    }
}

fn read<const N: usize>(tree: &mut [Likely; N], bits: u32, from: &mut Reader<'_>) -> u32 {
    let mut node = 1;
    for _ in 0..bits {
        // It is always below; the remainder spares a look whether it is.
        node = node << 1 | usize::from(from.bit(&mut tree[node % N]));
    }
    (node - N) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
            #[test]
            fn numbers_come_back(numbers in prop::collection::vec(prop_oneof![Just(0), 0..9_u64, any::<u32>().prop_map(u64::from), 0..1_u64 << 62], 0..300)) {
                let (mut writer, mut kind) = (Writer::default(), Numbers::default());
                for number in &numbers {
     kind.write(&mut writer, *number);
    }
                let bytes = writer.finish();
                let (mut reader, mut kind) = (Reader::new(&bytes), Numbers::default());
                for number in &numbers {
                    prop_assert_eq!(kind.read(&mut reader), *number);
                }
            }

            #[test]
            fn any_bytes_give_numbers(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
                let (mut reader, mut kind) = (Reader::new(&bytes), Numbers::default());
                for _ in 0..100 {
                    kind.read(&mut reader);
                }
            }
        }

    #[test]
    fn what_never_changes_costs_nearly_nothing() {
        let (mut writer, mut kind) = (Writer::default(), Numbers::default());
        (0..1_000).for_each(|_| kind.write(&mut writer, 0));
        let length = writer.finish().len();
        assert!(length < 30, "{length} bytes");
    }
}

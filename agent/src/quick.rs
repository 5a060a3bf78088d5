//! The hash of tables that every sample or every line of a page looks into.
//!
//! The standard library's hash withstands whoever chooses the keys, and costs more than the rest of a sample. Here whoever
//! chooses them can fill no more than a bounded table, and slow down no more than their own source.

use std::hash::{BuildHasherDefault, Hasher};

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quick(u64);

pub(crate) type BuildQuick = BuildHasherDefault<Quick>;

/// An odd number without a pattern in its bits (of Fowler, Noll and Vo's 128-bit prime and the golden ratio).
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

impl Quick {
    fn mix(&mut self, word: u64) {
        let wide = u128::from(self.0 ^ word) * u128::from(MULTIPLIER);
        // Both halves, so that each bit of the key reaches each bit of the hash.
        self.0 = (wide as u64) ^ ((wide >> 64) as u64);
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.mix(u64::from_le_bytes(last) ^ (bytes.len() as u64) << 56);
    }

    fn write_usize(&mut self, number: usize) {
        self.mix(number as u64);
    }

    fn write_u64(&mut self, number: u64) {
        self.mix(number);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A number for a member of a set: two members share one only by an accident of 2^-64.
pub(crate) fn of(bytes: &[u8]) -> u64 {
    let mut hash = Quick(MULTIPLIER);
    hash.write(bytes);
    hash.finish()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn keys_that_differ_little_differ_in_their_hash() {
        let hashes: HashSet<_> = (0..100_000).map(|n| of(format!("user-{n}").as_bytes())).collect();
        assert_eq!(hashes.len(), 100_000);
        let low: HashSet<_> = (0..1_024).map(|n| of(format!("k{n}").as_bytes()) & 0x3FF).collect();
        assert!(low.len() > 500, "{} of 1,024 buckets", low.len());
        assert_ne!(of(b""), of(b"\0"));
        assert_ne!(of(b"12345678"), of(b"12345678\0"));
    }
}

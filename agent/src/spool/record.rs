//! A record as bytes, and a segment read back after whatever happened to it.
//!
//! ```text
//! record = "SGS1" | length u32 | points u32 | at i64 | seq u64 | crc of body u32 | crc of the above u32 | body
//! ack    = seq u64 | from u16 | to u16 | crc u32
//! ```
//!
//! All little-endian. The head has a sum of its own: a wound in a body costs that record and no other. What fails its
//! sum is stepped over byte by byte until something fits again, so no wound costs what stands behind it.

use std::ops::Range;

use alarm::points::Time;

const MAGIC: &[u8; 4] = b"SGS1";
pub(super) const HEAD: usize = 36;
const ACK: usize = 16;

/// No request encodes to more; a length beyond it is a wound.
pub(super) const BODY_MAX: usize = 4 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) seq: u64,
    pub(super) at: Time,
    pub(super) points: u32,
    pub(super) length: u32,
    pub(super) crc: u32,
}

impl Head {
    pub(super) fn of(seq: u64, at: Time, points: u32, body: &[u8]) -> Self {
        Self { seq, at, points, length: body.len() as u32, crc: crc32fast::hash(body) }
    }

    pub(super) fn encode(&self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        bytes[..4].copy_from_slice(MAGIC);
        bytes[4..8].copy_from_slice(&self.length.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.points.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.at.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.seq.to_le_bytes());
        bytes[28..32].copy_from_slice(&self.crc.to_le_bytes());
        let sum = crc32fast::hash(&bytes[..32]);
        bytes[32..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; HEAD] = bytes.get(..HEAD)?.try_into().ok()?;
        let long = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let word = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let sound = &bytes[..4] == MAGIC && word(32) == crc32fast::hash(&bytes[..32]) && word(4) as usize <= BODY_MAX;
        sound.then(|| Self { seq: long(20), at: long(12) as i64, points: word(8), length: word(4), crc: word(28) })
    }
}

/// What a segment holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// Sound records, each with the offset of its body.
    pub(super) records: Vec<(Head, u32)>,
    /// Heads whose body is not what was written.
    pub(super) wounded: Vec<Head>,
    /// Bytes behind the last record: a write that a crash cut short.
    pub(super) torn: usize,
}

pub(super) fn scan(bytes: &[u8]) -> Scan {
    let mut scan = Scan::default();
    let (mut at, mut sound_until) = (0, 0);
    while at < bytes.len() {
        let Some(head) = Head::decode(&bytes[at..]) else {
            at += 1;
            continue;
        };
        let body = at + HEAD;
        match bytes.get(body..body + head.length as usize) {
            Some(found) if crc32fast::hash(found) == head.crc => {
                scan.records.push((head, body as u32));
                at = body + head.length as usize;
                sound_until = at;
            }
            // Perhaps only the length lies: what stands behind the head is looked at, too.
            Some(_) => {
                scan.wounded.push(head);
                at = body;
                sound_until = at;
            }
            None => at = body,
        }
    }
    scan.torn = bytes.len() - sound_until;
    scan
}

/// A part of a record that needs no sending any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ack {
    pub(super) seq: u64,
    pub(super) part: Range<u16>,
}

impl Ack {
    pub(super) fn encode(&self) -> [u8; ACK] {
        let mut bytes = [0; ACK];
        bytes[..8].copy_from_slice(&self.seq.to_le_bytes());
        bytes[8..10].copy_from_slice(&self.part.start.to_le_bytes());
        bytes[10..12].copy_from_slice(&self.part.end.to_le_bytes());
        let sum = crc32fast::hash(&bytes[..12]);
        bytes[12..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; ACK] = bytes.get(..ACK)?.try_into().ok()?;
        let short = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let sum = u32::from_le_bytes(std::array::from_fn(|i| bytes[12 + i]));
        let seq = u64::from_le_bytes(std::array::from_fn(|i| bytes[i]));
        (sum == crc32fast::hash(&bytes[..12])).then(|| Self { seq, part: short(8)..short(10) })
    }

    pub(super) fn scan(bytes: &[u8]) -> Vec<Self> {
        let (mut acks, mut at) = (Vec::new(), 0);
        while at < bytes.len() {
            match Self::decode(&bytes[at..]) {
                Some(ack) => {
                    acks.push(ack);
                    at += ACK;
                }
                None => at += 1,
            }
        }
        acks
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn segment(bodies: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (seq, body) in bodies.iter().enumerate() {
            bytes.extend(Head::of(seq as u64, -5, 1, body).encode());
            bytes.extend(body);
        }
        bytes
    }

    proptest! {
        #[test]
        fn a_cut_costs_only_what_is_behind_it(
            bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 1..8),
            cut in any::<prop::sample::Index>(),
        ) {
            let bytes = segment(&bodies);
            let cut = cut.index(bytes.len() + 1);
            let scan = scan(&bytes[..cut]);
            let mut end = 0;
            let whole = bodies.iter().take_while(|body| { end += HEAD + body.len(); end <= cut }).count();
            prop_assert_eq!(scan.records.len(), whole);
            prop_assert!(scan.wounded.is_empty());
        }

        #[test]
        fn a_wound_costs_one_record(
            bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 1..8),
            at in any::<prop::sample::Index>(),
            by in 1..=255_u8,
        ) {
            let mut bytes = segment(&bodies);
            let at = at.index(bytes.len());
            bytes[at] = bytes[at].wrapping_add(by);
            let scan = scan(&bytes);
            prop_assert_eq!(scan.records.len(), bodies.len() - 1);
            for (head, offset) in scan.records {
                let body = &bytes[offset as usize..][..head.length as usize];
                prop_assert_eq!(body, &bodies[head.seq as usize][..]);
            }
        }

        #[test]
        fn acks_survive_rubbish_between_them(rubbish in prop::collection::vec(any::<u8>(), 0..40)) {
            let acks = [Ack { seq: 7, part: 0..3 }, Ack { seq: 8, part: 0..u16::MAX }];
            let bytes = [&acks[0].encode()[..], &rubbish, &acks[1].encode()].concat();
            prop_assert_eq!(Ack::scan(&bytes), acks);
        }
    }
}

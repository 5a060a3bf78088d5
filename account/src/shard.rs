//! Which shard judges which group.
//!
//! A group lies in one of `BUCKETS` buckets for ever: its items stand there however many shards there are. A bucket
//! belongs to one shard by rendezvous hash, so that a further shard takes only its share and moves nothing in the table.

use sha2::{Digest, Sha256};

/// Enough that 16 shards differ by some tenth in what they hold; few enough that one shard can ask them all at a cold
/// start.
pub const BUCKETS: u8 = 128;
/// More shards than this hold too few buckets each to be even.
pub const SHARDS_MAX: u16 = 16;

/// One of `of` that share the fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shard {
    number: u16,
    of: u16,
}

impl Shard {
    pub const WHOLE: Self = Self { number: 0, of: 1 };

    pub fn new(number: u16, of: u16) -> Option<Self> {
        ((1..=SHARDS_MAX).contains(&of) && number < of).then_some(Self { number, of })
    }

    /// `0/1`: names the item that says whether something was written since.
    pub fn name(self) -> String {
        format!("{}/{}", self.number, self.of)
    }

    pub fn has(self, group: &str) -> bool {
        self.owns(bucket(group))
    }

    pub fn owns(self, bucket: u8) -> bool {
        self.owner(bucket) == self.number
    }

    /// The number of the one among as many that a bucket belongs to.
    pub fn owner(self, bucket: u8) -> u16 {
        let weight = |shard: &u16| hash(&[b"shard", &[bucket], &shard.to_be_bytes()]);
        (0..self.of).max_by_key(weight).unwrap_or_default()
    }

    /// The owner of each bucket, for who asks of many groups.
    pub fn owners(self) -> Vec<u16> {
        (0..BUCKETS).map(|bucket| self.owner(bucket)).collect()
    }

    pub fn number(self) -> u16 {
        self.number
    }

    pub fn of(self) -> u16 {
        self.of
    }

    pub fn buckets(self) -> impl Iterator<Item = u8> {
        (0..BUCKETS).filter(move |bucket| self.owns(*bucket))
    }
}

pub fn bucket(group: &str) -> u8 {
    u8::try_from(hash(&[b"group", group.as_bytes()]) % u64::from(BUCKETS)).unwrap_or_default()
}

fn hash(parts: &[&[u8]]) -> u64 {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update((part.len() as u64).to_be_bytes());
        sha.update(part);
    }
    sha.finalize().iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bucket_has_one_owner_and_a_new_shard_takes_only_its_share() {
        for of in 1..SHARDS_MAX {
            let owner = |of: u16, bucket: u8| {
                let owners: Vec<_> = (0..of).filter(|it| Shard::new(*it, of).unwrap().owns(bucket)).collect();
                assert_eq!(owners.len(), 1, "bucket {bucket} of {of} shards");
                owners[0]
            };
            for bucket in 0..BUCKETS {
                let (before, after) = (owner(of, bucket), owner(of + 1, bucket));
                assert!(before == after || after == of, "bucket {bucket} went from {before} to {after} of {}", of + 1);
            }
        }
    }

    #[test]
    fn shards_hold_about_the_same() {
        for of in [2, 4, 8] {
            let held = |number| Shard::new(number, of).unwrap().buckets().count();
            let most = (0..of).map(held).max().unwrap();
            assert!(most * usize::from(of) <= usize::from(BUCKETS) * 16 / 10, "{of} shards: {most} buckets");
        }
    }

    #[test]
    fn a_group_stays_where_it_is() {
        // Written in tables: a change of this number loses the memory of every group.
        assert_eq!(bucket("default/service=shop"), bucket("default/service=shop"));
        assert_eq!((bucket("a"), bucket("default/host=web-1")), (PINNED.0, PINNED.1));
    }

    const PINNED: (u8, u8) = (21, 86);

    #[test]
    fn what_cannot_be_is_refused() {
        assert_eq!((Shard::new(1, 1), Shard::new(0, 0), Shard::new(0, SHARDS_MAX + 1)), (None, None, None));
    }
}

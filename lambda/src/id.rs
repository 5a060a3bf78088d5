//! A short name for what has a long one: a series or an alarm of a fleet is held by 16 bytes instead of some 200.
//!
//! 128 bits of two hashes: of ten billion names two are alike once in some 10^18 times.

use std::hash::{DefaultHasher, Hash, Hasher};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Id(u64, u64);

impl Id {
    pub(crate) fn of(named: &impl Hash) -> Self {
        let half = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            salt.hash(&mut hasher);
            named.hash(&mut hasher);
            hasher.finish()
        };
        Self(half(0), half(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_told_apart() {
        let ids: HashSet<Id> = (0..100_000).map(|at| Id::of(&format!("host-{at}"))).collect();
        assert_eq!(ids.len(), 100_000);
        assert_eq!(Id::of(&"a"), Id::of(&"a"));
        let one = Id::of(&"a");
        assert_ne!(one.0, one.1);
    }
}

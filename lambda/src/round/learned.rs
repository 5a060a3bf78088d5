//! What the judges have learned of alarms at rest, by the short name of each.
//!
//! In order, and looked up by halves: a map of ten thousand would hold half as much again, and twice that while it grows.

use alarm::memory::Memory;

use crate::id::Id;

#[derive(Debug, Default)]
pub(super) struct Learned(Vec<(Id, Memory)>);

impl Learned {
    pub(super) fn get(&self, id: Id) -> Option<&Memory> {
        let at = self.0.binary_search_by_key(&id, |(known, _)| *known).ok()?;
        Some(&self.0[at].1)
    }

    /// Takes what was not known; what is known is newer.
    pub(super) fn fill(&mut self, more: impl Iterator<Item = (Id, Memory)>) {
        let new: Vec<_> = more.filter(|(id, _)| self.get(*id).is_none()).collect();
        self.0.extend(new);
        // Keeps the order of equals, so that of two for one name the first stays.
        self.0.sort_by_key(|(id, _)| *id);
        self.0.dedup_by_key(|(id, _)| *id);
    }
}

impl FromIterator<(Id, Memory)> for Learned {
    fn from_iter<I: IntoIterator<Item = (Id, Memory)>>(learned: I) -> Self {
        let mut learned: Vec<_> = learned.into_iter().collect();
        learned.sort_unstable_by_key(|(id, _)| *id);
        learned.shrink_to_fit();
        Self(learned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn since(since: i64) -> Memory {
        let level = r#"{"as_of":0,"low":0.25,"high":1.5}"#;
        let text = format!(r#"{{"v":"1","state":"fine","since":{since},"judge":{{"burst":{{"level":{level}}}}}}}"#);
        Memory::decode(&text).expect("a memory")
    }

    #[test]
    fn what_is_known_is_newer_than_what_is_read() {
        let id = |name: &str| Id::of(&name);
        let mut learned: Learned = [(id("b"), since(2)), (id("a"), since(1))].into_iter().collect();
        learned.fill([("c", 3), ("a", 9), ("c", 4)].map(|(name, at)| (id(name), since(at))).into_iter());
        let known = ["a", "b", "c", "d"].map(|name| learned.get(id(name)).map(|memory| memory.since));
        assert_eq!(known, [Some(1), Some(2), Some(3), None]);
    }
}

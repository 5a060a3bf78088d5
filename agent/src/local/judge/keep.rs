//! What the judge writes into the store, by which names, and how it is read back.

use alarm::incident::Incident;
use alarm::memory::Memory;
use alarm::notify::GroupMemory;
use alarm::points::Time;
use alarm::round::{Bound, Key, Outcome};
use alarm::series::Dimensions;
use alarm::silence::Silence;
use serde::{Deserialize, Serialize};

use super::Judge;
use crate::local::store::Store;

const MEMORY: &str = "memory/";
const GROUP: &str = "group/";
const INCIDENT: &str = "incident/";
const SILENCE: &str = "silence/";
const OWED: &str = "owed/";

/// Incidents that are kept after their end: a year of a bad one a day.
pub(crate) const INCIDENTS_MAX: usize = 400;
/// What a judge learned while nothing happened is written so often; a kill costs no more of it.
const LEARNED_S: Time = 600;

/// A notice on its way to one audience.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Owed {
    pub(crate) incident: String,
    pub(crate) number: u32,
    pub(crate) audience: String,
    pub(crate) since: Time,
    /// The incident's place on the page.
    pub(crate) link: String,
    pub(crate) title: String,
    pub(crate) summary: String,
    pub(crate) subject: String,
    pub(crate) body: String,
    pub(crate) slack: String,
    pub(crate) json: String,
    /// The outlets that have it.
    pub(crate) done: Vec<String>,
    pub(crate) tries: u32,
}

impl Owed {
    pub(crate) fn id(&self) -> String {
        format!("{}-{}-{}", self.incident, self.number, self.audience)
    }
}

/// A memory with whose it is.
#[derive(Serialize, Deserialize)]
struct Kept {
    rule: String,
    combination: Vec<(String, String)>,
    memory: String,
}

fn text(value: &impl Serialize) -> Vec<u8> {
    // Text keys and plain values always have a JSON form.
    serde_json::to_vec(value).unwrap_or_default()
}

pub(super) fn group(store: &mut Store, name: &str, memory: &GroupMemory) {
    store.put(format!("{GROUP}{name}"), memory.encode());
}

pub(super) fn drop_group(store: &mut Store, name: &str) {
    store.remove(format!("{GROUP}{name}"));
}

pub(super) fn incident(store: &mut Store, story: &Incident) {
    store.put(format!("{INCIDENT}{}", story.id), text(story));
}

pub(super) fn silence(store: &mut Store, silence: &Silence) {
    store.put(format!("{SILENCE}{}", silence.id), text(silence));
}

pub(super) fn drop_silence(store: &mut Store, id: &str) {
    store.remove(format!("{SILENCE}{id}"));
}

pub(super) fn owe(store: &mut Store, owed: &Owed) {
    store.put(format!("{OWED}{}", owed.id()), text(owed));
}

/// The same but for what the judge learned.
fn same(one: &Memory, other: &Memory) -> bool {
    let plain = |memory: &Memory| {
        let Memory { state, since, episode, lit, clear, suppressed, judge: _ } = memory;
        (*state, *since, *episode, *lit, *clear, *suppressed)
    };
    plain(one) == plain(other)
}

impl Judge {
    /// Takes over what the judges remember now, and writes what is worth a write.
    pub(super) fn remember(&mut self, store: &mut Store, bounds: &[Bound], outcomes: &[Outcome], now: Time) {
        let learned = now.div_euclid(LEARNED_S) != self.latest.now.div_euclid(LEARNED_S);
        for outcome in outcomes {
            let bound = &bounds[outcome.bound];
            let before = self.memories.get(&bound.key);
            let learns = self.rules.alarms[bound.rule].watch.judge.learns();
            let changed = before.is_none_or(|before| !same(before, &outcome.memory));
            if changed || learned && learns && outcome.remember {
                let kept = Kept {
                    rule: bound.key.rule.clone(),
                    combination: bound.key.combination.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
                    memory: outcome.memory.encode(),
                };
                store.put(format!("{MEMORY}{}", bound.key), text(&kept));
            }
            self.memories.insert(bound.key.clone(), outcome.memory.clone());
        }
        if self.memories.len() > outcomes.len() {
            let live: std::collections::HashSet<&Key> = bounds.iter().map(|bound| &bound.key).collect();
            self.memories.retain(|key, _| {
                let stays = live.contains(key);
                if !stays {
                    store.remove(format!("{MEMORY}{key}"));
                }
                stays
            });
        }
    }

    /// A notice has arrived, or is given up.
    pub(crate) fn settle(&mut self, store: &mut Store, id: &str) {
        self.owed.retain(|owed| owed.id() != id);
        store.remove(format!("{OWED}{id}"));
    }

    /// A notice has arrived on some ways only.
    pub(crate) fn tried(&mut self, store: &mut Store, id: &str, done: Vec<String>) {
        if let Some(owed) = self.owed.iter_mut().find(|owed| owed.id() == id) {
            owed.done = done;
            owed.tries += 1;
            self::owe(store, owed);
        }
    }

    pub(super) fn forget_old(&mut self, store: &mut Store) {
        while self.incidents.len() > INCIDENTS_MAX {
            let oldest = self.incidents.iter().find(|(_, story)| story.ended.is_some()).map(|(id, _)| id.clone());
            let Some(oldest) = oldest else { return };
            self.incidents.remove(&oldest);
            store.remove(format!("{INCIDENT}{oldest}"));
        }
    }

    /// What cannot be read is said and begins anew.
    pub(super) fn recall(&mut self, store: &Store) {
        let lost = |name: &str, says: &dyn std::fmt::Display| {
            tracing::error!(code = "SG-LOC-007", name, %says, "a part of the judge's memory is lost");
        };
        for (name, bytes) in store.notes(MEMORY) {
            let kept = serde_json::from_slice::<Kept>(&bytes);
            match kept.map(|kept| (Memory::decode(&kept.memory), kept)) {
                Ok((Ok(memory), kept)) => {
                    let combination: Dimensions = kept.combination.into_iter().collect();
                    self.memories.insert(Key { rule: kept.rule, combination }, memory);
                }
                Ok((Err(error), _)) => lost(&name, &error),
                Err(error) => lost(&name, &error),
            }
        }
        for (name, bytes) in store.notes(GROUP) {
            match GroupMemory::decode(&String::from_utf8_lossy(&bytes)) {
                Ok(memory) => drop(self.groups.insert(name[GROUP.len()..].to_owned(), memory)),
                Err(error) => lost(&name, &error),
            }
        }
        for (name, bytes) in store.notes(INCIDENT) {
            match serde_json::from_slice::<Incident>(&bytes) {
                Ok(story) => drop(self.incidents.insert(story.id.clone(), story)),
                Err(error) => lost(&name, &error),
            }
        }
        for (name, bytes) in store.notes(SILENCE) {
            match serde_json::from_slice(&bytes) {
                Ok(silence) => self.silences.push(silence),
                Err(error) => lost(&name, &error),
            }
        }
        for (name, bytes) in store.notes(OWED) {
            match serde_json::from_slice(&bytes) {
                Ok(owed) => self.owed.push(owed),
                Err(error) => lost(&name, &error),
            }
        }
    }
}

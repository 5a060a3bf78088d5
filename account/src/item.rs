//! What stands in the table: its keys, and the shape of each item.
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `group#17` | name of the group | its episode, its alarms that are not at rest, the notices that it owes |
//! | `model#17` | name of the group, page | what the judges of its alarms at rest have learned: lost, it is learned anew |
//! | `incident` | id | the story, while it lasts and for a year after |
//! | `silence` | id | until it ends |
//! | `shard` | `0/1` | counts the rounds that wrote something: whoever has another count reads all anew |
//! | `bell` | `bell` | counts what people did: acknowledged, silenced |
//! | `rules` | `good` | the newest rules without a fault |
//! | `delay` | `0/1` | how late the points of each metric come, as this shard learned it: lost, it is learned anew |
//! | `state` | `0/4` | what the alarms of this shard came to, where others look at them; of this minute |
//! | `listing` | `head`, `claim` | what exists, listed for all shards: its sections, and who lists just now |
//! | `listing#17` | hash, page | the series of one section, deflated |
//! | `outlets` | `outlets` | where each audience is reached, as the function was told |
//! | `drill` | id | until a month after it |
//! | `receipt#INCIDENT` | notice, audience, way | what the outlet said when it took it; for a month |
//!
//! Each body is JSON text with its form written in it: an older form is converted here, a newer one refused.

use alarm::incident::Incident;
use alarm::memory::Memory;
use alarm::notify::GroupMemory;
use alarm::points::Time;
use alarm::round::Key;
use alarm::series::Dimensions;
use serde::{Deserialize, Serialize};

use crate::shard::bucket;

/// `DynamoDB` takes 400 KB an item, names included.
pub const BODY_MAX: usize = 380_000;
/// Notices that one group owes at once, and as many events. When so many wait, the outlet has been gone for hours: the
/// oldest are dropped, which is said and counted, for the newest tells the same.
pub const OWED_MAX: usize = 20;
/// How long an incident is kept after its end.
pub const STORY_KEPT_S: u64 = 400 * 86_400;

/// One group, as it is remembered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    pub name: String,
    pub memory: GroupMemory,
    pub alarms: Vec<(Key, Memory)>,
    pub owed: Vec<Owed>,
}

/// A notice that somebody must still be sent, or an event of which programs must still hear.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    pub incident: String,
    /// With the incident and the audience it tells a notice sent twice from two notices.
    pub number: u32,
    /// Nobody's, where it is an event.
    pub audience: String,
    /// It goes to the bus, for programs: `json` is all that it has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub event: bool,
    /// Since when it is owed.
    pub since: Time,
    /// ASCII, under 100 characters.
    pub subject: String,
    pub email: String,
    pub chat: String,
    pub slack: String,
    pub json: String,
    /// Who tries to send it, and until when nobody else may: a process that died is waited for so long and no longer.
    pub claim: Claim,
    /// The ways on which it has arrived already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub done: Vec<String>,
    #[serde(default)]
    pub tries: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub by: String,
    pub until: Time,
}

impl Owed {
    /// `20261121-071003-k3f9a2/3/on-call`
    pub fn id(&self) -> String {
        format!("{}/{}/{}", self.incident, self.number, self.audience)
    }

    pub fn free(&self, by: &str, now: Time) -> bool {
        self.claim.by == by || self.claim.until <= now
    }
}

#[derive(Serialize, Deserialize)]
struct KeptAlarm {
    rule: String,
    combination: Vec<(String, String)>,
    memory: String,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "v")]
enum Stored {
    #[serde(rename = "1")]
    V1 { memory: String, alarms: Vec<KeptAlarm>, owed: Vec<Owed> },
}

/// What could not be read of an item. The rest of it goes on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("SG-ACC-001: what was remembered of {what} cannot be read ({why}); it begins anew")]
pub struct Unreadable {
    pub what: String,
    pub why: String,
}

impl Group {
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Nothing of it need be kept.
    pub fn at_rest(&self) -> bool {
        self.memory.episode.is_none() && self.alarms.is_empty() && self.owed.is_empty()
    }

    pub fn encode(&self) -> String {
        let alarms = kept(&self.alarms);
        let stored = Stored::V1 { memory: self.memory.encode(), alarms, owed: self.owed.clone() };
        serde_json::to_string(&stored).unwrap_or_default()
    }

    /// All that can be read, and what could not.
    pub fn decode(name: &str, body: &str) -> (Self, Vec<Unreadable>) {
        let mut group = Self::new(name);
        let mut lost = Vec::new();
        match serde_json::from_str(body) {
            Ok(Stored::V1 { memory, alarms, owed }) => {
                match GroupMemory::decode(&memory) {
                    Ok(memory) => group.memory = memory,
                    Err(error) => lost.push(unreadable(name, &error)),
                }
                group.alarms = revived(alarms, &mut lost);
                group.owed = owed;
            }
            Err(error) => lost.push(unreadable(name, &error)),
        }
        (group, lost)
    }
}

fn unreadable(what: &str, why: &dyn std::fmt::Display) -> Unreadable {
    Unreadable { what: what.to_owned(), why: why.to_string() }
}

fn kept(alarms: &[(Key, Memory)]) -> Vec<KeptAlarm> {
    let one = |(key, memory): &(Key, Memory)| KeptAlarm {
        rule: key.rule.clone(),
        combination: key.combination.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        memory: memory.encode(),
    };
    alarms.iter().map(one).collect()
}

fn revived(alarms: Vec<KeptAlarm>, lost: &mut Vec<Unreadable>) -> Vec<(Key, Memory)> {
    let one = |kept: KeptAlarm| {
        let key = Key { rule: kept.rule, combination: Dimensions::new(kept.combination) };
        match Memory::decode(&kept.memory) {
            Ok(memory) => Some((key, memory)),
            Err(error) => {
                lost.push(unreadable(&key.to_string(), &error));
                None
            }
        }
    };
    alarms.into_iter().filter_map(one).collect()
}

/// What the judges have learned, cut into pages that `DynamoDB` takes.
pub fn pages(learned: &[(Key, Memory)]) -> Vec<String> {
    let mut pages = Vec::new();
    let mut page: Vec<KeptAlarm> = Vec::new();
    let mut size = 0;
    for alarm in kept(learned) {
        // The quotation marks of the text inside the text are doubled at worst.
        let more = 2 * (alarm.memory.len() + alarm.rule.len()) + 64 * (1 + alarm.combination.len());
        if size + more > BODY_MAX && !page.is_empty() {
            pages.push(serde_json::to_string(&std::mem::take(&mut page)).unwrap_or_default());
            size = 0;
        }
        size += more;
        page.push(alarm);
    }
    if !page.is_empty() {
        pages.push(serde_json::to_string(&page).unwrap_or_default());
    }
    pages
}

pub fn page(name: &str, body: &str, lost: &mut Vec<Unreadable>) -> Vec<(Key, Memory)> {
    match serde_json::from_str(body) {
        Ok(kept) => revived(kept, lost),
        Err(error) => {
            lost.push(unreadable(name, &error));
            Vec::new()
        }
    }
}

pub(crate) fn group_pk(group: &str) -> String {
    format!("group#{}", bucket(group))
}

pub(crate) fn model_pk(group: &str) -> String {
    format!("model#{}", bucket(group))
}

pub(crate) fn model_sk(group: &str, page: usize) -> String {
    format!("{group}\n{page}")
}

/// When the table forgets an incident: never while it lasts.
pub(crate) fn forgotten(story: &Incident) -> Option<Time> {
    Some(story.ended?.saturating_add_unsigned(STORY_KEPT_S))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alarm::judge;
    use alarm::verdict::State;

    fn memory() -> Memory {
        Memory {
            state: State::Firing,
            since: 60,
            episode: Some(60),
            lit: None,
            clear: None,
            suppressed: alarm::composite::Suppressed::default(),
            judge: judge::Memory::Threshold(alarm::threshold::Memory::default()),
        }
    }

    fn key(host: &str) -> Key {
        Key { rule: "cpu \"high\"".to_owned(), combination: Dimensions::from_iter([("host", host)]) }
    }

    #[test]
    fn a_group_comes_back_as_it_was() {
        let mut group = Group::new("default/host=웹-1");
        group.alarms.push((key("웹-1"), memory()));
        assert_eq!(Group::decode(&group.name, &group.encode()), (group.clone(), Vec::new()));
        assert!(!group.at_rest() && Group::new("x").at_rest());
    }

    #[test]
    fn what_cannot_be_read_is_said_and_the_rest_goes_on() {
        let mut group = Group::new("g");
        group.alarms = vec![(key("a"), memory()), (key("b"), memory())];
        let newer = group.encode().replacen(r#"\"v\":\"1\""#, r#"\"v\":\"9\""#, 2);
        let (read, lost) = Group::decode("g", &newer);
        assert_eq!((read.alarms.len(), lost.len()), (1, 2), "{lost:?}");
        assert_eq!(Group::decode("g", "nonsense").1.len(), 1);
    }

    #[test]
    fn pages_hold_all_and_none_is_too_large() {
        let learned: Vec<_> = (0..5_000).map(|at| (key(&format!("host-{at}")), memory())).collect();
        let pages = pages(&learned);
        assert!(pages.len() > 1 && pages.iter().all(|page| page.len() <= BODY_MAX), "{}", pages.len());
        let mut lost = Vec::new();
        let back: Vec<_> = pages.iter().flat_map(|text| page("g", text, &mut lost)).collect();
        assert!(back == learned && lost.is_empty());
    }

    #[test]
    fn a_claim_holds_until_it_ends() {
        let owed = Owed { claim: Claim { by: "one".into(), until: 90 }, ..Owed::default() };
        assert!(owed.free("one", 0) && !owed.free("two", 89) && owed.free("two", 90));
    }
}

//! What is remembered of one group between two decisions.
//!
//! Bounded: at most `MEMBERS_MAX` members of some 40 bytes each. `encode` and `decode` are the edge: an older form is
//! converted there, a newer one refused.

use serde::{Deserialize, Serialize};

use super::why::Ended;
use crate::grade::Grade;
use crate::matcher::Labels;
use crate::points::Time;

/// Between two decisions the ladder's clock goes on by at most this: a judge that was away for a day, or a clock that
/// leapt, does not get the whole company up at once.
pub const ADVANCE_MAX_S: u64 = 3_600;

/// Members that are remembered one by one: 500 of them are 30 KB, an item of memory that costs 30 write units.
pub const MEMBERS_MAX: usize = 500;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GroupMemory {
    /// From the first breach to the end of the last; nothing else is worth remembering.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub episode: Option<Episode>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// Names the incident in every notice, thread and report.
    pub incident: String,
    pub since: Time,
    /// The moment of the last decision.
    pub seen: Time,
    /// The grade that could be told at the last decision; `None` where all was fine or hushed. The ladder's clock runs
    /// while it is something that nobody has acknowledged.
    pub audible: Option<Grade>,
    /// For how long it was at least of each grade, in the order of `Grade`: a ticket of three days that becomes a
    /// page begins the page's ladder at its foot.
    pub lasted_s: [u64; 3],
    /// The gravest grade that people were told.
    pub told_grade: Option<Grade>,
    /// The steps told, by what they are and not by their number: the file may change underneath.
    pub rungs: Vec<Rung>,
    pub told: Vec<Told>,
    pub members: Vec<MemberMemory>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ack: Option<Ack>,
    /// Since when all are fine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calm: Option<Time>,
    /// How many notices were owed so far: they are numbered.
    pub notices: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    pub after_s: u64,
    pub grade: Grade,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub who: String,
    pub at: Time,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberMemory {
    pub key: u64,
    /// As it was when it was last seen to fire: what can no longer be seen is no less grave.
    pub grade: Grade,
    /// People were told that it fires.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub told: bool,
    /// Fine again, which people were not told yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub over: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hush: Option<Ended>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    pub by: String,
    pub at: Time,
    pub until: Time,
    /// What it was when somebody took it: what becomes graver is not what they took.
    pub grade: Grade,
    /// The others were told that somebody has it.
    pub told: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "v")]
enum Stored {
    #[serde(rename = "1")]
    V1(GroupMemory),
}

/// The group begins anew, which is said: an open incident may be told again.
#[derive(Debug, thiserror::Error)]
#[error("SG-TEL-090: what was remembered of a group cannot be read: {0}")]
pub struct Unreadable(#[from] serde_json::Error);

impl GroupMemory {
    pub fn encode(&self) -> String {
        // Text keys and no foreign types: it always has a JSON form.
        serde_json::to_string(&Stored::V1(self.clone())).unwrap_or_default()
    }

    pub fn decode(text: &str) -> Result<Self, Unreadable> {
        let Stored::V1(memory) = serde_json::from_str(text)?;
        Ok(memory)
    }

    /// Somebody takes it: repeats and climbing pause until `now + for_s`. `None` where nothing goes on.
    #[must_use]
    pub fn acknowledge(mut self, by: &str, for_s: u64, now: Time) -> Option<Self> {
        let episode = self.episode.as_mut()?;
        episode.not_of_the_future(now);
        episode.clock(now);
        let grade = episode.audible.or(episode.told_grade).unwrap_or(Grade::Note);
        let until = now.saturating_add_unsigned(for_s);
        episode.ack = Some(Ack { by: by.to_owned(), at: now, until, grade, told: false });
        Some(self)
    }
}

impl Episode {
    pub(super) fn new(group: &str, since: Time, now: Time) -> Self {
        Self {
            incident: incident_id(group, since),
            since,
            seen: now,
            audible: None,
            lasted_s: [0; 3],
            told_grade: None,
            rungs: Vec::new(),
            told: Vec::new(),
            members: Vec::new(),
            ack: None,
            calm: None,
            notices: 0,
        }
    }

    /// What could be told at the last look has lasted until now, but for the time in which somebody had it.
    pub(super) fn clock(&mut self, now: Time) {
        let from = self.ack.as_ref().map_or(self.seen, |ack| ack.until.max(self.seen));
        let passed = now.saturating_sub(from).max(0).unsigned_abs().min(ADVANCE_MAX_S);
        let lasting = |grade: &Grade| self.audible.is_some_and(|audible| *grade <= audible);
        for grade in Grade::ALL.into_iter().filter(lasting) {
            self.lasted_s[grade as usize] += passed;
        }
        self.seen = now;
    }

    /// A clock that jumped back: what it wrote of the future is taken for now, so that nothing waits for years.
    pub(super) fn not_of_the_future(&mut self, now: Time) {
        let times = [&mut self.since, &mut self.seen].into_iter().chain(&mut self.calm);
        for time in times.chain(self.told.iter_mut().map(|told| &mut told.at)) {
            *time = (*time).min(now);
        }
        if let Some(ack) = self.ack.as_mut().filter(|ack| ack.at > now) {
            ack.until = ack.until.saturating_sub(ack.at.saturating_sub(now));
            ack.at = now;
        }
    }
}

/// FNV-1a: 64 bits that are the same on every machine and in every version. Not against malice: who can choose labels
/// can raise alarms.
pub(super) fn fnv(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

pub(super) fn key(labels: &Labels) -> u64 {
    let pair = |(name, value): (&str, &str)| [name.as_bytes(), &[0], value.as_bytes(), &[1]].concat();
    fnv(labels.iter().flat_map(pair))
}

/// `20261121-071003-k3f9a2`: when it began (UTC), and which group. A person can say it on the telephone.
fn incident_id(group: &str, since: Time) -> String {
    const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let hash = fnv(group.bytes());
    let tail: String = (0..6).map(|n| char::from(LETTERS[(hash >> (5 * n)) as usize % 32])).collect();
    let wall = crate::zone::Zone::utc().wall(since);
    let (date, time) = (wall.date(), wall.time());
    format!(
        "{:04}{:02}{:02}-{:02}{:02}{:02}-{tail}",
        date.year(),
        date.month(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

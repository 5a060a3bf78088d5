//! What is remembered of one rule and one combination between two moments.
//!
//! It changes only when something happened: a series that stays fine costs no write. `encode` and `decode` are the
//! edge: each older form is converted there and nowhere else, and a newer one (after a rollback) is refused, not
//! guessed at.

use serde::{Deserialize, Serialize};

use crate::composite::Suppressed;
use crate::judge;
use crate::points::Time;
use crate::verdict::State;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    pub state: State,
    /// Since when the state stands.
    pub since: Time,
    /// When the episode began that is not over: it outlives a gap, for a gap is no recovery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub episode: Option<Time>,
    /// Since when the judge says firing, while the rule waits to believe it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lit: Option<Time>,
    /// Since when the judge says fine, while the rule waits to believe it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clear: Option<Time>,
    /// What the rule's suppressor did last.
    #[serde(default, skip_serializing_if = "Suppressed::is_nothing")]
    pub suppressed: Suppressed,
    pub judge: judge::Memory,
}

/// Each form in which a memory was ever written.
#[derive(Serialize, Deserialize)]
#[serde(tag = "v")]
enum Stored {
    #[serde(rename = "1")]
    V1(Memory),
}

/// A memory that cannot be read: the combination begins anew, which is said, for an open episode may be reported again.
#[derive(Debug, thiserror::Error)]
#[error("SG-ALM-090: what was remembered cannot be read: {0}")]
pub struct Unreadable(#[from] serde_json::Error);

impl Memory {
    pub fn encode(&self) -> String {
        // A map with text keys and no foreign types always has a JSON form.
        serde_json::to_string(&Stored::V1(self.clone())).unwrap_or_default()
    }

    pub fn decode(text: &str) -> Result<Self, Unreadable> {
        let Stored::V1(memory) = serde_json::from_str(text)?;
        Ok(memory)
    }
}

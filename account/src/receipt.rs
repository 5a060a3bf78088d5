//! What an outlet said when it took a notice. Written after it was sent, before it is marked: it proves, and decides
//! nothing.

use alarm::points::Time;
use serde::{Deserialize, Serialize};

use crate::item::Owed;
use crate::table::{Refused, Table, key, number, read_text, text, with};

/// How long it is kept.
const KEPT_S: Time = 30 * 86_400;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub number: u32,
    pub audience: String,
    pub way: String,
    /// When it was taken, by the clock of the function.
    pub at: Time,
    /// The message's id, or the status of the answer.
    pub said: String,
}

impl Receipt {
    pub fn of(owed: &Owed, way: &str, at: Time, said: &str) -> Self {
        let (audience, way, said) = (owed.audience.clone(), way.to_owned(), said.to_owned());
        Self { number: owed.number, audience, way, at, said }
    }
}

impl Table {
    pub async fn receipt(&self, incident: &str, receipt: &Receipt) -> Result<(), Refused> {
        let body = serde_json::to_string(receipt).map_err(|error| Refused { says: error.to_string() })?;
        let forgotten = receipt.at.saturating_add(KEPT_S).max(0).unsigned_abs();
        // A second message for the same notice is a second receipt: nobody need believe that none comes twice.
        let name = format!("{:05}/{}/{}/{}", receipt.number, receipt.audience, receipt.way, receipt.said);
        self.put(with(key(format!("receipt#{incident}"), name), [("body", text(body)), ("ttl", number(forgotten))]))
            .await
    }

    /// In the order of the notices.
    pub async fn receipts(&self, incident: &str) -> Result<Vec<Receipt>, Refused> {
        let items = self.query(&format!("receipt#{incident}"), None).await?;
        Ok(items.iter().filter_map(|item| serde_json::from_str(read_text(item, "body")).ok()).collect())
    }
}

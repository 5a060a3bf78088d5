//! Where the audiences of the ladders are reached. The function is told by its environment, and writes it into the table
//! for those who ask at a shell who would hear.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::table::{Refused, Table, key, read_text, text, with};

/// Stands for every audience that has no line of its own.
pub const ANYBODY: &str = "*";

/// Where one audience is reached. No secret is among it: addresses of webhooks are named by their parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Outlet {
    /// People, queues and programs: each protocol gets its own body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// A topic that Amazon Q Developer in chat applications hears: it takes messages of its schema alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat_topic: Option<String>,
    /// Name of the parameter that holds the address of a Slack webhook: whoever has the address may write there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<String>,
    /// Other messengers: each with the name of the parameter that holds the address of its webhook.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub messengers: BTreeMap<String, String>,
}

/// The ways of an outlet, as notices, receipts and reports call them. Other messengers are called as they are.
pub const TOPIC: &str = "topic";
pub const CHAT: &str = "chat";
/// Slack's.
pub const WEBHOOK: &str = "webhook";

pub type Outlets = BTreeMap<String, Outlet>;

/// That of an audience, or of anybody.
pub fn of<'a>(outlets: &'a Outlets, audience: &str) -> Option<&'a Outlet> {
    outlets.get(audience).or_else(|| outlets.get(ANYBODY))
}

impl Outlet {
    /// On which ways it is reached.
    pub fn ways(&self) -> Vec<String> {
        let all = [(TOPIC, &self.topic), (CHAT, &self.chat_topic), (WEBHOOK, &self.webhook)];
        let plain = all.into_iter().filter(|(_, to)| to.is_some()).map(|(way, _)| way.to_owned());
        plain.chain(self.messengers.keys().cloned()).collect()
    }
}

impl Table {
    /// `None`: no function has written them yet.
    pub async fn outlets(&self) -> Result<Option<Outlets>, Refused> {
        let item = self.one("outlets", "outlets").await?;
        let Some(item) = item else { return Ok(None) };
        let read = serde_json::from_str(read_text(&item, "body"));
        read.map(Some).map_err(|error| Refused { says: format!("the outlets cannot be read: {error}") })
    }

    pub async fn keep_outlets(&self, outlets: &Outlets) -> Result<(), Refused> {
        let body = serde_json::to_string(outlets).map_err(|error| Refused { says: error.to_string() })?;
        self.put(with(key("outlets", "outlets"), [("body", text(body))])).await
    }
}

//! What the Lambda remembers in DynamoDB, for a person at a shell.

use account::{Acted, Refused, Table};
use alarm::incident::Incident;
use alarm::points::Time;
use alarm::silence::Silence;

use super::Access;
use crate::publish::Refusal;

#[derive(Debug)]
pub struct Memory(Table);

impl Memory {
    pub async fn open(access: &Access, table: &str) -> Result<Self, Refusal> {
        let config = access.config().await?;
        Ok(Self(Table::new(config, table)))
    }

    /// The newest first.
    pub async fn incidents(&self) -> Result<Vec<Incident>, Refused> {
        self.0.stories().await
    }

    pub async fn incident(&self, id: &str) -> Result<Option<Incident>, Refused> {
        Ok(self.0.story(id).await?.map(|(story, _)| story))
    }

    pub async fn acknowledge(&self, id: &str, by: &str, for_s: u64, now: Time) -> Result<Acted, Refused> {
        self.0.acknowledge(id, by, for_s, now).await
    }

    pub async fn silences(&self) -> Result<Vec<Silence>, Refused> {
        self.0.silences().await
    }

    /// One that has ended is taken away.
    pub async fn silence(&self, silence: &Silence, now: Time) -> Result<(), Refused> {
        self.0.silence(silence, now).await
    }

    /// The newest rules without a fault: they know the team's language and zone.
    pub async fn rules(&self) -> Result<Option<String>, Refused> {
        self.0.good_rules().await
    }
}

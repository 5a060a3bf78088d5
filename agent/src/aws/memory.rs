//! What the Lambda remembers in DynamoDB, for a person at a shell.

use account::{Acted, Drill, Outlets, Receipt, Refused, Table};
use alarm::incident::Incident;
use alarm::points::Time;
use alarm::silence::Silence;
use aws_config::SdkConfig;

use super::{Access, Topics};
use crate::publish::Refusal;

#[derive(Debug)]
pub struct Memory(Table, SdkConfig);

impl Memory {
    pub async fn open(access: &Access, table: &str) -> Result<Self, Refusal> {
        let config = access.config().await?;
        Ok(Self(Table::new(config, table), config.clone()))
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

    pub async fn drill(&self, drill: &Drill) -> Result<(), Refused> {
        self.0.drill(drill).await
    }

    pub async fn drills(&self) -> Result<Vec<Drill>, Refused> {
        self.0.drills().await
    }

    /// What the outlets said when they took the notices of an incident.
    pub async fn receipts(&self, incident: &str) -> Result<Vec<Receipt>, Refused> {
        self.0.receipts(incident).await
    }

    /// Where each audience is reached, as the function was told.
    pub async fn outlets(&self) -> Result<Option<Outlets>, Refused> {
        self.0.outlets().await
    }

    /// The topics of the same account.
    pub fn topics(&self) -> Topics {
        Topics::new(&self.1)
    }

    /// The newest rules without a fault: they know the team's language and zone.
    pub async fn rules(&self) -> Result<Option<String>, Refused> {
        self.0.good_rules().await
    }
}

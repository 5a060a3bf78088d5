//! The way of a command to what the Lambda remembers.

use account::Refused;
use alarm::points::Time;
use alarm::rules::Rules;
use alarm::team::Team;

use super::Common;
use super::here::{Here, wait};
use super::signals::clock;
use crate::aws::Memory;
use crate::failure::Failure;

/// Where it is remembered.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Place {
    /// The DynamoDB table of the Lambda
    #[arg(long, global = true, env = "STORMGLASS_TABLE", default_value = "stormglass", value_name = "NAME")]
    table: String,
}

pub(super) fn now() -> Time {
    clock().as_secs().cast_signed()
}

/// Who a person at this shell is, unless they say.
pub(super) fn myself() -> String {
    std::env::var("USER").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "somebody".to_owned())
}

impl Place {
    /// Runs `work` over the table, by the account of the configuration or of the environment.
    pub(super) fn with<R>(
        &self,
        common: &Common,
        work: impl AsyncFnOnce(Memory) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let config = common.load()?;
        let access = Here::find(&config).access(&config);
        wait(async {
            let memory = Memory::open(&access, &self.table).await;
            let memory = memory.map_err(|refusal| Failure::failed("SG-CLI-010", refusal.to_string()))?;
            work(memory).await
        })?
    }
}

/// The table refused: which, and what it said.
pub(super) fn refused(error: Refused) -> Failure {
    Failure::failed("SG-ACC-010", error.says)
}

/// Language and zone as the rules in force have them.
pub(super) async fn team(memory: &Memory) -> Result<Team, Failure> {
    let text = memory.rules().await.map_err(refused)?.unwrap_or_default();
    Ok(Rules::parse("alarms.toml", &text).map(|rules| rules.team).unwrap_or_default())
}

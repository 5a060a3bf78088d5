//! The way of a command to what the Lambda remembers.

use std::time::{SystemTime, UNIX_EPOCH};

use account::Refused;
use alarm::points::Time;
use alarm::rules::Rules;
use alarm::team::Team;

use super::Common;
use super::here::Here;
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
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()).cast_signed()
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
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(2).build();
        let runtime = runtime.map_err(|error| Failure::failed("SG-RUN-010", "cannot start").because(error))?;
        let done = runtime.block_on(Box::pin(async {
            let memory = Memory::open(&access, &self.table).await;
            let memory = memory.map_err(|refusal| Failure::failed("SG-CLI-010", refusal.to_string()))?;
            work(memory).await
        }));
        runtime.shutdown_background();
        done
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

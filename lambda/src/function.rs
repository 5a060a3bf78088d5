//! What lives from one invocation to the next: the connections, and what the rounds have learned.

use std::time::{SystemTime, UNIX_EPOCH};

use account::link::Key;
use account::shard::{SHARDS_MAX, Shard};
use alarm::points::Time;
use alarm::rules::Rules;
use lambda_runtime::Context;
use serde_json::{Value, json};
use tokio::sync::{Mutex, OnceCell};

use crate::aws::Aws;
use crate::check;
use crate::event::{Came, Event, HostEvent, Round, read};
use crate::hear::{self, Asked};
use crate::outside::{Outside, Trouble};
use crate::round::{Me, Warm, turn};
use crate::settings::{Fault, Settings};

/// Points that are kept for each MB that the function was given: 8 bytes each, so a third of it.
const POINTS_A_MB: usize = 40_000;

#[derive(Debug)]
pub(crate) struct Function {
    settings: Result<Settings, Vec<Fault>>,
    aws: OnceCell<Aws>,
    warm: Mutex<Warm>,
}

pub(crate) fn now() -> Time {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as Time)
}

fn fault(code: &str, says: &str) -> Value {
    tracing::error!(code, says, "refused");
    json!({ "error": { "code": code, "says": says } })
}

impl Function {
    pub(crate) fn new(settings: Result<Settings, Vec<Fault>>) -> Self {
        Self { settings, aws: OnceCell::new(), warm: Mutex::default() }
    }

    pub(crate) async fn answer(&self, payload: Value, context: &Context) -> Value {
        match read(payload) {
            Came::Ours(Event::Check(ask)) => check::answer(&ask),
            Came::Ours(Event::Round(round)) => self.round(&round, context).await,
            Came::Host(event) => self.host(&event).await,
            Came::Person(asked) => self.person(&asked).await,
            Came::Foreign(says) => fault("SG-LAM-010", &format!("an event that is none of ours: {says}")),
        }
    }

    async fn round(&self, round: &Round, context: &Context) -> Value {
        let Some(shard) = Shard::new(round.shard, round.of) else {
            let says =
                format!("there is no shard {} of {}: 0 to {} of at most {SHARDS_MAX}", round.shard, round.of, round.of);
            return fault("SG-LAM-015", &says);
        };
        let aws = match self.ready().await {
            Ok(ready) => ready,
            Err(Trouble { code, says }) => return fault(code, &says),
        };
        let key = said(aws.link_key().await);
        let links = key.zip(said(aws.link_base().await));
        let over = (context.deadline / 1_000) as Time + 1;
        let points_max = usize::try_from(context.env_config.memory).unwrap_or(0) * POINTS_A_MB;
        let me = Me { shard, name: context.request_id.clone(), now: now(), over, points_max, links };
        let report = turn(&mut *self.warm.lock().await, aws, &me).await;
        tracing::info!(report = %serde_json::to_string(&report).unwrap_or_default(), "round");
        serde_json::to_value(report).unwrap_or_default()
    }

    async fn host(&self, event: &HostEvent) -> Value {
        let aws = match self.ready().await {
            Ok(ready) => ready,
            Err(Trouble { code, says }) => return fault(code, &says),
        };
        match aws.note(event, now()).await {
            Ok(()) => json!({ "host": event.id, "runs": event.runs }),
            Err(Trouble { code, says }) => fault(code, &says),
        }
    }

    async fn person(&self, asked: &Asked) -> Value {
        let aws = match self.ready().await {
            Ok(ready) => ready,
            Err(Trouble { code, says }) => return fault(code, &says),
        };
        let key: Option<Key> = said(aws.link_key().await);
        let rules = aws.good_rules().await.ok().flatten().unwrap_or_default();
        let team = Rules::parse("alarms.toml", &rules).map(|rules| rules.team).unwrap_or_default();
        hear::answer(asked, key.as_ref(), &team, aws, now()).await
    }

    async fn ready(&self) -> Result<&Aws, Trouble> {
        let said = |faults: &Vec<Fault>| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        let settings = self.settings.as_ref().map_err(|faults| Trouble { code: "SG-LAM-003", says: said(faults) })?;
        self.aws.get_or_try_init(|| Aws::connect(settings.clone())).await
    }
}

/// Without a key or an address notices go out without a link: better than not at all.
fn said<T>(of_links: Result<Option<T>, Trouble>) -> Option<T> {
    of_links.unwrap_or_else(|trouble| {
        tracing::error!(code = trouble.code, says = trouble.says, "no links");
        None
    })
}

//! Speaks AWS: no type of an SDK is known outside this room.
//!
//! One TLS stack (hyper 1, rustls, ring), one client for all services, every wait bounded well inside an invocation. The
//! SDK retries here, with backoff: there is no spool behind a Lambda, and what fails for good is owed to the next round.

mod clues;
mod events;
mod lightsail;
mod metrics;
mod parameters;
mod tell;
mod wire;

use std::collections::HashMap;
use std::time::Duration;

use account::item::Owed;
use account::link::Key;
use account::plan::{self, Call};
use account::shard::Shard;
use account::{Change, Drill, Head, Held, Lines, Listing, Neighbour, Receipt, Refused, Saved, Section, Table};
use alarm::incident::Incident;
use alarm::points::{Points, Time};
use alarm::series::Series;
use alarm::silence::Silence;
use alarm::verdict::State;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use crate::event::HostEvent;
use crate::function::now;
use crate::guilt::{Clues, Scene};
use crate::outside::{Found, Measure, Outside, Taken, Trouble, Wanted};
use crate::settings::Settings;

const CONNECT: Duration = Duration::from_secs(3);
const ATTEMPT: Duration = Duration::from_secs(8);
const OPERATION: Duration = Duration::from_secs(20);
/// Attempts of one call, the first included.
const ATTEMPTS: u32 = 3;
/// Calls under way at once: GetMetricData allows 50 a second, a bucket is a few milliseconds.
const AT_ONCE: usize = 8;
/// Points of answers under way at once: each is some 80 bytes until it is read.
const POINTS_AT_ONCE: usize = 50_400;

#[derive(Clone, Debug)]
pub(crate) struct Aws {
    events: events::Events,
    lightsail: lightsail::Lightsail,
    logs: clues::Logs,
    metrics: metrics::Metrics,
    parameters: parameters::Parameters,
    tell: tell::Tell,
    table: Table,
    settings: Settings,
}

/// Without any authority the SDK fails an assertion, or takes AWS for a stranger; neither says what is missing.
fn trusts_somebody() -> Result<(), Trouble> {
    let found = rustls_native_certs::load_native_certs();
    if !found.certs.is_empty() {
        return Ok(());
    }
    let why = found.errors.first().map_or_else(|| "the image holds none".to_owned(), ToString::to_string);
    let says = format!(
        "no certificate authority ({why}): take SSL_CERT_FILE and SSL_CERT_DIR out of the function's environment, or put a \
         bundle where they point"
    );
    Err(Trouble { code: "SG-LAM-004", says })
}

async fn connect() -> SdkConfig {
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION);
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts.build())
        .load()
        .await
}

impl Aws {
    pub(crate) async fn connect(settings: Settings) -> Result<Self, Trouble> {
        trusts_somebody()?;
        let config = connect().await;
        let parameters = parameters::Parameters::new(&config);
        Ok(Self {
            events: events::Events::new(&config),
            lightsail: lightsail::Lightsail::new(&config),
            logs: clues::Logs::new(&config),
            metrics: metrics::Metrics::new(&config),
            tell: tell::Tell::new(&config, parameters.clone()),
            parameters,
            table: Table::new(&config, &settings.table),
            settings,
        })
    }

    /// With what links are signed. `None` where the function was given none.
    pub(crate) async fn link_key(&self) -> Result<Option<Key>, Trouble> {
        let Some(name) = &self.settings.link_key else { return Ok(None) };
        let secret = self.parameters.one(name).await?;
        let says = format!("{name} is shorter than {} characters: links would be guessed", account::link::KEY_MIN);
        Key::new(secret.trim()).map(Some).ok_or(Trouble { code: "SG-LAM-025", says })
    }

    /// Where links lead. `None` where the function was not told.
    pub(crate) async fn link_base(&self) -> Result<Option<String>, Trouble> {
        match &self.settings.link_base {
            Some(name) if name.starts_with('/') => self.parameters.one(name).await.map(Some),
            base => Ok(base.clone()),
        }
    }
}

impl Aws {
    /// A host was stopped or started: remembered for the next round.
    pub(crate) async fn note(&self, event: &HostEvent, now: Time) -> Result<(), Trouble> {
        self.table.host(&event.id, event.runs, &event.at, now).await.map_err(memory)
    }

    /// Free of what it was called with: many are under way at once.
    fn answer(
        &self,
        call: &Call,
        available: &[Series],
    ) -> impl Future<Output = Result<Vec<Points>, Trouble>> + Send + use<> {
        let one = call.needs.first().filter(|_| call.lightsail).map(|need| available[need.series].clone());
        let queries = if one.is_none() { metrics::queries(call, available) } else { Vec::new() };
        let (call, lightsail, metrics) = (call.clone(), self.lightsail.clone(), self.metrics.clone());
        async move {
            match one {
                Some(series) => lightsail.read(call, series).await,
                None => metrics.read(call, queries).await,
            }
        }
    }
}

fn memory(refused: Refused) -> Trouble {
    Trouble { code: "SG-LAM-012", says: refused.says }
}

impl Outside for Aws {
    async fn rules(&self) -> Result<String, Trouble> {
        self.parameters.text(&self.settings.rules).await
    }

    async fn good_rules(&self) -> Result<Option<String>, Trouble> {
        self.table.good_rules().await.map_err(memory)
    }

    async fn keep_rules(&self, text: &str) -> Result<(), Trouble> {
        self.table.keep_rules(text).await.map_err(memory)
    }

    async fn discover(&self, wanted: &[Wanted], take: &mut (dyn FnMut(Vec<Series>) + Send)) -> Result<Found, Trouble> {
        self.metrics.discover(wanted, take).await?;
        let found = self.lightsail.discover(wanted, take).await;
        Ok(found.unwrap_or_else(|trouble| Found { unlisted: Some((plan::LIGHTSAIL, trouble)), ..Found::default() }))
    }

    async fn listing(&self) -> Result<Option<Listing>, Trouble> {
        self.table.listing().await.map_err(memory)
    }

    async fn claim_listing(&self, now: Time) -> Result<bool, Trouble> {
        self.table.claim_listing(now).await.map_err(memory)
    }

    async fn sections(&self, named: &[(String, Section)]) -> Result<Vec<Series>, Trouble> {
        let one = |(name, section): &(String, Section)| {
            let (table, name, section) = (self.table.clone(), name.clone(), *section);
            async move { table.section(&name, section).await }
        };
        let mut series = Vec::new();
        for answer in at_once(named.iter().map(one)).await {
            series.extend(answer.map_err(memory)?);
        }
        Ok(series)
    }

    async fn keep_section(&self, name: &str, lines: &Lines) -> Result<(), Trouble> {
        self.table.keep_section(name, lines).await.map_err(memory)
    }

    async fn drop_section(&self, name: &str, section: Section) -> Result<(), Trouble> {
        self.table.drop_section(name, section).await.map_err(memory)
    }

    async fn keep_listing(&self, listing: &Listing) -> Result<(), Trouble> {
        self.table.keep_listing(listing).await.map_err(memory)
    }

    async fn neighbours(&self, shard: Shard) -> Result<Vec<(u16, Neighbour)>, Trouble> {
        self.table.neighbours(shard).await.map_err(memory)
    }

    async fn tell_neighbours(&self, shard: Shard, told: &Neighbour) -> Result<(), Trouble> {
        self.table.tell_neighbours(shard, told).await.map_err(memory)
    }

    async fn hosts(&self) -> Result<Vec<(String, bool)>, Trouble> {
        self.table.hosts().await.map_err(memory)
    }

    async fn natives(&self, names: &[String]) -> Result<HashMap<String, State>, Trouble> {
        self.metrics.natives(names).await
    }

    async fn read(&self, calls: &[Call], available: &[Series]) -> Vec<Result<Vec<Points>, Trouble>> {
        let largest = calls.iter().map(Call::points).max().unwrap_or(0);
        let most = (POINTS_AT_ONCE / largest.max(1)).clamp(1, AT_ONCE);
        some_at_once(most, calls.iter().map(|call| self.answer(call, available))).await
    }

    async fn clues(&self, scene: &Scene, from: Time, until: Time) -> Result<Clues, Trouble> {
        self.logs.clues(scene, from, until).await
    }

    async fn head(&self, shard: Shard) -> Result<Head, Trouble> {
        self.table.head(shard).await.map_err(memory)
    }

    async fn claim(&self, shard: Shard, rounds: u64) -> Result<bool, Trouble> {
        self.table.claim(shard, rounds).await.map_err(memory)
    }

    async fn load(&self, shard: Shard) -> Result<Vec<Held>, Trouble> {
        let ask = |bucket: u8| {
            let table = self.table.clone();
            async move { table.bucket(bucket).await }
        };
        let answers = at_once(shard.buckets().map(ask)).await;
        let mut held = Vec::new();
        for answer in answers {
            held.extend(answer.map_err(memory)?);
        }
        Ok(held)
    }

    async fn group(&self, name: &str) -> Result<Option<Held>, Trouble> {
        self.table.group(name).await.map_err(memory)
    }

    async fn save(&self, change: &Change<'_>) -> Result<Saved, Trouble> {
        self.table.save(change).await.map_err(memory)
    }

    async fn learn(&self, group: &str, pages: &[String]) -> Result<(), Trouble> {
        self.table.learn(group, pages).await.map_err(memory)
    }

    async fn delays(&self, shard: Shard) -> Result<Option<String>, Trouble> {
        self.table.delays(shard).await.map_err(memory)
    }

    async fn keep_delays(&self, shard: Shard, text: &str) -> Result<(), Trouble> {
        self.table.keep_delays(shard, text).await.map_err(memory)
    }

    async fn story(&self, id: &str) -> Result<Option<(Incident, String)>, Trouble> {
        self.table.story(id).await.map_err(memory)
    }

    async fn ring(&self) -> Result<(), Trouble> {
        self.table.ring().await.map_err(memory)
    }

    async fn silences(&self) -> Result<Vec<Silence>, Trouble> {
        self.table.silences().await.map_err(memory)
    }

    async fn silence(&self, silence: &Silence, now: Time) -> Result<(), Trouble> {
        self.table.silence(silence, now).await.map_err(memory)
    }

    async fn drills(&self) -> Result<Vec<Drill>, Trouble> {
        self.table.drills().await.map_err(memory)
    }

    async fn keep_outlets(&self) -> Result<(), Trouble> {
        self.table.keep_outlets(&self.settings.outlets).await.map_err(memory)
    }

    async fn send(&self, owed: &Owed, way: &str) -> Result<Taken, Trouble> {
        let outlet = self.settings.outlet(&owed.audience).cloned().unwrap_or_default();
        let said = self.tell.send(owed, way, &outlet).await?;
        Ok(Taken { at: now(), said })
    }

    fn has_bus(&self) -> bool {
        self.settings.event_bus.is_some()
    }

    async fn event(&self, owed: &Owed) -> Result<(), Trouble> {
        match &self.settings.event_bus {
            Some(bus) => self.events.send(owed, bus).await,
            // It was owed by a function that had one.
            None => Ok(()),
        }
    }

    async fn receipt(&self, incident: &str, receipt: &Receipt) -> Result<(), Trouble> {
        self.table.receipt(incident, receipt).await.map_err(memory)
    }

    fn ways(&self, audience: &str) -> Vec<String> {
        self.settings.outlet(audience).map(account::Outlet::ways).unwrap_or_default()
    }

    async fn measure(&self, measures: &[Measure]) -> Result<(), Trouble> {
        self.metrics.measure(measures).await
    }
}

/// All of them, in their order, a few at a time.
async fn at_once<T, F>(tasks: impl Iterator<Item = F>) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    some_at_once(AT_ONCE, tasks).await
}

async fn some_at_once<T, F>(most: usize, tasks: impl Iterator<Item = F>) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut running = tokio::task::JoinSet::new();
    let mut done = Vec::new();
    let mut tasks = tasks.enumerate();
    loop {
        while running.len() < most {
            let Some((number, task)) = tasks.next() else { break };
            running.spawn(async move { (number, task.await) });
        }
        match running.join_next().await {
            Some(Ok(answer)) => done.push(answer),
            // A task panics only where this program has a fault; the invocation ends with it.
            Some(Err(_)) => {}
            None => break,
        }
    }
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, answer)| answer).collect()
}

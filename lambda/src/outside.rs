//! All that is outside of a round: what it reads, where it remembers, whom it tells. In production that is AWS; in the
//! tests a small world in memory that can fail at every call.

use std::collections::HashMap;

use account::item::Owed;
use account::plan::Call;
use account::shard::Shard;
use account::{Change, Drill, Head, Held, Lines, Listing, Neighbour, Receipt, Saved, Section};
use alarm::incident::Incident;
use alarm::points::{Points, Time};
use alarm::series::Series;
use alarm::silence::Silence;
use alarm::verdict::State;

use crate::guilt::{Clues, Scene};

/// A call that failed. It is said in the log with its code, and counted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {says}")]
pub(crate) struct Trouble {
    pub(crate) code: &'static str,
    pub(crate) says: String,
}

/// Namespace, where the rule names one, and metric.
pub(crate) type Wanted = (Option<String>, String);

/// What was told beside the series that exist.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Found {
    /// Hosts whose state was told with it; `true`: it runs.
    pub(crate) hosts: Vec<(String, bool)>,
    /// A namespace that could not be listed: what was known of it stands.
    pub(crate) unlisted: Option<(&'static str, Trouble)>,
}

/// An outlet has a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) at: Time,
    /// How it said so.
    pub(crate) said: String,
}

/// One number that the Lambda says of itself, or of what it judged.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Measure {
    pub(crate) name: &'static str,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) dimensions: Vec<(&'static str, String)>,
}

pub(crate) trait Outside {
    /// The text of the rules as it stands now.
    async fn rules(&self) -> Result<String, Trouble>;
    /// The newest text without a fault.
    async fn good_rules(&self) -> Result<Option<String>, Trouble>;
    async fn keep_rules(&self, text: &str) -> Result<(), Trouble>;

    /// Lists what exists, and hands it on page by page: of a large fleet it is too much to be held.
    async fn discover(&self, wanted: &[Wanted], take: &mut (dyn FnMut(Vec<Series>) + Send)) -> Result<Found, Trouble>;
    /// What one shard listed for all.
    async fn listing(&self) -> Result<Option<Listing>, Trouble>;
    /// `false`: another lists just now.
    async fn claim_listing(&self, now: Time) -> Result<bool, Trouble>;
    async fn sections(&self, named: &[(String, Section)]) -> Result<Vec<Series>, Trouble>;
    async fn keep_section(&self, name: &str, lines: &Lines) -> Result<(), Trouble>;
    async fn drop_section(&self, name: &str, section: Section) -> Result<(), Trouble>;
    async fn keep_listing(&self, listing: &Listing) -> Result<(), Trouble>;
    /// What the alarms of other shards came to, each with the number of its shard.
    async fn neighbours(&self, shard: Shard) -> Result<Vec<(u16, Neighbour)>, Trouble>;
    async fn tell_neighbours(&self, shard: Shard, told: &Neighbour) -> Result<(), Trouble>;
    /// What events said of hosts; `true`: it runs.
    async fn hosts(&self) -> Result<Vec<(String, bool)>, Trouble>;
    async fn natives(&self, names: &[String]) -> Result<HashMap<String, State>, Trouble>;
    /// The answer to each call, each with the points of each of its needs, in their order.
    async fn read(&self, calls: &[Call], available: &[Series]) -> Vec<Result<Vec<Points>, Trouble>>;

    /// What was written of a host and a service; asked within a bound of time.
    async fn clues(&self, scene: &Scene, from: Time, until: Time) -> Result<Clues, Trouble>;

    async fn head(&self, shard: Shard) -> Result<Head, Trouble>;
    /// `false`: another round wrote since.
    async fn claim(&self, shard: Shard, rounds: u64) -> Result<bool, Trouble>;
    async fn load(&self, shard: Shard) -> Result<Vec<Held>, Trouble>;
    async fn group(&self, name: &str) -> Result<Option<Held>, Trouble>;
    async fn save(&self, change: &Change<'_>) -> Result<Saved, Trouble>;
    async fn learn(&self, group: &str, pages: &[String]) -> Result<(), Trouble>;
    /// How late metrics come, as a round of this shard wrote it.
    async fn delays(&self, shard: Shard) -> Result<Option<String>, Trouble>;
    async fn keep_delays(&self, shard: Shard, text: &str) -> Result<(), Trouble>;
    /// With the name of its group.
    async fn story(&self, id: &str) -> Result<Option<(Incident, String)>, Trouble>;
    /// Tells every shard that somebody did something.
    async fn ring(&self) -> Result<(), Trouble>;
    async fn silences(&self) -> Result<Vec<Silence>, Trouble>;
    /// Keeps it, and tells every shard.
    async fn silence(&self, silence: &Silence, now: Time) -> Result<(), Trouble>;
    async fn drills(&self) -> Result<Vec<Drill>, Trouble>;
    /// Writes down where each audience is reached, for those who ask at a shell.
    async fn keep_outlets(&self) -> Result<(), Trouble>;

    /// One notice on one of its ways. `Ok` only when the outlet said that it has it.
    async fn send(&self, owed: &Owed, way: &str) -> Result<Taken, Trouble>;
    /// Programs hear of every transition.
    fn has_bus(&self) -> bool;
    /// One event. `Ok` only when the bus said that it has it.
    async fn event(&self, owed: &Owed) -> Result<(), Trouble>;
    async fn receipt(&self, incident: &str, receipt: &Receipt) -> Result<(), Trouble>;
    /// The ways on which an audience is told.
    fn ways(&self, audience: &str) -> Vec<String>;

    async fn measure(&self, measures: &[Measure]) -> Result<(), Trouble>;
}

//! What this process knows from its earlier rounds. Nothing stands here alone: a new process reads it all again.

use std::collections::{BTreeMap, HashMap};

use account::shard::Shard;
use account::{Drill, Head, Held};
use alarm::incident::Incident;
use alarm::inputs::Host;
use alarm::points::Time;
use alarm::series::Series;
use alarm::silence::Silence;

use super::learned::Learned;
use super::listing::{Asked, LISTED_S, Listed, list};
use super::own;
use super::remember::learning_minute;
use super::rules::Standing;
use crate::delays::Delays;
use crate::id::Id;
use crate::outside::{Outside, Trouble, Wanted};
use crate::seen::Seen;

#[derive(Debug, Default)]
pub(crate) struct Warm {
    pub(super) standing: Standing,
    pub(super) available: Vec<Series>,
    /// When, and what was looked for.
    listed: Option<(Time, Vec<Wanted>)>,
    /// What exists is known, if only as it was.
    pub(super) was_listed: bool,
    /// Hash of what was read of the shared list.
    held_list: Option<u64>,
    pub(super) seen: Seen,
    /// By the name of the group, as it stands in the table.
    pub(super) held: BTreeMap<String, Held>,
    /// What the judges have learned of alarms at rest, newer than the table.
    pub(super) learned: Learned,
    /// How late the points of each metric come, and of which shard that was read.
    pub(super) delays: Delays,
    delays_of: Option<Shard>,
    delays_kept: Delays,
    pub(super) stories: HashMap<String, Incident>,
    pub(super) silences: Vec<Silence>,
    pub(super) drills: Vec<Drill>,
    /// The outlets stand in the table as this process was told them.
    pub(super) outlets_told: bool,
    /// When this process judged last.
    pub(super) judged: Option<Time>,
    /// What events said, and what the lists said.
    heard: Vec<(String, bool)>,
    told: Vec<(String, bool)>,
    pub(super) head: Option<(Shard, Head)>,
}

impl Warm {
    /// Brings what is remembered up to what others wrote since.
    pub(super) async fn recall(&mut self, out: &impl Outside, shard: Shard) -> Result<(), Trouble> {
        let head = out.head(shard).await?;
        if self.head == Some((shard, head)) {
            return Ok(());
        }
        // Known again only when all of it was read.
        self.head = None;
        let held = out.load(shard).await?;
        self.silences = out.silences().await?;
        self.drills = out.drills().await?;
        self.heard = out.hosts().await?;
        self.held = held.into_iter().map(|held| (held.group.name.clone(), held)).collect();
        self.stories.clear();
        for held in self.held.values_mut() {
            for lost in held.lost.drain(..) {
                tracing::error!(code = "SG-ACC-001", %lost, "a part of the memory is lost");
            }
            self.learned.fill(held.learned.drain(..).map(|(key, memory)| (Id::of(&key), memory)));
        }
        self.recall_delays(out, shard).await?;
        self.head = Some((shard, head));
        Ok(())
    }

    /// Once a process; what it has learned since is newer.
    async fn recall_delays(&mut self, out: &impl Outside, shard: Shard) -> Result<(), Trouble> {
        if self.delays_of == Some(shard) {
            return Ok(());
        }
        let text = out.delays(shard).await?;
        self.delays = text.map_or_else(Delays::default, |text| {
            Delays::decode(&text).unwrap_or_else(|error| {
                tracing::error!(code = "SG-ACC-001", %error, "how late metrics come is learned anew");
                Delays::default()
            })
        });
        self.delays_kept = self.delays.clone();
        self.delays_of = Some(shard);
        Ok(())
    }

    /// Written down once an hour, where there is something new.
    pub(super) async fn keep_delays(&mut self, out: &impl Outside, shard: Shard, now: Time) -> Result<(), Trouble> {
        if !learning_minute(&shard.name(), now) || self.delays == self.delays_kept {
            return Ok(());
        }
        out.keep_delays(shard, &self.delays.encode()).await?;
        self.delays_kept = self.delays.clone();
        Ok(())
    }

    /// The series that exist. What was listed before stands while it cannot be listed anew.
    pub(super) async fn list(&mut self, out: &impl Outside, shard: Shard, now: Time) -> Option<Trouble> {
        let wanted = wanted(&self.standing);
        let fresh = |(at, what): &(Time, Vec<Wanted>)| (0..LISTED_S).contains(&(now - at)) && *what == wanted;
        if self.listed.as_ref().is_some_and(fresh) {
            return None;
        }
        let (rules, text, held) = (&self.standing.rules, self.standing.hash(), self.held_list);
        let listed = list(out, &Asked { shard, rules, text, wanted: &wanted, held, now }).await;
        match listed {
            Ok(listed) => self.take(listed, wanted),
            Err(trouble) => Some(trouble),
        }
    }

    fn take(&mut self, listed: Listed, wanted: Vec<Wanted>) -> Option<Trouble> {
        let Listed { series, hosts, at, held, unlisted, untold } = listed;
        let (namespace, trouble) = unlisted.unzip();
        if let Some(mut series) = series {
            series.extend(self.available.drain(..).filter(|it| namespace.is_some_and(|of| it.namespace == of)));
            series.sort_unstable();
            series.dedup();
            series.shrink_to_fit();
            self.available = series;
        }
        self.was_listed = true;
        self.held_list = held;
        // Asked again at once where a part is missing.
        self.listed = trouble.is_none().then_some((at, wanted));
        if trouble.is_none() {
            self.told = hosts;
        }
        trouble.or(untold)
    }

    /// Beside what was listed stands what is made here.
    pub(super) fn make_own(&mut self, now: Time) {
        self.available.retain(|series| !own::is_own(series));
        let own = own::all(&self.drills, now);
        // A vector that grows by itself would double.
        self.available.reserve_exact(own.len());
        self.available.extend(own);
    }

    /// Which hosts are meant to be there: a list is newer than what an event once said.
    pub(super) fn hosts(&self) -> HashMap<String, Host> {
        let state = |(name, runs): &(String, bool)| (name.clone(), if *runs { Host::Running } else { Host::Stopped });
        self.heard.iter().chain(&self.told).map(state).collect()
    }

    pub(super) async fn story(&mut self, out: &impl Outside, id: &str) -> Result<Option<Incident>, Trouble> {
        if let Some(story) = self.stories.get(id) {
            return Ok(Some(story.clone()));
        }
        Ok(out.story(id).await?.map(|(story, _)| story))
    }
}

fn wanted(standing: &Standing) -> Vec<Wanted> {
    let reads = standing.rules.alarms.iter().flat_map(|rule| &rule.reads);
    let mut wanted: Vec<Wanted> =
        reads.map(|read| (read.select.namespace.clone(), read.select.metric.clone())).collect();
    wanted.retain(|it| !own::is_made_here(it));
    wanted.sort();
    wanted.dedup();
    wanted
}

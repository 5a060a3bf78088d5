//! The round itself.

use std::collections::{BTreeMap, HashMap, HashSet};

use account::item::Group;
use account::plan;
use account::{Change, Held, Saved};
use alarm::hush::Hushes;
use alarm::memory::Memory;
use alarm::notice::Suspect;
use alarm::notify::GroupMemory;
use alarm::round::{Bound, Need, Outcome, Told, bind, judge, needs, tell};
use alarm::verdict::State;
use serde::Serialize;

use super::guilt::guilty;
use super::remember::{After, Judged, after, at_rest, awake, learning_minute, remembered, same};
use super::send::deliver;
use super::{Me, Warm, neighbours, own, published};
use crate::delays::FURTHER_S;
use crate::id::Id;
use crate::outside::{Measure, Outside, Trouble};
use crate::seen::Sight;

/// Troubles that one answer names; the rest are counted.
const TROUBLES_MAX: usize = 20;

/// What one round came to.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Report {
    /// Alarms judged: rules and the combinations of each.
    pub(crate) judged: usize,
    pub(crate) firing: usize,
    pub(crate) unknown: usize,
    /// Series asked for, and those that could not be read.
    pub(crate) read: usize,
    pub(crate) unread: usize,
    /// Groups written.
    pub(crate) written: usize,
    /// Notices: taken by their outlet, still owed, tried and refused, dropped unsent.
    pub(crate) sent: usize,
    pub(crate) owed: usize,
    pub(crate) failed: usize,
    pub(crate) dropped: usize,
    /// Events that the bus has taken. What it refused is owed, and counts as failed.
    pub(crate) events: usize,
    /// Somebody else judged at the same time, and what this round would have written was theirs to write.
    pub(crate) too_late: usize,
    /// Faults of the rules in place.
    pub(crate) faults: usize,
    pub(crate) troubles: Vec<String>,
    pub(crate) more_troubles: usize,
    /// Since this process judged last.
    pub(crate) age_s: Option<i64>,
    /// Of the rules that are published.
    #[serde(skip)]
    pub(super) published: Vec<Measure>,
}

impl Report {
    pub(super) fn trouble(&mut self, trouble: &Trouble) {
        tracing::error!(code = trouble.code, says = trouble.says, "trouble");
        if self.troubles.len() < TROUBLES_MAX {
            self.troubles.push(trouble.to_string());
        } else {
            self.more_troubles += 1;
        }
    }

    pub(super) fn measures(&self) -> Vec<Measure> {
        let one = |name, value, unit| Measure { name, value, unit, dimensions: Vec::new() };
        let count = |name, value: usize| one(name, value as f64, "Count");
        let age = self.age_s.map(|age| one("lambda_evaluation_age", age as f64, "Seconds"));
        let mut measures = vec![
            count("lambda_alarms_judged", self.judged),
            count("lambda_alarms_firing", self.firing),
            count("lambda_alarms_unknown", self.unknown),
            count("lambda_series_unread", self.unread),
            count("lambda_notices_sent", self.sent),
            count("lambda_notices_owed", self.owed),
            count("lambda_notices_failed", self.failed),
            count("lambda_notices_dropped", self.dropped),
            count("lambda_rules_faulty", self.faults),
            count("lambda_rounds", 1),
        ];
        measures.extend(age);
        measures.extend_from_slice(&self.published);
        measures
    }
}

/// One round. Whatever goes wrong is in the report and in the log; the invocation itself never fails for it, since the
/// scheduler could do no better than to send it again.
pub(crate) async fn turn(warm: &mut Warm, out: &impl Outside, me: &Me) -> Report {
    let mut report = Report::default();
    let standing = std::mem::take(&mut warm.standing);
    let (standing, trouble) = standing.refresh(out).await;
    if let Some(trouble) = trouble {
        report.trouble(&trouble);
    }
    let Some(standing) = standing else {
        let says = "there are no rules, and never were good ones: nothing is judged".to_owned();
        report.trouble(&Trouble { code: "SG-LAM-031", says });
        report.faults = 1;
        return close(report, warm, out).await;
    };
    report.faults = standing.faults.len();
    warm.standing = standing;
    if let Some(trouble) = warm.list(out, me.shard, me.now).await {
        report.trouble(&trouble);
        // To a process that knows nothing of what exists, every host would seem to be gone.
        if !warm.was_listed {
            return close(report, warm, out).await;
        }
    }
    if !warm.outlets_told {
        match out.keep_outlets().await {
            Ok(()) => warm.outlets_told = true,
            Err(trouble) => report.trouble(&trouble),
        }
    }
    // Of two rounds at once the second finds its claim refused, reads what the first wrote, and judges again.
    for _ in 0..2 {
        match attempt(warm, out, me, &mut report).await {
            Ok(true) => {
                report.age_s = warm.judged.replace(me.now).map(|last| me.now - last);
                break;
            }
            Ok(false) => {
                report.too_late += 1;
                warm.head = None;
            }
            Err(trouble) => {
                report.trouble(&trouble);
                warm.head = None;
                break;
            }
        }
    }
    close(report, warm, out).await
}

async fn close(mut report: Report, warm: &Warm, out: &impl Outside) -> Report {
    report.owed = warm.held.values().map(|held| held.group.owed.len()).sum();
    if let Err(trouble) = out.measure(&report.measures()).await {
        report.trouble(&trouble);
    }
    report
}

/// `false`: another round wrote since this one read.
async fn attempt(warm: &mut Warm, out: &impl Outside, me: &Me, report: &mut Report) -> Result<bool, Trouble> {
    warm.recall(out, me.shard).await?;
    warm.standing.expect_late(&warm.delays);
    warm.make_own(me.now);
    let keys = remembered(warm.held.values().map(|held| &held.group));
    let rules = &warm.standing.rules;
    let (bounds, others) = neighbours::parted(rules, bind(rules, &warm.available, &keys), me);
    let elsewhere = neighbours::hear(rules, others, out, me, report).await;
    let failed = read(warm, out, me, &bounds, report).await;
    let natives = natives(warm, out, report).await;
    let outcomes = {
        let memories = memories(warm, &bounds);
        let (seen, available, hosts) = (&warm.seen, &warm.available[..], &warm.hosts());
        let world = Sight { seen, available, failed: &failed, natives: &natives, hosts, elsewhere: &elsewhere.states };
        judge(&warm.standing.rules, &bounds, &memories, &warm.available, &world, me.now)
    };
    count(&outcomes, report);
    report.published = published::measures(&warm.standing.rules, &bounds, &outcomes, &warm.available);
    let episodes: BTreeMap<String, GroupMemory> = warm
        .held
        .iter()
        .filter(|(_, held)| held.group.memory.episode.is_some())
        .map(|(name, held)| (name.clone(), held.group.memory.clone()))
        .collect();
    let file = &warm.standing.rules.hushes;
    let silences = file.silences.iter().chain(&warm.silences).cloned().collect();
    let hushes = Hushes { silences, elsewhere: elsewhere.hiding, ..file.clone() };
    let told = tell(&warm.standing.rules, &bounds, &outcomes, episodes, &hushes, me.now);
    let guilty = guilty(&warm.standing.rules, &bounds, &outcomes, &told, out, me.now).await;
    let changes = changes(warm, out, me, &bounds, &outcomes, (&told, &guilty)).await?;
    let owes = warm.held.values().any(|held| held.group.owed.iter().any(|owed| owed.free(&me.name, me.now)));
    if !changes.is_empty() || owes {
        let Some((shard, head)) = warm.head else { return Ok(false) };
        if !out.claim(shard, head.rounds).await? {
            return Ok(false);
        }
        let rounds = head.rounds + 1;
        warm.head = Some((shard, account::Head { rounds, ..head }));
    }
    write(warm, out, changes, report).await;
    deliver(warm, out, me, report).await;
    neighbours::tell(&warm.standing.rules, &bounds, &outcomes, out, me, report).await;
    learn(warm, out, me, &bounds, outcomes, report).await;
    Ok(true)
}

/// Reads what is due. The numbers of the series that could not be read.
async fn read(warm: &mut Warm, out: &impl Outside, me: &Me, bounds: &[Bound], report: &mut Report) -> HashSet<usize> {
    let mut needed: Vec<Need> = needs(&warm.standing.rules, bounds);
    let behind = warm.delays.behind(me.now);
    for need in needed.iter_mut().filter(|_| !behind.is_empty()) {
        let series = &warm.available[need.series];
        need.reach_s += if behind.contains(&(&*series.namespace, &*series.name)) { FURTHER_S } else { 0 };
    }
    warm.seen.forget(&needed, &warm.available, me.points_max);
    let (ours, asked): (Vec<Need>, Vec<Need>) =
        needed.into_iter().partition(|need| own::is_own(&warm.available[need.series]));
    for need in ours {
        let (series, faults) = (&warm.available[need.series], warm.standing.faults.len());
        let points = own::points(&need, series, faults, &warm.drills, me.now);
        warm.seen.take(&need, &warm.available, points, me.now);
    }
    let calls = plan::calls(warm.seen.due(asked, &warm.available, me.now), &warm.available, me.now);
    report.read = calls.iter().map(|call| call.needs.len()).sum();
    let mut failed = HashSet::new();
    let answers = out.read(&calls, &warm.available).await;
    for (call, answer) in calls.iter().zip(answers) {
        match answer {
            Ok(points) => {
                for (need, points) in call.needs.iter().zip(points) {
                    let before = warm.seen.before(need, &warm.available);
                    warm.delays.note(&warm.available[need.series], before, &points, me.now);
                    warm.seen.take(need, &warm.available, points, me.now);
                }
            }
            Err(trouble) => {
                report.trouble(&trouble);
                failed.extend(call.needs.iter().map(|need| need.series));
            }
        }
    }
    report.unread = failed.len();
    failed
}

async fn natives(warm: &Warm, out: &impl Outside, report: &mut Report) -> HashMap<String, State> {
    let mut names: Vec<String> =
        warm.standing.rules.alarms.iter().flat_map(|rule| rule.native.iter().cloned()).collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        return HashMap::new();
    }
    out.natives(&names).await.unwrap_or_else(|trouble| {
        report.trouble(&trouble);
        HashMap::new()
    })
}

fn memories<'a>(warm: &'a Warm, bounds: &[Bound]) -> Vec<Option<&'a Memory>> {
    let mut held: HashMap<_, _> =
        warm.held.values().flat_map(|held| held.group.alarms.iter()).map(|(key, memory)| (key, memory)).collect();
    let memory = |bound: &Bound| held.remove(&bound.key).or_else(|| warm.learned.get(Id::of(&bound.key)));
    bounds.iter().map(memory).collect()
}

fn count(outcomes: &[Outcome], report: &mut Report) {
    let of = |state| outcomes.iter().filter(|outcome| outcome.verdict.state == state).count();
    report.judged = outcomes.len();
    report.firing = of(State::Firing);
    report.unknown = of(State::Unknown);
}

/// Every group that must be written.
async fn changes(
    warm: &mut Warm,
    out: &impl Outside,
    me: &Me,
    bounds: &[Bound],
    outcomes: &[Outcome],
    (told, guilty): (&[Told], &HashMap<String, Vec<Suspect>>),
) -> Result<Vec<After>, Trouble> {
    let mut awake = awake(bounds, outcomes);
    let mut names: Vec<String> = awake.keys().cloned().collect();
    names.extend(told.iter().map(|told| told.group.clone()));
    names.extend(warm.held.keys().cloned());
    names.sort();
    names.dedup();
    let told: HashMap<&str, &Told> = told.iter().map(|told| (told.group.as_str(), told)).collect();
    let mut changes = Vec::new();
    for name in names {
        let before = warm.held.get(&name).map_or_else(|| Group::new(&name), |held| held.group.clone());
        let told = told.get(name.as_str()).copied();
        let open = before.memory.episode.as_ref().map(|episode| episode.incident.clone());
        let story = match open {
            Some(id) => warm.story(out, &id).await?,
            None => None,
        };
        let suspects = guilty.get(&name).map_or(&[][..], Vec::as_slice);
        let judged = Judged { rules: &warm.standing.rules, bounds, outcomes, suspects };
        let after = after(judged, &before, awake.remove(&name).unwrap_or_default(), told, story, me, out);
        if !same(&before, &after.group) || after.story.is_some() {
            changes.push(after);
        }
    }
    Ok(changes)
}

async fn write(warm: &mut Warm, out: &impl Outside, changes: Vec<After>, report: &mut Report) {
    for After { group, story, beyond, dropped } in changes {
        report.dropped += dropped.len();
        for owed in dropped {
            tracing::error!(code = "SG-LAM-042", notice = owed.id(), "too many notices wait; the oldest is dropped");
        }
        if beyond > 0 {
            let says = format!("{}: {beyond} alarms beyond what one group remembers", group.name);
            report.trouble(&Trouble { code: "SG-LAM-043", says });
        }
        let version = warm.held.get(&group.name).map_or(0, |held| held.version);
        match out.save(&Change { group: &group, version, story: story.as_ref() }).await {
            Ok(Saved::As(version)) => {
                report.written += 1;
                if let Some(story) = story {
                    warm.stories.insert(story.id.clone(), story);
                    warm.stories.retain(|_, story| story.ended.is_none());
                }
                let held = Held { group, version, learned: Vec::new(), lost: Vec::new() };
                if held.group.at_rest() {
                    warm.held.remove(&held.group.name);
                } else {
                    warm.held.insert(held.group.name.clone(), held);
                }
            }
            // Somebody acknowledged, or another round was here: read anew next time.
            Ok(Saved::TooLate) => {
                report.too_late += 1;
                warm.held.remove(&group.name);
                warm.head = None;
            }
            // Whether it was written is not known; the others are not kept waiting for it.
            Err(trouble) => {
                report.trouble(&trouble);
                warm.held.remove(&group.name);
                warm.head = None;
            }
        }
    }
}

/// Keeps what was learned for the next round, and writes it down once an hour.
async fn learn(
    warm: &mut Warm,
    out: &impl Outside,
    me: &Me,
    bounds: &[Bound],
    outcomes: Vec<Outcome>,
    report: &mut Report,
) {
    let mut due: BTreeMap<&str, Vec<(alarm::round::Key, Memory)>> = BTreeMap::new();
    let resting = outcomes.into_iter().filter(|outcome| at_rest(&outcome.memory));
    let rules = &warm.standing.rules;
    let learned = resting.map(|outcome| {
        let bound = &bounds[outcome.bound];
        if rules.alarms[bound.rule].watch.judge.learns() && learning_minute(&bound.group, me.now) {
            due.entry(&bound.group).or_default().push((bound.key.clone(), outcome.memory.clone()));
        }
        (Id::of(&bound.key), outcome.memory)
    });
    warm.learned = learned.collect();
    if let Err(trouble) = warm.keep_delays(out, me.shard, me.now).await {
        report.trouble(&trouble);
    }
    for (group, learned) in due {
        if let Err(trouble) = out.learn(group, &account::item::pages(&learned)).await {
            report.trouble(&trouble);
        }
    }
}

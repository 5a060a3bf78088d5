//! Judges on the host: the same rules, steps, ladders and words as the Lambda, every ten seconds.
//!
//! One round: read what is new, judge, decide who is told, write what changed, and only then owe the notices. What is
//! owed is written in the same batch as the change that owes it, so that a kill between the two neither loses a notice
//! nor invents one; one that was sent and not yet crossed out is sent a second time.

mod acts;
mod keep;
mod rules;
mod sight;

use std::collections::{BTreeMap, HashMap};

use alarm::hush::Hushes;
use alarm::incident::Incident;
use alarm::memory::Memory;
use alarm::notice::{Alarm, Matter, Suspect, compose, email, json, slack};
use alarm::notify::GroupMemory;
use alarm::points::Time;
use alarm::round::{Bound, Key, Outcome, Told, alarms, bind, judge, needs, tell};
use alarm::rules::Rules;
use alarm::series::Series;
use alarm::silence::Silence;
use alarm::verdict::State;

pub(crate) use acts::{Act, ActError};
pub(crate) use keep::Owed;
pub(crate) use rules::{Machine, names, read};
use sight::Sight;

use super::store::Store;
use crate::clients::Clients;

/// Addresses in one notice.
const SUSPECTS_MAX: usize = 3;

#[derive(Debug, Default)]
pub(crate) struct Judge {
    pub(crate) rules: Rules,
    sight: Sight,
    memories: HashMap<Key, Memory>,
    groups: BTreeMap<String, GroupMemory>,
    /// The open ones, and the newest that are over.
    pub(crate) incidents: BTreeMap<String, Incident>,
    pub(crate) silences: Vec<Silence>,
    /// Notices on their way.
    pub(crate) owed: Vec<Owed>,
    pub(crate) latest: Latest,
    /// Whom the sources of requests suspect.
    pub(crate) clients: Clients,
}

/// What the last round came to.
#[derive(Debug, Default)]
pub(crate) struct Latest {
    pub(crate) now: Time,
    pub(crate) bounds: Vec<Bound>,
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) told: Vec<Told>,
}

impl Judge {
    /// With what the store remembers.
    pub(crate) fn new(rules: Rules, store: &Store) -> Self {
        let mut judge = Self { rules, ..Self::default() };
        judge.recall(store);
        judge
    }

    /// One round; the notices that are owed anew are told at the end of `owed`.
    pub(crate) fn round(&mut self, store: &mut Store, now: Time) {
        let available: Vec<Series> = store.catalogue().entries().iter().map(|entry| (*entry.series).clone()).collect();
        let remembered: Vec<Key> =
            self.memories.iter().filter(|(_, memory)| memory.episode.is_some()).map(|(key, _)| key.clone()).collect();
        let bounds = bind(&self.rules, &available, &remembered);
        self.sight.look(store, &needs(&self.rules, &bounds), now);
        let memories: Vec<_> = bounds.iter().map(|bound| self.memories.get(&bound.key)).collect();
        let outcomes = judge(&self.rules, &bounds, &memories, &available, &self.sight, now);
        self.silences.retain(|silence| silence.until > now);
        let file = &self.rules.hushes;
        let silences = file.silences.iter().chain(&self.silences).cloned().collect();
        let hushes = Hushes { silences, ..file.clone() };
        let told = tell(&self.rules, &bounds, &outcomes, self.groups.clone(), &hushes, now);
        self.remember(store, &bounds, &outcomes, now);
        for one in &told {
            self.tell(store, &bounds, &outcomes, one, now);
        }
        let mentioned = |name: &String| told.iter().any(|told| told.group == *name);
        let over: Vec<String> = self.groups.keys().filter(|name| !mentioned(name)).cloned().collect();
        for name in over {
            self.groups.remove(&name);
            keep::drop_group(store, &name);
        }
        self.latest = Latest { now, bounds, outcomes, told };
    }

    fn tell(&mut self, store: &mut Store, bounds: &[Bound], outcomes: &[Outcome], told: &Told, now: Time) {
        let said = alarms(&self.rules, bounds, outcomes, &told.members, now);
        let decision = &told.decision;
        let opened = Incident::open(decision, &told.group, false);
        let id = told.memory.episode.as_ref().map(|episode| episode.incident.clone());
        let before =
            self.groups.get(&told.group).and_then(|group| group.episode.as_ref()).map(|it| it.incident.clone());
        let id = opened.as_ref().map(|story| story.id.clone()).or(id).or(before);
        if let (Some(id), true) = (id, !decision.happened.is_empty() || !decision.due.is_empty()) {
            let story = self.incidents.remove(&id).or(opened);
            if let Some(mut story) = story {
                story.record(decision, &said, now);
                keep::incident(store, &story);
                self.incidents.insert(id, story);
            }
        }
        let suspects = self.suspects(bounds, outcomes, told, now);
        for due in &decision.due {
            for who in &due.to {
                let link = format!("/incidents/{}", due.incident);
                let matter = Matter {
                    due,
                    alarms: &said,
                    suspects: &suspects,
                    link: None,
                    acknowledge: None,
                    drill: false,
                    now,
                };
                let owed = owe(&self.rules, &matter, who, link);
                keep::owe(store, &owed);
                self.owed.push(owed);
            }
        }
        if told.memory.episode.is_some() {
            if told.remember {
                keep::group(store, &told.group, &told.memory);
            }
            self.groups.insert(told.group.clone(), told.memory.clone());
        } else if self.groups.remove(&told.group).is_some() {
            keep::drop_group(store, &told.group);
        }
        self.forget_old(store);
    }

    /// Who asks for what nobody serves, where that is what fires.
    fn suspects(&self, bounds: &[Bound], outcomes: &[Outcome], told: &Told, now: Time) -> Vec<Suspect> {
        let members = told.members.iter().map(|at| &bounds[outcomes[*at].bound]);
        let found = members.map(|bound| {
            let service = bound.labels.get("service").or_else(|| bound.key.combination.get("service"));
            let metrics = self.rules.alarms[bound.rule].reads.iter().map(|read| read.select.metric.as_str());
            self.clients.suspects(service, metrics, now, SUSPECTS_MAX)
        });
        found.into_iter().find(|suspects| !suspects.is_empty()).unwrap_or_default()
    }

    /// What a combination says now, with its rule's words.
    pub(crate) fn alarm(&self, outcome: usize) -> Option<Alarm<'_>> {
        let Latest { now, bounds, outcomes, .. } = &self.latest;
        alarms(&self.rules, bounds, outcomes, &[outcome], *now).pop()
    }

    /// Of all that was judged: how many fire, are unknown, and are fine.
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        let of = |state| self.latest.outcomes.iter().filter(|outcome| outcome.verdict.state == state).count();
        (of(State::Firing), of(State::Unknown), of(State::Fine))
    }

    /// The episode of an incident that is open.
    pub(crate) fn episode(&self, incident: &str) -> Option<&alarm::notify::Episode> {
        self.groups.values().filter_map(|group| group.episode.as_ref()).find(|episode| episode.incident == incident)
    }
}

fn owe(rules: &Rules, matter: &Matter<'_>, who: &str, link: String) -> Owed {
    let audience = rules.team.audience(who);
    let notice = compose(matter, &audience);
    let mail = email(&notice);
    Owed {
        incident: matter.due.incident.clone(),
        number: matter.due.number,
        audience: who.to_owned(),
        since: matter.now,
        link,
        title: notice.title.clone(),
        summary: notice.summary.clone(),
        subject: mail.subject,
        body: mail.body,
        slack: slack(&notice).to_string(),
        json: json(&notice, matter).to_string(),
        done: Vec::new(),
        tries: 0,
    }
}

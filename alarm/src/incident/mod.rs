//! The story of one episode, from the first breach to recovery, kept as it happens.
//!
//! It is told from decisions and never decides anything. Bounded: the timeline keeps its beginning and its newest
//! entries, and says how many were left out between; lists of names are counted beyond their bound. What nobody
//! measured is `None` and reads "unknown", never zero.

mod event;
mod report;
#[cfg(test)]
mod tests;

pub use event::{Entry, Event};
pub use report::report;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::grade::{Grade, Impact};
use crate::notice::Alarm;
use crate::notice::text::clean;
use crate::notify::{Decision, Happened, Why};
use crate::points::Time;
use crate::series::Unit;
use crate::team::Language;
use crate::verdict::{Fact, State};

/// Entries kept: some 100 bytes each. A third of them are of the beginning.
pub const TIMELINE_MAX: usize = 300;
const BEGINNING: usize = TIMELINE_MAX / 3;
/// Alarms, services and hosts that are named one by one.
pub const NAMED_MAX: usize = 100;
const NAME_MAX: usize = 120;
const NOTE_MAX: usize = 2_000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    pub id: String,
    pub group: String,
    pub drill: bool,
    /// The first breach.
    pub began: Time,
    pub ended: Option<Time>,
    /// The gravest that it was.
    pub grade: Grade,
    pub impact: Impact,
    pub alarms: Vec<AlarmStory>,
    pub services: BTreeSet<String>,
    pub hosts: BTreeSet<String>,
    /// Names beyond `NAMED_MAX`.
    pub unnamed: u32,
    pub notices: u32,
    /// Who was told first when, in the order of the ladder.
    pub told: Vec<(String, Time)>,
    pub acknowledged: Vec<Acknowledged>,
    pub escalations: u32,
    pub harm: Harm,
    pub suspects: Vec<String>,
    pub timeline: Vec<Entry>,
    /// Entries left out of the middle.
    pub left_out: u32,
}

/// What users bore while it lasted; `None` is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Harm {
    pub failed_calls: Option<u64>,
    pub clients: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlarmStory {
    /// Rule and place: tells it from its siblings.
    pub name: String,
    pub title: String,
    /// To those who read Korean, where the rule says it.
    #[serde(default)]
    pub title_ko: Option<String>,
    pub began: Time,
    pub ended: Option<Time>,
    pub unit: String,
    /// The value furthest beyond the limit, and when.
    pub peak: Option<Peak>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Peak {
    pub value: f64,
    /// How far beyond the limit; the value itself where no limit is known.
    pub beyond: f64,
    pub at: Time,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    pub by: String,
    pub at: Time,
    pub until: Time,
}

impl Incident {
    /// Begins the story, where the decision opened an incident.
    pub fn open(decision: &Decision, group: &str, drill: bool) -> Option<Self> {
        let opened = decision.happened.iter().find_map(|it| match it {
            Happened::Opened { incident, since } => Some((incident.clone(), *since)),
            _ => None,
        });
        let (id, began) = opened?;
        Some(Self {
            id,
            group: clean(group, NAME_MAX),
            drill,
            began,
            ended: None,
            grade: Grade::Note,
            impact: Impact::None,
            alarms: Vec::new(),
            services: BTreeSet::new(),
            hosts: BTreeSet::new(),
            unnamed: 0,
            notices: 0,
            told: Vec::new(),
            acknowledged: Vec::new(),
            escalations: 0,
            harm: Harm::default(),
            suspects: Vec::new(),
            timeline: Vec::new(),
            left_out: 0,
        })
    }

    /// Takes in what one look brought. `alarms` by the numbers that the decision means.
    pub fn record(&mut self, decision: &Decision, alarms: &[Alarm<'_>], now: Time) {
        for happened in &decision.happened {
            if let Some(event) = event::of(happened, alarms) {
                self.push(now, event);
            }
            if let Happened::Closed { .. } = happened {
                self.ended = Some(now);
            }
        }
        for alarm in alarms {
            self.see(alarm, now);
        }
        for due in &decision.due {
            self.notices += 1;
            self.escalations += u32::from(matches!(due.why, Why::Escalated { .. }));
            for who in &due.to {
                if !self.told.iter().any(|(told, _)| told == who) {
                    self.told.push((who.clone(), now));
                }
            }
            self.push(now, Event::Told { number: due.number, why: due.why.clone(), to: due.to.clone() });
        }
    }

    /// What was typed is kept as it was typed, but for its length and its control characters.
    pub fn acknowledge(&mut self, by: &str, until: Time, now: Time) {
        let by = clean(by, NAME_MAX);
        self.acknowledged.push(Acknowledged { by: by.clone(), at: now, until });
        if self.acknowledged.len() > NAMED_MAX {
            self.acknowledged.remove(1);
        }
        self.push(now, Event::Acknowledged { by, until });
    }

    pub fn note(&mut self, by: &str, text: &str, now: Time) {
        self.push(now, Event::Note { by: clean(by, NAME_MAX), text: clean(text, NOTE_MAX) });
    }

    pub fn suspect(&mut self, line: &str) {
        let line = clean(line, NAME_MAX * 2);
        if !self.suspects.contains(&line) && self.suspects.len() < NAMED_MAX {
            self.suspects.push(line);
        }
    }

    fn push(&mut self, at: Time, event: Event) {
        self.timeline.push(Entry { at, event });
        if self.timeline.len() > TIMELINE_MAX {
            self.timeline.remove(BEGINNING);
            self.left_out += 1;
        }
    }

    fn see(&mut self, alarm: &Alarm<'_>, now: Time) {
        let name = event::name(alarm.labels);
        let known = self.alarms.iter().position(|story| story.name == name);
        match (alarm.verdict.state, known) {
            (State::Firing, None) => self.begin(name, alarm, now),
            (State::Firing, Some(at)) => {
                self.alarms[at].ended = None;
                self.alarms[at].rise(alarm, now);
            }
            (State::Fine, Some(at)) => {
                self.alarms[at].ended.get_or_insert(now);
            }
            _ => return,
        }
        if alarm.verdict.state == State::Firing {
            self.grade = self.grade.max(alarm.graded.grade);
            self.impact = self.impact.max(alarm.graded.impact);
        }
    }

    fn begin(&mut self, name: String, alarm: &Alarm<'_>, now: Time) {
        for (label, names) in [("service", &mut self.services), ("host", &mut self.hosts)] {
            if let Some(value) = alarm.labels.get(label).filter(|_| names.len() < NAMED_MAX) {
                names.insert(clean(value, NAME_MAX));
            }
        }
        if self.alarms.len() == NAMED_MAX {
            self.unnamed = self.unnamed.saturating_add(1);
            return;
        }
        let began = alarm.since.unwrap_or(now).min(now);
        let title = clean(alarm.title, NAME_MAX);
        let title_ko = Some(alarm.title(Language::Ko)).filter(|it| *it != alarm.title).map(|it| clean(it, NAME_MAX));
        let unit = alarm.unit.name().to_owned();
        let mut story = AlarmStory { name, title, title_ko, began, ended: None, unit, peak: None };
        story.rise(alarm, now);
        self.alarms.push(story);
    }
}

impl AlarmStory {
    pub fn title(&self, language: Language) -> &str {
        self.title_ko.as_deref().filter(|_| language == Language::Ko).unwrap_or(&self.title)
    }

    fn rise(&mut self, alarm: &Alarm<'_>, now: Time) {
        let Some(value) = alarm.verdict.value.filter(|value| value.is_finite()) else { return };
        let limit = match alarm.verdict.reason.fact("limit") {
            Some(Fact::Number(limit) | Fact::Percent(limit)) => limit,
            _ => 0.0,
        };
        let beyond = (value - limit).abs();
        if self.peak.is_none_or(|peak| beyond > peak.beyond) {
            self.peak = Some(Peak { value, beyond, at: now });
        }
    }

    fn unit(&self) -> Unit {
        Unit::parse(&self.unit).unwrap_or_default()
    }
}

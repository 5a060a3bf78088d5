//! What can happen in an incident.

use serde::{Deserialize, Serialize};

use super::NAME_MAX;
use crate::grade::Grade;
use crate::hush::Hush;
use crate::matcher::Labels;
use crate::notice::Alarm;
use crate::notice::text::clean;
use crate::notify::{Ended, Happened, Why};
use crate::points::Time;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub at: Time,
    pub event: Event,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    Fires { alarm: String },
    Over { alarm: String },
    Gone { alarms: usize },
    Hushed { alarm: String, hush: Hush },
    HushEnded { alarm: String, ended: Ended },
    Told { number: u32, why: Why, to: Vec<String> },
    Acknowledged { by: String, until: Time },
    AckEnded { by: String },
    AckBroken { by: String, grade: Grade },
    Note { by: String, text: String },
    Ended,
}

/// `None` for what is told elsewhere in the story.
pub(super) fn of(happened: &Happened, alarms: &[Alarm<'_>]) -> Option<Event> {
    let alarm = |at: &usize| alarms.get(*at).map_or_else(|| "?".to_owned(), |alarm| name(alarm.labels));
    Some(match happened {
        Happened::Opened { .. } => return None,
        Happened::Joined { member } => Event::Fires { alarm: alarm(member) },
        Happened::Over { member } => Event::Over { alarm: alarm(member) },
        Happened::Gone { members } => Event::Gone { alarms: *members },
        Happened::Hushed { member, hush } => Event::Hushed { alarm: alarm(member), hush: hush.clone() },
        Happened::HushEnded { member, ended } => Event::HushEnded { alarm: alarm(member), ended: *ended },
        Happened::AckEnded { by } => Event::AckEnded { by: by.clone() },
        Happened::AckBroken { by, grade } => Event::AckBroken { by: by.clone(), grade: *grade },
        Happened::Closed { .. } => Event::Ended,
    })
}

/// `cpu-high (host=web-1)`
pub(super) fn name(labels: &Labels) -> String {
    let rule = labels.get("rule").unwrap_or("?");
    let rest = labels.iter().filter(|(name, _)| *name != "rule").map(|(name, value)| format!("{name}={value}"));
    let rest = rest.collect::<Vec<_>>().join(", ");
    clean(&if rest.is_empty() { rule.to_owned() } else { format!("{rule} ({rest})") }, NAME_MAX)
}

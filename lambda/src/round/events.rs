//! What changed, for whatever in the account wants to act on it: one event of EventBridge for the transitions of a group in
//! one round.
//!
//! It is owed as a notice is: written with the transition, sent after that, marked when the bus has taken it. Silences and
//! acknowledgements keep people from being told; programs hear of every transition.

use account::drill::is_drill;
use account::item::{Claim, Owed};
use alarm::round::{Outcome, Told};
use alarm::step::Change;
use serde_json::{Map, Value, json};

use super::Me;
use super::remember::Judged;

/// Transitions that one event lists. It may have 256 KB, and stands in the item of its group until it is sent.
const LISTED_MAX: usize = 200;

/// `None`: nothing changed.
pub(super) fn owed(judged: Judged<'_>, told: &Told, incident: &str, me: &Me) -> Option<Owed> {
    let outcomes = told.members.iter().map(|at| &judged.outcomes[*at]);
    let changes: Vec<(&Outcome, &str)> = outcomes.filter_map(|it| Some((it, word(it.change)?))).collect();
    if changes.is_empty() {
        return None;
    }
    let listed: Vec<Value> = changes.iter().take(LISTED_MAX).map(|(it, word)| transition(judged, it, word)).collect();
    let detail = json!({
        "version": 1, "incident": incident, "group": told.group, "at": me.now, "drill": is_drill(&told.group),
        "transitions": listed, "more": changes.len().saturating_sub(LISTED_MAX),
    });
    Some(Owed {
        incident: incident.to_owned(),
        // One a group and a round: the moment tells them apart.
        number: u32::try_from(me.now).unwrap_or(u32::MAX),
        event: true,
        since: me.now,
        json: detail.to_string(),
        claim: Claim { by: me.name.clone(), until: me.over },
        ..Owed::default()
    })
}

fn word(change: Change) -> Option<&'static str> {
    match change {
        Change::None => None,
        Change::Began => Some("began"),
        Change::Lost => Some("lost"),
        Change::Resumed => Some("resumed"),
        Change::Ended => Some("ended"),
    }
}

fn transition(judged: Judged<'_>, outcome: &Outcome, word: &str) -> Value {
    let bound = &judged.bounds[outcome.bound];
    let labels: Map<_, _> = bound.labels.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    json!({
        "alarm": bound.key.rule,
        "labels": labels,
        "change": word,
        "state": outcome.verdict.state.name(),
        "grade": outcome.graded.map(|graded| graded.grade.name()),
        "value": outcome.verdict.value,
        "reason": outcome.verdict.reason.key,
    })
}

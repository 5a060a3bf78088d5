//! Plays history and says what would have been sent, to whom, and when.

use std::collections::BTreeMap;

use super::play::{History, MOMENTS_MAX, Player};
use crate::grade::Grade;
use crate::notify::Why;
use crate::points::Time;
use crate::round::Key;
use crate::rules::Rules;
use crate::step::Change;
use crate::verdict::{Reason, State};

#[derive(Clone, Debug, Default)]
pub struct Backtest {
    pub from: Time,
    pub to: Time,
    pub moments: u64,
    pub episodes: Vec<Episode>,
    pub notices: Vec<Notice>,
}

/// One episode of one combination.
#[derive(Clone, Debug)]
pub struct Episode {
    pub key: Key,
    pub from: Time,
    /// `None`: open at the end of the history.
    pub to: Option<Time>,
    /// The gravest.
    pub grade: Grade,
    /// Why it began.
    pub reason: Reason,
}

#[derive(Clone, Debug)]
pub struct Notice {
    pub at: Time,
    pub incident: String,
    pub why: Why,
    pub to: Vec<String>,
    pub grade: Grade,
    pub firing: Vec<Key>,
}

/// Judged every `every_s` over the whole history, up to `MOMENTS_MAX` moments.
pub fn backtest(rules: &Rules, history: &[History], native: BTreeMap<String, State>, every_s: u32) -> Backtest {
    let Some((from, to)) = Player::span(history) else { return Backtest::default() };
    let every = Time::from(every_s.max(1));
    let mut player = Player::new(rules, history, native);
    let mut report = Backtest { from, to, ..Backtest::default() };
    let mut open: BTreeMap<usize, usize> = BTreeMap::new();
    let mut now = from.div_euclid(every) * every + every;
    while now <= to && report.moments < MOMENTS_MAX {
        let moment = player.step(now);
        for outcome in &moment.outcomes {
            let Some(grade) = outcome.graded.map(|graded| graded.grade) else {
                if outcome.change == Change::Ended
                    && let Some(at) = open.remove(&outcome.bound)
                {
                    report.episodes[at].to = Some(now);
                }
                continue;
            };
            let at = *open.entry(outcome.bound).or_insert_with(|| {
                let key = player.bounds()[outcome.bound].key.clone();
                let from = outcome.memory.episode.unwrap_or(now);
                report.episodes.push(Episode { key, from, to: None, grade, reason: outcome.verdict.reason.clone() });
                report.episodes.len() - 1
            });
            report.episodes[at].grade = report.episodes[at].grade.max(grade);
        }
        for told in &moment.told {
            let key = |member: &usize| player.bounds()[moment.outcomes[told.members[*member]].bound].key.clone();
            report.notices.extend(told.decision.due.iter().map(|due| Notice {
                at: now,
                incident: due.incident.clone(),
                why: due.why.clone(),
                to: due.to.clone(),
                grade: due.grade,
                firing: due.firing.iter().map(key).collect(),
            }));
        }
        report.moments += 1;
        now = now.saturating_add(every);
    }
    report
}

//! From outcomes to what a notice says of each alarm.

use super::{Bound, Outcome};
use crate::grade::Circumstance;
use crate::notice::Alarm;
use crate::points::Time;
use crate::rules::Rules;
use crate::series::Unit;

/// The alarms of one group, by the numbers that its decision means: `members` are numbers of outcomes.
pub fn alarms<'a>(
    rules: &'a Rules,
    bounds: &'a [Bound],
    outcomes: &'a [Outcome],
    members: &[usize],
    now: Time,
) -> Vec<Alarm<'a>> {
    members.iter().map(|at| alarm(rules, bounds, &outcomes[*at], now)).collect()
}

fn alarm<'a>(rules: &'a Rules, bounds: &'a [Bound], outcome: &'a Outcome, now: Time) -> Alarm<'a> {
    let bound = &bounds[outcome.bound];
    let rule = &rules.alarms[bound.rule];
    let verdict = &outcome.verdict;
    // What is over was graded while it lasted; said of it now is only what the rule says of itself.
    let graded = outcome.graded.unwrap_or_else(|| {
        rules.grades.grade(&Circumstance {
            labels: &bound.labels,
            impact: rule.impact,
            immediacy: rule.immediacy,
            time_left: None,
            fixed: rule.grade,
            now,
        })
    });
    let runbook = rule.runbook.as_deref();
    let address = runbook.filter(|it| it.starts_with("https://") || it.starts_with("http://"));
    Alarm {
        title: &rule.name,
        labels: &bound.labels,
        verdict,
        graded,
        since: outcome.memory.episode,
        unit: rule.reads.first().map_or(Unit::None, |read| Unit::of_metric(&read.select.metric)),
        means: rule.summary.as_deref(),
        todo: runbook.filter(|_| address.is_none()),
        runbook: address,
        ko: rule.ko.as_deref(),
    }
}

//! Who is told about each rule if its trouble lasts, found by playing the real decision.

use crate::grade::{Circumstance, Grade};
use crate::notify;
use crate::rules::{Rule, Rules};
use crate::series::Dimensions;

/// What people want to know of a ladder.
pub const MINUTES: [u64; 4] = [0, 15, 30, 60];

#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    pub rule: String,
    pub ladder: String,
    /// As it grades when it must be acted on now, at the beginning of time: circumstances may grade it otherwise.
    pub grade: Grade,
    /// For each of `MINUTES`, who is told from the minute before it on.
    pub told: Vec<(u64, Vec<String>)>,
}

pub fn plan(rules: &Rules) -> Vec<Planned> {
    rules.alarms.iter().map(|rule| of_rule(rules, rule)).collect()
}

fn of_rule(rules: &Rules, rule: &Rule) -> Planned {
    let labels = rule.labels(&Dimensions::default());
    let graded = rules.grades.grade(&Circumstance {
        labels: &labels,
        impact: rule.impact,
        immediacy: rule.immediacy,
        time_left: None,
        fixed: rule.grade,
        now: 0,
    });
    let last = MINUTES[MINUTES.len() - 1];
    let moments = match rules.ladder(rule) {
        Some(ladder) => notify::plan(ladder, &labels, graded.grade, None, last),
        None => Vec::new(),
    };
    let mut from = 0;
    let told = MINUTES.map(|minute| {
        let new = moments.iter().filter(|moment| (from..=minute).contains(&moment.minute));
        let mut tell: Vec<String> = Vec::new();
        for name in new.flat_map(|moment| &moment.tell) {
            if !tell.contains(name) {
                tell.push(name.clone());
            }
        }
        from = minute + 1;
        (minute, tell)
    });
    Planned { rule: rule.name.clone(), ladder: rule.ladder.clone(), grade: graded.grade, told: told.into() }
}

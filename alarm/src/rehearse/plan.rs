//! Who is told about each rule if its trouble lasts, found by playing the real decision.

use crate::grade::{Circumstance, Grade};
use crate::judge::Judge;
use crate::ladder::{Breach, Ladder};
use crate::notify;
use crate::rules::{Rule, Rules};
use crate::series::Dimensions;
use crate::threshold::{Edge, Limit};

/// What people want to know of a ladder.
pub const MINUTES: [u64; 4] = [0, 15, 30, 60];

#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    pub rule: String,
    pub ladder: String,
    /// As it grades when it must be acted on now, at the beginning of time: circumstances may grade it otherwise.
    pub grade: Grade,
    /// For a breach that is only just one.
    pub told: Told,
    /// For those that jump the ladder, where that is not the same.
    pub jumps: Vec<Jumped>,
}

/// For each of `MINUTES`, who is told from the minute before it on.
type Told = Vec<(u64, Vec<String>)>;

#[derive(Clone, Debug, PartialEq)]
pub struct Jumped {
    /// The value that jumps, if it is one.
    pub value: Option<f64>,
    /// With so many seconds left, or fewer.
    pub left_s: Option<f64>,
    pub told: Told,
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
    let just = Breach { labels: &labels, grade: graded.grade, value: just_breaching(rule), time_left: None };
    let ladder = rules.ladder(rule);
    let told = ladder.map_or_else(Vec::new, |ladder| told(ladder, &just));
    let can_be = |breach: &Breach<'_>| {
        let tells_time = matches!(rule.watch.judge, Judge::Burst(_) | Judge::Disk(_));
        let breaches = breach.value.zip(limit(rule)).is_none_or(|(value, limit)| limit.breaches(value));
        breaches && (tells_time || breach.time_left.is_none())
    };
    let jumps = ladder.map_or_else(Vec::new, |ladder| ladder.jumps_of(&just)).into_iter().filter(can_be);
    let jumps = jumps.filter_map(|breach| {
        let jumped = Jumped {
            value: breach.value.filter(|_| breach.value != just.value),
            left_s: breach.time_left.map(|left| left.likely_s),
            told: self::told(ladder?, &breach),
        };
        (jumped.told != told).then_some(jumped)
    });
    let jumps = jumps.collect();
    Planned { rule: rule.name.clone(), ladder: rule.ladder.clone(), grade: graded.grade, told, jumps }
}

fn told(ladder: &Ladder, breach: &Breach<'_>) -> Told {
    let moments = notify::plan(ladder, breach, MINUTES[MINUTES.len() - 1]);
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
    told.into()
}

fn limit(rule: &Rule) -> Option<Limit> {
    match &rule.watch.judge {
        Judge::Threshold(threshold) => Some(threshold.limit),
        Judge::Math(math) => Some(math.threshold.limit),
        _ => None,
    }
}

/// The mildest value that breaches, where the rule has a limit.
fn just_breaching(rule: &Rule) -> Option<f64> {
    let Limit { upper, lower, .. } = limit(rule)?;
    let past = |edge: Edge, next: fn(f64) -> f64| if edge.inclusive { edge.at } else { next(edge.at) };
    upper.map(|edge| past(edge, f64::next_up)).or(lower.map(|edge| past(edge, f64::next_down)))
}

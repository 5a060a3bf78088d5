//! Why a rule fires, or why it does not: what was seen, what was needed, how far apart they are.

use std::collections::{BTreeMap, BTreeSet};

use super::play::{History, MOMENTS_MAX, Moment, Player};
use super::trial::facts;
use crate::grade::Grade;
use crate::judge::Judge;
use crate::points::Time;
use crate::round::{Bound, Key, Outcome};
use crate::rules::{Read, Rule, Rules};
use crate::series::{Dimensions, Series};
use crate::sheet::did_you_mean;
use crate::verdict::{Fact, Held, Reason, State};

#[derive(Clone, Debug)]
pub struct Explanation {
    pub key: Key,
    pub state: State,
    pub since: Time,
    pub episode: Option<Time>,
    pub grade: Option<Grade>,
    pub held: Option<Held>,
    pub reason: Reason,
    /// What each role of the rule found.
    pub found: Vec<Found>,
    /// Sentences for a person: how far it is from firing (or from clearing), and what stands in the way.
    pub notes: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Found {
    pub role: String,
    pub wanted: String,
    pub series: Vec<Series>,
}

/// No rule has this name; perhaps that one is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchRule {
    pub near: Option<String>,
}

/// Plays the history up to `at` (its end where `None`), and explains every combination of the rule.
pub fn explain(
    rules: &Rules,
    name: &str,
    history: &[History],
    native: BTreeMap<String, State>,
    at: Option<Time>,
    every_s: u32,
) -> Result<Vec<Explanation>, NoSuchRule> {
    let Some(rule) = rules.find(name) else {
        let near = did_you_mean(name, rules.alarms.iter().map(|rule| rule.name.as_str()));
        return Err(NoSuchRule { near: near.map(str::to_owned) });
    };
    let (from, to) = Player::span(history).unwrap_or((0, 0));
    let at = at.unwrap_or(to);
    let every = Time::from(every_s.max(1));
    let mut player = Player::new(rules, history, native);
    let mut now = (from + every).min(at);
    let mut moment = player.step(now);
    let mut moments = 1;
    while now < at && moments < MOMENTS_MAX {
        now = (now + every).min(at);
        moment = player.step(now);
        moments += 1;
    }
    let found = of_moment(rule, player.bounds(), &moment, history, now);
    Ok(if found.is_empty() { vec![no_combination(rule, history, now)] } else { found })
}

/// With `each`, a rule without a series has nothing to judge: that is why it does not fire.
fn no_combination(rule: &Rule, history: &[History], now: Time) -> Explanation {
    let key = Key { rule: rule.name.clone(), combination: Dimensions::default() };
    let found: Vec<_> = rule.reads.iter().map(|read| found(read, &key, history)).collect();
    let empty = rule.reads.iter().zip(&found).filter(|(_, found)| found.series.is_empty());
    let mut notes: Vec<_> = empty.map(|(read, _)| nothing_found(read, history)).collect();
    if let Some(each) = rule.each.as_ref().filter(|_| notes.is_empty()) {
        notes.push(format!("no series has every dimension of `each`: {}", each.join(", ")));
    }
    let (state, reason) = (State::Unknown, Reason::new("explain.no_series"));
    Explanation { key, state, since: now, episode: None, grade: None, held: None, reason, found, notes }
}

fn of_moment(rule: &Rule, bounds: &[Bound], moment: &Moment, history: &[History], now: Time) -> Vec<Explanation> {
    let of_rule = moment.outcomes.iter().filter(|outcome| bounds[outcome.bound].key.rule == rule.name);
    let one = |outcome: &Outcome| {
        let key = bounds[outcome.bound].key.clone();
        let found: Vec<_> = rule.reads.iter().map(|read| found(read, &key, history)).collect();
        let mut notes = Vec::new();
        for (read, found) in rule.reads.iter().zip(&found) {
            if found.series.is_empty() && read.required {
                notes.push(nothing_found(read, history));
            }
        }
        notes.extend(few_events(rule, &outcome.verdict.reason));
        notes.extend(held(outcome.verdict.held, now));
        notes.extend(distance(&outcome.verdict.reason, outcome.verdict.state));
        if outcome.suppressed {
            notes.push("people are not told: its suppressor fires, or did until just now".to_owned());
        }
        Explanation {
            key,
            state: outcome.verdict.state,
            since: outcome.memory.since,
            episode: outcome.memory.episode,
            grade: outcome.graded.map(|graded| graded.grade),
            held: outcome.verdict.held,
            reason: outcome.verdict.reason.clone(),
            found,
            notes,
        }
    };
    of_rule.map(one).collect()
}

fn found(read: &Read, key: &Key, history: &[History]) -> Found {
    let mut series: Vec<Series> =
        history.iter().map(|it| &it.series).filter(|it| read.select.matches(it)).cloned().collect();
    series
        .retain(|it| key.combination.iter().all(|(name, value)| it.dimensions.get(name).is_none_or(|is| is == value)));
    series.sort();
    series.dedup();
    let select = &read.select;
    let dimensions: Vec<_> = select.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let namespace = select.namespace.as_deref().unwrap_or("*");
    let wanted = format!("{} of {namespace}/{}{{{}}}", read.statistic, select.metric, dimensions.join(","));
    Found { role: read.role.clone(), wanted, series }
}

/// Of what is there, what comes nearest to what is wanted.
fn nothing_found(read: &Read, history: &[History]) -> String {
    let select = &read.select;
    let named: Vec<&Series> = history.iter().map(|it| &it.series).filter(|it| it.name == select.metric).collect();
    if named.is_empty() {
        let near = did_you_mean(&select.metric, history.iter().map(|it| it.series.name.as_str()));
        let hint = near.map(|near| format!("; there is `{near}`")).unwrap_or_default();
        return format!("no series is called `{}`{hint}", select.metric);
    }
    if let Some(wanted) = &select.namespace
        && named.iter().all(|it| it.namespace != *wanted)
    {
        let seen: BTreeSet<_> = named.iter().map(|it| it.namespace.as_str()).collect();
        return format!("`{}` is not in namespace {wanted}, but in {}", select.metric, list(&seen));
    }
    for (name, wanted) in &select.dimensions {
        let seen: BTreeSet<_> = named.iter().filter_map(|it| it.dimensions.get(name)).collect();
        if seen.is_empty() {
            return format!("no series of `{}` has a dimension `{name}`", select.metric);
        }
        if !seen.iter().any(|value| crate::glob::matches(wanted, value)) {
            return format!("no series of `{}` has {name} = {wanted}; there are {}", select.metric, list(&seen));
        }
    }
    format!("series of `{}` exist, but none has all that is wanted at once", select.metric)
}

/// The first few, and how many more.
fn list(seen: &BTreeSet<&str>) -> String {
    const SHOWN_MAX: usize = 8;
    let shown = seen.iter().take(SHOWN_MAX).map(|it| if it.is_empty() { "(none)" } else { it });
    let shown: Vec<_> = shown.collect();
    let more = seen.len().saturating_sub(SHOWN_MAX);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// Where points are wanting, that may be why.
fn few_events(rule: &Rule, reason: &Reason) -> Option<String> {
    let Judge::Math(settings) = &rule.watch.judge else { return None };
    let (Fact::Count(real), Fact::Count(of)) = (reason.fact("real")?, reason.fact("of")?) else { return None };
    let events = settings.events.filter(|_| real < of)?;
    let (least, counts) = (events.least, &settings.expression.names[events.role]);
    Some(format!("a period with fewer than {least} `{counts}` counts as missing (`min_events`)"))
}

fn held(held: Option<Held>, now: Time) -> Option<String> {
    Some(match held? {
        Held::Pending { until, .. } => {
            let left = Fact::DurationS((until - now) as f64);
            format!("the judge says firing, but the rule waits: {left} more, if it lasts")
        }
        Held::Clearing { until, .. } => {
            let left = Fact::DurationS((until - now) as f64);
            format!("the judge says fine, but the rule holds: {left} more, if it stays so")
        }
    })
}

/// How far it is from the other state, where the facts tell.
fn distance(reason: &Reason, state: State) -> Vec<String> {
    let number = |name: &str| match reason.fact(name) {
        Some(Fact::Number(number) | Fact::Percent(number) | Fact::DurationS(number) | Fact::Money(number)) => {
            Some(number)
        }
        Some(Fact::Count(count)) => Some(count as f64),
        _ => None,
    };
    let mut notes = Vec::new();
    if let (Some(value), Some(limit)) = (number("value"), number("limit")) {
        let away = (value - limit).abs();
        let share = if limit == 0.0 { String::new() } else { format!(" ({:.1} %)", away / limit.abs() * 100.0) };
        notes.push(format!("the worst value {value} is {away}{share} away from the limit {limit}"));
    }
    if let (Some(breaching), Some(needed), Some(of)) = (number("breaching"), number("needed"), number("of")) {
        match state {
            State::Firing => notes.push(format!("{breaching} of {of} points breach; it takes {needed}")),
            _ if breaching < needed => {
                notes
                    .push(format!("{breaching} of {of} points breach; it takes {needed}: {} more", needed - breaching));
            }
            _ => {}
        }
    }
    if let Some(real) = number("real").filter(|real| number("of").is_some_and(|of| *real < of)) {
        let says = if real == 0.0 { "no point is there".to_owned() } else { format!("only {real} are there") };
        notes.push(format!("of the points looked at, {says}; the others are missing"));
    }
    if notes.is_empty() && !reason.facts.is_empty() {
        notes.push(facts(reason));
    }
    notes
}

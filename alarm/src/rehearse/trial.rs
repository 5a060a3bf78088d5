//! Rule tests, in a file beside the rules: series in the tiny notation, then what is expected when.
//!
//! `at 10m: checkout-p99 = page`, `at 10m: disk{host=web-1} = fine`, `at 30m: told department`,
//! `at 30m: not told upper`. Times count from the beginning of the test; what is judged at 10m has seen ten minutes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;

use super::notation;
use super::play::{History, Moment, Player};
use crate::grade::Grade;
use crate::points::{Points, Time};
use crate::rules::{Rules, Statistic};
use crate::series::{Dimensions, Series};
use crate::sheet::{self, At, Faults, Seconds, did_you_mean};
use crate::verdict::{Reason, State};
use crate::zone::{Zone, parse_moment};

/// `alarms.test.toml` as written.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawTrials {
    /// The rules, beside this file; of the same name without `.test` where not said.
    pub rules: Option<String>,
    pub test: Vec<RawTrial>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTrial {
    pub name: At<String>,
    /// When it begins, in the team's zone: matters to hours and windows. "2026-01-05 09:00", a Monday, where not said.
    #[serde(default)]
    pub start: Option<At<String>>,
    /// Of the points, and how often is judged. "1m" where not said.
    #[serde(default)]
    pub period: Option<At<Seconds>>,
    #[serde(default)]
    pub series: Vec<RawPlayed>,
    /// States of native CloudWatch alarms throughout: fine, firing or unknown.
    #[serde(default)]
    pub native: BTreeMap<String, State>,
    pub expect: Vec<At<String>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawPlayed {
    #[serde(default)]
    pub namespace: String,
    pub metric: String,
    #[serde(default)]
    pub dimensions: BTreeMap<String, String>,
    /// Every statistic where not said.
    #[serde(default)]
    pub statistic: Option<At<String>>,
    /// `20+5x10 _ _ 80x3`
    pub values: At<String>,
}

#[derive(Clone, Debug)]
pub struct Trial {
    pub name: String,
    start: Time,
    every_s: u32,
    history: Vec<History>,
    native: BTreeMap<String, State>,
    expect: Vec<Expectation>,
}

#[derive(Clone, Debug)]
struct Expectation {
    span: Range<usize>,
    text: String,
    after_s: u64,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Is { rule: String, combination: Dimensions, word: String },
    Told { audience: String, told: bool },
}

/// How one trial went.
#[derive(Clone, Debug)]
pub struct Tried {
    pub name: String,
    /// Where in the file, and what was expected and seen.
    pub failures: Vec<(Range<usize>, String)>,
    /// Rules that were given points, and rules that fired.
    pub judged: BTreeSet<String>,
    pub fired: BTreeSet<String>,
}

const STATES: &[&str] = &["fine", "firing", "unknown", "note", "ticket", "page"];
const PERIOD_S: u64 = 60;
const START: &str = "2026-01-05 09:00";
/// Longest trial: 60 days, by the minute.
const AFTER_MAX_S: u64 = 60 * 86_400;

/// The trials of a file, or every fault of it.
pub fn parse(file: &str, text: &str, rules: &Rules) -> Result<Vec<Trial>, Faults> {
    let raw = sheet::read::<RawTrials>(file, text)?;
    let mut faults = Faults::new(file, text);
    let trials = raw.test.into_iter().map(|raw| trial(raw, rules, &mut faults)).collect();
    faults.or(trials)
}

/// Which rules a file of trials is for, by what it says or by its own name.
pub fn rules_of(file: &str, text: &str) -> String {
    let said = toml::from_str::<toml::Table>(text).ok();
    let said = said.as_ref().and_then(|table| table.get("rules")?.as_str().map(str::to_owned));
    said.unwrap_or_else(|| file.rsplit('/').next().unwrap_or(file).replace(".test.toml", ".toml"))
}

fn trial(raw: RawTrial, rules: &Rules, faults: &mut Faults) -> Trial {
    let zone: &Zone = &rules.team.zone;
    let start = raw.start.as_ref().map_or(START, |start| start.as_str());
    let start = parse_moment(start, zone).unwrap_or_else(|says| {
        faults.add(raw.start.as_ref().map_or(0..0, |start| start.span.clone()), "SG-TRY-001", says);
        0
    });
    let every_s = raw.period.map_or(PERIOD_S, |period| period.0.clamp(1, 86_400));
    let every_s = u32::try_from(every_s).unwrap_or(60);
    // Points stand on whole periods, as those of CloudWatch do.
    let start = start.div_euclid(Time::from(every_s)) * Time::from(every_s);
    let history = raw.series.into_iter().map(|played| history(played, start, every_s, faults)).collect();
    let expect = raw.expect.iter().filter_map(|said| match expectation(said, rules) {
        Ok(expectation) => Some(expectation),
        Err(says) => {
            faults.add(said.span.clone(), "SG-TRY-002", says);
            None
        }
    });
    let mut expect: Vec<_> = expect.collect();
    expect.sort_by_key(|it| it.after_s);
    Trial { name: raw.name.value, start, every_s, history, native: raw.native, expect }
}

fn history(raw: RawPlayed, start: Time, period_s: u32, faults: &mut Faults) -> History {
    let values = notation::parse(&raw.values).unwrap_or_else(|(at, says)| {
        let from = raw.values.span.start + 1 + at;
        faults.add(from..from, "SG-TRY-003", says);
        Vec::new()
    });
    let statistic = raw.statistic.and_then(|said| match Statistic::parse(&said) {
        Ok(statistic) => Some(statistic),
        Err(says) => {
            faults.add(said.span.clone(), "SG-RUL-006", says);
            None
        }
    });
    let series =
        Series { namespace: raw.namespace, name: raw.metric, dimensions: raw.dimensions.into_iter().collect() };
    History { series, statistic, points: Points::new(start, period_s, values) }
}

/// `at 10m: ...`
fn expectation(said: &At<String>, rules: &Rules) -> Result<Expectation, String> {
    let wrong = || format!("\"{}\" is not like \"at 10m: NAME = page\" or \"at 30m: told AUDIENCE\"", said.value);
    let (after, what) = said.strip_prefix("at ").and_then(|rest| rest.split_once(':')).ok_or_else(wrong)?;
    let after_s = Seconds::parse(after.trim())?.0;
    if after_s > AFTER_MAX_S {
        return Err("a trial lasts at most 60 days".to_owned());
    }
    let what = what.trim();
    let what = if let Some(audience) = what.strip_prefix("told ") {
        What::Told { audience: audience.trim().to_owned(), told: true }
    } else if let Some(audience) = what.strip_prefix("not told ") {
        What::Told { audience: audience.trim().to_owned(), told: false }
    } else {
        is(what, rules).ok_or_else(wrong)??
    };
    Ok(Expectation { span: said.span.clone(), text: said.value.clone(), after_s, what })
}

/// `NAME = page`, `NAME{host=web-1} = fine`; `None` where it has not this form.
fn is(text: &str, rules: &Rules) -> Option<Result<What, String>> {
    let (name, word) = text.rsplit_once(" = ")?;
    let (name, word) = (name.trim(), word.trim());
    let (name, combination) = match name.split_once('{') {
        Some((name, inside)) => {
            let pairs = inside.strip_suffix('}')?.split(',').map(|pair| pair.split_once('='));
            (name, pairs.collect::<Option<Vec<_>>>()?.into_iter().collect())
        }
        None => (name, Dimensions::default()),
    };
    let near = |near: Option<&str>| near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    if !STATES.contains(&word) {
        let hint = near(did_you_mean(word, STATES.iter().copied()));
        return Some(Err(format!("\"{word}\" is none of {}{hint}", STATES.join(", "))));
    }
    if rules.find(name).is_none() {
        let hint = near(did_you_mean(name, rules.alarms.iter().map(|rule| rule.name.as_str())));
        return Some(Err(format!("no alarm is called \"{name}\"{hint}")));
    }
    Some(Ok(What::Is { rule: name.to_owned(), combination, word: word.to_owned() }))
}

impl Trial {
    pub fn run(&self, rules: &Rules) -> Tried {
        let mut player = Player::new(rules, &self.history, self.native.clone());
        let mut tried = Tried {
            name: self.name.clone(),
            failures: Vec::new(),
            judged: player.bounds().iter().filter(|it| !it.series.is_empty()).map(|it| it.key.rule.clone()).collect(),
            fired: BTreeSet::new(),
        };
        let mut told: BTreeSet<String> = BTreeSet::new();
        let mut left = self.expect.iter().peekable();
        let mut now = self.start;
        while let Some(next) = left.peek() {
            let due = self.start.saturating_add_unsigned(next.after_s);
            now = (now + Time::from(self.every_s)).min(due.max(self.start));
            let moment = player.step(now);
            told.extend(moment.told.iter().flat_map(|it| &it.decision.due).flat_map(|due| due.to.clone()));
            let fires = moment.outcomes.iter().filter(|it| it.verdict.state == State::Firing);
            tried.fired.extend(fires.map(|it| player.bounds()[it.bound].key.rule.clone()));
            while let Some(expectation) = left.next_if(|it| self.start.saturating_add_unsigned(it.after_s) <= now) {
                if let Err(seen) = expectation.holds(&player, &moment, &told) {
                    tried.failures.push((expectation.span.clone(), format!("{}: {seen}", expectation.text)));
                }
            }
        }
        tried
    }
}

impl Expectation {
    /// What was seen instead.
    fn holds(&self, player: &Player<'_>, moment: &Moment, everybody: &BTreeSet<String>) -> Result<(), String> {
        match &self.what {
            What::Told { audience, told } if everybody.contains(audience) == *told => Ok(()),
            What::Told { told: true, .. } if everybody.is_empty() => Err("nobody was told".to_owned()),
            What::Told { .. } => {
                let names: Vec<_> = everybody.iter().map(String::as_str).collect();
                Err(format!("told were {}", names.join(", ")))
            }
            What::Is { rule, combination, word } => is_so(player, moment, rule, combination, word),
        }
    }
}

/// Of several combinations the worst counts.
fn is_so(player: &Player<'_>, moment: &Moment, rule: &str, combination: &Dimensions, word: &str) -> Result<(), String> {
    let of_rule = moment.outcomes.iter().filter(|it| {
        let key = &player.bounds()[it.bound].key;
        key.rule == rule && combination.iter().all(|(name, value)| key.combination.get(name) == Some(value))
    });
    let badness = |state: State| match state {
        State::Fine => 0,
        State::Unknown => 1,
        State::Firing => 2,
    };
    let grade = |it: &crate::round::Outcome| it.graded.map(|graded| graded.grade);
    let Some(worst) = of_rule.max_by_key(|it| (badness(it.verdict.state), grade(it))) else {
        return Err("no series agrees with it".to_owned());
    };
    let state = worst.verdict.state;
    let grade = grade(worst).filter(|_| state == State::Firing).map(Grade::name);
    if state.name() == word || grade == Some(word) {
        return Ok(());
    }
    Err(format!("it is {} ({})", grade.unwrap_or(state.name()), facts(&worst.verdict.reason)))
}

/// `threshold.fine: value 79, limit 80`
pub fn facts(reason: &Reason) -> String {
    let said: Vec<_> = reason.facts.iter().map(|(name, fact)| format!("{name} {fact}")).collect();
    if said.is_empty() { reason.key.to_owned() } else { format!("{}: {}", reason.key, said.join(", ")) }
}

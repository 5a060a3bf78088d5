//! Which combinations exist: each rule with the series that agree with it.
//!
//! Rules are bound in their order, so that a composite finds the combinations of its children.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use crate::judge::Judge;
use crate::matcher::Labels;
use crate::rules::{Rule, Rules, Statistic};
use crate::series::{Dimensions, Series};

/// One rule and one combination: what has a memory, a verdict and an episode.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub rule: String,
    pub combination: Dimensions,
}

/// `root-disk{InstanceId=i-1,path=/}`
impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.combination.is_empty() {
            return out.write_str(&self.rule);
        }
        write!(out, "{}{{{}}}", self.rule, self.combination)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    pub key: Key,
    /// Number of the rule in `Rules::alarms`.
    pub rule: usize,
    pub labels: Labels,
    /// Those that are told together, and remembered under this name.
    pub group: String,
    /// Number of the rule's read, and of the series among those available.
    pub series: Vec<(usize, usize)>,
}

/// What must be fetched before the round is judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Need {
    pub series: usize,
    pub statistic: Statistic,
    pub period_s: u32,
    /// How far back from now.
    pub reach_s: u64,
}

/// `remembered` are the keys of memories whose episode is open or whose series may have vanished: a host that is gone
/// must stay in sight though nobody lists its series any more.
pub fn bind(rules: &Rules, available: &[Series], remembered: &[Key]) -> Vec<Bound> {
    let mut by_metric: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, series) in available.iter().enumerate() {
        by_metric.entry(&series.name).or_default().push(at);
    }
    let mut recalled: HashMap<&str, Vec<&Dimensions>> = HashMap::new();
    for key in remembered {
        recalled.entry(&key.rule).or_default().push(&key.combination);
    }
    let mut all: Vec<Bound> = Vec::new();
    let mut of_rule: HashMap<&str, std::ops::Range<usize>> = HashMap::new();
    for number in &rules.order {
        let rule = &rules.alarms[*number];
        let from = all.len();
        let mut combinations = match &rule.watch.judge {
            Judge::Composite(composite) => {
                let children = composite.formula.children.iter();
                let bounds =
                    children.filter_map(|(name, _)| of_rule.get(name.as_str())).flat_map(|at| &all[at.clone()]);
                composite_combinations(rule, bounds)
            }
            _ => combinations(rule, available, &by_metric),
        };
        for combination in recalled.get(rule.name.as_str()).into_iter().flatten() {
            combinations.entry((*combination).clone()).or_default();
        }
        if combinations.is_empty() && rule.each.as_ref().is_none_or(Vec::is_empty) {
            combinations.insert(Dimensions::default(), Vec::new());
        }
        let ladder = rules.ladder(rule);
        let bound = |(combination, mut series): (_, Vec<_>)| {
            // Mostly there is one, and a vector that grows by itself makes room for four.
            series.shrink_to_fit();
            let labels = rule.labels(&combination);
            let group = ladder.map(|ladder| ladder.group(&labels)).unwrap_or_default();
            Bound { key: Key { rule: rule.name.clone(), combination }, rule: *number, labels, group, series }
        };
        all.reserve_exact(combinations.len());
        all.extend(combinations.into_iter().map(bound));
        of_rule.insert(&rule.name, from..all.len());
    }
    all
}

/// The groups in which a series is judged, as far as it alone tells. `None`: it may stand in any, or a composite must know
/// that it is there.
pub fn homes(rules: &Rules, series: &Series) -> Option<Vec<String>> {
    let watched = rules.watched();
    let mut homes = BTreeSet::new();
    for rule in &rules.alarms {
        let lead = rule.reads.iter().position(|read| read.required);
        for (number, _) in rule.reads.iter().enumerate().filter(|(_, read)| read.select.matches(series)) {
            // What no `each` keeps apart stands in the combinations of the series that leads.
            let follows = rule.each.is_none() && Some(number) != lead && !rule.reads.iter().any(|read| read.many);
            if follows || watched.contains(rule.name.as_str()) {
                return None;
            }
            let labels = rule.labels(&combination(rule, &series.dimensions)?);
            homes.insert(rules.ladder(rule).map(|ladder| ladder.group(&labels)).unwrap_or_default());
        }
    }
    Some(homes.into_iter().collect())
}

type Combinations = BTreeMap<Dimensions, Vec<(usize, usize)>>;

/// Every series that agrees with a read, put into the combinations that it belongs to.
fn combinations(rule: &Rule, available: &[Series], by_metric: &HashMap<&str, Vec<usize>>) -> Combinations {
    let mut found = Combinations::new();
    let matching = |read: usize| {
        let select = &rule.reads[read].select;
        let candidates = by_metric.get(select.metric.as_str()).into_iter().flatten().copied();
        candidates.filter(move |at| select.matches(&available[*at]))
    };
    // The first read that must be there says which combinations exist, and with `each` every one does.
    let leads: Vec<usize> = match &rule.each {
        Some(_) => (0..rule.reads.len()).collect(),
        None => rule.reads.iter().position(|read| read.required).into_iter().collect(),
    };
    for read in leads {
        for at in matching(read) {
            if let Some(combination) = combination(rule, &available[at].dimensions) {
                found.entry(combination).or_default();
            }
        }
    }
    if let [(only, _)] = &found.iter().take(2).collect::<Vec<_>>()[..]
        && only.is_empty()
    {
        let series = (0..rule.reads.len()).flat_map(|read| matching(read).map(move |at| (read, at))).collect();
        return Combinations::from([(Dimensions::default(), series)]);
    }
    for read in 0..rule.reads.len() {
        let mut strays = Vec::new();
        for at in matching(read) {
            let own = combination(rule, &available[at].dimensions);
            if let Some(series) = own.and_then(|own| found.get_mut(&own)) {
                series.push((read, at));
            } else {
                strays.push(at);
            }
        }
        adopt(&mut found, read, &strays, available);
    }
    found
}

/// A series with fewer or other dimensions belongs wherever it does not contradict, but for combinations that have one
/// of their own: beside the series of each host, the total of all hosts would be counted twice.
fn adopt(found: &mut Combinations, read: usize, strays: &[usize], available: &[Series]) {
    if strays.is_empty() {
        return;
    }
    for (combination, series) in found.iter_mut().filter(|(_, series)| series.iter().all(|(it, _)| *it != read)) {
        let fits = strays.iter().filter(|at| compatible(combination, &available[**at].dimensions));
        series.extend(fits.map(|at| (read, *at)));
    }
}

/// The combination that a series stands in, if it has all its dimensions.
fn combination(rule: &Rule, dimensions: &Dimensions) -> Option<Dimensions> {
    match &rule.each {
        Some(names) => names.iter().map(|name| Some((name.as_str(), dimensions.get(name)?))).collect(),
        None if rule.reads.iter().any(|read| read.many) => Some(Dimensions::default()),
        None => Some(dimensions.clone()),
    }
}

pub(super) fn compatible(one: &Dimensions, other: &Dimensions) -> bool {
    one.iter().all(|(name, value)| other.get(name).is_none_or(|it| it == value))
}

fn composite_combinations<'a>(rule: &Rule, children: impl Iterator<Item = &'a Bound>) -> Combinations {
    let Some(names) = rule.each.as_ref().filter(|names| !names.is_empty()) else { return Combinations::new() };
    let project = |bound: &Bound| -> Option<Dimensions> {
        names.iter().map(|name| Some((name.as_str(), bound.key.combination.get(name)?))).collect()
    };
    let found: BTreeSet<Dimensions> = children.filter_map(project).collect();
    found.into_iter().map(|combination| (combination, Vec::new())).collect()
}

/// Each series once for each statistic and period, as far back as anyone wants it.
pub fn needs(rules: &Rules, bounds: &[Bound]) -> Vec<Need> {
    let mut reach: BTreeMap<(usize, &Statistic, u32), u64> = BTreeMap::new();
    for bound in bounds {
        let rule = &rules.alarms[bound.rule];
        for (read, series) in &bound.series {
            let wanted = reach.entry((*series, &rule.reads[*read].statistic, rule.period_s)).or_default();
            *wanted = (*wanted).max(rule.reach_s());
        }
    }
    let need = |((series, statistic, period_s), reach_s): ((usize, &Statistic, u32), u64)| Need {
        series,
        statistic: statistic.clone(),
        period_s,
        reach_s,
    };
    reach.into_iter().map(need).collect()
}

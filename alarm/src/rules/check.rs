//! From what is written to what is meant; every fault is added, none stops the reading.

use std::collections::{BTreeMap, HashSet};

use super::children::{self, Node};
use super::raw::{RawAlarm, RawDefaults, RawRules, RawWords};
use super::{LATE_MAX_S, RULES_MAX, Read, Rule, Rules, Select, Statistic, TEXT_MAX, Words, watch};
use crate::composite::Suppressor;
use crate::grade::{Grades, Immediacy};
use crate::hush::Hushes;
use crate::judge::{Judge, Kind, Role};
use crate::ladder::Ladder;
use crate::series::{DIMENSION_VALUE_MAX, DIMENSIONS_MAX, NAME_MAX};
use crate::sheet::{At, Faults, Seconds, did_you_mean};
use crate::step::Watch;
use crate::team::Team;

const PERIOD_S: u32 = 60;
/// Credits come every five minutes (facts/burst-credits.md).
const PERIOD_BURST_S: u32 = 300;
const LATE_S: u32 = 120;
const SUPPRESS_S: u64 = 120;
/// `CloudWatch` has no longer period.
const PERIOD_MAX_S: u64 = 86_400;

pub(super) fn rules(raw: RawRules, faults: &mut Faults) -> Rules {
    let team = Team::check(&raw.team, &raw.audience, faults);
    let ladders = Ladder::check_all(&raw.ladder, &team, faults);
    let grades = Grades::check(&raw.grades, &team.zone, faults);
    let hushes = Hushes::check(&raw.silence, &raw.maintenance, &raw.inhibit, &team.zone, faults);
    let defaults = Defaults::check(&raw.defaults, &ladders, faults);
    if let Some(over) = raw.alarm.get(RULES_MAX) {
        faults.add(over.name.span.clone(), "SG-RUL-013", format!("more than {RULES_MAX} alarms"));
    }
    let mut nodes = Vec::with_capacity(raw.alarm.len());
    let mut alarms = Vec::with_capacity(raw.alarm.len());
    let mut names: HashSet<String> = HashSet::new();
    for mut said in raw.alarm.into_iter().take(RULES_MAX) {
        name(&said.name, faults);
        if !names.insert(said.name.value.clone()) {
            let says = format!("a second alarm is called \"{}\"", said.name.value);
            faults.add(said.name.span.clone(), "SG-RUL-001", says);
        }
        let formula = said.when.clone();
        let Some(rule) = rule(&mut said, &defaults, &ladders, faults) else {
            // Its name stands all the same: those who look at it are not at fault.
            nodes.push(Node { name: said.name.value.clone(), at: said.name.span.clone(), children: vec![] });
            continue;
        };
        nodes.push(node(&said, &rule, formula.as_ref()));
        alarms.push(rule);
    }
    let order = children::order(&nodes, faults);
    Rules { team, grades, ladders, hushes, alarms, order }
}

struct Defaults {
    namespace: Option<String>,
    period_s: Option<u32>,
    late_s: u32,
    hold_s: u64,
    ladder: String,
}

impl Defaults {
    fn check(raw: &RawDefaults, ladders: &[Ladder], faults: &mut Faults) -> Self {
        let ladder = raw.ladder.as_ref().and_then(|name| Ladder::named(ladders, name, faults));
        Self {
            namespace: raw.namespace.clone(),
            period_s: raw.period.as_ref().map(|said| period(said, faults)),
            late_s: raw.late.as_ref().map_or(LATE_S, late),
            hold_s: raw.hold.as_ref().map_or(0, |hold| hold.0),
            ladder: ladder.map_or_else(|| "default".to_owned(), |ladder| ladder.name.clone()),
        }
    }
}

fn late(said: &At<Seconds>) -> u32 {
    u32::try_from(said.0).unwrap_or(u32::MAX).min(LATE_MAX_S)
}

fn name(name: &At<String>, faults: &mut Faults) {
    let length = name.chars().count();
    if length == 0 || length > NAME_MAX {
        faults.add(
            name.span.clone(),
            "SG-RUL-001",
            format!("a name has 1 to {NAME_MAX} characters, this has {length}"),
        );
    } else if name.chars().any(|c| c.is_control() || c == '"') {
        faults.add(name.span.clone(), "SG-RUL-001", "a name has no quote and no control character");
    }
}

fn period(said: &At<Seconds>, faults: &mut Faults) -> u32 {
    let period = said.0;
    if (matches!(period, 1 | 5 | 10 | 20 | 30) || period.is_multiple_of(60)) && (1..=PERIOD_MAX_S).contains(&period) {
        return u32::try_from(period).unwrap_or(PERIOD_S);
    }
    let says = "a period is 1s, 5s, 10s, 20s, 30s, or a whole number of minutes up to a day";
    faults.add(said.span.clone(), "SG-RUL-007", says);
    PERIOD_S
}

fn rule(raw: &mut RawAlarm, defaults: &Defaults, ladders: &[Ladder], faults: &mut Faults) -> Option<Rule> {
    let kind = watch::kind(raw);
    let usual = if kind == Kind::Burst { Some(PERIOD_BURST_S) } else { defaults.period_s };
    let period_s = raw.period.as_ref().map(|said| period(said, faults)).or(usual).unwrap_or(PERIOD_S);
    let late_s = raw.late.as_ref().map_or(defaults.late_s, late);
    let judge = watch::judge(raw, period_s, late_s, faults);
    let ladder = raw.ladder.as_ref().and_then(|name| Ladder::named(ladders, name, faults));
    let each = each(raw, faults);
    texts(raw, faults);
    let mut judge = judge?;
    let reads = reads(raw, &judge.roles(), defaults, faults);
    if let Judge::Math(settings) = &mut judge {
        settings.folds = reads.iter().map(|read| read.statistic.fold()).collect();
    }
    // A threshold has made points of it; every other judge is waited for.
    let counted = matches!(kind, Kind::Threshold | Kind::Math);
    let for_s = raw.lasting.as_ref().filter(|_| !counted).map_or(0, |lasting| lasting.0);
    let hold_s = raw.hold.as_ref().map_or(defaults.hold_s, |hold| hold.0);
    let suppressor = raw.suppressed_by.as_ref().map(|said| Suppressor {
        alarm: said.alarm.value.clone(),
        wait_s: said.wait.map_or(SUPPRESS_S, |wait| wait.0),
        extension_s: said.extension.map_or(SUPPRESS_S, |extension| extension.0),
    });
    let text = |said: &Option<At<String>>| said.as_ref().map(|said| said.value.clone());
    Some(Rule {
        name: raw.name.value.clone(),
        watch: Watch { judge, for_s, hold_s },
        period_s,
        reads,
        each,
        impact: raw.impact.unwrap_or(crate::grade::Impact::Degraded),
        immediacy: raw.immediacy.or(usual_immediacy(kind)),
        grade: raw.grade,
        publish: raw.publish,
        service: text(&raw.service),
        labels: raw.labels.iter().map(|(name, value)| (name.clone(), value.value.clone())).collect(),
        ladder: ladder.map_or_else(|| defaults.ladder.clone(), |ladder| ladder.name.clone()),
        runbook: text(&raw.runbook),
        summary: text(&raw.summary),
        ko: words(&raw.ko),
        suppressor,
        native: raw.native.clone(),
    })
}

fn words(raw: &RawWords) -> Option<Box<Words>> {
    let text = |said: &Option<At<String>>| said.as_ref().map(|said| said.value.clone());
    let words = Words { title: text(&raw.title), summary: text(&raw.summary), runbook: text(&raw.runbook) };
    (words != Words::default()).then(|| Box::new(words))
}

/// A new kind of error is news to look at, not a reason to get up; the others speak for themselves.
fn usual_immediacy(kind: Kind) -> Option<Immediacy> {
    (kind == Kind::Log).then_some(Immediacy::Later)
}

fn each(raw: &RawAlarm, faults: &mut Faults) -> Option<Vec<String>> {
    let said = raw.each.as_ref()?;
    if let Some(over) = said.get(DIMENSIONS_MAX) {
        faults.add(over.span.clone(), "SG-RUL-008", format!("more than {DIMENSIONS_MAX} dimensions"));
    }
    for (at, name) in said.iter().enumerate() {
        if name.is_empty() || name.chars().count() > NAME_MAX {
            faults.add(name.span.clone(), "SG-RUL-008", "this names no dimension");
        } else if said[..at].iter().any(|held| held.value == name.value) {
            faults.add(name.span.clone(), "SG-RUL-008", format!("`{}` stands here twice", name.value));
        }
    }
    Some(said.iter().map(|name| name.value.clone()).collect())
}

fn texts(raw: &RawAlarm, faults: &mut Faults) {
    let long = |said: &At<String>, most: usize| said.chars().count() > most;
    let said = [&raw.summary, &raw.runbook, &raw.ko.summary, &raw.ko.runbook];
    for said in said.into_iter().flatten().filter(|said| long(said, TEXT_MAX)) {
        faults.add(said.span.clone(), "SG-RUL-014", format!("longer than {TEXT_MAX} characters"));
    }
    for said in raw.labels.values().chain(&raw.service).chain(&raw.ko.title).filter(|said| long(said, NAME_MAX)) {
        faults.add(said.span.clone(), "SG-RUL-014", format!("longer than {NAME_MAX} characters"));
    }
}

/// What is read in each role: from `[alarm.series]`, from the rule's `metric` for the first that is not there, else
/// from where the judge usually finds it.
fn reads(raw: &RawAlarm, roles: &[Role], defaults: &Defaults, faults: &mut Faults) -> Vec<Read> {
    for (name, said) in &raw.series {
        if !roles.iter().any(|role| role.name == *name) {
            let near = did_you_mean(name, roles.iter().map(|role| role.name.as_ref()));
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            let says = format!("this rule reads no series called `{name}`{hint}");
            faults.add(said.metric.span.clone(), "SG-RUL-005", says);
        }
    }
    let mut metric = raw.metric.as_ref();
    let mut reads = Vec::with_capacity(roles.len());
    for role in roles {
        let (namespace, metric, dimensions, statistic, exact) = if let Some(said) = raw.series.get(role.name.as_ref()) {
            (
                &said.namespace,
                said.metric.value.clone(),
                &said.dimensions,
                said.statistic.as_ref(),
                said.exact || raw.exact,
            )
        } else if let Some(metric) = metric.take() {
            (&raw.namespace, metric.value.clone(), &raw.dimensions, raw.statistic.as_ref(), raw.exact)
        } else if let Some((namespace, metric)) = role.usual {
            reads.push(usual(role, namespace, metric, raw, faults));
            continue;
        } else {
            if role.required {
                let says = format!("no series: say `metric`, or `series.{} = {{ metric = \"...\" }}`", role.name);
                faults.add(raw.name.span.clone(), "SG-RUL-005", says);
            }
            continue;
        };
        let namespace = namespace.clone().or_else(|| raw.namespace.clone()).or_else(|| defaults.namespace.clone());
        let dimensions = dimensions_of(&raw.dimensions, dimensions, raw, faults);
        let select = Select { namespace, metric, dimensions, exact };
        reads.push(read(role, select, statistic, faults));
    }
    if let Some(metric) = metric {
        let says = "`metric` is not needed: `series` names everything that is read";
        faults.add(metric.span.clone(), "SG-RUL-005", says);
    }
    reads
}

fn usual(role: &Role, namespace: &str, metric: &str, raw: &RawAlarm, faults: &mut Faults) -> Read {
    let dimensions = dimensions_of(&raw.dimensions, &BTreeMap::new(), raw, faults);
    let select =
        Select { namespace: Some(namespace.to_owned()), metric: metric.to_owned(), dimensions, exact: raw.exact };
    read(role, select, None, faults)
}

fn read(role: &Role, select: Select, said: Option<&At<String>>, faults: &mut Faults) -> Read {
    let said = said.and_then(|said| match Statistic::parse(said) {
        Ok(statistic) => Some(statistic),
        Err(says) => {
            faults.add(said.span.clone(), "SG-RUL-006", says);
            None
        }
    });
    let statistic = said.or_else(|| Statistic::parse(role.statistic).ok()).unwrap_or(Statistic::Average);
    Read { role: role.name.clone().into_owned(), select, statistic, many: role.many, required: role.required }
}

/// Those of the rule hold for each of its series; a series may say otherwise.
fn dimensions_of(
    of_rule: &BTreeMap<String, At<String>>,
    of_series: &BTreeMap<String, At<String>>,
    raw: &RawAlarm,
    faults: &mut Faults,
) -> Vec<(String, String)> {
    let mut all = of_rule.clone();
    all.extend(of_series.iter().map(|(name, value)| (name.clone(), value.clone())));
    if all.len() > DIMENSIONS_MAX {
        let says = format!("more than {DIMENSIONS_MAX} dimensions");
        faults.add(raw.name.span.clone(), "SG-RUL-008", says);
    }
    for (name, value) in &all {
        if name.is_empty() || name.chars().count() > NAME_MAX || value.chars().count() > DIMENSION_VALUE_MAX {
            let says = "a dimension's name has 1 to 255 characters, its value at most 1024";
            faults.add(value.span.clone(), "SG-RUL-008", says);
        }
    }
    all.into_iter().map(|(name, value)| (name, value.value)).collect()
}

fn node(raw: &RawAlarm, rule: &Rule, when: Option<&At<String>>) -> Node {
    let mut children = Vec::new();
    if let (Judge::Composite(composite), Some(when)) = (&rule.watch.judge, when) {
        let named = composite.formula.children.iter();
        children.extend(named.map(|(name, at)| (name.clone(), watch::inside(&when.span, at))));
    }
    if let Some(said) = &raw.suppressed_by {
        children.push((said.alarm.value.clone(), said.alarm.span.clone()));
    }
    children.retain(|(name, _)| !rule.native.contains(name));
    Node { name: rule.name.clone(), at: raw.name.span.clone(), children }
}

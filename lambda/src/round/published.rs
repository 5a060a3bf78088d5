//! What the rules with `publish` say to the account as metrics: how many of their alarms fire, and of heartbeats how many
//! hosts are healthy. So native alarms and Auto Scaling follow what is judged here.
//!
//! By group: the Auto Scaling group where the series name one, else the service. What is unknown is no number: a group of
//! which nothing is known publishes nothing, and the metric has a gap.

use std::collections::BTreeMap;

use alarm::judge::Kind;
use alarm::round::{Bound, Outcome};
use alarm::rules::Rules;
use alarm::series::Series;
use alarm::verdict::State;

use crate::outside::Measure;

const FIRING: &str = "alarms_firing";
const HEALTHY: &str = "healthy_hosts";
/// The dimension by which the agent says of which group its host is; the label of a rule's service.
const SCALING: &str = "AutoScalingGroupName";
const SERVICE: &str = "service";
/// Metrics of one round: each is paid by the month, and a group for each host would be a mistake.
const MEASURES_MAX: usize = 500;

/// The name of a group, and what kind it is.
type Group = Option<(&'static str, String)>;

#[derive(Default)]
struct Count {
    fine: usize,
    firing: usize,
}

pub(super) fn measures(rules: &Rules, bounds: &[Bound], outcomes: &[Outcome], available: &[Series]) -> Vec<Measure> {
    let mut counts: BTreeMap<(usize, Group), Count> = BTreeMap::new();
    for outcome in outcomes {
        let bound = &bounds[outcome.bound];
        if !rules.alarms[bound.rule].publish {
            continue;
        }
        let count = counts.entry((bound.rule, group(bound, available))).or_default();
        match outcome.verdict.state {
            State::Fine => count.fine += 1,
            State::Firing => count.firing += 1,
            State::Unknown => {}
        }
    }
    let known = counts.into_iter().filter(|(_, count)| count.fine + count.firing > 0);
    let mut measures: Vec<Measure> =
        known.flat_map(|((rule, group), count)| said(rules, rule, group, &count)).collect();
    if measures.len() > MEASURES_MAX {
        let says = format!("{} metrics would be published; the first {MEASURES_MAX} are", measures.len());
        tracing::error!(code = "SG-LAM-046", says);
        measures.truncate(MEASURES_MAX);
    }
    measures
}

/// By a rule's own names, or by those of the series that it looks at.
fn group(bound: &Bound, available: &[Series]) -> Group {
    let of_series = || bound.series.iter().find_map(|(_, at)| available[*at].dimensions.get(SCALING));
    let scaling = bound.labels.get(SCALING).or_else(of_series).map(|name| (SCALING, name.to_owned()));
    scaling.or_else(|| Some((SERVICE, bound.labels.get(SERVICE)?.to_owned())))
}

fn said(rules: &Rules, rule: usize, group: Group, count: &Count) -> Vec<Measure> {
    let rule = &rules.alarms[rule];
    let dimensions: Vec<_> = std::iter::once(("alarm", rule.name.clone())).chain(group).collect();
    let one = |name, value: usize| Measure { name, value: value as f64, unit: "Count", dimensions: dimensions.clone() };
    let hears = rule.watch.judge.kind() == Kind::Silent;
    std::iter::once(one(FIRING, count.firing)).chain(hears.then(|| one(HEALTHY, count.fine))).collect()
}

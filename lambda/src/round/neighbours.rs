//! What other shards judge and this one looks at: children of composites, suppressors, what hides others.
//!
//! What a neighbour told is at most a minute old. Of one that told nothing for three minutes nothing is known: what it
//! judges is unknown, not fine.

use std::collections::{HashMap, HashSet};

use account::Neighbour;
use account::neighbours::{Seen, TOLD_MAX};
use account::shard::bucket;
use alarm::grade::Grade;
use alarm::matcher::Labels;
use alarm::round::{Bound, Key, Outcome};
use alarm::rules::Rules;
use alarm::verdict::State;

use super::Me;
use super::turn::Report;
use crate::outside::Outside;

#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    pub(super) states: Vec<(Key, State)>,
    /// What fires there and may hide what fires here.
    pub(super) hiding: Vec<(Labels, Grade)>,
}

/// With one shard, or where no rule looks at another, nobody is asked and nobody told.
fn concerned(rules: &Rules, me: &Me) -> bool {
    me.shard.of() > 1 && !(rules.watched().is_empty() && rules.hushes.inhibits.is_empty())
}

/// Those of this shard, and those of others that are looked at.
pub(super) fn parted(rules: &Rules, bounds: Vec<Bound>, me: &Me) -> (Vec<Bound>, Vec<Bound>) {
    if me.shard.of() == 1 {
        return (bounds, Vec::new());
    }
    let owners = me.shard.owners();
    let is_ours = |bound: &Bound| owners[usize::from(bucket(&bound.group))] == me.shard.number();
    let (ours, mut others): (Vec<_>, Vec<_>) = bounds.into_iter().partition(is_ours);
    let watched = rules.watched();
    others.retain(|bound| watched.contains(bound.key.rule.as_str()));
    (ours, others)
}

pub(super) async fn hear(
    rules: &Rules,
    others: Vec<Bound>,
    out: &impl Outside,
    me: &Me,
    report: &mut Report,
) -> Elsewhere {
    if !concerned(rules, me) {
        return Elsewhere::default();
    }
    let told = out.neighbours(me.shard).await.unwrap_or_else(|trouble| {
        report.trouble(&trouble);
        Vec::new()
    });
    let fresh: HashMap<u16, Neighbour> = told.into_iter().filter(|(_, it)| it.is_fresh(me.now)).collect();
    let owners = me.shard.owners();
    let mut listed: HashSet<Key> = HashSet::new();
    let mut elsewhere = Elsewhere::default();
    for Seen { key, state, hides } in fresh.values().flat_map(|it| &it.alarms) {
        elsewhere.hiding.extend(hides.clone());
        if listed.insert(key.clone()) {
            elsewhere.states.push((key.clone(), *state));
        }
    }
    for bound in others.into_iter().filter(|bound| !listed.contains(&bound.key)) {
        let owner = fresh.get(&owners[usize::from(bucket(&bound.group))]);
        let state = if owner.is_some_and(|it| !it.more) { State::Fine } else { State::Unknown };
        elsewhere.states.push((bound.key, state));
    }
    elsewhere
}

/// Tells the others. What they are not told for three minutes is unknown to them, so a failure is only said.
pub(super) async fn tell(
    rules: &Rules,
    bounds: &[Bound],
    outcomes: &[Outcome],
    out: &impl Outside,
    me: &Me,
    report: &mut Report,
) {
    if !concerned(rules, me) {
        return;
    }
    let watched = rules.watched();
    let seen = |outcome: &Outcome| {
        let bound = &bounds[outcome.bound];
        let grade = outcome.graded.map(|graded| graded.grade).filter(|_| outcome.memory.episode.is_some());
        let hides = grade.filter(|_| rules.hushes.may_hide(&bound.labels)).map(|grade| (bound.labels.clone(), grade));
        let state = outcome.verdict.state;
        let told = state != State::Fine && watched.contains(bound.key.rule.as_str());
        (told || hides.is_some()).then(|| Seen { key: bound.key.clone(), state, hides })
    };
    let mut alarms: Vec<Seen> = outcomes.iter().filter_map(seen).take(TOLD_MAX + 1).collect();
    let more = alarms.len() > TOLD_MAX;
    alarms.truncate(TOLD_MAX);
    if let Err(trouble) = out.tell_neighbours(me.shard, &Neighbour { at: me.now, alarms, more }).await {
        report.trouble(&trouble);
    }
}

//! From outcomes to who is told: the members of each group, what keeps them quiet, and the decision.

use std::collections::BTreeMap;

use super::{Bound, Outcome};
use crate::grade::Grade;
use crate::hush::{Hush, Hushes};
use crate::inhibit::Firing;
use crate::notify::{Decision, GroupMemory, Member, decide};
use crate::points::Time;
use crate::rules::Rules;

/// One group after this moment.
#[derive(Clone, Debug)]
pub struct Told {
    pub group: String,
    /// Numbers of the outcomes, in the order that the decision means.
    pub members: Vec<usize>,
    pub memory: GroupMemory,
    /// Whether the memory differs from what was remembered.
    pub remember: bool,
    pub decision: Decision,
}

/// `memories` are those of the groups that have an episode. `hushes` are the rules' own and what people added since.
/// Groups in which nothing fires and nothing did are not mentioned.
pub fn tell(
    rules: &Rules,
    bounds: &[Bound],
    outcomes: &[Outcome],
    mut memories: BTreeMap<String, GroupMemory>,
    hushes: &Hushes,
    now: Time,
) -> Vec<Told> {
    let quiet = quiets(rules, bounds, outcomes, hushes, now);
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|outcome| outcome.memory.episode.is_some()) {
        groups.entry(&bounds[outcome.bound].group).or_default();
    }
    let old: Vec<String> =
        memories.iter().filter(|(_, memory)| memory.episode.is_some()).map(|(it, _)| it.clone()).collect();
    for group in &old {
        groups.entry(group).or_default();
    }
    if groups.is_empty() {
        return Vec::new();
    }
    for (at, outcome) in outcomes.iter().enumerate() {
        if let Some(members) = groups.get_mut(bounds[outcome.bound].group.as_str()) {
            members.push(at);
        }
    }
    let one = |(group, members): (&str, Vec<usize>)| {
        let before = memories.remove(group).unwrap_or_default();
        let rule = members.first().map(|at| &rules.alarms[bounds[outcomes[*at].bound].rule]);
        // The rules of a group may be gone from the file: its ladder is found by the name that the group begins with.
        let named = group.split('/').next().unwrap_or_default();
        let ladder = rule.and_then(|rule| rules.ladder(rule));
        let ladder = ladder.or_else(|| rules.ladders.iter().find(|ladder| ladder.name == named));
        let ladder = ladder.or(rules.ladders.first())?;
        let given: Vec<_> = members.iter().map(|at| member(bounds, &outcomes[*at], quiet[*at].as_ref())).collect();
        let (memory, decision) = decide(ladder, group, before.clone(), &given, now);
        Some(Told { group: group.to_owned(), members, remember: memory != before, memory, decision })
    };
    groups.into_iter().filter_map(one).collect()
}

fn member<'a>(bounds: &'a [Bound], outcome: &Outcome, hush: Option<&'a Hush>) -> Member<'a> {
    Member {
        labels: &bounds[outcome.bound].labels,
        state: outcome.verdict.state,
        since: outcome.memory.episode,
        grade: outcome.graded.map_or(Grade::Note, |graded| graded.grade),
        value: outcome.verdict.value,
        time_left: outcome.verdict.time_left,
        hush,
    }
}

/// What keeps each outcome from being told. All that fires is looked at together: one hides another across groups.
fn quiets(rules: &Rules, bounds: &[Bound], outcomes: &[Outcome], hushes: &Hushes, now: Time) -> Vec<Option<Hush>> {
    let mut quiets = vec![None; outcomes.len()];
    let open: Vec<usize> = (0..outcomes.len()).filter(|at| outcomes[*at].memory.episode.is_some()).collect();
    let firing = |at: &usize| Firing {
        labels: &bounds[outcomes[*at].bound].labels,
        grade: outcomes[*at].graded.map_or(Grade::Note, |graded| graded.grade),
    };
    let of_open = hushes.of(&open.iter().map(firing).collect::<Vec<_>>(), now);
    for (at, hush) in open.into_iter().zip(of_open) {
        let outcome = &outcomes[at];
        let by = rules.alarms[bounds[outcome.bound].rule].suppressor.as_ref().filter(|_| outcome.suppressed);
        quiets[at] = hush.or_else(|| by.map(|it| Hush::Hidden { by: format!("rule={}", it.alarm) }));
    }
    if !hushes.silences.is_empty() || !hushes.windows.is_empty() {
        for (at, outcome) in outcomes.iter().enumerate().filter(|(_, outcome)| outcome.memory.episode.is_none()) {
            quiets[at] = hushes.quiet(&bounds[outcome.bound].labels, now);
        }
    }
    quiets
}

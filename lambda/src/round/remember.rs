//! From what was judged to what must be written: each group with its alarms, its episode and what it owes.

use std::collections::BTreeMap;

use account::drill::is_drill;
use account::item::{Claim, Group, OWED_MAX, Owed};
use alarm::incident::Incident;
use alarm::memory::Memory;
use alarm::notice::{Matter, Suspect, chat, compose, email, json, slack};
use alarm::notify::GroupMemory;
use alarm::points::Time;
use alarm::round::{Bound, Key, Outcome, Told, alarms};
use alarm::rules::Rules;

use super::{Me, events};
use crate::outside::Outside;

/// Alarms of one group that are remembered one by one: some 300 bytes each. A group of more that all fire is one story
/// in any case; those beyond begin anew each time, which is said.
pub(super) const ALARMS_MAX: usize = 800;
/// For how long a link of a notice is good: a night and the day after it.
const LINK_S: i64 = 36 * 3_600;

/// A group after this round.
#[derive(Debug)]
pub(super) struct After {
    pub(super) group: Group,
    pub(super) story: Option<Incident>,
    /// Alarms that were too many to be remembered.
    pub(super) beyond: usize,
    /// Notices dropped unsent, since newer ones tell the same.
    pub(super) dropped: Vec<Owed>,
}

/// Nothing that a later round must know but what it learned.
pub(super) fn at_rest(memory: &Memory) -> bool {
    memory.episode.is_none()
        && memory.lit.is_none()
        && memory.clear.is_none()
        && memory.suppressed == alarm::composite::Suppressed::default()
}

/// The alarms of each group that are not at rest.
pub(super) fn awake(bounds: &[Bound], outcomes: &[Outcome]) -> BTreeMap<String, Vec<(Key, Memory)>> {
    let mut groups: BTreeMap<String, Vec<(Key, Memory)>> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|outcome| !at_rest(&outcome.memory)) {
        let bound = &bounds[outcome.bound];
        groups.entry(bound.group.clone()).or_default().push((bound.key.clone(), outcome.memory.clone()));
    }
    groups
}

/// The same but for what the judges learned, which is not worth a write.
pub(super) fn same(one: &Group, other: &Group) -> bool {
    let plain = |memory: &Memory| {
        let Memory { state, since, episode, lit, clear, suppressed, judge: _ } = memory;
        (*state, *since, *episode, *lit, *clear, *suppressed)
    };
    one.memory == other.memory
        && one.owed == other.owed
        && one.alarms.len() == other.alarms.len()
        && one.alarms.iter().zip(&other.alarms).all(|(one, other)| one.0 == other.0 && plain(&one.1) == plain(&other.1))
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Judged<'a> {
    pub(super) rules: &'a Rules,
    pub(super) bounds: &'a [Bound],
    pub(super) outcomes: &'a [Outcome],
    /// Who is likely guilty, where that was found out.
    pub(super) suspects: &'a [Suspect],
}

pub(super) fn after(
    judged: Judged<'_>,
    before: &Group,
    awake: Vec<(Key, Memory)>,
    told: Option<&Told>,
    story: Option<Incident>,
    me: &Me,
    out: &impl Outside,
) -> After {
    let mut group = Group::new(&before.name);
    let beyond = awake.len().saturating_sub(ALARMS_MAX);
    group.alarms = awake;
    group.alarms.truncate(ALARMS_MAX);
    group.owed.clone_from(&before.owed);
    let mut story = story;
    let mut new = None;
    if let Some(told) = told {
        group.memory = told.memory.clone();
        let said = alarms(judged.rules, judged.bounds, judged.outcomes, &told.members, me.now);
        let decision = &told.decision;
        let drill = is_drill(&told.group);
        story = story.or_else(|| Incident::open(decision, &told.group, drill));
        let suspects = judged.suspects;
        let matter = |due| Matter { due, alarms: &said, suspects, link: None, acknowledge: None, drill, now: me.now };
        if let Some(story) = &mut story {
            story.record(decision, &said, me.now);
            for due in decision.due.iter().filter(|_| !suspects.is_empty()).take(1) {
                let who = due.to.first().map_or("", String::as_str);
                let notice = compose(&matter(due), &judged.rules.team.audience(who));
                notice.suspects.iter().for_each(|line| story.suspect(line));
            }
            new = (!decision.happened.is_empty() || !decision.due.is_empty()).then(|| story.clone());
        }
        for due in &decision.due {
            let matter = matter(due);
            group.owed.extend(due.to.iter().map(|who| owe(judged.rules, &matter, who, me, out)));
        }
        if out.has_bus() {
            let incident = story.as_ref().map_or(told.group.as_str(), |story| story.id.as_str());
            group.owed.extend(events::owed(judged, told, incident, me));
        }
    } else {
        group.memory = GroupMemory::default();
    }
    let dropped = [false, true].into_iter().flat_map(|event| oldest(&mut group.owed, event)).collect();
    After { group, story: new, beyond, dropped }
}

/// What is too much of notices, or of events: a bus that is gone takes no notice with it.
fn oldest(owed: &mut Vec<Owed>, event: bool) -> Vec<Owed> {
    let mut over = owed.iter().filter(|it| it.event == event).count().saturating_sub(OWED_MAX);
    let is_over = |it: &mut Owed| {
        let drop = it.event == event && over > 0;
        over -= usize::from(drop);
        drop
    };
    owed.extract_if(.., is_over).collect()
}

fn owe(rules: &Rules, matter: &Matter<'_>, who: &str, me: &Me, out: &impl Outside) -> Owed {
    let due = matter.due;
    let until = me.now + LINK_S;
    let link = me.links.as_ref().map(|(key, base)| {
        let pass = account::link::Pass { incident: due.incident.clone(), audience: who.to_owned(), until };
        format!("{base}{}", key.sign(&pass))
    });
    let matter = Matter { acknowledge: link.as_deref(), ..*matter };
    let notice = compose(&matter, &rules.team.audience(who));
    let mail = email(&notice);
    let missing = out.ways(who).is_empty();
    if missing {
        tracing::error!(code = "SG-LAM-040", audience = who, "nobody hears this audience: it has no outlet");
    }
    Owed {
        incident: due.incident.clone(),
        number: due.number,
        audience: who.to_owned(),
        since: me.now,
        subject: mail.subject,
        email: mail.body,
        chat: chat(&notice).to_string(),
        slack: slack(&notice).to_string(),
        json: json(&notice, &matter).to_string(),
        claim: Claim { by: me.name.clone(), until: me.over },
        ..Owed::default()
    }
}

/// Of which combination a memory is, for rules that are still there.
pub(super) fn remembered<'a>(groups: impl Iterator<Item = &'a Group>) -> Vec<Key> {
    groups.flat_map(|group| group.alarms.iter().map(|(key, _)| key.clone())).collect()
}

/// Which minute of the hour a group writes down what it learned: spread, so that no minute pays for all.
pub(super) fn learning_minute(group: &str, now: Time) -> bool {
    let spread = group.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    (now.div_euclid(60)).rem_euclid(60).unsigned_abs() == spread % 60
}

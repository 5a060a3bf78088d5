//! Asks who is likely guilty, for the few groups of which people are about to be told something new.

use std::collections::HashMap;

use alarm::notice::Suspect;
use alarm::notify::Why;
use alarm::points::Time;
use alarm::round::{Bound, Outcome, Told};
use alarm::rules::Rules;

use crate::guilt::{Scene, suspects};
use crate::outside::Outside;

/// Groups that are asked about in one round: when more begin at once, it is no single process.
const GROUPS_MAX: usize = 5;
/// How far back an event can have to do with it: the agents write every five minutes.
const BACK_S: Time = 900;

/// The suspects of each group that has any. What cannot be found out delays nobody: outside is asked within a bound.
pub(super) async fn guilty(
    rules: &Rules,
    bounds: &[Bound],
    outcomes: &[Outcome],
    told: &[Told],
    out: &impl Outside,
    now: Time,
) -> HashMap<String, Vec<Suspect>> {
    let mut guilty = HashMap::new();
    let news = |told: &&Told| told.decision.due.iter().any(|due| is_news(&due.why));
    for told in told.iter().filter(news).take(GROUPS_MAX) {
        let Some(scene) = told.members.first().and_then(|at| scene(rules, bounds, &outcomes[*at])) else { continue };
        match out.clues(&scene, now - BACK_S, now).await {
            Ok(clues) => {
                guilty.insert(told.group.clone(), suspects(&scene, &clues));
            }
            Err(trouble) => tracing::warn!(code = trouble.code, says = trouble.says, "nobody can be suspected"),
        }
    }
    guilty
}

/// What fires, or got worse: not its end, and not that somebody has it in hand.
fn is_news(why: &Why) -> bool {
    match why {
        Why::First { .. } | Why::Escalated { .. } | Why::Graver { .. } | Why::Joined => true,
        Why::Persists { .. } | Why::SomeOver | Why::Acknowledged { .. } | Why::Repeat | Why::Over => false,
    }
}

fn scene(rules: &Rules, bounds: &[Bound], outcome: &Outcome) -> Option<Scene> {
    let bound = &bounds[outcome.bound];
    let metrics = rules.alarms[bound.rule].reads.iter().map(|read| read.select.metric.as_str());
    Scene::of(&bound.key.combination, bound.labels.get("service"), metrics)
}

//! Plays a case and keeps what the picture shows of it.

use std::collections::BTreeMap;

use alarm::notice::words;
use alarm::points::{Points, Time};
use alarm::rehearse::{History, Player};
use alarm::round::Outcome;
use alarm::rules::Rules;
use alarm::series::{Series, Unit};
use alarm::team::Language;
use alarm::verdict::State;

use super::cases::{Case, Line};

/// A day that begins at midnight.
const START: Time = 1_800_057_600;

pub(super) struct Played<'a> {
    pub(super) case: &'a Case,
    /// Each line with its name and its values, a value a moment.
    pub(super) lines: Vec<(&'a str, Vec<f64>)>,
    /// What was said at each moment.
    pub(super) states: Vec<Said>,
    /// The sentence of the first moment that fired, or of the last one; and which moment that is.
    pub(super) says: (usize, String),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) state: State,
    /// "page", "ticket" or "note" while it fires.
    pub(super) grade: &'static str,
}

pub(super) fn play(case: &Case) -> Played<'_> {
    let rules = Rules::parse("picture", case.rules).unwrap_or_else(|faults| panic!("{faults}"));
    let history: Vec<_> = case.lines.iter().map(|line| history(line, case.period_s)).collect();
    let mut player = Player::new(&rules, &history, BTreeMap::new());
    let moments = history.iter().map(|it| it.points.len()).max().unwrap_or(0);
    let (mut states, mut judged, mut first, mut last) = (Vec::new(), Vec::new(), None, String::new());
    for at in 0..moments {
        let moment = player.step(START + (at as Time + 1) * Time::from(case.period_s));
        // The rule that the picture is of stands last.
        let wanted = rules.alarms.len() - 1;
        let outcome = moment.outcomes.iter().find(|it| player.bounds()[it.bound].rule == wanted);
        let outcome = outcome.expect("the rule has one combination");
        let says = words::reason(&outcome.verdict.reason, Unit::None, Language::En);
        if outcome.verdict.state == State::Firing && first.is_none() {
            first = Some((at, says.clone()));
        }
        states.push(said(outcome));
        judged.push(outcome.verdict.value.unwrap_or(f64::NAN));
        last = says;
    }
    let lines = match case.judged {
        Some(name) => vec![(name, judged)],
        None => case.lines.iter().zip(&history).map(|(line, it)| (line.name, it.points.raw().to_vec())).collect(),
    };
    Played { case, lines, states, says: first.unwrap_or((moments - 1, last)) }
}

fn said(outcome: &Outcome) -> Said {
    let state = outcome.verdict.state;
    let grade = outcome.graded.filter(|_| state == State::Firing).map_or("", |graded| graded.grade.name());
    Said { state, grade }
}

fn history(line: &Line, period_s: u32) -> History {
    let series = Series {
        namespace: line.namespace.to_owned(),
        name: line.metric.to_owned(),
        dimensions: line.dimensions.iter().copied().collect(),
    };
    History { series, statistic: None, points: Points::new(START, period_s, line.values()) }
}

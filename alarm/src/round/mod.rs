//! One moment of all rules: bind them to the series that exist, then step each combination, children before parents.
//!
//! The caller fetches and remembers; here is only what follows from it. The same rounds, played over a past, are the
//! backtest (`rehearse`).

mod bind;
mod speak;
mod tell;

pub use bind::{Bound, Key, Need, bind, homes, needs};
pub use speak::alarms;
pub use tell::{Told, tell};

use std::collections::{HashMap, HashSet};

use crate::composite::{Suppressor, suppressed};
use crate::grade::{Circumstance, Graded};
use crate::inputs::{Child, Host, Input, Inputs};
use crate::judge::Judge;
use crate::math::Fold;
use crate::memory::Memory;
use crate::points::{Points, Time, View};
use crate::rules::{Rule, Rules, Statistic};
use crate::series::{Dimensions, Series};
use crate::step::{Change, change, step};
use crate::verdict::{Reason, State, Verdict};

/// What is known of the world at this moment.
pub trait World {
    /// The points of a series, by its number among those available.
    fn points(&self, series: usize, statistic: &Statistic, period_s: u32) -> Option<View<'_>>;

    /// `false` where it could not be read just now: what stands on it is unknown, whatever it takes a gap for.
    fn readable(&self, series: usize) -> bool {
        let _ = series;
        true
    }

    /// The state of a native CloudWatch alarm.
    fn native(&self, name: &str) -> Option<State> {
        let _ = name;
        None
    }

    fn host(&self, combination: &Dimensions) -> Host {
        let _ = combination;
        Host::Unknown
    }

    /// What alarms came to that are judged elsewhere, where one of these looks at them.
    fn elsewhere(&self) -> &[(Key, State)] {
        &[]
    }
}

/// What one combination came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Number of the bound.
    pub bound: usize,
    pub memory: Memory,
    /// Whether the memory differs from what was remembered: only then it need be written.
    pub remember: bool,
    pub verdict: Verdict,
    pub change: Change,
    /// While it fires, or an episode is open.
    pub graded: Option<Graded>,
    /// A suppressor keeps people from being told.
    pub suppressed: bool,
}

/// `memories` are those of the bounds, in their order; what is not there begins anew.
pub fn judge(
    rules: &Rules,
    bounds: &[Bound],
    memories: &[Option<&Memory>],
    available: &[Series],
    world: &impl World,
    now: Time,
) -> Vec<Outcome> {
    let mut round = Round { rules, available, world, now, states: States::of(rules, world.elsewhere()) };
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(bounds.len());
    let memories = memories.iter().copied().chain(std::iter::repeat(None));
    for ((at, bound), memory) in bounds.iter().enumerate().zip(memories) {
        let outcome = round.one(at, bound, memory);
        round.states.note(bound, outcome.verdict.state);
        outcomes.push(outcome);
    }
    outcomes
}

/// The states of the alarms that others look at.
struct States<'a> {
    watched: HashSet<&'a str>,
    seen: HashMap<&'a str, Vec<(&'a Dimensions, State)>>,
}

impl<'a> States<'a> {
    fn of(rules: &'a Rules, elsewhere: &'a [(Key, State)]) -> Self {
        let mut states = Self { watched: rules.watched(), seen: HashMap::new() };
        for (key, state) in elsewhere {
            states.seen.entry(&key.rule).or_default().push((&key.combination, *state));
        }
        states
    }

    fn note(&mut self, bound: &'a Bound, state: State) {
        if self.watched.contains(bound.key.rule.as_str()) {
            self.seen.entry(&bound.key.rule).or_default().push((&bound.key.combination, state));
        }
    }

    /// Of all its combinations that do not contradict: firing if any fires, else unknown if any is.
    fn state(&self, name: &str, combination: &Dimensions) -> Option<State> {
        let seen = self.seen.get(name)?.iter();
        let mut states = seen.filter(|(other, _)| bind::compatible(combination, other)).map(|(_, state)| *state);
        let first = states.next()?;
        Some(states.fold(first, |worst, state| match (worst, state) {
            (State::Firing, _) | (_, State::Firing) => State::Firing,
            (State::Unknown, _) | (_, State::Unknown) => State::Unknown,
            _ => State::Fine,
        }))
    }
}

struct Round<'a, W> {
    rules: &'a Rules,
    available: &'a [Series],
    world: &'a W,
    now: Time,
    states: States<'a>,
}

impl<W: World> Round<'_, W> {
    fn one(&self, at: usize, bound: &Bound, before: Option<&Memory>) -> Outcome {
        let rule = &self.rules.alarms[bound.rule];
        if bound.series.iter().any(|(_, series)| !self.world.readable(*series)) {
            return self.unread(at, rule, bound, before);
        }
        // Most rules read one series: a backtest of a month has millions of such steps, and this one allocates nothing.
        let (merged, several, single);
        let series = if let [(read, at)] = bound.series[..] {
            single = self.input(rule, read, at);
            single.as_slice()
        } else {
            merged = self.merged(rule, bound);
            several = self.inputs(rule, bound, &merged);
            &several[..]
        };
        let children = self.children(rule, &bound.key.combination);
        let inputs = Inputs::new(self.now, series).children(&children);
        let inputs = inputs.host(self.world.host(&bound.key.combination));
        let (mut memory, verdict) = step(&rule.watch, before.cloned(), &inputs);
        let quiet = rule.suppressor.as_ref().is_some_and(|it| self.suppress(it, &bound.key, &mut memory));
        let open = memory.episode.is_some();
        let graded = open.then(|| self.grade(rule, bound, &verdict));
        let change = change(before, &memory);
        let remember = before != Some(&memory);
        Outcome { bound: at, memory, remember, verdict, change, graded, suppressed: quiet }
    }

    /// Nothing is learned and nothing forgotten.
    fn unread(&self, at: usize, rule: &Rule, bound: &Bound, before: Option<&Memory>) -> Outcome {
        let verdict = Verdict::unknown(Reason::new("read.failed"));
        let unseen = || step(&rule.watch, None, &Inputs::new(self.now, &[])).0;
        let memory = before.cloned().unwrap_or_else(|| Memory { state: State::Unknown, episode: None, ..unseen() });
        let graded = memory.episode.map(|_| self.grade(rule, bound, &verdict));
        let suppressed = !memory.suppressed.is_nothing();
        Outcome { bound: at, memory, remember: false, verdict, change: Change::None, graded, suppressed }
    }

    fn grade(&self, rule: &Rule, bound: &Bound, verdict: &Verdict) -> Graded {
        self.rules.grades.grade(&Circumstance {
            labels: &bound.labels,
            impact: verdict.impact.unwrap_or(rule.impact),
            immediacy: verdict.immediacy.or(rule.immediacy),
            time_left: verdict.time_left,
            fixed: rule.grade,
            now: self.now,
        })
    }

    /// What the rule may look at: no further back than it needs, so that it judges a past as it would have then.
    fn view(&self, rule: &Rule, at: usize, statistic: &Statistic) -> Option<View<'_>> {
        let from = self.now.saturating_sub_unsigned(rule.reach_s() + u64::from(rule.period_s));
        Some(self.world.points(at, statistic, rule.period_s)?.since(from).until(self.now))
    }

    fn state(&self, name: &str, combination: &Dimensions) -> Option<State> {
        self.states.state(name, combination).or_else(|| self.world.native(name))
    }

    fn children<'a>(&self, rule: &'a Rule, combination: &Dimensions) -> Vec<Child<'a>> {
        let Judge::Composite(composite) = &rule.watch.judge else { return Vec::new() };
        let child = |(name, _): &'a (String, _)| Some(Child { name, state: self.state(name, combination)? });
        composite.formula.children.iter().filter_map(child).collect()
    }

    fn suppress(&self, it: &Suppressor, key: &Key, memory: &mut Memory) -> bool {
        let state = self.state(&it.alarm, &key.combination).unwrap_or(State::Unknown);
        let (after, quiet) = suppressed(it, memory.suppressed, state, memory.since, self.now);
        memory.suppressed = after;
        quiet
    }

    /// Roles that want one series and have several: they become one, as their statistic allows.
    fn merged(&self, rule: &Rule, bound: &Bound) -> Vec<(usize, Points)> {
        let mut merged = Vec::new();
        for (read, reading) in rule.reads.iter().enumerate().filter(|(_, reading)| !reading.many) {
            let of_read = bound.series.iter().filter(|(it, _)| *it == read);
            let views = of_read.filter_map(|(_, at)| self.view(rule, *at, &reading.statistic));
            let views: Vec<_> = views.collect();
            if views.len() > 1 {
                merged.push((read, fold(&views, reading.statistic.fold(), rule.period_s)));
            }
        }
        merged
    }

    fn inputs<'a>(&'a self, rule: &'a Rule, bound: &'a Bound, merged: &'a [(usize, Points)]) -> Vec<Input<'a>> {
        let mut inputs = Vec::with_capacity(bound.series.len());
        for (read, points) in merged {
            let role = rule.reads[*read].role.as_str();
            inputs.push(Input { role, dimensions: &bound.key.combination, points: points.view() });
        }
        for (read, at) in bound.series.iter().filter(|(read, _)| merged.iter().all(|(done, _)| done != read)) {
            inputs.extend(self.input(rule, *read, *at));
        }
        inputs
    }

    fn input<'a>(&'a self, rule: &'a Rule, read: usize, at: usize) -> Option<Input<'a>> {
        let reading = &rule.reads[read];
        let points = self.view(rule, at, &reading.statistic)?;
        Some(Input { role: reading.role.as_str(), dimensions: &self.available[at].dimensions, points })
    }
}

fn fold(views: &[View<'_>], fold: Fold, period_s: u32) -> Points {
    let period = Time::from(period_s.max(1));
    let real = || views.iter().filter(|view| !view.is_empty());
    let (Some(start), Some(end)) = (real().map(View::start).min(), real().map(View::end).max()) else {
        return Points::new(0, period_s, []);
    };
    let slots = usize::try_from((end - start) / period).unwrap_or(0).min(crate::points::POINTS_MAX);
    let start = end - slots as Time * period;
    let value = |slot: usize| fold.of(views.iter().filter_map(|view| view.when(start + slot as Time * period)));
    Points::new(start, period_s, (0..slots).map(value))
}

#[cfg(test)]
mod tests;

//! Plays a past through the rules, moment by moment, exactly as it would have been judged then.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::memory::Memory;
use crate::notify::GroupMemory;
use crate::points::{Points, Time, View};
use crate::round::{Bound, Outcome, Told, World, bind, judge, needs, tell};
use crate::rules::{Rules, Statistic};
use crate::series::Series;
use crate::verdict::State;

/// One series of the past. Without a statistic its values stand for every statistic.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    pub series: Series,
    pub statistic: Option<Statistic>,
    pub points: Points,
}

/// Longest play, in moments: a year of minutes.
pub const MOMENTS_MAX: u64 = 366 * 1_440;

#[derive(Debug)]
pub struct Player<'a> {
    rules: &'a Rules,
    available: Vec<Series>,
    past: Past<'a>,
    bounds: Vec<Bound>,
    memories: Vec<Option<Memory>>,
    groups: BTreeMap<String, GroupMemory>,
}

/// What one moment came to.
#[derive(Debug)]
pub struct Moment {
    pub outcomes: Vec<Outcome>,
    pub told: Vec<Told>,
}

impl<'a> Player<'a> {
    pub fn new(rules: &'a Rules, history: &'a [History], native: BTreeMap<String, State>) -> Self {
        let mut available: Vec<Series> = history.iter().map(|it| it.series.clone()).collect();
        available.sort();
        available.dedup();
        let bounds = bind(rules, &available, &[]);
        let mut prepared = vec![Vec::new(); available.len()];
        for need in needs(rules, &bounds) {
            let series = &available[need.series];
            if let Some(points) = prepare(history, series, &need.statistic, need.period_s) {
                prepared[need.series].push(Prepared { statistic: need.statistic, period_s: need.period_s, points });
            }
        }
        let past = Past { prepared, native };
        let memories = vec![None; bounds.len()];
        Self { rules, available, past, bounds, memories, groups: BTreeMap::new() }
    }

    pub fn bounds(&self) -> &[Bound] {
        &self.bounds
    }

    pub fn rules(&self) -> &'a Rules {
        self.rules
    }

    /// From the first point on, to the end of the last.
    pub fn span(history: &[History]) -> Option<(Time, Time)> {
        let real = || history.iter().map(|it| &it.points).filter(|points| !points.is_empty());
        Some((real().map(Points::start).min()?, real().map(Points::end).max()?))
    }

    pub fn step(&mut self, now: Time) -> Moment {
        let memories: Vec<_> = self.memories.iter().map(Option::as_ref).collect();
        let outcomes = judge(self.rules, &self.bounds, &memories, &self.available, &self.past, now);
        let groups = std::mem::take(&mut self.groups);
        let told = tell(self.rules, &self.bounds, &outcomes, groups, &self.rules.hushes, now);
        for (memory, outcome) in self.memories.iter_mut().zip(&outcomes) {
            if outcome.remember {
                *memory = Some(outcome.memory.clone());
            }
        }
        let open = told.iter().filter(|told| told.memory.episode.is_some());
        self.groups.extend(open.map(|told| (told.group.clone(), told.memory.clone())));
        Moment { outcomes, told }
    }
}

#[derive(Debug)]
struct Past<'a> {
    /// By series.
    prepared: Vec<Vec<Prepared<'a>>>,
    native: BTreeMap<String, State>,
}

#[derive(Clone, Debug)]
struct Prepared<'a> {
    statistic: Statistic,
    period_s: u32,
    points: Cow<'a, Points>,
}

impl World for Past<'_> {
    fn points(&self, series: usize, statistic: &Statistic, period_s: u32) -> Option<View<'_>> {
        let of_series = self.prepared.get(series)?;
        let found = of_series.iter().find(|it| it.period_s == period_s && it.statistic == *statistic)?;
        Some(found.points.view())
    }

    fn native(&self, name: &str) -> Option<State> {
        self.native.get(name).copied()
    }
}

/// The points of a series as a rule wants them: of its statistic, else of any; put together to its longer period.
fn prepare<'a>(
    history: &'a [History],
    series: &Series,
    statistic: &Statistic,
    period_s: u32,
) -> Option<Cow<'a, Points>> {
    let of_series = || history.iter().filter(|it| it.series == *series);
    let exact = of_series().find(|it| it.statistic.as_ref() == Some(statistic));
    let points = &exact.or_else(|| of_series().find(|it| it.statistic.is_none()))?.points;
    if points.period_s() >= period_s {
        return Some(Cow::Borrowed(points));
    }
    Some(Cow::Owned(coarser(points, statistic, period_s)))
}

fn coarser(points: &Points, statistic: &Statistic, period_s: u32) -> Points {
    let period = Time::from(period_s);
    let fold = statistic.fold();
    let start = points.start().div_euclid(period) * period;
    let slots = usize::try_from((points.end() - start + period - 1) / period).unwrap_or(0);
    let value = |slot: usize| {
        let from = start + slot as Time * period;
        let inside = points.view().since(from).until(from + period);
        fold.of(inside.raw().iter().copied().filter(|value| !value.is_nan()))
    };
    Points::new(start, period_s, (0..slots).map(value))
}

//! The points that were read, kept between invocations for as long as the process lives: what is due every five
//! minutes is not asked for every minute.

use std::collections::{HashMap, HashSet};

use account::plan;
use alarm::inputs::Host;
use alarm::points::{Points, Time, View};
use alarm::round::{Key, Need, World};
use alarm::rules::Statistic;
use alarm::series::{Dimensions, Series};
use alarm::verdict::State;

use crate::delays::Before;
use crate::id::Id;

/// What was read of one series: by statistic and period, mostly one.
#[derive(Debug)]
struct Read {
    statistic: Statistic,
    period_s: u32,
    at: Time,
    points: Points,
}

#[derive(Debug, Default)]
pub(crate) struct Seen {
    read: HashMap<Id, Vec<Read>>,
}

impl Seen {
    /// Those of `needs` that must be asked for now.
    pub(crate) fn due(&self, needs: Vec<Need>, available: &[Series], now: Time) -> Vec<Need> {
        let due = |need: &Need| {
            let series = &available[need.series];
            let read = self.find(series, &need.statistic, need.period_s);
            plan::due(plan::pace_s(series, need.period_s), read.map(|read| read.at), now)
        };
        needs.into_iter().filter(due).collect()
    }

    /// What was read of it before.
    pub(crate) fn before(&self, need: &Need, available: &[Series]) -> Option<Before> {
        let read = self.find(&available[need.series], &need.statistic, need.period_s)?;
        Some(Before { at: read.at, newest: read.points.view().newest().map(|(at, _)| at) })
    }

    pub(crate) fn take(&mut self, need: &Need, available: &[Series], points: Points, now: Time) {
        let read = Read { statistic: need.statistic.clone(), period_s: need.period_s, at: now, points };
        let of_series = self.read.entry(Id::of(&available[need.series])).or_default();
        if let Some(held) = of_series.iter_mut().find(|held| held.is(&need.statistic, need.period_s)) {
            *held = read;
        } else {
            // Mostly it is the only one, and a vector that grows by itself would make room for four.
            of_series.reserve_exact(1);
            of_series.push(read);
        }
    }

    fn find(&self, series: &Series, statistic: &Statistic, period_s: u32) -> Option<&Read> {
        self.read.get(&Id::of(series))?.iter().find(|read| read.is(statistic, period_s))
    }

    /// What nobody needs any more is let go; if that is not enough, all is: it can be read again.
    pub(crate) fn forget(&mut self, needs: &[Need], available: &[Series], points_max: usize) {
        let mut wanted: HashMap<Id, Vec<&Need>> = HashMap::with_capacity(self.read.len());
        for need in needs {
            wanted.entry(Id::of(&available[need.series])).or_default().push(need);
        }
        self.read.retain(|id, reads| {
            let of_series = wanted.get(id).map_or(&[][..], Vec::as_slice);
            reads.retain(|read| of_series.iter().any(|need| read.is(&need.statistic, need.period_s)));
            !reads.is_empty()
        });
        if self.read.values().flatten().map(|read| read.points.len()).sum::<usize>() > points_max {
            self.read.clear();
        }
    }
}

impl Read {
    fn is(&self, statistic: &Statistic, period_s: u32) -> bool {
        self.period_s == period_s && self.statistic == *statistic
    }
}

/// By what EC2's events and Lightsail's list name an instance: what an agent calls its host is none of theirs.
const INSTANCE_DIMENSIONS: [&str; 2] = ["InstanceId", "InstanceName"];

/// What a round may look at.
#[derive(Debug)]
pub(crate) struct Sight<'a> {
    pub(crate) seen: &'a Seen,
    pub(crate) available: &'a [Series],
    /// Numbers of the series that could not be read just now.
    pub(crate) failed: &'a HashSet<usize>,
    pub(crate) natives: &'a HashMap<String, State>,
    pub(crate) hosts: &'a HashMap<String, Host>,
    /// What other shards said of alarms that these look at.
    pub(crate) elsewhere: &'a [(Key, State)],
}

impl World for Sight<'_> {
    fn points(&self, series: usize, statistic: &Statistic, period_s: u32) -> Option<View<'_>> {
        let series = self.available.get(series)?;
        self.seen.find(series, statistic, period_s).map(|read| read.points.view())
    }

    fn readable(&self, series: usize) -> bool {
        !self.failed.contains(&series)
    }

    fn native(&self, name: &str) -> Option<State> {
        self.natives.get(name).copied()
    }

    fn elsewhere(&self) -> &[(Key, State)] {
        self.elsewhere
    }

    fn host(&self, combination: &Dimensions) -> Host {
        let known = |name: &str| combination.get(name).and_then(|id| self.hosts.get(id));
        INSTANCE_DIMENSIONS.iter().find_map(|name| known(name)).copied().unwrap_or_default()
    }
}

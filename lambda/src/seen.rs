//! The points that were read, kept between invocations for as long as the process lives: what is due every five
//! minutes is not asked for every minute.

use std::collections::{HashMap, HashSet};

use alarm::inputs::Host;
use alarm::points::{Points, Time, View};
use alarm::round::{Need, World};
use alarm::rules::Statistic;
use alarm::series::{Dimensions, Series};
use alarm::verdict::State;

use crate::plan;

/// Points kept in memory: 8 bytes each, so 24 MB of the 40 that this program may take.
const POINTS_MAX: usize = 3_000_000;

#[derive(Clone, Debug, Hash, PartialEq, Eq)]
struct Ask {
    series: Series,
    statistic: Statistic,
    period_s: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Seen {
    read: HashMap<Ask, (Time, Points)>,
}

impl Seen {
    /// Those of `needs` that must be asked for now.
    pub(crate) fn due(&self, needs: Vec<Need>, available: &[Series], now: Time) -> Vec<Need> {
        let due = |need: &Need| {
            let read = self.read.get(&ask(need, available)).map(|(at, _)| *at);
            plan::due(plan::pace_s(&available[need.series], need.period_s), read, now)
        };
        needs.into_iter().filter(due).collect()
    }

    pub(crate) fn take(&mut self, need: &Need, available: &[Series], points: Points, now: Time) {
        self.read.insert(ask(need, available), (now, points));
    }

    /// What nobody needs any more is let go; if that is not enough, all is: it can be read again.
    pub(crate) fn forget(&mut self, needs: &[Need], available: &[Series]) {
        let wanted: HashSet<Ask> = needs.iter().map(|need| ask(need, available)).collect();
        self.read.retain(|ask, _| wanted.contains(ask));
        if self.read.values().map(|(_, points)| points.len()).sum::<usize>() > POINTS_MAX {
            self.read.clear();
        }
    }
}

fn ask(need: &Need, available: &[Series]) -> Ask {
    Ask { series: available[need.series].clone(), statistic: need.statistic.clone(), period_s: need.period_s }
}

/// The dimensions that name a host: EC2's, and Lightsail's.
const HOST_DIMENSIONS: [&str; 2] = ["InstanceId", "InstanceName"];

/// What a round may look at.
#[derive(Debug)]
pub(crate) struct Sight<'a> {
    pub(crate) seen: &'a Seen,
    pub(crate) available: &'a [Series],
    /// Numbers of the series that could not be read just now.
    pub(crate) failed: &'a HashSet<usize>,
    pub(crate) natives: &'a HashMap<String, State>,
    pub(crate) hosts: &'a HashMap<String, Host>,
}

impl World for Sight<'_> {
    fn points(&self, series: usize, statistic: &Statistic, period_s: u32) -> Option<View<'_>> {
        let ask = Ask { series: self.available.get(series)?.clone(), statistic: statistic.clone(), period_s };
        self.seen.read.get(&ask).map(|(_, points)| points.view())
    }

    fn readable(&self, series: usize) -> bool {
        !self.failed.contains(&series)
    }

    fn native(&self, name: &str) -> Option<State> {
        self.natives.get(name).copied()
    }

    fn host(&self, combination: &Dimensions) -> Host {
        let known = |name: &str| combination.get(name).and_then(|id| self.hosts.get(id));
        HOST_DIMENSIONS.iter().find_map(|name| known(name)).copied().unwrap_or_default()
    }
}

//! What would be published now: the host and the sources read once and sent through the very window, budget and batch of
//! the agent.

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::asked;
use crate::batch::{self, Request};
use crate::budget::{Bill, Budget};
use crate::config::Config;
use crate::host::Host;
use crate::metrics::{Metric, own as m};
use crate::reading::{Reading, Readings};
use crate::vitals::{self, Process, Told, Vitals};
use crate::window::{Point, Window};

/// The source's name in shares of the budget.
const HOST: &str = "host";

/// A collector that had nothing to say.
#[derive(Clone, Debug, serde::Serialize)]
pub(super) struct Silent {
    pub(super) collector: &'static str,
    pub(super) says: String,
    pub(super) failed: bool,
}

/// The longest rest of a collector, in ticks of a second, and one.
const TICKS_MAX: usize = 61;

/// What has no reading while nothing happened, and what always stands beside it: it is billed in its hours all the same.
const SOMETIMES: [(&Metric, &Metric); 2] =
    [(&m::DISKIO_AWAIT, &m::DISKIO_USED_PERCENT), (&m::TCP_RETRANSMIT_PERCENT, &m::TCP_RETRANSMITS)];

/// One look at everything.
#[derive(Debug)]
pub(super) struct Sample {
    /// What was read, as it was read.
    pub(super) readings: Vec<Reading>,
    /// What had nothing to say now, and will have: it is counted and not shown.
    quiet: Vec<Reading>,
    /// What the budget admits.
    pub(super) points: Vec<Point>,
    /// What it does not.
    pub(super) refused: Vec<Point>,
    pub(super) silent: Vec<Silent>,
}

impl Sample {
    /// Reads twice, so far apart: most counters of the kernel only grow.
    pub(super) fn take(config: &Config, apart: Duration) -> Self {
        let mut host = Host::new(&config.host);
        let readings = look(&mut host, apart);
        let silent = host.tallies().filter_map(|tally| {
            let says = tally.says.clone()?;
            Some(Silent { collector: tally.name, says, failed: tally.errors > 0 })
        });
        let mut silent: Vec<_> = silent.collect();
        let vitals = Vitals::default();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() as i64;
        let wants = |metric: &Metric| config.host.wanted.wants(metric);
        let own = vitals.readings(&mut Told::default(), Process::read().ok(), now, wants);
        let quiet = quiet(config, &readings.0);
        let asked = asked::ask(config, now);
        silent.extend(asked.silent);
        let mut sources = vec![(HOST, readings), (vitals::SOURCE, own)];
        sources.extend(asked.readings);
        let mut readings: Vec<_> = sources.iter().flat_map(|(_, readings)| readings.0.clone()).collect();
        sources.push((HOST, Readings(quiet.clone())));
        let mut points = fold(config, &sources, &vitals, now);
        readings.sort_by(|a, b| (&a.space, &a.name, &a.dimensions).cmp(&(&b.space, &b.name, &b.dimensions)));
        let all = points.clone();
        Budget::new(config.budget.limits).admit(&mut points, &vitals);
        let refused = all.into_iter().filter(|point| points.iter().all(|kept| kept.series != point.series)).collect();
        Self { readings, quiet, points, refused, silent }
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        let said: Vec<_> = self.points.iter().filter(|point| !self.is_quiet(point)).cloned().collect();
        batch::cut(&said)
    }

    fn is_quiet(&self, point: &Point) -> bool {
        let of = &point.series;
        let within =
            |quiet: &Reading| quiet.dimensions.iter().all(|(name, value)| of.dimensions.get(name) == Some(value));
        self.quiet.iter().any(|quiet| quiet.name == of.name && within(quiet))
    }

    /// Of so many hosts like this one.
    pub(super) fn bill(&self, config: &Config, hosts: u64) -> Bill {
        Bill::of(self.points.len() as u64, config.budget.limits.requests_per_minute, hosts)
    }
}

/// Every reading once. A collector that is dear rests for some ticks, so it is ticked until each had its second turn;
/// of what is read more than once, the first look after the pause counts.
fn look(host: &mut Host, apart: Duration) -> Readings {
    let tick = |host: &mut Host| {
        let mut readings = Readings::default();
        host.tick(&mut readings);
        readings.0
    };
    let before = tick(host);
    thread::sleep(apart);
    let mut all = tick(host);
    for _ in 0..TICKS_MAX {
        if host.tallies().all(|tally| tally.runs >= 2) {
            break;
        }
        add_missing(&mut all, tick(host));
    }
    add_missing(&mut all, before);
    Readings(all)
}

/// Readings for what stood silent beside its like.
fn quiet(config: &Config, readings: &[Reading]) -> Vec<Reading> {
    let read = |metric: &Metric, like: &Reading| {
        readings.iter().any(|held| held.name == metric.name && held.dimensions == like.dimensions)
    };
    let wanted = SOMETIMES.iter().filter(|(metric, _)| config.host.wanted.wants(metric));
    let beside = wanted.flat_map(|(metric, always)| {
        let likes = readings.iter().filter(|reading| reading.name == always.name && !read(metric, reading));
        likes.map(|like| Reading { name: metric.name.into(), unit: metric.unit, value: 0.0, ..like.clone() })
    });
    beside.collect()
}

fn add_missing(all: &mut Vec<Reading>, more: Vec<Reading>) {
    for reading in more {
        if all.iter().all(|held| held.name != reading.name || held.dimensions != reading.dimensions) {
            all.push(reading);
        }
    }
}

/// As the pipeline does: what is wanted at high resolution has a window of its own.
fn fold(config: &Config, sources: &[(&'static str, Readings)], vitals: &Vitals, now: i64) -> Vec<Point> {
    let shape = &config.cloudwatch.shape;
    let mut windows = [Window::new(config.agent.period_s), Window::new(config.cloudwatch.fine_period_s)];
    for window in &mut windows {
        window.turn(now);
    }
    for (source, readings) in sources {
        let is_fine = |reading: &Reading| shape.is_fine(&reading.name, &reading.dimensions);
        let (fine, coarse): (Vec<_>, Vec<_>) = readings.0.iter().cloned().partition(is_fine);
        windows[0].fold(source, coarse, shape, vitals);
        windows[1].fold(source, fine, shape, vitals);
    }
    let mut points: Vec<_> = windows.iter_mut().flat_map(Window::close).collect();
    points.sort_by(|a, b| a.series.cmp(&b.series));
    points
}

//! Looks, remembers, and now and then has something to tell. Time is an argument.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::folders::Walk;
use super::look::Look;
use super::pulse::{Pulse, Wrist};
use super::rank::{self, Process};
use super::{Event, Settings, Why};
use crate::host::{Roots, thread_cpu};

/// How many are named of each kind: who reads a notice wants the likely one, not all.
const NAMED_MAX: usize = 5;
/// An event that is told because of a rise is not told again within this.
pub(super) const QUIET: Duration = Duration::from_mins(1);
/// How often the processes are looked at where nothing rises: a pass over 150 of them costs a millisecond.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// A rise may take so many beats.
const BEATS: usize = 3;

#[derive(Debug)]
pub struct Watch {
    interval: Duration,
    wrist: Wrist,
    look: Look,
    walk: Walk,
    beats: VecDeque<Pulse>,
    /// What rises, until it is told.
    rise: Option<Why>,
    /// The processes at the last look.
    last: Option<(Duration, Vec<Process>)>,
    told: Option<Duration>,
    rise_told: Option<Duration>,
}

impl Watch {
    pub fn new(roots: &Roots, settings: &Settings) -> Self {
        let folders = settings.folders.iter().map(|folder| below(&roots.root, folder)).collect();
        Self {
            interval: settings.interval,
            wrist: Wrist::new(&roots.proc),
            look: Look::new(&roots.proc),
            walk: Walk::new(folders, thread_cpu),
            beats: VecDeque::new(),
            rise: None,
            last: None,
            told: None,
            rise_told: None,
        }
    }

    /// To be called every few seconds, with a monotonic time: three small files. Whether it is time to `look`.
    pub fn feel(&mut self, now: Duration) -> bool {
        let pulse = self.wrist.feel(now);
        let rise = pulse.rise(&self.beats.iter());
        if rise.is_some() && self.rise_told.is_none_or(|told| now.saturating_sub(told) >= QUIET) {
            self.rise = rise;
        }
        if self.beats.len() == BEATS {
            self.beats.pop_front();
        }
        self.beats.push_back(pulse);
        self.rise.is_some() || self.last.as_ref().is_none_or(|(at, _)| now.saturating_sub(*at) >= LOOK_EVERY)
    }

    /// All processes and some folders. It touches disks, which may hang. The event, if any, is the caller's to deliver.
    pub fn look(&mut self, now: Duration) -> Option<Event> {
        self.walk.step(now, self.rise.is_some());
        let seen = self.look.see();
        let Some((at, before)) = self.last.replace((now, seen)) else {
            self.told = Some(now);
            return None;
        };
        let why = self.why(now)?;
        let seen = self.last.as_ref().map_or(&[][..], |(_, seen)| seen);
        let (cpu, memory, io) = rank::rank(&before, seen, now.saturating_sub(at), NAMED_MAX);
        let Pulse { cpu_percent, memory_percent, io_percent } =
            self.beats.back().map_or_else(Pulse::default, Pulse::rounded);
        let folders = self.walk.growing(NAMED_MAX);
        Some(Event { why, cpu_percent, memory_percent, io_percent, cpu, memory, io, folders })
    }

    /// Why something is told now, if it is.
    fn why(&mut self, now: Duration) -> Option<Why> {
        let rise = self.rise.take();
        if rise.is_some() {
            self.rise_told = Some(now);
        }
        let since = self.told.map_or(Duration::MAX, |told| now.saturating_sub(told));
        let why = rise.or((since >= self.interval).then_some(Why::Regular))?;
        self.told = Some(now);
        Some(why)
    }
}

fn below(root: &Path, folder: &Path) -> PathBuf {
    root.join(folder.strip_prefix("/").unwrap_or(folder))
}

//! One worker: a thread with a runtime of its own, that takes every n-th arrival and shares nothing.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::metronome::Metronome;
use super::room::{Clock, Room};
use super::{News, Stop};
use crate::http::Dialer;
use crate::journey::{self, User};
use crate::scenario::{Model, Scenario};
use crate::schedule::Arrivals;
use crate::tally::Failure;

/// How often a worker that has nothing to start looks whether it should stop.
const LOOK: Duration = Duration::from_millis(50);
/// Arrivals in a row that are due already. One who is behind must still let the others work, and asking the kernel after
/// each would make him later still.
const IN_A_ROW: u32 = 256;

/// What a worker needs of the run.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub scenario: Arc<Scenario>,
    pub dialer: Dialer,
    pub clock: Clock,
    pub number: usize,
    pub workers: usize,
    /// A processor is left for others when every worker takes one.
    pub awake: bool,
    pub stop: Stop,
}

/// Runs to the end of the schedule, and of what is under way then.
pub(super) fn work(job: &Job, news: Sender<News>) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let room = Rc::new(Room::new(job.scenario.clone(), job.dialer.clone(), job.clock, news));
    let local = tokio::task::LocalSet::new();
    let ran = local.block_on(&runtime, async {
        let metronome = Metronome::new(job.awake)?;
        let mut walks = JoinSet::new();
        let roller = tokio::task::spawn_local(roll(room.clone()));
        metronome.until(job.clock.begins).await?;
        match &job.scenario.model {
            Model::Open { .. } => open(job, &room, &metronome, &mut walks).await?,
            Model::Closed { users, length_s } => closed(job, &room, *users, *length_s, &mut walks),
        }
        drain(job, &room, &mut walks).await;
        roller.abort();
        Ok(())
    });
    room.close();
    ran
}

/// Stretches end also where nothing happens.
async fn roll(room: Rc<Room>) {
    loop {
        tokio::time::sleep(LOOK).await;
        room.roll();
    }
}

async fn open(job: &Job, room: &Rc<Room>, metronome: &Metronome, walks: &mut JoinSet<()>) -> std::io::Result<()> {
    let Model::Open { profile, spacing } = &job.scenario.model else { return Ok(()) };
    let arrivals = Arrivals::new(profile, *spacing, job.scenario.seed);
    let mine = arrivals.enumerate().skip(job.number).step_by(job.workers);
    let most = (job.scenario.open_max / job.workers).max(1);
    let mut in_a_row = 0;
    for (number, at) in mine {
        let intended = job.clock.begins + at;
        in_a_row += 1;
        if in_a_row >= IN_A_ROW {
            in_a_row = 0;
            tokio::task::yield_now().await;
        }
        while Instant::now() < intended {
            if job.stop.is_set() || room.tally.borrow().ended.is_some() {
                return Ok(());
            }
            metronome.until(intended.min(Instant::now() + LOOK)).await?;
            in_a_row = 0;
        }
        while walks.try_join_next().is_some() {}
        if room.under_way.get() >= most {
            room.tally.borrow_mut().unsent += 1;
            continue;
        }
        room.under_way.set(room.under_way.get() + 1);
        walks.spawn_local(arrive(room.clone(), User { number: number as u64, intended }));
    }
    Ok(())
}

async fn arrive(room: Rc<Room>, user: User) {
    // Here, and not where it was spawned: waiting for the processor is lateness too.
    if room.counts() {
        room.tally.borrow_mut().lag.record(user.intended.elapsed());
    }
    if let Err(table) = journey::walk(&room, user).await {
        room.tally.borrow_mut().ended = Some(table);
    }
    room.under_way.set(room.under_way.get() - 1);
}

/// Each user begins again when the answer is there: whoever waits asks nothing.
fn closed(job: &Job, room: &Rc<Room>, users: usize, length_s: f64, walks: &mut JoinSet<()>) {
    let ends = job.clock.begins + Duration::from_secs_f64(length_s);
    for user in (job.number..users).step_by(job.workers) {
        let (room, stop) = (room.clone(), job.stop.clone());
        walks.spawn_local(async move {
            let mut number = user as u64;
            while Instant::now() < ends && !stop.is_set() {
                room.under_way.set(room.under_way.get() + 1);
                let walked = journey::walk(&room, User { number, intended: Instant::now() }).await;
                room.under_way.set(room.under_way.get() - 1);
                if let Err(table) = walked {
                    room.tally.borrow_mut().ended = Some(table);
                    return;
                }
                number += users as u64;
            }
        });
    }
}

/// Waits for what is under way: no request takes longer than its timeout. Who stops it does not wait that long.
async fn drain(job: &Job, room: &Rc<Room>, walks: &mut JoinSet<()>) {
    const STOPPED: Duration = Duration::from_secs(1);
    let mut stopped = None;
    while !walks.is_empty() {
        let _ = tokio::time::timeout(LOOK, walks.join_next()).await;
        if job.stop.is_set() && stopped.get_or_insert_with(Instant::now).elapsed() > STOPPED {
            break;
        }
    }
    let unfinished = room.under_way.get() as u64;
    if unfinished > 0
        && let Some(step) = room.tally.borrow_mut().steps.first_mut()
    {
        step.requests += unfinished;
        *step.failures.entry(Failure::Unfinished).or_default() += unfinished;
    }
}

impl Stop {
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn of(flag: Arc<AtomicBool>) -> Self {
        Self(flag)
    }
}

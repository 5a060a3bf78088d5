//! Wakes when the next arrival is due, to a fraction of a millisecond.
//!
//! The runtime's own timers tick in whole milliseconds: at 5,000 arrivals a second they would bunch five together
//! and be late by one. The kernel's timer is waited for as a descriptor.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::unix::AsyncFd;

#[derive(Debug)]
pub(super) struct Metronome {
    timer: AsyncFd<OwnedFd>,
}

impl Metronome {
    pub(super) fn new() -> io::Result<Self> {
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        // SAFETY: the descriptor is owned by what is registered, and closed only when that is dropped.
        let timer = unsafe { AsyncFd::register(timer) }?;
        Ok(Self { timer })
    }

    /// Returns at `due`, or at once where that is past.
    pub(super) async fn until(&self, due: Instant) -> io::Result<()> {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        self.set(left)?;
        loop {
            let mut ready = self.timer.readable().await?;
            let mut expirations = [0; 8];
            match ready.try_io(|timer| Ok(rustix::io::read(timer, &mut expirations)?)) {
                Ok(read) => return read.map(drop),
                Err(_would_block) => {}
            }
        }
    }

    fn set(&self, after: Duration) -> io::Result<()> {
        let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
        let value = Timespec { tv_sec: after.as_secs() as i64, tv_nsec: i64::from(after.subsec_nanos()) };
        let once = Itimerspec { it_interval: zero, it_value: value };
        timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once)?;
        Ok(())
    }
}

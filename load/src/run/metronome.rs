//! Wakes when the next arrival is due, to a fraction of a millisecond.
//!
//! The runtime's own timers tick in whole milliseconds: at 5,000 arrivals a second they would bunch five together
//! and be late by one. The kernel's timer is waited for as a descriptor. Where arrivals come closer than a processor
//! wakes up (a virtual one that sleeps is given back to its owner, and often comes back milliseconds late), and there
//! are processors to spare, the wait is awake: answers are looked for meanwhile, and what was only waited is counted.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::unix::AsyncFd;

/// A wait that is shorter is not slept through.
const SHORT: Duration = Duration::from_millis(2);
/// One look whether anything has happened takes less than this where nothing has.
const IDLE_LOOK: Duration = Duration::from_micros(10);

/// Processor time of this process that was only waiting, in nanoseconds: how busy it was is told without.
static WAITED: AtomicU64 = AtomicU64::new(0);

/// How long this process has waited awake since it began.
pub(crate) fn waited() -> Duration {
    Duration::from_nanos(WAITED.load(Ordering::Relaxed))
}

#[derive(Debug)]
pub(super) struct Metronome {
    timer: AsyncFd<OwnedFd>,
    awake: bool,
}

impl Metronome {
    /// `awake`: short waits may take a processor.
    pub(super) fn new(awake: bool) -> io::Result<Self> {
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        // SAFETY: the descriptor is owned by what is registered, and closed only when that is dropped.
        let timer = unsafe { AsyncFd::register(timer) }?;
        Ok(Self { timer, awake })
    }

    /// Returns at `due`, or at once where that is past.
    pub(super) async fn until(&self, due: Instant) -> io::Result<()> {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        if self.awake && left < SHORT {
            wait_awake(due).await;
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

/// Lets the others work, and the kernel tell what has come, until it is due.
async fn wait_awake(due: Instant) {
    let (mut now, mut idle) = (Instant::now(), Duration::ZERO);
    while now < due {
        tokio::task::yield_now().await;
        let before = std::mem::replace(&mut now, Instant::now());
        let look = now - before;
        idle += if look < IDLE_LOOK { look } else { Duration::ZERO };
    }
    WAITED.fetch_add(idle.as_nanos() as u64, Ordering::Relaxed);
}

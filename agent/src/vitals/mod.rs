//! Counts what we did, what we lost and why; is itself published, and written down for `stormglass status`.
//!
//! Invariant: a loss is counted under one reason of the closed list below, with the last name it happened to. There is
//! no global: the counters are made in `run` and handed to whoever loses something.

mod process;
mod status;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use alarm::points::Time;

pub use process::Process;
pub use status::{Backlog, Status, StatusError};

use crate::metrics::{Metric, agent as m};
use crate::reading::{Reading, Readings};

/// The name under which our own readings come.
pub const SOURCE: &str = "vitals";

/// The longest name kept as the example of a loss.
const EXAMPLE_MAX: usize = 200;

/// The reasons, each with the word for it in metrics, `status` and the page.
macro_rules! losses {
    ($($(#[$about:meta])* $reason:ident => $word:literal),* $(,)?) => {
        /// Why something did not arrive.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Lost { $($(#[$about])* $reason),* }

        impl Lost {
            pub const ALL: &[Lost] = &[$(Lost::$reason),*];

            /// The word of the reason.
            pub fn word(self) -> &'static str {
                match self { $(Self::$reason => $word),* }
            }
        }
    };
}

losses! {
    /// A reading that is NaN or infinite.
    NotANumber => "not_a_number",
    /// A reading beyond 2^360.
    OutOfRange => "out_of_range",
    /// A name that `CloudWatch` refuses and that has no obvious mend.
    BadName => "bad_name",
    /// A source has more series than it may hold in memory.
    SeriesBound => "series_bound",
    /// More series, or dearer ones, than the budget allows.
    Budget => "budget",
    /// A source or the disk was faster or slower than the rest for too long.
    QueueFull => "queue_full",
    /// The spool reached its size: the oldest went.
    SpoolFull => "spool_full",
    /// The file of local mode reached its size: its finest points went before their time.
    StoreFull => "store_full",
    /// Text that a source was given and that is not what it reads.
    Unreadable => "unreadable",
    /// A packet, line, page or body beyond its bound.
    TooLarge => "too_large",
    /// Members of a set beyond those that are told apart.
    SetBound => "set_bound",
    /// Datagrams that the kernel dropped before we read them.
    KernelDropped => "kernel_dropped",
    /// Older than `CloudWatch` takes.
    TooOld => "too_old",
    /// The disk was full and the memory kept for that, too.
    DiskFull => "disk_full",
    /// The disk gave back something else than was written.
    Corrupt => "corrupt",
    /// `CloudWatch` refused this very datum.
    Rejected => "rejected",
    /// An event of suspects that could not be sent while it mattered.
    Unsent => "unsent",
    /// The open period of a run that was killed.
    Killed => "killed",
    /// Events of logs beyond the bytes of the day.
    LogBudget => "log_budget",
    /// Events older than CloudWatch Logs takes.
    LogTooOld => "log_too_old",
    /// Events further ahead than it takes.
    LogTooNew => "log_too_new",
    /// Events older than their group keeps any.
    LogExpired => "log_expired",
    /// Events that it refused, each by itself.
    LogRefused => "log_refused",
    /// Bytes that stood unread in a file when it was truncated.
    LogTruncatedBytes => "log_truncated_bytes",
    /// Bytes of files that were rotated away faster than they could be read.
    LogRotatedBytes => "log_rotated_bytes",
    /// Messages to a socket for which there was no room on the disk.
    LogInboxFull => "log_inbox_full",
}

#[derive(Debug, Default)]
struct Loss {
    count: AtomicU64,
    example: Mutex<String>,
}

#[derive(Debug)]
pub struct Vitals {
    collected: AtomicU64,
    spooled: AtomicU64,
    sent: AtomicU64,
    requests: AtomicU64,
    failed_requests: AtomicU64,
    mended: AtomicU64,
    series: AtomicU64,
    refused_series: AtomicU64,
    lost: Box<[Loss]>,
    backlog: Mutex<Backlog>,
    /// What stands in the way now, in words; empty when nothing does.
    trouble: Mutex<String>,
    clock_offset_ms: Mutex<Option<i64>>,
    last_sent: Mutex<Option<Time>>,
}

impl Default for Vitals {
    fn default() -> Self {
        Self {
            collected: AtomicU64::default(),
            spooled: AtomicU64::default(),
            sent: AtomicU64::default(),
            requests: AtomicU64::default(),
            failed_requests: AtomicU64::default(),
            mended: AtomicU64::default(),
            series: AtomicU64::default(),
            refused_series: AtomicU64::default(),
            lost: Lost::ALL.iter().map(|_| Loss::default()).collect(),
            backlog: Mutex::default(),
            trouble: Mutex::default(),
            clock_offset_ms: Mutex::default(),
            last_sent: Mutex::default(),
        }
    }
}

impl Vitals {
    pub fn collected(&self, readings: u64) {
        self.collected.fetch_add(readings, Ordering::Relaxed);
    }

    /// Points given to the spool.
    pub fn spooled(&self, points: u64) {
        self.spooled.fetch_add(points, Ordering::Relaxed);
    }

    /// Points that the service said it has.
    pub fn sent(&self, points: u64, now: Time) {
        self.sent.fetch_add(points, Ordering::Relaxed);
        *held(&self.last_sent) = Some(now);
    }

    pub fn requested(&self, succeeded: bool) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.failed_requests.fetch_add(u64::from(!succeeded), Ordering::Relaxed);
    }

    /// How many were sent so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    pub fn mended(&self, name: impl FnOnce() -> String) {
        if self.mended.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::warn!(series = name(), "a name that CloudWatch would refuse was mended; others are only counted");
        }
    }

    pub fn series(&self, published: u64, refused: u64) {
        self.series.store(published, Ordering::Relaxed);
        self.refused_series.store(refused, Ordering::Relaxed);
    }

    /// Counts a loss and keeps its name as the example of its reason.
    pub fn lost(&self, reason: Lost, count: u64, name: impl FnOnce() -> String) {
        self.lost_again(reason, count);
        let mut name = name();
        name.truncate(name.floor_char_boundary(EXAMPLE_MAX));
        *held(&self.lost[reason as usize].example) = name;
    }

    /// Counts a loss whose name is already kept.
    pub fn lost_again(&self, reason: Lost, count: u64) {
        self.lost[reason as usize].count.fetch_add(count, Ordering::Relaxed);
    }

    pub fn backlog(&self, backlog: Backlog) {
        *held(&self.backlog) = backlog;
    }

    /// Says what stands in the way of publishing; empty when nothing does any more.
    pub fn trouble(&self, says: String) {
        *held(&self.trouble) = says;
    }

    /// Our clock less the service's, as its last answer told.
    pub fn clock_offset_ms(&self, offset: i64) {
        *held(&self.clock_offset_ms) = Some(offset);
    }

    /// How many were lost for a reason, and the last of them.
    pub fn losses(&self, reason: Lost) -> (u64, String) {
        let loss = &self.lost[reason as usize];
        (loss.count.load(Ordering::Relaxed), held(&loss.example).clone())
    }

    pub fn count_collected(&self) -> u64 {
        self.collected.load(Ordering::Relaxed)
    }

    pub fn count_sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Our own readings that are wanted. `told` holds what was published before: counters go out as what they grew by.
    pub fn readings(
        &self,
        told: &mut Told,
        process: Option<Process>,
        now: Time,
        wants: impl Fn(&Metric) -> bool,
    ) -> Readings {
        let mut readings = Readings::default();
        let mut own = |metric: &'static Metric, value: f64| {
            if wants(metric) {
                readings.push(Reading::own(metric.name, metric.unit, value));
            }
        };
        own(&m::HEARTBEAT, 1.0);
        for (at, (metric, counter)) in self.counters().into_iter().enumerate() {
            own(metric, told.grown(at, counter.load(Ordering::Relaxed)) as f64);
        }
        own(&m::AGENT_SERIES, self.series.load(Ordering::Relaxed) as f64);
        own(&m::AGENT_SERIES_REFUSED, self.refused_series.load(Ordering::Relaxed) as f64);
        let backlog = *held(&self.backlog);
        own(&m::AGENT_POINTS_WAITING, backlog.points as f64);
        own(&m::AGENT_SPOOL_BYTES, backlog.bytes as f64);
        own(&m::AGENT_OLDEST_AGE, backlog.oldest.map_or(0, |oldest| (now - oldest).max(0)) as f64);
        if let Some(process) = process {
            own(&m::AGENT_MEMORY, process.resident_bytes as f64);
            own(&m::AGENT_CPU, told.grown(CPU_SLOT, process.cpu_ms) as f64);
        }
        for (at, reason) in Lost::ALL.iter().enumerate() {
            let grown = told.grown(LOST_SLOT + at, self.losses(*reason).0);
            // A reason is a series of its own, and costs as one: it begins when it first happens.
            if wants(&m::AGENT_LOST) && (grown > 0 || told.begun(LOST_SLOT + at)) {
                let reading = Reading::own(m::AGENT_LOST.name, m::AGENT_LOST.unit, grown as f64);
                readings.push(reading.with("reason", reason.word()));
            }
        }
        readings
    }

    fn counters(&self) -> [(&'static Metric, &AtomicU64); 5] {
        [
            (&m::AGENT_READINGS_COLLECTED, &self.collected),
            (&m::AGENT_POINTS_SPOOLED, &self.spooled),
            (&m::AGENT_POINTS_SENT, &self.sent),
            (&m::AGENT_REQUESTS, &self.requests),
            (&m::AGENT_REQUESTS_FAILED, &self.failed_requests),
        ]
    }
}

const CPU_SLOT: usize = 5;
const LOST_SLOT: usize = 6;

/// The counters as they were last published.
#[derive(Debug, Default)]
pub struct Told([u64; LOST_SLOT + Lost::ALL.len()]);

impl Told {
    fn grown(&mut self, slot: usize, now: u64) -> u64 {
        now.saturating_sub(std::mem::replace(&mut self.0[slot], now))
    }

    fn begun(&self, slot: usize) -> bool {
        self.0[slot] > 0
    }
}

/// A poisoned lock holds counters all the same.
fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(readings: &Readings, name: &str) -> Option<f64> {
        readings.0.iter().find(|reading| reading.name == name).map(|reading| reading.value)
    }

    fn all(_: &Metric) -> bool {
        true
    }

    #[test]
    fn the_tier_holds_for_us_too() {
        let basic = |metric: &Metric| metric.tier == crate::metrics::Tier::Basic;
        let readings = Vitals::default().readings(&mut Told::default(), None, 0, basic);
        let names: Vec<_> = readings.0.iter().map(|reading| reading.name.as_ref()).collect();
        assert_eq!(names, ["heartbeat", "agent_oldest_age"]);
    }

    #[test]
    fn counters_go_out_as_what_they_grew_by() {
        let (vitals, mut told) = (Vitals::default(), Told::default());
        vitals.collected(7);
        vitals.sent(5, 100);
        let first = vitals.readings(&mut told, None, 100, all);
        assert_eq!(
            (value(&first, "agent_readings_collected"), value(&first, "agent_points_sent")),
            (Some(7.0), Some(5.0))
        );
        vitals.collected(2);
        let second = vitals.readings(&mut told, None, 110, all);
        assert_eq!(
            (value(&second, "agent_readings_collected"), value(&second, "agent_points_sent")),
            (Some(2.0), Some(0.0))
        );
        assert_eq!(value(&second, m::HEARTBEAT.name), Some(1.0));
    }

    #[test]
    fn a_loss_begins_its_series_when_it_first_happens_and_then_shows_zero() {
        let (vitals, mut told) = (Vitals::default(), Told::default());
        assert_eq!(value(&vitals.readings(&mut told, None, 0, all), "agent_lost"), None);
        vitals.lost(Lost::Rejected, 3, || "CWAgent/cpu{}".into());
        assert_eq!(value(&vitals.readings(&mut told, None, 0, all), "agent_lost"), Some(3.0));
        assert_eq!(value(&vitals.readings(&mut told, None, 0, all), "agent_lost"), Some(0.0));
    }

    #[test]
    fn words_are_distinct_and_examples_are_bounded() {
        let words: std::collections::HashSet<_> = Lost::ALL.iter().map(|reason| reason.word()).collect();
        assert_eq!(words.len(), Lost::ALL.len());
        let vitals = Vitals::default();
        vitals.lost(Lost::BadName, 1, || "디".repeat(1_000));
        assert!(vitals.losses(Lost::BadName).1.len() <= EXAMPLE_MAX);
    }
}

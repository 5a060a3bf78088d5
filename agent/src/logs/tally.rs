//! What the logs' way counts: for our vitals, and the errors by kind for the metrics path.

use std::collections::BTreeMap;

use alarm::series::Unit;

use super::level::Level;
use super::redact::What;
use crate::metrics;
use crate::reading::{Reading, Readings};
use crate::vitals::Lost;

/// Most kinds that have a series of their own in one period; the rest are one series, `other`. A kind is a series, and
/// a series costs money.
pub const KINDS_MAX: usize = 20;

macro_rules! counts {
    ($($(#[$about:meta])* $count:ident => $name:literal),* $(,)?) => {
        /// One thing that is counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Count { $($(#[$about])* $count),* }

        impl Count {
            pub const TABLE: &[(Count, &str)] = &[$((Count::$count, $name)),*];
        }
    };
}

counts! {
    BytesRead => "log_bytes_read",
    Events => "log_events",
    /// Sent and acknowledged.
    Shipped => "log_events_shipped",
    BytesShipped => "log_bytes_shipped",
    /// Not selected: they stay on the host.
    Stayed => "log_events_stayed",
    /// Counted in a line that says how many.
    Folded => "log_events_folded",
    Redacted => "log_redactions",
    /// Longer than may be, cut in pieces; nothing of them is lost.
    Cut => "log_events_cut",
    /// Bytes that were no UTF-8, replaced.
    Invalid => "log_invalid_utf8",
    /// NUL bytes, left out.
    Nul => "log_nul_bytes",
    /// A time far in the future: the time of reading was taken.
    TimeMended => "log_times_mended",
    /// Connections to a socket beyond those that may be open.
    TurnedAway => "log_connections_refused",
    Requests => "log_requests",
    RequestsFailed => "log_requests_failed",
    // From here on: lost, each for its reason.
    LostBudget => "log_lost_budget",
    LostTooOld => "log_lost_too_old",
    LostTooNew => "log_lost_too_new",
    LostExpired => "log_lost_expired",
    LostRefused => "log_lost_refused",
    /// Bytes that were seen to stand unread in a file when it was truncated.
    LostTruncated => "log_lost_truncated_bytes",
    /// Files that were rotated away faster than they could be read.
    LostRotated => "log_lost_rotated_bytes",
    /// Messages to a datagram socket for which there was no room on the disk.
    LostInboxFull => "log_lost_inbox_full",
}

/// The counts that are losses, each with its reason in the vitals: there they are published, shown by `status`, and kept
/// with the last name that they happened to.
const LOSSES: &[(Count, Lost)] = &[
    (Count::LostBudget, Lost::LogBudget),
    (Count::LostTooOld, Lost::LogTooOld),
    (Count::LostTooNew, Lost::LogTooNew),
    (Count::LostExpired, Lost::LogExpired),
    (Count::LostRefused, Lost::LogRefused),
    (Count::LostTruncated, Lost::LogTruncatedBytes),
    (Count::LostRotated, Lost::LogRotatedBytes),
    (Count::LostInboxFull, Lost::LogInboxFull),
];

impl Count {
    /// Published and shown among the vitals' losses, not as a metric of its own.
    pub fn is_loss(self) -> bool {
        LOSSES.iter().any(|(loss, _)| *loss == self)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ErrorKey {
    service: String,
    level: Level,
    kind: u64,
}

#[derive(Debug, Default)]
pub struct Tally {
    counts: [u64; Count::TABLE.len()],
    told: [u64; Count::TABLE.len()],
    errors: BTreeMap<ErrorKey, u64>,
    new_kinds: BTreeMap<String, u64>,
    redacted: BTreeMap<What, u64>,
}

impl Tally {
    pub fn add(&mut self, count: Count, by: u64) {
        self.counts[count as usize] += by;
    }

    pub fn of(&self, count: Count) -> u64 {
        self.counts[count as usize]
    }

    pub fn redacted(&mut self, what: What) {
        self.add(Count::Redacted, 1);
        *self.redacted.entry(what).or_default() += 1;
    }

    /// An error of a kind, at a service.
    pub fn error(&mut self, service: &str, level: Level, kind: u64) {
        let known = self.errors.len() < KINDS_MAX;
        let key = ErrorKey { service: service.to_owned(), level, kind };
        if known || self.errors.contains_key(&key) {
            *self.errors.entry(key).or_default() += 1;
        } else {
            *self.errors.entry(ErrorKey { kind: OTHER, ..key }).or_default() += 1;
        }
    }

    pub fn new_kind(&mut self, service: &str) {
        *self.new_kinds.entry(service.to_owned()).or_default() += 1;
    }

    fn grown(&mut self, count: Count) -> u64 {
        let at = count as usize;
        self.counts[at] - std::mem::replace(&mut self.told[at], self.counts[at])
    }

    /// What was lost since this was last asked, and why.
    pub fn losses(&mut self) -> Vec<(Lost, u64)> {
        let grown = LOSSES.iter().map(|(count, reason)| (*reason, self.grown(*count)));
        grown.filter(|(_, count)| *count > 0).collect()
    }

    /// What was counted since this was last asked, but for the losses.
    pub fn readings(&mut self) -> Readings {
        let mut readings = Readings::default();
        for (count, name) in Count::TABLE {
            if count.is_loss() {
                continue;
            }
            let grown = self.grown(*count);
            let at = *count as usize;
            // A count that never happened is no series; one that did shows its zeros.
            if self.counts[at] > 0 {
                let unit = metrics::find(name).map_or(Unit::Count, |metric| metric.unit);
                readings.push(Reading::own(name, unit, grown as f64));
            }
        }
        for (key, count) in std::mem::take(&mut self.errors) {
            let kind = if key.kind == OTHER { "other".to_owned() } else { format!("{:016x}", key.kind) };
            let reading = Reading::own("errors", Unit::Count, count as f64);
            readings.push(reading.with("kind", kind).with("level", key.level.name()).with("service", key.service));
        }
        for (service, count) in std::mem::take(&mut self.new_kinds) {
            readings.push(Reading::own("new_error_kinds", Unit::Count, count as f64).with("service", service));
        }
        readings
    }
}

/// The kind under which all are counted that are too many to have a series each.
const OTHER: u64 = 0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_by_kind_level_and_service() {
        let mut tally = Tally::default();
        tally.error("shop", Level::Error, 7);
        tally.error("shop", Level::Error, 7);
        tally.error("till", Level::Fatal, 7);
        let readings = tally.readings().0;
        let said: Vec<_> = readings.iter().map(|reading| (reading.dimensions.to_string(), reading.value)).collect();
        assert_eq!(
            said,
            [
                ("kind=0000000000000007,level=error,service=shop".to_owned(), 2.0),
                ("kind=0000000000000007,level=fatal,service=till".to_owned(), 1.0)
            ]
        );
        assert!(tally.readings().0.is_empty());
    }

    #[test]
    fn a_loss_is_told_once_under_its_reason_and_is_no_series_besides() {
        let mut tally = Tally::default();
        tally.add(Count::LostTooOld, 3);
        tally.add(Count::Shipped, 1);
        assert_eq!(tally.losses(), [(Lost::LogTooOld, 3)]);
        assert!(tally.losses().is_empty());
        let names: Vec<_> = tally.readings().0.into_iter().map(|reading| reading.name).collect();
        assert_eq!(names, ["log_events_shipped"]);
        let named = |name: &str| name.starts_with("log_lost_");
        let lost = Count::TABLE.iter().filter(|(_, name)| named(name)).count();
        assert_eq!(lost, LOSSES.len(), "every loss has its reason");
    }

    #[test]
    fn many_kinds_are_one_series_and_none_is_lost() {
        let mut tally = Tally::default();
        (1..=1_000).for_each(|kind| tally.error("shop", Level::Error, kind));
        let readings = tally.readings().0;
        assert_eq!(readings.len(), KINDS_MAX + 1);
        assert_eq!(readings.iter().map(|reading| reading.value).sum::<f64>(), 1_000.0);
    }
}

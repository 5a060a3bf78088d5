//! How true the clock is, as the kernel knows it from its time service (chrony, ntpd, systemd-timesyncd).
//!
//! Asked by `adjtimex`, which changes nothing here and which `sysinfo` does not call. A service with `ProtectClock=yes`
//! may not ask even this: then it is no data, and the publisher's comparison with the service's `Date` is what is left.

use std::io;
use std::time::Duration;

use super::collector::{Collector, Miss, Sink};
use crate::metrics::own as m;

/// What the kernel says of the clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct State {
    /// What is still to correct.
    pub offset_ms: f64,
    pub error_max_ms: f64,
    pub is_synchronized: bool,
}

#[derive(Debug)]
pub struct Clock {
    ask: fn() -> io::Result<State>,
}

impl Clock {
    pub fn new() -> Self {
        Self { ask }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl Collector for Clock {
    fn collect(&mut self, _: Duration, out: &mut Sink<'_>) -> Result<(), Miss> {
        let state = match (self.ask)() {
            Ok(state) => state,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(Miss::NoData("the service may not ask for the state of the clock (adjtimex)"));
            }
            Err(error) => return Err(Miss::failed("adjtimex", error)),
        };
        out.put(&m::CLOCK_SYNCHRONIZED, f64::from(u8::from(state.is_synchronized)));
        out.put(&m::CLOCK_OFFSET, state.offset_ms);
        out.put(&m::CLOCK_ERROR_MAX, state.error_max_ms);
        Ok(())
    }
}

fn ask() -> io::Result<State> {
    // SAFETY: `timex` is plain numbers and padding; all zeroes is a value of it, and means "change nothing".
    let mut says: libc::timex = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a live, writable `timex`, and the kernel writes no more than that.
    let answer = unsafe { libc::adjtimex(&raw mut says) };
    if answer < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(state(&says))
}

fn state(says: &libc::timex) -> State {
    // The offset is in nanoseconds where the kernel says so, else in microseconds; the error always in microseconds.
    let per_ms = if says.status & libc::STA_NANO == 0 { 1e3 } else { 1e6 };
    State {
        offset_ms: says.offset as f64 / per_ms,
        error_max_ms: says.maxerror as f64 / 1e3,
        is_synchronized: says.status & libc::STA_UNSYNC == 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::fixture;

    #[test]
    fn microseconds_and_nanoseconds() {
        // SAFETY: all zeroes is a `timex`, see `ask`.
        let mut says: libc::timex = unsafe { std::mem::zeroed() };
        (says.offset, says.maxerror) = (-2_500, 16_000_000);
        assert_eq!(state(&says), State { offset_ms: -2.5, error_max_ms: 16_000.0, is_synchronized: true });
        says.status = libc::STA_NANO | libc::STA_UNSYNC;
        assert_eq!(state(&says), State { offset_ms: -0.0025, error_max_ms: 16_000.0, is_synchronized: false });
    }

    #[test]
    fn this_host_has_a_clock() {
        let (readings, answer) = fixture::attempt(&mut Clock::new(), 0);
        if let Err(Miss::NoData(why)) = answer {
            // A container may not ask; the collector says so, and that is all that can be seen here.
            assert!(why.contains("adjtimex"), "{why}");
            return;
        }
        let synchronized = fixture::value(&readings, "clock_synchronized", &[]).expect("is there");
        assert!(synchronized == 0.0 || synchronized == 1.0);
        assert!(fixture::value(&readings, "clock_error_max", &[]).is_some_and(|error| error >= 0.0));
    }

    #[test]
    fn a_service_that_may_not_ask() {
        let mut clock = Clock { ask: || Err(io::ErrorKind::PermissionDenied.into()) };
        assert!(matches!(fixture::miss(&mut clock), Miss::NoData(_)));
    }
}

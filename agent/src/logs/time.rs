//! The time that a line says of itself.
//!
//! ISO 8601, log4j, nginx (access and error), Apache, PHP, syslog, seconds and milliseconds of the epoch, and the usual
//! fields of JSON. A time without a zone is in the zone that the configuration names. A line without a time, or with a
//! time that cannot be, has the time at which it was read: said by `None` here.

use jiff::civil;
use jiff::tz::TimeZone;
use memchr::{memchr, memmem};

pub(super) const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// How far into a line its time may stand.
const HEAD: usize = 200;
const JSON_HEAD: usize = 2_048;
const HOUR_S: i64 = 3_600;

/// Reads times of one source. Remembers the offset of the hour last read: a zone is asked once an hour of log.
#[derive(Clone, Debug)]
pub struct Clock {
    zone: TimeZone,
    hour: i64,
    offset_s: i64,
}

/// A moment as written: seconds as if in UTC, milliseconds, and the offset where the line says one.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Written {
    local_s: i64,
    ms: i64,
    offset_s: Option<i64>,
}

impl Clock {
    pub fn new(zone: TimeZone) -> Self {
        Self { zone, hour: i64::MIN, offset_s: 0 }
    }

    pub fn utc() -> Self {
        Self::new(TimeZone::UTC)
    }

    /// Milliseconds since the epoch. `now_ms` gives syslog its year.
    pub fn read(&mut self, line: &[u8], now_ms: i64) -> Option<i64> {
        let written = find(line, now_ms)?;
        let offset_s = match written.offset_s {
            Some(offset) => offset,
            None => self.offset_at(written.local_s),
        };
        Some((written.local_s - offset_s) * 1_000 + written.ms).filter(|ms| *ms >= 0)
    }

    fn offset_at(&mut self, local_s: i64) -> i64 {
        let hour = local_s.div_euclid(HOUR_S);
        if hour != self.hour {
            self.hour = hour;
            self.offset_s = self.ask(local_s).unwrap_or(0);
        }
        self.offset_s
    }

    fn ask(&self, local_s: i64) -> Option<i64> {
        let days = civil::date(1970, 1, 1).to_datetime(civil::Time::midnight());
        let local = days.checked_add(jiff::SignedDuration::from_secs(local_s)).ok()?;
        // Of an hour that comes twice the first is meant, of one that never was the moment after: "compatible".
        let at = self.zone.to_ambiguous_timestamp(local).compatible().ok()?;
        Some(local_s - at.as_second())
    }
}

fn find(line: &[u8], now_ms: i64) -> Option<Written> {
    match line.first()? {
        b'{' => json(&line[..line.len().min(JSON_HEAD)]),
        b'0'..=b'9' => date_time(line).or_else(|| epoch(line)).or_else(|| further_in(line)),
        b'<' => {
            let end = memchr(b'>', &line[..line.len().min(5)])?;
            syslog(&line[end + 1..], now_ms).or_else(|| further_in(line))
        }
        _ => syslog(line, now_ms).or_else(|| further_in(line)),
    }
}

/// The first date and time in the head, where a word or a bracket stands before it.
fn further_in(line: &[u8]) -> Option<Written> {
    let end = memchr(b'\n', &line[..line.len().min(HEAD)]).unwrap_or(line.len().min(HEAD));
    let head = &line[..end];
    let mut tries = 0;
    for at in 1..head.len() {
        let begins = !head[at - 1].is_ascii_alphanumeric() && head[at - 1] != b'.';
        if !begins || !(head[at].is_ascii_digit() || head[at - 1] == b'[') {
            continue;
        }
        tries += 1;
        let rest = &line[at..];
        if let Some(written) = date_time(rest).or_else(|| common(rest)).or_else(|| apache(rest)) {
            return Some(written);
        }
        if tries == 12 {
            return None;
        }
    }
    None
}

/// Reads fields of fixed width, one behind the other.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn number(&mut self, width: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(width)?;
        let mut value = 0_i64;
        for digit in digits {
            if !digit.is_ascii_digit() {
                return None;
            }
            // Twenty digits are no time, and no number of ours either.
            value = value.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
        }
        self.0 = rest;
        Some(value)
    }

    fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        bytes.contains(first).then(|| self.0 = rest)?;
        Some(*first)
    }

    fn month(&mut self) -> Option<i64> {
        let (name, rest) = self.0.split_at_checked(3)?;
        let at = MONTHS.iter().position(|month| month.as_bytes() == name)?;
        self.0 = rest;
        Some(at as i64 + 1)
    }

    /// `13:13:29`, a leap second included.
    fn clock(&mut self) -> Option<i64> {
        let hour = self.number(2)?;
        self.one_of(b":")?;
        let minute = self.number(2)?;
        self.one_of(b":")?;
        let second = self.number(2)?;
        (hour < 24 && minute < 60 && second <= 60).then_some(hour * HOUR_S + minute * 60 + second)
    }

    /// `.123`, `,123`, `.123456`; none is zero.
    fn fraction_ms(&mut self) -> i64 {
        let Some(b'.' | b',') = self.0.first() else { return 0 };
        let digits = self.0[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return 0;
        }
        let padded = self.0[1..=digits].iter().chain(b"00").take(3);
        let ms = padded.fold(0, |ms, digit| ms * 10 + i64::from(digit - b'0'));
        self.0 = &self.0[digits + 1..];
        ms
    }

    /// `Z`, ` UTC`, `+09:00`, ` +0900`, `-03`; none is `None`.
    fn offset_s(&mut self) -> Option<i64> {
        if self.0.starts_with(b"Z") || self.0.starts_with(b" UTC") || self.0.starts_with(b" GMT") {
            return Some(0);
        }
        let spaced = self.0.first() == Some(&b' ');
        let mut rest = Reader(&self.0[usize::from(spaced)..]);
        let sign = if rest.one_of(b"+-")? == b'+' { 1 } else { -1 };
        let hours = rest.number(2)?;
        let colon = rest.one_of(b":").is_some();
        let minutes = match rest.number(2) {
            Some(minutes) => minutes,
            // "2026-01-01 00:00:00 -12 apples" names no zone.
            None if colon || spaced => return None,
            None => 0,
        };
        (hours < 24 && minutes < 60).then_some(sign * (hours * HOUR_S + minutes * 60))
    }
}

/// `2026-11-21T13:13:29.123Z`, `2026-11-21 13:13:29,123`, `2026/11/21 13:13:29`.
fn date_time(text: &[u8]) -> Option<Written> {
    let mut reader = Reader(text);
    let year = reader.number(4)?;
    let dash = reader.one_of(b"-/")?;
    let month = reader.number(2)?;
    reader.one_of(&[dash])?;
    let day = reader.number(2)?;
    reader.one_of(b"T t")?;
    let seconds = reader.clock()?;
    let ms = reader.fraction_ms();
    written(year, month, day, seconds, ms, reader.offset_s())
}

/// `21/Nov/2026:13:13:29 +0000` of nginx and Apache, `21-Nov-2026 13:13:29 UTC` of PHP.
fn common(text: &[u8]) -> Option<Written> {
    let mut reader = Reader(text);
    let day = reader.number(2)?;
    let dash = reader.one_of(b"/-")?;
    let month = reader.month()?;
    reader.one_of(&[dash])?;
    let year = reader.number(4)?;
    reader.one_of(b": ")?;
    let seconds = reader.clock()?;
    let ms = reader.fraction_ms();
    written(year, month, day, seconds, ms, reader.offset_s())
}

/// `Sat Nov 21 13:13:29.123456 2026` of Apache's error log.
fn apache(text: &[u8]) -> Option<Written> {
    let mut reader = Reader(text.get(4..)?);
    let month = reader.month()?;
    reader.one_of(b" ")?;
    let day = reader.number(2)?;
    reader.one_of(b" ")?;
    let seconds = reader.clock()?;
    let ms = reader.fraction_ms();
    reader.one_of(b" ")?;
    let year = reader.number(4)?;
    written(year, month, day, seconds, ms, None)
}

/// `Nov 21 13:13:29`, without a year: the last one in which this was not in the future.
fn syslog(text: &[u8], now_ms: i64) -> Option<Written> {
    let mut reader = Reader(text);
    let month = reader.month()?;
    reader.one_of(b" ")?;
    let day = match reader.one_of(b" ") {
        Some(_) => reader.number(1)?,
        None => reader.number(2)?,
    };
    reader.one_of(b" ")?;
    let seconds = reader.clock()?;
    let ms = reader.fraction_ms();
    let now_s = now_ms.div_euclid(1_000);
    let year = year_of(now_s);
    let this = written(year, month, day, seconds, ms, None)?;
    if this.local_s > now_s + 2 * 86_400 {
        return written(year - 1, month, day, seconds, ms, None);
    }
    Some(this)
}

/// `1763730809`, `1763730809123`, `1763730809.123`.
fn epoch(text: &[u8]) -> Option<Written> {
    let digits = text.iter().take(20).take_while(|byte| byte.is_ascii_digit()).count();
    let mut reader = Reader(text);
    let number = reader.number(digits)?;
    let (local_s, ms) = match digits {
        10 => (number, reader.fraction_ms()),
        13 => (number / 1_000, number % 1_000),
        16 => (number / 1_000_000, number / 1_000 % 1_000),
        19 => (number / 1_000_000_000, number / 1_000_000 % 1_000),
        _ => return None,
    };
    let ends = reader.0.first().is_none_or(|byte| !byte.is_ascii_alphanumeric());
    ends.then_some(Written { local_s, ms, offset_s: Some(0) })
}

fn json(head: &[u8]) -> Option<Written> {
    const KEYS: [&[u8]; 5] = [b"\"timestamp\"", b"\"@timestamp\"", b"\"time\"", b"\"ts\"", b"\"asctime\""];
    let value = KEYS.iter().find_map(|key| {
        let at = memmem::find(head, key)? + key.len();
        head[at..].trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start)
    })?;
    match value.strip_prefix(b"\"") {
        Some(text) => date_time(text).or_else(|| epoch(text)),
        None => epoch(value),
    }
}

fn written(year: i64, month: i64, day: i64, seconds: i64, ms: i64, offset_s: Option<i64>) -> Option<Written> {
    let can_be = (1_970..=2_999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    can_be.then(|| Written { local_s: days(year, month, day) * 86_400 + seconds, ms, offset_s })
}

/// Days since 1970-01-01 of the civil calendar, by the well-known sum over eras of 400 years.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn year_of(seconds: i64) -> i64 {
    // Good to a day at the turn of the year, which is what `syslog` allows for.
    let day = seconds.div_euclid(86_400);
    let guess = 1_970 + day * 400 / 146_097;
    if days(guess + 1, 1, 1) <= day {
        guess + 1
    } else if days(guess, 1, 1) > day {
        guess - 1
    } else {
        guess
    }
}

/// For the fuzzer: no line makes it panic, and what it reads is a time.
pub fn fuzz_time(data: &[u8]) {
    for now_ms in [0, 1_700_000_000_000, i64::from(u32::MAX) * 1_000] {
        assert!(Clock::utc().read(data, now_ms).is_none_or(|ms| ms >= 0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21T13:13:29Z
    const T: i64 = 1_795_266_809_000;

    #[track_caller]
    fn check(line: &str, expect: Option<i64>) {
        assert_eq!(Clock::utc().read(line.as_bytes(), T + 1_000), expect, "{line}");
    }

    #[test]
    fn times_as_they_are_written() {
        check("2026-11-21T13:13:29.123Z no", Some(T + 123));
        check("2026-11-21 13:13:29,123 ERROR", Some(T + 123));
        check("2026-11-21T22:13:29.5+09:00 x", Some(T + 500));
        check("2026-11-21 13:13:29.123456 +0000 x", Some(T + 123));
        check("2026-11-21 13:13:29 -12 apples", Some(T));
        check("2026/11/21 13:13:29 [error] 7#7", Some(T));
        check("10.0.0.1 - - [21/Nov/2026:13:13:29 +0000] \"GET / HTTP/1.1\" 200 1", Some(T));
        check("2001:db8::1 - - [21/Nov/2026:22:13:29 +0900] \"GET /\"", Some(T));
        check("[21-Nov-2026 13:13:29 UTC] PHP Fatal error", Some(T));
        check("[Sat Nov 21 13:13:29.123456 2026] [core:error] x", Some(T + 123));
        check("F, [2026-11-21T13:13:29.123 #1] FATAL", Some(T + 123));
        check("ERROR 2026-11-21 13:13:29 x", Some(T));
        check("Nov 21 13:13:29 host app[1]: x", Some(T));
        check("<11>Nov 21 13:13:29 host x", Some(T));
        check("Dec 31 23:59:59 host x", Some(1_767_225_599_000));
        check("1795266809 x", Some(T));
        check("1795266809123 x", Some(T + 123));
        check("{\"level\":\"error\",\"time\":1795266809123}", Some(T + 123));
        check("{\"ts\": 1795266809.5}", Some(T + 500));
        check("{\"@timestamp\":\"2026-11-21T13:13:29Z\"}", Some(T));
    }

    #[test]
    fn what_is_no_time() {
        for line in
            ["", "no time here", "12345 apples", "2026-13-41 00:00:00", "{\"a\":1}", "99:99:99", "{", "1795266809123x"]
        {
            check(line, None);
        }
    }

    #[test]
    fn a_time_without_a_zone_is_in_the_named_zone() {
        let mut seoul = Clock::new(TimeZone::get("Asia/Seoul").expect("the host has tzdata"));
        assert_eq!(seoul.read(b"2026-11-21 22:13:29 x", T), Some(T));
        // A named offset in the line wins.
        assert_eq!(seoul.read(b"2026-11-21T13:13:29Z x", T), Some(T));
        // Summer and winter, across the change.
        let mut york = Clock::new(TimeZone::get("America/New_York").expect("the host has tzdata"));
        assert_eq!(york.read(b"2026-11-01 00:30:00 x", T), Some(1_793_507_400_000));
        assert_eq!(york.read(b"2026-11-01 03:30:00 x", T), Some(1_793_521_800_000));
    }

    #[test]
    fn days_agree_with_the_calendar() {
        for (date, expect) in
            [((1970, 1, 1), 0), ((2000, 2, 29), 11_016), ((2026, 11, 21), 20_778), ((2100, 3, 1), 47_541)]
        {
            assert_eq!(days(date.0, date.1, date.2), expect, "{date:?}");
        }
        for year in [1970, 1999, 2000, 2024, 2026, 2099] {
            assert_eq!(year_of(days(year, 1, 1) * 86_400), year);
            assert_eq!(year_of(days(year, 12, 31) * 86_400 + 86_399), year);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes(data in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..100)) {
            fuzz_time(&data);
        }
    }
}

//! A time zone by its IANA name, and the wall clock in it.
//!
//! The tables of the zones are inside the program (some 200 KB): a host without tzdata, and the Lambda, count daylight
//! saving as a laptop does. Nothing here knows what time it is now; `jiff` is built without its clock.

use jiff::civil::DateTime;
use jiff::tz::{Disambiguation, TimeZone};
use jiff::{Timestamp, Zoned};

use crate::points::Time;
use crate::sheet::did_you_mean;

/// A zone that exists.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone(TimeZone);

/// Which of two moments is meant when the clocks go back and a wall time happens twice. A time that is skipped, as
/// the clocks go forward, moves on by what was skipped in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twice {
    First,
    Last,
}

impl Zone {
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// `Asia/Seoul`, in any case of letters. Abbreviations (`KST`, `CST`) mean several zones and are none of them.
    pub fn parse(name: &str) -> Result<Self, String> {
        if let Ok(zone) = TimeZone::get(name) {
            return Ok(Self(zone));
        }
        let known: Vec<_> = jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect();
        let hint = did_you_mean(name, known.iter().map(String::as_str));
        let hint = hint.map(|best| format!("; did you mean `{best}`?")).unwrap_or_default();
        Err(format!("\"{name}\" is no time zone; write its IANA name, like \"Asia/Seoul\" or \"Europe/Berlin\"{hint}"))
    }

    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// What clock and calendar on the wall say.
    pub fn wall(&self, time: Time) -> DateTime {
        self.0.to_datetime(stamp(time))
    }

    /// The moment at which the wall says `wall`.
    pub fn moment(&self, wall: DateTime, twice: Twice) -> Time {
        let disambiguation = match twice {
            Twice::First => Disambiguation::Compatible,
            // `Later` of a skipped time is the same moment as `Compatible`.
            Twice::Last => Disambiguation::Later,
        };
        let moment = self.0.to_ambiguous_timestamp(wall).disambiguate(disambiguation);
        moment.map_or(Time::MAX, Timestamp::as_second)
    }

    /// The moment with its zone: what times are written from.
    pub fn zoned(&self, time: Time) -> Zoned {
        stamp(time).to_zoned(self.0.clone())
    }
}

/// Times outside the years -9999 to 9999 are brought to the nearest of them.
fn stamp(time: Time) -> Timestamp {
    let held = time.clamp(Timestamp::MIN.as_second() + 1, Timestamp::MAX.as_second() - 1);
    Timestamp::from_second(held).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A moment as a person writes it: `2026-11-21T18:00:00+09:00`, `2026-11-21T09:00Z`, or without an offset the wall
/// time in `zone`: `2026-11-21 18:00`.
pub fn parse_moment(text: &str, zone: &Zone) -> Result<Time, String> {
    if let Ok(stamp) = text.parse::<Timestamp>() {
        return Ok(stamp.as_second());
    }
    let wall = text.parse::<DateTime>().map_err(|_| {
        format!("\"{text}\" is no date with a time; write \"2026-11-21 18:00\" or \"2026-11-21T18:00:00+09:00\"")
    })?;
    Ok(zone.moment(wall, Twice::First))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_by_name_with_a_hint() {
        assert_eq!(Zone::parse("asia/seoul").map(|zone| zone.name().to_owned()), Ok("Asia/Seoul".to_owned()));
        let said = Zone::parse("Asia/Soul").expect_err("is none");
        assert!(said.ends_with("did you mean `Asia/Seoul`?"), "{said}");
        assert!(Zone::parse("").is_err());
    }

    #[test]
    fn moments_in_both_forms() {
        let seoul = Zone::parse("Asia/Seoul").unwrap();
        let expect = 1_795_251_600; // 2026-11-21 18:00 in Seoul is 09:00 UTC
        for text in ["2026-11-21 18:00", "2026-11-21T18:00:00", "2026-11-21T18:00:00+09:00", "2026-11-21T09:00Z"] {
            assert_eq!(parse_moment(text, &seoul), Ok(expect), "{text}");
        }
        for text in ["", "18:00", "tomorrow", "2026-13-01 00:00"] {
            assert!(parse_moment(text, &seoul).is_err(), "{text}");
        }
    }

    #[test]
    fn the_ends_of_time_are_held() {
        let zone = Zone::parse("America/New_York").unwrap();
        for time in [Time::MIN, Time::MAX] {
            let wall = zone.wall(time);
            let _ = zone.moment(wall, Twice::Last);
        }
    }
}

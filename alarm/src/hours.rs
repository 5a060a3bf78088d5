//! Hours of the week on somebody's wall clock: working hours, a maintenance window that recurs.
//!
//! Daylight saving is that of the zone: 02:00 to 04:00 in New York is one hour long on the night when the clocks go
//! forward and three when they go back (if it spans the change), because that is what the wall says.

use jiff::civil::{self, Date, Weekday};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::points::Time;
use crate::sheet::{At, Faults};
use crate::zone::{Twice, Zone};

/// As written: `{ days = ["mon", "tue"], from = "09:00", to = "18:00", zone = "Asia/Seoul" }`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawHours {
    /// The days on which it begins; every day where none is named.
    #[serde(default)]
    pub days: Vec<Day>,
    /// Which of those days in the month: 1 is the first such weekday, 5 the fifth, -1 the last. All where none is.
    #[serde(default)]
    pub nth: Vec<At<i8>>,
    /// The time of day at which it begins, "HH:MM".
    pub from: At<String>,
    /// The time of day at which it ends, "HH:MM" or "24:00"; at or before `from` it is on the next day.
    pub to: At<String>,
    /// IANA name; the team's zone where none is given.
    #[serde(default)]
    pub zone: Option<At<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    fn weekday(self) -> Weekday {
        match self {
            Self::Mon => Weekday::Monday,
            Self::Tue => Weekday::Tuesday,
            Self::Wed => Weekday::Wednesday,
            Self::Thu => Weekday::Thursday,
            Self::Fri => Weekday::Friday,
            Self::Sat => Weekday::Saturday,
            Self::Sun => Weekday::Sunday,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Hours {
    days: Vec<Weekday>,
    nth: Vec<i8>,
    from: civil::Time,
    to: civil::Time,
    zone: Zone,
}

impl Hours {
    /// A time of day that cannot be read leaves `None`, with its fault.
    pub fn check(raw: &RawHours, team: &Zone, faults: &mut Faults) -> Option<Self> {
        let zone = check_zone(raw.zone.as_ref(), team, faults);
        for wrong in raw.nth.iter().filter(|nth| !matches!(nth.value, 1..=5 | -1)) {
            let says = format!("`nth` counts weekdays of a month: 1 to 5, or -1 for the last, not {}", wrong.value);
            faults.add(wrong.span.clone(), "SG-TEL-003", says);
        }
        let (from, to) = (time_of_day(&raw.from, faults), time_of_day(&raw.to, faults));
        let days = raw.days.iter().map(|day| day.weekday()).collect();
        let nth = raw.nth.iter().map(|nth| nth.value).collect();
        Some(Self { days, nth, from: from?, to: to?, zone })
    }

    /// Where `now` lies within: when that began and when it ends.
    pub fn covering(&self, now: Time) -> Option<(Time, Time)> {
        let today = self.zone.wall(now).date();
        let begins = [today.yesterday().ok(), Some(today)].into_iter().flatten();
        begins.filter(|date| self.on(*date)).map(|date| self.span(date)).find(|(from, to)| (*from..*to).contains(&now))
    }

    fn on(&self, date: Date) -> bool {
        let right_day = self.days.is_empty() || self.days.contains(&date.weekday());
        let nth = (date.day() - 1) / 7 + 1;
        let last = date.day() + 7 > date.days_in_month();
        right_day && (self.nth.is_empty() || self.nth.contains(&nth) || (last && self.nth.contains(&-1)))
    }

    fn span(&self, begins: Date) -> (Time, Time) {
        let ends = if self.to <= self.from { begins.tomorrow().unwrap_or(begins) } else { begins };
        let from = self.zone.moment(begins.to_datetime(self.from), Twice::First);
        // Of an end that happens twice the later: the wall has shown a time inside until then.
        (from, self.zone.moment(ends.to_datetime(self.to), Twice::Last))
    }
}

/// The zone that is named, or the team's.
pub(crate) fn check_zone(raw: Option<&At<String>>, team: &Zone, faults: &mut Faults) -> Zone {
    let Some(name) = raw else { return team.clone() };
    Zone::parse(name).unwrap_or_else(|says| {
        faults.add(name.span.clone(), "SG-TEL-001", says);
        team.clone()
    })
}

fn time_of_day(raw: &At<String>, faults: &mut Faults) -> Option<civil::Time> {
    let parsed = raw.split_once(':').filter(|(hour, minute)| hour.len() == 2 && minute.len() == 2);
    let parsed = parsed.and_then(|(hour, minute)| Some((hour.parse::<i8>().ok()?, minute.parse::<i8>().ok()?)));
    let time = match parsed {
        Some((24, 0)) => Some(civil::Time::midnight()),
        Some((hour, minute)) => civil::Time::new(hour, minute, 0, 0).ok(),
        None => None,
    };
    if time.is_none() {
        let says = format!("\"{}\" is no time of day; write it like \"09:00\" or \"22:30\"", raw.value);
        faults.add(raw.span.clone(), "SG-TEL-003", says);
    }
    time
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::parse_moment;

    fn hours(zone: &str, days: &[Day], nth: &[i8], from: &str, to: &str) -> Hours {
        let raw = RawHours {
            days: days.to_vec(),
            nth: nth.iter().map(|nth| At::from(*nth)).collect(),
            from: At::from(from.to_owned()),
            to: At::from(to.to_owned()),
            zone: Some(At::from(zone.to_owned())),
        };
        let mut faults = Faults::new("x", "");
        let hours = Hours::check(&raw, &Zone::utc(), &mut faults).unwrap();
        assert!(faults.is_empty(), "{faults}");
        hours
    }

    /// Inside at `first` and a second before `end`, outside before and from `end` on; all in UTC.
    fn check(hours: &Hours, first: &str, end: &str) {
        let time = |text: &str| parse_moment(text, &Zone::utc()).unwrap();
        let (from, to) = (time(first), time(end));
        assert_eq!(hours.covering(from), Some((from, to)));
        assert_eq!(hours.covering(to - 1), Some((from, to)));
        assert_eq!(hours.covering(from - 1), None);
        assert_eq!(hours.covering(to), None);
    }

    #[test]
    fn seoul_has_no_daylight_saving() {
        let nights = hours("Asia/Seoul", &[Day::Sun], &[], "02:00", "04:00");
        check(&nights, "2026-03-07T17:00Z", "2026-03-07T19:00Z");
        check(&nights, "2026-10-31T17:00Z", "2026-10-31T19:00Z");
    }

    #[test]
    fn new_york_springs_and_falls() {
        let nights = hours("America/New_York", &[Day::Sun], &[], "02:00", "04:00");
        check(&nights, "2026-03-01T07:00Z", "2026-03-01T09:00Z"); // winter: two hours
        check(&nights, "2026-03-08T07:00Z", "2026-03-08T08:00Z"); // 02:00 is skipped: one hour
        check(&nights, "2026-03-15T06:00Z", "2026-03-15T08:00Z"); // summer
        let over = hours("America/New_York", &[Day::Sun], &[], "01:30", "02:30");
        check(&over, "2026-11-01T05:30Z", "2026-11-01T07:30Z"); // 01:30 twice: two hours
    }

    #[test]
    fn berlin_within_the_hour_that_is_skipped_or_doubled() {
        let short = hours("Europe/Berlin", &[], &[], "02:10", "02:40");
        check(&short, "2026-03-29T01:10Z", "2026-03-29T01:40Z"); // moved on to 03:10
        check(&short, "2026-10-25T00:10Z", "2026-10-25T01:40Z"); // from the first 02:10 to the second 02:40
    }

    #[test]
    fn over_midnight_and_whole_days() {
        let night = hours("Asia/Seoul", &[Day::Fri], &[], "22:00", "06:00");
        check(&night, "2026-11-20T13:00Z", "2026-11-20T21:00Z");
        let day = hours("UTC", &[Day::Sat], &[], "00:00", "24:00");
        check(&day, "2026-11-21T00:00Z", "2026-11-22T00:00Z");
    }

    #[test]
    fn the_second_tuesday_and_the_last_friday() {
        let patching = hours("UTC", &[Day::Tue], &[2], "03:00", "04:00");
        check(&patching, "2026-11-10T03:00Z", "2026-11-10T04:00Z");
        assert_eq!(patching.covering(parse_moment("2026-11-17T03:30Z", &Zone::utc()).unwrap()), None);
        let last = hours("UTC", &[Day::Fri], &[-1], "03:00", "04:00");
        check(&last, "2026-11-27T03:00Z", "2026-11-27T04:00Z");
        assert_eq!(last.covering(parse_moment("2026-11-20T03:30Z", &Zone::utc()).unwrap()), None);
    }
}

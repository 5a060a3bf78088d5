//! Silences with an end, and maintenance windows that recur.
//!
//! A silence keeps people from being told; it never stops the judging. No silence is without an end, and none without
//! saying what it silences: those that are forgotten are the ones that hurt.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::hours::{Hours, RawHours, check_zone};
use crate::matcher::{self, Labels, Matcher};
use crate::points::Time;
use crate::sheet::{At, Faults};
use crate::zone::{Zone, parse_moment};

/// `[[silence]]` as written.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSilence {
    /// `label = value` or `label != value`, with * and ?; all must hold.
    pub labels: At<Vec<At<String>>>,
    /// "2026-11-21 18:00" in `zone`, or with an offset. From the beginning of time where not said.
    #[serde(default)]
    pub from: Option<At<String>>,
    /// As `from`. It ends by itself.
    pub until: At<String>,
    /// IANA name; the team's zone where none is given.
    #[serde(default)]
    pub zone: Option<At<String>>,
    /// Said wherever it is shown.
    #[serde(default)]
    pub why: String,
}

/// `[[maintenance]]` as written.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawMaintenance {
    /// Said to those who ask why nobody was told.
    pub name: String,
    /// `label = value` or `label != value`, with * and ?; all must hold.
    pub labels: At<Vec<At<String>>>,
    /// When it is.
    pub every: RawHours,
}

/// Written in the rules, or made by a person in the middle of the night; kept as JSON in the second case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    pub id: String,
    pub labels: Vec<Matcher>,
    pub from: Time,
    pub until: Time,
    pub by: String,
    pub why: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Maintenance {
    pub name: String,
    labels: Vec<Matcher>,
    every: Hours,
}

/// Most silences or windows of a file.
pub const SILENCES_MAX: usize = 1_000;

impl Silence {
    pub fn check(raw: &RawSilence, number: usize, team: &Zone, faults: &mut Faults) -> Option<Self> {
        let zone = check_zone(raw.zone.as_ref(), team, faults);
        let mut moment = |text: &At<String>| {
            let parsed = parse_moment(text, &zone);
            parsed.map_err(|says| faults.add(text.span.clone(), "SG-TEL-004", says)).ok()
        };
        let until = moment(&raw.until);
        let from = raw.from.as_ref().map_or(Some(Time::MIN), &mut moment);
        if let (Some(from), Some(until)) = (from, until)
            && until <= from
        {
            faults.add(raw.until.span.clone(), "SG-TEL-005", "this silence ends before it begins");
        }
        let labels = check_labels(&raw.labels, faults);
        let id = format!("file-{}", number + 1);
        Some(Self { id, labels, from: from?, until: until?, by: "alarms.toml".to_owned(), why: raw.why.clone() })
    }

    pub fn covers(&self, labels: &Labels, now: Time) -> bool {
        (self.from..self.until).contains(&now) && !self.labels.is_empty() && matcher::all(&self.labels, labels)
    }
}

impl Maintenance {
    pub fn check(raw: &RawMaintenance, team: &Zone, faults: &mut Faults) -> Option<Self> {
        let labels = check_labels(&raw.labels, faults);
        let every = Hours::check(&raw.every, team, faults)?;
        Some(Self { name: raw.name.clone(), labels, every })
    }

    /// When the window around `now` ends, for an alarm that it covers.
    pub fn covers(&self, labels: &Labels, now: Time) -> Option<Time> {
        let held = !self.labels.is_empty() && matcher::all(&self.labels, labels);
        held.then(|| self.every.covering(now)).flatten().map(|(_, until)| until)
    }
}

fn check_labels(raw: &At<Vec<At<String>>>, faults: &mut Faults) -> Vec<Matcher> {
    if raw.is_empty() {
        let says = "without a label this would silence everything; if that is meant, write [\"rule = *\"]";
        faults.add(raw.span.clone(), "SG-TEL-011", says);
    }
    matcher::check_list(raw, faults)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(default)]
        silence: Vec<RawSilence>,
        #[serde(default)]
        maintenance: Vec<RawMaintenance>,
    }

    fn read(text: &str) -> (Vec<Silence>, Vec<Maintenance>, Vec<String>) {
        let raw = sheet::read::<File>("x", text).unwrap();
        let mut faults = Faults::new("x", text);
        let seoul = Zone::parse("Asia/Seoul").unwrap();
        let silences = raw
            .silence
            .iter()
            .enumerate()
            .filter_map(|(at, raw)| Silence::check(raw, at, &seoul, &mut faults))
            .collect();
        let windows = raw.maintenance.iter().filter_map(|raw| Maintenance::check(raw, &seoul, &mut faults)).collect();
        let said = faults.iter().map(|fault| format!("{}:{}", fault.place.line, fault.code)).collect();
        (silences, windows, said)
    }

    #[test]
    fn a_silence_ends() {
        let (silences, _, faults) = read(
            "[[silence]]\nlabels = ['host = web-*', 'rule != disk*']\nfrom = '2026-11-21 18:00'\nuntil = '2026-11-21 20:00'\n",
        );
        assert_eq!(faults, [""; 0]);
        let covers = |host: &str, rule: &str, at: &str| {
            let labels = Labels::from_iter([("host", host), ("rule", rule)]);
            silences[0].covers(&labels, parse_moment(at, &Zone::utc()).unwrap())
        };
        assert!(covers("web-1", "cpu", "2026-11-21T09:00Z"));
        assert!(!covers("web-1", "cpu", "2026-11-21T11:00Z"));
        assert!(!covers("web-1", "disk-later", "2026-11-21T09:00Z"));
        assert!(!covers("db-1", "cpu", "2026-11-21T09:00Z"));
    }

    #[test]
    fn a_kept_silence_comes_back_as_it_was() {
        let (silences, _, _) = read("[[silence]]\nlabels = ['host != \"a b*\"']\nuntil = '2026-11-21T20:00Z'\n");
        let text = serde_json::to_string(&silences).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Silence>>(&text).unwrap(), silences);
    }

    #[test]
    fn a_window_covers_what_it_names() {
        let (_, windows, faults) = read(
            "[[maintenance]]\nname = 'patching'\nlabels = ['host = db-*']\nevery = { days = ['sun'], from = '02:00', to = '04:00' }\n",
        );
        assert_eq!(faults, [""; 0]);
        let now = parse_moment("2026-11-22 03:00", &Zone::parse("Asia/Seoul").unwrap()).unwrap();
        assert_eq!(windows[0].covers(&Labels::from_iter([("host", "db-1")]), now), Some(now + 3_600));
        assert_eq!(windows[0].covers(&Labels::from_iter([("host", "web-1")]), now), None);
    }

    #[test]
    fn what_would_silence_all_or_nothing_is_refused() {
        let (.., faults) = read(
            "[[silence]]\nlabels = []\nfrom = '2026-11-21 18:00'\nuntil = '2026-11-21 17:00'\n\
             [[silence]]\nlabels = ['x = y']\nuntil = 'friday'\nzone = 'Asia/Soul'\n\
             [[maintenance]]\nname = 'a'\nlabels = []\nevery = { from = '2', to = '04:00' }\n",
        );
        assert_eq!(
            faults,
            ["2:SG-TEL-011", "4:SG-TEL-005", "7:SG-TEL-004", "8:SG-TEL-001", "11:SG-TEL-011", "12:SG-TEL-003"]
        );
    }
}

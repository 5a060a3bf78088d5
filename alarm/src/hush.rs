//! Why an alarm that fires is not told: silenced, in a maintenance window, or hidden by another.
//!
//! Judging goes on underneath. When the reason ends and the trouble persists, `notify` tells people.

use serde::{Deserialize, Serialize};

use crate::grade::Grade;
use crate::inhibit::{self, Firing, Inhibit, RawInhibit};
use crate::matcher::Labels;
use crate::points::Time;
use crate::sheet::Faults;
use crate::silence::{Maintenance, RawMaintenance, RawSilence, SILENCES_MAX, Silence};
use crate::zone::Zone;

/// What keeps one alarm from being told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hush {
    Silenced {
        id: String,
        until: Time,
    },
    Maintenance {
        name: String,
        until: Time,
    },
    /// By an alarm of these labels, for as long as that one fires.
    Hidden {
        by: String,
    },
}

impl Hush {
    pub fn until(&self) -> Option<Time> {
        match self {
            Self::Silenced { until, .. } | Self::Maintenance { until, .. } => Some(*until),
            Self::Hidden { .. } => None,
        }
    }
}

/// All that keeps alarms from being told: from the file, and the silences that people made since.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hushes {
    pub silences: Vec<Silence>,
    pub windows: Vec<Maintenance>,
    pub inhibits: Vec<Inhibit>,
    /// What fires and is judged elsewhere: it hides what it would hide here.
    pub elsewhere: Vec<(Labels, Grade)>,
}

impl Hushes {
    pub fn check(
        silences: &[RawSilence],
        windows: &[RawMaintenance],
        inhibits: &[RawInhibit],
        team: &Zone,
        faults: &mut Faults,
    ) -> Self {
        for (count, most, what) in [
            (silences.len(), SILENCES_MAX, "[[silence]]"),
            (windows.len(), SILENCES_MAX, "[[maintenance]]"),
            (inhibits.len(), inhibit::INHIBITS_MAX, "[[inhibit]]"),
        ] {
            if count > most {
                faults.add(0..0, "SG-TEL-010", format!("{count} of {what}; at most {most} are taken"));
            }
        }
        let silences = silences.iter().take(SILENCES_MAX).enumerate();
        Self {
            silences: silences.filter_map(|(at, raw)| Silence::check(raw, at, team, faults)).collect(),
            windows: windows
                .iter()
                .take(SILENCES_MAX)
                .filter_map(|raw| Maintenance::check(raw, team, faults))
                .collect(),
            inhibits: inhibits.iter().take(inhibit::INHIBITS_MAX).map(|raw| Inhibit::check(raw, faults)).collect(),
            elsewhere: Vec::new(),
        }
    }

    /// By silence or window alone; of several the one that ends last, since only then someone is told.
    pub fn quiet(&self, labels: &Labels, now: Time) -> Option<Hush> {
        let silences = self.silences.iter().filter(|silence| silence.covers(labels, now));
        let silences = silences.map(|held| Hush::Silenced { id: held.id.clone(), until: held.until });
        let windows = self.windows.iter().filter_map(|window| {
            let until = window.covers(labels, now)?;
            Some(Hush::Maintenance { name: window.name.clone(), until })
        });
        silences.chain(windows).max_by_key(Hush::until)
    }

    /// It hides others while it fires, so that those who judge elsewhere must know of it.
    pub fn may_hide(&self, labels: &Labels) -> bool {
        self.inhibits.iter().any(|inhibit| inhibit.is_source(labels))
    }

    /// For each alarm that fires: what keeps it from being told, if anything. All that fires must be given together,
    /// since one hides another across groups.
    pub fn of(&self, firing: &[Firing<'_>], now: Time) -> Vec<Option<Hush>> {
        let elsewhere = self.elsewhere.iter().map(|(labels, grade)| Firing { labels, grade: *grade });
        let all: Vec<Firing<'_>> = firing.iter().copied().chain(elsewhere).collect();
        let hidden = inhibit::hidden(&self.inhibits, &all);
        let hush = |(it, by): (&Firing<'_>, Option<usize>)| {
            let by = by.map(|by| Hush::Hidden { by: all[by].labels.to_string() });
            self.quiet(it.labels, now).or(by)
        };
        firing.iter().zip(hidden).map(hush).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::Matcher;

    fn silence(id: &str, label: &str, until: Time) -> Silence {
        let labels = vec![Matcher::parse(label).unwrap()];
        Silence { id: id.to_owned(), labels, from: 0, until, by: "kim".to_owned(), why: String::new() }
    }

    #[test]
    fn of_two_silences_the_one_that_ends_last() {
        let hushes = Hushes {
            silences: vec![
                silence("a", "host = web-*", 100),
                silence("b", "host = *", 200),
                silence("c", "x = y", 900),
            ],
            ..Hushes::default()
        };
        let labels = Labels::from_iter([("host", "web-1")]);
        assert_eq!(hushes.quiet(&labels, 50), Some(Hush::Silenced { id: "b".to_owned(), until: 200 }));
        assert_eq!(hushes.quiet(&labels, 200), None);
    }

    #[test]
    fn a_silenced_host_still_hides_its_children() {
        let mut faults = Faults::new("x", "");
        let inhibit = RawInhibit {
            when: vec!["rule = host-silent".to_owned().into()].into(),
            hides: vec!["rule = *".to_owned().into()].into(),
            same: vec!["host".to_owned()],
        };
        let mut hushes = Hushes::check(&[], &[], &[inhibit], &Zone::utc(), &mut faults);
        hushes.silences.push(silence("a", "rule = host-silent", 100));
        let labels =
            [("rule", "host-silent"), ("rule", "cpu")].map(|rule| Labels::from_iter([rule, ("host", "web-1")]));
        let firing = labels.each_ref().map(|labels| Firing { labels, grade: Grade::Page });
        let by = "host=web-1,rule=host-silent".to_owned();
        let expect = [Some(Hush::Silenced { id: "a".to_owned(), until: 100 }), Some(Hush::Hidden { by })];
        assert_eq!(hushes.of(&firing, 50), expect);

        // Judged elsewhere it hides the same, and is no answer of ours.
        hushes.elsewhere = vec![(labels[0].clone(), Grade::Page)];
        assert_eq!(hushes.of(&firing[1..], 50), expect[1..]);
        assert_eq!(labels.each_ref().map(|labels| hushes.may_hide(labels)), [true, false]);
    }
}

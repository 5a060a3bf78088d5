//! The table of grades and what overrides it: `[grades]` of the rules.
//!
//! Of what applies, the first wins: the rule's own `grade`, the first `[[grades.when]]` that holds, the table. The
//! answer carries which it was, so that `explain` can say it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Grade, Immediacy, Impact};
use crate::hours::{Hours, RawHours};
use crate::matcher::{self, Labels, Matcher};
use crate::points::Time;
use crate::sheet::{At, Faults, Seconds};
use crate::verdict::TimeLeft;
use crate::zone::Zone;

/// `[grades]` as written.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawGrades {
    /// With no more than this left until the limit, someone must act now. "2h" where not said.
    pub now_within: Option<At<Seconds>>,
    /// With no more than this left, soon. "24h" where not said.
    pub soon_within: Option<At<Seconds>>,
    /// Cells that differ from the table that is built in.
    pub table: RawTable,
    /// Circumstances under which an alarm grades otherwise; the first that holds wins.
    pub when: Vec<RawWhen>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawTable {
    /// What users do not notice. note, note, ticket where not said.
    pub none: RawRow,
    /// What users notice. ticket, ticket, page where not said.
    pub degraded: RawRow,
    /// What stops users. ticket, page, page where not said.
    pub outage: RawRow,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawRow {
    /// Where there are days to act.
    pub later: Option<Grade>,
    /// Where there are hours.
    pub soon: Option<Grade>,
    /// Where there are minutes.
    pub now: Option<Grade>,
}

/// One circumstance: all that is said must hold.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWhen {
    /// `label = value` or `label != value`, with * and ?.
    #[serde(default)]
    pub labels: Vec<At<String>>,
    /// Holds during these hours.
    #[serde(default)]
    pub during: Option<RawHours>,
    /// Holds outside these hours.
    #[serde(default)]
    pub outside: Option<RawHours>,
    /// What it does to users.
    #[serde(default)]
    pub impact: Option<Impact>,
    /// How soon someone must act.
    #[serde(default)]
    pub immediacy: Option<Immediacy>,
    /// Holds with less than this left; never where no time is known.
    #[serde(default)]
    pub time_left_under: Option<At<Seconds>>,
    /// Holds with at least this left.
    #[serde(default)]
    pub time_left_over: Option<At<Seconds>>,
    /// What it grades then.
    pub grade: Grade,
}

/// More circumstances than this are a second set of rules.
pub const WHEN_MAX: usize = 200;

#[derive(Clone, Debug, PartialEq)]
pub struct Grades {
    now_within_s: u64,
    soon_within_s: u64,
    /// By impact, then by immediacy, both in their order.
    table: [[Grade; 3]; 3],
    when: Vec<When>,
}

#[derive(Clone, Debug, PartialEq)]
struct When {
    labels: Vec<Matcher>,
    during: Option<Hours>,
    outside: Option<Hours>,
    impact: Option<Impact>,
    immediacy: Option<Immediacy>,
    under_s: Option<u64>,
    over_s: Option<u64>,
    grade: Grade,
}

/// What a grade is made from.
#[derive(Clone, Copy, Debug)]
pub struct Circumstance<'a> {
    pub labels: &'a Labels,
    pub impact: Impact,
    /// As the judge says it; from the time left where it does not.
    pub immediacy: Option<Immediacy>,
    pub time_left: Option<TimeLeft>,
    /// The rule's own `grade`.
    pub fixed: Option<Grade>,
    pub now: Time,
}

/// A grade with what made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Graded {
    pub grade: Grade,
    pub impact: Impact,
    pub immediacy: Immediacy,
    pub because: Because,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// The rule says its grade.
    Rule,
    /// The circumstance of this number in the file, from 0.
    When(usize),
    Table,
}

impl Default for Grades {
    fn default() -> Self {
        use Grade::{Note, Page, Ticket};
        Self {
            now_within_s: 2 * 3_600,
            soon_within_s: 24 * 3_600,
            // later, soon, now
            table: [
                [Note, Note, Ticket],   // none: users notice nothing
                [Ticket, Ticket, Page], // degraded
                [Ticket, Page, Page],   // outage
            ],
            when: Vec::new(),
        }
    }
}

impl Grades {
    pub fn check(raw: &RawGrades, team: &Zone, faults: &mut Faults) -> Self {
        let mut grades = Self::default();
        grades.now_within_s = raw.now_within.as_ref().map_or(grades.now_within_s, |within| within.value.0);
        grades.soon_within_s =
            raw.soon_within.as_ref().map_or(grades.soon_within_s.max(grades.now_within_s), |within| within.value.0);
        if let Some(soon) = raw.soon_within.as_ref().filter(|_| grades.soon_within_s < grades.now_within_s) {
            faults.add(soon.span.clone(), "SG-TEL-012", "`soon_within` is shorter than `now_within`");
        }
        for (row, said) in grades.table.iter_mut().zip([&raw.table.none, &raw.table.degraded, &raw.table.outage]) {
            for (cell, said) in row.iter_mut().zip([said.later, said.soon, said.now]) {
                *cell = said.unwrap_or(*cell);
            }
        }
        if raw.when.len() > WHEN_MAX {
            faults.add(0..0, "SG-TEL-010", format!("more than {WHEN_MAX} of [[grades.when]]"));
        }
        grades.when = raw.when.iter().take(WHEN_MAX).map(|when| When::check(when, team, faults)).collect();
        grades
    }

    pub fn grade(&self, it: &Circumstance<'_>) -> Graded {
        let immediacy = it.immediacy.unwrap_or_else(|| self.immediacy(it.time_left));
        let graded = |grade, because| Graded { grade, impact: it.impact, immediacy, because };
        if let Some(fixed) = it.fixed {
            return graded(fixed, Because::Rule);
        }
        if let Some(at) = self.when.iter().position(|when| when.holds(it, immediacy)) {
            return graded(self.when[at].grade, Because::When(at));
        }
        graded(self.table[it.impact as usize][immediacy as usize], Because::Table)
    }

    /// By the likely time left. Without one it is now: what already breaches leaves no time.
    fn immediacy(&self, left: Option<TimeLeft>) -> Immediacy {
        match left.map(|left| left.likely_s) {
            Some(left) if left > self.soon_within_s as f64 => Immediacy::Later,
            Some(left) if left > self.now_within_s as f64 => Immediacy::Soon,
            _ => Immediacy::Now,
        }
    }
}

impl When {
    fn check(raw: &RawWhen, team: &Zone, faults: &mut Faults) -> Self {
        let seconds = |at: &Option<At<Seconds>>| at.as_ref().map(|at| at.value.0);
        if let (Some(under), Some(over)) = (&raw.time_left_under, &raw.time_left_over)
            && under.value.0 <= over.value.0
        {
            let says = "no time left is under `time_left_under` and over `time_left_over` at once";
            faults.add(over.span.clone(), "SG-TEL-012", says);
        }
        let mut hours = |raw: &Option<RawHours>| raw.as_ref().and_then(|raw| Hours::check(raw, team, faults));
        let (during, outside) = (hours(&raw.during), hours(&raw.outside));
        Self {
            labels: matcher::check_list(&raw.labels, faults),
            during,
            outside,
            impact: raw.impact,
            immediacy: raw.immediacy,
            under_s: seconds(&raw.time_left_under),
            over_s: seconds(&raw.time_left_over),
            grade: raw.grade,
        }
    }

    fn holds(&self, it: &Circumstance<'_>, immediacy: Immediacy) -> bool {
        let left = it.time_left.map(|left| left.likely_s);
        self.impact.is_none_or(|impact| impact == it.impact)
            && self.immediacy.is_none_or(|said| said == immediacy)
            && self.under_s.is_none_or(|under| left.is_some_and(|left| left < under as f64))
            && self.over_s.is_none_or(|over| left.is_some_and(|left| left >= over as f64))
            && self.during.as_ref().is_none_or(|hours| hours.covering(it.now).is_some())
            && self.outside.as_ref().is_none_or(|hours| hours.covering(it.now).is_none())
            && matcher::all(&self.labels, it.labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet;
    use crate::zone::parse_moment;

    fn read(text: &str) -> Grades {
        let raw = sheet::read::<RawGrades>("x", text).unwrap();
        let mut faults = Faults::new("x", text);
        let grades = Grades::check(&raw, &Zone::parse("Asia/Seoul").unwrap(), &mut faults);
        assert!(faults.is_empty(), "{faults}");
        grades
    }

    struct Case<'a> {
        labels: &'a [(&'a str, &'a str)],
        impact: Impact,
        left_h: Option<f64>,
        at: &'a str,
    }

    fn graded(grades: &Grades, case: &Case<'_>) -> Graded {
        let hours = case.left_h.map(|hours| hours * 3_600.0);
        grades.grade(&Circumstance {
            labels: &case.labels.iter().copied().collect(),
            impact: case.impact,
            immediacy: None,
            time_left: hours.map(|s| TimeLeft { low_s: s / 2.0, likely_s: s, high_s: s * 2.0 }),
            fixed: None,
            now: parse_moment(case.at, &Zone::utc()).unwrap(),
        })
    }

    #[test]
    fn the_table_that_is_built_in() {
        let expect = [
            (Impact::None, [Grade::Note, Grade::Note, Grade::Ticket]),
            (Impact::Degraded, [Grade::Ticket, Grade::Ticket, Grade::Page]),
            (Impact::Outage, [Grade::Ticket, Grade::Page, Grade::Page]),
        ];
        for (impact, row) in expect {
            for (left_h, grade) in [Some(100.0), Some(10.0), Some(1.0)].into_iter().zip(row) {
                let case = Case { labels: &[], impact, left_h, at: "2026-11-21T00:00Z" };
                assert_eq!(graded(&Grades::default(), &case).grade, grade, "{impact:?} {left_h:?}");
            }
        }
    }

    #[test]
    fn what_breaches_already_leaves_no_time() {
        let case = Case { labels: &[], impact: Impact::Degraded, left_h: None, at: "2026-11-21T00:00Z" };
        assert_eq!(graded(&Grades::default(), &case).immediacy, Immediacy::Now);
    }

    #[test]
    fn the_same_symptom_grades_by_circumstance() {
        let grades = read(
            "now_within = '6h'\n\
             table.degraded.now = 'ticket'\n\
             [[when]]\nlabels = ['env = dev*']\ngrade = 'note'\n\
             [[when]]\noutside = { days = ['mon', 'tue', 'wed', 'thu', 'fri'], from = '09:00', to = '18:00' }\n\
             impact = 'degraded'\ntime_left_under = '12h'\ntime_left_over = '6h'\ngrade = 'page'\n",
        );
        let (working, night) = ("2026-11-20T01:00Z", "2026-11-20T14:00Z"); // 10:00 and 23:00 in Seoul, a Friday
        for (labels, left_h, at, grade, because) in [
            (&[("env", "dev-1")][..], Some(1.0), working, Grade::Note, Because::When(0)),
            (&[("env", "prod")], Some(1.0), working, Grade::Ticket, Because::Table),
            (&[], Some(8.0), working, Grade::Ticket, Because::Table),
            (&[], Some(8.0), night, Grade::Page, Because::When(1)),
            (&[], Some(5.0), night, Grade::Ticket, Because::Table),
            (&[], None, night, Grade::Ticket, Because::Table),
        ] {
            let got = graded(&grades, &Case { labels, impact: Impact::Degraded, left_h, at });
            assert_eq!((got.grade, got.because), (grade, because), "{labels:?} {left_h:?} {at}");
        }
    }

    #[test]
    fn contradictions_are_faults_all_at_once() {
        let text = "now_within = '6h'\nsoon_within = '1h'\n[[when]]\ntime_left_under = '1h'\ntime_left_over = '2h'\n\
                    labels = ['=']\nduring = { from = '9', to = '25:00', zone = 'KST' }\ngrade = 'page'\n";
        let raw = sheet::read::<RawGrades>("x", text).unwrap();
        let mut faults = Faults::new("x", text);
        Grades::check(&raw, &Zone::utc(), &mut faults);
        let codes: Vec<_> = faults.iter().map(|fault| (fault.place.line, fault.code)).collect();
        assert_eq!(
            codes,
            [
                (2, "SG-TEL-012"),
                (5, "SG-TEL-012"),
                (6, "SG-TEL-002"),
                (7, "SG-TEL-003"),
                (7, "SG-TEL-003"),
                (7, "SG-TEL-001")
            ]
        );
    }
}

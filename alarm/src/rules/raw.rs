//! `alarms.toml` as written. What is meant is `Rules`; the JSON Schema for editors is made of these types.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::grade::{Grade, Immediacy, Impact, RawGrades};
use crate::inhibit::RawInhibit;
use crate::judge::Kind;
use crate::ladder::RawLadder;
use crate::sheet::{At, Seconds};
use crate::silence::{RawMaintenance, RawSilence};
use crate::team::{RawAudience, RawTeam};
use crate::threshold::Missing;
use crate::{budget, burst, disk, log, silent, unusual};

/// The rules of an account: what fires, how bad that is, and who is told.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawRules {
    /// The language and the zone of everybody who is told.
    pub team: RawTeam,
    /// Who can be told, each with a language and a zone of its own. Where none is written, any name is taken.
    pub audience: Vec<RawAudience>,
    /// What holds for every alarm that does not say otherwise.
    pub defaults: RawDefaults,
    /// From impact and immediacy to page, ticket or note.
    pub grades: RawGrades,
    /// Who is told, and after how long; one called "default" is there where none is written.
    pub ladder: Vec<RawLadder>,
    /// What nobody is told of until a moment.
    pub silence: Vec<RawSilence>,
    /// What nobody is told of at certain hours, again and again.
    pub maintenance: Vec<RawMaintenance>,
    /// What nobody is told of while something larger fires.
    pub inhibit: Vec<RawInhibit>,
    pub alarm: Vec<RawAlarm>,
}

/// What holds for every alarm that does not say otherwise.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawDefaults {
    /// Any namespace where none is said.
    pub namespace: Option<String>,
    /// "1m" where not said.
    pub period: Option<At<Seconds>>,
    /// How late points may come. "2m" where not said, as CloudWatch needs.
    pub late: Option<At<Seconds>>,
    /// Who is told. "default" where not said.
    pub ladder: Option<At<String>>,
    /// How long an alarm must be fine before its episode is over. At once where not said.
    pub hold: Option<At<Seconds>>,
}

/// One series, or all that agree.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSeries {
    /// The rule's own where not said.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Its name, as it is published.
    pub metric: At<String>,
    /// What the dimensions must be; `*` stands for any characters.
    #[serde(default)]
    pub dimensions: BTreeMap<String, At<String>>,
    /// Only series that have these dimensions and no others.
    #[serde(default)]
    pub exact: bool,
    /// The judge's usual one where not said.
    #[serde(default)]
    pub statistic: Option<At<String>>,
}

/// One rule.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAlarm {
    /// Unique, 1 to 255 characters.
    pub name: At<String>,
    /// "threshold" where not said; "math" with an `expression`, "composite" with a `when`.
    #[serde(default)]
    pub judge: Option<Kind>,

    /// The series: any namespace where none is said.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Its name, as it is published.
    #[serde(default)]
    pub metric: Option<At<String>>,
    /// What the dimensions must be; `*` stands for any characters.
    #[serde(default)]
    pub dimensions: BTreeMap<String, At<String>>,
    /// Only series that have these dimensions and no others, as in CloudWatch.
    #[serde(default)]
    pub exact: bool,
    /// Average, Sum, Minimum, Maximum, `SampleCount`, p99, tm95 ...
    #[serde(default)]
    pub statistic: Option<At<String>>,
    /// How long a point is: 1s, 5s, 10s, 20s, 30s, or whole minutes. "1m" where not said, "5m" for a burst.
    #[serde(default)]
    pub period: Option<At<Seconds>>,
    /// One verdict for each combination of these dimensions that exists. Where not said: one for each series.
    #[serde(default)]
    pub each: Option<Vec<At<String>>>,
    /// The series of an expression, or of a judge that reads several, by their names.
    #[serde(default)]
    pub series: BTreeMap<String, RawSeries>,

    /// It breaches above this.
    #[serde(default)]
    pub above: Option<At<f64>>,
    /// It breaches from this value on.
    #[serde(default)]
    pub at_least: Option<At<f64>>,
    /// It breaches below this.
    #[serde(default)]
    pub below: Option<At<f64>>,
    /// It breaches from this value down.
    #[serde(default)]
    pub at_most: Option<At<f64>>,
    /// While firing, a value must come back to here: 80 up, 75 down.
    #[serde(default)]
    pub clear: Option<At<f64>>,
    /// "3 of 5": three of the newest five points breach.
    #[serde(default)]
    pub points: Option<At<String>>,
    /// Every point of this long breaches; for other judges: they say firing for so long.
    #[serde(default, rename = "for")]
    pub lasting: Option<At<Seconds>>,
    /// It must be fine for so long before the episode is over.
    #[serde(default)]
    pub hold: Option<At<Seconds>>,
    /// What a missing point counts as; as in CloudWatch.
    #[serde(default)]
    pub missing: Option<Missing>,
    /// How late points may come.
    #[serde(default)]
    pub late: Option<At<Seconds>>,

    /// A formula over `series`: `100 * failed / calls`.
    #[serde(default)]
    pub expression: Option<At<String>>,
    /// A period counts only with so many events in it; `events` names the series that counts them.
    #[serde(default)]
    pub min_events: Option<At<f64>>,
    /// Which series `min_events` counts: the last of the expression where not said.
    #[serde(default)]
    pub events: Option<At<String>>,

    /// The rule of a composite: `ALARM("a") AND NOT OK("b")`.
    #[serde(default)]
    pub when: Option<At<String>>,
    /// Native CloudWatch alarms that `when` names.
    #[serde(default)]
    pub native: Vec<String>,
    #[serde(default)]
    pub suppressed_by: Option<RawSuppressor>,

    #[serde(default)]
    pub burst: Option<burst::Raw>,
    #[serde(default)]
    pub disk: Option<disk::Raw>,
    #[serde(default)]
    pub unusual: Option<unusual::Raw>,
    #[serde(default)]
    pub budget: Option<budget::Raw>,
    #[serde(default)]
    pub silent: Option<silent::Raw>,
    #[serde(default)]
    pub log: Option<log::Raw>,

    /// What it does to users: none, degraded (where not said), outage.
    #[serde(default)]
    pub impact: Option<Impact>,
    /// How soon someone must act, where the judge cannot tell. "now" where not said.
    #[serde(default)]
    pub immediacy: Option<Immediacy>,
    /// The grade, whatever the table says.
    #[serde(default)]
    pub grade: Option<Grade>,
    /// Its verdicts become metrics of CloudWatch, by which native alarms and Auto Scaling go (docs/lambda.md).
    #[serde(default)]
    pub publish: bool,
    /// The service that it belongs to: groups, silences and notices know it by this.
    #[serde(default)]
    pub service: Option<At<String>>,
    /// More names by which silences, groups and inhibitions know it.
    #[serde(default)]
    pub labels: BTreeMap<String, At<String>>,
    /// Who is told, by the name of a ladder. That of `defaults` where not said.
    #[serde(default)]
    pub ladder: Option<At<String>>,
    /// What to do: a link, or a sentence.
    #[serde(default)]
    pub runbook: Option<At<String>>,
    /// What it means for users, in one sentence.
    #[serde(default)]
    pub summary: Option<At<String>>,
    /// What it says of itself to those who read Korean; what is not said there is said as above.
    #[serde(default)]
    pub ko: RawWords,
}

/// What a rule says of itself in another language.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawWords {
    /// What stands for the rule's name in notices.
    pub title: Option<At<String>>,
    /// What it means for users, in one sentence.
    pub summary: Option<At<String>>,
    /// What to do, one step a line.
    pub runbook: Option<At<String>>,
}

/// An alarm that, while it fires, keeps this one from telling people.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSuppressor {
    /// Its name; of this file, or native.
    pub alarm: At<String>,
    /// After each change of this alarm, how long to wait for the suppressor. "2m" where not said.
    #[serde(default)]
    pub wait: Option<Seconds>,
    /// How long it suppresses after it cleared. "2m" where not said.
    #[serde(default)]
    pub extension: Option<Seconds>,
}

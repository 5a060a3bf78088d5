//! What a scenario says, as it is written. What is meant by it is made in `check`.

use std::collections::BTreeMap;

use alarm::sheet::{At, Seconds};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    /// Where: `http://host:port` or `https://host`, and a path that all requests begin with.
    pub target: At<String>,
    /// 1 (HTTP/1.1, unless told) or 2 (by ALPN over TLS, by prior knowledge without). The other is never tried.
    pub http: Option<At<u8>>,
    /// After this a request has failed. 10 s unless told.
    pub timeout: Option<At<Seconds>>,
    /// Redirects that are followed, on the target's own host. None unless told.
    #[schemars(range(max = 20))]
    pub redirects: Option<u8>,
    /// A file of PEM certificates that are trusted besides those of the host.
    pub authorities: Option<String>,
    /// What makes every run of the scenario throw the same dice.
    #[serde(default)]
    pub seed: u64,
    /// Whether journeys share kept-alive connections, or each opens its own as a new user does.
    #[serde(default)]
    pub connections: Connections,
    /// Journeys under way at once, at most: what comes beyond is counted as not sent.
    #[schemars(range(min = 1, max = 60_000))]
    pub open_max: Option<usize>,
    #[serde(default)]
    pub objective: Objective,
    /// Open: arrivals at a rate, whatever the answers take.
    #[serde(default)]
    pub arrivals: Spacing,
    #[serde(default)]
    pub profile: Vec<At<Stage>>,
    /// Closed: so many users, each of whom waits for the answer.
    pub users: Option<At<Users>>,
    /// Tables of values, by name; `{{name.column}}` in a text is one of them.
    #[serde(default)]
    pub data: BTreeMap<String, At<Data>>,
    #[serde(default)]
    pub journey: Vec<At<Journey>>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Connections {
    #[default]
    Shared,
    Fresh,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Spacing {
    #[default]
    Even,
    Poisson,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Objective {
    /// Milliseconds from the intended start to the last byte.
    pub p50_ms: Option<At<f64>>,
    pub p95_ms: Option<At<f64>>,
    pub p99_ms: Option<At<f64>>,
    /// Requests that may fail, in percent. 1 unless told.
    pub failures_percent: Option<At<f64>>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Stage {
    Constant { rate: f64, r#for: Seconds },
    Ramp { from: f64, to: f64, r#for: Seconds },
    Steps { from: f64, to: f64, by: f64, each: Seconds },
    Spike { base: f64, peak: f64, before: Seconds, r#for: Seconds, after: Seconds },
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Users {
    #[schemars(range(min = 1, max = 60_000))]
    pub count: usize,
    pub r#for: Seconds,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Data {
    /// A CSV file with a head, beside the scenario.
    pub file: String,
    /// After the last row: the first again, or the run ends.
    #[serde(default)]
    pub at_end: AtEnd,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum AtEnd {
    #[default]
    Again,
    Stop,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Journey {
    pub name: At<String>,
    /// How often it is taken, beside the other journeys. 1 unless told.
    pub weight: Option<At<f64>>,
    #[serde(default)]
    pub step: Vec<At<Step>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    /// Its name in the report; the request unless told.
    pub name: Option<At<String>>,
    /// `GET /path`; `{{...}}` in the path is written as a URL wants it.
    pub request: At<String>,
    #[serde(default)]
    pub headers: BTreeMap<String, At<String>>,
    pub body: Option<At<String>>,
    /// What the answer must be.
    #[serde(default)]
    pub expect: Expect,
    /// Values taken from the answer, by name.
    #[serde(default)]
    pub take: BTreeMap<String, At<Take>>,
    /// How long the user thinks after it, in milliseconds: at least, at most.
    pub think_ms: Option<At<[u64; 2]>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    /// Any of these; 200 to 399 unless told.
    pub status: Option<Vec<u16>>,
    pub contains: Option<String>,
    pub matches: Option<At<String>>,
}

/// One of the three.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Take {
    /// A JSON pointer, such as `/cart/id`.
    pub json: Option<String>,
    pub header: Option<String>,
    /// The first group, or the whole match.
    pub regex: Option<String>,
}

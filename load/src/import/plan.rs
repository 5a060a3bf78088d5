//! What was found in a plan, before it is said as a scenario. Texts still hold JMeter's `${places}`.

use std::collections::BTreeMap;

/// Nobody reads more.
const REMARKS_MAX: usize = 200;

#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// Scheme, host and port of the first request that names them.
    pub target: Option<String>,
    pub redirects: bool,
    pub keeps_cookies: bool,
    /// User-defined variables: written into the text where they are used.
    pub constants: BTreeMap<String, String>,
    pub tables: Vec<Table>,
    pub walks: Vec<Walk>,
    pub remarks: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub file: String,
    pub columns: Vec<String>,
    pub stops: bool,
}

/// A thread group.
#[derive(Clone, Debug, Default)]
pub(super) struct Walk {
    pub name: String,
    pub threads: u64,
    pub lasting_s: Option<u64>,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Step {
    pub name: String,
    pub method: String,
    /// Path and query.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
    pub status: Vec<u16>,
    pub contains: Option<String>,
    pub matches: Option<String>,
    pub takes: Vec<(String, Take)>,
    /// JMeter waits before a request.
    pub waits_ms: (u64, u64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Take {
    Json(String),
    Regex(String),
}

impl Plan {
    /// Each remark once, however often its reason comes.
    pub(super) fn remark(&mut self, says: String) {
        if self.remarks.len() < REMARKS_MAX && !self.remarks.contains(&says) {
            self.remarks.push(says);
        }
    }
}

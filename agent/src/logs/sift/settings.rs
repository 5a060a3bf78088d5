//! What a source's owner decided.

use super::Format;
use crate::logs::fingerprint::Own;
use crate::logs::group::Rule;
use crate::logs::redact::Redact;
use crate::logs::select::Select;

/// All of it, with what is meant where nothing was said.
#[derive(Clone, Debug)]
pub struct Settings {
    pub service: String,
    pub rule: Rule,
    pub event_max: usize,
    pub select: Select,
    pub redact: Redact,
    pub own: Own,
    pub fold: bool,
    pub format: Format,
    pub zone: jiff::tz::TimeZone,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            service: "default".to_owned(),
            rule: Rule::BuiltIn,
            event_max: EVENT_MAX,
            select: Select::default(),
            redact: Redact::default(),
            own: Own::default(),
            fold: true,
            format: Format::default(),
            zone: jiff::tz::TimeZone::UTC,
        }
    }
}

/// Longest event unless said otherwise: a trace of some thousand frames.
pub const EVENT_MAX: usize = 256 << 10;

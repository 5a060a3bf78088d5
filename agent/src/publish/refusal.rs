//! Why a request did not arrive: what `aws` says, in the words by which `publish` decides.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The way is blocked or the service is ill: time-outs, connections, 5xx.
    Unreachable,
    /// Too fast for the service.
    Throttled,
    /// Someone must mend a policy, a key, a clock or a Region: the data waits.
    Denied,
    /// Something in the request is not acceptable, and never will be.
    Invalid,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Throttled => "throttled",
            Self::Denied => "denied",
            Self::Invalid => "invalid",
        }
    }

    /// What becomes of the points, for whoever reads the log.
    pub fn fate(self) -> &'static str {
        match self {
            Self::Unreachable | Self::Throttled => "the points wait and are sent again",
            Self::Denied => "the points wait until this is mended, and are tried every few minutes",
            Self::Invalid => "the batch is halved until the guilty datum stands alone",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub kind: Kind,
    /// As the service names it; empty when it never answered.
    pub code: String,
    pub says: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.code.is_empty() { write!(out, "{}", self.says) } else { write!(out, "{}: {}", self.code, self.says) }
    }
}

impl std::error::Error for Refusal {}

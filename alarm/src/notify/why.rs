//! The reasons to tell people, and the reasons not to.

use serde::{Deserialize, Serialize};

use crate::grade::Grade;
use crate::hush::Hush;
use crate::points::Time;

/// Why a notice is sent. Alertmanager's five, and what a ladder, acknowledgements and silences add to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Why {
    /// The first firing of a group.
    First { jumped: bool },
    /// It has lasted, or got so bad, that further people are told.
    Escalated { jumped: bool },
    /// Nobody keeps it quiet any longer, and it persists.
    Persists { ended: Ended },
    /// It graded lower when people were told.
    Graver { from: Grade },
    /// A further member fires.
    Joined,
    /// Some members are fine again.
    SomeOver,
    /// Somebody has taken it.
    Acknowledged { by: String, until: Time },
    /// It goes on, and nobody was told for as long as the ladder says.
    Repeat,
    /// All are fine again.
    Over,
}

/// What kept people from being told, until it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    Acknowledgement,
    Silence,
    Maintenance,
    Hiding,
}

impl Ended {
    pub(super) fn of(hush: &Hush) -> Self {
        match hush {
            Hush::Silenced { .. } => Self::Silence,
            Hush::Maintenance { .. } => Self::Maintenance,
            Hush::Hidden { .. } => Self::Hiding,
        }
    }
}

/// Why no notice is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "quiet")]
pub enum Quiet {
    /// Nothing fires, and nothing did.
    NothingFires,
    /// Nothing is known to fire; some members cannot be seen. What is new and cannot be seen is told to nobody.
    NothingKnown,
    /// All that should know do. When it is told again, if it lasts.
    AllTold { again_at: Time },
    /// No step is due yet for this grade. When the next one is, if it lasts; never, if no step takes the grade.
    NoStep { grade: Grade, next_at: Option<Time> },
    /// All that fires is silenced, in maintenance, or hidden.
    Hushed { hush: Hush },
    /// Somebody has it.
    Acknowledged { by: String, until: Time },
    /// Something joined or recovered; it is told together with what else happens until then.
    Settling { until: Time },
    /// All are fine, and must stay so until then before it is told.
    Calming { until: Time },
    /// It is over, and nobody ever was told of it.
    NobodyKnew,
}

//! What the doctor found: each says what, the proof, and the way out.

use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Good,
    /// It was not looked at, for the reason that is said.
    Skipped,
    /// It works, and will hurt.
    Warning,
    /// It does not work.
    Bad,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Skipped => "skipped",
            Self::Warning => "warning",
            Self::Bad => "BAD",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, in a word or two.
    pub about: &'static str,
    pub state: State,
    /// Of what is not good: `stormglass explain` says more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    pub says: String,
    /// What was seen, as it was seen.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub proof: String,
    #[serde(rename = "do", skip_serializing_if = "String::is_empty")]
    pub remedy: String,
}

impl Finding {
    pub(super) fn good(about: &'static str, says: impl Into<String>) -> Self {
        Self::of(about, State::Good, None, says)
    }

    pub(super) fn skipped(about: &'static str, says: impl Into<String>) -> Self {
        Self::of(about, State::Skipped, None, says)
    }

    pub(super) fn warning(about: &'static str, code: &'static str, says: impl Into<String>) -> Self {
        Self::of(about, State::Warning, Some(code), says)
    }

    pub(super) fn bad(about: &'static str, code: &'static str, says: impl Into<String>) -> Self {
        Self::of(about, State::Bad, Some(code), says)
    }

    fn of(about: &'static str, state: State, code: Option<&'static str>, says: impl Into<String>) -> Self {
        Self { about, state, code, says: says.into(), proof: String::new(), remedy: String::new() }
    }

    #[must_use]
    pub(super) fn proof(mut self, proof: impl Into<String>) -> Self {
        self.proof = proof.into();
        self
    }

    #[must_use]
    pub(super) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }
}

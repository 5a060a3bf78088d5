//! Finds the words for a notice that is owed, and its shapes: e-mail, the chat schema, Block Kit, JSON.
//!
//! In two steps: `compose` says it in one language, by one wall clock, as plain lines; each shape then escapes and cuts
//! them for its own reader. No line is ever markup: names come from outside and may hold anything (`text`).
//! Each limit is named beside the shape that has it, and held by a property test over hostile names.

mod chat;
mod compose;
mod email;
mod json;
#[cfg(test)]
mod laws;
pub mod say;
mod slack;
mod summary;
pub mod text;
pub mod words;

pub use chat::{DESCRIPTION_MAX, KEYWORDS_MAX, STEPS_MAX, chat};
pub use compose::compose;
pub use email::{BODY_MAX, Email, SUBJECT_MAX, email};
pub use json::json;
pub use slack::{BLOCKS_MAX, FIELDS_MAX, HEADER_MAX, MESSAGE_MAX, SECTION_MAX, slack};

use crate::grade::{Grade, Graded};
use crate::matcher::Labels;
use crate::notify::{Due, Why};
use crate::points::Time;
use crate::rules::Words;
use crate::series::Unit;
use crate::team::{Audience, Language};
use crate::verdict::{Fact, Verdict};

/// All that a notice is made of: what is owed, and what is known of the alarms that it is about.
#[derive(Clone, Copy, Debug)]
pub struct Matter<'a> {
    pub due: &'a Due,
    /// By the same numbers as the members that the decision was made of.
    pub alarms: &'a [Alarm<'a>],
    /// What is likely guilty, the likeliest first.
    pub suspects: &'a [Suspect],
    /// The page of the incident.
    pub link: Option<&'a str>,
    /// Where it is acknowledged.
    pub acknowledge: Option<&'a str>,
    /// A rehearsal through the real path.
    pub drill: bool,
    pub now: Time,
}

/// One alarm: what its rule says of itself, and what was judged.
#[derive(Clone, Copy, Debug)]
pub struct Alarm<'a> {
    /// The rule's title, or its name where it has none.
    pub title: &'a str,
    pub labels: &'a Labels,
    pub verdict: &'a Verdict,
    pub graded: Graded,
    pub since: Option<Time>,
    /// Of the series that is judged.
    pub unit: Unit,
    /// What it means for users, in the rule's own words.
    pub means: Option<&'a str>,
    /// What to do, one step a line.
    pub todo: Option<&'a str>,
    /// The address of the runbook.
    pub runbook: Option<&'a str>,
    /// What the rule says of itself in Korean.
    pub ko: Option<&'a Words>,
}

impl<'a> Alarm<'a> {
    fn other(&self, language: Language, text: impl Fn(&'a Words) -> Option<&'a String>) -> Option<&'a str> {
        self.ko.filter(|_| language == Language::Ko).and_then(text).map(String::as_str)
    }

    pub fn title(&self, language: Language) -> &'a str {
        self.other(language, |words| words.title.as_ref()).unwrap_or(self.title)
    }

    pub fn means(&self, language: Language) -> Option<&'a str> {
        self.other(language, |words| words.summary.as_ref()).or(self.means)
    }

    pub fn todo(&self, language: Language) -> Option<&'a str> {
        self.other(language, |words| words.runbook.as_ref()).or(self.todo)
    }
}

/// Something that is likely guilty.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspect {
    pub what: Suspicion,
    pub name: String,
    /// How much: the share of CPU, the growth, the count.
    pub much: Option<Fact>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspicion {
    Process,
    /// A kind of error, by its first line.
    Error,
    /// A directory that grows.
    Directory,
    /// A release or a change shortly before.
    Change,
    /// A database query.
    Query,
    Client,
}

/// A notice in the words of one audience. Lines are plain and clean; the shapes escape them.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub audience: Audience,
    pub incident: String,
    pub number: u32,
    pub why: Why,
    pub grade: Grade,
    pub drill: bool,
    /// `PAGE · CPU burst · web-1`
    pub title: String,
    /// For a subject that must be ASCII: the same in English.
    pub subject: String,
    /// Why this is told now.
    pub summary: String,
    /// What, where, since when, how bad, what it means, the time left, who is next: name and value.
    pub rows: Vec<(String, String)>,
    /// One line an alarm, the gravest first.
    pub alarms: Vec<String>,
    pub suspects: Vec<String>,
    pub todo: Vec<String>,
    pub links: Vec<Link>,
    /// The incident, and by which clock it is told.
    pub footer: String,
    /// For filters and search.
    pub keywords: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub kind: LinkKind,
    pub says: String,
    pub to: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    Acknowledge,
    Page,
    Runbook,
}

impl Notice {
    fn language(&self) -> Language {
        self.audience.language
    }

    /// The trouble is over.
    pub fn over(&self) -> bool {
        self.why == Why::Over
    }
}

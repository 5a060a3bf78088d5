//! Sources that are no files of somebody else's, as the engine sees them: bytes come in, places are acknowledged, and what
//! must be known after a restart goes out as text for the checkpoint.
//!
//! Pure as the tail is, but for the inbox's own files: whoever starts programs and opens sockets stands in `receive`.

pub mod entry;
pub mod inbox;
mod intake;
mod journal;
mod stream;

use std::path::PathBuf;
use std::sync::Arc;

use inbox::Inbox;
use intake::{Intake, cursor_name};
use journal::Journal;

use super::batch::Cover;
use super::ways::Ways;

/// The keys of our streams begin here: those of files count from 1.
const KEYS: u64 = 1 << 62;

/// What a source that is no file reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Journal(JournalQuery),
    Stdin { bytes_max: u64 },
    Socket(Socket),
}

/// Which entries of which journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalQuery {
    /// The program that reads the journal.
    pub program: String,
    pub units: Vec<String>,
    pub identifiers: Vec<String>,
    pub priority: Option<String>,
    pub directory: Option<String>,
}

impl Default for JournalQuery {
    fn default() -> Self {
        let program = "journalctl".to_owned();
        Self { program, units: vec![], identifiers: vec![], priority: None, directory: None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketKind {
    Stream,
    Datagram,
}

/// A UNIX socket that programs write to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Socket {
    pub path: PathBuf,
    pub kind: SocketKind,
    /// The rights of its file.
    pub mode: u32,
    pub connections_max: usize,
    pub bytes_max: u64,
}

/// A source as configured: the name under which the checkpoint knows it, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    pub name: String,
    pub kind: Kind,
    /// Where a journal that is new to this host begins: at what is there already, or at what comes.
    pub from_beginning: bool,
}

impl Feed {
    /// What stands for the file's name in the templates; a journal of which no unit was named is one stream, or each
    /// session of each user would make one.
    fn label(&self) -> Option<String> {
        match &self.kind {
            Kind::Journal(query) => query.units.is_empty().then(|| "journal".to_owned()),
            Kind::Stdin { .. } => Some("stdin".to_owned()),
            Kind::Socket(socket) => socket.path.file_name().map(|name| name.to_string_lossy().into_owned()),
        }
    }
}

/// A source, and its inbox where it has one.
pub type Opened = (Feed, Option<Arc<Inbox>>);

/// What the checkpoint knew of the sources that are no files.
#[derive(Clone, Copy, Debug)]
pub struct Cursors<'a>(pub &'a [(String, String)]);

impl Cursors<'_> {
    fn of(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, cursor)| cursor.as_str())
    }

    /// How far a slot of an inbox was done with.
    pub fn acked(&self, name: &str, slot: usize) -> u64 {
        self.of(&cursor_name(name, slot)).and_then(|place| place.parse().ok()).unwrap_or(0)
    }
}

#[derive(Debug)]
enum Source {
    Journal(Box<Journal>),
    Intake(Intake),
}

#[derive(Debug)]
pub struct Feeds {
    sources: Vec<Source>,
    next_key: u64,
}

impl Feeds {
    /// Each with its inbox, where it has one; `first_source` is the place of the first of them among all sources.
    pub fn new(feeds: &[Opened], first_source: usize, cursors: Cursors<'_>, now_ms: i64) -> Self {
        let source = |(at, (feed, inbox)): (usize, &Opened)| {
            let (name, place) = (feed.name.clone(), first_source + at);
            if let Some(inbox) = inbox {
                let label = feed.label().unwrap_or_default();
                let acked = |slot| cursors.acked(&name, slot);
                return Source::Intake(Intake::new(name.clone(), place, label, Arc::clone(inbox), acked));
            }
            // A moment, until there is an entry: what is written while we are down for the first time is not lost.
            let seconds = if feed.from_beginning { 0 } else { now_ms / 1_000 };
            let from = cursors.of(&name).map_or_else(|| format!("@{seconds}"), str::to_owned);
            Source::Journal(Box::new(Journal::new(name, place, feed.label(), from)))
        };
        Self { sources: feeds.iter().enumerate().map(source).collect(), next_key: KEYS }
    }

    /// From where the next reader of a journal goes on.
    pub fn resume_at(&mut self, at: usize) -> String {
        match &mut self.sources[at] {
            Source::Journal(journal) => journal.resume_at(),
            Source::Intake(_) => String::new(),
        }
    }

    /// Whether a journal may hand in more.
    pub fn has_room(&self, at: usize) -> bool {
        match &self.sources[at] {
            Source::Journal(journal) => journal.has_room(),
            Source::Intake(_) => true,
        }
    }

    /// What the reader of a journal read.
    pub fn read(&mut self, at: usize, bytes: &[u8], ways: &mut Ways, now_ms: i64) {
        if let Source::Journal(journal) = &mut self.sources[at] {
            journal.read(bytes, ways, now_ms, &mut self.next_key);
        }
    }

    /// `true`: there is more to read at once.
    pub fn turn(&mut self, ways: &mut Ways, now_ms: i64) -> bool {
        let mut more = false;
        for source in &mut self.sources {
            match source {
                Source::Journal(journal) => journal.turn(ways, now_ms, &mut self.next_key),
                Source::Intake(intake) => more |= intake.turn(ways, now_ms, &mut self.next_key),
            }
        }
        more
    }

    pub fn acked(&mut self, covers: &[Cover]) {
        for cover in covers.iter().filter(|cover| cover.file > KEYS) {
            for source in &mut self.sources {
                match source {
                    Source::Journal(journal) => journal.acked(cover.file, cover.end),
                    Source::Intake(intake) => intake.acked(cover.file, cover.end),
                }
            }
        }
    }

    /// What must be known after a restart.
    pub fn cursors(&mut self) -> Vec<(String, String)> {
        let mut list = vec![];
        for source in &mut self.sources {
            match source {
                Source::Journal(journal) => list.push((journal.name.clone(), journal.cursor())),
                Source::Intake(intake) => list.extend(intake.cursors()),
            }
        }
        list
    }

    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// Something is held that time alone will release.
    pub fn is_open(&self) -> bool {
        self.sources.iter().any(|source| match source {
            Source::Journal(journal) => journal.is_open(),
            Source::Intake(intake) => intake.is_open(),
        })
    }

    pub fn is_done(&self) -> bool {
        self.sources.iter().all(|source| match source {
            Source::Journal(journal) => journal.is_done(),
            Source::Intake(intake) => intake.is_done(),
        })
    }

    /// Standard input was one of them, and has come to its end.
    pub fn has_ended(&self) -> bool {
        self.sources.iter().any(|source| matches!(source, Source::Intake(intake) if intake.has_ended()))
    }
}

#[cfg(test)]
mod tests;

//! One fault of a text: where, its stable code, what, and the way out.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::ops::Range;

/// Line and column from 1, counted in characters as editors do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

impl Place {
    pub fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub file: String,
    pub place: Place,
    /// Stable; `docs/errors.md` explains each.
    pub code: &'static str,
    pub says: String,
}

/// `alarms.toml:3:1: SG-CFG-003: unknown key ...`
impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column } = self.place;
        write!(out, "{}:{line}:{column}: {}: {}", self.file, self.code, self.says)
    }
}

/// All the faults of one text, in its order. At most `FAULTS_MAX` are kept; the rest are counted.
#[derive(Clone, Debug)]
pub struct Faults {
    file: String,
    text: String,
    list: Vec<Fault>,
    spans: BTreeSet<(usize, usize)>,
    more: usize,
}

/// More than anyone reads at once.
pub(super) const FAULTS_MAX: usize = 100;

impl Faults {
    pub fn new(file: &str, text: &str) -> Self {
        Self { file: file.to_owned(), text: text.to_owned(), list: Vec::new(), spans: BTreeSet::new(), more: 0 }
    }

    /// `span` is in bytes of the text, as `At::span` gives it.
    pub fn add(&mut self, span: Range<usize>, code: &'static str, says: impl Into<String>) {
        let place = Place::of(&self.text, span.start);
        self.spans.insert((span.start, span.end));
        self.insert(Fault { file: self.file.clone(), place, code, says: says.into() });
    }

    fn insert(&mut self, fault: Fault) {
        if self.list.len() == FAULTS_MAX {
            self.more += 1;
            return;
        }
        let at = self.list.partition_point(|held| held.place <= fault.place);
        self.list.insert(at, fault);
    }

    /// Whether something at just this place is at fault.
    pub(super) fn stand_at(&self, span: &Range<usize>) -> bool {
        self.spans.contains(&(span.start, span.end))
    }

    /// Those of `further` that stand in no table of which one is known already. A table goes from its head to the next
    /// that is not inside it: `[alarm.series.calls]` is of the `[[alarm]]` before.
    pub(super) fn add_of_other_tables(&mut self, further: Self) {
        let is_head = |line: &str| line.starts_with('[') && !line.split(']').next().unwrap_or_default().contains('.');
        let mut heads = vec![0];
        heads.extend((1..).zip(self.text.lines()).filter(|(_, line)| is_head(line.trim_start())).map(|(at, _)| at));
        let table = |fault: &Fault| heads.partition_point(|head| *head <= fault.place.line);
        let known: HashSet<usize> = self.list.iter().map(table).collect();
        for fault in further.list.into_iter().filter(|fault| !known.contains(&table(fault))) {
            self.insert(fault);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Fault> {
        self.list.iter()
    }

    /// `Ok(meant)` where nothing was found wrong.
    pub fn or<T>(self, meant: T) -> Result<T, Self> {
        if self.is_empty() { Ok(meant) } else { Err(self) }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.list.iter().enumerate() {
            let newline = if at == 0 { "" } else { "\n" };
            write!(out, "{newline}{fault}")?;
        }
        if self.more > 0 {
            write!(out, "\n... and {} more", self.more)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

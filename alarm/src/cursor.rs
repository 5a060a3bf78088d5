//! A place in a short text that is being read: what the two little languages of the rules (`math::expression`,
//! `composite::grammar`) have in common.

use std::ops::Range;

use crate::sheet::did_you_mean;

/// What is wrong, and where in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub at: Range<usize>,
    pub says: String,
}

pub(crate) struct Cursor<'a> {
    pub(crate) text: &'a str,
    pub(crate) at: usize,
    depth: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// One level deeper, until `up`: reading recurses, and a text must not exhaust the stack.
    pub(crate) fn down(&mut self, most: usize) -> Result<(), Wrong> {
        self.depth += 1;
        if self.depth > most { Err(self.wrong(&format!("more than {most} levels deep"))) } else { Ok(()) }
    }

    pub(crate) fn up(&mut self) {
        self.depth -= 1;
    }

    pub(crate) fn blank(&mut self) {
        self.take(char::is_whitespace);
    }

    /// The next sign that is not blank.
    pub(crate) fn peek(&mut self) -> Option<char> {
        self.blank();
        self.text[self.at..].chars().next()
    }

    pub(crate) fn take(&mut self, is: impl Fn(char) -> bool) -> Range<usize> {
        let from = self.at;
        let rest = &self.text[from..];
        self.at += rest.find(|c| !is(c)).unwrap_or(rest.len());
        from..self.at
    }

    pub(crate) fn sign(&mut self, sign: char) -> bool {
        let is = self.peek() == Some(sign);
        self.at += if is { sign.len_utf8() } else { 0 };
        is
    }

    pub(crate) fn expect(&mut self, wanted: char) -> Result<(), Wrong> {
        if self.sign(wanted) { Ok(()) } else { Err(self.wrong(&format!("`{wanted}` was expected here"))) }
    }

    pub(crate) fn end(&mut self, expected: &str) -> Result<(), Wrong> {
        if self.peek().is_none() { Ok(()) } else { Err(self.wrong(&format!("{expected} was expected here"))) }
    }

    pub(crate) fn wrong(&self, says: &str) -> Wrong {
        let end = self.text[self.at..].chars().next().map_or(self.at, |c| self.at + c.len_utf8());
        Wrong { at: self.at..end, says: says.to_owned() }
    }
}

/// A word that is none of those known.
pub(crate) fn unknown<'a>(at: Range<usize>, says: &str, word: &str, known: impl IntoIterator<Item = &'a str>) -> Wrong {
    let near = did_you_mean(word, known);
    let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Wrong { at, says: format!("{says}{hint}") }
}

/// Whether a text is read as something of that size, or is wrong at that place for that reason.
#[cfg(test)]
pub(crate) fn check<T: std::fmt::Debug>(
    text: &str,
    read: Result<T, Wrong>,
    size: impl Fn(&T) -> usize,
    expect: Result<usize, (usize, &str)>,
) {
    match (read, expect) {
        (Ok(made), Ok(expect)) => assert_eq!(size(&made), expect, "{text}"),
        (Err(wrong), Err((at, says))) => {
            assert_eq!(wrong.at.start, at, "{text}: {}", wrong.says);
            assert!(wrong.says.contains(says), "{text}: {}", wrong.says);
        }
        (read, _) => panic!("{text}: {read:?}"),
    }
}

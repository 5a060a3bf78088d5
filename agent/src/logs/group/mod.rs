//! Joins the lines of one event: a stack trace arrives whole.
//!
//! Nothing is copied and nothing is kept but a length: in one file the lines of an event lie one behind the other, so
//! an event is a length at the front of what was read and not yet taken. So grouping cannot lose a byte, nor invent
//! one: the events of a text, put together, are the text (`every_byte_is_in_one_event` proves it).
//!
//! No event is longer than `event_max`; a longer one is cut, between lines where it can be, and the cut is counted.

mod shape;
mod state;

use memchr::memchr;
use regex_lite::Regex;
pub use state::State;

/// Where a new event begins.
#[derive(Clone, Debug, Default)]
pub enum Rule {
    /// At every line that no known stack trace would continue.
    #[default]
    BuiltIn,
    /// At every line that this pattern finds, and nowhere else.
    Start(Regex),
}

/// One event, as a length at the front of the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    pub len: usize,
    /// A stack trace was seen in it.
    pub trace: bool,
    /// It was longer than may be: what follows is its rest.
    pub short: bool,
}

#[derive(Clone, Debug)]
pub struct Grouper {
    rule: Rule,
    event_max: usize,
    /// What the open event is so far; `None` between events.
    open: Option<State>,
    /// Bytes at the front of the buffer that are known to belong to the open event.
    held: usize,
    trace: bool,
    /// The length of the line that ended the event before: it need not be found again.
    next: usize,
}

impl Grouper {
    pub fn new(rule: Rule, event_max: usize) -> Self {
        Self { rule, event_max: event_max.max(1), open: None, held: 0, trace: false, next: 0 }
    }

    /// The first whole event of `buffer`, which must begin where the event before it ended and may have grown since.
    pub fn next(&mut self, buffer: &[u8]) -> Option<Cut> {
        loop {
            let rest = buffer.get(self.held..)?;
            let known = std::mem::take(&mut self.next);
            let len = match known {
                0 => match memchr(b'\n', rest) {
                    Some(at) => at + 1,
                    None => return self.over_long(buffer),
                },
                known => known,
            };
            let line = &rest[..len];
            match self.open {
                None if len > self.event_max => return Some(self.piece(buffer)),
                None => self.open(line),
                Some(state) => match self.step(state, line) {
                    None => {
                        self.next = len;
                        return Some(self.close(false));
                    }
                    Some(_) if self.held + len > self.event_max => {
                        self.next = len;
                        return Some(self.close(true));
                    }
                    Some(state) => self.carry_on(state, len),
                },
            }
        }
    }

    /// What is left when nothing more comes for a while: the open event first, then a line without an end.
    pub fn flush(&mut self, buffer: &[u8]) -> Option<Cut> {
        if let Some(cut) = self.next(buffer) {
            return Some(cut);
        }
        let rest = &buffer[self.held.min(buffer.len())..];
        match self.open {
            _ if buffer.is_empty() => None,
            Some(state) if !rest.is_empty() && self.step(state, rest).is_some() => {
                self.carry_on(state, rest.len());
                Some(self.close(false))
            }
            Some(_) => Some(self.close(false)),
            None => {
                self.open(rest);
                Some(self.close(false))
            }
        }
    }

    /// Forgets the open event: the bytes that it was made of are gone (the file was truncated).
    pub fn reset(&mut self) {
        *self = Self::new(std::mem::take(&mut self.rule), self.event_max);
    }

    fn open(&mut self, line: &[u8]) {
        let state = match self.rule {
            Rule::BuiltIn => State::begin(line),
            Rule::Start(_) => State::Plain,
        };
        self.trace = state.is_trace();
        self.open = Some(state);
        self.held = line.len();
    }

    fn step(&self, state: State, line: &[u8]) -> Option<State> {
        match &self.rule {
            Rule::BuiltIn => state.step(line),
            Rule::Start(pattern) => {
                let text = String::from_utf8_lossy(line);
                // Whether it holds a trace is of use in any case: it makes the event an error.
                (!pattern.is_match(text.trim_end())).then(|| state.step(line).unwrap_or(State::Plain))
            }
        }
    }

    fn carry_on(&mut self, state: State, len: usize) {
        self.trace |= state.is_trace();
        self.open = Some(state);
        self.held += len;
    }

    fn close(&mut self, short: bool) -> Cut {
        let cut = Cut { len: self.held, trace: self.trace, short };
        self.open = None;
        self.held = 0;
        self.trace = false;
        cut
    }

    /// No end of line in sight: wait, unless too much was held already.
    fn over_long(&mut self, buffer: &[u8]) -> Option<Cut> {
        if buffer.len() <= self.event_max {
            return None;
        }
        match self.open {
            Some(state) => {
                let short = self.step(state, &buffer[self.held..]).is_some();
                Some(self.close(short))
            }
            None => Some(self.piece(buffer)),
        }
    }

    /// The first piece of a line that is longer than an event may be. It ends at a space where one is near, so that
    /// neither a word nor a secret is cut in two, and never inside a character.
    fn piece(&mut self, buffer: &[u8]) -> Cut {
        let most = self.event_max.min(buffer.len());
        let from = most.saturating_sub(CUT_SLACK).max(1);
        let space = buffer[from..most].iter().rposition(|byte| matches!(byte, b' ' | b'\t')).map(|at| from + at + 1);
        let whole = |at: &usize| buffer.get(*at).is_none_or(|byte| byte & 0xC0 != 0x80);
        let len = space.or_else(|| (most.saturating_sub(3).max(1)..=most).rev().find(whole)).unwrap_or(most);
        self.next = 0;
        self.trace = false;
        Cut { len, trace: false, short: true }
    }
}

/// How far back from the bound a space is looked for when a line must be cut.
const CUT_SLACK: usize = 1_024;

/// For the fuzzer: any bytes, in any portions, come out as they went in.
pub fn fuzz_group(data: &[u8]) {
    let (Some((&portion, data)), true) = (data.split_first(), data.len() > 1) else { return };
    let mut grouper = Grouper::new(Rule::BuiltIn, 64 + usize::from(portion));
    let (mut taken, mut seen) = (0, 0);
    while seen < data.len() {
        seen = (seen + usize::from(portion) + 1).min(data.len());
        while let Some(cut) = grouper.next(&data[taken..seen]) {
            assert!(cut.len > 0, "an event of no bytes");
            taken += cut.len;
        }
    }
    while let Some(cut) = grouper.flush(&data[taken..]) {
        assert!(cut.len > 0, "an event of no bytes");
        taken += cut.len;
    }
    assert_eq!(taken, data.len(), "bytes lost or invented");
}

#[cfg(test)]
mod tests;

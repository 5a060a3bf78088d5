//! Takes secrets and personal data out before anything leaves.
//!
//! One pass over the bytes (`scan`) says where a rule is to look closer, forwards and backwards. No pattern engine runs
//! but for the rules of the user's own. What is found is a list of spans; the text itself is never copied here.
//!
//! What this is not: a proof. A password in free prose ("the password is hunter2") is not found.

mod numbers;
mod scan;
mod secrets;

use regex_lite::Regex;

/// What was taken out, as the mark in its place says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum What {
    AwsKey,
    Token,
    Cookie,
    Password,
    UrlPassword,
    PrivateKey,
    Card,
    Email,
    ResidentNumber,
    Phone,
    BusinessNumber,
    /// A rule of the user's own, by its place in the list.
    Own(u8),
}

impl What {
    /// The rules that are always there, each with its name in the configuration, in the mark and in the counts.
    pub const TABLE: &[(What, &str)] = &[
        (What::AwsKey, "aws_key"),
        (What::Token, "token"),
        (What::Cookie, "cookie"),
        (What::Password, "password"),
        (What::UrlPassword, "url_password"),
        (What::PrivateKey, "private_key"),
        (What::Card, "card"),
        (What::Email, "email"),
        (What::ResidentNumber, "resident_number"),
        (What::Phone, "phone"),
        (What::BusinessNumber, "business_number"),
    ];

    pub fn parse(name: &str) -> Option<Self> {
        Self::TABLE.iter().find(|(_, known)| *known == name).map(|(what, _)| *what)
    }
}

/// Bytes of an event that must not leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
    pub what: What,
}

/// A rule of the user's own.
#[derive(Clone, Debug)]
pub struct Own {
    pub name: String,
    pub pattern: Regex,
    /// Text that every hit contains: without it in an event the pattern is not even tried.
    pub contains: Option<String>,
}

/// Most rules of one's own: each costs a pass over every event.
pub const OWN_MAX: usize = 32;

#[derive(Clone, Debug)]
pub struct Redact {
    enabled: bool,
    off: Vec<What>,
    own: Vec<Own>,
}

impl Default for Redact {
    fn default() -> Self {
        Self::new(true, vec![], vec![])
    }
}

impl Redact {
    /// `off`: rules that the user has switched off by name.
    pub fn new(enabled: bool, off: Vec<What>, own: Vec<Own>) -> Self {
        Self { enabled, off, own }
    }

    pub fn name(&self, what: What) -> &str {
        match what {
            What::Own(at) => self.own.get(usize::from(at)).map_or("own", |rule| &rule.name),
            known => What::TABLE.iter().find(|(what, _)| *what == known).map_or("", |(_, name)| name),
        }
    }

    /// Everything in `text` that must not leave, in order, nothing twice. `spans` is emptied first and reused.
    pub fn find(&self, text: &[u8], spans: &mut Vec<Span>) {
        spans.clear();
        if !self.enabled {
            return;
        }
        scan::scan(text, spans);
        if !self.off.is_empty() {
            spans.retain(|span| !self.off.contains(&span.what));
        }
        if !self.own.is_empty() {
            self.find_own(text, spans);
        }
    }

    fn find_own(&self, text: &[u8], spans: &mut Vec<Span>) {
        for (at, rule) in self.own.iter().enumerate() {
            let absent = |needle: &String| memchr::memmem::find(text, needle.as_bytes()).is_none();
            if rule.contains.as_ref().is_some_and(absent) {
                continue;
            }
            let mut from = 0;
            for chunk in text.utf8_chunks() {
                let hits = rule.pattern.find_iter(chunk.valid()).filter(|hit| !hit.is_empty());
                spans.extend(hits.map(|hit| Span {
                    start: from + hit.start(),
                    end: from + hit.end(),
                    what: What::Own(at as u8),
                }));
                from += chunk.valid().len() + chunk.invalid().len();
            }
        }
        merge(spans);
    }

    /// The text as it would go, for people and for tests.
    pub fn apply(&self, text: &[u8]) -> Vec<u8> {
        let mut spans = vec![];
        self.find(text, &mut spans);
        let mut out = Vec::with_capacity(text.len());
        let mut at = 0;
        for span in &spans {
            out.extend_from_slice(&text[at..span.start]);
            self.push_mark(span.what, &mut out);
            at = span.end;
        }
        out.extend_from_slice(&text[at..]);
        out
    }

    /// What stands in the place of what was taken out.
    pub fn push_mark(&self, what: What, out: &mut Vec<u8>) {
        out.extend_from_slice(b"[redacted ");
        out.extend_from_slice(self.name(what).as_bytes());
        out.push(b']');
    }
}

/// In order, and overlapping ones made one.
fn merge(spans: &mut Vec<Span>) {
    spans.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    spans.dedup_by(|later, kept| {
        let overlaps = later.start < kept.end;
        if overlaps {
            kept.end = kept.end.max(later.end);
        }
        overlaps
    });
}

/// For the fuzzer: spans lie in the text, in order and apart.
pub fn fuzz_redact(data: &[u8]) {
    let redact = Redact::default();
    let mut spans = vec![];
    redact.find(data, &mut spans);
    let mut at = 0;
    for span in &spans {
        assert!(at <= span.start && span.start < span.end && span.end <= data.len(), "{span:?}");
        at = span.end;
    }
}

#[cfg(test)]
mod tests;

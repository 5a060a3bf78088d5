//! Picks alarms by their labels: `service = checkout`, `host != web-*`.
//!
//! A label that is absent reads as the empty text, so `team != db` holds for what has no team. `*` stands for any
//! characters and `?` for one; there are no regular expressions, whose cost nobody can see.

use std::ops::Range;

use crate::glob;
use crate::series::Dimensions;
use crate::sheet::{At, Faults};

/// The labels of one alarm: its rule, service, host, and the dimensions that tell it from its siblings.
pub type Labels = Dimensions;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matcher {
    label: String,
    negated: bool,
    glob: String,
}

/// Most matchers of one list: more is a table of hosts, which belongs in a label.
pub const MATCHERS_MAX: usize = 50;

impl Matcher {
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" picks nothing; write `label = value` or `label != value`, with * and ?");
        let at = text.find('=').ok_or_else(wrong)?;
        let negated = text[..at].ends_with('!');
        let label = text[..at].trim_end_matches('!').trim();
        let glob = text[at + 1..].trim();
        let glob = glob.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(glob);
        if label.is_empty() || label.contains(char::is_whitespace) || glob.starts_with('=') {
            return Err(wrong());
        }
        Ok(Self { label: label.to_owned(), negated, glob: glob.to_owned() })
    }

    pub fn matches(&self, labels: &Labels) -> bool {
        glob::matches(&self.glob, labels.get(&self.label).unwrap_or_default()) != self.negated
    }
}

/// `host != web-*`
impl std::fmt::Display for Matcher {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.negated { "!=" } else { "=" };
        // Reading takes blanks and one pair of quotes away: where the pattern has them itself, quotes keep them.
        let bare = self.glob.trim() == self.glob && !self.glob.starts_with('"');
        let quote = if bare { "" } else { "\"" };
        write!(out, "{} {sign} {quote}{}{quote}", self.label, self.glob)
    }
}

/// Serialised as it is written, so that a silence kept in a database reads like one in the file.
impl serde::Serialize for Matcher {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Matcher {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// All of them hold. An empty list holds for everything.
pub fn all(matchers: &[Matcher], labels: &Labels) -> bool {
    matchers.iter().all(|matcher| matcher.matches(labels))
}

/// The checked form of a list in the file; what cannot be read is a fault and left out.
pub fn check_list(raw: &[At<String>], faults: &mut Faults) -> Vec<Matcher> {
    if let Some(over) = raw.get(MATCHERS_MAX) {
        let says = format!("more than {MATCHERS_MAX} matchers in one list; use a label they share");
        faults.add(over.span.clone(), "SG-TEL-010", says);
    }
    let mut checked = Vec::with_capacity(raw.len().min(MATCHERS_MAX));
    for text in raw.iter().take(MATCHERS_MAX) {
        match Matcher::parse(text) {
            Ok(matcher) => checked.push(matcher),
            Err(says) => faults.add(Range::clone(&text.span), "SG-TEL-002", says),
        }
    }
    checked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, labels: &[(&str, &str)], expect: bool) {
        let labels: Labels = labels.iter().copied().collect();
        assert_eq!(Matcher::parse(text).map(|matcher| matcher.matches(&labels)), Ok(expect), "{text} on {labels}");
    }

    #[test]
    fn equal_unequal_and_globs() {
        check("service = checkout", &[("service", "checkout")], true);
        check("service=checkout", &[("service", "checkout-eu")], false);
        check("service = checkout*", &[("service", "checkout-eu")], true);
        check("service != checkout*", &[("service", "checkout-eu")], false);
        check("host = web-?", &[("host", "web-1")], true);
        check("host = web-?", &[("host", "web-10")], false);
        check("path = *a*b*c", &[("path", "/xaxbxbxc")], true);
        check("path = \"/a b\"", &[("path", "/a b")], true);
        check("이름 = 결제*", &[("이름", "결제-서버")], true);
        check("q = a=b", &[("q", "a=b")], true);
    }

    #[test]
    fn an_absent_label_is_empty() {
        check("team != db", &[], true);
        check("team = ", &[], true);
        check("team = ?*", &[], false);
    }

    #[test]
    fn what_picks_nothing_is_refused() {
        for wrong in ["", "service", "= x", "a b = c", "a == b", "!= b"] {
            assert!(Matcher::parse(wrong).is_err(), "{wrong}");
        }
    }
}

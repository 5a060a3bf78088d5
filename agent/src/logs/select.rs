//! Which events go: by level, by pattern. The default is warnings and worse, each with the lines before it as context;
//! access and debug lines stay at home.

use regex_lite::Regex;

use super::level::Level;

/// Most patterns of a kind: each is a pass over every event.
pub const PATTERNS_MAX: usize = 32;
/// Most lines of context before an event.
pub const CONTEXT_LINES_MAX: usize = 100;
/// Most bytes of context that are kept for one file.
pub const CONTEXT_BYTES_MAX: usize = 16 << 10;

/// A text to look for, or a pattern between slashes: `"timeout"`, `"/order \d+ lost/"`.
#[derive(Clone, Debug)]
pub enum Pattern {
    Text(Vec<u8>),
    Pattern(Regex),
}

impl Pattern {
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.strip_prefix('/').and_then(|text| text.strip_suffix('/')) {
            _ if text.is_empty() => Err("an empty text is in every line".to_owned()),
            Some(pattern) => Regex::new(pattern).map(Self::Pattern).map_err(|error| error.to_string()),
            None => Ok(Self::Text(text.as_bytes().to_vec())),
        }
    }

    pub fn is_in(&self, event: &[u8]) -> bool {
        match self {
            Self::Text(text) => memchr::memmem::find(event, text).is_some(),
            Self::Pattern(pattern) => pattern.is_match(&String::from_utf8_lossy(event)),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Select {
    /// Everything goes that is this bad; `None` sends all.
    pub level: Option<Level>,
    /// These go whatever their level.
    pub include: Vec<Pattern>,
    /// These stay, whatever else says that they go.
    pub exclude: Vec<Pattern>,
    /// Lines of an event's file that go with it, from before it.
    pub context_lines: usize,
    /// Metrics embedded in log lines go as they are.
    pub emf: bool,
}

impl Default for Select {
    fn default() -> Self {
        Self { level: Some(Level::Warn), include: vec![], exclude: vec![], context_lines: 3, emf: false }
    }
}

/// What becomes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    Goes,
    /// As it is: no redaction, no fold, no envelope.
    GoesUntouched,
    Stays,
}

impl Select {
    /// Everything, without context (there is nothing that it could lack).
    pub fn all() -> Self {
        Self { level: None, context_lines: 0, ..Self::default() }
    }

    pub fn choose(&self, event: &[u8], level: Option<Level>) -> Choice {
        if self.emf && is_emf(event) {
            return Choice::GoesUntouched;
        }
        let bad = self.level.is_none_or(|least| level.is_some_and(|level| level >= least));
        let goes = bad || self.include.iter().any(|pattern| pattern.is_in(event));
        if goes && !self.exclude.iter().any(|pattern| pattern.is_in(event)) { Choice::Goes } else { Choice::Stays }
    }
}

/// An object of JSON in the embedded metric format: it carries `_aws` with `CloudWatchMetrics`.
fn is_emf(event: &[u8]) -> bool {
    let has = |key: &[u8]| memchr::memmem::find(event, key).is_some();
    event.first() == Some(&b'{') && has(b"\"_aws\"") && has(b"\"CloudWatchMetrics\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_default_warnings_and_worse() {
        let select = Select::default();
        assert_eq!(select.choose(b"x", Some(Level::Error)), Choice::Goes);
        assert_eq!(select.choose(b"x", Some(Level::Warn)), Choice::Goes);
        assert_eq!(select.choose(b"x", Some(Level::Info)), Choice::Stays);
        assert_eq!(select.choose(b"x", None), Choice::Stays);
        assert_eq!(Select::all().choose(b"x", None), Choice::Goes);
    }

    #[test]
    fn patterns_add_and_take_away() {
        let patterns = |texts: &[&str]| texts.iter().map(|text| Pattern::parse(text).unwrap()).collect();
        let select = Select {
            include: patterns(&["timeout", r"/order \d+ lost/"]),
            exclude: patterns(&["health"]),
            ..Select::default()
        };
        assert_eq!(select.choose(b"a timeout", None), Choice::Goes);
        assert_eq!(select.choose(b"order 12 lost", None), Choice::Goes);
        assert_eq!(select.choose(b"order x lost", None), Choice::Stays);
        assert_eq!(select.choose(b"health: timeout", Some(Level::Error)), Choice::Stays);
        assert!(Pattern::parse("/(/").is_err() && Pattern::parse("").is_err());
    }

    #[test]
    fn embedded_metrics_pass_when_asked() {
        let line = br#"{"_aws":{"Timestamp":1,"CloudWatchMetrics":[]},"x":1}"#;
        assert_eq!(Select::default().choose(line, None), Choice::Stays);
        assert_eq!(Select { emf: true, ..Select::default() }.choose(line, None), Choice::GoesUntouched);
    }
}

//! How bad a line says that it is.
//!
//! The first level that stands in the head of a line, as a word of its own, is the line's level: `GET /ERROR` is no
//! error, and neither is `INFO retrying after ERROR`.

use memchr::memmem;

/// In order: a later one is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

impl Level {
    pub const TABLE: &[(Level, &str)] = &[
        (Level::Trace, "trace"),
        (Level::Debug, "debug"),
        (Level::Info, "info"),
        (Level::Warn, "warn"),
        (Level::Error, "error"),
        (Level::Fatal, "fatal"),
    ];

    pub fn name(self) -> &'static str {
        Self::TABLE[self as usize].1
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::TABLE.iter().find(|(_, known)| *known == name).map(|(level, _)| *level)
    }

    /// The severity of syslog and of the journal, 0 to 7.
    pub fn of_severity(severity: u8) -> Self {
        match severity {
            0..=2 => Self::Fatal,
            3 => Self::Error,
            4 => Self::Warn,
            5 | 6 => Self::Info,
            _ => Self::Debug,
        }
    }
}

/// Every spelling that is met in the wild, in capitals.
const WORDS: &[(&[u8], Level)] = &[
    (b"ERROR", Level::Error),
    (b"INFO", Level::Info),
    (b"WARN", Level::Warn),
    (b"DEBUG", Level::Debug),
    (b"WARNING", Level::Warn),
    (b"TRACE", Level::Trace),
    (b"FATAL", Level::Fatal),
    (b"CRITICAL", Level::Fatal),
    (b"SEVERE", Level::Error),
    (b"NOTICE", Level::Info),
    (b"ERR", Level::Error),
    (b"CRIT", Level::Fatal),
    (b"EMERG", Level::Fatal),
    (b"ALERT", Level::Fatal),
    (b"PANIC", Level::Fatal),
    (b"FAIL", Level::Error),
    (b"DBUG", Level::Debug),
    (b"FINE", Level::Debug),
    (b"LOG", Level::Info),
];

/// How much of a line is its head: a level further in is part of the message.
const HEAD: usize = 160;
/// The head of an object of JSON may hold other fields before its level.
const JSON_HEAD: usize = 2_048;

/// The level that an event's first line names.
pub fn of(line: &[u8]) -> Option<Level> {
    match line.first()? {
        b'{' => json(&line[..line.len().min(JSON_HEAD)]),
        b'<' => priority(line).or_else(|| in_head(line)),
        b'I' | b'W' | b'E' | b'F' if klog(line) => Some(match line[0] {
            b'I' => Level::Info,
            b'W' => Level::Warn,
            b'E' => Level::Error,
            _ => Level::Fatal,
        }),
        _ => in_head(line),
    }
}

fn in_head(line: &[u8]) -> Option<Level> {
    let end = memchr::memchr(b'\n', &line[..line.len().min(HEAD)]).unwrap_or(line.len().min(HEAD));
    let head = &line[..end];
    if let Some(level) = head.first().filter(|byte| byte.is_ascii_alphabetic()).and_then(|_| level_at(head, 0)) {
        return Some(level);
    }
    // Most bytes stand inside a word, and most words are no level: one look into a table each, and no branch.
    let (mut before, mut first) = (0, 0);
    for (at, byte) in head.iter().enumerate() {
        let second = CLASSES[usize::from(*byte)];
        // A mark and a shout, or an opening mark and any letter.
        let may_be = before & (first >> FIRST) & (second >> SECOND | OPEN);
        if may_be != 0
            && let Some(level) = level_at(head, at - 1)
        {
            return Some(level);
        }
        (before, first) = (first, second);
    }
    None
}

/// The level that is the word at `start`.
fn level_at(head: &[u8], start: usize) -> Option<Level> {
    let len = head[start..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    (3..=8).contains(&len).then(|| word(head, start, start + len)).flatten()
}

/// What a byte may be before a level, as its first letter and as its second. The places in the byte are such that three
/// classes, shifted onto each other, say in two bits whether a level may begin: as a shout, or behind what opens.
const MARK: u8 = 1;
const OPEN: u8 = 1 << 1;
const FIRST: u8 = 2;
const SHOUT: u8 = MARK << FIRST;
const LETTER: u8 = OPEN << FIRST;
const SECOND: u8 = 4;
const UPPER: u8 = MARK << SECOND;

const CLASSES: [u8; 256] = {
    let mut table = [0; 256];
    let (marks, mut at) = (b" \t[(|=\":<-", 0);
    while at < marks.len() {
        table[marks[at] as usize] |= MARK;
        at += 1;
    }
    table[b'[' as usize] |= OPEN;
    table[b'=' as usize] |= OPEN;
    let mut letter = b'A';
    while letter <= b'Z' {
        table[letter as usize] |= UPPER;
        letter += 1;
    }
    at = 0;
    while at < WORDS.len() {
        let first = WORDS[at].0[0];
        table[first as usize] |= SHOUT | LETTER;
        table[first.to_ascii_lowercase() as usize] |= LETTER;
        at += 1;
    }
    table
};

/// A word stands alone between `before` and `after`; in small letters it needs a mark that it is meant as a level.
fn word(head: &[u8], start: usize, end: usize) -> Option<Level> {
    let before = start.checked_sub(1).map_or(b' ', |at| head[at]);
    let after = head.get(end).copied().unwrap_or(b' ');
    let alone = CLASSES[usize::from(before)] & MARK != 0
        && matches!(after, b' ' | b'\t' | b']' | b')' | b'|' | b',' | b'"' | b':' | b'>' | b'-' | b';');
    if !alone {
        return None;
    }
    let text = &head[start..end];
    let shouted = text[0].is_ascii_uppercase() && text[1].is_ascii_uppercase();
    let bracketed = before == b'[' && after == b']';
    let keyed = before == b'=' && (head[..start].ends_with(b"level=") || head[..start].ends_with(b"lvl="));
    let leading = start == 0 && after == b':';
    if !(shouted || bracketed || keyed || leading) {
        return None;
    }
    named(text)
}

fn named(text: &[u8]) -> Option<Level> {
    WORDS.iter().find(|(word, _)| text.eq_ignore_ascii_case(word)).map(|(_, level)| *level)
}

/// `"level":"error"`, `"severity": "ERROR"`, and the numbers of pino and bunyan (50 is an error).
fn json(head: &[u8]) -> Option<Level> {
    const KEYS: [&[u8]; 5] = [b"\"level\"", b"\"severity\"", b"\"lvl\"", b"\"log.level\"", b"\"levelname\""];
    let value = KEYS.iter().find_map(|key| {
        let at = memmem::find(head, key)? + key.len();
        head[at..].trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start)
    })?;
    if let Some(text) = value.strip_prefix(b"\"") {
        let end = memchr::memchr(b'"', text)?;
        return named(&text[..end]);
    }
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match std::str::from_utf8(&value[..digits]).ok()?.parse::<u32>().ok()? {
        60.. => Some(Level::Fatal),
        50.. => Some(Level::Error),
        40.. => Some(Level::Warn),
        30.. => Some(Level::Info),
        20.. => Some(Level::Debug),
        10.. => Some(Level::Trace),
        severity => u8::try_from(severity).ok().map(Level::of_severity),
    }
}

/// `<11>` of syslog: facility times 8, plus the severity.
fn priority(line: &[u8]) -> Option<Level> {
    let end = line[..line.len().min(5)].iter().position(|byte| *byte == b'>')?;
    let number: u16 = std::str::from_utf8(&line[1..end]).ok()?.parse().ok()?;
    Some(Level::of_severity((number % 8) as u8))
}

/// `E1121 13:13:29.123` as klog and glog write it.
fn klog(line: &[u8]) -> bool {
    line.len() > 6 && line[1..5].iter().all(u8::is_ascii_digit) && line[5] == b' '
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expect: Option<Level>) {
        assert_eq!(of(line.as_bytes()), expect, "{line}");
    }

    #[test]
    fn levels_as_they_are_written() {
        check("2026-11-21 13:13:29,123 ERROR [main] c.a.Shop - no", Some(Level::Error));
        check("2026-11-21 13:13:29 [main] WARN  c.a.Shop - ERROR in the message", Some(Level::Warn));
        check("2026/11/21 13:13:29 [error] 7#7: *1 connect() failed", Some(Level::Error));
        check("time=2026 level=warn msg=x", Some(Level::Warn));
        check("fail: Shop[0]", Some(Level::Error));
        check("ERROR:root:no", Some(Level::Error));
        check("E1121 13:13:29.123 x.go:1] no", Some(Level::Error));
        check("<11>Nov 21 13:13:29 host app: no", Some(Level::Error));
        check("F, [2026-11-21T13:13:29 #1] FATAL -- : no", Some(Level::Fatal));
        check("{\"ts\":1,\"level\":\"error\",\"msg\":\"x\"}", Some(Level::Error));
        check("{\"severity\": \"WARNING\"}", Some(Level::Warn));
        check("{\"level\":50,\"msg\":\"x\"}", Some(Level::Error));
        check("10:00 [ERR] no", Some(Level::Error));
    }

    #[test]
    fn what_is_not_a_level() {
        check("10.0.0.1 - - [x] \"GET /ERROR HTTP/1.1\" 200", None);
        check("an error: it broke", None);
        check("the fatal flaw", None);
        check("{\"msg\":\"level\"}", None);
        check("", None);
    }

    #[test]
    fn the_table_is_in_order() {
        for (at, (level, name)) in Level::TABLE.iter().enumerate() {
            assert_eq!((*level as usize, Level::parse(name)), (at, Some(*level)));
        }
    }
}

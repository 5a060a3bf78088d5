//! What the open event is, and whether a further line belongs to it.
//!
//! One small step a line, from its first bytes: most lines of a log are no part of a trace, and must cost nothing.

use super::shape;

/// What is known of the event so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// A line of a log, with no trace as yet.
    Plain,
    /// One object of JSON: whole in its line.
    Json,
    /// An exception of the JVM was named; its message may go on.
    Jvm,
    /// Indented frames were seen: JVM, .NET, Node, Ruby.
    Frames,
    /// Inside `Traceback`: the exception's own line is still to come.
    Python,
    /// Several exceptions at once, as Python draws them.
    Group,
    /// The exception's line was seen; a chained one may follow.
    PythonEnd,
    Go,
    /// `panicked at x.rs:1:2:`; the message stands on the next line.
    RustHead,
    Rust,
    Php,
    /// Node said the place and is about to quote the line and name the error.
    NodePlace,
    /// A private key, until its end: its lines must reach the redaction in one piece.
    Key,
}

impl State {
    pub fn is_trace(self) -> bool {
        !matches!(self, Self::Plain | Self::Json | Self::Key)
    }

    /// By its first line.
    pub(super) fn begin(line: &[u8]) -> Self {
        match line.first() {
            Some(b'{') => Self::Json,
            Some(b'T') if line.starts_with(b"Traceback (most recent call last)") => Self::Python,
            Some(b'p') if line.starts_with(b"panic: ") => Self::Go,
            Some(b'f') if line.starts_with(b"fatal error: ") => Self::Go,
            Some(b't') if line.starts_with(b"thread '") && shape::contains(line, "panicked at") => rust_head(line),
            Some(b'E') if line.starts_with(b"Exception in thread ") => Self::Jvm,
            Some(b'U') if line.starts_with(b"Unhandled exception. ") => Self::Jvm,
            Some(b'P') if line.starts_with(b"PHP ") && shape::contains(line, "Uncaught") => Self::Php,
            Some(b'U') if line.starts_with(b"Uncaught ") => Self::Frames,
            Some(b'/' | b'f' | b'n') if shape::place_line(line) => Self::NodePlace,
            Some(b'A'..=b'Z') if shape::bare_error_line(line) => Self::Frames,
            Some(b'a'..=b'z') if shape::class_line(line) => Self::Jvm,
            _ if ends_with_dashes(line) && shape::key_begins(line) => Self::Key,
            _ => Self::Plain,
        }
    }

    /// The state after `line`, or `None` where it begins an event of its own.
    #[inline]
    pub(super) fn step(self, line: &[u8]) -> Option<Self> {
        match (self, line.first()?) {
            (Self::Key, _) => Some(if shape::contains(line, "-----END") { Self::Plain } else { Self::Key }),
            // The common case of a busy log, decided by one byte.
            (Self::Plain | Self::Json | Self::Frames, b'0'..=b'9' | b'{' | b'[' | b'<') => None,
            (_, b' ' | b'\t') => Some(self.indented(line)),
            _ => self.flush_left(line),
        }
    }

    /// An indented line goes on with whatever is open.
    fn indented(self, line: &[u8]) -> Self {
        let text = line.trim_ascii_start();
        let frame = text.starts_with(b"at ") || text.starts_with(b"from ") || text.starts_with(b"... ");
        match self {
            Self::Plain | Self::Json | Self::Jvm | Self::NodePlace if frame => Self::Frames,
            // Of several at once, every line is indented and drawn into a tree.
            _ if text.starts_with(b"+ Exception Group Traceback (most recent call last)") => Self::Group,
            Self::RustHead => Self::Rust,
            state => state,
        }
    }

    fn flush_left(self, line: &[u8]) -> Option<Self> {
        if shape::blank(line) {
            return Some(if self == Self::RustHead { Self::Rust } else { self });
        }
        if let Some(state) = self.anywhere(line) {
            return Some(state);
        }
        let goes_on = match self {
            Self::Python if !shape::record(line) => return Some(Self::PythonEnd),
            Self::RustHead => return Some(Self::Rust),
            Self::Rust => line.starts_with(b"note: ") || line.starts_with(b"stack backtrace:"),
            Self::Go => {
                let words: [&[u8]; 5] = [b"created by ", b"[signal ", b"exit status ", b"runtime stack:", b"panic: "];
                words.iter().any(|word| line.starts_with(word)) || shape::go_frame(line)
            }
            Self::Php => shape::php_frame(line) || line.starts_with(b"Next "),
            Self::NodePlace => shape::bare_error_line(line) || line.starts_with(b"Uncaught "),
            Self::Frames => line.starts_with(b"Node.js v") || shape::closers(line),
            // The message of an exception may have lines of its own; a line of the log does not look like one.
            Self::Jvm => !shape::record(line),
            _ => false,
        };
        match self {
            Self::NodePlace if goes_on => Some(Self::Frames),
            _ => goes_on.then_some(self),
        }
    }

    /// What continues an event whatever it is: nothing else begins so.
    fn anywhere(self, line: &[u8]) -> Option<Self> {
        let starts = |word: &str| line.starts_with(word.as_bytes());
        match line[0] {
            b'C' if starts("Caused by: ") => Some(Self::Jvm),
            b'S' if starts("Suppressed: ") => Some(Self::Jvm),
            b'S' if starts("Stack trace:") => Some(Self::Php),
            b'T' if starts("Traceback (most recent call last)") && self != Self::PythonEnd => Some(Self::Python),
            b'T' if starts("The above exception was the direct cause") => Some(Self::Plain),
            b'D' if starts("During handling of the above exception") => Some(Self::Plain),
            b'g' if starts("goroutine ") && shape::contains(line, "[") => Some(Self::Go),
            b'-' if starts("--- End of ") => Some(Self::Frames),
            b'.' if starts("... ") => Some(self),
            b'a' if starts("at ") && self.is_trace() => Some(Self::Frames),
            b't' if self == Self::Plain && starts("thread '") && shape::contains(line, "panicked at") => None,
            // The log's line first, the exception that it carries on the next: once, before any frame.
            b'a'..=b'z' if self == Self::Plain && shape::class_line(line) => Some(Self::Jvm),
            _ if shape::ruby_frame(line) => Some(Self::Frames),
            _ => None,
        }
    }
}

fn ends_with_dashes(line: &[u8]) -> bool {
    shape::trimmed(line).ends_with(b"-----")
}

/// Since Rust 1.73 the place ends the first line with a colon, and the message follows on the next.
fn rust_head(line: &[u8]) -> State {
    if shape::trimmed(line).ends_with(b":") { State::RustHead } else { State::Rust }
}

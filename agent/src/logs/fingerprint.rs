//! Names the kind of an error: the class of the innermost exception, the first frame of the user's own code, and the
//! message with its variables taken out.
//!
//! Line numbers are no part of it: a deployment that moves a line has not made a new error.

mod frame;
mod message;

use memchr::memmem;

pub use frame::Own;
pub use message::plain;

/// One kind of error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The same on every host and in every version of this program.
    pub hash: u64,
    /// Empty where the event names none.
    pub class: String,
    pub frame: String,
    pub message: String,
}

impl Kind {
    /// Of an event: a trace, an object of JSON that carries one, or a line.
    pub fn of(event: &[u8], trace: bool, own: &Own) -> Self {
        let event = &event[..event.len().min(EVENT_MAX)];
        if event.first() == Some(&b'{') {
            return json(event, own);
        }
        let text = String::from_utf8_lossy(event);
        if trace { of_trace(&text, own) } else { Self::new("", "", &plain(message::after_head(&text))) }
    }

    fn new(class: &str, frame: &str, message: &str) -> Self {
        let cut = message.char_indices().nth(MESSAGE_MAX).map_or(message, |(at, _)| &message[..at]);
        let parts = [class, frame, cut];
        Self { hash: hash(&parts), class: class.to_owned(), frame: frame.to_owned(), message: cut.to_owned() }
    }

    /// `com.acme.PayException at com.acme.Shop.pay: cannot pay`
    pub fn says(&self) -> String {
        let mut says = self.class.clone();
        if !self.frame.is_empty() {
            says.push_str(if says.is_empty() { "at " } else { " at " });
            says.push_str(&self.frame);
        }
        if !says.is_empty() && !self.message.is_empty() {
            says.push_str(": ");
        }
        says + &self.message
    }

    /// As dimensions and fields carry it: 16 digits of hex.
    pub fn id(&self) -> String {
        format!("{:016x}", self.hash)
    }
}

/// Longest message that is part of a kind, in characters.
const MESSAGE_MAX: usize = 160;
/// What stands further in does not name the kind any more.
const EVENT_MAX: usize = 64 << 10;

/// FNV-1a of 64 bits: stable for ever, which the standard library's hash does not promise.
fn hash(parts: &[&str]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in parts.iter().flat_map(|part| part.bytes().chain([0xFF])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

/// What was thrown, and the text in which its frames stand.
struct Thrown<'a> {
    class: &'a str,
    message: &'a str,
    frames: &'a str,
}

fn of_trace(text: &str, own: &Own) -> Kind {
    let Some(thrown) = thrown(text) else {
        let frame = own.first(text).unwrap_or_default();
        return Kind::new("", &frame, &plain(message::after_head(text)));
    };
    // The innermost cause may hold no frame of one's own ("... 14 more"): then the trace around it does.
    let frame = own.first(thrown.frames).or_else(|| own.first(text)).unwrap_or_default();
    Kind::new(thrown.class, &frame, &plain(thrown.message))
}

/// The innermost exception, by the habits of each language.
fn thrown(text: &str) -> Option<Thrown<'_>> {
    let inner = |mark: &str| text.rfind(mark).map(|at| &text[at + mark.len()..]);
    if text.contains("Traceback (most recent call last)") {
        return python(text);
    }
    if let Some(rest) = text
        .rfind("\nCaused by: ")
        .map(|at| &text[at + 12..])
        .or_else(|| inner("\n ---> "))
        .or_else(|| inner("[cause]: "))
    {
        return Some(named(rest, rest));
    }
    if let Some(at) = text.find("panicked at ") {
        return Some(rust(text, at));
    }
    if let Some(at) =
        text.find("panic: ").or_else(|| text.find("fatal error: ")).filter(|_| text.contains("goroutine "))
    {
        return Some(Thrown { class: "panic", message: first_line(&text[at..]).split_once(": ")?.1, frames: text });
    }
    if let Some(at) = text.find("panic serving ") {
        let message = first_line(&text[at..]).split(": ").nth(1).unwrap_or_default();
        return Some(Thrown { class: "panic", message, frames: text });
    }
    if let Some(at) = text.find("Uncaught ").or_else(|| text.find("Unhandled exception. ")) {
        let rest = text[at..].trim_start_matches("Uncaught ").trim_start_matches("Unhandled exception. ");
        return Some(named(rest, text));
    }
    ruby(text).or_else(|| by_line(text))
}

/// `a.b.C: message` or `a.b.C`, at the beginning of `rest`.
fn named<'a>(rest: &'a str, frames: &'a str) -> Thrown<'a> {
    let line = first_line(rest);
    let (class, message) = line.split_once(": ").unwrap_or((line.trim_end_matches(':'), ""));
    let class = class.rsplit(' ').next().unwrap_or(class);
    Thrown { class, message: message.split(" in /").next().unwrap_or(message), frames }
}

/// The first trace is the first cause; its exception stands on the last line of it.
fn python(text: &str) -> Option<Thrown<'_>> {
    let start = text.find("Traceback (most recent call last)")?;
    let body = &text[start..];
    let mut at = first_line(body).len() + 1;
    for line in body.get(at..)?.split_inclusive('\n') {
        if !line.starts_with([' ', '\t', '\n']) {
            let thrown = named(line, &body[..at]);
            return Some(thrown);
        }
        at += line.len();
    }
    None
}

fn rust(text: &str, at: usize) -> Thrown<'_> {
    let line = first_line(&text[at..]).trim_start_matches("panicked at ");
    // Before 1.73 the message came first, between quotes.
    let message = match line.strip_prefix('\'').and_then(|rest| rest.rsplit_once("', ")) {
        Some((message, _)) => message,
        None => text[at..].lines().nth(1).unwrap_or_default(),
    };
    Thrown { class: "panic", message, frames: text }
}

/// ``app.rb:1:in `pay': no (RuntimeError)`` and `NoMethodError (undefined method):`
fn ruby(text: &str) -> Option<Thrown<'_>> {
    let line = first_line(text).trim_end().trim_end_matches(':');
    let (before, inside) = line.strip_suffix(')')?.rsplit_once(" (")?;
    if is_class(inside) {
        let message = before.split_once(": ").map_or(before, |(_, message)| message);
        return Some(Thrown { class: inside, message, frames: text });
    }
    let class = before.rsplit(' ').next().filter(|class| is_class(class))?;
    Some(Thrown { class, message: inside, frames: text })
}

/// The first line that begins with the name of a class of errors.
fn by_line(text: &str) -> Option<Thrown<'_>> {
    let line = text.lines().find(|line| {
        let line = line
            .strip_prefix("Exception in thread ")
            .and_then(|line| line.split_once("\" "))
            .map_or(*line, |(_, rest)| rest);
        is_class(line.split(':').next().unwrap_or_default().trim_end())
    })?;
    Some(named(line, text))
}

fn is_class(word: &str) -> bool {
    let last = word.rsplit(['.', ':']).next().unwrap_or(word);
    let ends = ["Exception", "Error", "Throwable", "Failure", "Fault"];
    !word.contains(' ')
        && last.starts_with(|c: char| c.is_ascii_uppercase())
        && ends.iter().any(|end| last.contains(end))
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// The trace in a field, else the message in a field.
fn json(event: &[u8], own: &Own) -> Kind {
    const TRACES: [&[u8]; 6] =
        [b"\"stack_trace\"", b"\"stacktrace\"", b"\"exception\"", b"\"stack\"", b"\"exc_info\"", b"\"error\""];
    const MESSAGES: [&[u8]; 3] = [b"\"message\"", b"\"msg\"", b"\"event\""];
    let field = |keys: &[&[u8]]| keys.iter().find_map(|key| string_after(event, key));
    if let Some(trace) = field(&TRACES).filter(|trace| trace.contains('\n') || trace.contains("Error")) {
        return of_trace(&trace, own);
    }
    match field(&MESSAGES) {
        Some(message) => Kind::new("", "", &plain(&message)),
        None => Kind::new("", "", &plain(&String::from_utf8_lossy(event))),
    }
}

/// The text behind a key, its escapes undone as far as they part lines and words.
fn string_after(event: &[u8], key: &[u8]) -> Option<String> {
    let at = memmem::find(event, key)? + key.len();
    let rest = event[at..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"\"")?;
    let mut out = vec![];
    let mut bytes = rest.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => match bytes.next()? {
                b'n' => out.push(b'\n'),
                b't' => out.push(b'\t'),
                b'r' => {}
                other => out.push(*other),
            },
            other => out.push(*other),
        }
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests;

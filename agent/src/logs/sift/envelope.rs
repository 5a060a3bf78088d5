//! How an event is written: as it is, or as an object with what was found out about it.

use crate::logs::escape::{Depth, Mended, escape};
use crate::logs::level::Level;

/// What a message of the log group is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// An object of JSON: Logs Insights finds its fields by themselves. A line that is an object already stays as it is.
    #[default]
    Json,
    /// The text alone.
    Text,
}

/// What was found out about an event.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fields<'a> {
    pub(super) service: &'a str,
    pub(super) level: Option<Level>,
    pub(super) kind: Option<u64>,
    pub(super) id: Option<&'a [u8]>,
    /// It was longer than may be, and goes on in the next one.
    pub(super) cut: bool,
}

/// Behind a text that was cut.
const CUT: &[u8] = b" [cut]";

/// Appends the message, escaped once more for the request; returns its length as the service counts it.
pub(super) fn write(
    out: &mut Vec<u8>,
    format: Format,
    fields: &Fields<'_>,
    source: &str,
    text: &[u8],
    mended: &mut Mended,
) -> usize {
    let object = text.first() == Some(&b'{') && text.last() == Some(&b'}');
    if format == Format::Text || object {
        let mark = if fields.cut { CUT } else { b"" };
        return escape(out, text, Depth::One, mended) + escape(out, mark, Depth::One, mended);
    }
    let mut object = Object { out, len: 0 };
    object.raw(b"{\\\"message\\\":\\\"");
    object.text(text, mended);
    if let Some(level) = fields.level {
        object.raw(b"\\\",\\\"level\\\":\\\"");
        object.raw(level.name().as_bytes());
    }
    object.raw(b"\\\",\\\"service\\\":\\\"");
    object.text(fields.service.as_bytes(), mended);
    object.raw(b"\\\",\\\"source\\\":\\\"");
    object.text(source.as_bytes(), mended);
    if let Some(id) = fields.id {
        object.raw(b"\\\",\\\"trace_id\\\":\\\"");
        object.text(id, mended);
    }
    if let Some(kind) = fields.kind {
        object.raw(b"\\\",\\\"kind\\\":\\\"");
        object.hex(kind);
    }
    object.raw(if fields.cut { b"\\\",\\\"cut\\\":true}" } else { b"\\\"}" });
    object.len
}

/// `{"message":"repeated 412 times, ...","event":"repeated","kind":"...","repeats":412}`
pub(super) fn repeated(out: &mut Vec<u8>, format: Format, kind: u64, repeats: u64, line: &[u8]) -> usize {
    let mut mended = Mended::default();
    if format == Format::Text {
        return escape(out, line, Depth::One, &mut mended);
    }
    let mut object = Object { out, len: 0 };
    object.raw(b"{\\\"message\\\":\\\"");
    object.text(line, &mut mended);
    object.raw(b"\\\",\\\"event\\\":\\\"repeated\\\",\\\"kind\\\":\\\"");
    object.hex(kind);
    object.raw(b"\\\",\\\"repeats\\\":");
    object.raw(repeats.to_string().as_bytes());
    object.raw(b"}");
    object.len
}

struct Object<'a> {
    out: &'a mut Vec<u8>,
    len: usize,
}

impl Object<'_> {
    /// Written by us, escaped by us: a backslash before each quote, which the service does not count.
    fn raw(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
        self.len += text.len() - memchr::memchr_iter(b'\\', text).count();
    }

    fn text(&mut self, text: &[u8], mended: &mut Mended) {
        self.len += escape(self.out, text, Depth::Two, mended);
    }

    fn hex(&mut self, number: u64) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digits: [u8; 16] = std::array::from_fn(|at| DIGITS[(number >> (60 - 4 * at)) as usize & 15]);
        self.raw(&digits);
    }
}

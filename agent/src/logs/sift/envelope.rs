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
    pub(super) level: Option<Level>,
    pub(super) kind: Option<u64>,
    pub(super) id: Option<&'a [u8]>,
    /// It was longer than may be, and goes on in the next one.
    pub(super) cut: bool,
}

/// Where the events of one source come from, written once: it stands in every one of them.
#[derive(Debug)]
pub(super) struct Origin {
    escaped: Vec<u8>,
    len: usize,
}

impl Origin {
    pub(super) fn new(service: &str, source: &str) -> Self {
        let (mut escaped, mut mended) = (vec![], Mended::default());
        let mut object = Object { out: &mut escaped, len: 0 };
        object.raw(SERVICE);
        object.text(service.as_bytes(), &mut mended);
        object.raw(SOURCE);
        object.text(source.as_bytes(), &mut mended);
        let len = object.len;
        Self { escaped, len }
    }
}

/// Behind a text that was cut.
const CUT: &[u8] = b" [cut]";

/// Appends the message, escaped once more for the request; returns its length as the service counts it.
pub(super) fn write(
    out: &mut Vec<u8>,
    format: Format,
    fields: &Fields<'_>,
    origin: &Origin,
    text: &[u8],
    mended: &mut Mended,
) -> usize {
    let object = text.first() == Some(&b'{') && text.last() == Some(&b'}');
    if format == Format::Text || object {
        let mark = if fields.cut { CUT } else { b"" };
        return escape(out, text, Depth::One, mended) + escape(out, mark, Depth::One, mended);
    }
    let mut object = Object { out, len: 0 };
    object.raw(MESSAGE);
    object.text(text, mended);
    if let Some(level) = fields.level {
        object.raw(LEVEL);
        object.plain(level.name().as_bytes());
    }
    object.out.extend_from_slice(&origin.escaped);
    object.len += origin.len;
    if let Some(id) = fields.id {
        object.raw(TRACE_ID);
        object.text(id, mended);
    }
    if let Some(kind) = fields.kind {
        object.raw(KIND);
        object.hex(kind);
    }
    object.raw(if fields.cut { END_OF_CUT } else { END });
    object.len
}

/// `{"message":"repeated 412 times, ...","event":"repeated","kind":"...","repeats":412}`
pub(super) fn repeated(out: &mut Vec<u8>, format: Format, kind: u64, repeats: u64, line: &[u8]) -> usize {
    let mut mended = Mended::default();
    if format == Format::Text {
        return escape(out, line, Depth::One, &mut mended);
    }
    let mut object = Object { out, len: 0 };
    object.raw(MESSAGE);
    object.text(line, &mut mended);
    object.raw(REPEATED);
    object.hex(kind);
    object.raw(REPEATS);
    object.plain(repeats.to_string().as_bytes());
    object.raw(CLOSE);
    object.len
}

/// Written by us, escaped by us, and counted once: a backslash before each quote, which the service does not count.
#[derive(Clone, Copy)]
struct Piece(&'static [u8], usize);

impl Piece {
    const fn of(text: &'static [u8]) -> Self {
        let (mut at, mut len) = (0, 0);
        while at < text.len() {
            len += (text[at] != b'\\') as usize;
            at += 1;
        }
        Self(text, len)
    }
}

const SERVICE: Piece = Piece::of(br#"\",\"service\":\""#);
const SOURCE: Piece = Piece::of(br#"\",\"source\":\""#);
const MESSAGE: Piece = Piece::of(br#"{\"message\":\""#);
const LEVEL: Piece = Piece::of(br#"\",\"level\":\""#);
const TRACE_ID: Piece = Piece::of(br#"\",\"trace_id\":\""#);
const KIND: Piece = Piece::of(br#"\",\"kind\":\""#);
const END_OF_CUT: Piece = Piece::of(br#"\",\"cut\":true}"#);
const END: Piece = Piece::of(br#"\"}"#);
const REPEATED: Piece = Piece::of(br#"\",\"event\":\"repeated\",\"kind\":\""#);
const REPEATS: Piece = Piece::of(br#"\",\"repeats\":"#);
const CLOSE: Piece = Piece::of(br"}");

struct Object<'a> {
    out: &'a mut Vec<u8>,
    len: usize,
}

impl Object<'_> {
    fn raw(&mut self, Piece(text, len): Piece) {
        self.out.extend_from_slice(text);
        self.len += len;
    }

    /// Nothing to escape in it.
    fn plain(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
        self.len += text.len();
    }

    fn text(&mut self, text: &[u8], mended: &mut Mended) {
        self.len += escape(self.out, text, Depth::Two, mended);
    }

    fn hex(&mut self, number: u64) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digits: [u8; 16] = std::array::from_fn(|at| DIGITS[(number >> (60 - 4 * at)) as usize & 15]);
        self.plain(&digits);
    }
}

//! Text into the strings of JSON, once or twice over.
//!
//! The bodies of `PutLogEvents` are written here directly, byte by byte into one buffer: the SDK would first hold each
//! message as a `String` of its own, then copy all of them into a document, which costs more than everything else that
//! we do to a line (`docs/performance.md`).

/// How deep a text stands: in a string of the request, or in a string of an object that is itself such a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    One,
    Two,
}

/// What was mended on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mended {
    /// Sequences of bytes that are no UTF-8; each went as U+FFFD.
    pub invalid: u64,
    /// NUL bytes, left out.
    pub nul: u64,
}

/// Which bytes go as they are. Bytes from 0x80 do, once the text is known to be UTF-8.
const PLAIN: [bool; 256] = {
    let mut table = [true; 256];
    let mut at = 0;
    while at < 0x20 {
        table[at] = false;
        at += 1;
    }
    table[0x7F] = false;
    table[b'"' as usize] = false;
    table[b'\\' as usize] = false;
    table
};

/// Appends `text`, and returns how many bytes it has as the service counts them: with one depth of escapes undone.
pub fn escape(out: &mut Vec<u8>, text: &[u8], depth: Depth, mended: &mut Mended) -> usize {
    if std::str::from_utf8(text).is_ok() {
        return valid(out, text, depth, mended);
    }
    let mut len = 0;
    for chunk in text.utf8_chunks() {
        len += valid(out, chunk.valid().as_bytes(), depth, mended);
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{FFFD}".as_bytes());
            len += '\u{FFFD}'.len_utf8();
            mended.invalid += 1;
        }
    }
    len
}

fn valid(out: &mut Vec<u8>, text: &[u8], depth: Depth, mended: &mut Mended) -> usize {
    let mut len = text.len();
    let mut rest = text;
    while let Some(plain) = first_special(rest) {
        out.extend_from_slice(&rest[..plain]);
        len = len - 1 + special(out, rest[plain], depth, mended);
        rest = &rest[plain + 1..];
    }
    out.extend_from_slice(rest);
    len
}

/// Eight bytes at a time. The borrow of a subtraction spoils only what stands above a true hit, and the lowest is asked.
fn first_special(text: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    let below = |word: u64, than: u64| word.wrapping_sub(ONES * than) & !word;
    let (words, tail) = text.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
        let hits = (below(word, 0x20) | is(b'"') | is(b'\\') | is(0x7F)) & HIGH;
        if hits != 0 {
            return Some(at * 8 + hits.trailing_zeros() as usize / 8);
        }
    }
    let at = tail.iter().position(|byte| !PLAIN[usize::from(*byte)])?;
    Some(words.len() * 8 + at)
}

/// Appends one byte that must not go as it is; returns its length as the service counts it.
fn special(out: &mut Vec<u8>, byte: u8, depth: Depth, mended: &mut Mended) -> usize {
    let (once, twice): (&[u8], &[u8]) = match byte {
        b'"' => (b"\\\"", b"\\\\\\\""),
        b'\\' => (b"\\\\", b"\\\\\\\\"),
        b'\n' => (b"\\n", b"\\\\n"),
        b'\r' => (b"\\r", b"\\\\r"),
        b'\t' => (b"\\t", b"\\\\t"),
        0 => {
            mended.nul += 1;
            return 0;
        }
        other => {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            let digits = [HEX[usize::from(other >> 4)], HEX[usize::from(other & 15)]];
            out.extend_from_slice(if depth == Depth::One { b"\\u00" } else { b"\\\\u00" });
            out.extend_from_slice(&digits);
            return if depth == Depth::One { 1 } else { 6 };
        }
    };
    match depth {
        Depth::One => {
            out.extend_from_slice(once);
            1
        }
        Depth::Two => {
            out.extend_from_slice(twice);
            once.len()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn once(text: &[u8], depth: Depth) -> (String, usize) {
        let mut out = vec![];
        let len = escape(&mut out, text, depth, &mut Mended::default());
        (serde_json::from_str(&format!("\"{}\"", String::from_utf8(out).unwrap())).unwrap(), len)
    }

    #[test]
    fn what_cannot_be_text_is_mended_and_counted() {
        let mut mended = Mended::default();
        let mut out = vec![];
        let len = escape(&mut out, b"a\0b\xFF\xFEc", Depth::One, &mut mended);
        assert_eq!((String::from_utf8(out).unwrap().as_str(), len), ("ab\u{FFFD}\u{FFFD}c", 9));
        assert_eq!(mended, Mended { invalid: 2, nul: 1 });
    }

    proptest! {
        /// What a parser of JSON reads back is the text, and the length is the service's.
        #[test]
        fn a_parser_reads_it_back(text in "\\PC{0,40}|[\\x01-\\x7f\"\\\\]{0,40}") {
            let (read, len) = once(text.as_bytes(), Depth::One);
            prop_assert_eq!((read.as_str(), len), (text.as_str(), text.len()));
            let (read, len) = once(text.as_bytes(), Depth::Two);
            prop_assert_eq!(len, read.len());
            let twice: String = serde_json::from_str(&format!("\"{read}\"")).unwrap();
            prop_assert_eq!(twice, text);
        }

        #[test]
        fn the_first_special_byte_is_found(text in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(first_special(&text), text.iter().position(|byte| !PLAIN[usize::from(*byte)]));
        }

        #[test]
        fn any_bytes(text in prop::collection::vec(any::<u8>(), 0..60)) {
            let (read, len) = once(&text, Depth::One);
            prop_assert_eq!(read.len(), len);
        }
    }
}

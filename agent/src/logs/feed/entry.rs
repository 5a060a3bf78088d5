//! The export format of the journal, read as it comes: fields by line or, where a value is no text, by length.
//!
//! Bytes in any portions go in, entries come out. Never: more memory than one message may have; an entry without the
//! cursor that stands at its head.

use crate::logs::level::Level;

/// A message longer than this is cut; the event's own bound is smaller unless the user said otherwise.
pub const MESSAGE_MAX: usize = 1 << 20;
/// No other field that we ask for is longer than some hundred bytes.
const FIELD_MAX: usize = 1_024;
/// The length before a binary value: 64 bits, little-endian.
const LENGTH: usize = 8;

/// The fields that we ask for. The cursor and the time come with every entry.
pub const FIELDS: &str = "MESSAGE,PRIORITY,_SYSTEMD_UNIT,_SYSTEMD_USER_UNIT,SYSLOG_IDENTIFIER,_TRANSPORT,_PID";

/// One entry, as far as it is of use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    pub cursor: String,
    pub time_ms: Option<i64>,
    pub level: Option<Level>,
    pub message: Vec<u8>,
    /// The message was longer than may be.
    pub cut: bool,
    unit: String,
    user_unit: String,
    identifier: String,
    transport: String,
    pub pid: String,
}

impl Entry {
    /// Who wrote it: its unit, else the name that it gives itself, else `kernel`.
    pub fn writer(&self) -> &str {
        let names = [&self.user_unit, &self.unit, &self.identifier, &self.transport];
        names.into_iter().find(|name| !name.is_empty()).map_or("journal", String::as_str)
    }

    fn take(&mut self, name: &[u8], value: Vec<u8>, cut: bool) {
        let text = || String::from_utf8_lossy(&value).into_owned();
        match name {
            b"__CURSOR" => self.cursor = text(),
            b"__REALTIME_TIMESTAMP" => self.time_ms = text().parse::<i64>().ok().map(|us| us / 1_000),
            b"PRIORITY" => self.level = text().parse().ok().filter(|severity| *severity < 8).map(Level::of_severity),
            b"_SYSTEMD_UNIT" => self.unit = text(),
            b"_SYSTEMD_USER_UNIT" => self.user_unit = text(),
            b"SYSLOG_IDENTIFIER" => self.identifier = text(),
            b"_TRANSPORT" => self.transport = text(),
            b"_PID" => self.pid = text(),
            b"MESSAGE" => (self.message, self.cut) = (value, cut),
            _ => {}
        }
    }
}

/// What the next byte is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Name,
    Text,
    Length,
    Binary {
        left: u64,
    },
    /// The line's end behind a binary value.
    End,
}

/// Reads entries from a stream.
#[derive(Debug)]
pub struct Parser {
    at: At,
    name: Vec<u8>,
    value: Vec<u8>,
    cut: bool,
    entry: Entry,
}

impl Default for Parser {
    fn default() -> Self {
        Self { at: At::Name, name: vec![], value: vec![], cut: false, entry: Entry::default() }
    }
}

impl Parser {
    /// Takes bytes from the front of `bytes`, up to the end of an entry or of the bytes.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Option<Entry> {
        while !bytes.is_empty() {
            if let Some(entry) = self.step(bytes) {
                return Some(entry);
            }
        }
        None
    }

    fn step(&mut self, bytes: &mut &[u8]) -> Option<Entry> {
        match self.at {
            At::Name => {
                let ends = memchr::memchr2(b'=', b'\n', bytes);
                keep(&mut self.name, &bytes[..ends.unwrap_or(bytes.len())], FIELD_MAX);
                *bytes = &bytes[ends.map_or(bytes.len(), |at| at)..];
                let (&end, rest) = bytes.split_first()?;
                *bytes = rest;
                match end {
                    b'=' => self.at = At::Text,
                    _ if self.name.is_empty() => return self.ended(),
                    _ => self.at = At::Length,
                }
            }
            At::Text => {
                let end = memchr::memchr(b'\n', bytes);
                self.keep_value(&bytes[..end.unwrap_or(bytes.len())]);
                *bytes = &bytes[end.map_or(bytes.len(), |at| at + 1)..];
                if end.is_some() {
                    self.field();
                }
            }
            At::Length => {
                let want = (LENGTH - self.value.len()).min(bytes.len());
                self.value.extend_from_slice(&bytes[..want]);
                *bytes = &bytes[want..];
                if let Ok(length) = <[u8; LENGTH]>::try_from(self.value.as_slice()) {
                    self.value.clear();
                    self.binary(u64::from_le_bytes(length));
                }
            }
            At::Binary { left } => {
                let take = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                self.keep_value(&bytes[..take]);
                *bytes = &bytes[take..];
                self.binary(left - take as u64);
            }
            At::End => {
                *bytes = &bytes[1..];
                self.field();
            }
        }
        None
    }

    fn binary(&mut self, left: u64) {
        self.at = if left == 0 { At::End } else { At::Binary { left } };
    }

    fn keep_value(&mut self, bytes: &[u8]) {
        let most = if self.name == b"MESSAGE" { MESSAGE_MAX } else { FIELD_MAX };
        self.cut |= !keep(&mut self.value, bytes, most);
    }

    fn field(&mut self) {
        let (name, value) = (std::mem::take(&mut self.name), std::mem::take(&mut self.value));
        self.entry.take(&name, value, std::mem::take(&mut self.cut));
        self.at = At::Name;
    }

    /// An empty line ends an entry. One without a cursor is none of the journal's: noise is passed over.
    fn ended(&mut self) -> Option<Entry> {
        let entry = std::mem::take(&mut self.entry);
        (!entry.cursor.is_empty()).then_some(entry)
    }
}

/// `false`: not all of it had room.
fn keep(kept: &mut Vec<u8>, bytes: &[u8], most: usize) -> bool {
    let room = most.saturating_sub(kept.len()).min(bytes.len());
    kept.extend_from_slice(&bytes[..room]);
    room == bytes.len()
}

/// For the fuzzer: any bytes in any portions give the same entries, within their bounds.
pub fn fuzz_journal(data: &[u8]) {
    let Some((&portion, data)) = data.split_first() else { return };
    let read = |portion: usize| {
        let (mut parser, mut entries) = (Parser::default(), vec![]);
        for mut bytes in data.chunks(portion) {
            while let Some(entry) = parser.next(&mut bytes) {
                assert!(!entry.cursor.is_empty() && entry.message.len() <= MESSAGE_MAX);
                entries.push(entry);
            }
            assert!(bytes.is_empty(), "bytes left behind");
        }
        entries
    };
    assert_eq!(read(usize::from(portion) + 1), read(data.len().max(1)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(mut bytes: &[u8]) -> Vec<Entry> {
        let mut parser = Parser::default();
        std::iter::from_fn(|| parser.next(&mut bytes)).collect()
    }

    /// As journalctl of systemd 252 printed it, with the fields that we ask for.
    const PRINTED: &[u8] = b"__CURSOR=s=76;i=7;t=660cbbcac8ca8;x=d9\n__REALTIME_TIMESTAMP=1795278020316328\n\
        __MONOTONIC_TIMESTAMP=13206128069\n_BOOT_ID=1b4e\nPRIORITY=3\nMESSAGE=one=1\nSYSLOG_IDENTIFIER=shop\n_PID=13447\n\n\
        __CURSOR=s=76;i=8\n__REALTIME_TIMESTAMP=1795278020320441\n_SYSTEMD_UNIT=shop.service\nSYSLOG_IDENTIFIER=java\n\
        MESSAGE\n\x0f\0\0\0\0\0\0\0two\nlines \xff\0end\nPRIORITY=4\n\n__CURSOR=s=76;i=9\n_TRANSPORT=kernel\n\n";

    #[test]
    fn entries_as_journalctl_prints_them() {
        let entries = read(PRINTED);
        let heads: Vec<_> = entries
            .iter()
            .map(|entry| (entry.cursor.as_str(), entry.time_ms, entry.level, entry.writer(), entry.pid.as_str()))
            .collect();
        assert_eq!(
            heads,
            [
                ("s=76;i=7;t=660cbbcac8ca8;x=d9", Some(1_795_278_020_316), Some(Level::Error), "shop", "13447"),
                ("s=76;i=8", Some(1_795_278_020_320), Some(Level::Warn), "shop.service", ""),
                ("s=76;i=9", None, None, "kernel", ""),
            ]
        );
        assert_eq!(entries[0].message, b"one=1");
        assert_eq!(entries[1].message, b"two\nlines \xff\0end");
        assert!(entries[2].message.is_empty());
    }

    #[test]
    fn what_is_no_entry_is_passed_over_and_bounds_hold() {
        assert!(read(b"No entries\n\0\0\0\0\0\0\0\0\n\n\n-- garbage --").is_empty());
        let long = [b"__CURSOR=a\nMESSAGE=".as_slice(), &vec![b'x'; MESSAGE_MAX + 5], b"\n\n"].concat();
        let entries = read(&long);
        assert_eq!((entries[0].message.len(), entries[0].cut), (MESSAGE_MAX, true));
        let huge = [b"__CURSOR=a\nMESSAGE\n".as_slice(), &u64::MAX.to_le_bytes(), &[b'x'; 100]].concat();
        assert!(read(&huge).is_empty(), "it never ends, and is not kept");
    }

    proptest! {
        #[test]
        fn portions_do_not_matter(portion in 1_usize..40) {
            let (mut parser, mut entries) = (Parser::default(), vec![]);
            for mut bytes in PRINTED.chunks(portion) {
                while let Some(entry) = parser.next(&mut bytes) {
                    entries.push(entry);
                }
            }
            prop_assert_eq!(entries, read(PRINTED));
        }

        #[test]
        fn any_bytes(data in prop::collection::vec(any::<u8>(), 0..300)) {
            fuzz_journal(&data);
        }

        /// What is written in the format is read as it was meant, text or not.
        #[test]
        fn any_message(message in prop::collection::vec(any::<u8>(), 0..200), after in "[a-z]{0,9}") {
            let length = (message.len() as u64).to_le_bytes();
            let text = [b"__CURSOR=c\nMESSAGE\n".as_slice(), &length, &message, b"\n_PID=", after.as_bytes(), b"\n\n"].concat();
            let entries = read(&text);
            prop_assert_eq!((&entries[0].message, entries[0].pid.as_str()), (&message, after.as_str()));
        }
    }
}

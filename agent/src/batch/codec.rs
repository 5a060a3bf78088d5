//! A request as bytes for the spool, and back.
//!
//! Written by hand: names repeat in every datum and are stored once, numbers keep every bit (JSON would not), and a
//! format that outlives a version is better read off one page. Integers are LEB128; a text is its length and its bytes:
//!
//! ```text
//! 1 | namespace | texts: n, text... | datums: n, datum...
//! datum = name | unit | dimensions: n, (name, value)... | seconds (zigzag) | flags | values: n, f64... | counts: f64...
//! flags = 1: high resolution, 2: every count is 1 and none is stored
//! ```
//!
//! Reading is total: whatever the bytes, it ends with a request or with `Broken`, and never asks for more memory than
//! the bytes could hold.

use std::collections::HashMap;
use std::sync::Arc;

use alarm::series::{Dimensions, Series, Unit};

use super::{Datum, Request};

const VERSION: u8 = 1;
const FINE: u8 = 1;
const COUNTS_ARE_ONE: u8 = 2;

/// Bytes that no version of ours wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no request of this version")]
pub struct Broken;

impl Request {
    pub fn encode(&self) -> Vec<u8> {
        let mut texts = Texts::default();
        let mut body = Vec::with_capacity(self.datums.len() * 32);
        put_integer(&mut body, self.datums.len() as u64);
        for datum in &self.datums {
            put_datum(&mut body, datum, &mut texts);
        }
        let mut bytes = vec![VERSION];
        put_text(&mut bytes, &self.namespace);
        put_integer(&mut bytes, texts.list.len() as u64);
        texts.list.iter().for_each(|text| put_text(&mut bytes, text));
        bytes.extend(body);
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, Broken> {
        let mut reader = Reader(bytes);
        if reader.byte()? != VERSION {
            return Err(Broken);
        }
        let namespace = reader.text()?.to_owned();
        let texts = reader.list(1, Reader::text)?;
        let datums = reader.list(6, |reader| reader.datum(&namespace, &texts))?;
        if !reader.0.is_empty() {
            return Err(Broken);
        }
        Ok(Self { namespace, datums })
    }
}

/// Each text once, by the order of first use.
#[derive(Default)]
struct Texts<'a> {
    list: Vec<&'a str>,
    at: HashMap<&'a str, u64>,
}

impl<'a> Texts<'a> {
    fn put(&mut self, body: &mut Vec<u8>, text: &'a str) {
        let at = *self.at.entry(text).or_insert_with(|| {
            self.list.push(text);
            self.list.len() as u64 - 1
        });
        put_integer(body, at);
    }
}

fn put_datum<'a>(body: &mut Vec<u8>, datum: &'a Datum, texts: &mut Texts<'a>) {
    texts.put(body, &datum.series.name);
    texts.put(body, datum.unit.name());
    put_integer(body, datum.series.dimensions.len() as u64);
    for (name, value) in &datum.series.dimensions {
        texts.put(body, name);
        texts.put(body, value);
    }
    put_integer(body, ((datum.at << 1) ^ (datum.at >> 63)) as u64);
    let ones = datum.values.iter().all(|(_, count)| *count == 1.0);
    body.push(if datum.fine { FINE } else { 0 } | if ones { COUNTS_ARE_ONE } else { 0 });
    put_integer(body, datum.values.len() as u64);
    datum.values.iter().for_each(|(value, _)| body.extend(value.to_le_bytes()));
    if !ones {
        datum.values.iter().for_each(|(_, count)| body.extend(count.to_le_bytes()));
    }
}

fn put_integer(body: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        body.push(value as u8 | 0x80);
        value >>= 7;
    }
    body.push(value as u8);
}

fn put_text(body: &mut Vec<u8>, text: &str) {
    put_integer(body, text.len() as u64);
    body.extend(text.as_bytes());
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Broken> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Broken)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Broken> {
        Ok(self.take(1)?[0])
    }

    fn integer(&mut self) -> Result<u64, Broken> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift).ok_or(Broken)?;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Broken)
    }

    fn number(&mut self) -> Result<f64, Broken> {
        Ok(f64::from_le_bytes(self.take(8)?.try_into().map_err(|_| Broken)?))
    }

    fn text(&mut self) -> Result<&'a str, Broken> {
        let length = usize::try_from(self.integer()?).map_err(|_| Broken)?;
        std::str::from_utf8(self.take(length)?).map_err(|_| Broken)
    }

    /// `least` bytes an item: a length that the rest could not hold is refused before memory is asked for.
    fn list<T>(
        &mut self,
        least: usize,
        mut item: impl FnMut(&mut Self) -> Result<T, Broken>,
    ) -> Result<Vec<T>, Broken> {
        let length = usize::try_from(self.integer()?).map_err(|_| Broken)?;
        if length.checked_mul(least).is_none_or(|bytes| bytes > self.0.len()) {
            return Err(Broken);
        }
        (0..length).map(|_| item(self)).collect()
    }

    fn named<'t>(&mut self, texts: &[&'t str]) -> Result<&'t str, Broken> {
        let at = usize::try_from(self.integer()?).map_err(|_| Broken)?;
        texts.get(at).copied().ok_or(Broken)
    }

    fn datum(&mut self, namespace: &str, texts: &[&str]) -> Result<Datum, Broken> {
        let name = self.named(texts)?.to_owned();
        let unit = Unit::parse(self.named(texts)?).ok_or(Broken)?;
        let pairs = self.list(2, |reader| Ok((reader.named(texts)?, reader.named(texts)?)))?;
        let zigzag = self.integer()?;
        let at = (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64);
        let flags = self.byte()?;
        let mut values = self.list(8, |reader| Ok((reader.number()?, 1.0)))?;
        if flags & COUNTS_ARE_ONE == 0 {
            for (_, count) in &mut values {
                *count = self.number()?;
            }
        }
        let series = Series { namespace: namespace.to_owned(), name, dimensions: Dimensions::from_iter(pairs) };
        Ok(Datum { series: Arc::new(series), unit, at, fine: flags & FINE != 0, values })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn datums() -> impl Strategy<Value = Vec<Datum>> {
        let word = "[ -~가-힣]{1,12}";
        let dimensions = prop::collection::vec((word, word), 0..4);
        let values = prop::collection::vec((any::<f64>(), prop_oneof![Just(1.0), 0.1..1e6]), 0..20);
        let unit = prop::sample::select(Unit::TABLE);
        let datum = (word, dimensions, unit, any::<i64>(), any::<bool>(), values).prop_map(
            |(name, dimensions, (unit, _), at, fine, mut values)| {
                values.retain(|(value, _)| !value.is_nan());
                let dimensions = dimensions.into_iter().collect();
                let series = Series { namespace: "디스크/N".into(), name, dimensions };
                Datum { series: Arc::new(series), unit, at, fine, values }
            },
        );
        prop::collection::vec(datum, 0..20)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(datums in datums()) {
            let request = Request { namespace: "디스크/N".into(), datums };
            prop_assert_eq!(Request::decode(&request.encode()), Ok(request));
        }

        #[test]
        fn any_bytes_end_in_a_request_or_broken(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = Request::decode(&bytes);
        }

        #[test]
        fn a_wound_is_read_without_harm(datums in datums(), at in any::<prop::sample::Index>(), by in 1..255_u8) {
            let mut bytes = Request { namespace: "N".into(), datums }.encode();
            let at = at.index(bytes.len());
            bytes[at] = bytes[at].wrapping_add(by);
            let _ = Request::decode(&bytes);
            prop_assert_eq!(Request::decode(&bytes[..at]), Err(Broken));
        }
    }

    #[test]
    fn a_great_length_asks_for_no_memory() {
        let mut bytes = vec![VERSION, 1, b'N'];
        put_integer(&mut bytes, u64::MAX);
        assert_eq!(Request::decode(&bytes), Err(Broken));
    }
}

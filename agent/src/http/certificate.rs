//! When a certificate ends: the one field of X.509 that we want, read by hand (`webpki` checks it and does not tell it).

use alarm::points::Time;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xA0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The `notAfter` of a certificate in DER, in seconds since 1970.
pub fn ends(certificate: &[u8]) -> Option<Time> {
    let (whole, _) = tagged(certificate, SEQUENCE)?;
    let (mut body, _) = tagged(whole, SEQUENCE)?;
    if body.first() == Some(&VERSION) {
        body = element(body)?.2;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        body = element(body)?.2;
    }
    let (validity, _) = tagged(body, SEQUENCE)?;
    let (_, _, after) = element(validity)?;
    let (tag, text, _) = element(after)?;
    time(tag, std::str::from_utf8(text).ok()?)
}

/// Tag, content, and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        short @ ..0x80 => (usize::from(*short), rest),
        long => {
            let count = usize::from(long & 0x7F);
            if count == 0 || count > 4 {
                return None;
            }
            let (length, rest) = rest.split_at_checked(count)?;
            (length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
        }
    };
    let (content, after) = rest.split_at_checked(length)?;
    Some((*tag, content, after))
}

fn tagged(bytes: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    element(bytes).filter(|(tag, ..)| *tag == wanted).map(|(_, content, after)| (content, after))
}

/// `YYMMDDHHMMSSZ` before 2050, `YYYYMMDDHHMMSSZ` from then on (RFC 5280, 4.1.2.5).
fn time(tag: u8, text: &str) -> Option<Time> {
    let digits = text.strip_suffix('Z').filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))?;
    let (year, rest) = match (tag, digits.len()) {
        (UTC_TIME, 12) => {
            let year: i16 = digits[..2].parse().ok()?;
            (if year < 50 { 2_000 + year } else { 1_900 + year }, &digits[2..])
        }
        (GENERALIZED_TIME, 14) => (digits[..4].parse().ok()?, &digits[4..]),
        _ => return None,
    };
    let two = |at: usize| rest[at..at + 2].parse::<i8>().ok();
    let civil = jiff::civil::DateTime::new(year, two(0)?, two(2)?, two(4)?, two(6)?, two(8)?, 0).ok()?;
    Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, 0x82, (content.len() >> 8) as u8, content.len() as u8], content].concat()
    }

    fn certificate(tag: u8, until: &str) -> Vec<u8> {
        let validity = [der(UTC_TIME, b"250101000000Z"), der(tag, until.as_bytes())].concat();
        let parts = [
            der(VERSION, &der(2, &[2])),
            der(2, &[7]),
            der(SEQUENCE, &[]),
            der(SEQUENCE, b"x"),
            der(SEQUENCE, &validity),
        ];
        der(SEQUENCE, &der(SEQUENCE, &parts.concat()))
    }

    #[test]
    fn both_forms_of_a_time() {
        assert_eq!(ends(&certificate(UTC_TIME, "270101000000Z")), Some(1_798_761_600));
        assert_eq!(ends(&certificate(GENERALIZED_TIME, "20500101000000Z")), Some(2_524_608_000));
        assert_eq!(ends(&certificate(UTC_TIME, "271301000000Z")), None);
        assert_eq!(ends(b""), None);
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(data in prop::collection::vec(any::<u8>(), 0..200), cut in 0..80_usize) {
            let _ = ends(&data);
            let whole = certificate(UTC_TIME, "270101000000Z");
            let _ = ends(&whole[..cut.min(whole.len())]);
        }
    }
}

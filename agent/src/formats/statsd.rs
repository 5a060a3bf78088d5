//! A line of `StatsD` or `DogStatsD`, read without an allocation: `name:v1:v2|type|@rate|#tag:value,tag`.
//!
//! Pure. What no line can be is said as a reason; nothing here panics, whatever the bytes.

use memchr::memchr;

use super::number::number;

/// What a sample means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `c`: so many more.
    Counter,
    /// `g`: so it stands now.
    Gauge,
    /// `ms`: took so many milliseconds.
    Timer,
    /// `h`, `d`: a value whose distribution counts.
    Histogram,
    /// `s`: somebody was here.
    Set,
}

/// One line; its values are read by `values`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line<'a> {
    pub name: &'a str,
    pub kind: Kind,
    pub values: &'a [u8],
    /// How many each value stands for: 1 / rate.
    pub weight: f64,
    /// `k:v,k2:v2`, without the `#`.
    pub tags: &'a str,
    /// Whether it says its time (`T`), which is not looked at: what is sent counts now.
    pub is_timed: bool,
}

/// Why a line was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    NoName,
    NoValue,
    NoKind,
    BadRate,
    NotUtf8,
    /// Events (`_e{`) and service checks (`_sc`) are no metrics.
    NoMetric,
}

/// A line cut at its values, and not looked at further: what a client writes again and again is the same but for them.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    pub name: &'a [u8],
    pub values: &'a [u8],
    pub tail: &'a [u8],
}

pub fn parts(bytes: &[u8]) -> Result<Parts<'_>, Unread> {
    let colon = memchr(b':', bytes).ok_or(Unread::NoValue)?;
    let (name, rest) = (&bytes[..colon], &bytes[colon + 1..]);
    let bar = memchr(b'|', rest).ok_or(Unread::NoKind)?;
    Ok(Parts { name, values: &rest[..bar], tail: &rest[bar + 1..] })
}

/// Reads one line, without its line end.
pub fn line(bytes: &[u8]) -> Result<Line<'_>, Unread> {
    let Parts { name, values, tail: mut rest } = parts(bytes)?;
    if name.is_empty() {
        return Err(Unread::NoName);
    }
    if name.starts_with(b"_e{") || name.starts_with(b"_sc|") {
        return Err(Unread::NoMetric);
    }
    if values.is_empty() {
        return Err(Unread::NoValue);
    }
    let kind = kind(next(&mut rest)).ok_or(Unread::NoKind)?;
    let (mut weight, mut tags, mut is_timed) = (1.0, &b""[..], false);
    while !rest.is_empty() {
        let part = next(&mut rest);
        match part.first() {
            Some(b'@') => {
                let rate = number(&part[1..]).filter(|rate| *rate > 0.0 && *rate <= 1.0).ok_or(Unread::BadRate)?;
                weight = 1.0 / rate;
            }
            Some(b'#') => tags = &part[1..],
            Some(b'T') => is_timed = true,
            // A container's id (`c:`), and whatever comes later.
            _ => {}
        }
    }
    let utf8 = |bytes| std::str::from_utf8(bytes).map_err(|_| Unread::NotUtf8);
    Ok(Line { name: utf8(name)?, kind, values, weight, tags: utf8(tags)?, is_timed })
}

/// Up to the next bar.
fn next<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let end = memchr(b'|', rest).unwrap_or(rest.len());
    let part = &rest[..end];
    *rest = rest.get(end + 1..).unwrap_or_default();
    part
}

fn kind(word: &[u8]) -> Option<Kind> {
    Some(match word {
        b"c" => Kind::Counter,
        b"g" => Kind::Gauge,
        b"ms" => Kind::Timer,
        b"h" | b"d" => Kind::Histogram,
        b"s" => Kind::Set,
        _ => return None,
    })
}

/// The lines of a packet; empty ones are none.
pub fn lines(packet: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = packet;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let end = memchr(b'\n', rest).unwrap_or(rest.len());
            let line = rest[..end].trim_ascii_end();
            rest = rest.get(end + 1..).unwrap_or_default();
            if !line.is_empty() {
                return Some(line);
            }
        }
        None
    })
}

/// The values of a line: several may be packed.
pub fn values(packed: &[u8]) -> impl Iterator<Item = &[u8]> {
    packed.split(|byte| *byte == b':')
}

/// The tags, each with its value; a tag without one has the value `true`.
pub fn tags<'a>(line: &Line<'a>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let tags = line.tags.split(',').map(str::trim).filter(|tag| !tag.is_empty());
    tags.map(|tag| match tag.split_once(':') {
        Some((name, "")) => (name, "true"),
        Some((name, value)) => (name, value),
        None => (tag, "true"),
    })
}

/// A gauge that begins with a sign is a change of what it was.
pub fn is_change(value: &[u8]) -> bool {
    matches!(value.first(), Some(b'+' | b'-'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expect: Result<(&str, Kind, &str, f64, &str), Unread>) {
        let read = line(text.as_bytes());
        let shown = read.map(|l| (l.name, l.kind, std::str::from_utf8(l.values).expect("UTF-8"), l.weight, l.tags));
        assert_eq!(shown, expect, "{text}");
    }

    #[test]
    fn lines_of_every_kind() {
        check("orders:1|c", Ok(("orders", Kind::Counter, "1", 1.0, "")));
        check("orders:3|c|@0.1|#shop:seoul,vip", Ok(("orders", Kind::Counter, "3", 10.0, "shop:seoul,vip")));
        check("heap:-12.5|g", Ok(("heap", Kind::Gauge, "-12.5", 1.0, "")));
        check("wait:1:2:3|ms|#a:b", Ok(("wait", Kind::Timer, "1:2:3", 1.0, "a:b")));
        check("size:10|d", Ok(("size", Kind::Histogram, "10", 1.0, "")));
        check("size:10|h|c:83c0a99c|T1656581400", Ok(("size", Kind::Histogram, "10", 1.0, "")));
        check("users:u-17|s", Ok(("users", Kind::Set, "u-17", 1.0, "")));
    }

    #[test]
    fn what_is_no_line() {
        for (text, why) in [
            ("", Unread::NoValue),
            ("orders", Unread::NoValue),
            (":1|c", Unread::NoName),
            ("orders:|c", Unread::NoValue),
            ("orders:1", Unread::NoKind),
            ("orders:1|x", Unread::NoKind),
            ("orders:1|c|@0", Unread::BadRate),
            ("orders:1|c|@1.5", Unread::BadRate),
            ("orders:1|c|@nan", Unread::BadRate),
            ("_e{5,4}:title|text", Unread::NoMetric),
        ] {
            check(text, Err(why));
        }
        assert_eq!(line(b"\xFF:1|c"), Err(Unread::NotUtf8));
    }

    #[test]
    fn tags_and_packets() {
        let line = line(b"a:1|c|#shop:seoul,,vip,zone:,url:http://x").expect("is a line");
        let read: Vec<_> = tags(&line).collect();
        assert_eq!(read, [("shop", "seoul"), ("vip", "true"), ("zone", "true"), ("url", "http://x")]);
        let packet: Vec<_> = lines(b"\na:1|c\r\n\n b:2|g\n").collect();
        assert_eq!(packet, [&b"a:1|c"[..], b" b:2|g"]);
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(data in prop::collection::vec(any::<u8>(), 0..300)) {
            crate::statsd::fuzz_statsd(&data);
        }

        #[test]
        fn no_text_of_its_letters_breaks_it(text in "[abc:|@#,.0-9cgmshd\\n+-]{0,200}") {
            crate::statsd::fuzz_statsd(text.as_bytes());
        }
    }
}

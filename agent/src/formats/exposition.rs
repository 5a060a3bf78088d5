//! The text format of Prometheus (0.0.4) and OpenMetrics (1.0), line by line and without an allocation.
//!
//! By hand: the crates that read it copy every label of every line. Lenient as Prometheus is not: a line that cannot be
//! read is counted and passed over, for the other 5,000 are still true.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use crate::formats::number::number;

/// What `# TYPE` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Type {
    Counter,
    Gauge,
    Histogram,
    Summary,
    #[default]
    Unknown,
}

/// One line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Line<'a> {
    Type {
        family: &'a str,
        is: Type,
    },
    Sample(Sample<'a>),
    /// A comment, a help text, a unit, an empty line.
    Nothing,
    /// What is no line.
    Unreadable,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample<'a> {
    pub name: &'a str,
    /// Between the braces, as written.
    pub labels: &'a str,
    /// Name and labels as written: what tells this sample from every other.
    pub key: &'a [u8],
    pub value: f64,
}

/// The lines of a page.
pub fn lines(page: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut rest = page;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let one = rest[..end].trim_ascii();
        rest = rest.get(end + 1..).unwrap_or_default();
        Some(line(one))
    })
}

fn line(text: &[u8]) -> Line<'_> {
    match text.first() {
        None => Line::Nothing,
        Some(b'#') => comment(text).unwrap_or(Line::Nothing),
        Some(_) => sample(text).map_or(Line::Unreadable, Line::Sample),
    }
}

fn comment(text: &[u8]) -> Option<Line<'_>> {
    let rest = text.strip_prefix(b"# TYPE ")?;
    let mut words = std::str::from_utf8(rest).ok()?.split_ascii_whitespace();
    let (family, word) = (words.next()?, words.next()?);
    let is = match word {
        "counter" => Type::Counter,
        "gauge" => Type::Gauge,
        "histogram" | "gaugehistogram" => Type::Histogram,
        "summary" => Type::Summary,
        _ => Type::Unknown,
    };
    Some(Line::Type { family, is })
}

/// `name{labels} value [timestamp] [# exemplar]`
fn sample(text: &[u8]) -> Option<Sample<'_>> {
    let head = memchr2(b'{', b' ', text).or_else(|| memchr(b'\t', text))?;
    let (labels, end) = if text[head] == b'{' {
        let close = head + 1 + closing(&text[head + 1..])?;
        (&text[head + 1..close], close + 1)
    } else {
        (&text[..0], head)
    };
    let rest = text.get(end..)?.trim_ascii_start();
    let word = &rest[..memchr2(b' ', b'\t', rest).unwrap_or(rest.len())];
    let utf8 = |bytes| std::str::from_utf8(bytes).ok();
    let (name, labels) = (utf8(&text[..head])?, utf8(labels)?);
    let is_named = !name.is_empty() && !name.as_bytes()[0].is_ascii_digit();
    is_named.then_some(Sample { name, labels, key: &text[..end], value: value(word)? })
}

/// Where the closing brace stands, outside of quotes.
fn closing(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr2(b'"', b'}', text.get(from..)?)?;
        if text[at] == b'}' {
            return Some(at);
        }
        from = at + 1 + quote_end(&text[at + 1..])? + 1;
    }
}

/// Where a quoted text ends.
fn quote_end(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr2(b'"', b'\\', text.get(from..)?)?;
        if text[at] == b'"' {
            return Some(at);
        }
        from = at + 2;
    }
}

/// Infinity and NaN are values of the format; whoever takes a sample says what it makes of them.
fn value(word: &[u8]) -> Option<f64> {
    match word {
        b"NaN" | b"nan" => Some(f64::NAN),
        b"+Inf" | b"Inf" => Some(f64::INFINITY),
        b"-Inf" => Some(f64::NEG_INFINITY),
        _ => number(word),
    }
}

/// The labels, escapes undone. What is not of their form ends them.
pub fn labels(text: &str) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (name, after) = rest.split_once('=')?;
        let quoted = after.trim_start().strip_prefix('"')?;
        let end = quote_end(quoted.as_bytes())?;
        let value = &quoted[..end];
        rest = quoted[end + 1..].trim_start().trim_start_matches(',');
        Some((name.trim(), unescape(value)))
    })
}

/// The value of one label.
pub fn label<'a>(text: &'a str, wanted: &str) -> Option<Cow<'a, str>> {
    labels(text).find(|(name, _)| *name == wanted).map(|(_, value)| value)
}

fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let (mut out, mut letters) = (String::with_capacity(text.len()), text.chars());
    while let Some(letter) = letters.next() {
        match (letter, letter == '\\') {
            (letter, false) => out.push(letter),
            _ => match letters.next() {
                Some('n') => out.push('\n'),
                Some(other) => out.push(other),
                None => {}
            },
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expect: Option<(&str, &str, f64)>) {
        let found = match line(text.as_bytes()) {
            Line::Sample(sample) => Some((sample.name, sample.labels, sample.value)),
            _ => None,
        };
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn samples_of_both_formats() {
        check("up 1", Some(("up", "", 1.0)));
        check(
            "http_total{code=\"200\",m=\"GET\"} 1027 1395066363000",
            Some(("http_total", "code=\"200\",m=\"GET\"", 1_027.0)),
        );
        check("x{a=\"} \\\" {\"} 1.5e-3", Some(("x", "a=\"} \\\" {\"", 1.5e-3)));
        check("b_bucket{le=\"+Inf\"} 17 # {trace_id=\"a\"} 0.67", Some(("b_bucket", "le=\"+Inf\"", 17.0)));
        check("metric_without_labels\t12.47", Some(("metric_without_labels", "", 12.47)));
        check("x{} 2", Some(("x", "", 2.0)));
        check("x{a=\"b\",} +Inf", Some(("x", "a=\"b\",", f64::INFINITY)));
        for wrong in ["x", "x{a=\"b\" 1", "x{a=\"b} 1", "x one", "{a=\"b\"} 1", "5x 1", "x{a=\"b\"}"] {
            check(wrong, None);
        }
    }

    #[test]
    fn labels_with_escapes() {
        let read = |text| labels(text).map(|(name, value)| (name.to_owned(), value.into_owned())).collect::<Vec<_>>();
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(read("a=\"b\", c=\"d\\\"e\\\\f\\ng\","), [pair("a", "b"), pair("c", "d\"e\\f\ng")]);
        assert_eq!(read("a=b"), []);
        assert_eq!(label("a=\"1\",le=\"+Inf\"", "le").as_deref(), Some("+Inf"));
    }

    #[test]
    fn types_and_comments() {
        let page = b"# HELP x what\n# TYPE x counter\nx 1\n\n# EOF\nnonsense\n";
        let read: Vec<_> = lines(page).collect();
        assert_eq!(read[1], Line::Type { family: "x", is: Type::Counter });
        assert_eq!(
            (read[0], read[3], read[4], read[5]),
            (Line::Nothing, Line::Nothing, Line::Nothing, Line::Unreadable)
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(name in "[a-z_]{1,8}", value in "[^\\x00-\\x1f]{0,12}", number in -1e9..1e9_f64) {
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
            let text = format!("{name}{{l=\"{escaped}\"}} {number}");
            let Line::Sample(sample) = line(text.as_bytes()) else { panic!("{text}") };
            prop_assert_eq!((sample.name, sample.value), (name.as_str(), number));
            let read = label(sample.labels, "l");
            prop_assert_eq!(read.as_deref(), Some(value.as_str()));
        }
    }
}

//! Query strings and the bodies of forms.

/// Pairs in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pairs(Vec<(String, String)>);

/// No form of ours has more.
const PAIRS_MAX: usize = 40;

impl Pairs {
    pub(super) fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).take(PAIRS_MAX);
        Self(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| (decoded(name), decoded(value)))
                .collect(),
        )
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// `%ED%95%9C+x` is text again; what is no UTF-8 is replaced.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digits = || -> Option<u8> {
            let mut two = rest.clone();
            let (high, low) = (char::from(two.next()?).to_digit(16)?, char::from(two.next()?).to_digit(16)?);
            Some((high * 16 + low) as u8)
        };
        match (byte, digits()) {
            (b'+', _) => bytes.push(b' '),
            (b'%', Some(decoded)) => {
                bytes.push(decoded);
                rest.nth(1);
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// A text as it may stand in a path or a query.
pub(super) fn encoded(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_are_read() {
        let pairs = Pairs::parse("by=%ED%95%9C+%2B&label=a%3Db&label=c&empty=&bad=%zz%4");
        assert_eq!(pairs.get("by"), Some("한 +"));
        assert_eq!(pairs.all("label").collect::<Vec<_>>(), ["a=b", "c"]);
        assert_eq!((pairs.get("empty"), pairs.get("none"), pairs.get("bad")), (Some(""), None, Some("%zz%4")));
    }

    proptest! {
        #[test]
        fn texts_there_and_back(text in ".{0,40}") {
            prop_assert_eq!(decoded(&encoded(&text)), text);
        }
    }
}

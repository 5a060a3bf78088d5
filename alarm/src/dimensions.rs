//! Dimensions and labels: names with their values.
//!
//! A fleet has tens of thousands of them, each with a few short pairs, and a round of the Lambda holds some for every
//! alarm. So all pairs of one stand in one piece of text, each word with its length before it (`10:InstanceId3:i-1`):
//! a quarter of what a vector of strings takes, and equal sets are equal texts.

use std::cmp::Ordering;
use std::fmt;

/// Sorted by name, no name twice: equal sets are equal values.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Dimensions(Box<str>);

impl Dimensions {
    /// Sorts; of two values for one name the later wins.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        pairs.into_iter().collect()
    }

    pub fn set(&mut self, name: impl AsRef<str>, value: impl AsRef<str>) {
        let pairs = self.iter().chain([(name.as_ref(), value.as_ref())]);
        *self = packed(pairs.collect());
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    pub fn iter(&self) -> Pairs<'_> {
        Pairs(&self.0)
    }

    pub fn len(&self) -> usize {
        self.iter().len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// `pairs` in any order.
fn packed(mut pairs: Vec<(&str, &str)>) -> Dimensions {
    // A sort that keeps the order of equals: the last of one name is the one that was set last.
    pairs.sort_by_key(|(name, _)| *name);
    pairs.dedup_by(|later, kept| {
        let same = later.0 == kept.0;
        if same {
            kept.1 = later.1;
        }
        same
    });
    let words = || pairs.iter().flat_map(|(name, value)| [*name, *value]);
    let digits = |word: &str| word.len().checked_ilog10().unwrap_or(0) as usize + 1;
    let mut text = String::with_capacity(words().map(|word| digits(word) + 1 + word.len()).sum());
    for word in words() {
        // A `String` takes whatever is written to it.
        let _ = fmt::Write::write_fmt(&mut text, format_args!("{}:{word}", word.len()));
    }
    Dimensions(text.into_boxed_str())
}

/// In the order of their names.
#[derive(Clone, Debug)]
pub struct Pairs<'a>(&'a str);

impl<'a> Pairs<'a> {
    /// `None` at the end; nothing but `packed` has written what stands here.
    fn word(&mut self) -> Option<&'a str> {
        let (length, rest) = self.0.split_once(':')?;
        let (word, rest) = rest.split_at_checked(length.parse().ok()?)?;
        self.0 = rest;
        Some(word)
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        Some((self.word()?, self.word()?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (mut rest, mut count) = (self.clone(), 0);
        while rest.next().is_some() {
            count += 1;
        }
        (count, Some(count))
    }
}

impl ExactSizeIterator for Pairs<'_> {}

impl<'a> IntoIterator for &'a Dimensions {
    type Item = (&'a str, &'a str);
    type IntoIter = Pairs<'a>;

    fn into_iter(self) -> Pairs<'a> {
        self.iter()
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Dimensions {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let pairs: Vec<(N, V)> = pairs.into_iter().collect();
        packed(pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect())
    }
}

/// By the first pair that differs, name before value.
impl Ord for Dimensions {
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other.iter())
    }
}

impl PartialOrd for Dimensions {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Dimensions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_map().entries(self.iter()).finish()
    }
}

/// `InstanceId=i-1,path=/`
impl fmt::Display for Dimensions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, value)) in self.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(out, "{comma}{name}={value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn they_are_equal_in_any_order() {
        let one = Dimensions::from_iter([("b", "2"), ("a", "1")]);
        let two = Dimensions::from_iter([("a", "0"), ("b", "2"), ("a", "1")]);
        assert_eq!(one, two);
        assert_eq!((one.to_string().as_str(), one.len()), ("a=1,b=2", 2));
    }

    #[test]
    fn none_are_kept_in_nothing() {
        let none = Dimensions::default();
        assert!(none.is_empty() && none.iter().next().is_none() && none.get("a").is_none());
    }

    proptest! {
        /// As a map would hold them, whatever stands in the words.
        #[test]
        fn what_was_set_comes_back(pairs in prop::collection::vec((".{0,3}|[0-9:]{0,4}", ".{0,12}"), 0..8)) {
            let map: BTreeMap<_, _> = pairs.iter().cloned().collect();
            let mut set = Dimensions::default();
            for (name, value) in &pairs {
                set.set(name, value);
            }
            prop_assert_eq!(&set, &Dimensions::new(pairs));
            prop_assert_eq!(set.len(), map.len());
            prop_assert!(set.iter().eq(map.iter().map(|(name, value)| (name.as_str(), value.as_str()))));
            for (name, value) in &map {
                prop_assert_eq!(set.get(name), Some(value.as_str()));
            }
        }

        #[test]
        fn their_order_is_that_of_their_pairs(one: BTreeMap<u8, u8>, other: BTreeMap<u8, u8>) {
            let text = |map: &BTreeMap<u8, u8>| -> Vec<(String, String)> {
                map.iter().map(|(name, value)| (format!("{name:03}"), format!("{value:03}"))).collect()
            };
            prop_assert_eq!(Dimensions::new(text(&one)).cmp(&Dimensions::new(text(&other))), text(&one).cmp(&text(&other)));
        }
    }
}

//! Names a set of series: `disk_*`, `disk_used_percent{path=/data*,fstype=ext?}`.
//!
//! `*` stands for any run of characters, `?` for one. A series must match the name and each dimension named.

use alarm::glob;
use alarm::series::Dimensions;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    name: String,
    dimensions: Vec<(String, String)>,
}

impl Pattern {
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, dimensions) = match text.split_once('{') {
            None => (text, Vec::new()),
            Some((name, rest)) => {
                let inner = rest.strip_suffix('}').ok_or_else(|| format!("\"{text}\" lacks its closing brace"))?;
                (name, inner.split(',').map(|pair| dimension(text, pair)).collect::<Result<_, _>>()?)
            }
        };
        if name.is_empty() {
            return Err(format!("\"{text}\" names no metric; `*` stands for all"));
        }
        Ok(Self { name: name.to_owned(), dimensions })
    }

    pub fn matches(&self, name: &str, dimensions: &Dimensions) -> bool {
        let fits =
            |(key, pattern): &(String, String)| dimensions.get(key).is_some_and(|value| glob::matches(pattern, value));
        glob::matches(&self.name, name) && self.dimensions.iter().all(fits)
    }

    /// Whether it matches a series of this name with some dimensions or others.
    pub fn may_match(&self, name: &str) -> bool {
        glob::matches(&self.name, name)
    }
}

fn dimension(text: &str, pair: &str) -> Result<(String, String), String> {
    match pair.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.trim().to_owned())),
        _ => Err(format!("\"{text}\": write each dimension like `path=/data*`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_must_all_fit() {
        let pattern = Pattern::parse("disk_*{path=/data*, fstype=ext?}").expect("is sound");
        let of = |path: &str, fs: &str| Dimensions::from_iter([("path", path), ("fstype", fs)]);
        assert!(pattern.matches("disk_used", &of("/data/1", "ext4")));
        assert!(!pattern.matches("disk_used", &of("/", "ext4")));
        assert!(!pattern.matches("disk_used", &Dimensions::from_iter([("path", "/data")])));
        for wrong in ["", "{a=b}", "x{a=b", "x{a}", "x{=b}"] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong} was taken");
        }
    }
}

//! The text of `INFO`: `field:value` lines below `# Section` heads.

use std::collections::BTreeMap;

/// Most fields that are kept; a server has some 300.
const FIELDS_MAX: usize = 2_000;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Info<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Info<'a> {
    pub(super) fn read(text: &'a str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        Self(lines.filter_map(|line| line.split_once(':')).take(FIELDS_MAX).collect())
    }

    pub(super) fn text(&self, field: &str) -> Option<&'a str> {
        self.0.get(field).copied()
    }

    pub(super) fn number(&self, field: &str) -> Option<f64> {
        self.text(field)?.parse().ok().filter(|value: &f64| value.is_finite() && value.abs() < 1e18)
    }

    /// The fields whose names begin so, without that beginning.
    pub(super) fn begins(&self, with: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let with = with.to_owned();
        self.0.iter().filter_map(move |(field, value)| Some((field.strip_prefix(with.as_str())?, *value)))
    }
}

/// One of `a=1,b=2`.
pub(super) fn within(list: &str, name: &str) -> Option<f64> {
    let found = list.split(',').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
    found?.1.parse().ok().filter(|value: &f64| value.is_finite() && value.abs() < 1e18)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields() {
        let info =
            Info::read("# Memory\r\nused_memory:1024\r\nrole:master\r\nslave0:ip=::1,offset=7,lag=0\r\n\r\nodd\r\n");
        assert_eq!(
            (info.number("used_memory"), info.text("role"), info.number("role")),
            (Some(1_024.0), Some("master"), None)
        );
        let slaves: Vec<_> = info.begins("slave").map(|(_, list)| within(list, "offset")).collect();
        assert_eq!(slaves, [Some(7.0)]);
    }
}

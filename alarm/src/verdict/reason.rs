//! Why a verdict is what it is: a stable key with its facts, so that it can be said in any language.
//!
//! A judge states its reason at every step, and hardly any is ever read: those that state numbers alone name them by a
//! table, and nothing is allocated for them.

use std::fmt;

#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// Stable, of the form `threshold.breaching`, `disk.later`, `burst.draining`.
    pub key: &'static str,
    pub facts: Facts,
}

impl Reason {
    pub fn new(key: &'static str) -> Self {
        Self { key, facts: Facts::default() }
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, fact: Fact) -> Self {
        self.facts.push(name, fact);
        self
    }

    pub fn fact(&self, name: &str) -> Option<Fact> {
        self.facts.iter().find(|(known, _)| *known == name).map(|(_, fact)| fact)
    }
}

/// Numbers and names that the sentence needs, in the order in which it says them.
#[derive(Clone)]
pub struct Facts(Kept);

/// The name of a number, and what kind of fact it is.
pub type Named = (&'static str, fn(f64) -> Fact);

/// Most numbers that a table names.
const TABLE_MAX: usize = 7;

#[derive(Clone)]
enum Kept {
    /// What is not known is NaN, and left out.
    Table {
        of: &'static [Named; TABLE_MAX],
        values: [f64; TABLE_MAX],
    },
    Listed(Vec<(&'static str, Fact)>),
}

impl Facts {
    /// Numbers by a table of their names; what is NaN is left out.
    #[inline]
    pub fn table(of: &'static [Named; TABLE_MAX], values: [f64; TABLE_MAX]) -> Self {
        Self(Kept::Table { of, values })
    }

    pub fn push(&mut self, name: &'static str, fact: Fact) {
        if let Kept::Table { .. } = self.0 {
            self.0 = Kept::Listed(self.iter().collect());
        }
        if let Kept::Listed(list) = &mut self.0 {
            list.push((name, fact));
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Fact)> {
        let (table, list) = match &self.0 {
            Kept::Table { of, values } => (Some(of.iter().zip(values)), None),
            Kept::Listed(list) => (None, Some(list.iter().cloned())),
        };
        let known = table.into_iter().flatten().filter(|(_, value)| !value.is_nan());
        known.map(|((name, kind), value)| (*name, kind(*value))).chain(list.into_iter().flatten())
    }

    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl Default for Facts {
    fn default() -> Self {
        Self(Kept::Listed(Vec::new()))
    }
}

impl From<Vec<(&'static str, Fact)>> for Facts {
    fn from(list: Vec<(&'static str, Fact)>) -> Self {
        Self(Kept::Listed(list))
    }
}

/// How they are kept makes no difference.
impl PartialEq for Facts {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.iter()).finish()
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    Number(f64),
    Count(u64),
    Percent(f64),
    DurationS(f64),
    Money(f64),
    Text(String),
}

impl Fact {
    /// A whole number that a table holds.
    pub fn counted(count: f64) -> Self {
        Self::Count(count as u64)
    }
}

/// For builders and machines: short, and the same in every language. What people are told is worded by `notice`.
impl fmt::Display for Fact {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(out, "{}", rounded(*number)),
            Self::Count(count) => write!(out, "{count}"),
            Self::Percent(percent) => write!(out, "{} %", rounded(*percent)),
            Self::Money(dollars) => write!(out, "${dollars:.2}"),
            Self::Text(text) => write!(out, "{text}"),
            Self::DurationS(seconds) => duration(*seconds, out),
        }
    }
}

/// Six significant digits are more than anyone reads.
fn rounded(number: f64) -> f64 {
    format!("{number:.5e}").parse().unwrap_or(number)
}

/// The two largest units: `3d 4h`, `2m 5s`.
fn duration(seconds: f64, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    if !seconds.is_finite() {
        return out.write_str("for ever");
    }
    let mut left = seconds.abs().round() as u64;
    let mut shown = 0;
    if seconds < 0.0 {
        out.write_str("-")?;
    }
    for (unit, length) in [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)] {
        let count = left / length;
        left %= length;
        if shown < 2 && (count > 0 || (unit == "s" && shown == 0)) {
            let blank = if shown > 0 { " " } else { "" };
            write!(out, "{blank}{count}{unit}")?;
            shown += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_a_list_without_what_is_not_known() {
        const OF: &[Named; TABLE_MAX] = &[
            ("a", Fact::Number),
            ("b", Fact::counted),
            ("c", Fact::Percent),
            ("d", Fact::Money),
            ("e", Fact::Number),
            ("f", Fact::Number),
            ("g", Fact::DurationS),
        ];
        let gap = f64::NAN;
        let mut table = Facts::table(OF, [0.5, 3.0, gap, gap, gap, gap, 60.0]);
        let mut list = vec![("a", Fact::Number(0.5)), ("b", Fact::Count(3)), ("g", Fact::DurationS(60.0))];
        assert_eq!(table, Facts::from(list.clone()));
        list.push(("h", Fact::Text("x".to_owned())));
        table.push("h", Fact::Text("x".to_owned()));
        assert_eq!(table, Facts::from(list));
        assert!(Facts::table(OF, [gap; TABLE_MAX]).is_empty() && Facts::default().is_empty());
    }

    #[test]
    fn facts_are_short() {
        for (fact, expect) in [
            (Fact::Number(0.1 + 0.2), "0.3"),
            (Fact::Percent(99.95), "99.95 %"),
            (Fact::DurationS(0.0), "0s"),
            (Fact::DurationS(125.4), "2m 5s"),
            (Fact::DurationS(-90_061.0), "-1d 1h"),
            (Fact::DurationS(f64::INFINITY), "for ever"),
            (Fact::Money(1.5), "$1.50"),
        ] {
            assert_eq!(fact.to_string(), expect);
        }
    }
}

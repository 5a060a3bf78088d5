//! The table of every metric that the agent can publish: name, unit, namespace, dimensions, tier, meaning.
//!
//! A collector names its metrics by these rows and by nothing else, so a name cannot be misspelt in one place and
//! documented in another. `docs/metrics.md` is this table, rendered; a test fails when the two differ.
//! Not here: what users name themselves (StatsD, scraped targets, `put`).

pub mod agent;
pub mod app;
pub mod host;
pub mod own;
mod render;

use alarm::series::Unit;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::reading::Space;
pub use render::render;

/// How much a metric is worth its price: each series costs some $0.30 a month (facts/cloudwatch.md, Price).
///
/// It is both what is collected when nothing else is said and what the budget drops first (`Full`) and last (`Basic`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Says that the host is in trouble.
    Basic,
    /// Says why.
    #[default]
    Standard,
    /// For those who already know what they are looking for.
    Full,
}

impl Tier {
    /// What a series is worth to the budget where the configuration says nothing else.
    pub fn priority(self) -> u8 {
        match self {
            Self::Basic => 80,
            Self::Standard => 50,
            Self::Full => 20,
        }
    }
}

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    pub name: &'static str,
    pub space: Home,
    pub unit: Unit,
    /// Besides the identity of the host.
    pub dimensions: &'static [&'static str],
    pub tier: Tier,
    pub says: &'static str,
}

/// The namespace by default: `CWAgent` or `Stormglass`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    Host,
    Own,
}

impl Home {
    pub fn space(self) -> Space {
        match self {
            Self::Host => Space::Host,
            Self::Own => Space::Own,
        }
    }
}

/// Makes a `static` a row, and `TABLE` of them all.
macro_rules! table {
    ($home:ident; $($konst:ident $name:literal $unit:ident [$($dimension:literal),*] $tier:ident $says:literal;)*) => {
        $(pub static $konst: $crate::metrics::Metric = $crate::metrics::Metric {
            name: $name,
            space: $crate::metrics::Home::$home,
            unit: alarm::series::Unit::$unit,
            dimensions: &[$($dimension),*],
            tier: $crate::metrics::Tier::$tier,
            says: $says,
        };)*
        pub static TABLE: &[&$crate::metrics::Metric] = &[$(&$konst),*];
        #[cfg(test)]
        pub(super) const CONSTANTS: &[&str] = &[$(stringify!($konst)),*];
    };
}
pub(crate) use table;

/// Every row: first what the official agent has too.
pub fn all() -> impl Iterator<Item = &'static Metric> + Clone {
    host::TABLE.iter().chain(own::TABLE).chain(app::TABLE).chain(agent::TABLE).copied()
}

/// The row of a name, which is unique across both namespaces.
pub fn find(name: &str) -> Option<&'static Metric> {
    all().find(|metric| metric.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use alarm::series::NAME_MAX;

    use super::*;

    #[test]
    fn names_are_unique_short_and_spelt_alike() {
        let mut seen = BTreeSet::new();
        for metric in all() {
            assert!(seen.insert(metric.name), "{} stands twice", metric.name);
            assert!(metric.name.len() <= NAME_MAX);
            let ok = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            assert!(metric.name.chars().all(ok), "{}: lower case, digits and _", metric.name);
            assert_eq!(find(metric.name), Some(metric));
        }
    }

    #[test]
    fn a_row_is_called_after_its_metric() {
        let constants = host::CONSTANTS.iter().chain(own::CONSTANTS).chain(app::CONSTANTS).chain(agent::CONSTANTS);
        for (metric, constant) in all().zip(constants) {
            assert_eq!(metric.name.to_ascii_uppercase(), *constant);
        }
    }

    #[test]
    fn a_name_that_ends_in_a_unit_has_it() {
        for metric in all() {
            let expected = [("_percent", Unit::Percent), ("_bytes", Unit::Bytes), ("_seconds", Unit::Seconds)];
            for (end, unit) in expected {
                assert!(!metric.name.ends_with(end) || metric.unit == unit, "{} is {:?}", metric.name, metric.unit);
            }
        }
    }

    #[test]
    fn what_logs_count_stands_in_the_table() {
        for (count, name) in crate::logs::tally::Count::TABLE {
            assert!(count.is_loss() != find(name).is_some(), "{name}: a loss is `agent_lost`, all else has a row");
        }
    }

    #[test]
    fn the_meaning_is_one_sentence() {
        for metric in all() {
            assert!(metric.says.ends_with('.') && metric.says.len() > 10, "{}: {}", metric.name, metric.says);
            assert!(!metric.says.contains('|'), "{}: would break the table", metric.name);
        }
    }
}

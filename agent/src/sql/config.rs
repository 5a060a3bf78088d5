//! `[[sql]]`: one table a database.

use std::path::PathBuf;
use std::time::Duration;

use alarm::sheet::{At, Faults, Seconds};
use schemars::JsonSchema;
use serde::Deserialize;

use super::postgres;
use crate::knobs;
use crate::reading::Space;

const INTERVAL_S: u64 = 60;
const TIMEOUT_S: u64 = 5;
const SERIES: u64 = 50;
const SERIES_MAX: u64 = 1_000;
/// Queries of one's own, and tables whose newest row is looked at: each is a statement at every look.
const ASKED_MAX: usize = 20;

/// What is asked without being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Connections in use against the most allowed, waiting for locks, idle in a transaction.
    Connections,
    /// How far replicas are behind, or this replica is.
    Replication,
    /// The longest transaction; commits, rollbacks, deadlocks.
    Transactions,
    /// The database and its largest tables, and how much they grow in a day.
    Size,
}

impl Preset {
    const ALL: [Self; 4] = [Self::Connections, Self::Replication, Self::Transactions, Self::Size];
}

/// A query of one's own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// The beginning of its metrics' names.
    pub name: At<String>,
    /// Columns of numbers become metrics, columns of text become dimensions.
    pub sql: String,
}

/// A table whose newest row must not be old.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fresh {
    /// `orders`, or `schema.orders`.
    pub table: At<String>,
    /// The column with the time of a row; it should have an index.
    pub column: String,
    /// Where the clock stands that wrote a column without a time zone: `UTC`. Default: that of the database.
    pub time_zone: Option<String>,
}

/// `[[sql]]`, as typed.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    /// The dimension `database`.
    pub name: At<String>,
    /// `postgres://user@host:5432/database`, without the password.
    pub url: At<String>,
    /// A file that holds the password alone.
    pub password_file: Option<PathBuf>,
    /// Certificates (PEM) to trust instead of those that this host trusts.
    pub ca_file: Option<PathBuf>,
    /// How often, and how long all of it may take. Default: 1m.
    pub interval: Option<At<Seconds>>,
    /// How long one statement may take. Default: 5s.
    pub timeout: Option<At<Seconds>>,
    /// Default: all of them.
    pub presets: Option<Vec<Preset>>,
    #[serde(default)]
    pub fresh: Vec<Fresh>,
    #[serde(default)]
    pub query: Vec<Query>,
    /// Where its queries are published. Default: with everything of our own.
    pub namespace: Option<At<String>>,
    /// The most series in an hour. Default: 50.
    pub max_series: Option<At<u64>>,
}

/// Which database, and how it is reached.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Postgres(Box<tokio_postgres::Config>),
}

/// What is meant.
#[derive(Clone, Debug)]
pub struct Settings {
    pub name: String,
    pub(super) place: Place,
    pub(super) password_file: Option<PathBuf>,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) interval_s: u32,
    pub(super) timeout: Duration,
    pub(super) presets: Vec<Preset>,
    pub(super) fresh: Vec<Fresh>,
    pub(super) queries: Vec<Query>,
    pub space: Space,
    pub(super) max_series: usize,
}

impl Settings {
    pub fn check_all(raw: Vec<Raw>, faults: &mut Faults) -> Vec<Self> {
        knobs::distinct("sql.name", raw.iter().map(|one| &one.name), faults);
        raw.into_iter().filter_map(|one| Self::check(one, faults)).collect()
    }

    fn check(raw: Raw, faults: &mut Faults) -> Option<Self> {
        let interval = knobs::duration("sql.interval", raw.interval.as_ref(), INTERVAL_S, 1..=86_400, faults);
        let timeout = knobs::duration("sql.timeout", raw.timeout.as_ref(), TIMEOUT_S, 1..=300, faults);
        let series = knobs::number("sql.max_series", raw.max_series.as_ref(), SERIES, 1..=SERIES_MAX, faults);
        asked(&raw, faults);
        let parsed = postgres::place(&raw.url.value);
        let place = parsed.map_err(|(code, says)| faults.add(raw.url.span.clone(), code, says)).ok()?;
        Some(Self {
            name: raw.name.value,
            place: Place::Postgres(Box::new(place)),
            password_file: raw.password_file,
            ca_file: raw.ca_file,
            interval_s: interval.as_secs() as u32,
            timeout: timeout.min(interval),
            presets: raw.presets.unwrap_or_else(|| Preset::ALL.to_vec()),
            fresh: raw.fresh,
            queries: raw.query,
            space: knobs::space(raw.namespace.as_ref(), faults),
            max_series: series as usize,
        })
    }
}

/// What is asked for beside the presets.
fn asked(raw: &Raw, faults: &mut Faults) {
    knobs::distinct("sql.query.name", raw.query.iter().map(|query| &query.name), faults);
    for query in raw.query.iter().skip(ASKED_MAX) {
        faults.add(query.name.span.clone(), "SG-SRC-024", format!("`sql.query`: more than {ASKED_MAX}"));
    }
    for fresh in raw.fresh.iter().skip(ASKED_MAX) {
        faults.add(fresh.table.span.clone(), "SG-SRC-024", format!("`sql.fresh`: more than {ASKED_MAX}"));
    }
    for fresh in &raw.fresh {
        let parts: Vec<_> = fresh.table.value.split('.').collect();
        if parts.len() > 2 || parts.iter().any(|part| part.trim().is_empty()) {
            let says = format!("`sql.fresh.table`: \"{}\" is no table and no schema.table", fresh.table.value);
            faults.add(fresh.table.span.clone(), "SG-SRC-025", says);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::SslMode;

    use super::*;

    fn check(text: &str) -> Result<Vec<Settings>, Vec<&'static str>> {
        #[derive(Deserialize, JsonSchema)]
        struct All {
            sql: Vec<Raw>,
        }
        let raw: All = alarm::sheet::read("x.toml", text).expect("TOML of the right form");
        let mut faults = Faults::new("x.toml", text);
        let settings = Settings::check_all(raw.sql, &mut faults);
        faults.or(settings).map_err(|faults| faults.iter().map(|fault| fault.code).collect())
    }

    fn url(url: &str) -> Result<SslMode, Vec<&'static str>> {
        let mut all = check(&format!("[[sql]]\nname = 'main'\nurl = '{url}'\n"))?;
        let Place::Postgres(config) = all.remove(0).place;
        Ok(config.get_ssl_mode())
    }

    #[test]
    fn what_leaves_the_host_goes_through_tls() {
        assert_eq!(url("postgres://monitor@127.0.0.1/shop"), Ok(SslMode::Disable));
        assert_eq!(url("postgres://monitor@[::1]:5433/shop"), Ok(SslMode::Disable));
        assert_eq!(url("postgres://monitor@localhost/shop?sslmode=require"), Ok(SslMode::Require));
        assert_eq!(url("postgresql:///shop?host=/var/run/postgresql&user=stormglass"), Ok(SslMode::Disable));
        assert_eq!(url("postgres://monitor@db.example.com/shop"), Ok(SslMode::Require));
        assert_eq!(url("postgres://monitor@db.example.com/shop?sslmode=disable"), Ok(SslMode::Disable));
        assert_eq!(url("postgres://monitor@127.0.0.1,db.example.com/shop"), Ok(SslMode::Require));
    }

    #[test]
    fn an_address_that_is_none_and_a_password_in_one() {
        for wrong in ["mysql://monitor@db/shop", "db:5432", "postgres:///shop", "postgres://m@db/shop?sslmode=no"] {
            assert_eq!(url(wrong), Err(vec!["SG-SRC-022"]), "{wrong}");
        }
        assert_eq!(url("postgres://monitor:hunter2@db/shop"), Err(vec!["SG-SRC-023"]));
    }

    #[test]
    fn every_fault_of_what_is_asked_for() {
        let many = "[[sql.query]]\nname = 'NUMBER'\nsql = 'select 1'\n";
        let many: String = (0..=ASKED_MAX).map(|n| many.replace("NUMBER", &n.to_string())).collect();
        let fresh = "[[sql.fresh]]\ntable = 'a..b'\ncolumn = 'at'\n";
        let text = format!("[[sql]]\nname = 'main'\nurl = 'postgres://m@db/shop'\ntimeout = '1h'\n{fresh}{many}");
        assert_eq!(check(&text).expect_err("faults"), ["SG-SRC-001", "SG-SRC-025", "SG-SRC-024"]);
    }
}

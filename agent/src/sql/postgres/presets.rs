//! What is asked of PostgreSQL without being written: its own statistics, and the newest rows of tables.

use tokio_postgres::SimpleQueryRow;

use super::super::config::{Fresh, Preset};
use super::super::look::Look;
use super::{Failed, Session};
use crate::metrics::app as m;

/// Without it the sessions of others are rows of nulls, and a count of them a lie.
const SEES_ALL: &str = "select pg_has_role('pg_read_all_stats', 'usage')::int";
/// Superusers have places of their own, which the service cannot take.
const CONNECTIONS: &str = "select count(*), \
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int, \
    count(*) filter (where wait_event_type = 'Lock'), count(*) filter (where state like 'idle in transaction%') \
    from pg_stat_activity where backend_type = 'client backend'";
const LONGEST: &str = "select coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0) \
    from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()";
const COUNTED: &str =
    "select xact_commit, xact_rollback, deadlocks from pg_stat_database where datname = current_database()";
/// Of a replica that has applied all it was sent, the last transaction may be old because nothing was written since.
/// Nothing is known to be sent while it is not connected: then its age counts.
const REPLICA: &str = "select pg_is_in_recovery()::int, streams::int, \
    case when streams and received = applied then 0 \
    else extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) end, \
    pg_wal_lsn_diff(received, applied), (received is not null)::int \
    from (select pg_last_wal_receive_lsn() received, pg_last_wal_replay_lsn() applied, \
    exists (select from pg_stat_wal_receiver where status = 'streaming') streams) as state";
const REPLICAS: &str = "select count(*), max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)), \
    coalesce(max(extract(epoch from replay_lag)), 0) from pg_stat_replication";
const SIZE: &str = "select pg_database_size(current_database())";
/// Ordered by what the catalogue has already: to measure every table would touch every file.
const TABLES: &str = "select n.nspname || '.' || c.relname, pg_total_relation_size(c.oid) from pg_class c \
    join pg_namespace n on n.oid = c.relnamespace \
    where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema') \
    order by c.relpages desc, c.relname limit 5";

pub(super) async fn ask(session: &Session, preset: Preset, look: &mut Look<'_>) -> Result<(), Failed> {
    match preset {
        Preset::Connections => connections(session, look).await,
        Preset::Replication => replication(session, look).await,
        Preset::Transactions => transactions(session, look).await,
        Preset::Size => size(session, look).await,
    }
}

/// Says what to grant instead of telling half of it.
async fn sees_all(session: &Session) -> Result<(), Failed> {
    let row = session.rows(SEES_ALL).await?;
    if row.first().and_then(|row| number(row, 0)) == Some(1.0) {
        return Ok(());
    }
    Err(Failed::Asked("this user does not see the sessions of others; GRANT pg_monitor to it".into()))
}

async fn connections(session: &Session, look: &mut Look<'_>) -> Result<(), Failed> {
    sees_all(session).await?;
    for row in session.rows(CONNECTIONS).await? {
        let (used, most) = (number(&row, 0), number(&row, 1));
        look.put(&m::DATABASE_CONNECTIONS, used);
        let percent = used.zip(most).map(|(used, most)| 100.0 * used / most.max(1.0));
        look.put(&m::DATABASE_CONNECTIONS_USED_PERCENT, percent);
        look.put(&m::DATABASE_LOCK_WAITS, number(&row, 2));
        look.put(&m::DATABASE_IDLE_IN_TRANSACTION, number(&row, 3));
    }
    Ok(())
}

async fn replication(session: &Session, look: &mut Look<'_>) -> Result<(), Failed> {
    sees_all(session).await?;
    let state = session.rows(REPLICA).await?;
    let Some(row) = state.first() else { return Ok(()) };
    if number(row, 0) == Some(1.0) {
        // One that is fed from an archive never streams.
        let was_fed = number(row, 4) == Some(1.0);
        look.put(&m::DATABASE_REPLICATION_UP, number(row, 1).filter(|_| was_fed));
        look.put(&m::DATABASE_REPLICATION_LAG_SECONDS, number(row, 2));
        look.put(&m::DATABASE_REPLICATION_LAG_BYTES, number(row, 3));
        return Ok(());
    }
    for row in session.rows(REPLICAS).await? {
        let replicas = number(&row, 0);
        look.put(&m::DATABASE_REPLICAS, replicas);
        if replicas > Some(0.0) {
            look.put(&m::DATABASE_REPLICATION_LAG_BYTES, number(&row, 1));
            look.put(&m::DATABASE_REPLICATION_LAG_SECONDS, number(&row, 2));
        }
    }
    Ok(())
}

async fn transactions(session: &Session, look: &mut Look<'_>) -> Result<(), Failed> {
    for row in session.rows(COUNTED).await? {
        look.grew(&m::DATABASE_COMMITS, number(&row, 0));
        look.grew(&m::DATABASE_ROLLBACKS, number(&row, 1));
        look.grew(&m::DATABASE_DEADLOCKS, number(&row, 2));
    }
    sees_all(session).await?;
    for row in session.rows(LONGEST).await? {
        look.put(&m::DATABASE_LONGEST_TRANSACTION_SECONDS, number(&row, 0));
    }
    Ok(())
}

async fn size(session: &Session, look: &mut Look<'_>) -> Result<(), Failed> {
    for row in session.rows(SIZE).await? {
        look.size(&m::DATABASE_SIZE_BYTES, &m::DATABASE_DAILY_GROWTH_BYTES, number(&row, 0), None);
    }
    for row in session.rows(TABLES).await? {
        let table = row.get(0);
        look.size(&m::TABLE_SIZE_BYTES, &m::TABLE_DAILY_GROWTH_BYTES, number(&row, 1), table);
    }
    Ok(())
}

/// The age of a table's newest row. An empty table has none, and no reading.
pub(super) async fn fresh(session: &Session, fresh: &Fresh, look: &mut Look<'_>) -> Result<(), Failed> {
    let (table, column) = (quoted(&fresh.table.value), quoted(&fresh.column));
    let zone = fresh.time_zone.as_ref().map(|zone| format!(" at time zone '{}'", zone.replace('\'', "''")));
    let zone = zone.unwrap_or_default();
    let text = format!("select extract(epoch from clock_timestamp() - max({column}){zone}) from {table}");
    for row in session.rows(&text).await? {
        look.put_of(&m::TABLE_NEWEST_ROW_AGE_SECONDS, number(&row, 0), Some(&fresh.table.value));
    }
    Ok(())
}

fn number(row: &SimpleQueryRow, at: usize) -> Option<f64> {
    row.try_get(at).ok()??.parse().ok().filter(|value: &f64| value.is_finite())
}

/// A name as a statement can hold it: `schema.table`, each part in quotes.
fn quoted(name: &str) -> String {
    let parts = name.split('.').map(|part| format!("\"{}\"", part.replace('"', "\"\"")));
    parts.collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_quotes() {
        assert_eq!(quoted("public.orders"), "\"public\".\"orders\"");
        assert_eq!(quoted("a\"; drop table b; --"), "\"a\"\"; drop table b; --\"");
    }
}

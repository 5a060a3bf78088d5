//! A query of one's own. It is prepared first, which tells its columns and refuses what is more than one statement; then
//! it is asked inside of one of ours, so that the server bounds rows, texts and kinds of numbers, and not we afterwards.

use std::fmt::Write;

use tokio_postgres::types::{Kind, Type};
use tokio_postgres::{Column, Row};

use super::super::config::Query;
use super::super::look::Look;
use super::super::rows::{self, COLUMNS_MAX, Cell, ROWS_MAX, TEXT_MAX};
use super::{Failed, Session};
use crate::vitals::Lost;

/// How a column is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum As {
    Number,
    Bool,
    Seconds,
    Text,
}

pub(super) async fn ask(session: &Session, query: &Query, look: &mut Look<'_>) -> Result<(), Failed> {
    let prepared = session.client.prepare(&query.sql).await?;
    if !prepared.params().is_empty() {
        return Err(Failed::Asked("it has parameters, for which there are no values".into()));
    }
    let columns = kinds(prepared.columns()).map_err(Failed::Asked)?;
    let found = session.client.query(&wrapped(&query.sql, &columns), &[]).await?;
    if found.len() > ROWS_MAX {
        // How many there would have been is not known: it was not asked for.
        look.refusals.add(Lost::SeriesBound, || format!("{}: more than {ROWS_MAX} rows", query.name.value));
    }
    for found in found.iter().take(ROWS_MAX) {
        let cells = columns.iter().enumerate().map(|(at, (name, kind))| Ok((name.as_str(), cell(found, at, *kind)?)));
        let cells = cells.collect::<Result<Vec<_>, tokio_postgres::Error>>()?;
        rows::row(query, &cells, look);
    }
    Ok(())
}

fn kinds(columns: &[Column]) -> Result<Vec<(String, As)>, String> {
    if columns.is_empty() || columns.len() > COLUMNS_MAX {
        return Err(format!("it has {} columns; 1 to {COLUMNS_MAX} can be told", columns.len()));
    }
    let known = columns.iter().map(|column| Ok((column.name().to_owned(), kind(column)?)));
    let known = known.collect::<Result<Vec<_>, String>>()?;
    if known.iter().all(|(_, kind)| *kind == As::Text) {
        return Err("none of its columns is a number".into());
    }
    Ok(known)
}

fn kind(column: &Column) -> Result<As, String> {
    const NUMBERS: [Type; 6] = [Type::INT2, Type::INT4, Type::INT8, Type::FLOAT4, Type::FLOAT8, Type::NUMERIC];
    const TIMES: [Type; 5] = [Type::TIMESTAMP, Type::TIMESTAMPTZ, Type::DATE, Type::TIME, Type::TIMETZ];
    let mut of = column.type_();
    while let Kind::Domain(inner) = of.kind() {
        of = inner;
    }
    match of {
        of if NUMBERS.contains(of) => Ok(As::Number),
        of if *of == Type::BOOL => Ok(As::Bool),
        of if *of == Type::INTERVAL => Ok(As::Seconds),
        // As a dimension each would be a series of its own.
        of if TIMES.contains(of) => {
            let name = column.name();
            Err(format!(
                "\"{name}\" is a time and not a number; extract(epoch from now() - {name}) is its age in seconds"
            ))
        }
        _ => Ok(As::Text),
    }
}

/// Their query inside of ours. What they prepared is one whole statement: it cannot end ours.
fn wrapped(sql: &str, columns: &[(String, As)]) -> String {
    let (mut asked, mut names) = (String::new(), String::new());
    for (at, (_, kind)) in columns.iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        // A `String` takes whatever is written to it.
        let _ = write!(names, "{comma}c{at}");
        let _ = match kind {
            As::Number => write!(asked, "{comma}c{at}::float8"),
            As::Bool => write!(asked, "{comma}c{at}::int::float8"),
            As::Seconds => write!(asked, "{comma}extract(epoch from c{at})::float8"),
            As::Text => write!(asked, "{comma}left(c{at}::text, {TEXT_MAX})"),
        };
    }
    // A comment at their end ends with their line.
    let sql = sql.trim().trim_end_matches(';');
    format!("select {asked} from (\n{sql}\n) as asked({names}) limit {}", ROWS_MAX + 1)
}

fn cell(row: &Row, at: usize, kind: As) -> Result<Cell, tokio_postgres::Error> {
    Ok(match kind {
        As::Number | As::Bool => Cell::Number(row.try_get(at)?),
        As::Seconds => Cell::Seconds(row.try_get(at)?),
        As::Text => Cell::Text(row.try_get(at)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_bounds_what_it_answers() {
        let columns = [As::Text, As::Number, As::Seconds, As::Bool].map(|kind| ("x".to_owned(), kind));
        assert_eq!(
            wrapped("select a, b, c, d from t -- all\n;", &columns),
            "select left(c0::text, 255), c1::float8, extract(epoch from c2)::float8, c3::int::float8 from (\n\
             select a, b, c, d from t -- all\n\n) as asked(c0, c1, c2, c3) limit 101"
        );
    }
}

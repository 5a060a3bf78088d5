//! Rows of a query as readings: numbers are metrics, texts are dimensions. Of whichever database they are.

use alarm::series::{Dimensions, Unit};

use super::config::Query;
use super::look::Look;
use crate::distribution::VALUE_MAX;
use crate::reading::Reading;
use crate::vitals::Lost;

/// Rows that are read of a query, columns that it may have, and letters of a dimension's value.
pub(super) const ROWS_MAX: usize = 100;
pub(super) const COLUMNS_MAX: usize = 20;
pub(super) const TEXT_MAX: usize = 255;

/// A value where the database has one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Number(Option<f64>),
    /// A length of time.
    Seconds(Option<f64>),
    Text(Option<String>),
}

/// The readings of one row. A column called `value` is the query's own name, another is `QUERY_COLUMN`.
pub(super) fn row(query: &Query, cells: &[(&str, Cell)], look: &mut Look<'_>) {
    let mut dimensions = Dimensions::from_iter([("database", look.settings.name.as_str())]);
    for (column, cell) in cells {
        if let Cell::Text(value) = cell {
            dimensions.set(*column, value.as_deref().filter(|value| !value.is_empty()).unwrap_or("null"));
        }
    }
    for (column, cell) in cells {
        // Null is no data, and an answer.
        let (Cell::Number(Some(value)) | Cell::Seconds(Some(value))) = cell else { continue };
        let query = &query.name.value;
        let name = if *column == "value" { query.clone() } else { format!("{query}_{column}") };
        if !value.is_finite() || value.abs() > VALUE_MAX {
            look.refusals.add(Lost::NotANumber, || format!("{name} = {value}"));
            continue;
        }
        let unit = if matches!(cell, Cell::Seconds(_)) { Unit::Seconds } else { Unit::of_metric(&name) };
        let reading = Reading::new(look.settings.space.clone(), name, unit, *value);
        look.out.push(reading.of(dimensions.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::super::look::Before;
    use super::*;
    use crate::config::Config;
    use crate::reading::Readings;
    use crate::refusals::Refusals;

    #[test]
    fn numbers_are_metrics_and_texts_dimensions() {
        let text = "[[sql]]\nname = 'main'\nurl = 'postgres://m@127.0.0.1/shop'\n\
            [[sql.query]]\nname = 'orders'\nsql = 'select 1'\n";
        let settings = &Config::parse("x.toml", text).unwrap_or_else(|faults| panic!("{faults}")).sql[0];
        let (mut before, mut refusals) = (Before::default(), Refusals::default());
        let out = Readings::default();
        let faults = Vec::new();
        let mut look = Look { settings, before: &mut before, refusals: &mut refusals, now: 0, out, faults };
        let text = |value: &str| Cell::Text(Some(value.into()));
        let cells = [
            ("shop", text("seoul")),
            ("value", Cell::Number(Some(3.0))),
            ("waited", Cell::Seconds(Some(2.5))),
            ("odd", Cell::Number(Some(f64::NAN))),
        ];
        row(&settings.queries[0], &cells, &mut look);
        let nothing = [("shop", Cell::Text(None)), ("value", Cell::Number(None)), ("waited", Cell::Seconds(None))];
        row(&settings.queries[0], &nothing, &mut look);
        let said = look.out.0.iter().map(|r| format!("{}{{{}}} {} {}", r.name, r.dimensions, r.value, r.unit.name()));
        let said: Vec<_> = said.collect();
        assert_eq!(
            said,
            ["orders{database=main,shop=seoul} 3 None", "orders_waited{database=main,shop=seoul} 2.5 Seconds"]
        );
        assert_eq!(refusals.of(Lost::NotANumber), 1);
    }
}

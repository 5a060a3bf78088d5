//! Text in columns, as wide as what stands in them.

use std::fmt;

/// A column whose name begins with `>` is set to the right.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<(String, bool)>,
    lines: Vec<Line>,
}

#[derive(Debug)]
enum Line {
    Heading(String),
    Row(Vec<String>),
}

impl Table {
    pub(super) fn new(columns: &[&str]) -> Self {
        let column = |name: &&str| match name.strip_prefix('>') {
            Some(name) => (name.to_owned(), true),
            None => ((*name).to_owned(), false),
        };
        Self { columns: columns.iter().map(column).collect(), lines: Vec::new() }
    }

    /// A line between rows that says of what the next ones are.
    pub(super) fn heading(&mut self, text: impl Into<String>) {
        self.lines.push(Line::Heading(text.into()));
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.lines.push(Line::Row(cells.into_iter().collect()));
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<_> = self.columns.iter().map(|(name, _)| name.chars().count()).collect();
        for line in &self.lines {
            let Line::Row(cells) = line else { continue };
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = (*width).max(cell.chars().count());
            }
        }
        widths
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        let line = |cells: Vec<&str>| {
            let set = |((cell, (_, right)), width): ((&str, &(String, bool)), &usize)| {
                if *right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            };
            let cells: Vec<_> = cells.into_iter().zip(&self.columns).zip(&widths).map(set).collect();
            cells.join("  ").trim_end().to_owned()
        };
        out.write_str(&line(self.columns.iter().map(|(name, _)| name.as_str()).collect()))?;
        for it in &self.lines {
            match it {
                Line::Heading(text) => write!(out, "\n{text}")?,
                Line::Row(cells) => write!(out, "\n{}", line(cells.iter().map(String::as_str).collect()))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_cells() {
        let mut table = Table::new(&["name", ">n", "unit"]);
        table.heading("all");
        table.row(["memory", "1", "Bytes"].map(str::to_owned));
        table.row(["é", "100", ""].map(str::to_owned));
        assert_eq!(table.to_string(), "name      n  unit\nall\nmemory    1  Bytes\né       100");
    }
}

//! Tables of values from CSV: quotes as in RFC 4180, a head that names the columns, rows held in memory up to a bound.

/// A larger table would be most of our memory.
const BYTES_MAX: usize = 16 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// After the last row the run ends; else the first comes again.
    pub stops: bool,
}

impl Table {
    pub(super) fn parse(name: &str, text: &str, stops: bool) -> Result<Self, String> {
        if text.len() > BYTES_MAX {
            return Err(format!("the table is larger than {BYTES_MAX} bytes"));
        }
        let mut rows = records(text)?.into_iter();
        let columns = rows.next().ok_or("the table is empty")?;
        let rows: Vec<_> = rows.collect();
        if rows.is_empty() {
            return Err("the table has a head and no rows".to_owned());
        }
        for (at, row) in rows.iter().enumerate() {
            if row.len() != columns.len() {
                let (has, line) = (row.len(), at + 2);
                return Err(format!("record {line} has {has} values, the head names {}", columns.len()));
            }
        }
        Ok(Self { name: name.to_owned(), columns, rows, stops })
    }

    /// The row of the n-th user, or nothing where the table has ended.
    pub fn row(&self, user: u64) -> Option<&[String]> {
        let count = self.rows.len() as u64;
        let at = if self.stops { user } else { user % count };
        self.rows.get(usize::try_from(at).ok()?).map(Vec::as_slice)
    }
}

fn records(text: &str) -> Result<Vec<Vec<String>>, String> {
    let (mut records, mut record, mut value) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut letters = text.strip_prefix('\u{feff}').unwrap_or(text).chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                value.push('"');
                letters.next();
            }
            '"' if quoted || value.is_empty() => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut value)),
            '\r' if !quoted && letters.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut value));
                // A line of nothing is no row of one empty value.
                if record.len() > 1 || !record[0].is_empty() {
                    records.push(std::mem::take(&mut record));
                }
                record.clear();
            }
            _ => value.push(letter),
        }
    }
    if quoted {
        return Err("a quote is never closed".to_owned());
    }
    if !value.is_empty() || !record.is_empty() {
        record.push(value);
        records.push(record);
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_as_the_rfc_has_it() {
        let text = "name,says\r\nann,\"a, b\"\r\n\r\nbob,\"he said \"\"no\"\"\nand went\"";
        let table = Table::parse("users", text, false).expect("a table");
        assert_eq!(table.columns, ["name", "says"]);
        assert_eq!(table.rows, [["ann", "a, b"], ["bob", "he said \"no\"\nand went"]]);
    }

    #[test]
    fn an_end_is_an_end_only_where_it_is_meant() {
        let of = |stops| Table::parse("t", "a\n1\n2\n", stops).expect("a table");
        assert_eq!(of(false).row(3).map(|row| row[0].as_str()), Some("2"));
        assert_eq!(of(true).row(1).map(|row| row[0].as_str()), Some("2"));
        assert_eq!(of(true).row(2), None);
    }

    #[test]
    fn bad_tables() {
        for (text, says) in [("", "empty"), ("a,b\n", "no rows"), ("a,b\n1\n", "record 2"), ("a\n\"1", "never closed")]
        {
            assert!(Table::parse("t", text, false).is_err_and(|error| error.contains(says)), "{text}");
        }
    }
}

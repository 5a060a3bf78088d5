//! What the judge of the unusual would tell of a corpus of labelled series, for a scorer to score.
//!
//! `cargo run --release -p alarm --example unusual_score -- CORPUS > reports.json`
//!
//! CORPUS holds `windows.json` (an object whose keys are the files) and the files: CSV with a time and a value. Prints
//! `{file: [row, ...]}`, the rows at which an episode began.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a command: it reads files and prints what it found"
)]

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::path::Path;

use alarm::inputs::{Input, Inputs};
use alarm::points::Points;
use alarm::series::Dimensions;
use alarm::unusual::{self, Memory, Settings, VALUE};
use alarm::verdict::State;

fn main() -> Result<(), Box<dyn Error>> {
    let corpus = std::env::args().nth(1).ok_or("name the folder of the corpus")?;
    let corpus = Path::new(&corpus);
    let windows: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(corpus.join("windows.json"))?)?;
    let mut reports = BTreeMap::new();
    for file in windows.as_object().ok_or("windows.json is not an object")?.keys() {
        let text = std::fs::read_to_string(corpus.join(file))?;
        reports.insert(file.clone(), episodes(&rows(&text)));
    }
    println!("{}", serde_json::to_string(&reports)?);
    Ok(())
}

/// Rows that cannot be read keep their number and have no value.
fn rows(text: &str) -> Vec<(i64, f64)> {
    let cells = |line: &str| -> Option<(i64, f64)> {
        let mut cells = line.split(',').map(|cell| cell.trim().trim_matches('"'));
        Some((seconds(cells.next()?)?, cells.next()?.parse().unwrap_or(f64::NAN)))
    };
    text.lines().skip(1).map(|line| cells(line).unwrap_or((0, f64::NAN))).collect()
}

/// `2018-04-25T00:01:00Z` and `2018-04-25 00:01:00`.
fn seconds(text: &str) -> Option<i64> {
    let mut parts = text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse::<i64>().ok());
    let mut next = || parts.next();
    let (year, month, day, hour, minute, second) = (next()?, next()?, next()?, next()?, next()?, next().unwrap_or(0));
    // Days since the epoch, the year beginning in March (Hinnant's civil-from-days, the other way round).
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

/// The rows at which the judge began to fire, judging after each.
fn episodes(rows: &[(i64, f64)]) -> Vec<usize> {
    let mut apart = HashMap::new();
    for pair in rows.windows(2) {
        *apart.entry(pair[1].0 - pair[0].0).or_insert(0) += 1;
    }
    let period_s = apart.into_iter().max_by_key(|(_, count)| *count).map_or(60, |(apart, _)| apart.max(1)) as u32;
    let points = Points::from_pairs(period_s, rows);
    let (settings, none) = (Settings::default(), Dimensions::default());
    let reach = unusual::reach_s(&settings, period_s) as i64;
    let (mut memory, mut before, mut found) = (Memory::default(), State::Unknown, Vec::new());
    for (row, (at, _)) in rows.iter().enumerate() {
        let now = at + i64::from(period_s);
        let input = [Input { role: VALUE, dimensions: &none, points: points.view().until(now).since(now - reach) }];
        let verdict;
        (memory, verdict) = unusual::judge(&settings, memory, &Inputs::new(now, &input), now);
        if verdict.state == State::Firing && before != State::Firing {
            found.push(row);
        }
        before = verdict.state;
    }
    found
}

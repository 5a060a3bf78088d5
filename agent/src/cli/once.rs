//! `stormglass once`: one reading of everything, shown instead of sent.

use std::thread;
use std::time::Duration;

use serde::Serialize;

use super::table::Table;
use super::{Common, Out};
use crate::failure::{Exit, Failure};
use crate::host::Host;
use crate::reading::{Reading, Readings, Space};

/// Read everything once and show it
///
/// Most counters of the kernel only grow, so two looks are taken and the differences shown: `--over` says how far
/// apart. Nothing is sent, and no right is needed; what this user may not see is named below the table.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  stormglass once                        what the default configuration collects
  stormglass once --config new.toml      what a new one would
  stormglass once --json | jq '.readings[] | select(.name == \"mem_used_percent\")'")]
pub(super) struct Args {
    /// Seconds between the two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=60))]
    over: u64,
}

/// A reading as it is shown.
#[derive(Debug, Serialize)]
struct Row<'a> {
    namespace: &'a str,
    name: &'a str,
    dimensions: std::collections::BTreeMap<&'a str, &'a str>,
    value: f64,
    unit: &'static str,
}

/// A collector that had nothing to say.
#[derive(Debug, Serialize)]
struct Silent {
    collector: &'static str,
    says: String,
    failed: bool,
}

pub(super) fn run(args: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let config = common.load()?;
    let mut host = Host::new(&config.host);
    host.tick(&mut Readings::default());
    thread::sleep(Duration::from_secs(args.over));
    let mut readings = Readings::default();
    host.tick(&mut readings);
    readings.0.sort_by(|a, b| (&a.space, &a.name, &a.dimensions).cmp(&(&b.space, &b.name, &b.dimensions)));
    let rows: Vec<_> = readings.0.iter().map(row).collect();
    let silent: Vec<_> = host
        .tallies()
        .filter_map(|tally| {
            let says = tally.says.clone()?;
            Some(Silent { collector: tally.name, says, failed: tally.errors > 0 })
        })
        .collect();
    let value = serde_json::json!({ "over_seconds": args.over, "readings": rows, "silent": silent });
    out.say(&value, || text(&rows, &silent))?;
    Ok(Exit::Ok)
}

fn row(reading: &Reading) -> Row<'_> {
    let namespace = match &reading.space {
        Space::Host => "CWAgent",
        Space::Own => "Stormglass",
        Space::Named(name) => name,
    };
    let dimensions = reading.dimensions.iter().collect();
    Row { namespace, name: &reading.name, dimensions, value: reading.value, unit: reading.unit.name() }
}

fn text(rows: &[Row<'_>], silent: &[Silent]) -> String {
    let mut table = Table::new(&["metric", "dimensions", ">value", "unit"]);
    let mut namespace = "";
    for row in rows {
        if row.namespace != namespace {
            namespace = row.namespace;
            table.heading(namespace);
        }
        let dimensions: Vec<_> = row.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
        table.row([row.name.to_owned(), dimensions.join(" "), number(row.value), row.unit.to_owned()]);
    }
    let mut text = table.to_string();
    for Silent { collector, says, .. } in silent {
        text.extend(["\n", collector, ": ", says]);
    }
    text
}

/// Whole numbers whole, others to two places, small ones to three digits.
fn number(value: f64) -> String {
    match value.abs() {
        _ if value == value.trunc() => format!("{value:.0}"),
        0.0..0.01 => format!("{value:.2e}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_for_people() {
        assert_eq!(number(0.0), "0");
        assert_eq!(number(1e15), "1000000000000000");
        assert_eq!(number(12.345), "12.35");
        assert_eq!(number(-0.004), "-4.00e-3");
    }
}

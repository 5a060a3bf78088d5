//! `stormglass once`: one reading of everything, shown instead of sent.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::sample::{Sample, Silent};
use super::table::Table;
use super::{Common, Out};
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::reading::{Reading, Space};

/// Read everything once and show it, with its price
///
/// Most counters of the kernel only grow, so two looks are taken and the differences shown: `--over` says how far
/// apart. Nothing is sent, and no right is needed; what this user may not see is named below the table.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  stormglass once                        what the configuration collects
  stormglass once --json | jq '.readings[] | select(.name == \"mem_used_percent\")'
  stormglass once --request              the very PutMetricData requests, as the AWS CLI takes them")]
pub(super) struct Args {
    /// Seconds between the two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=60))]
    over: u64,
    /// Print the requests that would be sent, a list of PutMetricData as JSON
    #[arg(long)]
    request: bool,
}

/// A reading as it is shown.
#[derive(Debug, Serialize)]
struct Row<'a> {
    namespace: &'a str,
    name: &'a str,
    dimensions: BTreeMap<&'a str, &'a str>,
    value: f64,
    unit: &'static str,
}

pub(super) fn run(args: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let config = common.load_here()?;
    let sample = Sample::take(&config, Duration::from_secs(args.over));
    if args.request {
        let requests: Vec<_> = sample.requests().iter().map(crate::batch::Request::to_json).collect();
        let requests = serde_json::Value::from(requests);
        out.say(&requests, || format!("{requests:#}"))?;
        return Ok(Exit::Ok);
    }
    let rows: Vec<_> = sample.readings.iter().map(|reading| row(&config, reading)).collect();
    let bill = sample.bill(&config, 1);
    let value = serde_json::json!({
        "over_seconds": args.over,
        "readings": rows,
        "silent": sample.silent,
        "series": bill.series,
        "monthly_usd": (bill.usd() * 100.0).round() / 100.0,
    });
    out.say(&value, || {
        let refused = match sample.refused.len() {
            0 => String::new(),
            count => format!("; the budget refuses {count} more, which `stormglass cost` names"),
        };
        let price = format!("\n{} series, ${:.2} a month at list price{refused}", bill.series, bill.usd());
        text(&rows, &sample.silent) + &price
    })?;
    Ok(Exit::Ok)
}

fn row<'a>(config: &'a Config, reading: &'a Reading) -> Row<'a> {
    let shape = &config.cloudwatch.shape;
    let namespace = match &reading.space {
        Space::Host => &shape.host_namespace,
        Space::Own => &shape.own_namespace,
        Space::Named(name) => name.as_ref(),
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

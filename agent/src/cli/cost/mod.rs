//! `stormglass cost`: the bill of a configuration, before anything is sent.

mod rules;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use serde::Serialize;

use super::asked::{self, Pushed};
use super::sample::{Sample, Silent};
use super::table::Table;
use super::{Common, Out};
use crate::budget::Bill;
use crate::failure::{Exit, Failure};
use crate::window::Point;

/// Say what a month of this configuration costs, before anything is sent
///
/// The host is read once as the agent would read it, each target of a source is asked once (a command runs), and every
/// series that would be published is counted: CloudWatch bills each name with its dimensions as one metric. What is sent
/// to us (StatsD, OTLP, put) is not known before; it is named with the most that it may become. With --rules it is the
/// bill of judging instead: what the Lambda asks for, remembers and sends. Prices are the list prices of us-east-1.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  stormglass cost                          this host
  stormglass cost --hosts 40               a fleet of such hosts: more than 10,000 series become cheaper
  stormglass cost --config new.toml --series    each series by name
  stormglass cost --rules alarms.toml --hosts 40    what judging costs, and which rule costs most")]
pub(super) struct Args {
    /// So many hosts like this one
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    hosts: u64,
    /// List every series
    #[arg(long)]
    series: bool,
    #[command(flatten)]
    judging: rules::Judging,
}

/// Two looks this far apart show every series; their values do not matter here.
const APART: Duration = Duration::from_millis(200);
/// Rows of a table before the rest becomes one line.
const ROWS_MAX: usize = 15;

#[derive(Debug, Serialize)]
struct Group {
    name: String,
    series: u64,
    usd: f64,
}

pub(super) fn run(args: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    if let Some(path) = &args.judging.rules {
        return rules::run(path, &args.judging, args.hosts, common, out);
    }
    let config = common.load_here()?;
    let sample = Sample::take(&config, APART);
    let bill = sample.bill(&config, args.hosts);
    // Tiers make later series cheaper; a group's share is its share of all.
    let each = if bill.series == 0 { 0.0 } else { bill.series_usd / bill.series as f64 * args.hosts as f64 };
    let by_source = groups(&sample.points, each, |point| point.source.to_owned());
    let by_metric = groups(&sample.points, each, |point| point.series.name.clone());
    let listed: Vec<_> = sample.points.iter().map(|point| point.series.to_string()).collect();
    let refused: Vec<_> = sample.refused.iter().map(|point| point.series.to_string()).collect();
    let pushed = asked::pushed(&config);
    let mut value = serde_json::json!({
        "hosts": args.hosts,
        "monthly_usd": cents(bill.usd()),
        "series": bill.series,
        "series_usd": cents(bill.series_usd),
        "requests": bill.requests,
        "requests_usd": cents(bill.requests_usd),
        "free_usd_at_most": cents(bill.free_usd),
        "by_source": by_source,
        "by_metric": by_metric,
        "refused_by_the_budget": refused,
        "pushed": pushed,
        "silent": sample.silent,
    });
    if args.series {
        value["all_series"] = serde_json::json!(listed);
    }
    out.say(&value, || {
        let mut text = summary(&bill, args.hosts);
        text.push_str(&tables(&by_source, &by_metric));
        text.push_str(&unknown(&pushed, &sample.silent));
        if args.series {
            text.extend(["\n\n", &listed.join("\n")]);
        }
        if !refused.is_empty() {
            let count = refused.len();
            let limit = config.budget.limits.series();
            // A `String` takes whatever is written to it.
            let listed = refused.join("\n  ");
            let _ = write!(text, "\n\nthe budget of {limit} series refuses {count}:\n  {listed}");
        }
        text
    })?;
    Ok(Exit::Ok)
}

/// The dearest first.
fn groups(points: &[Point], each: f64, key: impl Fn(&Point) -> String) -> Vec<Group> {
    let mut counts = BTreeMap::<String, u64>::new();
    for point in points {
        *counts.entry(key(point)).or_default() += 1;
    }
    let group = |(name, series): (String, u64)| Group { name, series, usd: cents(series as f64 * each) };
    let mut groups: Vec<_> = counts.into_iter().map(group).collect();
    groups.sort_by(|a, b| b.series.cmp(&a.series).then_with(|| a.name.cmp(&b.name)));
    groups
}

fn summary(bill: &Bill, hosts: u64) -> String {
    let of = if hosts == 1 { "this host".to_owned() } else { format!("{hosts} hosts like this one") };
    let Bill { series, requests, series_usd, requests_usd, free_usd } = bill;
    format!(
        "${:.2} a month for {of}, at list price (us-east-1)\n  \
         {series_usd:>9.2}  {series} series\n  \
         {requests_usd:>9.2}  {requests} requests\n  \
         at most ${free_usd:.2} less, where nothing else in the account uses the free allowance",
        bill.usd()
    )
}

fn tables(by_source: &[Group], by_metric: &[Group]) -> String {
    let mut text = String::new();
    for (what, groups) in [("source", by_source), ("metric", by_metric)] {
        let mut table = Table::new(&[what, ">series", ">$ a month"]);
        for group in groups.iter().take(ROWS_MAX) {
            table.row([group.name.clone(), group.series.to_string(), format!("{:.2}", group.usd)]);
        }
        if let Some(rest) = groups.get(ROWS_MAX..).filter(|rest| !rest.is_empty()) {
            let (series, usd) = rest.iter().fold((0, 0.0), |(n, usd), group| (n + group.series, usd + group.usd));
            table.row([format!("{} others", rest.len()), series.to_string(), format!("{usd:.2}")]);
        }
        text.extend(["\n\n", &table.to_string()]);
    }
    text
}

/// What stands in no sum, so that nobody takes the sum for all.
fn unknown(pushed: &[Pushed], silent: &[Silent]) -> String {
    let mut text = String::new();
    // A `String` takes whatever is written to it.
    for Pushed { source, series_at_most } in pushed {
        let _ =
            write!(text, "\n\n{source} is sent to: not counted here, at most {series_at_most} series (`max_series`)");
    }
    for Silent { collector, says, .. } in silent.iter().filter(|silent| silent.failed) {
        let _ = write!(text, "\n\n{collector} said nothing, and is not counted: {says}");
    }
    text
}

fn cents(usd: f64) -> f64 {
    (usd * 100.0).round() / 100.0
}

//! `stormglass cost --rules`: the bill of judging, and which rule costs most.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use account::plan::LIGHTSAIL;
use account::price::{Counts, Fleet, Life, Month};
use alarm::rules::Rules;
use serde_json::json;

use super::super::alarms::files;
use super::super::here::{Here, wait};
use super::super::table::Table;
use super::super::{Common, Out};
use super::{ROWS_MAX, cents};
use crate::aws::Past;
use crate::failure::{Exit, Failure};

#[derive(Debug, clap::Args)]
pub(super) struct Judging {
    /// What judging by these rules costs: alarms.toml
    #[arg(long, value_name = "FILE", conflicts_with = "series")]
    pub(super) rules: Option<PathBuf>,
    /// With --rules: how many values a dimension has on each host, like `path=2`; one where not said
    #[arg(long, value_name = "NAME=N", value_parser = each, requires = "rules")]
    each: Vec<(String, u64)>,
    /// With --rules: count the series that CloudWatch has, instead of --hosts and --each
    #[arg(long, requires = "rules", conflicts_with = "each")]
    cloudwatch: bool,
    /// With --rules: shards of the Lambda
    #[arg(long, value_name = "N", default_value_t = 1, requires = "rules")]
    shards: u16,
    /// With --rules: incidents a month
    #[arg(long, value_name = "N", default_value_t = 100, requires = "rules")]
    incidents: u32,
    /// With --rules: people who get each notice by e-mail
    #[arg(long, value_name = "N", default_value_t = 5, requires = "rules")]
    people: u32,
}

fn each(said: &str) -> Result<(String, u64), String> {
    let (name, count) = said.split_once('=').ok_or("write it like path=2")?;
    let count = count.parse().ok().filter(|count| (1..=100_000).contains(count));
    Ok((name.to_owned(), count.ok_or("the number is 1 to 100000")?))
}

pub(super) fn run(path: &Path, args: &Judging, hosts: u64, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let rules = files::rules(path)?;
    let fleet = if args.cloudwatch {
        listed(&rules, common)?
    } else {
        let counts = Counts { hosts, each: args.each.iter().cloned().collect() };
        Fleet::imagined(&rules, &counts)
    };
    let (shards, incidents, people) = (args.shards, f64::from(args.incidents), f64::from(args.people));
    let month = Month::of(&rules, &fleet, &Life { shards, incidents, people });
    let lines: Vec<_> = month
        .lines
        .iter()
        .map(
            |line| json!({ "what": line.what, "count": line.count.round(), "unit": line.unit, "usd": cents(line.usd) }),
        )
        .collect();
    let dear: Vec<_> = month
        .rules
        .iter()
        .map(|it| json!({ "rule": it.rule, "combinations": it.combinations, "asked": it.asked.round(), "usd": cents(it.usd) }))
        .collect();
    let value = json!({
        "monthly_usd": cents(month.usd()),
        "series": month.series,
        "calls_of_get_metric_data": month.calls,
        "lines": lines,
        "rules": dear,
    });
    out.say(&value, || said(&month, args, hosts))?;
    Ok(Exit::Ok)
}

/// What CloudWatch has of each name that the rules say.
fn listed(rules: &Rules, common: &Common) -> Result<Fleet, Failure> {
    let config = common.load()?;
    let access = Here::find(&config).access(&config);
    let reads = rules.alarms.iter().flat_map(|rule| &rule.reads);
    let names: BTreeSet<_> = reads
        .map(|read| (read.select.namespace.clone(), read.select.metric.clone()))
        .filter(|(namespace, _)| namespace.as_deref() != Some(LIGHTSAIL))
        .collect();
    let found = wait(async {
        let past = Past::connect(&access).await?;
        let mut found = BTreeSet::new();
        for (namespace, metric) in &names {
            found.extend(past.list(namespace.as_deref(), metric).await?);
        }
        Ok(found)
    })?;
    let found = found.map_err(|refusal: crate::publish::Refusal| {
        Failure::failed("SG-ALM-007", format!("CloudWatch does not list the series: {refusal}"))
    })?;
    Ok(Fleet::listed(found.into_iter().collect()))
}

fn said(month: &Month, args: &Judging, hosts: u64) -> String {
    let of = match (args.cloudwatch, hosts) {
        (true, _) => "the series that CloudWatch lists".to_owned(),
        (false, 1) => "one host".to_owned(),
        (false, hosts) => format!("{hosts} hosts alike"),
    };
    let mut bill = Table::new(&["what", ">count", "", ">$ a month"]);
    for line in month.lines.iter().filter(|line| line.count > 0.0) {
        bill.row([line.what.to_owned(), amount(line.count), line.unit.to_owned(), format!("{:.2}", line.usd)]);
    }
    let mut rules = Table::new(&["rule", ">alarms", ">$ a month"]);
    for it in month.rules.iter().take(ROWS_MAX) {
        rules.row([it.rule.clone(), format!("{:.0}", it.combinations), format!("{:.2}", it.usd)]);
    }
    if let Some(rest) = month.rules.get(ROWS_MAX..).filter(|rest| !rest.is_empty()) {
        let (alarms, usd) = rest.iter().fold((0.0, 0.0), |(n, usd), it| (n + it.combinations, usd + it.usd));
        rules.row([format!("{} others", rest.len()), format!("{alarms:.0}"), format!("{usd:.2}")]);
    }
    let dearest = month.rules.first().filter(|it| it.usd > 0.0);
    let dearest = dearest.map(|it| format!("\n{} costs most: ${:.2} a month.", it.rule, it.usd)).unwrap_or_default();
    format!(
        "${:.2} a month to judge {of}: {:.0} series, at list price (us-east-1){dearest}\n\n{bill}\n\n{rules}\n\n\
         Assumed: {} incidents a month, {} people with e-mail, {} of the function, each round waits half a second.\n\
         What an account gets for nothing is not taken off.",
        month.usd(),
        month.series,
        args.incidents,
        args.people,
        if args.shards == 1 { "one shard".to_owned() } else { format!("{} shards", args.shards) },
    )
}

fn amount(count: f64) -> String {
    if count < 10.0 && count.fract() > 0.0 { format!("{count:.2}") } else { format!("{count:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_a_name_and_a_number() {
        assert_eq!(each("path=2"), Ok(("path".to_owned(), 2)));
        for wrong in ["path", "path=", "path=0", "path=x", "path=100001"] {
            assert!(each(wrong).is_err(), "{wrong}");
        }
    }
}

//! The past as CloudWatch has it, of the series that some rules look at.

use std::collections::{BTreeMap, BTreeSet};

use alarm::points::Time;
use alarm::rehearse::{History, Wanted, wanted};
use alarm::rules::Rules;
use alarm::series::Series;
use alarm::sheet::Seconds;

use super::super::here::{Here, wait};
use super::super::signals::clock;
use super::super::{Common, Out};
use super::files;
use crate::aws::{Ask, Past, Span, calls};
use crate::failure::Failure;
use crate::publish::Refusal;

/// Points read into memory, 8 bytes each: more is a question for fewer rules or a shorter time.
const POINTS_MAX: u64 = 50_000_000;
/// How long CloudWatch keeps points of a period (facts/cloudwatch.md, Retention).
const KEPT: [(u64, u32); 4] = [(3 * 3_600, 1), (15 * 86_400, 60), (63 * 86_400, 300), (455 * 86_400, 3_600)];
/// Of each thousand metrics asked for (facts/cloudwatch.md, GetMetricData).
const USD_A_THOUSAND: f64 = 0.01;
/// Its own API has these, and no history of theirs is in CloudWatch.
const LIGHTSAIL: &str = "AWS/Lightsail";

/// Which time is read, and where.
#[derive(Debug, clap::Args)]
pub(super) struct FromCloudWatch {
    /// Read the history from CloudWatch, by the account of the configuration or of the environment (`AWS_PROFILE`)
    #[arg(long, conflicts_with = "data")]
    cloudwatch: bool,
    /// From CloudWatch: so much of it
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = Seconds::parse, requires = "cloudwatch")]
    last: Seconds,
    /// From CloudWatch: up to this moment, in the team's zone; now where not said
    #[arg(long, value_name = "TIME", requires = "cloudwatch")]
    until: Option<String>,
    /// From CloudWatch: another Region than the configured one
    #[arg(long, requires = "cloudwatch")]
    region: Option<String>,
}

impl FromCloudWatch {
    pub(super) fn is_wanted(&self) -> bool {
        self.cloudwatch
    }

    pub(super) fn read(&self, rules: &Rules, common: &Common, out: &mut Out) -> Result<Vec<History>, Failure> {
        let now = clock().as_secs().cast_signed();
        let until = self.until.as_deref().map(|text| files::moment(text, &rules.team.zone)).transpose()?.unwrap_or(now);
        let span = Span { from: until.saturating_sub_unsigned(self.last.0), until };
        let mut config = common.load()?;
        if let Some(region) = &self.region {
            config.cloudwatch.region = Some(region.clone());
        }
        let access = Here::find(&config).access(&config);
        wait(async {
            let past = Past::connect(&access).await.map_err(|error| refused(&error))?;
            fetch(&past, rules, span, now, out).await
        })?
    }
}

fn refused(refusal: &Refusal) -> Failure {
    Failure::failed("SG-ALM-007", format!("CloudWatch does not give the history: {refusal}"))
}

async fn fetch(past: &Past, rules: &Rules, span: Span, now: Time, out: &mut Out) -> Result<Vec<History>, Failure> {
    let wanted = wanted(rules);
    let listed = list(past, &wanted, out).await?;
    let kept_s = kept_s(u64::try_from(now - span.from).unwrap_or(0));
    if wanted.iter().any(|it| it.period_s < kept_s) {
        out.remark("so long ago CloudWatch keeps coarser points than some rules look at: they are tried on those");
    }
    let mut asks = asks(&wanted, &listed, kept_s);
    let seconds = u64::try_from(span.until - span.from).unwrap_or(0);
    let points: u64 = asks.iter().map(|ask| seconds / u64::from(ask.period_s.max(1))).sum();
    if points > POINTS_MAX {
        let says = format!("{} series have {points} points in that time; {POINTS_MAX} are read at most", asks.len());
        return Err(Failure::usage("SG-ALM-008", says));
    }
    let (mut history, mut read, count) = (Vec::with_capacity(asks.len()), 0, asks.len());
    for call in calls(&mut asks, span) {
        if read > 0 {
            out.remark(&format!("read {read} of {count} series"));
        }
        history.extend(past.read(call, span).await.map_err(|error| refused(&error))?);
        read += call.len();
    }
    let usd = count as f64 / 1_000.0 * USD_A_THOUSAND;
    out.remark(&format!("read {count} series from CloudWatch, about ${usd:.2}"));
    Ok(history)
}

/// What exists of each name that the rules say.
async fn list(past: &Past, wanted: &[Wanted], out: &mut Out) -> Result<Vec<Series>, Failure> {
    let names: BTreeSet<_> =
        wanted.iter().map(|it| (it.select.namespace.as_deref(), it.select.metric.as_str())).collect();
    let mut listed = BTreeSet::new();
    for (namespace, metric) in names {
        if namespace == Some(LIGHTSAIL) {
            out.remark(&format!("{LIGHTSAIL} is not in CloudWatch: {metric} is not read"));
            continue;
        }
        listed.extend(past.list(namespace, metric).await.map_err(|error| refused(&error))?);
    }
    Ok(listed.into_iter().collect())
}

/// The shortest period of which points this old are kept.
fn kept_s(age_s: u64) -> u32 {
    KEPT.iter().find(|(longest_s, _)| age_s <= *longest_s).map_or(3_600, |(_, period_s)| *period_s)
}

/// Every series that somebody wants, at a period that is still kept.
fn asks(wanted: &[Wanted], listed: &[Series], kept_s: u32) -> Vec<Ask> {
    let mut by_name: BTreeMap<&str, Vec<&Series>> = BTreeMap::new();
    for series in listed {
        by_name.entry(&series.name).or_default().push(series);
    }
    let mut asks = BTreeSet::new();
    for it in wanted {
        let named = by_name.get(it.select.metric.as_str()).into_iter().flatten();
        for series in named.filter(|series| it.select.matches(series)) {
            let (series, statistic) = ((*series).clone(), it.statistic.clone());
            asks.insert(Ask { period_s: it.period_s.max(kept_s), series, statistic });
        }
    }
    asks.into_iter().collect()
}

//! `ListMetrics` and GetMetricData: the past of the series that rules look at.

use alarm::points::{Points, Time};
use alarm::rehearse::History;
use alarm::rules::Statistic;
use alarm::series::{Dimensions, Series};
use aws_config::retry::RetryConfig;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::config::Builder;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, ScanBy, StatusCode};

use super::Access;
use super::answers::Answers;
use super::refusal::refusal;
use crate::publish::{Kind, Refusal};

/// Queries of one call, and points of one answer (facts/cloudwatch.md, GetMetricData).
const QUERIES_MAX: usize = 500;
const ANSWER_POINTS_MAX: u64 = 100_800;
/// Pages of one call: an answer of 455 days of minutes has seven.
const PAGES_MAX: usize = 1_000;
/// Series of one name; a rule that means more is tried on fewer.
const SERIES_MAX: usize = 20_000;
/// There is no spool behind a person who waits: the SDK tries again, slower each time.
const ATTEMPTS: u32 = 6;

/// CloudWatch, as a place to read from.
#[derive(Debug)]
pub struct Past {
    client: Client,
}

/// One series by one statistic at one period.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ask {
    pub period_s: u32,
    pub series: Series,
    pub statistic: Statistic,
}

/// From the beginning of a period up to the beginning of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: Time,
    pub until: Time,
}

impl Past {
    pub async fn connect(access: &Access) -> Result<Self, Refusal> {
        let retry = RetryConfig::standard().with_max_attempts(ATTEMPTS);
        let mut builder = Builder::from(access.config().await?).retry_config(retry).interceptor(Answers);
        if let Some(endpoint) = &access.way().endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        Ok(Self { client: Client::from_conf(builder.build()) })
    }

    /// Every series of this name; CloudWatch lists those that had a point in the last two weeks.
    pub async fn list(&self, namespace: Option<&str>, metric: &str) -> Result<Vec<Series>, Refusal> {
        let (mut found, mut from) = (Vec::new(), None);
        loop {
            let call = self.client.list_metrics().set_namespace(namespace.map(str::to_owned)).metric_name(metric);
            let page = call.set_next_token(from).send().await.map_err(|error| refusal(&error))?;
            found.extend(page.metrics.unwrap_or_default().into_iter().filter_map(series));
            from = page.next_token;
            if from.is_none() || found.len() >= SERIES_MAX {
                found.truncate(SERIES_MAX);
                return Ok(found);
            }
        }
    }

    /// One call's worth of asks, as `calls` cut them.
    pub async fn read(&self, asks: &[Ask], span: Span) -> Result<Vec<History>, Refusal> {
        let queries: Vec<_> = asks.iter().enumerate().map(|(at, ask)| query(at, ask)).collect();
        let mut pairs: Vec<Vec<(Time, f64)>> = vec![Vec::new(); asks.len()];
        let mut from = None;
        for _ in 0..PAGES_MAX {
            let call = self.client.get_metric_data().set_metric_data_queries(Some(queries.clone()));
            let call = call.start_time(DateTime::from_secs(span.from)).end_time(DateTime::from_secs(span.until));
            let call = call.scan_by(ScanBy::TimestampAscending).set_next_token(from);
            let page = call.send().await.map_err(|error| refusal(&error))?;
            for result in page.metric_data_results.unwrap_or_default() {
                if let Some(status @ (StatusCode::InternalError | StatusCode::Forbidden)) = result.status_code {
                    let says = format!("{} for {}", status.as_str(), result.label.unwrap_or_default());
                    return Err(Refusal { kind: Kind::Denied, code: status.as_str().to_owned(), says });
                }
                let at = result.id.as_deref().and_then(|id| id.strip_prefix('q')?.parse::<usize>().ok());
                let Some(pairs) = at.and_then(|at| pairs.get_mut(at)) else { continue };
                let times = result.timestamps.unwrap_or_default().into_iter().map(|time| time.secs());
                pairs.extend(times.zip(result.values.unwrap_or_default()));
            }
            from = page.next_token;
            if from.is_none() {
                break;
            }
        }
        let history = |(ask, pairs): (&Ask, Vec<_>)| History {
            series: ask.series.clone(),
            statistic: Some(ask.statistic.clone()),
            points: Points::from_pairs(ask.period_s, &pairs),
        };
        Ok(asks.iter().zip(pairs).map(history).collect())
    }
}

/// Sorted by period and cut, so that each call asks for no more than one answer holds.
pub fn calls(asks: &mut [Ask], span: Span) -> Vec<&[Ask]> {
    asks.sort();
    let mut calls = Vec::new();
    for of_period in asks.chunk_by(|one, other| one.period_s == other.period_s) {
        let points = u64::try_from(span.until - span.from).unwrap_or(0) / u64::from(of_period[0].period_s.max(1));
        let most = usize::try_from(ANSWER_POINTS_MAX / points.max(1)).unwrap_or(QUERIES_MAX).clamp(1, QUERIES_MAX);
        calls.extend(of_period.chunks(most));
    }
    calls
}

fn series(metric: Metric) -> Option<Series> {
    let pairs = metric.dimensions.unwrap_or_default().into_iter();
    let dimensions = Dimensions::new(pairs.filter_map(|it| Some((it.name?, it.value?))));
    Some(Series { namespace: metric.namespace?, name: metric.metric_name?, dimensions })
}

fn query(at: usize, ask: &Ask) -> MetricDataQuery {
    let dimension = |(name, value): (&str, &str)| Dimension::builder().name(name).value(value).build();
    let metric = Metric::builder()
        .namespace(&ask.series.namespace)
        .metric_name(&ask.series.name)
        .set_dimensions(Some(ask.series.dimensions.iter().map(dimension).collect()));
    let period = i32::try_from(ask.period_s).unwrap_or(i32::MAX);
    let stat = MetricStat::builder().metric(metric.build()).period(period).stat(ask.statistic.to_string()).build();
    MetricDataQuery::builder().id(format!("q{at}")).metric_stat(stat).return_data(true).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_call_asks_for_more_than_one_answer_holds() {
        let ask = |number: usize| Ask {
            period_s: [60, 300][number % 2],
            series: Series { namespace: "N".to_owned(), name: format!("m{number}"), dimensions: Dimensions::default() },
            statistic: Statistic::Average,
        };
        for (days, expect) in [(0, vec![500, 100, 500, 100]), (1, vec![70; 8]), (30, vec![2; 300]), (365, vec![1; 600])]
        {
            let mut asks: Vec<_> = (0..1_200).map(ask).collect();
            let sizes: Vec<_> =
                calls(&mut asks, Span { from: 0, until: days * 86_400 }).iter().map(|it| it.len()).collect();
            assert_eq!(sizes[..expect.len()], expect, "{days} days");
            assert_eq!(sizes.iter().sum::<usize>(), 1_200);
        }
    }
}

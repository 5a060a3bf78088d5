//! CloudWatch: what exists, its points, the states of native alarms, and what the Lambda says of itself.

use std::collections::HashMap;

use account::plan::{self, Call};
use alarm::points::Points;
use alarm::round::Need;
use alarm::series::{Dimensions, Series};
use alarm::verdict::State;
use aws_config::SdkConfig;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::error::DisplayErrorContext;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{
    AlarmType, Dimension, Metric, MetricDataQuery, MetricDatum, MetricStat, RecentlyActive, ScanBy, StandardUnit,
    StateValue, StatusCode,
};

use tokio::sync::mpsc;

use super::at_once;
use crate::outside::{Measure, Trouble, Wanted};

/// Series that are listed for all shards.
const SERIES_MAX: usize = 1_000_000;
/// Pages of lists that wait to be taken.
const PAGES_HELD: usize = 4;
/// Names of one `DescribeAlarms`.
const NAMES_MAX: usize = 100;
/// Datums of one PutMetricData (facts/cloudwatch.md).
const DATUMS_MAX: usize = 1_000;
/// Pages of one answer: 50,400 points of 500 queries come in a few.
const PAGES_MAX: usize = 50;

#[derive(Clone, Debug)]
pub(super) struct Metrics {
    client: Client,
}

fn trouble<E: std::error::Error>(operation: &str, error: &E) -> Trouble {
    Trouble { code: "SG-LAM-013", says: format!("{operation}: {}", DisplayErrorContext(error)) }
}

impl Metrics {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    pub(super) async fn discover(
        &self,
        wanted: &[Wanted],
        take: &mut (dyn FnMut(Vec<Series>) + Send),
    ) -> Result<(), Trouble> {
        let (pages, mut listed) = mpsc::channel(PAGES_HELD);
        let ours = wanted.iter().filter(|(namespace, _)| namespace.as_deref() != Some(plan::LIGHTSAIL));
        let client = &self.client;
        let listing = at_once(
            ours.map(move |(space, metric)| list(client.clone(), space.clone(), metric.clone(), pages.clone())),
        );
        let taking = async {
            let mut count = 0;
            while let Some(page) = listed.recv().await {
                count += page.len();
                if count <= SERIES_MAX {
                    take(page);
                }
            }
            count
        };
        let (done, count) = tokio::join!(listing, taking);
        if count > SERIES_MAX {
            let says =
                format!("{count} series; only {SERIES_MAX} are looked at: give parts of the fleet their own function");
            tracing::error!(code = "SG-LAM-014", says);
        }
        done.into_iter().collect()
    }

    pub(super) async fn read(self, call: Call, queries: Vec<MetricDataQuery>) -> Result<Vec<Points>, Trouble> {
        read(self.client, call, queries).await
    }

    pub(super) async fn natives(&self, names: &[String]) -> Result<HashMap<String, State>, Trouble> {
        let mut states = HashMap::new();
        for some in names.chunks(NAMES_MAX) {
            let call = self.client.describe_alarms().set_alarm_names(Some(some.to_vec()));
            let call = call.alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm);
            let answer = call.send().await.map_err(|error| trouble("DescribeAlarms", &error))?;
            let metric = answer.metric_alarms.unwrap_or_default().into_iter().map(|it| (it.alarm_name, it.state_value));
            let composite = answer.composite_alarms.unwrap_or_default().into_iter();
            let composite = composite.map(|it| (it.alarm_name, it.state_value));
            for (name, state) in metric.chain(composite) {
                let state = match state {
                    Some(StateValue::Alarm) => State::Firing,
                    Some(StateValue::Ok) => State::Fine,
                    _ => State::Unknown,
                };
                states.extend(name.map(|name| (name, state)));
            }
        }
        Ok(states)
    }

    pub(super) async fn measure(&self, measures: &[Measure]) -> Result<(), Trouble> {
        let dimension = |(name, value): &(&str, String)| Dimension::builder().name(*name).value(value).build();
        let datum = |measure: &Measure| {
            let unit = StandardUnit::from(measure.unit);
            let dimensions = measure.dimensions.iter().map(dimension).collect();
            let datum = MetricDatum::builder().metric_name(measure.name).value(measure.value).unit(unit);
            datum.set_dimensions(Some(dimensions)).build()
        };
        for some in measures.chunks(DATUMS_MAX) {
            let data = some.iter().map(datum).collect();
            let sent = self.client.put_metric_data().namespace("Stormglass").set_metric_data(Some(data)).send().await;
            sent.map_err(|error| trouble("PutMetricData", &error))?;
        }
        Ok(())
    }
}

async fn list(
    client: Client,
    namespace: Option<String>,
    metric: String,
    pages: mpsc::Sender<Vec<Series>>,
) -> Result<(), Trouble> {
    let mut from = None;
    loop {
        // What sent nothing for three hours is gone; what was firing then is remembered by its own key.
        let call = client.list_metrics().set_namespace(namespace.clone()).metric_name(&metric);
        let call = call.recently_active(RecentlyActive::Pt3H).set_next_token(from);
        let page = call.send().await.map_err(|error| trouble("ListMetrics", &error))?;
        let series = page.metrics.unwrap_or_default().into_iter().filter_map(series).collect();
        from = page.next_token;
        // Nobody takes them any more: the invocation is over.
        if pages.send(series).await.is_err() || from.is_none() {
            return Ok(());
        }
    }
}

fn series(metric: Metric) -> Option<Series> {
    let pairs = metric.dimensions.unwrap_or_default().into_iter();
    let dimensions = Dimensions::new(pairs.filter_map(|it| Some((it.name?, it.value?))));
    Some(Series { namespace: metric.namespace?, name: metric.metric_name?, dimensions })
}

pub(super) fn queries(call: &Call, available: &[Series]) -> Vec<MetricDataQuery> {
    let one =
        |(at, need): (usize, &Need)| query(at, &available[need.series], &need.statistic.to_string(), need.period_s);
    call.needs.iter().enumerate().map(one).collect()
}

fn query(at: usize, series: &Series, statistic: &str, period_s: u32) -> MetricDataQuery {
    let dimension = |(name, value): (&str, &str)| Dimension::builder().name(name).value(value).build();
    let metric = Metric::builder()
        .namespace(&series.namespace)
        .metric_name(&series.name)
        .set_dimensions(Some(series.dimensions.iter().map(dimension).collect()));
    let period = i32::try_from(period_s).unwrap_or(i32::MAX);
    let stat = MetricStat::builder().metric(metric.build()).period(period).stat(statistic).build();
    MetricDataQuery::builder().id(format!("q{at}")).metric_stat(stat).return_data(true).build()
}

async fn read(client: Client, call: Call, queries: Vec<MetricDataQuery>) -> Result<Vec<Points>, Trouble> {
    // Points as soon as they are read: the answer takes ten times their room.
    let mut read: Vec<Points> = call.needs.iter().map(|need| Points::from_pairs(need.period_s, &[])).collect();
    let mut from = None;
    for _ in 0..PAGES_MAX {
        let asked = client
            .get_metric_data()
            .set_metric_data_queries(Some(queries.clone()))
            .start_time(DateTime::from_secs(call.from))
            .end_time(DateTime::from_secs(call.until))
            .scan_by(ScanBy::TimestampAscending)
            .set_next_token(from);
        let page = asked.send().await.map_err(|error| trouble("GetMetricData", &error))?;
        for result in page.metric_data_results.unwrap_or_default() {
            if matches!(result.status_code, Some(StatusCode::InternalError | StatusCode::Forbidden)) {
                let says = format!("GetMetricData: {:?} for {:?}", result.status_code, result.label);
                return Err(Trouble { code: "SG-LAM-013", says });
            }
            let at = result.id.as_deref().and_then(|id| id.strip_prefix('q')?.parse::<usize>().ok());
            let Some(points) = at.and_then(|at| read.get_mut(at)) else { continue };
            let times = result.timestamps.unwrap_or_default().into_iter().map(|it| it.secs());
            let pairs = points.real().chain(times.zip(result.values.unwrap_or_default()));
            *points = Points::from_pairs(points.period_s(), &pairs.collect::<Vec<_>>());
        }
        from = page.next_token;
        if from.is_none() {
            return Ok(read);
        }
    }
    Err(Trouble { code: "SG-LAM-013", says: format!("GetMetricData: more than {PAGES_MAX} pages of one answer") })
}

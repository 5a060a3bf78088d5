//! Lightsail: its instances and their metrics, which CloudWatch does not have.
//!
//! `GetBundles` knows no baseline; the plans with theirs are in `alarm::burst`, found by the dimension `BundleId` that is
//! put here beside the name of the instance.

use std::collections::BTreeSet;

use account::plan::{Call, LIGHTSAIL};
use alarm::points::Points;
use alarm::rules::Statistic;
use alarm::series::{Dimensions, Series};
use aws_config::SdkConfig;
use aws_sdk_lightsail::Client;
use aws_sdk_lightsail::error::DisplayErrorContext;
use aws_sdk_lightsail::primitives::DateTime;
use aws_sdk_lightsail::types::{InstanceMetricName, MetricDatapoint, MetricStatistic, MetricUnit};

use crate::outside::{Found, Trouble, Wanted};

/// Each metric with its unit: asked for in another, the answer is empty and no error.
const METRICS: &[(&str, MetricUnit)] = &[
    ("BurstCapacityPercentage", MetricUnit::Percent),
    ("BurstCapacityTime", MetricUnit::Seconds),
    ("CPUUtilization", MetricUnit::Percent),
    ("MetadataNoToken", MetricUnit::Count),
    ("NetworkIn", MetricUnit::Bytes),
    ("NetworkOut", MetricUnit::Bytes),
    ("StatusCheckFailed", MetricUnit::Count),
    ("StatusCheckFailed_Instance", MetricUnit::Count),
    ("StatusCheckFailed_System", MetricUnit::Count),
];
/// Instances that are looked at.
const INSTANCES_MAX: usize = 5_000;

#[derive(Clone, Debug)]
pub(super) struct Lightsail {
    client: Client,
}

fn trouble(says: String) -> Trouble {
    Trouble { code: "SG-LAM-016", says }
}

fn failed<E: std::error::Error>(operation: &str, error: &E) -> Trouble {
    trouble(format!("{operation}: {}", DisplayErrorContext(error)))
}

impl Lightsail {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// Nothing is asked where no rule names the namespace.
    pub(super) async fn discover(
        &self,
        wanted: &[Wanted],
        take: &mut (dyn FnMut(Vec<Series>) + Send),
    ) -> Result<Found, Trouble> {
        let is_ours = |(namespace, _): &&Wanted| namespace.as_deref() == Some(LIGHTSAIL);
        let metrics: BTreeSet<&str> = wanted.iter().filter(is_ours).map(|(_, metric)| metric.as_str()).collect();
        let mut found = Found::default();
        if metrics.is_empty() {
            return Ok(found);
        }
        let mut from = None;
        loop {
            let sent = self.client.get_instances().set_page_token(from).send().await;
            let page = sent.map_err(|error| failed("GetInstances", &error))?;
            for instance in page.instances.unwrap_or_default() {
                let Some(name) = instance.name else { continue };
                let bundle = instance.bundle_id.unwrap_or_default();
                let dimensions = Dimensions::from_iter([("InstanceName", &*name), ("BundleId", &*bundle)]);
                let series = |metric: &&str| Series {
                    namespace: LIGHTSAIL.to_owned(),
                    name: (*metric).to_owned(),
                    dimensions: dimensions.clone(),
                };
                take(metrics.iter().map(series).collect());
                let state = instance.state.and_then(|state| state.name).unwrap_or_default();
                found.hosts.push((name, !matches!(&*state, "stopped" | "stopping" | "shutting-down" | "terminated")));
            }
            from = page.next_page_token.filter(|token| !token.is_empty());
            if from.is_none() {
                return Ok(found);
            }
            if found.hosts.len() > INSTANCES_MAX {
                let says = format!("more than {INSTANCES_MAX} instances of Lightsail; the rest is not looked at");
                tracing::error!(code = "SG-LAM-014", says);
                return Ok(found);
            }
        }
    }

    /// The points of each need, all of one metric of one instance.
    pub(super) async fn read(self, call: Call, series: Series) -> Result<Vec<Points>, Trouble> {
        let (name, instance) = (&series.name, series.dimensions.get("InstanceName").unwrap_or_default());
        let Some((_, unit)) = METRICS.iter().find(|(metric, _)| metric == name) else {
            let known: Vec<&str> = METRICS.iter().map(|(metric, _)| *metric).collect();
            return Err(trouble(format!("Lightsail has no metric {name}; it has {}", known.join(", "))));
        };
        let statistics: Option<Vec<MetricStatistic>> =
            call.needs.iter().map(|need| statistic(&need.statistic)).collect();
        let Some(statistics) = statistics else {
            return Err(trouble(format!("{name}: Lightsail has Average, Maximum, Minimum, SampleCount and Sum alone")));
        };
        let period_s = call.needs.first().map_or(300, |need| need.period_s);
        let sent = self
            .client
            .get_instance_metric_data()
            .instance_name(instance)
            .metric_name(InstanceMetricName::from(name.as_str()))
            .period(i32::try_from(period_s).unwrap_or(i32::MAX))
            .start_time(DateTime::from_secs(call.from))
            .end_time(DateTime::from_secs(call.until))
            .unit(unit.clone())
            .set_statistics(Some(statistics))
            .send()
            .await;
        let answer = sent.map_err(|error| failed("GetInstanceMetricData", &error))?;
        let data = answer.metric_data.unwrap_or_default();
        let points = |statistic: &Statistic| {
            let pairs = data.iter().filter_map(|it| Some((it.timestamp?.secs(), value(it, statistic)?)));
            let mut pairs: Vec<(i64, f64)> = pairs.collect();
            pairs.sort_by_key(|(at, _)| *at);
            Points::from_pairs(period_s, &pairs)
        };
        Ok(call.needs.iter().map(|need| points(&need.statistic)).collect())
    }
}

fn statistic(statistic: &Statistic) -> Option<MetricStatistic> {
    Some(match statistic {
        Statistic::Average => MetricStatistic::Average,
        Statistic::Maximum => MetricStatistic::Maximum,
        Statistic::Minimum => MetricStatistic::Minimum,
        Statistic::SampleCount => MetricStatistic::SampleCount,
        Statistic::Sum => MetricStatistic::Sum,
        _ => return None,
    })
}

fn value(point: &MetricDatapoint, statistic: &Statistic) -> Option<f64> {
    match statistic {
        Statistic::Average => point.average,
        Statistic::Maximum => point.maximum,
        Statistic::Minimum => point.minimum,
        Statistic::SampleCount => point.sample_count,
        Statistic::Sum => point.sum,
        _ => None,
    }
}

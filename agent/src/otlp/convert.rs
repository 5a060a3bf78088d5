//! What an export says, as readings. Pure: the memory of cumulative sums is an argument.

use std::collections::HashMap;
use std::time::Duration;

use alarm::series::{Dimensions, Unit};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint, SummaryDataPoint,
};

use super::Settings;
use crate::distribution::buckets::{Largest, spread};
use crate::distribution::{Distribution, VALUE_MAX};
use crate::reading::{Reading, Readings};

/// `AggregationTemporality`: what came since the last export, or all since a beginning.
const CUMULATIVE: i32 = 2;
/// Buckets of one point.
const BUCKETS_MAX: usize = 512;
/// Sums and histograms whose past is remembered.
const REMEMBERED_MAX: usize = 10_000;
/// The resource's attribute that becomes the dimension `service`.
const SERVICE: &str = "service.name";

/// A cumulative series as it last was.
#[derive(Clone, Debug, Default, PartialEq)]
struct Past {
    start: u64,
    /// The value; or the buckets, with the sum last.
    values: Vec<f64>,
}

#[derive(Debug, Default)]
pub(super) struct Memory {
    past: HashMap<(String, Dimensions), Past>,
    /// Since when every export was heard, in nanoseconds; 0 is never.
    since: u64,
}

impl Memory {
    pub(super) fn listening_since(since: Duration) -> Self {
        Self { since: u64::try_from(since.as_nanos()).unwrap_or(u64::MAX), ..Self::default() }
    }

    /// What each value grew by. A series that began anew counts from nothing. Of the first export nothing is known, unless
    /// the series began when we listened already: then all of it is new.
    fn grown(&mut self, name: &str, dimensions: &Dimensions, start: u64, values: Vec<f64>) -> Option<Vec<f64>> {
        let key = (name.to_owned(), dimensions.clone());
        if self.past.len() >= REMEMBERED_MAX && !self.past.contains_key(&key) {
            return None;
        }
        let Some(before) = self.past.insert(key, Past { start, values: values.clone() }) else {
            return (self.since > 0 && start >= self.since).then_some(values);
        };
        let is_anew = before.start != start
            || before.values.len() != values.len()
            || before.values.iter().zip(&values).any(|(before, now)| now < before);
        Some(if is_anew {
            values
        } else {
            values.iter().zip(&before.values).map(|(now, before)| now - before).collect()
        })
    }
}

/// The readings of an export, and how many points of it could not be read.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) readings: Readings,
    pub(super) rejected: u64,
    /// The first that was rejected.
    pub(super) says: String,
}

pub(super) fn read(request: &ExportMetricsServiceRequest, settings: &Settings, memory: &mut Memory) -> Read {
    let mut reader = Reader { settings, memory, read: Read::default() };
    for resource in &request.resource_metrics {
        let attributes = resource.resource.iter().flat_map(|resource| &resource.attributes);
        let service = attributes.filter(|pair| pair.key == SERVICE).find_map(|pair| text(pair.value.as_ref()));
        for metric in resource.scope_metrics.iter().flat_map(|scope| &scope.metrics) {
            reader.metric(metric, service.as_deref());
        }
    }
    reader.read
}

struct Reader<'a> {
    settings: &'a Settings,
    memory: &'a mut Memory,
    read: Read,
}

impl Reader<'_> {
    fn metric(&mut self, metric: &Metric, service: Option<&str>) {
        match &metric.data {
            Some(Data::Gauge(gauge)) => {
                for point in &gauge.data_points {
                    let dimensions = self.dimensions(&point.attributes, service);
                    self.number(metric, point, dimensions, false, false);
                }
            }
            Some(Data::Sum(sum)) => {
                // A sum that can fall is how much there is, and is told as it stands.
                let is_cumulative = sum.is_monotonic && sum.aggregation_temporality == CUMULATIVE;
                for point in &sum.data_points {
                    let dimensions = self.dimensions(&point.attributes, service);
                    self.number(metric, point, dimensions, sum.is_monotonic, is_cumulative);
                }
            }
            Some(Data::Histogram(histogram)) => {
                let is_cumulative = histogram.aggregation_temporality == CUMULATIVE;
                for point in &histogram.data_points {
                    let dimensions = self.dimensions(&point.attributes, service);
                    self.histogram(metric, point, dimensions, is_cumulative);
                }
            }
            Some(Data::ExponentialHistogram(histogram)) => {
                for point in &histogram.data_points {
                    let dimensions = self.dimensions(&point.attributes, service);
                    self.exponential(metric, point, dimensions, histogram.aggregation_temporality == CUMULATIVE);
                }
            }
            Some(Data::Summary(summary)) => {
                for point in &summary.data_points {
                    let dimensions = self.dimensions(&point.attributes, service);
                    self.summary(metric, point, &dimensions);
                }
            }
            None => self.reject(metric, "it has no data"),
        }
    }

    fn dimensions(&self, attributes: &[KeyValue], service: Option<&str>) -> Dimensions {
        let kept = attributes.iter().filter(|pair| !self.settings.drop_attributes.contains(&pair.key));
        let pairs = kept.filter_map(|pair| Some((pair.key.clone(), text(pair.value.as_ref())?)));
        let service = service.map(|service| ("service".to_owned(), service.to_owned()));
        service.into_iter().chain(pairs).collect()
    }

    fn reject(&mut self, metric: &Metric, why: &str) {
        if self.read.rejected == 0 {
            self.read.says = format!("{}: {why}", metric.name);
        }
        self.read.rejected += 1;
    }

    fn put(&mut self, metric: &Metric, dimensions: Dimensions, values: Distribution, is_count: bool) {
        if metric.name.trim().is_empty() {
            return self.reject(metric, "it has no name");
        }
        let unit = unit(&metric.unit, &metric.name, is_count);
        if !values.is_empty() {
            let space = self.settings.space.clone();
            self.read.readings.push(Reading::folded(space, metric.name.clone(), unit, values).of(dimensions));
        }
    }

    fn number(
        &mut self,
        metric: &Metric,
        point: &NumberDataPoint,
        dimensions: Dimensions,
        is_count: bool,
        is_cumulative: bool,
    ) {
        let value = match point.value {
            Some(Value::AsDouble(value)) => value,
            Some(Value::AsInt(value)) => value as f64,
            // "No recorded value" is a point that says that there is none.
            None => return,
        };
        if !fits(value) {
            return self.reject(metric, "a value that is no finite number");
        }
        let value = if is_cumulative {
            let grown = self.memory.grown(&metric.name, &dimensions, point.start_time_unix_nano, vec![value]);
            let Some(grown) = grown else { return };
            grown[0]
        } else {
            value
        };
        self.put(metric, dimensions, one(value, 1.0), is_count);
    }

    fn histogram(&mut self, metric: &Metric, point: &HistogramDataPoint, dimensions: Dimensions, is_cumulative: bool) {
        let HistogramDataPoint { bucket_counts, explicit_bounds, sum, count, .. } = point;
        let has_buckets = !bucket_counts.is_empty();
        let is_sound = bucket_counts.len() <= BUCKETS_MAX
            && (!has_buckets || bucket_counts.len() == explicit_bounds.len() + 1)
            && explicit_bounds.iter().all(|bound| fits(*bound))
            && explicit_bounds.is_sorted()
            && fits(sum.unwrap_or(0.0));
        if !is_sound {
            return self.reject(metric, "its buckets make no histogram");
        }
        let counts = bucket_counts.iter().map(|count| *count as f64);
        let mut values: Vec<_> = counts.chain([*count as f64, sum.unwrap_or(0.0)]).collect();
        if is_cumulative {
            let Some(grown) = self.memory.grown(&metric.name, &dimensions, point.start_time_unix_nano, values) else {
                return;
            };
            values = grown;
        }
        let (sum, count) = (values.pop().unwrap_or(0.0), values.pop().unwrap_or(0.0));
        let told = if has_buckets {
            let mut so_far = 0.0;
            let bounds = explicit_bounds.iter().copied().chain([f64::INFINITY]);
            let buckets: Vec<_> = bounds
                .zip(values)
                .map(|(bound, count)| {
                    so_far += count;
                    (bound, so_far)
                })
                .collect();
            let value = point.max.filter(|max| fits(*max)).unwrap_or(f64::NAN);
            spread(&buckets, Largest { value, is_one: false }, 1.0)
        } else {
            // Without buckets the mean of so many is all that is known.
            one(sum / count, count)
        };
        self.put(metric, dimensions, told, false);
    }

    fn exponential(
        &mut self,
        metric: &Metric,
        point: &ExponentialHistogramDataPoint,
        dimensions: Dimensions,
        is_cumulative: bool,
    ) {
        let sides = [(&point.positive, 1.0), (&point.negative, -1.0)];
        let count: usize =
            sides.iter().filter_map(|(side, _)| side.as_ref()).map(|side| side.bucket_counts.len()).sum();
        if is_cumulative || count > BUCKETS_MAX || !(-10..=20).contains(&point.scale) {
            return self.reject(metric, "of exponential histograms deltas are taken, of up to 512 buckets");
        }
        let base = 2_f64.powf(2_f64.powi(-point.scale));
        let mut told = one(0.0, point.zero_count as f64);
        for (side, sign) in sides {
            let Some(side) = side else { continue };
            for (at, count) in side.bucket_counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                // The middle of a bucket, by its logarithm.
                let value = sign * base.powf(f64::from(side.offset) + at as f64 + 0.5);
                if fits(value) {
                    told.add(value, *count as f64);
                }
            }
        }
        self.put(metric, dimensions, told, false);
    }

    /// Quantiles as they are; the mean cannot be told from what came since.
    fn summary(&mut self, metric: &Metric, point: &SummaryDataPoint, dimensions: &Dimensions) {
        for quantile in point.quantile_values.iter().take(BUCKETS_MAX) {
            let mut dimensions = dimensions.clone();
            dimensions.set("quantile", quantile.quantile.to_string());
            if fits(quantile.value) {
                self.put(metric, dimensions, one(quantile.value, 1.0), false);
            }
        }
    }
}

fn fits(value: f64) -> bool {
    value.is_finite() && value.abs() <= VALUE_MAX
}

fn one(value: f64, count: f64) -> Distribution {
    let mut values = Distribution::default();
    if count > 0.0 && count.is_finite() && fits(value) {
        values.add(value, count);
    }
    values
}

fn text(value: Option<&AnyValue>) -> Option<String> {
    match value?.value.as_ref()? {
        any_value::Value::StringValue(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        any_value::Value::BoolValue(is) => Some(is.to_string()),
        any_value::Value::IntValue(number) => Some(number.to_string()),
        any_value::Value::DoubleValue(number) => Some(number.to_string()),
        // Lists and maps are no dimensions.
        _ => None,
    }
}

/// Units are UCUM's.
fn unit(said: &str, name: &str, is_count: bool) -> Unit {
    match said {
        "ms" => Unit::Milliseconds,
        "s" => Unit::Seconds,
        "us" => Unit::Microseconds,
        "By" => Unit::Bytes,
        "By/s" => Unit::BytesPerSecond,
        "%" => Unit::Percent,
        _ if is_count || said.starts_with('{') => Unit::Count,
        _ => Unit::of_metric(name),
    }
}

/// For `tests/fuzz`: whatever an export says in either form, what is told of it is finite and bounded.
pub fn fuzz_otlp(data: &[u8]) {
    let settings =
        Settings { listen: None, space: crate::reading::Space::Own, max_series: 10, drop_attributes: vec![] };
    let mut memory = Memory::default();
    let binary = <ExportMetricsServiceRequest as prost::Message>::decode(data).ok();
    let json = serde_json::from_slice::<ExportMetricsServiceRequest>(data).ok();
    for request in [&binary, &json, &binary, &json].into_iter().flatten() {
        for reading in read(request, &settings, &mut memory).readings.0 {
            assert!(!reading.name.trim().is_empty() && reading.count == 0.0);
            assert!(reading.more.shown().iter().all(|(value, count)| value.is_finite() && *count > 0.0), "{reading:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(memory: &mut Memory, metrics: &str) -> (Vec<String>, u64) {
        let text = format!(
            "{{\"resourceMetrics\":[{{\"resource\":{{\"attributes\":[{{\"key\":\"service.name\",\"value\":{{\"stringValue\":\"shop\"}}}}]}},\
             \"scopeMetrics\":[{{\"metrics\":[{metrics}]}}]}}]}}"
        );
        let request: ExportMetricsServiceRequest = serde_json::from_str(&text).expect("an export");
        let settings = Settings {
            listen: None,
            space: crate::reading::Space::Own,
            max_series: 10,
            drop_attributes: vec!["pod".into()],
        };
        let read = read(&request, &settings, memory);
        let shown = |r: &Reading| format!("{}{{{}}} {} {:?}", r.name, r.dimensions, r.unit.name(), r.more.shown());
        (read.readings.0.iter().map(shown).collect(), read.rejected)
    }

    fn check(metric: &str, expect: &[&str]) {
        assert_eq!(told(&mut Memory::default(), metric).0, expect);
    }

    #[test]
    fn gauges_sums_and_their_units() {
        let attributes = "\"attributes\":[{\"key\":\"q\",\"value\":{\"stringValue\":\"a\"}},{\"key\":\"pod\",\"value\":{\"intValue\":\"7\"}}]";
        let gauge = format!(
            "{{\"name\":\"queue\",\"unit\":\"By\",\"gauge\":{{\"dataPoints\":[{{\"asDouble\":2.5,{attributes}}}]}}}}"
        );
        check(&gauge, &["queue{q=a,service=shop} Bytes [(2.5, 1.0)]"]);
        let delta = "{\"name\":\"n\",\"sum\":{\"isMonotonic\":true,\"aggregationTemporality\":1,\"dataPoints\":[{\"asInt\":\"3\"}]}}";
        check(delta, &["n{service=shop} Count [(3.0, 1.0)]"]);
    }

    #[test]
    fn cumulative_sums_are_what_they_grew_by() {
        let sum = |start: u64, value: u64| {
            format!(
                "{{\"name\":\"n\",\"sum\":{{\"isMonotonic\":true,\"aggregationTemporality\":2,\"dataPoints\":[{{\"asInt\":\"{value}\",\"startTimeUnixNano\":\"{start}\"}}]}}}}"
            )
        };
        let mut memory = Memory::default();
        let said: Vec<_> = [(1, 10), (1, 14), (2, 3)]
            .iter()
            .map(|(start, value)| told(&mut memory, &sum(*start, *value)).0.join(""))
            .collect();
        assert_eq!(said, ["", "n{service=shop} Count [(4.0, 1.0)]", "n{service=shop} Count [(3.0, 1.0)]"]);
        // One that began before us may have been told to somebody else; one that began since was told to nobody.
        let since = || Memory::listening_since(Duration::from_secs(1));
        assert_eq!(told(&mut since(), &sum(999_999_999, 10)).0, Vec::<String>::new());
        assert_eq!(told(&mut since(), &sum(1_000_000_000, 10)).0, ["n{service=shop} Count [(10.0, 1.0)]"]);
    }

    #[test]
    fn histograms_are_values_with_counts() {
        let histogram = "{\"name\":\"t\",\"unit\":\"ms\",\"histogram\":{\"aggregationTemporality\":1,\"dataPoints\":[\
            {\"count\":\"4\",\"sum\":256,\"max\":66,\"explicitBounds\":[62,64],\"bucketCounts\":[\"0\",\"2\",\"2\"]}]}}";
        check(histogram, &["t{service=shop} Milliseconds [(62.5, 1.0), (63.5, 1.0), (64.5, 1.0), (65.5, 1.0)]"]);
        let bare = "{\"name\":\"t\",\"unit\":\"s\",\"histogram\":{\"aggregationTemporality\":1,\"dataPoints\":[{\"count\":\"4\",\"sum\":50}]}}";
        check(bare, &["t{service=shop} Seconds [(12.5, 4.0)]"]);
    }

    #[test]
    fn what_is_wrong_is_rejected_and_the_rest_taken() {
        let wrong = "{\"name\":\"t\",\"histogram\":{\"aggregationTemporality\":1,\"dataPoints\":[{\"count\":\"1\",\"explicitBounds\":[2,1],\"bucketCounts\":[\"1\",\"0\",\"0\"]}]}},\
            {\"name\":\"g\",\"gauge\":{\"dataPoints\":[{\"asDouble\":1}]}},{\"name\":\"nothing\"}";
        let (said, rejected) = told(&mut Memory::default(), wrong);
        assert_eq!((said, rejected), (vec!["g{service=shop} None [(1.0, 1.0)]".to_owned()], 2));
    }
}

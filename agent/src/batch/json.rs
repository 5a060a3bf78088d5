//! A request in the words of the service, for a person to read and for `aws cloudwatch put-metric-data` to send.

use serde_json::{Value, json};

use super::{Datum, Request};

impl Request {
    pub fn to_json(&self) -> Value {
        json!({ "Namespace": self.namespace, "MetricData": self.datums.iter().map(datum).collect::<Vec<_>>() })
    }
}

fn datum(datum: &Datum) -> Value {
    let dimensions = datum.series.dimensions.iter().map(|(name, value)| json!({ "Name": name, "Value": value }));
    json!({
        "MetricName": datum.series.name,
        "Dimensions": dimensions.collect::<Vec<_>>(),
        "Timestamp": datum.at,
        "Values": datum.values.iter().map(|(value, _)| value).collect::<Vec<_>>(),
        "Counts": datum.values.iter().map(|(_, count)| count).collect::<Vec<_>>(),
        "Unit": datum.unit.name(),
        "StorageResolution": if datum.fine { 1 } else { 60 },
    })
}

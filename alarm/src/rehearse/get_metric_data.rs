//! History as `aws cloudwatch get-metric-data` prints it: each result is a series, called by its label.
//!
//! The answer does not tell the dimensions, so the label must: `CPUUtilization`, or whole as a column of a CSV is
//! headed, `AWS/EC2/CPUUtilization{InstanceId=i-1}`. CloudWatch fills such a label in:
//! `"Label": "AWS/EC2/CPUUtilization{InstanceId=${PROP('Dim.InstanceId')}}"`. Several pages, one after another, are one.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::csv::{Unreadable, moment, period, series};
use super::play::History;
use crate::points::{Points, Time};
use crate::series::Series;
use crate::zone::Zone;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    metric_data_results: Vec<Found>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    #[serde(default)]
    id: String,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    timestamps: Vec<Value>,
    #[serde(default)]
    values: Vec<f64>,
}

/// Times without an offset are of `zone`.
pub(super) fn read(text: &str, zone: &Zone) -> Result<Vec<History>, Unreadable> {
    let mut gathered: BTreeMap<Series, Vec<(Time, f64)>> = BTreeMap::new();
    for page in serde_json::Deserializer::from_str(text).into_iter::<Page>() {
        let page = page.map_err(|error| Unreadable { line: error.line(), says: error.to_string() })?;
        for found in page.metric_data_results {
            let label = found.label.as_deref().filter(|label| !label.is_empty()).unwrap_or(&found.id);
            let pairs = gathered.entry(series(label)).or_default();
            for (time, value) in found.timestamps.iter().zip(&found.values) {
                let written = time.as_str().map_or_else(|| time.to_string(), str::to_owned);
                let at = moment(&written, zone);
                let at =
                    at.ok_or_else(|| Unreadable { line: 1, says: format!("\"{written}\" of {label} is no time") })?;
                pairs.push((at, *value));
            }
        }
    }
    let history = |(series, pairs): (Series, Vec<(Time, f64)>)| {
        let points = Points::from_pairs(period(&pairs), &pairs);
        History { series, statistic: None, points }
    };
    Ok(gathered.into_iter().map(history).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_command_prints() {
        let text = r#"{ "MetricDataResults": [
            { "Id": "m1", "Label": "AWS/EC2/CPUUtilization{InstanceId=i-1}", "StatusCode": "PartialData",
              "Timestamps": ["2026-11-21T10:02:00+00:00", "2026-11-21T10:00:00+00:00"], "Values": [91.5, 20.0] },
            { "Id": "m2", "Label": "Errors", "Timestamps": [1795255200.0], "Values": [3] } ], "Messages": [] }
          { "MetricDataResults": [
            { "Id": "m1", "Label": "AWS/EC2/CPUUtilization{InstanceId=i-1}", "StatusCode": "Complete",
              "Timestamps": ["2026-11-21T09:59:00+00:00"], "Values": [10.0] } ] }"#;
        let history = read(text, &Zone::utc()).unwrap();
        let shown: Vec<_> =
            history.iter().map(|it| (it.series.to_string(), it.points.iter().collect::<Vec<_>>())).collect();
        assert_eq!(
            shown,
            [
                ("/Errors{}".to_owned(), vec![Some(3.0)]),
                ("AWS/EC2/CPUUtilization{InstanceId=i-1}".to_owned(), vec![Some(10.0), Some(20.0), None, Some(91.5)]),
            ]
        );
        assert_eq!(read("{\n\"Metrics\": []}", &Zone::utc()).map_err(|it| it.line), Err(2));
        let wrong = r#"{"MetricDataResults":[{"Id":"a","Timestamps":["soon"],"Values":[1]}]}"#;
        assert_eq!(read(wrong, &Zone::utc()).map_err(|it| it.says), Err("\"soon\" of a is no time".to_owned()));
    }
}

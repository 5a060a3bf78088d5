//! Lightsail in JSON 1.1: `GetInstances` and `GetInstanceMetricData`, which no stand-in of others speaks.
//!
//! Shapes from the service's own model (lightsail 2016-11-28). A unit that is not the metric's gives an empty list and
//! no error, as CloudWatch underneath does; one metric a call; pages of `PAGE` instances.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::refusal::Refusal;

const PAGE: usize = 20;
const DATAPOINTS: i64 = 1440;

/// What the account has; read from JSON (`endpoint --lightsail FILE`) or built by a test.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Lightsail {
    pub instances: Vec<Instance>,
    pub points: Vec<Point>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Instance {
    pub name: String,
    /// `small_3_0`: what tells the plan and with it the baseline.
    pub bundle: String,
    pub region: String,
    pub cpus: u32,
    pub ram_gb: f64,
    #[serde(default = "running")]
    pub state: String,
    #[serde(default)]
    pub tags: Vec<(String, String)>,
}

fn running() -> String {
    "running".into()
}

/// One raw value that the service measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Point {
    pub instance: String,
    pub metric: String,
    pub time_s: i64,
    pub value: f64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ask {
    instance_name: String,
    metric_name: String,
    period: i64,
    start_time: f64,
    end_time: f64,
    unit: String,
    statistics: Vec<String>,
}

impl Lightsail {
    pub(crate) fn obey(&self, operation: &str, input: &Value) -> Result<Value, Refusal> {
        match operation {
            "GetInstances" => self.instances(input["pageToken"].as_str()),
            "GetInstance" => {
                let name = input["instanceName"].as_str().unwrap_or_default();
                Ok(json!({ "instance": self.find(name)?.shape() }))
            }
            "GetInstanceMetricData" => {
                let ask = serde_json::from_value(input.clone()).map_err(|e| invalid(&format!("Input: {e}")))?;
                self.metric_data(&ask)
            }
            other => Err(Refusal::new("UnknownOperationException", format!("{other} is not spoken here"))),
        }
    }

    fn instances(&self, token: Option<&str>) -> Result<Value, Refusal> {
        let from = token.map_or(Ok(0), str::parse).map_err(|_| invalid("the page token is not one of ours"))?;
        let page: Vec<_> = self.instances.iter().skip(from).take(PAGE).map(Instance::shape).collect();
        let next = from + page.len();
        let mut answer = json!({ "instances": page });
        if next < self.instances.len() {
            answer["nextPageToken"] = next.to_string().into();
        }
        Ok(answer)
    }

    fn find(&self, name: &str) -> Result<&Instance, Refusal> {
        self.instances
            .iter()
            .find(|had| had.name == name)
            .ok_or_else(|| Refusal::new("NotFoundException", format!("The Instance does not exist: {name}")))
    }

    fn metric_data(&self, ask: &Ask) -> Result<Value, Refusal> {
        self.find(&ask.instance_name)?;
        let unit =
            unit_of(&ask.metric_name).ok_or_else(|| invalid(&format!("no metric is called {}", ask.metric_name)))?;
        let (start, end) = (ask.start_time as i64, ask.end_time as i64);
        if ask.period < 60 || ask.period > 86_400 || ask.period % 60 != 0 {
            return Err(invalid("Period must be a multiple of 60, from 60 to 86400"));
        }
        if start >= end {
            return Err(invalid("StartTime must be before EndTime"));
        }
        if (end - start) / ask.period > DATAPOINTS {
            return Err(invalid("You have requested up to more than the limit of 1,440 datapoints"));
        }
        if ask.statistics.is_empty() {
            return Err(invalid("Statistics must not be empty"));
        }
        let mut data = Vec::new();
        let mut from = start.div_euclid(ask.period) * ask.period;
        while from < end && unit == ask.unit {
            data.extend(self.datapoint(ask, from, unit));
            from += ask.period;
        }
        Ok(json!({ "metricName": ask.metric_name, "metricData": data }))
    }

    /// The statistics of one period, if anything was measured in it.
    fn datapoint(&self, ask: &Ask, from: i64, unit: &str) -> Option<Value> {
        let within = |point: &&Point| {
            point.instance == ask.instance_name
                && point.metric == ask.metric_name
                && (from..from + ask.period).contains(&point.time_s)
        };
        let values: Vec<f64> = self.points.iter().filter(within).map(|point| point.value).collect();
        if values.is_empty() {
            return None;
        }
        let (count, sum) = (values.len() as f64, values.iter().sum::<f64>());
        let mut datapoint = json!({ "timestamp": from, "unit": unit });
        for statistic in &ask.statistics {
            let (name, value) = match statistic.as_str() {
                "Average" => ("average", sum / count),
                "Sum" => ("sum", sum),
                "SampleCount" => ("sampleCount", count),
                "Minimum" => ("minimum", values.iter().copied().fold(f64::INFINITY, f64::min)),
                "Maximum" => ("maximum", values.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
                _ => continue,
            };
            datapoint[name] = value.into();
        }
        Some(datapoint)
    }
}

impl Instance {
    fn shape(&self) -> Value {
        let (name, region) = (&self.name, &self.region);
        let tags: Vec<_> = self.tags.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
        json!({
            "name": name,
            "arn": format!("arn:aws:lightsail:{region}:123456789012:Instance/{name}"),
            "createdAt": 1_760_000_000,
            "location": { "availabilityZone": format!("{region}a"), "regionName": region },
            "resourceType": "Instance",
            "tags": tags,
            "blueprintId": "debian_12",
            "bundleId": self.bundle,
            "hardware": { "cpuCount": self.cpus, "ramSizeInGb": self.ram_gb },
            "privateIpAddress": "172.26.0.10",
            "state": { "code": if self.state == "running" { 16 } else { 80 }, "name": self.state },
            "username": "admin",
        })
    }
}

/// Each metric has one unit; asking for another finds nothing.
fn unit_of(metric: &str) -> Option<&'static str> {
    Some(match metric {
        "CPUUtilization" | "BurstCapacityPercentage" => "Percent",
        "NetworkIn" | "NetworkOut" => "Bytes",
        "StatusCheckFailed" | "StatusCheckFailed_Instance" | "StatusCheckFailed_System" | "MetadataNoToken" => "Count",
        "BurstCapacityTime" => "Seconds",
        _ => return None,
    })
}

fn invalid(message: &str) -> Refusal {
    Refusal::new("InvalidInputException", message)
}

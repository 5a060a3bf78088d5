//! PutMetricData in RPC v2 CBOR, judged as the service judges it: one invalid datum fails the whole request.
//!
//! Limits: facts/cloudwatch.md, PutMetricData; the words of the refusals follow the service's.

use std::collections::BTreeMap;
use std::io::Read;

use super::cbor::Value;
use super::fault::matches;
use super::http::{Answer, Request};
use super::ledger::{Datum, Statistics};
use super::refusal::Refusal;

const DATUMS: usize = 1000;
/// 1 MB, held against the body as it is after decompression too: whether the service means the compressed bytes is not
/// written anywhere, and what passes the stricter reading passes both.
const BODY_BYTES: usize = 1_000_000;
const DIMENSIONS: usize = 30;
const VALUES: usize = 150;
const NAME_CHARS: usize = 255;
const DIMENSION_VALUE_CHARS: usize = 1024;
const MAGNITUDE: f64 = 2.348_542_582_773_833e108; // 2^360
const OLDEST_MS: i64 = 14 * 86_400_000;
const NEWEST_MS: i64 = 2 * 3_600_000;

pub(crate) const UNITS: [&str; 27] = [
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];

/// The body, decompressed.
pub(crate) fn body(request: &Request) -> Result<Vec<u8>, Refusal> {
    let too_large = || Refusal::new("RequestEntityTooLarge", "Request size exceeded 1 MB").status(413);
    let mut plain = Vec::new();
    match request.header("content-encoding") {
        None => plain.clone_from(&request.body),
        Some("gzip") => {
            // One byte past the limit is enough to know.
            let reader = flate2::read::GzDecoder::new(request.body.as_slice());
            let read = reader.take(BODY_BYTES as u64 + 1).read_to_end(&mut plain);
            read.map_err(|e| Refusal::new("SerializationException", format!("the body is not gzip: {e}")))?;
        }
        Some(other) => return Err(Refusal::new("SerializationException", format!("unknown encoding {other}"))),
    }
    if plain.len() > BODY_BYTES || request.body.len() > BODY_BYTES { Err(too_large()) } else { Ok(plain) }
}

/// The datums of a request, every one of them valid, or the refusal of all.
pub(crate) fn read(body: &[u8], call: u64, now_ms: i64, poison: Option<&str>) -> Result<Vec<Datum>, Refusal> {
    let input = Value::parse(body).map_err(|e| Refusal::new("SerializationException", e.to_string()))?;
    let namespace = required_text(&input, "Namespace", "Namespace")?;
    check_name(namespace, "Namespace")?;
    if namespace.starts_with("AWS/") {
        return Err(invalid("The value AWS/ for parameter Namespace is invalid: it is reserved."));
    }
    let data = input.member("MetricData").and_then(Value::list).unwrap_or_default();
    if data.is_empty() {
        return Err(missing("MetricData"));
    }
    if data.len() > DATUMS {
        return Err(invalid(format!("The collection MetricData must not have a size greater than {DATUMS}.")));
    }
    let datum =
        |(index, datum): (usize, &Value)| read_datum(datum, &format!("MetricData.member.{}", index + 1), now_ms);
    let datums: Vec<Datum> = data.iter().enumerate().map(datum).collect::<Result<_, _>>()?;
    let bad = |datum: &&Datum| poison.is_some_and(|pattern| matches(pattern, &datum.name));
    if let Some(bad) = datums.iter().find(bad) {
        return Err(invalid(format!("The value {} for parameter MetricName is poison.", bad.name)));
    }
    Ok(datums.into_iter().map(|datum| Datum { call, namespace: namespace.to_owned(), ..datum }).collect())
}

fn read_datum(datum: &Value, at: &str, now_ms: i64) -> Result<Datum, Refusal> {
    let name = required_text(datum, "MetricName", &format!("{at}.MetricName"))?;
    check_name(name, &format!("{at}.MetricName"))?;
    let time_ms = match datum.member("Timestamp") {
        None => now_ms,
        Some(Value::Time(ms)) => check_time(*ms, now_ms, at)?,
        Some(_) => return Err(invalid(format!("The value for parameter {at}.Timestamp is not a timestamp."))),
    };
    let unit = datum.member("Unit").and_then(Value::text);
    if unit.is_some_and(|unit| !UNITS.contains(&unit)) {
        return Err(invalid(format!("The parameter {at}.Unit must be a value in the set [ {} ].", UNITS.join(", "))));
    }
    let resolution = match datum.member("StorageResolution") {
        None => 60,
        Some(Value::Int(resolution @ (1 | 60))) => *resolution,
        Some(_) => return Err(invalid(format!("The parameter {at}.StorageResolution must be 1 or 60."))),
    };
    let (values, counts, statistics) = read_readings(datum, at)?;
    Ok(Datum {
        call: 0,
        namespace: String::new(),
        name: name.to_owned(),
        dimensions: read_dimensions(datum, at)?,
        time_ms,
        unit: unit.map(str::to_owned),
        resolution,
        values,
        counts,
        statistics,
    })
}

type Readings = (Vec<f64>, Vec<f64>, Option<Statistics>);

/// Exactly one of Value, Values (with Counts or without) and `StatisticValues`.
fn read_readings(datum: &Value, at: &str) -> Result<Readings, Refusal> {
    match (datum.member("Value"), datum.member("Values"), datum.member("StatisticValues")) {
        (Some(value), None, None) => Ok((vec![number(value, &format!("{at}.Value"))?], vec![1.0], None)),
        (None, Some(values), None) => {
            let values = numbers(values, &format!("{at}.Values"))?;
            let counts = match datum.member("Counts") {
                None => vec![1.0; values.len()],
                Some(counts) => numbers(counts, &format!("{at}.Counts"))?,
            };
            if counts.len() != values.len() {
                return Err(invalid(format!("The parameters {at}.Values and {at}.Counts must be of the same size.")));
            }
            if counts.iter().any(|count| *count <= 0.0) {
                return Err(invalid(format!("The parameter {at}.Counts must be greater than zero.")));
            }
            Ok((values, counts, None))
        }
        (None, None, Some(set)) => Ok((Vec::new(), Vec::new(), Some(read_statistics(set, at)?))),
        (None, None, None) => Err(missing(&format!("{at}.Value"))),
        _ => Err(Refusal::new(
            "InvalidParameterCombinationException",
            format!("The parameters {at}.Value, {at}.Values and {at}.StatisticValues are mutually exclusive."),
        )),
    }
}

fn read_statistics(set: &Value, at: &str) -> Result<Statistics, Refusal> {
    let part = |name: &str| {
        let at = format!("{at}.StatisticValues.{name}");
        number(set.member(name).ok_or_else(|| missing(&at))?, &at)
    };
    let set = Statistics {
        sample_count: part("SampleCount")?,
        sum: part("Sum")?,
        minimum: part("Minimum")?,
        maximum: part("Maximum")?,
    };
    if set.sample_count <= 0.0 || set.minimum > set.maximum {
        return Err(invalid(format!("The statistic values of {at} contradict each other.")));
    }
    Ok(set)
}

fn read_dimensions(datum: &Value, at: &str) -> Result<BTreeMap<String, String>, Refusal> {
    let list = datum.member("Dimensions").and_then(Value::list).unwrap_or_default();
    if list.len() > DIMENSIONS {
        return Err(invalid(format!("The collection {at}.Dimensions must not have a size greater than {DIMENSIONS}.")));
    }
    let mut dimensions = BTreeMap::new();
    for (index, dimension) in list.iter().enumerate() {
        let at = format!("{at}.Dimensions.member.{}", index + 1);
        let name = required_text(dimension, "Name", &format!("{at}.Name"))?;
        check_name(name, &format!("{at}.Name"))?;
        let value = required_text(dimension, "Value", &format!("{at}.Value"))?;
        check_text(value, DIMENSION_VALUE_CHARS, &format!("{at}.Value"))?;
        if dimensions.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(invalid(format!("The dimension {name} is given twice in {at}.")));
        }
    }
    Ok(dimensions)
}

fn numbers(list: &Value, at: &str) -> Result<Vec<f64>, Refusal> {
    let list = list.list().ok_or_else(|| invalid(format!("The parameter {at} is not a list.")))?;
    if list.is_empty() || list.len() > VALUES {
        return Err(invalid(format!("The collection {at} must have a size from 1 to {VALUES}.")));
    }
    list.iter().map(|value| number(value, at)).collect()
}

fn number(value: &Value, at: &str) -> Result<f64, Refusal> {
    match value.number() {
        Some(number) if number.is_finite() && number.abs() <= MAGNITUDE => Ok(number),
        Some(number) => Err(invalid(format!("The value {number} for parameter {at} is invalid."))),
        None => Err(invalid(format!("The value for parameter {at} is not a number."))),
    }
}

fn check_time(ms: i64, now_ms: i64, at: &str) -> Result<i64, Refusal> {
    if (now_ms - OLDEST_MS..=now_ms + NEWEST_MS).contains(&ms) {
        return Ok(ms);
    }
    Err(invalid(format!(
        "The parameter {at}.Timestamp must specify a time within the past two weeks or two hours ahead."
    )))
}

fn check_name(name: &str, at: &str) -> Result<(), Refusal> {
    if name.starts_with(':') {
        return Err(invalid(format!("The value {name} for parameter {at} starts with a colon.")));
    }
    check_text(name, NAME_CHARS, at)
}

fn check_text(text: &str, most: usize, at: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() || text.len() > most {
        return Err(invalid(format!("The parameter {at} must be from 1 to {most} characters long.")));
    }
    if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(invalid(format!("The parameter {at} must contain only ASCII characters.")));
    }
    Ok(())
}

fn required_text<'a>(map: &'a Value, name: &str, at: &str) -> Result<&'a str, Refusal> {
    map.member(name).and_then(Value::text).ok_or_else(|| missing(at))
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidParameterValueException", message)
}

fn missing(at: &str) -> Refusal {
    let refusal = Refusal::new("MissingRequiredParameterException", format!("The parameter {at} is required."));
    Refusal { query_code: "MissingParameter".to_owned(), ..refusal }
}

/// An answer without members.
pub(crate) fn done() -> Answer {
    Answer::new(200, "application/cbor", Value::Map(Vec::new()).write()).header("smithy-protocol", "rpc-v2-cbor")
}

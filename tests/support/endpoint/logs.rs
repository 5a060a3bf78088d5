//! CloudWatch Logs in JSON 1.1: groups, streams, and batches of events under the service's limits.
//!
//! Limits: facts/cloudwatch.md, PutLogEvents. Too old and too new events are rejected one by one inside a 200; a batch
//! that is unsorted, too wide or too large is refused whole.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::ledger::Ledger;
use super::refusal::Refusal;

const BATCH_BYTES: usize = 1_048_576;
const EVENT_OVERHEAD_BYTES: usize = 26;
const EVENTS: usize = 10_000;
const SPAN_MS: i64 = 24 * 3_600_000;
const OLDEST_MS: i64 = 14 * 86_400_000;
const NEWEST_MS: i64 = 2 * 3_600_000;
const NAME_CHARS: usize = 512;
const RETENTION_DAYS: [i64; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// The groups of the account and their streams.
#[derive(Debug, Default)]
pub(crate) struct Groups(BTreeMap<String, Group>);

#[derive(Debug, Default)]
pub(crate) struct Group {
    pub(crate) retention_days: Option<i64>,
    pub(crate) streams: BTreeMap<String, Stream>,
}

#[derive(Debug, Default)]
pub(crate) struct Stream {
    pub(crate) first_ms: Option<i64>,
    pub(crate) last_ms: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PutLogEvents<'a> {
    #[serde(borrow, rename = "logGroupName")]
    group: Cow<'a, str>,
    #[serde(borrow, rename = "logStreamName")]
    stream: Cow<'a, str>,
    #[serde(borrow, rename = "logEvents")]
    events: Vec<InputLogEvent<'a>>,
}

#[derive(Debug, Deserialize)]
struct InputLogEvent<'a> {
    timestamp: i64,
    #[serde(borrow)]
    message: Cow<'a, str>,
}

impl<'a> PutLogEvents<'a> {
    /// Reads a batch and checks what can be checked without the account.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, Refusal> {
        let batch: Self =
            serde_json::from_slice(body).map_err(|e| Refusal::new("SerializationException", e.to_string()))?;
        if batch.events.is_empty() || batch.events.len() > EVENTS {
            return Err(invalid(format!(
                "1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member must have \
                 length from 1 to {EVENTS}"
            )));
        }
        if batch.events.iter().any(|event| event.message.is_empty() || event.timestamp < 0) {
            return Err(invalid("1 validation error detected: a message must not be empty, a timestamp not negative"));
        }
        let bytes: usize = batch.events.iter().map(|event| event.message.len() + EVENT_OVERHEAD_BYTES).sum();
        if bytes > BATCH_BYTES {
            return Err(invalid(format!("Upload too large: {bytes} bytes exceeds limit of {BATCH_BYTES}")));
        }
        if !batch.events.is_sorted_by_key(|event| event.timestamp) {
            return Err(invalid("Log events in a single PutLogEvents request must be in chronological order."));
        }
        let times = || batch.events.iter().map(|event| event.timestamp);
        if times().max() > times().min().map(|first| first + SPAN_MS) {
            let says = "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.";
            return Err(invalid(says));
        }
        Ok(batch)
    }
}

impl Groups {
    pub(crate) fn get(&self, group: &str) -> Option<&Group> {
        self.0.get(group)
    }

    /// Takes a batch into the ledger and answers as the service does.
    pub(crate) fn put(
        &mut self,
        batch: &PutLogEvents<'_>,
        call: u64,
        now_ms: i64,
        ledger: &mut Ledger,
    ) -> Result<Value, Refusal> {
        let group = self.0.get_mut(&*batch.group).ok_or_else(no_group)?;
        let retention_ms = group.retention_days.map_or(i64::MAX, |days| days * 86_400_000);
        let stream = group.streams.get_mut(&*batch.stream).ok_or_else(no_stream)?;
        let times = || batch.events.iter().map(|event| event.timestamp);
        // Sorted: the too old stand first, the too new last.
        let expired = times().take_while(|time| now_ms - time > retention_ms).count();
        let old = times().take_while(|time| now_ms - time > OLDEST_MS).count();
        let new = times().take_while(|time| time - now_ms <= NEWEST_MS).count();
        let good = expired.max(old)..new;
        ledger.totals.rejected_events += (batch.events.len() - good.len()) as u64;
        for event in &batch.events[good] {
            let (name, time) = (&*batch.stream, event.timestamp);
            ledger.accept_event(call, &batch.group, name, time, &event.message);
            stream.first_ms = Some(stream.first_ms.map_or(time, |first| first.min(time)));
            stream.last_ms = stream.last_ms.max(Some(time));
        }
        let mut rejected = serde_json::Map::new();
        if expired > 0 && retention_ms < OLDEST_MS {
            rejected.insert("expiredLogEventEndIndex".into(), expired.into());
        } else if old > 0 {
            rejected.insert("tooOldLogEventEndIndex".into(), old.into());
        }
        if new < batch.events.len() {
            rejected.insert("tooNewLogEventStartIndex".into(), new.into());
        }
        let mut answer = json!({ "nextSequenceToken": format!("{call:056}") });
        if !rejected.is_empty() {
            answer["rejectedLogEventsInfo"] = Value::Object(rejected);
        }
        Ok(answer)
    }

    /// Every other operation; small, so its input is read as plain JSON.
    pub(crate) fn obey(&mut self, operation: &str, input: &Value) -> Result<Value, Refusal> {
        match operation {
            "CreateLogGroup" => self.create_group(text(input, "logGroupName")?),
            "CreateLogStream" => self.create_stream(text(input, "logGroupName")?, text(input, "logStreamName")?),
            "PutRetentionPolicy" => self.put_retention(text(input, "logGroupName")?, &input["retentionInDays"]),
            "DescribeLogGroups" => Ok(self.describe_groups(input["logGroupNamePrefix"].as_str().unwrap_or_default())),
            "DescribeLogStreams" => {
                let prefix = input["logStreamNamePrefix"].as_str().unwrap_or_default();
                self.describe_streams(text(input, "logGroupName")?, prefix)
            }
            other => Err(Refusal::new("UnknownOperationException", format!("{other} is not spoken here"))),
        }
    }

    pub(crate) fn create_group(&mut self, group: &str) -> Result<Value, Refusal> {
        let fits = |c: char| c.is_ascii_alphanumeric() || ".-_/#".contains(c);
        if group.is_empty() || group.len() > NAME_CHARS || !group.chars().all(fits) {
            return Err(invalid("Value at 'logGroupName' failed to satisfy constraint: [\\.\\-_/#A-Za-z0-9]+"));
        }
        if self.0.contains_key(group) {
            return Err(exists("The specified log group already exists"));
        }
        self.0.insert(group.to_owned(), Group::default());
        Ok(json!({}))
    }

    pub(crate) fn create_stream(&mut self, group: &str, stream: &str) -> Result<Value, Refusal> {
        if stream.is_empty() || stream.len() > NAME_CHARS || stream.contains([':', '*']) {
            return Err(invalid("Value at 'logStreamName' failed to satisfy constraint: [^:*]*"));
        }
        let group = self.0.get_mut(group).ok_or_else(no_group)?;
        if group.streams.contains_key(stream) {
            return Err(exists("The specified log stream already exists"));
        }
        group.streams.insert(stream.to_owned(), Stream::default());
        Ok(json!({}))
    }

    fn put_retention(&mut self, group: &str, days: &Value) -> Result<Value, Refusal> {
        let group = self.0.get_mut(group).ok_or_else(no_group)?;
        let days = days.as_i64().filter(|days| RETENTION_DAYS.contains(days));
        group.retention_days = Some(days.ok_or_else(|| {
            invalid(format!("Value at 'retentionInDays' failed to satisfy constraint: one of {RETENTION_DAYS:?}"))
        })?);
        Ok(json!({}))
    }

    fn describe_groups(&self, prefix: &str) -> Value {
        let groups = self.0.iter().filter(|(name, _)| name.starts_with(prefix));
        let groups = groups.map(|(name, group)| match group.retention_days {
            Some(days) => json!({ "logGroupName": name, "retentionInDays": days }),
            None => json!({ "logGroupName": name }),
        });
        json!({ "logGroups": groups.collect::<Vec<_>>() })
    }

    fn describe_streams(&self, group: &str, prefix: &str) -> Result<Value, Refusal> {
        let group = self.0.get(group).ok_or_else(no_group)?;
        let streams = group.streams.iter().filter(|(name, _)| name.starts_with(prefix));
        let streams = streams.map(|(name, stream)| {
            let times = [("firstEventTimestamp", stream.first_ms), ("lastEventTimestamp", stream.last_ms)];
            let times = times.into_iter().filter_map(|(name, time)| Some((name.to_owned(), json!(time?))));
            let name = ("logStreamName".to_owned(), json!(name));
            Value::Object(times.chain([name]).collect())
        });
        Ok(json!({ "logStreams": streams.collect::<Vec<_>>() }))
    }
}

fn text<'a>(input: &'a Value, name: &str) -> Result<&'a str, Refusal> {
    input[name].as_str().ok_or_else(|| invalid(format!("Value null at '{name}' failed to satisfy constraint")))
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidParameterException", message)
}

fn exists(message: &str) -> Refusal {
    Refusal::new("ResourceAlreadyExistsException", message)
}

fn no_group() -> Refusal {
    Refusal::new("ResourceNotFoundException", "The specified log group does not exist.")
}

fn no_stream() -> Refusal {
    Refusal::new("ResourceNotFoundException", "The specified log stream does not exist.")
}

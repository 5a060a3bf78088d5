//! The exact account of what the endpoint accepted, request by request.
//!
//! An entry is made under one lock, before the answer is sent: what was acknowledged stands here, and what stands here
//! without `answered` may rightly come a second time. Nothing is folded, sorted or forgotten unless `Keep` says so.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufWriter, Write};

use serde::{Deserialize, Serialize};

/// How much of each log event is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Keep {
    /// The whole message.
    #[default]
    All,
    /// The decimal number that follows this mark in the message; the message itself when it has none.
    Numbers(String),
    /// Nothing but counts and an order-free checksum, for benchmarks.
    Counts,
}

/// One request that reached us, accepted or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    pub number: u64,
    pub at_ms: i64,
    /// `cloudwatch:PutMetricData`.
    pub operation: String,
    /// The access key that signed it.
    pub key: String,
    /// The service's verdict: an error code, or the name of the fault that was played, or nothing when it went well.
    pub trouble: Option<String>,
    pub accepted: bool,
    /// Whether our answer was written whole to the socket.
    pub answered: bool,
    /// Bytes of the body as sent, and after decompression.
    pub wire_bytes: usize,
    pub bytes: usize,
    pub datums: usize,
    pub events: usize,
}

/// One accepted datum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Datum {
    pub call: u64,
    pub namespace: String,
    pub name: String,
    pub dimensions: BTreeMap<String, String>,
    pub time_ms: i64,
    pub unit: Option<String>,
    pub resolution: i64,
    /// A single value is one value with the count 1.
    pub values: Vec<f64>,
    pub counts: Vec<f64>,
    pub statistics: Option<Statistics>,
}

impl Datum {
    /// How many readings it stands for.
    pub fn sample_count(&self) -> f64 {
        self.statistics.as_ref().map_or_else(|| self.counts.iter().sum(), |set| set.sample_count)
    }

    pub fn sum(&self) -> f64 {
        let pairs = self.values.iter().zip(&self.counts);
        self.statistics.as_ref().map_or_else(|| pairs.map(|(value, count)| value * count).sum(), |set| set.sum)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    pub sample_count: f64,
    pub sum: f64,
    pub minimum: f64,
    pub maximum: f64,
}

/// One accepted log event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub call: u64,
    pub group: String,
    pub stream: String,
    pub time_ms: i64,
    pub body: Body,
}

impl Event {
    pub fn message(&self) -> &str {
        if let Body::Message(message) = &self.body { message } else { "" }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    Message(String),
    Number(u64),
}

/// What can be said without looking at single events; kept in every mode.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    pub calls: u64,
    pub accepted_calls: u64,
    pub datums: u64,
    pub events: u64,
    /// UTF-8 bytes of the messages, without the 26 that the service adds to each.
    pub event_bytes: u64,
    pub rejected_events: u64,
    /// The wrapping sum of FNV-1a over every message: equal for the same messages in any order.
    pub checksum: u64,
    /// Refused or disturbed calls by what troubled them.
    pub troubles: BTreeMap<String, u64>,
}

#[derive(Debug, Default)]
pub struct Ledger {
    keep: Keep,
    file: Option<BufWriter<File>>,
    pub calls: Vec<Call>,
    pub datums: Vec<Datum>,
    pub events: Vec<Event>,
    pub totals: Totals,
}

/// One line of the ledger's file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    Call(Call),
    Datum(Datum),
    Event(Event),
}

impl Ledger {
    pub fn new(keep: Keep, file: Option<File>) -> Self {
        Self { keep, file: file.map(BufWriter::new), ..Self::default() }
    }

    /// The number that the next call gets.
    pub fn begin(&mut self) -> u64 {
        self.totals.calls += 1;
        self.totals.calls
    }

    pub fn accept_datums(&mut self, datums: Vec<Datum>) {
        self.totals.datums += datums.len() as u64;
        for datum in &datums {
            write_line(&mut self.file, || Line::Datum(datum.clone()));
        }
        self.datums.extend(datums);
    }

    /// Takes one event: `message` is borrowed, since in a benchmark nothing of it is kept.
    pub fn accept_event(&mut self, call: u64, group: &str, stream: &str, time_ms: i64, message: &str) {
        self.totals.events += 1;
        self.totals.event_bytes += message.len() as u64;
        self.totals.checksum = self.totals.checksum.wrapping_add(fnv(message.as_bytes()));
        let number = match &self.keep {
            Keep::Counts => return,
            Keep::All => None,
            Keep::Numbers(mark) => number_after(message, mark),
        };
        let body = number.map_or_else(|| Body::Message(message.to_owned()), Body::Number);
        let event = Event { call, group: group.to_owned(), stream: stream.to_owned(), time_ms, body };
        write_line(&mut self.file, || Line::Event(event.clone()));
        self.events.push(event);
    }

    /// Closes the account of a call. Its lines are in the file (not only in our buffer) when this returns.
    pub fn end(&mut self, call: Call) {
        self.totals.accepted_calls += u64::from(call.accepted);
        if let Some(trouble) = &call.trouble {
            *self.totals.troubles.entry(trouble.clone()).or_default() += 1;
        }
        write_line(&mut self.file, || Line::Call(call.clone()));
        if let Some(file) = &mut self.file {
            file.flush().expect("the ledger's file takes what it is given");
        }
        if self.keep != Keep::Counts {
            self.calls.push(call);
        }
    }

    /// Notes whether the answer went out.
    pub fn answered(&mut self, number: u64) {
        if let Some(call) = self.calls.iter_mut().rev().find(|call| call.number == number) {
            call.answered = true;
        }
    }

    pub fn clear(&mut self) {
        let (keep, file) = (std::mem::take(&mut self.keep), self.file.take());
        *self = Self { keep, file, ..Self::default() };
    }

    /// The numbers that came, in the order of their coming.
    pub fn numbers(&self) -> impl Iterator<Item = u64> {
        self.events.iter().filter_map(|event| if let Body::Number(number) = event.body { Some(number) } else { None })
    }

    /// How the numbers that came differ from `first..=last`, each once and in order.
    pub fn compare(&self, first: u64, last: u64) -> Comparison {
        compare(self.numbers(), first, last)
    }

    /// The datums of one metric by name.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Datum> {
        self.datums.iter().filter(move |datum| datum.name == name)
    }
}

/// What a kill, a rotation or an outage did to numbered lines.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Comparison {
    pub expected: u64,
    pub came: u64,
    /// Never came.
    pub lost: Vec<u64>,
    /// Came more than once, with how often too many.
    pub doubled: BTreeMap<u64, u64>,
    /// Came for the first time after a greater number had come.
    pub out_of_order: u64,
    /// Outside of what was written: invented.
    pub strange: Vec<u64>,
}

impl Comparison {
    pub fn doubles(&self) -> u64 {
        self.doubled.values().sum()
    }
}

pub fn compare(numbers: impl IntoIterator<Item = u64>, first: u64, last: u64) -> Comparison {
    let mut seen: HashMap<u64, u64> = HashMap::new();
    let mut result = Comparison { expected: (last + 1).saturating_sub(first), ..Comparison::default() };
    let mut greatest = None;
    for number in numbers {
        result.came += 1;
        if number < first || number > last {
            result.strange.push(number);
            continue;
        }
        let times = seen.entry(number).or_default();
        *times += 1;
        if *times > 1 {
            *result.doubled.entry(number).or_default() += 1;
        } else if greatest.is_some_and(|greatest| number < greatest) {
            result.out_of_order += 1;
        }
        greatest = greatest.max(Some(number));
    }
    result.lost = (first..=last).filter(|number| !seen.contains_key(number)).collect();
    result
}

fn write_line(file: &mut Option<BufWriter<File>>, line: impl FnOnce() -> Line) {
    if let Some(file) = file {
        serde_json::to_writer(&mut *file, &line()).expect("a line of the ledger can be written");
        file.write_all(b"\n").expect("the ledger's file takes what it is given");
    }
}

fn number_after(message: &str, mark: &str) -> Option<u64> {
    let (_, rest) = message.split_once(mark)?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// FNV-1a, taken eight bytes at a time (the tail one by one): fast enough to stand beside TLS at hundreds of MB/s.
fn fnv(bytes: &[u8]) -> u64 {
    const PRIME: u64 = 0x0100_0000_01b3;
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ bytes.len() as u64;
    let (words, tail) = bytes.as_chunks::<8>();
    for word in words {
        hash = (hash ^ u64::from_le_bytes(*word)).wrapping_mul(PRIME).rotate_left(23);
    }
    for byte in tail {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(PRIME);
    }
    hash
}

/// The checksum that `Totals` shows after these messages, for the side that sends them.
pub fn checksum<'a>(messages: impl IntoIterator<Item = &'a str>) -> u64 {
    messages.into_iter().fold(0, |sum, message| sum.wrapping_add(fnv(message.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_doubled_strange_and_late_numbers_are_told_apart() {
        let result = compare([1, 2, 5, 4, 2, 9, 2], 1, 6);
        assert_eq!(result.lost, [3, 6]);
        assert_eq!(result.doubled, BTreeMap::from([(2, 2)]));
        assert_eq!((result.doubles(), result.out_of_order), (2, 1));
        assert_eq!(result.strange, [9]);
    }

    #[test]
    fn a_number_is_read_after_its_mark_alone() {
        assert_eq!(number_after("2026 n=0042 x", "n="), Some(42));
        assert_eq!(number_after("n=x", "n="), None);
        assert_eq!(number_after("42", "n="), None);
    }

    #[test]
    fn the_checksum_is_blind_to_order_and_sees_every_byte() {
        assert_eq!(checksum(["ab", "cdefghijk"]), checksum(["cdefghijk", "ab"]));
        assert_ne!(checksum(["cdefghijk"]), checksum(["cdefghijl"]));
        assert_ne!(checksum(["xdefghijk"]), checksum(["cdefghijk"]));
        assert_ne!(checksum(["ab", "ab"]), checksum(["ab"]));
    }
}

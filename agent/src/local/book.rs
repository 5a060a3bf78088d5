//! The kinds of error that the logs show: how often, first and last, and the whole text of the first.
//!
//! It stands where CloudWatch Logs would: the way of the logs (tail, group, redact, fingerprint, fold) ends here as it
//! ends there, and what is shown has passed the redaction. Bounded: kinds, and the text of each.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alarm::points::Time;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::store::Store;
use crate::logs::engine::Rejected;
use crate::logs::run::Outlet;
use crate::publish::Refusal;

/// Kinds that are kept; the one unseen for longest goes first.
pub(crate) const KINDS_MAX: usize = 300;
/// Of the text of one: a deep trace with its causes.
const TEXT_MAX: usize = 16 << 10;
const NOTE: &str = "kind/";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kind {
    pub(crate) id: String,
    pub(crate) service: String,
    pub(crate) level: String,
    pub(crate) source: String,
    pub(crate) count: u64,
    pub(crate) first: Time,
    pub(crate) last: Time,
    /// The first event, whole.
    pub(crate) text: String,
}

#[derive(Debug, Default)]
struct Pages {
    kinds: BTreeMap<String, Kind>,
    /// Those that changed since they were last kept.
    changed: Vec<String>,
    forgotten: Vec<String>,
}

/// Shared with the way of the logs, which runs beside.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book(Arc<Mutex<Pages>>);

/// As `PutLogEvents` would have it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    log_events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    timestamp: i64,
    message: String,
}

/// What an event says of itself; a line that is no object of ours says nothing.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    message: String,
    level: String,
    service: String,
    source: String,
    kind: String,
    repeats: u64,
}

impl Book {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was known of earlier runs; what this one has seen already stands.
    pub(crate) fn recall(&self, store: &Store) {
        for (_, text) in store.notes(NOTE) {
            if let Ok(kind) = serde_json::from_slice::<Kind>(&text) {
                self.pages().kinds.entry(kind.id.clone()).or_insert(kind);
            }
        }
    }

    /// The newest first.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        let mut kinds: Vec<_> = self.pages().kinds.values().cloned().collect();
        kinds.sort_by_key(|kind| std::cmp::Reverse(kind.last));
        kinds
    }

    pub(crate) fn find(&self, id: &str) -> Option<Kind> {
        self.pages().kinds.get(id).cloned()
    }

    /// Writes down what changed.
    pub(crate) fn keep(&self, store: &mut Store) {
        let mut pages = self.pages();
        for id in std::mem::take(&mut pages.changed) {
            if let Some(kind) = pages.kinds.get(&id) {
                // Plain fields always have a JSON form.
                store.put(format!("{NOTE}{id}"), serde_json::to_vec(kind).unwrap_or_default());
            }
        }
        for id in std::mem::take(&mut pages.forgotten) {
            store.remove(format!("{NOTE}{id}"));
        }
    }

    /// Takes note of the kinds in a request of events.
    pub(super) fn read(&self, body: &[u8]) {
        let Ok(request) = serde_json::from_slice::<Request>(body) else { return };
        for event in request.log_events {
            let said: Said = serde_json::from_str(&event.message).unwrap_or_default();
            if !said.kind.is_empty() {
                self.pages().note(said, event.timestamp.div_euclid(1_000));
            }
        }
    }
}

impl Pages {
    fn note(&mut self, said: Said, at: Time) {
        let Said { message, level, service, source, kind: id, repeats } = said;
        if !self.changed.contains(&id) {
            self.changed.push(id.clone());
        }
        if let Some(kind) = self.kinds.get_mut(&id) {
            kind.count += repeats.max(1);
            kind.last = kind.last.max(at);
            return;
        }
        if self.kinds.len() >= KINDS_MAX {
            let oldest = self.kinds.values().min_by_key(|kind| kind.last).map(|kind| kind.id.clone());
            if let Some(oldest) = oldest {
                self.kinds.remove(&oldest);
                self.forgotten.push(oldest);
            }
        }
        let mut text = message;
        text.truncate(text.floor_char_boundary(TEXT_MAX));
        let kind = Kind { id: id.clone(), service, level, source, count: repeats.max(1), first: at, last: at, text };
        self.kinds.insert(id, kind);
    }
}

impl Outlet for Book {
    async fn put(&self, _: &str, _: &str, body: Bytes, _: usize) -> Result<Rejected, Refusal> {
        self.read(&body);
        Ok(Rejected::default())
    }

    async fn create(&self, _: &str, _: &str, _: u32) -> Result<(), Refusal> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at_s: i64, message: &str) -> serde_json::Value {
        serde_json::json!({ "timestamp": at_s * 1_000, "message": message })
    }

    #[test]
    fn kinds_are_counted_with_the_text_of_the_first() {
        let book = Book::default();
        let events = [
            event(10, r#"{"message":"boom\n  at x","level":"error","service":"shop","source":"a.log","kind":"00ff"}"#),
            event(20, r#"{"message":"boom 2","level":"error","service":"shop","source":"a.log","kind":"00ff"}"#),
            event(30, r#"{"message":"repeated 7 times","event":"repeated","kind":"00ff","repeats":7}"#),
            event(40, r#"{"message":"only a line","level":"warn","service":"shop","source":"a.log"}"#),
            event(50, "no object at all"),
        ];
        book.read(serde_json::json!({ "logGroupName": "g", "logEvents": events }).to_string().as_bytes());
        let kinds = book.kinds();
        assert_eq!(kinds.len(), 1);
        assert_eq!((kinds[0].count, kinds[0].first, kinds[0].last), (9, 10, 30));
        assert_eq!(kinds[0].text, "boom\n  at x");
    }

    #[test]
    fn the_kind_unseen_for_longest_goes_first() {
        let book = Book::default();
        for n in 0..=KINDS_MAX as i64 {
            let said = format!(r#"{{"message":"m","kind":"{n:04x}"}}"#);
            book.read(serde_json::json!({ "logEvents": [event(n, &said)] }).to_string().as_bytes());
        }
        assert_eq!((book.kinds().len(), book.find("0000")), (KINDS_MAX, None));
    }
}

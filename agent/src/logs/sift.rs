//! The way of one source, from bytes to what goes: group, grade, select, redact, name, fold, and into the lane.
//!
//! Synchronous and without a clock: bytes, a time and a lane go in. An event that stays at home costs no copy.

mod budget;
mod envelope;
mod portion;
mod settings;
mod text;

use std::collections::VecDeque;

use super::batch::{EVENT_OVERHEAD, Full};
use super::escape::{Depth, Mended, escape};
use super::fingerprint::Kind;
use super::fold::Step;
use super::group::{Cut, Grouper};
use super::ids;
use super::kinds::Kinds;
use super::lane::Lane;
use super::level::{self, Level};
use super::redact::Span;
use super::select::{CONTEXT_BYTES_MAX, Choice};
use super::tally::{Count, Tally};
use super::time::Clock;
pub use budget::Budget;
pub use envelope::Format;
use envelope::{Fields, Origin};
pub use portion::{Portion, Said};
pub use settings::{EVENT_MAX, Settings};
use text::{half, trimmed};

/// A time further ahead than this is refused by the service (2 h): it is a clock or a zone that is wrong.
const AHEAD_MAX_MS: i64 = 2 * 3_600 * 1_000;

/// What all sources share.
#[derive(Debug)]
pub struct Shared<'a> {
    pub lane: &'a mut Lane,
    pub tally: &'a mut Tally,
    pub kinds: &'a mut Kinds,
    pub budget: &'a mut Budget,
    pub now_ms: i64,
}

/// An event that stayed, and may still go as the context of the next.
#[derive(Clone, Copy, Debug)]
struct Recent {
    start: u64,
    len: u32,
}

/// The event before was cut: what follows is its rest, and shares its fate.
#[derive(Clone, Copy, Debug)]
struct Rest {
    level: Option<Level>,
    kind: Option<u64>,
    time_ms: i64,
    selected: bool,
    /// Selected, and counted among the repeats.
    folded: bool,
}

/// The state of one source.
#[derive(Debug)]
pub struct Sift {
    grouper: Grouper,
    rest: Option<Rest>,
    clock: Clock,
    recent: VecDeque<Recent>,
    recent_bytes: usize,
    spans: Vec<Span>,
    clean: Vec<u8>,
    /// Its name, and what every event says of where it comes from.
    name: String,
    origin: Origin,
}

impl Sift {
    pub fn new(settings: &Settings, name: String) -> Self {
        Self {
            grouper: Grouper::new(settings.rule.clone(), settings.event_max),
            rest: None,
            clock: Clock::new(settings.zone.clone()),
            recent: VecDeque::new(),
            recent_bytes: 0,
            spans: vec![],
            clean: vec![],
            origin: Origin::new(&settings.service, &name),
            name,
        }
    }

    /// Takes every whole event, until the lane is full. Returns how far it came, as an index of `bytes`.
    pub fn pass(&mut self, settings: &Settings, portion: Portion<'_>, shared: &mut Shared<'_>) -> usize {
        let mut at = portion.at;
        let (mut events, mut stayed) = (0, 0);
        while !shared.lane.is_full() {
            let rest = &portion.bytes[at..];
            let cut = if portion.flush { self.grouper.flush(rest) } else { self.grouper.next(rest) };
            let Some(cut) = cut else { break };
            events += 1;
            stayed += u64::from(!self.event(settings, portion, at, cut, shared));
            at += cut.len;
        }
        shared.lane.cover(portion.file, portion.base + at as u64);
        shared.tally.add(Count::Events, events);
        shared.tally.add(Count::Stayed, stayed);
        at
    }

    /// The first byte that must be kept, as an offset in the file, when all before `at` was taken.
    pub fn keep_from(&self, at: u64) -> u64 {
        self.recent.front().map_or(at, |recent| recent.start.min(at))
    }

    /// The bytes that were held are gone.
    pub fn reset(&mut self) {
        self.grouper.reset();
        self.rest = None;
        self.recent.clear();
        self.recent_bytes = 0;
    }

    /// `false`: it stays at home.
    fn event(
        &mut self,
        settings: &Settings,
        portion: Portion<'_>,
        at: usize,
        cut: Cut,
        shared: &mut Shared<'_>,
    ) -> bool {
        let text = trimmed(&portion.bytes[at..at + cut.len]);
        if cut.short {
            shared.tally.add(Count::Cut, 1);
        }
        if text.is_empty() {
            shared.tally.add(Count::Nul, memchr::memchr_iter(0, &portion.bytes[at..at + cut.len]).count() as u64);
            return true;
        }
        let place = (portion.file, portion.base + at as u64);
        if let Some(rest) = self.rest.take() {
            return self.go_on(settings, place, text, (rest, cut), shared);
        }
        let said = portion.said_at(place.1);
        let level = match level::of(text) {
            None if cut.trace => Some(Level::Error),
            None => said.and_then(|said| said.level),
            level => level,
        };
        match settings.select.choose(text, level) {
            Choice::Stays => {
                let rest = Rest { level, kind: None, time_ms: shared.now_ms, selected: false, folded: false };
                self.rest = cut.short.then_some(rest);
                self.remember(settings, place.1, cut.len);
                return false;
            }
            Choice::GoesUntouched => {
                let time_ms = self.time_of(text, said, shared);
                self.put(settings, place, time_ms, text, &Fields::default(), Format::Text, shared);
            }
            Choice::Goes => {
                let rest = self.goes(settings, portion, place, text, (level, cut), shared);
                self.rest = cut.short.then_some(rest);
            }
        }
        true
    }

    /// A further piece of an event that was cut: no event of its own, and no error more.
    fn go_on(
        &mut self,
        settings: &Settings,
        place: (u64, u64),
        text: &[u8],
        (rest, cut): (Rest, Cut),
        shared: &mut Shared<'_>,
    ) -> bool {
        self.rest = cut.short.then_some(rest);
        if rest.selected && !rest.folded {
            let clean = self.redacted(settings, text, shared.tally);
            let text = clean.as_deref().unwrap_or(text);
            let Rest { level, kind, time_ms, .. } = rest;
            let fields = Fields { level, kind, id: id_of(settings, text), cut: cut.short };
            self.put(settings, place, time_ms, text, &fields, settings.format, shared);
            if let Some(clean) = clean {
                self.clean = clean;
            }
        }
        rest.selected
    }

    fn goes(
        &mut self,
        settings: &Settings,
        portion: Portion<'_>,
        place: (u64, u64),
        text: &[u8],
        (level, cut): (Option<Level>, Cut),
        shared: &mut Shared<'_>,
    ) -> Rest {
        let clean = self.redacted(settings, text, shared.tally);
        let text = clean.as_deref().unwrap_or(text);
        let time_ms = self.time_of(text, portion.said_at(place.1), shared);
        let named = named(settings, text, (level, cut.trace), shared);
        let step = match &named {
            Some((kind, _)) if settings.fold => shared.lane.fold.see(kind.hash, time_ms, shared.now_ms, &kind.says()),
            _ => None,
        };
        let kind = named.as_ref().map(|(kind, _)| kind.hash);
        let folded = matches!(step, Some(Step::Repeated { .. }));
        if folded {
            shared.tally.add(Count::Folded, 1);
        } else {
            self.context(settings, portion, place, shared);
            let fields = Fields { level, kind, id: id_of(settings, text), cut: cut.short };
            self.put(settings, place, time_ms, text, &fields, settings.format, shared);
        }
        if let Some((kind, true)) = &named {
            self.new_kind(settings, place, time_ms, kind, shared);
        }
        // Behind its event: it becomes true with the batch that holds the event, or a later one.
        if let Some(step) = step {
            shared.lane.step(step);
        }
        if let Some(clean) = clean {
            self.clean = clean;
        }
        Rest { level, kind, time_ms, selected: true, folded }
    }

    /// The text without its secrets, in a buffer that is given back and used again; `None`: it has none.
    fn redacted(&mut self, settings: &Settings, text: &[u8], tally: &mut Tally) -> Option<Vec<u8>> {
        settings.redact.find(text, &mut self.spans);
        if self.spans.is_empty() {
            return None;
        }
        let mut clean = std::mem::take(&mut self.clean);
        clean.clear();
        let mut at = 0;
        for span in &self.spans {
            clean.extend_from_slice(&text[at..span.start]);
            settings.redact.push_mark(span.what, &mut clean);
            tally.redacted(span.what);
            at = span.end;
        }
        clean.extend_from_slice(&text[at..]);
        Some(clean)
    }

    /// What the source says of its time needs no zone and no reading: it goes before what the line says.
    fn time_of(&mut self, text: &[u8], said: Option<&Said>, shared: &mut Shared<'_>) -> i64 {
        match said.and_then(|said| said.time_ms).or_else(|| self.clock.read(text, shared.now_ms)) {
            Some(time_ms) if time_ms <= shared.now_ms + AHEAD_MAX_MS => time_ms,
            Some(_) => {
                shared.tally.add(Count::TimeMended, 1);
                shared.now_ms
            }
            None => shared.now_ms,
        }
    }

    fn remember(&mut self, settings: &Settings, start: u64, len: usize) {
        let most = settings.select.context_lines;
        if most == 0 {
            return;
        }
        self.recent.push_back(Recent { start, len: len as u32 });
        self.recent_bytes += len;
        while self.recent.len() > most || self.recent_bytes > CONTEXT_BYTES_MAX {
            let Some(gone) = self.recent.pop_front() else { break };
            self.recent_bytes -= gone.len as usize;
        }
    }

    /// What stands before the event goes before it.
    fn context(&mut self, settings: &Settings, portion: Portion<'_>, place: (u64, u64), shared: &mut Shared<'_>) {
        self.recent_bytes = 0;
        while let Some(recent) = self.recent.pop_front() {
            let Some(from) = recent.start.checked_sub(portion.base).map(|from| from as usize) else { continue };
            let Some(bytes) = portion.bytes.get(from..from + recent.len as usize) else { continue };
            let text = trimmed(bytes);
            let clean = self.redacted(settings, text, shared.tally);
            let text = clean.as_deref().unwrap_or(text);
            let said = portion.said_at(recent.start);
            let time_ms = self.time_of(text, said, shared);
            let level = level::of(text).or(said.and_then(|said| said.level));
            let fields = Fields { level, id: id_of(settings, text), ..Fields::default() };
            self.put(settings, place, time_ms, text, &fields, settings.format, shared);
            if let Some(clean) = clean {
                self.clean = clean;
            }
        }
    }

    fn new_kind(&self, settings: &Settings, place: (u64, u64), time_ms: i64, kind: &Kind, shared: &mut Shared<'_>) {
        shared.tally.new_kind(&settings.service);
        let event = serde_json::json!({
            "event": "new_error_kind", "kind": kind.id(), "service": settings.service, "class": kind.class,
            "frame": kind.frame, "message": kind.message, "source": self.name,
        });
        self.put(settings, place, time_ms, event.to_string().as_bytes(), &Fields::default(), Format::Text, shared);
    }

    #[expect(clippy::too_many_arguments, reason = "the one place where everything about an event meets")]
    fn put(
        &self,
        settings: &Settings,
        place: (u64, u64),
        time_ms: i64,
        text: &[u8],
        fields: &Fields<'_>,
        format: Format,
        shared: &mut Shared<'_>,
    ) {
        if !shared.budget.spend(text.len() + EVENT_OVERHEAD, shared.now_ms) {
            over_budget(settings, place, shared);
            return;
        }
        let said = std::cell::Cell::new(Mended::default());
        let write = |out: &mut Vec<u8>| {
            let mut mended = Mended::default();
            let len = envelope::write(out, format, fields, &self.origin, text, &mut mended);
            said.set(mended);
            len
        };
        if shared.lane.add(place, time_ms, shared.now_ms, write) == Err(Full) {
            // Escapes made it longer than a message may be: half of it is not.
            shared.tally.add(Count::Cut, 1);
            let (head, tail) = text.split_at(half(text));
            self.put(settings, place, time_ms, head, &Fields { cut: true, ..*fields }, format, shared);
            self.put(settings, place, time_ms, tail, fields, format, shared);
            return;
        }
        let mended = said.get();
        shared.tally.add(Count::Invalid, mended.invalid);
        shared.tally.add(Count::Nul, mended.nul);
    }
}

/// Text alone has no field to keep it in.
fn id_of<'a>(settings: &Settings, text: &'a [u8]) -> Option<&'a [u8]> {
    (settings.format == Format::Json).then(|| ids::find(text)).flatten()
}

/// The kind of what is bad enough to have one, and whether it is an error that was never met before. Errors are counted
/// by it.
fn named(
    settings: &Settings,
    text: &[u8],
    (level, trace): (Option<Level>, bool),
    shared: &mut Shared<'_>,
) -> Option<(Kind, bool)> {
    let error = trace || level.is_some_and(|level| level >= Level::Error);
    if !error && level != Some(Level::Warn) {
        return None;
    }
    let kind = Kind::of(text, trace, &settings.own);
    if error {
        shared.tally.error(&settings.service, level.unwrap_or(Level::Error), kind.hash);
    }
    let is_new = error && shared.kinds.meet(kind.hash);
    Some((kind, is_new))
}

/// The windows of the lane that have ended, each as one line.
pub fn repeats(format: Format, shared: &mut Shared<'_>) {
    for (kind, window) in shared.lane.fold.ended(shared.now_ms) {
        if window.repeats > 0 {
            let line = window.line();
            let write = |out: &mut Vec<u8>| envelope::repeated(out, format, kind, window.repeats, line.as_bytes());
            // Not against the budget: it is what stands for the rest. It always fits into an empty batch.
            let _ = shared.lane.add((NO_FILE, 0), window.last_ms.min(shared.now_ms), shared.now_ms, write);
        }
        shared.lane.step(Step::Closed { kind });
    }
}

/// The place of what comes from no file.
pub const NO_FILE: u64 = u64::MAX;

/// Counted, and said once a day where it can be seen.
fn over_budget(settings: &Settings, place: (u64, u64), shared: &mut Shared<'_>) {
    shared.tally.add(Count::LostBudget, 1);
    if std::mem::replace(&mut shared.budget.said, true) {
        return;
    }
    let event = serde_json::json!({
        "event": "log_budget_spent", "service": settings.service, "bytes_per_day": shared.budget.bytes_per_day,
        "message": "the day's bytes of logs are spent; until midnight UTC errors are counted but not sent",
    });
    let line = event.to_string();
    let write = |out: &mut Vec<u8>| escape(out, line.as_bytes(), Depth::One, &mut Mended::default());
    let _ = shared.lane.add(place, shared.now_ms, shared.now_ms, write);
}

#[cfg(test)]
mod tests;

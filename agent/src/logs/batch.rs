//! One request of `PutLogEvents`, written as it grows.
//!
//! It never exceeds what the service takes (facts in `docs/logs.md`): bytes, events, the span of time; its events are
//! in order of time. It also carries what becomes true when the service has it: how far each file is done with, and
//! what was folded. A batch may carry that alone, without any event.

use bytes::Bytes;

use super::fold::Step;

/// Most bytes of a request, as the service counts them: each message in UTF-8 and `EVENT_OVERHEAD`.
pub const BYTES_MAX: usize = 1_048_576;
pub const EVENT_OVERHEAD: usize = 26;
/// A full request as it is usually written, with its braces and escapes. What is not written costs no memory.
const BODY_USUAL: usize = BYTES_MAX + BYTES_MAX / 4;
/// Most events of a request.
pub const EVENTS_MAX: usize = 10_000;
/// Most bytes of one message.
pub const MESSAGE_MAX: usize = BYTES_MAX - EVENT_OVERHEAD;
/// From the oldest to the newest event of a request.
pub const SPAN_MAX_MS: i64 = 24 * 3_600 * 1_000;

/// How far one file is done with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cover {
    pub file: u64,
    pub end: u64,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    time_ms: i64,
    /// Where its object begins in the body.
    start: u32,
}

#[derive(Clone, Debug)]
pub struct Batch {
    body: Vec<u8>,
    head: usize,
    marks: Vec<Mark>,
    bytes: usize,
    oldest_ms: i64,
    newest_ms: i64,
    sorted: bool,
    covers: Vec<Cover>,
    steps: Vec<Step>,
    opened_ms: i64,
}

/// There is no room for this event in the batch; in an empty one there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl Batch {
    pub fn new(group: &str, stream: &str) -> Self {
        let mut body = vec![];
        let name = |body: &mut Vec<u8>, name: &str| {
            super::escape::escape(
                body,
                name.as_bytes(),
                super::escape::Depth::One,
                &mut super::escape::Mended::default(),
            );
        };
        body.extend_from_slice(b"{\"logGroupName\":\"");
        name(&mut body, group);
        body.extend_from_slice(b"\",\"logStreamName\":\"");
        name(&mut body, stream);
        body.extend_from_slice(b"\",\"logEvents\":[");
        let head = body.len();
        Self {
            body,
            head,
            marks: vec![],
            bytes: 0,
            oldest_ms: i64::MAX,
            newest_ms: i64::MIN,
            sorted: true,
            covers: vec![],
            steps: vec![],
            opened_ms: i64::MAX,
        }
    }

    /// Adds an event whose message `write` appends, escaped once; it returns the message's length as the service
    /// counts it. An event that does not fit leaves the batch as it was.
    pub fn add(&mut self, time_ms: i64, write: impl FnOnce(&mut Vec<u8>) -> usize) -> Result<usize, Full> {
        let (oldest, newest) = (self.oldest_ms.min(time_ms), self.newest_ms.max(time_ms));
        if self.marks.len() == EVENTS_MAX || newest - oldest > SPAN_MAX_MS {
            return Err(Full);
        }
        if self.marks.is_empty() {
            // At once: to grow to it by doubling copies all of it, and a lane that is idle holds nothing.
            self.body.reserve(BODY_USUAL);
        }
        let start = self.body.len();
        if !self.marks.is_empty() {
            self.body.push(b',');
        }
        let mark = Mark { time_ms, start: self.body.len() as u32 };
        self.body.extend_from_slice(b"{\"timestamp\":");
        push_number(&mut self.body, time_ms);
        self.body.extend_from_slice(b",\"message\":\"");
        let len = write(&mut self.body);
        self.body.extend_from_slice(b"\"}");
        if self.bytes + len + EVENT_OVERHEAD > BYTES_MAX || len == 0 {
            self.body.truncate(start);
            return if len == 0 { Ok(0) } else { Err(Full) };
        }
        self.sorted &= time_ms >= self.newest_ms;
        (self.oldest_ms, self.newest_ms) = (oldest, newest);
        self.bytes += len + EVENT_OVERHEAD;
        self.marks.push(mark);
        Ok(len)
    }

    /// A file is done with up to here, once this batch has arrived.
    pub fn cover(&mut self, file: u64, end: u64) {
        match self.covers.iter_mut().rev().find(|cover| cover.file == file) {
            Some(cover) => cover.end = cover.end.max(end),
            None => self.covers.push(Cover { file, end }),
        }
    }

    pub fn step(&mut self, step: Step) {
        self.steps.push(step);
    }

    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// Nothing at all, neither events nor what they would make true.
    pub fn is_idle(&self) -> bool {
        self.is_empty() && self.covers.is_empty() && self.steps.is_empty()
    }

    pub fn events(&self) -> usize {
        self.marks.len()
    }

    /// As the service counts and bills them.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// When its first event came; never, while there is none.
    pub fn opened_ms(&self) -> i64 {
        self.opened_ms
    }

    pub fn open(&mut self, now_ms: i64) {
        self.opened_ms = self.opened_ms.min(now_ms);
    }

    /// Takes what becomes true without any event.
    pub fn take_notes(&mut self) -> (Vec<Cover>, Vec<Step>) {
        (std::mem::take(&mut self.covers), std::mem::take(&mut self.steps))
    }

    pub fn seal(mut self) -> Sealed {
        if !self.sorted {
            self.sort();
        }
        self.body.extend_from_slice(b"]}");
        let starts = self.marks.iter().map(|mark| mark.start).collect();
        let Self { body, head, bytes, covers, steps, .. } = self;
        Sealed { body: Bytes::from(body), head, starts, bytes, covers, steps }
    }

    /// By time, and of one time in the order in which they came.
    fn sort(&mut self) {
        let mut body = Vec::with_capacity(self.body.len() + 2);
        body.extend_from_slice(&self.body[..self.head]);
        let mut order: Vec<_> = (0..self.marks.len()).collect();
        order.sort_by_key(|at| self.marks[*at].time_ms);
        let mut marks = Vec::with_capacity(order.len());
        for at in order {
            let start = self.marks[at].start as usize;
            let end = self.marks.get(at + 1).map_or(self.body.len(), |next| next.start as usize - 1);
            if !marks.is_empty() {
                body.push(b',');
            }
            marks.push(Mark { time_ms: self.marks[at].time_ms, start: body.len() as u32 });
            body.extend_from_slice(&self.body[start..end]);
        }
        self.body = body;
        self.marks = marks;
    }
}

/// A batch that is ready to go, as often as it must.
#[derive(Clone, Debug)]
pub struct Sealed {
    pub body: Bytes,
    head: usize,
    starts: Vec<u32>,
    pub bytes: usize,
    pub covers: Vec<Cover>,
    pub steps: Vec<Step>,
}

impl Sealed {
    pub fn events(&self) -> usize {
        self.starts.len()
    }

    /// Two halves, of which the second makes true what the whole would have. `None`: there is but one event.
    pub fn halve(self) -> Result<(Self, Self), Self> {
        let middle = self.starts.len() / 2;
        if middle == 0 {
            return Err(self);
        }
        let cut = self.starts[middle] as usize;
        let first = [&self.body[..cut - 1], b"]}"].concat();
        let second = [&self.body[..self.head], &self.body[cut..]].concat();
        let moved = (cut - self.head) as u32;
        let share = self.bytes * middle / self.starts.len();
        let tail = Self {
            body: Bytes::from(second),
            head: self.head,
            starts: self.starts[middle..].iter().map(|start| start - moved).collect(),
            bytes: self.bytes - share,
            covers: self.covers,
            steps: self.steps,
        };
        let starts = self.starts[..middle].to_vec();
        Ok((
            Self { body: Bytes::from(first), head: self.head, starts, bytes: share, covers: vec![], steps: vec![] },
            tail,
        ))
    }
}

fn push_number(out: &mut Vec<u8>, number: i64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn add(batch: &mut Batch, time_ms: i64, message: &str) -> Result<usize, Full> {
        batch.add(time_ms, |out| {
            out.extend_from_slice(message.as_bytes());
            message.len()
        })
    }

    fn read(sealed: &Sealed) -> Vec<(i64, String)> {
        let body: Value = serde_json::from_slice(&sealed.body).unwrap();
        assert_eq!((body["logGroupName"].as_str(), body["logStreamName"].as_str()), (Some("g\"1"), Some("s")));
        let events = body["logEvents"].as_array().unwrap().iter();
        events
            .map(|event| (event["timestamp"].as_i64().unwrap(), event["message"].as_str().unwrap().to_owned()))
            .collect()
    }

    fn empty() -> Batch {
        Batch::new("g\"1", "s")
    }

    #[test]
    fn the_bounds_of_the_service() {
        let mut batch = empty();
        let large = "x".repeat(MESSAGE_MAX);
        assert_eq!(add(&mut batch, 1, &large), Ok(MESSAGE_MAX));
        assert_eq!((add(&mut batch, 1, "y"), batch.bytes()), (Err(Full), BYTES_MAX));
        let mut batch = empty();
        assert_eq!(add(&mut batch, 0, "x"), Ok(1));
        assert_eq!(add(&mut batch, SPAN_MAX_MS, "x"), Ok(1));
        assert_eq!(add(&mut batch, SPAN_MAX_MS + 1, "x"), Err(Full));
        let mut batch = empty();
        assert!((0..EVENTS_MAX).all(|_| add(&mut batch, 0, "x").is_ok()));
        assert_eq!((add(&mut batch, 0, "x"), read(&batch.seal()).len()), (Err(Full), EVENTS_MAX));
    }

    #[test]
    fn an_empty_message_is_no_event() {
        let mut batch = empty();
        assert_eq!((add(&mut batch, 0, ""), batch.is_idle()), (Ok(0), true));
        assert_eq!(read(&batch.seal()), []);
    }

    proptest! {
        #[test]
        fn in_order_of_time_and_whole_however_often_halved(times in prop::collection::vec(-5_i64..2_000, 1..40), halvings in 0..5) {
            let mut batch = empty();
            for (at, time) in times.iter().enumerate() {
                add(&mut batch, *time, &format!("m{at}")).unwrap();
            }
            batch.cover(7, 99);
            let mut expect: Vec<_> = times.iter().enumerate().map(|(at, time)| (*time, format!("m{at}"))).collect();
            expect.sort_by_key(|(time, _)| *time);
            let mut parts = vec![batch.seal()];
            for _ in 0..halvings {
                parts = parts.into_iter().flat_map(|part| match part.halve() {
                    Ok((one, two)) => vec![one, two],
                    Err(one) => vec![one],
                }).collect();
            }
            prop_assert_eq!(parts.iter().flat_map(read).collect::<Vec<_>>(), expect);
            prop_assert_eq!(parts.iter().map(|part| part.covers.len()).sum::<usize>(), 1);
            prop_assert_eq!(&parts.last().unwrap().covers, &[Cover { file: 7, end: 99 }]);
        }
    }
}

//! Looks, while it is pressed, at what the agent or the Lambda makes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use alarm::incident::Incident;
use load::expect::{Fires, Sight};
use load::witness::{Look, read};

use super::super::Common;
use super::super::memory::{Place, refused};
use crate::failure::Failure;

/// The page judges every ten seconds; the Lambda every minute, and each look at it costs a query.
const EVERY: Duration = Duration::from_secs(5);
const EVERY_CLOUD: Duration = Duration::from_secs(20);
const WAIT: Duration = Duration::from_secs(5);
/// Looks that are kept: a day of them. Later ones replace none.
const LOOKS_MAX: usize = 17_280;

/// Where the verdicts stand.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Page(SocketAddr),
    Memory(Box<(Place, Common)>),
}

/// What was seen so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) sights: Vec<Sight>,
    pub(super) series: BTreeMap<String, Vec<(f64, f64)>>,
    /// Why the last look told nothing, where it did not.
    pub(super) trouble: Option<String>,
}

/// Looks in a thread of its own until it is dropped.
#[derive(Debug)]
pub(super) struct Witness {
    seen: Arc<Mutex<Seen>>,
    over: Option<mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Witness {
    /// The first look is taken before it returns: what fires already is known before anything is pressed.
    pub(super) fn begin(source: Source) -> Result<Self, Failure> {
        let began = Instant::now();
        let first = source.look().map_err(|says| Failure::failed("SG-LOA-023", says))?;
        let seen = Arc::new(Mutex::new(Seen::default()));
        keep(&seen, Ok(first), 0.0);
        let (over, told) = mpsc::channel();
        let shared = Arc::clone(&seen);
        let thread = std::thread::spawn(move || {
            while told.recv_timeout(source.every()) == Err(RecvTimeoutError::Timeout) {
                let look = source.look();
                keep(&shared, look, began.elapsed().as_secs_f64());
            }
        });
        Ok(Self { seen, over: Some(over), thread: Some(thread) })
    }

    pub(super) fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.over.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn keep(seen: &Mutex<Seen>, look: Result<Look, String>, at_s: f64) {
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    match look {
        Ok(look) if seen.sights.len() < LOOKS_MAX => {
            seen.trouble = None;
            seen.sights.push(Sight { at_s, fires: look.fires });
            for (name, value) in look.series {
                seen.series.entry(name).or_default().push((at_s, value));
            }
        }
        Ok(_) => {}
        Err(says) => seen.trouble = Some(says),
    }
}

impl Source {
    fn every(&self) -> Duration {
        match self {
            Self::Page(_) => EVERY,
            Self::Memory(_) => EVERY_CLOUD,
        }
    }

    fn look(&self) -> Result<Look, String> {
        match self {
            Self::Page(page) => {
                let text = ask(*page).map_err(|error| format!("the page on {page} cannot be asked: {error}"))?;
                Ok(read(&text))
            }
            Self::Memory(account) => {
                let (place, common) = &**account;
                let stories = place.with(common, async |memory| memory.incidents().await.map_err(refused));
                let stories = stories.map_err(|failure| failure.chain().join(": "))?;
                Ok(Look { fires: stories.iter().flat_map(fires).collect(), series: Vec::new() })
            }
        }
    }
}

/// The alarms of an incident that is not over. Its grade is the gravest that it was.
fn fires(story: &Incident) -> BTreeSet<Fires> {
    let open = story.alarms.iter().filter(|alarm| story.ended.is_none() && alarm.ended.is_none());
    // `cpu-high (host=web-1)`: rule and place.
    let rule = |name: &str| name.split_once(" (").map_or(name, |(rule, _)| rule).to_owned();
    open.map(|alarm| Fires { rule: rule(&alarm.name), grade: story.grade }).collect()
}

fn ask(page: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&page, WAIT)?;
    stream.set_read_timeout(Some(WAIT))?;
    let token =
        std::env::var("STORMGLASS_TOKEN").ok().filter(|token| token.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {page}\r\n{bearer}Connection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 200") => Ok(body.to_owned()),
        _ => Err(std::io::Error::other(answer.lines().next().unwrap_or("it says nothing").to_owned())),
    }
}

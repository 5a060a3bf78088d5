//! Asks each server at its pace, on a connection of each look's own.

use std::collections::BTreeMap;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::facts::{Before, dangers, readings};
use super::info::Info;
use super::resp::{self, REPLY_MAX, Reply};
use super::{SOURCE, Settings};
use crate::inlet::Inlet;
use crate::knobs::secret;
use crate::metrics::app as m;
use crate::reading::{Reading, Readings};
use crate::sockets::Stream;
use crate::stop::Stop;
use crate::ticks::until_before_next;
use crate::tls;

/// Settings that tell whether a server is dangerous.
const ASKED: [&str; 4] = ["bind", "protected-mode", "save", "requirepass"];

/// Runs until stopped.
pub async fn run(all: Vec<Settings>, inlet: Inlet, clock: fn() -> Duration, mut stop: Stop) {
    let mut tasks = JoinSet::new();
    for settings in all {
        let inlet = inlet.clone();
        tasks.spawn(async move {
            let (mut before, mut said, mut warned) = (Before::default(), String::new(), false);
            loop {
                sleep(until_before_next(settings.interval_s, clock())).await;
                let (readings, says) = look(&settings, &mut before, &mut warned).await;
                inlet.give(SOURCE, readings);
                if says != said {
                    match says.as_str() {
                        "" => tracing::info!(redis = settings.name, "answers again"),
                        says => tracing::warn!(redis = settings.name, "{says}"),
                    }
                    said = says;
                }
            }
        });
    }
    stop.asked().await;
}

/// Twice in a row, so that counters begin: for `stormglass cost`.
pub async fn look_once(settings: &Settings) -> (Readings, String) {
    let (mut before, mut warned) = (Before::default(), true);
    look(settings, &mut before, &mut warned).await;
    look(settings, &mut before, &mut warned).await
}

async fn look(settings: &Settings, before: &mut Before, warned: &mut bool) -> (Readings, String) {
    let asked = timeout(settings.timeout, ask(settings, !*warned)).await;
    let asked = asked.unwrap_or_else(|_| Err(format!("no answer within {} s", settings.timeout.as_secs())));
    let (mut told, says) = match &asked {
        Ok((text, found)) => {
            let info = Info::read(text);
            if !std::mem::replace(warned, true) {
                for says in dangers(&info, found, settings.password_file.is_some()) {
                    tracing::warn!(redis = settings.name, "{says}");
                }
            }
            (readings(&settings.name, &info, before), String::new())
        }
        Err(says) => (Readings::default(), says.clone()),
    };
    let up = Reading::own(m::UP.name, m::UP.unit, f64::from(u8::from(asked.is_ok())));
    told.push(up.with("source", SOURCE).with("name", settings.name.as_str()));
    (told, says)
}

/// `INFO` with the statistics of commands; and the settings, where they are wanted and may be asked.
async fn ask(settings: &Settings, wants_settings: bool) -> Result<(String, BTreeMap<String, String>), String> {
    let mut line = Conversation { stream: connect(settings).await?, held: Vec::new(), heard: settings.tls };
    if let Some(file) = &settings.password_file {
        let password = secret(file)?;
        let words = match &settings.user {
            Some(user) => vec!["AUTH", user, &password],
            None => vec!["AUTH", &password],
        };
        if let Reply::Error(says) = line.ask(&words).await? {
            return Err(format!("the password was refused: {says}"));
        }
    }
    let mut text = String::new();
    for words in [&["INFO"][..], &["INFO", "commandstats"]] {
        match line.ask(words).await? {
            Reply::Error(says) => return Err(says),
            reply => text.extend(reply.text()),
        }
    }
    let mut found = BTreeMap::new();
    for name in ASKED.into_iter().filter(|_| wants_settings) {
        // An ACL may forbid it; then nothing is said about it.
        if let Reply::Array(pair) = line.ask(&["CONFIG", "GET", name]).await?
            && let [_, value] = pair.as_slice()
        {
            found.insert(name.to_owned(), value.text().unwrap_or_default());
        }
    }
    Ok((text, found))
}

async fn connect(settings: &Settings) -> Result<Box<dyn Stream>, String> {
    let Settings { host, port, .. } = settings;
    let refused = |error| format!("{host}:{port}: {error}");
    let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(refused)?;
    if !settings.tls {
        return Ok(Box::new(stream));
    }
    let name = ServerName::try_from(host.clone()).map_err(|_| format!("{host} is no name of a server"))?;
    let connector = tls::trusting(settings.ca_file.as_deref())?;
    // One that speaks no TLS waits for the end of a line that never comes.
    let greeted = timeout(settings.timeout / 2, connector.connect(name, stream)).await;
    let greeted =
        greeted.map_err(|_| format!("TLS: no answer at {host} to the greeting; maybe it does not speak it"))?;
    Ok(Box::new(greeted.map_err(|error| tls::said(host, &error))?))
}

/// What an end before any answer may mean.
const NAKED: &str = ", before anything was said; maybe it wants TLS (`tls = true`)";

struct Conversation {
    stream: Box<dyn Stream>,
    held: Vec<u8>,
    /// Something was answered, or TLS was agreed upon.
    heard: bool,
}

impl Conversation {
    async fn ask(&mut self, words: &[&str]) -> Result<Reply, String> {
        let why = if self.heard { "" } else { NAKED };
        let broken = |error: std::io::Error| format!("the connection broke: {error}{why}");
        self.stream.write_all(&resp::command(words)).await.map_err(broken)?;
        loop {
            match resp::reply(&self.held) {
                Ok(Some((reply, used))) => {
                    self.held.drain(..used);
                    self.heard = true;
                    return Ok(reply);
                }
                Ok(None) if self.held.len() <= REPLY_MAX => {}
                _ => return Err("what answers there is no Redis".into()),
            }
            if self.stream.read_buf(&mut self.held).await.map_err(broken)? == 0 {
                return Err(format!("the connection was closed{why}"));
            }
        }
    }
}

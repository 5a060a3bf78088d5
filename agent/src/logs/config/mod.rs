//! `[logs]`: which files, what of them, and where it goes.

mod feed;
mod raw;
mod source;

use std::path::PathBuf;

use alarm::sheet::{At, Faults, Seconds};
use regex_lite::Regex;

use super::engine::Times;
use super::feed::Feed;
use super::redact::{self, Redact, What};
use super::sift::Format;
use super::tail::Globs;
use super::ways::Target;
pub use raw::{Raw, RawFile, RawFormat, RawJournal, RawRedact, RawRule, RawSocket, RawSocketKind, RawStart, RawStdin};
use source::Defaults;

/// Where events go unless said otherwise.
const GROUP: &str = "/stormglass/{service}";
const STREAM: &str = "{host}/{file}";
/// How long CloudWatch keeps a group that we make: for ever, which is the service's own default, is a bill that grows.
const RETENTION_DAYS: u32 = 30;
/// What the service takes as a retention (`PutRetentionPolicy`).
const RETENTIONS: &[u32] =
    &[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1_096, 1_827, 2_192, 2_557, 2_922, 3_288, 3_653];

/// What is meant.
#[derive(Clone, Debug, Default)]
pub struct Config {
    pub retention_days: u32,
    pub times: Times,
    pub redact: Redact,
    /// Files.
    pub sources: Vec<(Globs, Target)>,
    /// What is no file.
    pub feeds: Vec<(Feed, Target)>,
}

impl Config {
    pub fn check(raw: Raw, faults: &mut Faults) -> Self {
        let retention = raw.retention_days.unwrap_or(At::from(RETENTION_DAYS));
        if !RETENTIONS.contains(&retention) {
            let says = format!("`logs.retention_days`: the service takes one of {RETENTIONS:?}");
            faults.add(retention.span.clone(), "SG-LOG-001", says);
        }
        let ms = |at: &Option<At<Seconds>>, default: i64| at.as_ref().map_or(default, |at| at.0 as i64 * 1_000);
        let defaults = Times::default();
        let times = Times {
            linger_ms: ms(&raw.linger, defaults.linger_ms),
            fold_ms: ms(&raw.fold_window, defaults.fold_ms),
            bytes_per_day: raw.max_bytes_per_day.map(|bytes| bytes.0),
        };
        let redact = redaction(raw.redact, faults);
        let group = source::template(raw.group.as_ref(), "logs.group", GROUP, faults);
        let stream = source::template(raw.stream.as_ref(), "logs.stream", STREAM, faults);
        let format = match raw.format {
            Some(RawFormat::Text) => Format::Text,
            _ => Format::Json,
        };
        let defaults = Defaults { group, stream, format, redact: &redact };
        let sources = raw.file.iter().map(|file| source::file(file, &defaults, faults)).collect();
        let mut feeds: Vec<_> = raw.journal.iter().map(|journal| feed::journal(journal, &defaults, faults)).collect();
        feeds.extend(raw.stdin.iter().map(|stdin| feed::stdin(stdin, &defaults, faults)));
        feeds.extend(raw.socket.iter().map(|socket| feed::socket(socket, &defaults, faults)));
        Self { retention_days: retention.value, times, redact, sources, feeds }
    }

    /// No log is followed.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty() && self.feeds.is_empty()
    }

    /// Where its events go, source by source.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        self.sources.iter().map(|(_, target)| target).chain(self.feeds.iter().map(|(_, target)| target))
    }
}

fn redaction(raw: RawRedact, faults: &mut Faults) -> Redact {
    let mut off = vec![];
    for name in &raw.off {
        if let Some(what) = What::parse(name) {
            off.push(what);
            continue;
        }
        let known: Vec<_> = What::TABLE.iter().map(|(_, name)| *name).collect();
        let hint = alarm::sheet::did_you_mean(name, known.iter().copied());
        let hint = hint.map(|best| format!("; did you mean `{best}`?")).unwrap_or_default();
        let says = format!("`logs.redact.off`: \"{}\" is none of {}{hint}", **name, known.join(", "));
        faults.add(name.span.clone(), "SG-LOG-010", says);
    }
    let mut own = vec![];
    for rule in raw.rule {
        match Regex::new(&rule.pattern) {
            Ok(pattern) if own.len() < redact::OWN_MAX => {
                own.push(redact::Own { name: rule.name, pattern, contains: rule.contains });
            }
            Ok(_) => {
                faults.add(rule.pattern.span, "SG-LOG-011", format!("at most {} rules of one's own", redact::OWN_MAX));
            }
            Err(error) => faults.add(rule.pattern.span.clone(), "SG-LOG-011", format!("`pattern`: {error}")),
        }
    }
    Redact::new(raw.enabled.unwrap_or(true), off, own)
}

/// Whether the service can keep a group's events for so many days.
pub fn keeps(days: u64) -> bool {
    RETENTIONS.iter().any(|known| u64::from(*known) == days)
}

/// Where the checkpoint of the logs is kept, below the state directory.
pub fn state_dir(state_dir: &std::path::Path) -> PathBuf {
    state_dir.join("logs")
}

#[cfg(test)]
mod tests {
    use alarm::sheet;

    use super::*;
    use crate::logs::feed::{Kind, SocketKind};

    fn read(text: &str) -> Result<Config, Faults> {
        let raw: Raw = sheet::read("x.toml", text)?;
        let mut faults = Faults::new("x.toml", text);
        let config = Config::check(raw, &mut faults);
        faults.or(config)
    }

    #[test]
    fn a_sound_table() {
        let config = read(
            "retention_days = 14\nmax_bytes_per_day = '1GiB'\n[redact]\noff = ['email']\n\
             [[file]]\nservice = 'shop'\npaths = ['/var/log/shop/*.log']\nlevel = 'all'\nzone = 'Asia/Seoul'\ncontext = 5\n",
        )
        .expect("is sound");
        let (globs, target) = &config.sources[0];
        assert_eq!(
            (globs.globs.len(), target.settings.select.level, target.settings.select.context_lines),
            (1, None, 5)
        );
        assert_eq!((target.group.as_str(), config.times.bytes_per_day), (GROUP, Some(1 << 30)));
    }

    #[test]
    fn a_journal() {
        let config =
            read("[[journal]]\nservice = 'shop'\nunits = ['shop.service']\npriority = 'warning'\n").expect("is sound");
        let (feed, target) = &config.feeds[0];
        assert_eq!((feed.name.as_str(), target.stream.as_str()), ("journal shop: shop.service", STREAM));
        let Kind::Journal(query) = &feed.kind else { panic!("{feed:?}") };
        assert_eq!((query.priority.as_deref(), query.program.as_str()), (Some("warning"), "journalctl"));
    }

    #[test]
    fn standard_input_and_sockets() {
        let config = read(
            "[stdin]\nservice = 'job'\n[[socket]]\nservice = 'shop'\npath = '/run/stormglass/log.sock'\n\
             kind = 'datagram'\nmode = '0666'\nmax_connections = 8\nmax_bytes = '2MiB'\n",
        )
        .expect("is sound");
        assert_eq!(config.feeds[0].0.kind, Kind::Stdin { bytes_max: 64 << 20 });
        let Kind::Socket(socket) = &config.feeds[1].0.kind else { panic!("{config:?}") };
        // One text, whatever it was told: datagrams have no connections.
        assert_eq!((socket.kind, socket.mode, socket.connections_max), (SocketKind::Datagram, 0o666, 1));
        assert_eq!((socket.bytes_max, config.feeds[1].0.name.as_str()), (2 << 20, "socket /run/stormglass/log.sock"));
    }

    #[test]
    fn faults_of_a_socket() {
        let text = "[stdin]\nservice = 'job'\nmax_bytes = '1KiB'\n[[socket]]\nservice = 'x'\npath = 'log.sock'\n\
                    mode = '0888'\nmax_connections = 0\nmax_bytes = '1KiB'\n";
        let faults = read(text).expect_err("is full of faults");
        let codes: Vec<_> = faults.iter().map(|fault| (fault.place.line, fault.code)).collect();
        let expect = [(3, "SG-LOG-020"), (6, "SG-LOG-017"), (7, "SG-LOG-018"), (8, "SG-LOG-019"), (9, "SG-LOG-020")];
        assert_eq!(codes, expect);
    }

    #[test]
    fn faults_of_a_journal_and_of_templates() {
        let text = "group = '/a/{sevice}'\n[[journal]]\nservice = 'x'\npriority = 'warn'\ndirectory = 'here'\n\
                    units = ['a b']\nstream = '{host}/{'\n";
        let faults = read(text).expect_err("is full of faults");
        let said: Vec<_> = faults.iter().map(|fault| (fault.place.line, fault.code, fault.says.clone())).collect();
        let codes: Vec<_> = said.iter().map(|(line, code, _)| (*line, *code)).collect();
        let expect = [(1, "SG-LOG-013"), (4, "SG-LOG-014"), (5, "SG-LOG-015"), (6, "SG-LOG-016"), (7, "SG-LOG-013")];
        assert_eq!(codes, expect, "{said:?}");
        assert!(said[0].2.contains("did you mean `{service}`"), "{said:?}");
    }

    #[test]
    fn every_fault_at_once() {
        let text = "retention_days = 8\n[redact]\noff = ['emial']\n[[redact.rule]]\nname = 'x'\npattern = '('\n\
                    [[file]]\nservice = ''\npaths = ['relative']\nlevel = 'loud'\ncontext = 101\nmax_event = '2GiB'\n\
                    event_start = '('\nzone = 'Mars/Olympus'\ninclude = ['']\n";
        let faults = read(text).expect_err("is full of faults");
        let codes: Vec<_> = faults.iter().map(|fault| (fault.place.line, fault.code)).collect();
        let expect = [
            (1, "SG-LOG-001"),
            (3, "SG-LOG-010"),
            (6, "SG-LOG-011"),
            (8, "SG-LOG-002"),
            (9, "SG-LOG-003"),
            (10, "SG-LOG-007"),
            (11, "SG-LOG-008"),
            (12, "SG-LOG-004"),
            (13, "SG-LOG-005"),
            (14, "SG-LOG-009"),
            (15, "SG-LOG-006"),
        ];
        assert_eq!(codes, expect);
    }
}

//! `[logs]`: which files, what of them, and where it goes.

use std::path::PathBuf;

use alarm::sheet::{At, Bytes, Faults, Seconds};
use jiff::tz::TimeZone;
use regex_lite::Regex;
use schemars::JsonSchema;
use serde::Deserialize;

use super::batch::MESSAGE_MAX;
use super::engine::Times;
use super::fingerprint::Own;
use super::group::Rule;
use super::level::Level;
use super::redact::{self, Redact, What};
use super::select::{CONTEXT_LINES_MAX, PATTERNS_MAX, Pattern, Select};
use super::sift::{EVENT_MAX, Format, Settings};
use super::tail::{Glob, Globs, Start};
use super::ways::Target;

/// Where events go unless said otherwise.
const GROUP: &str = "/stormglass/{service}";
const STREAM: &str = "{host}/{file}";
/// How long CloudWatch keeps a group that we make: for ever, which is the service's own default, is a bill that grows.
const RETENTION_DAYS: u32 = 30;
/// What the service takes as a retention (`PutRetentionPolicy`).
const RETENTIONS: &[u32] =
    &[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1_096, 1_827, 2_192, 2_557, 2_922, 3_288, 3_653];
const EVENT_LEAST: u64 = 1_024;

/// `[logs]`, as typed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// The log group, with `{service}` and `{host}`. Default: `/stormglass/{service}`.
    pub group: Option<String>,
    /// The log stream, with `{host}`, `{service}` and `{file}`. Default: `{host}/{file}`.
    pub stream: Option<String>,
    /// Days that a group which we make keeps its events. Default: 30.
    pub retention_days: Option<At<u32>>,
    /// `json`: an object with level, service, kind and trace id; `text`: the line alone. Default: json.
    pub format: Option<RawFormat>,
    /// How long a request waits for more events. Default: 2s.
    pub linger: Option<At<Seconds>>,
    /// Most bytes shipped in a day (UTC); beyond it events are counted and not sent. Default: no bound.
    pub max_bytes_per_day: Option<Bytes>,
    /// How long repeats of one error are counted before a line says how many. Default: 5m.
    pub fold_window: Option<At<Seconds>>,
    pub redact: RawRedact,
    /// Files, a table for each service.
    pub file: Vec<RawFile>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawFormat {
    Json,
    Text,
}

/// `[logs.redact]`
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawRedact {
    /// Default: true.
    pub enabled: Option<bool>,
    /// Built-in rules that are not wanted.
    pub off: Vec<At<String>>,
    /// Rules of your own.
    pub rule: Vec<RawRule>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRule {
    /// Stands in the mark: `[redacted NAME]`.
    pub name: String,
    /// A regular expression.
    pub pattern: At<String>,
    /// Text that every hit contains: where it is missing the pattern is not tried.
    pub contains: Option<String>,
}

/// `[[logs.file]]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawFile {
    /// Whose log it is.
    pub service: At<String>,
    /// Absolute paths, with `*`, `?`, `[a-z]` and `**`.
    pub paths: Vec<At<String>>,
    #[serde(default)]
    pub group: Option<String>,
    #[serde(default)]
    pub stream: Option<String>,
    /// `end` or `beginning`: where files are read from that stood there before this host knew the source.
    #[serde(default)]
    pub start: Option<RawStart>,
    /// `trace`, `debug`, `info`, `warn`, `error`, `fatal`, or `all`. Default: warn.
    #[serde(default)]
    pub level: Option<At<String>>,
    /// Texts, or patterns between slashes, whose lines go whatever their level.
    #[serde(default)]
    pub include: Vec<At<String>>,
    #[serde(default)]
    pub exclude: Vec<At<String>>,
    /// Lines before each event that go with it. Default: 3.
    #[serde(default)]
    pub context: Option<At<u32>>,
    /// Let metrics embedded in log lines (EMF) pass, untouched.
    #[serde(default)]
    pub emf: bool,
    /// A pattern that finds the first line of each event; without it stack traces are known by their form.
    #[serde(default)]
    pub event_start: Option<At<String>>,
    /// Longest event; a longer one is cut. Default: 256KiB.
    #[serde(default)]
    pub max_event: Option<At<Bytes>>,
    /// Count repeats of one error instead of sending each. Default: true.
    #[serde(default)]
    pub fold: Option<bool>,
    /// The zone of times that name none: an IANA name, `UTC` or `local`. Default: UTC.
    #[serde(default)]
    pub zone: Option<At<String>>,
    /// Packages, modules or paths that are your own code; without it, everything that is no known library.
    #[serde(default)]
    pub packages: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawStart {
    End,
    Beginning,
}

/// What is meant.
#[derive(Clone, Debug, Default)]
pub struct Config {
    pub retention_days: u32,
    pub times: Times,
    pub redact: Redact,
    pub sources: Vec<(Globs, Target)>,
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
        let group = raw.group.unwrap_or_else(|| GROUP.to_owned());
        let stream = raw.stream.unwrap_or_else(|| STREAM.to_owned());
        let format = match raw.format {
            Some(RawFormat::Text) => Format::Text,
            _ => Format::Json,
        };
        let common = Common { group, stream, format, redact: &redact };
        let sources = raw.file.into_iter().map(|file| source(file, &common, faults)).collect();
        Self { retention_days: retention.value, times, redact, sources }
    }
}

struct Common<'a> {
    group: String,
    stream: String,
    format: Format,
    redact: &'a Redact,
}

fn source(raw: RawFile, common: &Common<'_>, faults: &mut Faults) -> (Globs, Target) {
    if raw.service.is_empty() {
        faults.add(raw.service.span.clone(), "SG-LOG-002", "`service`: it needs a name");
    }
    let mut globs = vec![];
    for path in &raw.paths {
        match Glob::parse(path) {
            Ok(glob) => globs.push(glob),
            Err(says) => faults.add(path.span.clone(), "SG-LOG-003", format!("`paths`: {says}")),
        }
    }
    let start = match raw.start {
        Some(RawStart::Beginning) => Start::Beginning,
        _ => Start::End,
    };
    let name =
        format!("{}: {}", *raw.service, raw.paths.iter().map(|path| path.as_str()).collect::<Vec<_>>().join(", "));
    let event_max = raw.max_event.as_ref().map_or(EVENT_MAX, |bytes| bytes.0 as usize);
    if let Some(bytes) = raw.max_event.as_ref().filter(|bytes| !(EVENT_LEAST..=MESSAGE_MAX as u64).contains(&bytes.0)) {
        faults.add(
            bytes.span.clone(),
            "SG-LOG-004",
            format!("`max_event`: from 1KiB to {MESSAGE_MAX} bytes, the most that the service takes"),
        );
    }
    let rule = raw.event_start.as_ref().map_or(Rule::BuiltIn, |pattern| match Regex::new(pattern) {
        Ok(pattern) => Rule::Start(pattern),
        Err(error) => {
            faults.add(pattern.span.clone(), "SG-LOG-005", format!("`event_start`: {error}"));
            Rule::BuiltIn
        }
    });
    let settings = Settings {
        service: raw.service.value.clone(),
        rule,
        event_max,
        select: selection(&raw, faults),
        redact: common.redact.clone(),
        own: Own::new(raw.packages.clone()),
        fold: raw.fold.unwrap_or(true),
        format: common.format,
        zone: zone(raw.zone.as_ref(), faults),
    };
    let group = raw.group.unwrap_or_else(|| common.group.clone());
    let stream = raw.stream.unwrap_or_else(|| common.stream.clone());
    (Globs { name, globs, start }, Target { settings, group, stream })
}

fn selection(raw: &RawFile, faults: &mut Faults) -> Select {
    let mut patterns = |key: &str, texts: &[At<String>]| {
        let mut list = vec![];
        for text in texts {
            match Pattern::parse(text) {
                Ok(pattern) if list.len() < PATTERNS_MAX => list.push(pattern),
                Ok(_) => {
                    faults.add(text.span.clone(), "SG-LOG-006", format!("`{key}`: at most {PATTERNS_MAX} patterns"));
                }
                Err(says) => faults.add(text.span.clone(), "SG-LOG-006", format!("`{key}`: {says}")),
            }
        }
        list
    };
    let (include, exclude) = (patterns("include", &raw.include), patterns("exclude", &raw.exclude));
    let mut select = Select { include, exclude, emf: raw.emf, ..Select::default() };
    if let Some(level) = &raw.level {
        select.level = Level::parse(level);
        if select.level.is_none() && level.value != "all" {
            let known: Vec<_> = Level::TABLE.iter().map(|(_, name)| *name).chain(["all"]).collect();
            faults.add(
                level.span.clone(),
                "SG-LOG-007",
                format!("`level`: \"{}\" is none of {}", **level, known.join(", ")),
            );
        }
    }
    if let Some(context) = &raw.context {
        select.context_lines = context.value as usize;
        if select.context_lines > CONTEXT_LINES_MAX {
            faults.add(context.span.clone(), "SG-LOG-008", format!("`context`: at most {CONTEXT_LINES_MAX} lines"));
        }
    }
    select
}

fn zone(raw: Option<&At<String>>, faults: &mut Faults) -> TimeZone {
    let Some(name) = raw else { return TimeZone::UTC };
    if name.eq_ignore_ascii_case("local") {
        return TimeZone::system();
    }
    TimeZone::get(name).unwrap_or_else(|error| {
        faults.add(name.span.clone(), "SG-LOG-009", format!("`zone`: {error}"));
        TimeZone::UTC
    })
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

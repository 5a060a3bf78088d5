//! One source: what it may say, turned into what is meant.

use alarm::sheet::{At, Faults, did_you_mean};
use jiff::tz::TimeZone;
use regex_lite::Regex;

use super::raw::{Common, RawFile, RawStart};
use crate::logs::batch::MESSAGE_MAX;
use crate::logs::fingerprint::Own;
use crate::logs::group::Rule;
use crate::logs::level::Level;
use crate::logs::redact::Redact;
use crate::logs::select::{CONTEXT_LINES_MAX, PATTERNS_MAX, Pattern, Select};
use crate::logs::sift::{EVENT_MAX, Format, Settings};
use crate::logs::tail::{Glob, Globs, Start};
use crate::logs::ways::{PLACEHOLDERS, Target};

const EVENT_LEAST: u64 = 1_024;

/// What a source has that says nothing else.
pub(super) struct Defaults<'a> {
    pub(super) group: String,
    pub(super) stream: String,
    pub(super) format: Format,
    pub(super) redact: &'a Redact,
}

pub(super) fn file(raw: &RawFile, defaults: &Defaults<'_>, faults: &mut Faults) -> (Globs, Target) {
    let target = target(raw.common(), defaults, faults);
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
    let name = format!("{}: {}", *raw.service, list(&raw.paths));
    (Globs { name, globs, start }, target)
}

pub(super) fn list(texts: &[At<String>]) -> String {
    texts.iter().map(|text| text.as_str()).collect::<Vec<_>>().join(", ")
}

pub(super) fn target(raw: Common<'_>, defaults: &Defaults<'_>, faults: &mut Faults) -> Target {
    if raw.service.is_empty() {
        faults.add(raw.service.span.clone(), "SG-LOG-002", "`service`: it needs a name");
    }
    let event_max = raw.max_event.map_or(EVENT_MAX, |bytes| bytes.0 as usize);
    if let Some(bytes) = raw.max_event.filter(|bytes| !(EVENT_LEAST..=MESSAGE_MAX as u64).contains(&bytes.0)) {
        faults.add(
            bytes.span.clone(),
            "SG-LOG-004",
            format!("`max_event`: from 1KiB to {MESSAGE_MAX} bytes, the most that the service takes"),
        );
    }
    let rule = raw.event_start.map_or(Rule::BuiltIn, |pattern| match Regex::new(pattern) {
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
        select: selection(raw, faults),
        redact: defaults.redact.clone(),
        own: Own::new(raw.packages.to_vec()),
        fold: raw.fold.unwrap_or(true),
        format: defaults.format,
        zone: zone(raw.zone, faults),
    };
    let group = template(raw.group, "group", &defaults.group, faults);
    let stream = template(raw.stream, "stream", &defaults.stream, faults);
    Target { settings, group, stream }
}

/// The name of a group or a stream, with placeholders that are known.
pub(super) fn template(raw: Option<&At<String>>, key: &str, default: &str, faults: &mut Faults) -> String {
    let Some(text) = raw else { return default.to_owned() };
    let mut rest = text.as_str();
    while let Some((_, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        rest = after;
        if !PLACEHOLDERS.contains(&name) {
            let known: Vec<_> = PLACEHOLDERS.iter().map(|name| format!("{{{name}}}")).collect();
            let hint = did_you_mean(name, PLACEHOLDERS.iter().copied());
            let hint = hint.map(|best| format!("; did you mean `{{{best}}}`?")).unwrap_or_default();
            let says = format!("`{key}`: \"{{{name}\" begins none of {}{hint}", known.join(", "));
            faults.add(text.span.clone(), "SG-LOG-013", says);
        }
    }
    text.value.clone()
}

pub(super) fn hint(name: &str, known: &[&str]) -> String {
    let best = did_you_mean(name, known.iter().copied());
    best.map(|best| format!("; did you mean `{best}`?")).unwrap_or_default()
}

fn selection(raw: Common<'_>, faults: &mut Faults) -> Select {
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
    let (include, exclude) = (patterns("include", raw.include), patterns("exclude", raw.exclude));
    let mut select = Select { include, exclude, emf: raw.emf, ..Select::default() };
    if let Some(level) = raw.level {
        select.level = Level::parse(level);
        if select.level.is_none() && level.value != "all" {
            let known: Vec<_> = Level::TABLE.iter().map(|(_, name)| *name).chain(["all"]).collect();
            let says = format!("`level`: \"{}\" is none of {}{}", **level, known.join(", "), hint(level, &known));
            faults.add(level.span.clone(), "SG-LOG-007", says);
        }
    }
    if let Some(context) = raw.context {
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

//! From what was written to what is meant; every fault with its place.

use std::ops::Range;
use std::time::Duration;

use alarm::sheet::{At, Faults, Seconds};
use regex_lite::Regex;

use super::data::Table;
use super::raw::{AtEnd, Connections, Raw, Spacing as RawSpacing, Stage};
use super::template::{Form, Template};
use super::{Expect, From, Journey, Model, Objective, Scenario, Step, Take, Target, raw};
use crate::http::Version;
use crate::schedule::{Profile, Shape, Spacing};

const TIMEOUT_S: u64 = 10;
/// Enough for 5,000 a second with answers of two seconds; more is a matter of descriptors, and is asked for.
const OPEN_MAX: usize = 10_000;
/// A tally is kept for each.
const STEPS_MAX: usize = 200;
/// No machine that this runs on reaches it.
const RATE_MAX: f64 = 1e6;
const LENGTH_MAX_S: f64 = 7.0 * 86_400.0;

type Open<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// `None` where a fault was found that leaves nothing to be made.
pub(super) fn check(raw: Raw, faults: &mut Faults, open: Open<'_>) -> Option<Scenario> {
    let target = Target::parse(&raw.target)
        .map_err(|says| faults.add(raw.target.span.clone(), "SG-LOA-001", format!("`target`: {says}")))
        .ok();
    let tables = tables(&raw, faults, open);
    let model = model(&raw, faults);
    let objective = objective(&raw.objective, faults);
    if raw.journey.is_empty() {
        faults.add(0..0, "SG-LOA-003", "there is no `[[journey]]`: nothing would be asked");
    }
    let journeys: Vec<_> = raw.journey.iter().map(|journey| self::journey(journey, &tables, faults)).collect();
    if journeys.iter().map(|journey| journey.steps.len()).sum::<usize>() > STEPS_MAX {
        faults.add(0..0, "SG-LOA-003", format!("there are more than {STEPS_MAX} steps"));
    }
    if !journeys.is_empty() && journeys.iter().all(|journey| journey.weight == 0.0) {
        faults.add(0..0, "SG-LOA-004", "every journey has the weight 0");
    }
    let timeout_s = raw.timeout.as_ref().map_or(TIMEOUT_S, |timeout| timeout.value.0);
    if let Some(timeout) = raw.timeout.as_ref().filter(|timeout| !(1..=3_600).contains(&timeout.value.0)) {
        faults.add(timeout.span.clone(), "SG-LOA-004", "`timeout`: between 1s and 1h");
    }
    let http = raw.http.as_ref().map_or(Version::One, |http| version(http, faults));
    Some(Scenario {
        target: target?,
        http,
        timeout: Duration::from_secs(timeout_s),
        redirects: raw.redirects.unwrap_or(0),
        authorities: raw.authorities.and_then(|file| match open(&file) {
            Ok(pem) => Some(pem),
            Err(says) => {
                faults.add(0..0, "SG-LOA-002", format!("`authorities`: {says}"));
                None
            }
        }),
        seed: raw.seed,
        fresh: raw.connections == Connections::Fresh,
        open_max: raw.open_max.unwrap_or(OPEN_MAX),
        objective,
        model: model?,
        tables,
        journeys,
    })
}

fn version(asked: &At<u8>, faults: &mut Faults) -> Version {
    if !matches!(asked.value, 1 | 2) {
        faults.add(asked.span.clone(), "SG-LOA-004", "`http`: 1 or 2");
    }
    if asked.value == 2 { Version::Two } else { Version::One }
}

fn tables(raw: &Raw, faults: &mut Faults, open: Open<'_>) -> Vec<Table> {
    let mut tables = Vec::new();
    for (name, data) in &raw.data {
        let read = open(&data.file).and_then(|text| Table::parse(name, &text, matches!(data.at_end, AtEnd::Stop)));
        match read {
            Ok(table) => tables.push(table),
            Err(says) => faults.add(data.span.clone(), "SG-LOA-002", format!("`data.{name}`: {}: {says}", data.file)),
        }
    }
    tables
}

fn model(raw: &Raw, faults: &mut Faults) -> Option<Model> {
    match (&raw.users, raw.profile.as_slice()) {
        (Some(users), []) => Some(Model::Closed { users: users.count, length_s: users.r#for.0 as f64 }),
        (Some(users), _) => {
            let says = "`users` is the closed model and `[[profile]]` the open one: a run is one of them";
            faults.add(users.span.clone(), "SG-LOA-005", says);
            None
        }
        (None, []) => {
            faults.add(
                0..0,
                "SG-LOA-005",
                "neither `[[profile]]` (arrivals at a rate) nor `users` says how it is pressed",
            );
            None
        }
        (None, stages) => {
            let shapes: Vec<_> = stages.iter().filter_map(|stage| shape(stage, faults)).collect();
            let profile = Profile::of(&shapes);
            if shapes.len() == stages.len() && (profile.count() < 1.0 || profile.length_s() > LENGTH_MAX_S) {
                faults.add(stages[0].span.clone(), "SG-LOA-004", "the profile holds no arrival, or more than a week");
            }
            let spacing = match raw.arrivals {
                RawSpacing::Even => Spacing::Even,
                RawSpacing::Poisson => Spacing::Poisson,
            };
            Some(Model::Open { profile, spacing })
        }
    }
}

fn shape(stage: &At<Stage>, faults: &mut Faults) -> Option<Shape> {
    let seconds = |length: Seconds| length.0 as f64;
    let (shape, rates) = match stage.value {
        Stage::Constant { rate, r#for } => (Shape::Constant { rate, length_s: seconds(r#for) }, [rate, rate]),
        Stage::Ramp { from, to, r#for } => (Shape::Ramp { from, to, length_s: seconds(r#for) }, [from, to]),
        Stage::Steps { from, to, by, each } => (Shape::Steps { from, to, by, each_s: seconds(each) }, [from, to]),
        Stage::Spike { base, peak, before, r#for, after } => {
            let (before_s, after_s) = (seconds(before), seconds(after));
            (Shape::Spike { base, peak, before_s, length_s: seconds(r#for), after_s }, [base, peak])
        }
    };
    if rates.iter().any(|rate| !(0.0..=RATE_MAX).contains(rate)) {
        faults.add(stage.span.clone(), "SG-LOA-004", format!("a rate is from 0 to {RATE_MAX} a second"));
        return None;
    }
    if let Stage::Steps { from, to, by, .. } = stage.value
        && (!by.is_finite() || by.abs() * crate::schedule::STEPS_MAX < (to - from).abs() || by == 0.0)
    {
        let most = crate::schedule::STEPS_MAX;
        faults.add(stage.span.clone(), "SG-LOA-004", format!("`by` makes no step, or more than {most}"));
        return None;
    }
    Some(shape)
}

fn objective(raw: &raw::Objective, faults: &mut Faults) -> Objective {
    let mut within = |key: &str, value: &Option<At<f64>>, most: f64| {
        let value = value.as_ref()?;
        if !(value.value >= 0.0 && value.value <= most) {
            faults.add(value.span.clone(), "SG-LOA-004", format!("`objective.{key}`: from 0 to {most}"));
        }
        Some(value.value)
    };
    Objective {
        p50_ms: within("p50_ms", &raw.p50_ms, 3_600_000.0),
        p95_ms: within("p95_ms", &raw.p95_ms, 3_600_000.0),
        p99_ms: within("p99_ms", &raw.p99_ms, 3_600_000.0),
        failures_percent: within("failures_percent", &raw.failures_percent, 100.0).unwrap_or(1.0),
    }
}

/// The variables that a step may name so far, by their numbers.
struct Known(Vec<String>);

impl Known {
    fn number(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|known| known == name)
    }

    fn add(&mut self, name: &str) -> usize {
        self.number(name).unwrap_or_else(|| {
            self.0.push(name.to_owned());
            self.0.len() - 1
        })
    }
}

fn journey(raw: &At<raw::Journey>, tables: &[Table], faults: &mut Faults) -> Journey {
    let mut known = Known(vec!["user".to_owned()]);
    for table in tables {
        for column in &table.columns {
            known.add(&format!("{}.{column}", table.name));
        }
    }
    let weight = raw.weight.as_ref().map_or(1.0, |weight| weight.value);
    if !(0.0..=1e6).contains(&weight) {
        faults.add(raw.span.clone(), "SG-LOA-004", "`weight`: from 0 to 1000000");
    }
    if raw.step.is_empty() {
        faults.add(raw.span.clone(), "SG-LOA-003", format!("the journey `{}` has no step", raw.name.value));
    }
    let steps = raw.step.iter().filter_map(|step| self::step(step, &mut known, faults)).collect();
    Journey { name: raw.name.value.clone(), weight, steps, variables: known.0.len() }
}

fn step(raw: &At<raw::Step>, known: &mut Known, faults: &mut Faults) -> Option<Step> {
    let Some((method, path)) = method_and_path(&raw.request) else {
        let says = "`request`: write it like \"GET /path\"";
        faults.add(raw.request.span.clone(), "SG-LOA-006", says);
        return None;
    };
    let mut filled = |text: &str, span: &Range<usize>, usual| {
        let parsed = Template::parse(text, usual, |name| known.number(name));
        parsed.map_err(|says| faults.add(span.clone(), "SG-LOA-007", says)).unwrap_or_default()
    };
    let path = filled(path, &raw.request.span, Form::Url);
    let body = raw.body.as_ref().map(|body| filled(body, &body.span, Form::Plain));
    let mut headers = Vec::new();
    for (name, value) in &raw.headers {
        headers.push((name.to_ascii_lowercase(), filled(value, &value.span, Form::Plain)));
    }
    for (name, value) in &raw.headers {
        if !is_token(name) || value.contains(['\r', '\n']) {
            faults.add(value.span.clone(), "SG-LOA-006", format!("`{name}` cannot be a header"));
        }
    }
    let think = raw.think_ms.as_ref().map(|think| {
        let [least, most] = think.value;
        if least > most || most > 3_600_000 {
            faults.add(think.span.clone(), "SG-LOA-004", "`think_ms`: at least, then at most, up to an hour");
        }
        (Duration::from_millis(least), Duration::from_millis(most.max(least)))
    });
    let expect = expect(&raw.expect, faults);
    let takes = raw.take.iter().filter_map(|(name, take)| self::take(name, take, known, faults)).collect();
    let name = raw.name.as_ref().map_or_else(|| raw.request.value.clone(), |name| name.value.clone());
    Some(Step { name, method: method.to_owned(), path, headers, body, expect, takes, think })
}

fn method_and_path(request: &str) -> Option<(&str, &str)> {
    let (method, path) = request.split_once(' ')?;
    let sound = !method.is_empty()
        && method.chars().all(|c| c.is_ascii_uppercase())
        && path.starts_with('/')
        && !path.contains(|c: char| c.is_control());
    sound.then_some((method, path))
}

fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn pattern(text: &str, span: &Range<usize>, faults: &mut Faults) -> Option<Regex> {
    let made = Regex::new(text);
    made.map_err(|error| faults.add(span.clone(), "SG-LOA-008", format!("`{text}` is no pattern: {error}"))).ok()
}

fn expect(raw: &raw::Expect, faults: &mut Faults) -> Expect {
    Expect {
        status: raw.status.clone().unwrap_or_default(),
        contains: raw.contains.clone(),
        matches: raw.matches.as_ref().and_then(|text| pattern(text, &text.span, faults)),
    }
}

fn take(name: &str, raw: &At<raw::Take>, known: &mut Known, faults: &mut Faults) -> Option<Take> {
    let from = match (&raw.json, &raw.header, &raw.regex) {
        (Some(pointer), None, None) if pointer.is_empty() || pointer.starts_with('/') => From::Json(pointer.clone()),
        (None, Some(header), None) => From::Header(header.to_ascii_lowercase()),
        (None, None, Some(text)) => From::Regex(pattern(text, &raw.span, faults)?),
        _ => {
            let says = format!("`{name}` is taken by one of `json` (a pointer such as \"/id\"), `header` and `regex`");
            faults.add(raw.span.clone(), "SG-LOA-008", says);
            return None;
        }
    };
    Some(Take { into: known.add(name), name: name.to_owned(), from })
}

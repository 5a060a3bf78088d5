//! Which judge a rule means, and its settings.

use std::ops::Range;

use super::limits;
use super::raw::RawAlarm;
use crate::composite::{self, Formula};
use crate::judge::{Judge, Kind};
use crate::math::{self, Events, Expression, Fold};
use crate::sheet::{At, Faults, did_you_mean};

pub(super) fn kind(raw: &RawAlarm) -> Kind {
    raw.judge.unwrap_or(match (&raw.expression, &raw.when) {
        (Some(_), _) => Kind::Math,
        (None, Some(_)) => Kind::Composite,
        (None, None) => Kind::Threshold,
    })
}

/// The settings, or a fault where a needed key is missing.
pub(super) fn judge(raw: &mut RawAlarm, period_s: u32, late_s: u32, faults: &mut Faults) -> Option<Judge> {
    let kind = kind(raw);
    foreign_keys(raw, kind, faults);
    let span = raw.name.span.clone();
    Some(match kind {
        Kind::Threshold => Judge::Threshold(limits::threshold(raw, period_s, late_s, faults)),
        Kind::Math => Judge::Math(expression(raw, period_s, late_s, faults)?),
        Kind::Composite => Judge::Composite(composite(raw, faults)?),
        Kind::Burst => Judge::Burst(raw.burst.take().unwrap_or_default().check(span, faults)),
        Kind::Disk => Judge::Disk(raw.disk.take().unwrap_or_default().check(span, faults)),
        Kind::Unusual => Judge::Unusual(raw.unusual.take().unwrap_or_default().check(span, faults)),
        Kind::Silent => Judge::Silent(raw.silent.take().unwrap_or_default().check(span, faults)),
        Kind::Log => Judge::Log(raw.log.take().unwrap_or_default().check(span, faults)),
        Kind::Budget => {
            if raw.budget.is_none() {
                let says = "a budget needs its objective: `budget.objective = 99.9`";
                faults.add(span.clone(), "SG-RUL-002", says);
            }
            Judge::Budget(raw.budget.take()?.check(span, faults))
        }
    })
}

/// Keys that only another judge reads would be silently without effect.
fn foreign_keys(raw: &RawAlarm, kind: Kind, faults: &mut Faults) {
    let limits = matches!(kind, Kind::Threshold | Kind::Math);
    let number = |said: &Option<At<f64>>| said.as_ref().map(|said| said.span.clone());
    let text = |said: &Option<At<String>>| said.as_ref().map(|said| said.span.clone());
    let name = || Some(raw.name.span.clone());
    let told: [(&str, bool, Option<Range<usize>>); 18] = [
        ("above", limits, number(&raw.above)),
        ("at_least", limits, number(&raw.at_least)),
        ("below", limits, number(&raw.below)),
        ("at_most", limits, number(&raw.at_most)),
        ("clear", limits, number(&raw.clear)),
        ("points", limits, text(&raw.points)),
        ("missing", limits, raw.missing.and_then(|_| name())),
        ("expression", kind == Kind::Math, text(&raw.expression)),
        ("min_events", kind == Kind::Math, number(&raw.min_events)),
        ("events", kind == Kind::Math, text(&raw.events)),
        ("when", kind == Kind::Composite, text(&raw.when)),
        ("metric", kind != Kind::Composite, text(&raw.metric)),
        ("burst", kind == Kind::Burst, raw.burst.as_ref().and_then(|_| name())),
        ("disk", kind == Kind::Disk, raw.disk.as_ref().and_then(|_| name())),
        ("unusual", kind == Kind::Unusual, raw.unusual.as_ref().and_then(|_| name())),
        ("budget", kind == Kind::Budget, raw.budget.as_ref().and_then(|_| name())),
        ("silent", kind == Kind::Silent, raw.silent.as_ref().and_then(|_| name())),
        ("log", kind == Kind::Log, raw.log.as_ref().and_then(|_| name())),
    ];
    for (key, _, span) in told.into_iter().filter(|(_, its, _)| !its) {
        if let Some(span) = span {
            let says = format!("`{key}` means nothing to a rule with `judge = \"{}\"`", word(kind));
            faults.add(span, "SG-RUL-002", says);
        }
    }
}

fn word(kind: Kind) -> String {
    format!("{kind:?}").to_lowercase()
}

fn expression(raw: &RawAlarm, period_s: u32, late_s: u32, faults: &mut Faults) -> Option<math::Settings> {
    let threshold = limits::threshold(raw, period_s, late_s, faults);
    let Some(said) = &raw.expression else {
        faults.add(raw.name.span.clone(), "SG-RUL-002", "a rule with `judge = \"math\"` needs an `expression`");
        return None;
    };
    let expression = match Expression::parse(said) {
        Ok(expression) => expression,
        Err(wrong) => {
            faults.add(inside(&said.span, &wrong.at), "SG-RUL-009", wrong.says);
            return None;
        }
    };
    let events = events(raw, &expression, faults);
    let folds = vec![Fold::Sum; expression.names.len()];
    Some(math::Settings { expression, folds, events, threshold })
}

fn events(raw: &RawAlarm, expression: &Expression, faults: &mut Faults) -> Option<Events> {
    let least = match (&raw.min_events, &raw.events) {
        (None, None) => return None,
        (Some(least), _) if least.is_finite() && **least >= 0.0 => **least,
        (Some(least), _) => {
            faults.add(least.span.clone(), "SG-RUL-009", "`min_events` is a number of events");
            return None;
        }
        (None, Some(events)) => {
            faults.add(events.span.clone(), "SG-RUL-009", "`events` needs `min_events` beside it");
            return None;
        }
    };
    let names = &expression.names;
    // The usual ratio is failures by calls: the last name counts the events.
    let Some(events) = &raw.events else { return Some(Events { role: names.len() - 1, least }) };
    let role = names.iter().position(|name| *name == events.value);
    if role.is_none() {
        let near = did_you_mean(events, names.iter().map(String::as_str));
        let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        faults.add(events.span.clone(), "SG-RUL-009", format!("the expression names no `{}`{hint}", events.value));
    }
    Some(Events { role: role?, least })
}

fn composite(raw: &RawAlarm, faults: &mut Faults) -> Option<composite::Settings> {
    let Some(when) = &raw.when else {
        faults.add(raw.name.span.clone(), "SG-RUL-002", "a composite needs `when = 'ALARM(\"a\") OR ...'`");
        return None;
    };
    match Formula::parse(when) {
        Ok(formula) => Some(composite::Settings { formula }),
        Err(wrong) => {
            faults.add(inside(&when.span, &wrong.at), "SG-RUL-010", wrong.says);
            None
        }
    }
}

/// The place inside a quoted text. Escapes before it would shift it a little; nobody writes them here.
pub(super) fn inside(quoted: &Range<usize>, at: &Range<usize>) -> Range<usize> {
    let start = (quoted.start + 1 + at.start).min(quoted.end);
    start..(quoted.start + 1 + at.end).clamp(start, quoted.end)
}

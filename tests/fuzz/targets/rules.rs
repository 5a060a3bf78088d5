//! Configuration, rules, and what was remembered: typed by people, or kept where others can write.

use std::ops::Range;

use agent::config::Config;
use alarm::composite::{CHILDREN_MAX, Formula};
use alarm::matcher::Matcher;
use alarm::math::Expression;
use alarm::memory::Memory;
use alarm::points::Time;
use alarm::sheet::Faults;
use alarm::zone::{Zone, parse_moment};

/// A sound configuration, or faults that each point into the text.
pub(crate) fn config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Err(faults) = Config::parse("fuzz.toml", text) {
        check_faults(text, &faults);
    }
}

fn check_faults(text: &str, faults: &Faults) {
    assert!(!faults.is_empty(), "refused without a reason");
    let lines = text.matches('\n').count() + 1;
    for fault in faults.iter() {
        assert!((1..=lines).contains(&fault.place.line), "{fault} lies outside of {lines} lines");
        assert!(fault.place.column >= 1 && !fault.says.is_empty(), "{fault}");
    }
}

pub(crate) fn math(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Expression::parse(text) {
        Ok(expression) => assert!(!expression.names.is_empty(), "an expression over nothing"),
        Err(wrong) => check_span(text, &wrong.at, &wrong.says),
    }
}

pub(crate) fn composite(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Formula::parse(text) {
        Ok(formula) => {
            assert!(formula.children.len() <= CHILDREN_MAX);
            for (name, at) in &formula.children {
                check_span(text, at, name);
            }
        }
        Err(wrong) => check_span(text, &wrong.at, &wrong.says),
    }
}

/// What is reported of a text must be a part of it, or whoever underlines it panics.
fn check_span(text: &str, at: &Range<usize>, says: &str) {
    assert!(text.get(at.clone()).is_some(), "{at:?} is no part of the text ({says})");
    assert!(!says.is_empty());
}

/// A silence keeps its matchers as text: what is written must read as what was meant.
pub(crate) fn matcher(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(matcher) = Matcher::parse(text) {
        assert_eq!(Matcher::parse(&matcher.to_string()).as_ref(), Ok(&matcher), "written as `{matcher}`");
    }
}

pub(crate) fn memory(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(memory) = Memory::decode(text) {
        let again = Memory::decode(&memory.encode()).expect("what we write we can read");
        assert_eq!(again, memory);
    }
}

/// A moment, in a zone with summer time, is a moment whose wall time can be told.
pub(crate) fn moment(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let zone = Zone::parse("America/New_York").expect("the zones are built in");
    match parse_moment(text, &zone) {
        // A wall time after the last moment that can be told: for ever.
        Err(_) | Ok(Time::MAX) => {}
        Ok(moment) => {
            let _ = zone.wall(moment);
            assert_eq!(parse_moment(&zone.zoned(moment).timestamp().to_string(), &zone), Ok(moment));
        }
    }
}

//! How the trials of a file went: for a person, for a machine (JUnit), and which rules no trial touched.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::trial::Tried;
use crate::rules::Rules;
use crate::sheet::Place;

/// Which rules the trials touched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// No trial gives it a point.
    pub untouched: Vec<String>,
    /// It is judged, but no trial makes it fire.
    pub never_fired: Vec<String>,
    pub all: usize,
}

pub fn coverage(rules: &Rules, tried: &[Tried]) -> Coverage {
    let all = |of: fn(&Tried) -> &BTreeSet<String>| tried.iter().flat_map(of).collect::<BTreeSet<_>>();
    let (judged, fired) = (all(|it| &it.judged), all(|it| &it.fired));
    let mut coverage = Coverage { all: rules.alarms.len(), ..Coverage::default() };
    for rule in rules.alarms.iter().filter(|rule| !fired.contains(&rule.name)) {
        let composite = rule.reads.is_empty();
        let list =
            if judged.contains(&rule.name) || composite { &mut coverage.never_fired } else { &mut coverage.untouched };
        list.push(rule.name.clone());
    }
    coverage
}

/// `shop.test.toml:12:3: at 10m: slow = page: it is fine (...)`, one a line.
pub fn failures(file: &str, text: &str, tried: &[Tried]) -> Vec<String> {
    let line = |(span, says): &(std::ops::Range<usize>, String), name: &str| {
        let Place { line, column } = Place::of(text, span.start);
        format!("{file}:{line}:{column}: {name}: {says}")
    };
    tried.iter().flat_map(|it| it.failures.iter().map(|failure| line(failure, &it.name))).collect()
}

/// JUnit's XML, as CI servers read it: one suite a file.
pub fn junit(suites: &[(String, Vec<Tried>)]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (file, tried) in suites {
        let failed = tried.iter().filter(|it| !it.failures.is_empty()).count();
        // Writing to a String cannot fail.
        let _ =
            writeln!(xml, "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failed}\">", escape(file), tried.len());
        for one in tried {
            let _ = write!(xml, "    <testcase classname=\"{}\" name=\"{}\"", escape(file), escape(&one.name));
            if one.failures.is_empty() {
                xml.push_str("/>\n");
                continue;
            }
            xml.push_str(">\n");
            for (_, says) in &one.failures {
                let _ = writeln!(xml, "      <failure message=\"{}\"/>", escape(says));
            }
            xml.push_str("    </testcase>\n");
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

/// Characters that XML cannot hold become a question mark.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' | '\r' => escaped.push(' '),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('?'),
            c => escaped.push(c),
        }
    }
    escaped
}

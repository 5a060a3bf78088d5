//! The report as JUnit XML, which every build server reads: a test case for each thing that was asked. Pure.

use std::fmt::Write;

use super::Report;
use super::checks::Ended;

pub fn junit(report: &Report) -> String {
    let checks = report.checks();
    let count = |wanted: fn(&Ended) -> bool| checks.iter().filter(|check| wanted(&check.ended)).count();
    let failed = count(|ended| matches!(ended, Ended::Failed(_)));
    let skipped = count(|ended| matches!(ended, Ended::Unknown));
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing into a String cannot fail.
    let _ = writeln!(
        out,
        "<testsuite name=\"{}\" tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"{skipped}\" time=\"{:.1}\">",
        escaped(&format!("stormglass load {} {}", report.test, report.scenario)),
        checks.len(),
        report.measured_s,
    );
    for check in &checks {
        let (kind, name) = (check.kind, escaped(&check.name));
        let _ = write!(out, "  <testcase classname=\"load.{kind}\" name=\"{name}\">");
        let _ = match &check.ended {
            Ended::Held(says) => write!(out, "<system-out>{}</system-out>", escaped(says)),
            Ended::Failed(says) => write!(out, "<failure message=\"{}\"/>", escaped(says)),
            Ended::Unknown => write!(out, "<skipped message=\"the numbers are not of the service\"/>"),
        };
        out.push_str("</testcase>\n");
    }
    out.push_str("</testsuite>\n");
    out
}

/// What XML allows of a text; other control characters are not allowed however they are written.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(' '),
            letter if letter.is_control() => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_breaks_the_page() {
        assert_eq!(escaped("a<b>&\"c\"\n\u{1}"), "a&lt;b&gt;&amp;&quot;c&quot; \u{fffd}");
    }
}

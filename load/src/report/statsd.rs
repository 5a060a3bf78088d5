//! A stretch of the run as StatsD, so that it stands in CloudWatch beside what the service says of itself. Pure.
//!
//! Latencies go as timings with their weights (`|@0.1` is ten), so that percentiles are those of the run; the histogram
//! is thinned to `TIMINGS_MAX` values, each the highest of as many requests.

use std::fmt::Write;

use crate::tally::Slot;

/// Timings of one stretch. More would tell CloudWatch nothing: it keeps 150 values a series and period.
const TIMINGS_MAX: u64 = 100;
/// What a datagram of an Ethernet bears.
const DATAGRAM_MAX: usize = 1_432;

/// The datagrams for a stretch.
pub fn datagrams(slot: &Slot, test: &str, scenario: &str) -> Vec<String> {
    let tags = format!("|#test:{},scenario:{}", tag(test), tag(scenario));
    let mut lines = vec![
        format!("load.journeys:{}|c{tags}", slot.started),
        format!("load.requests:{}|c{tags}", slot.requests),
        format!("load.failures:{}|c{tags}", slot.failed),
    ];
    for (ms, weight) in slot.latency.thinned(TIMINGS_MAX) {
        lines.push(format!("load.latency:{ms}|ms|@{}{tags}", 1.0 / weight as f64));
    }
    packed(lines)
}

/// How it ended: 1 where the numbers are of the service.
pub fn ending(valid: bool, test: &str, scenario: &str) -> String {
    format!("load.valid:{}|g|#test:{},scenario:{}", u8::from(valid), tag(test), tag(scenario))
}

fn packed(lines: Vec<String>) -> Vec<String> {
    let mut datagrams: Vec<String> = Vec::new();
    for line in lines {
        match datagrams.last_mut() {
            Some(last) if last.len() + 1 + line.len() <= DATAGRAM_MAX => {
                // Writing into a String cannot fail.
                let _ = write!(last, "\n{line}");
            }
            _ => datagrams.push(line),
        }
    }
    datagrams
}

/// What has a meaning in the protocol is none of a name.
fn tag(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() || "._-/".contains(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_weights_are_the_requests() {
        let mut slot = Slot { started: 400, requests: 1_000, failed: 3, ..Slot::default() };
        for at in 1..=1_000 {
            slot.latency.record(Duration::from_millis(at));
        }
        let datagrams = datagrams(&slot, "load", "a b.toml");
        assert!(datagrams.iter().all(|datagram| datagram.len() <= DATAGRAM_MAX));
        let lines: Vec<_> = datagrams.iter().flat_map(|datagram| datagram.lines()).collect();
        assert_eq!(lines[0], "load.journeys:400|c|#test:load,scenario:a_b.toml");
        assert!(lines.len() <= 3 + TIMINGS_MAX as usize + 1, "{}", lines.len());
        let weights = lines[3..].iter().map(|line| {
            let rate: f64 = line
                .split("|@")
                .nth(1)
                .and_then(|rest| rest.split('|').next())
                .expect("a rate")
                .parse()
                .expect("a number");
            (1.0 / rate).round() as u64
        });
        assert_eq!(weights.sum::<u64>(), 1_000);
    }
}

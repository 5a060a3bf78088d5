//! A run beside one that was kept: what has become worse than the tolerance allows. Pure.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text::number;
use super::{Report, Step};

/// One number of both runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    pub what: String,
    pub unit: String,
    pub before: f64,
    pub now: f64,
    /// Worse by more than the tolerance.
    pub regressed: bool,
}

/// Beside the tolerance: less than a millisecond more is nothing that anybody feels, however quick it was before.
const FELT_MS: f64 = 1.0;
/// Points of a percent that failures may rise by, whatever the tolerance: of none before, any share is infinitely more.
const FAILURES_POINTS: f64 = 0.5;
/// Fewer requests tell no p99.
const REQUESTS_MIN: u64 = 100;
/// Loads that differ by more are two different tests.
const SAME_LOAD: f64 = 0.1;

impl fmt::Display for Compared {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, now) = (number(Some(self.before)), number(Some(self.now)));
        let unit = &self.unit;
        if self.before > 0.0 {
            let change = 100.0 * (self.now / self.before - 1.0);
            write!(out, "{now} {unit}, was {before} {unit} ({change:+.1} %)")
        } else {
            write!(out, "{now} {unit}, was {before} {unit}")
        }
    }
}

/// Why two runs cannot be compared, in words.
pub fn refuses(before: &Report, now_test: &str) -> Option<String> {
    if !before.valid {
        return Some(format!("it is INVALID itself ({})", before.judged.verdict.name()));
    }
    (before.test != now_test).then(|| format!("it is of a {} test, this one is a {now_test} test", before.test))
}

/// All that both have, and what makes the comparison doubtful.
pub fn compare(before: &Report, now: &Report, tolerance_percent: f64) -> (Vec<Compared>, Vec<String>) {
    let share = 1.0 + tolerance_percent / 100.0;
    let mut compared = Vec::new();
    let knee = |report: &Report| report.climb.as_ref().and_then(|climb| climb.knee.kept);
    if let (Some(was), Some(is)) = (knee(before), knee(now)) {
        let regressed = is * share < was;
        compared.push(Compared { what: "knee".into(), unit: "journeys/s".into(), before: was, now: is, regressed });
    } else {
        compared.extend(latencies("", &before.total, &now.total, share));
        let (was, is) = (before.total.failed_percent(), now.total.failed_percent());
        let regressed = is > was + FAILURES_POINTS;
        compared.push(Compared { what: "failures".into(), unit: "%".into(), before: was, now: is, regressed });
        for step in &now.steps {
            if let Some(was) = before.steps.iter().find(|was| was.name == step.name) {
                compared.extend(latencies(&format!("{}: ", step.name), was, step, share));
            }
        }
    }
    (compared, doubts(before, now))
}

fn latencies(of: &str, before: &Step, now: &Step, share: f64) -> Vec<Compared> {
    if before.requests.min(now.requests) < REQUESTS_MIN {
        return Vec::new();
    }
    let (was, is) = (&before.latency, &now.latency);
    let pairs = [("p50", was.p50_ms, is.p50_ms), ("p95", was.p95_ms, is.p95_ms), ("p99", was.p99_ms, is.p99_ms)];
    let pairs = pairs.into_iter().filter_map(|(name, before, now)| {
        let (before, now) = (before?, now?);
        let regressed = now > before * share && now - before > FELT_MS;
        Some(Compared { what: format!("{of}{name}"), unit: "ms".to_owned(), before, now, regressed })
    });
    pairs.collect()
}

fn doubts(before: &Report, now: &Report) -> Vec<String> {
    let mut doubts = Vec::new();
    let (was, is) = (before.journeys.per_s, now.journeys.per_s);
    if now.climb.is_none() && (is - was).abs() > SAME_LOAD * was {
        doubts.push(format!(
            "the baseline was pressed with {was:.1} journeys/s, this run with {is:.1}: not the same load"
        ));
    }
    if before.target != now.target {
        doubts.push(format!("the baseline is of {}, this run of {}", before.target, now.target));
    }
    let names = |report: &Report| report.steps.iter().map(|step| step.name.clone()).collect::<Vec<_>>();
    if names(before) != names(now) {
        doubts.push("the steps of the baseline are others: only those of the same name were compared".to_owned());
    }
    doubts
}

#[cfg(test)]
mod tests {
    use super::super::Spread;
    use super::*;

    fn step(p99_ms: f64, requests: u64) -> Step {
        let latency = Spread { p99_ms: Some(p99_ms), ..Spread::default() };
        Step { requests, latency, ..Step::default() }
    }

    fn check(before: f64, now: f64, requests: u64, expect: Option<bool>) {
        let compared = latencies("", &step(before, 1_000), &step(now, requests), 1.1);
        assert_eq!(compared.first().map(|one| one.regressed), expect, "{before} to {now}");
    }

    #[test]
    fn worse_is_beyond_the_tolerance_and_felt() {
        check(100.0, 109.0, 1_000, Some(false));
        check(100.0, 111.0, 1_000, Some(true));
        check(100.0, 20.0, 1_000, Some(false));
        check(1.0, 1.9, 1_000, Some(false));
        check(100.0, 900.0, 99, None);
    }

    #[test]
    fn a_change_is_told_in_both_numbers() {
        let one = Compared { what: "p99".into(), unit: "ms".into(), before: 100.0, now: 150.0, regressed: true };
        assert_eq!(one.to_string(), "150 ms, was 100 ms (+50.0 %)");
    }
}

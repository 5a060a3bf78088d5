//! All that was asked of a run, as a list of things that held or did not: what a build server shows. Pure.

use super::Report;
use super::text::number;

/// One thing that was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// `objective`, `alarm`, `drift`, `baseline` or `client`.
    pub kind: &'static str,
    pub name: String,
    pub ended: Ended,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    Held(String),
    Failed(String),
    /// Nobody knows: the numbers are not of the service.
    Unknown,
}

impl Report {
    /// Whether the numbers may be believed stands first; where they may not, nothing is said by them.
    pub fn checks(&self) -> Vec<Check> {
        let client = if self.valid {
            Ended::Held(self.judged.verdict.name().to_owned())
        } else {
            Ended::Failed(format!("{}: {}", self.judged.verdict.name(), self.judged.reasons.join("; ")))
        };
        let mut checks = vec![Check { kind: "client", name: "was not the limit".to_owned(), ended: client }];
        checks.extend(self.objectives());
        let of = |kind, name: &str, ok: bool, says: String| {
            let ended = if ok { Ended::Held(says) } else { Ended::Failed(says) };
            Check { kind, name: name.to_owned(), ended }
        };
        let drifts = self.drifts.iter().map(|drift| {
            let says = format!("{} to {} {}", number(Some(drift.from)), number(Some(drift.to)), drift.unit);
            of("drift", &drift.name, !drift.rises, says)
        });
        checks.extend(drifts.map(|check| self.if_valid(check)));
        let compared = self.baseline.iter().map(|one| of("baseline", &one.what, !one.regressed, one.to_string()));
        checks.extend(compared.map(|check| self.if_valid(check)));
        // What alarms did is known whoever was the limit.
        checks.extend(self.alarms.iter().map(|met| of("alarm", &met.expected, met.ok, met.says.clone())));
        checks
    }

    fn objectives(&self) -> Vec<Check> {
        let (asked, latency) = (&self.objective, &self.total.latency);
        let parts = [
            ("p50", asked.p50_ms, latency.p50_ms),
            ("p95", asked.p95_ms, latency.p95_ms),
            ("p99", asked.p99_ms, latency.p99_ms),
        ];
        let mut checks = Vec::new();
        let mut check = |name: String, ok: bool, says: String| {
            let ended = if ok { Ended::Held(says) } else { Ended::Failed(says) };
            checks.push(self.if_valid(Check { kind: "objective", name, ended }));
        };
        for (name, limit, was) in parts {
            if let (Some(limit), Some(was)) = (limit, was) {
                check(format!("{name} at most {limit} ms"), was <= limit, format!("{} ms", number(Some(was))));
            }
        }
        let (most, was) = (asked.failures_percent, self.total.failed_percent());
        check(format!("failures at most {most} %"), was <= most, format!("{was:.2} %"));
        checks
    }

    fn if_valid(&self, check: Check) -> Check {
        if self.valid { check } else { Check { ended: Ended::Unknown, ..check } }
    }
}

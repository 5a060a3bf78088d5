//! From what was measured to what is told.

use super::{Failed, Journeys, Moment, Part, Report, Spread, Step, VERSION};
use crate::honest::{Client, broken, judge};
use crate::run::Outcome;
use crate::scenario::{Model, Scenario};
use crate::tally::{self, PHASES, Times};

/// What the report says beside the measurements.
#[derive(Clone, Debug)]
pub struct Told<'a> {
    pub test: &'a str,
    /// The file.
    pub scenario: &'a str,
    pub began: i64,
    pub client: Client,
    pub warnings: Vec<String>,
}

pub fn build(scenario: &Scenario, outcome: &Outcome, told: Told<'_>) -> Report {
    let tally = &outcome.tally;
    let judged = judge(&scenario.objective, tally, &told.client);
    let names = scenario.step_names();
    let steps = tally.steps.iter().zip(names).map(|(held, name)| step(held, name, outcome.measured_s)).collect();
    let mut warnings = told.warnings;
    if let Some(table) = &tally.ended {
        warnings.push(format!("the table `{table}` ended, and the run with it"));
    }
    if outcome.stopped {
        warnings.push("the run was stopped before its end: this is what was run".to_owned());
    }
    Report {
        version: VERSION,
        test: told.test.to_owned(),
        scenario: told.scenario.to_owned(),
        target: scenario.target.to_string(),
        model: if matches!(scenario.model, Model::Open { .. }) { "open" } else { "closed" }.to_owned(),
        began: told.began,
        asked_s: scenario.length_s(),
        measured_s: outcome.measured_s,
        stopped: outcome.stopped,
        valid: judged.verdict.is_valid(),
        objective: scenario.objective,
        broken: broken(&scenario.objective, tally),
        judged,
        warnings,
        journeys: Journeys {
            started: tally.journeys_started,
            failed: tally.journeys_failed,
            unsent: tally.unsent,
            per_s: tally.journeys_started as f64 / outcome.measured_s,
            spread: spread(&tally.journeys),
        },
        total: step(&tally.total(), "all".to_owned(), outcome.measured_s),
        steps,
        timeline: timeline(scenario, outcome),
        client: told.client,
        lag: spread(&tally.lag),
        climb: None,
        drifts: Vec::new(),
        alarms: Vec::new(),
        baseline: Vec::new(),
        seen: std::collections::BTreeMap::new(),
    }
}

pub(super) fn spread(times: &Times) -> Spread {
    let of = |quantile| times.quantile_ms(quantile);
    Spread {
        mean_ms: times.mean_ms(),
        p50_ms: of(0.5),
        p90_ms: of(0.9),
        p95_ms: of(0.95),
        p99_ms: of(0.99),
        p999_ms: of(0.999),
        max_ms: times.max_ms(),
    }
}

fn step(held: &tally::Step, name: String, measured_s: f64) -> Step {
    let part = |name: &str, times: &Times| Part { name: name.to_owned(), count: times.count(), spread: spread(times) };
    let phases = PHASES.iter().zip(&held.phases).filter(|(_, times)| times.count() > 0);
    Step {
        name,
        requests: held.requests,
        per_s: held.requests as f64 / measured_s,
        failed: held.failed(),
        failures: held.failures.iter().map(|(why, count)| Failed { why: why.to_string(), count: *count }).collect(),
        bytes: held.bytes,
        latency: spread(&held.latency),
        service: spread(&held.service),
        phases: phases.map(|(name, times)| part(name, times)).collect(),
        server: held.server.iter().map(|(name, times)| part(name, times)).collect(),
    }
}

fn timeline(scenario: &Scenario, outcome: &Outcome) -> Vec<Moment> {
    let length_s = scenario.length_s();
    let moments = outcome.slots.iter().map(|(at, slot)| {
        let at_s = *at as f64 * outcome.slot_s;
        let asked = match &scenario.model {
            Model::Open { profile, .. } => profile.rate(at_s + outcome.slot_s / 2.0),
            Model::Closed { .. } => 0.0,
        };
        // The last stretch may be cut short by the end.
        let lasted = outcome.slot_s.min((length_s - at_s).max(0.001)).max(outcome.slot_s * 0.05);
        let rate = |count: u64| count as f64 / lasted;
        Moment {
            at_s,
            asked,
            started: rate(slot.started),
            requests: rate(slot.requests),
            failed: rate(slot.failed),
            p50_ms: slot.latency.quantile_ms(0.5),
            p95_ms: slot.latency.quantile_ms(0.95),
            p99_ms: slot.latency.quantile_ms(0.99),
        }
    });
    // What ends after the end is in the sums, and would be a rate of nothing here.
    moments.filter(|moment| moment.at_s < length_s).collect()
}

//! How much this machine can press at most, found before anything is pressed in earnest.
//!
//! A server that does nothing, on this very machine, is pressed by one worker, then by two, until one more changes
//! nothing. The server takes its share of the processors, so that what is found is rather too little: a limit that is
//! named too early is a nuisance, one that is named too late is a lie.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::null::Null;
use crate::run::{Error, Plan, Stop, press};
use crate::scenario::{Model, Scenario};

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    pub workers: usize,
    /// Requests a second against the server that does nothing.
    pub capacity: f64,
    /// With one worker, with two, and so on.
    pub tried: Vec<f64>,
}

const LENGTH_S: f64 = 0.6;
const SETTLE: Duration = Duration::from_millis(150);
/// Enough to keep every worker busy.
const USERS: usize = 48;
/// One more worker must bring so much.
const GAIN: f64 = 1.1;

/// A request of a journey costs more than one that asks for nothing and is answered with nothing.
const EASE: f64 = 4.0;

impl Calibration {
    /// The fewest workers that press the scenario with ease: a processor that none of them takes is one in which the
    /// service and the kernel work, and lets them wait awake. Users that wait for each answer take what can be had.
    pub fn workers_for(&self, scenario: &Scenario) -> usize {
        let Model::Open { profile, .. } = &scenario.model else { return self.workers };
        let steps = scenario.journeys.iter().map(|journey| journey.steps.len()).max().unwrap_or(1);
        let asked = EASE * profile.peak() * steps as f64;
        self.tried.iter().take(self.workers).position(|tried| *tried >= asked).map_or(self.workers, |at| at + 1)
    }
}

pub fn calibrate(stop: &Stop) -> Result<Calibration, Error> {
    let null = Null::open(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), None)?;
    let most = std::thread::available_parallelism().map_or(1, usize::from);
    let mut tried = Vec::new();
    for workers in 1..=most {
        tried.push(rate(&null, workers, stop)?);
        if !gains(&tried) {
            break;
        }
    }
    Ok(chosen(tried))
}

fn gains(tried: &[f64]) -> bool {
    match tried {
        [.., before, last] => *last >= before * GAIN,
        _ => true,
    }
}

/// The fewest workers after which one more changed nothing.
fn chosen(tried: Vec<f64>) -> Calibration {
    let workers = if gains(&tried) { tried.len() } else { tried.len() - 1 };
    Calibration { workers: workers.max(1), capacity: tried.iter().copied().fold(0.0, f64::max), tried }
}

fn rate(null: &Null, workers: usize, stop: &Stop) -> Result<f64, Error> {
    let text = format!(
        "target = 'http://{}'\nusers = {{ count = {USERS}, for = '1s' }}\n[[journey]]\nname = 'null'\n[[journey.step]]\nrequest = 'GET /'\n",
        null.address
    );
    let scenario = Scenario::parse("calibration", &text, |_| Err("none".to_owned()));
    let scenario = scenario.unwrap_or_else(|faults| unreachable!("our own scenario is sound: {faults}"));
    let scenario = Scenario { model: Model::Closed { users: USERS, length_s: LENGTH_S }, ..scenario };
    let plan = Plan { scenario: Arc::new(scenario), workers, settle: SETTLE };
    let outcome = press(&plan, stop, &mut |_| {})?;
    Ok(outcome.tally.total().requests as f64 / outcome.measured_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_are_added_until_one_more_changes_nothing() {
        assert_eq!(chosen(vec![100.0]).workers, 1);
        assert_eq!(chosen(vec![100.0, 105.0]).workers, 1);
        assert_eq!(chosen(vec![100.0, 190.0]).workers, 2);
        assert_eq!(chosen(vec![100.0, 190.0, 191.0]).workers, 2);
        assert_eq!(chosen(vec![100.0, 90.0]).capacity, 100.0);
    }

    #[test]
    fn no_more_workers_press_than_are_needed() {
        let found = chosen(vec![40_000.0, 70_000.0, 90_000.0]);
        let scenario = |model: &str| {
            let text = format!(
                "target = 'http://127.0.0.1:1'\n{model}\n[[journey]]\nname = 'a'\n[[journey.step]]\nrequest = 'GET /'\n[[journey.step]]\nrequest = 'GET /b'\n"
            );
            Scenario::parse("x", &text, |_| Err(String::new())).expect("sound")
        };
        let workers =
            |rate| found.workers_for(&scenario(&format!("[[profile]]\nkind = 'constant'\nrate = {rate}\nfor = '1s'")));
        assert_eq!([100, 5_000, 5_001, 100_000].map(workers), [1, 1, 2, 3]);
        assert_eq!(found.workers_for(&scenario("users = { count = 5, for = '5s' }")), 3);
    }

    #[test]
    fn this_machine_can_press_something() {
        let found = calibrate(&Stop::default()).expect("loopback is there");
        assert!(found.capacity > 100.0, "{found:?}");
    }
}

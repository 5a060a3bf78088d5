//! Who was the limit. Pure: what was asked, measured and seen of ourselves goes in.

use serde::{Deserialize, Serialize};

use super::{Limits, Own};
use crate::http::Broken;
use crate::scenario::Objective;
use crate::tally::{Failure, Tally};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The service kept its objective, and we could have told otherwise.
    Kept,
    /// The service broke its objective, and it was not us.
    ServiceLimited,
    /// We were the limit: nothing is known of the service.
    ClientLimited,
    /// It cannot be told.
    Inconclusive,
}

impl Verdict {
    /// Whether the numbers are of the service.
    pub fn is_valid(self) -> bool {
        matches!(self, Self::Kept | Self::ServiceLimited)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Kept => "objective kept",
            Self::ServiceLimited => "service limited",
            Self::ClientLimited => "client limited",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// A verdict and all that speaks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    pub verdict: Verdict,
    pub reasons: Vec<String>,
}

/// Our own lateness is in every latency. Below a millisecond nobody sees it; above, it may be a tenth of the p99.
const LAG_FREE_MS: f64 = 1.0;
const LAG_SHARE: f64 = 0.1;
/// Of a processor, for each worker: a worker that is busier starts late sooner or later.
const WORKER_BUSY: f64 = 0.9;
/// Of the machine, taken by others.
const STEAL: f64 = 0.05;
/// Of the descriptors or ports allowed.
const FULL: f64 = 0.9;
/// Fewer than this tell no p99: one request more or less moves it.
const REQUESTS_MIN: u64 = 100;

/// More of what this machine can press at all is our limit as likely as the service's.
const NEAR: f64 = 0.8;

/// The one who pressed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Client {
    pub workers: usize,
    pub own: Own,
    pub limits: Limits,
    /// Requests a second against a server that does nothing, where that was tried.
    pub capacity: Option<f64>,
    pub measured_s: f64,
}

/// The parts of the objective that were broken, in words.
pub fn broken(objective: &Objective, tally: &Tally) -> Vec<String> {
    let total = tally.total();
    let limits = [("p50", 0.5, objective.p50_ms), ("p95", 0.95, objective.p95_ms), ("p99", 0.99, objective.p99_ms)];
    let mut broken = Vec::new();
    for (name, quantile, limit) in limits {
        if let (Some(limit), Some(was)) = (limit, total.latency.quantile_ms(quantile))
            && was > limit
        {
            broken.push(format!("{name} was {was:.1} ms, at most {limit} ms are asked"));
        }
    }
    let percent = 100.0 * total.failed() as f64 / total.requests.max(1) as f64;
    if percent > objective.failures_percent {
        let most = objective.failures_percent;
        broken.push(format!("{percent:.2} % of the requests failed, at most {most} % are asked"));
    }
    broken
}

/// What speaks against ourselves.
fn ours(tally: &Tally, client: &Client, is_broken: bool) -> Vec<String> {
    let Client { own, limits, workers, capacity, measured_s } = client;
    let total = tally.total();
    let mut ours = Vec::new();
    let rate = total.requests as f64 / measured_s;
    if let Some(capacity) = capacity.filter(|capacity| rate > NEAR * capacity) {
        ours.push(format!("{rate:.0} requests/s are near the {capacity:.0}/s that this machine can press of a server that does nothing"));
    }
    let lag = tally.lag.quantile_ms(0.99).unwrap_or(0.0);
    let p99 = total.latency.quantile_ms(0.99).unwrap_or(0.0);
    if lag > LAG_FREE_MS && lag > LAG_SHARE * p99 {
        ours.push(format!("1 % of the journeys were started more than {lag:.1} ms late, of a p99 of {p99:.1} ms"));
    }
    let busy = own.cores_peak / (*workers).max(1) as f64;
    if busy > WORKER_BUSY {
        ours.push(format!("our own {workers} worker(s) were {:.0} % busy", 100.0 * busy));
    }
    let exhausted = total.failures.get(&Failure::Broken(Broken::Exhausted)).copied().unwrap_or(0);
    if exhausted > 0 {
        ours.push(format!("{exhausted} connections failed for want of a port or a descriptor here"));
    }
    if own.descriptors_peak as f64 > FULL * limits.descriptors as f64 {
        ours.push(format!("{} of {} descriptors were in use", own.descriptors_peak, limits.descriptors));
    }
    if own.sockets_waiting_peak as f64 > FULL * limits.ports as f64 {
        ours.push(format!("{} of {} ports were waiting (TIME_WAIT)", own.sockets_waiting_peak, limits.ports));
    }
    // Where the service is too slow, too many are under way because of it.
    if tally.unsent > 0 && !is_broken {
        ours.push(format!("{} journeys were due and not started: `open_max` were under way", tally.unsent));
    }
    ours
}

pub fn judge(objective: &Objective, tally: &Tally, client: &Client) -> Judged {
    let broken = broken(objective, tally);
    let own = &client.own;
    let ours = ours(tally, client, !broken.is_empty());
    let mut doubts = Vec::new();
    if own.steal > STEAL {
        doubts.push(format!("{:.0} % of this machine's time was taken by others (steal)", 100.0 * own.steal));
    }
    let requests = tally.total().requests;
    if requests < REQUESTS_MIN {
        doubts.push(format!("{requests} requests tell no p99: at least {REQUESTS_MIN} do"));
    }
    if !ours.is_empty() {
        return Judged { verdict: Verdict::ClientLimited, reasons: [ours, doubts].concat() };
    }
    if !doubts.is_empty() {
        return Judged { verdict: Verdict::Inconclusive, reasons: doubts };
    }
    let verdict = if broken.is_empty() { Verdict::Kept } else { Verdict::ServiceLimited };
    Judged { verdict, reasons: broken }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn tally(requests: u64, latency_ms: u64, failed: u64) -> Tally {
        let mut tally = Tally::new(1);
        for _ in 0..requests {
            tally.steps[0].latency.record(Duration::from_millis(latency_ms));
            tally.lag.record(Duration::from_micros(80));
        }
        tally.steps[0].requests = requests;
        if failed > 0 {
            tally.steps[0].failures.insert(Failure::Status(500), failed);
        }
        tally
    }

    const LIMITS: Limits = Limits { descriptors: 1_000, ports: 28_000 };
    const OBJECTIVE: Objective = Objective { p50_ms: None, p95_ms: None, p99_ms: Some(100.0), failures_percent: 1.0 };

    fn check(tally: &Tally, own: &Own, expect: Verdict, says: &str) {
        let client = Client { workers: 1, own: *own, limits: LIMITS, capacity: Some(1_000.0), measured_s: 10.0 };
        let judged = judge(&OBJECTIVE, tally, &client);
        assert_eq!(judged.verdict, expect, "{judged:?}");
        assert!(judged.reasons.join("; ").contains(says), "{judged:?}");
    }

    #[test]
    fn a_sound_client_tells_of_the_service() {
        let own = Own { cores: 0.2, cores_peak: 0.3, descriptors_peak: 50, ..Own::default() };
        check(&tally(1_000, 50, 0), &own, Verdict::Kept, "");
        check(&tally(1_000, 150, 0), &own, Verdict::ServiceLimited, "p99 was 150");
        check(&tally(1_000, 50, 20), &own, Verdict::ServiceLimited, "2.00 % of the requests failed");
    }

    #[test]
    fn a_client_at_its_limit_says_so_whatever_it_measured() {
        let well = Own::default();
        for latency in [50, 150] {
            let busy = Own { cores_peak: 0.97, ..well };
            check(&tally(1_000, latency, 0), &busy, Verdict::ClientLimited, "97 % busy");
            let full = Own { descriptors_peak: 950, ..well };
            check(&tally(1_000, latency, 0), &full, Verdict::ClientLimited, "950 of 1000 descriptors");
            let waiting = Own { sockets_waiting_peak: 27_000, ..well };
            check(&tally(1_000, latency, 0), &waiting, Verdict::ClientLimited, "TIME_WAIT");
            let mut late = tally(1_000, latency, 0);
            for _ in 0..20 {
                late.lag.record(Duration::from_millis(40));
            }
            check(&late, &well, Verdict::ClientLimited, "late");
            let mut exhausted = tally(1_000, latency, 0);
            exhausted.steps[0].failures.insert(Failure::Broken(Broken::Exhausted), 1);
            check(&exhausted, &well, Verdict::ClientLimited, "want of a port");
        }
    }

    #[test]
    fn what_we_can_press_at_most_is_no_limit_of_the_service() {
        for latency in [50, 150] {
            check(&tally(9_000, latency, 0), &Own::default(), Verdict::ClientLimited, "near the 1000/s");
        }
    }

    /// A service that hangs fills `open_max`: that is its fault, unless it kept its objective.
    #[test]
    fn unsent_journeys_are_whose_fault_it_is() {
        let mut slow = tally(1_000, 9_000, 0);
        slow.unsent = 500;
        check(&slow, &Own::default(), Verdict::ServiceLimited, "p99");
        let mut quick = tally(1_000, 50, 0);
        quick.unsent = 500;
        check(&quick, &Own::default(), Verdict::ClientLimited, "500 journeys");
    }

    #[test]
    fn doubt_is_no_verdict() {
        check(&tally(50, 50, 0), &Own::default(), Verdict::Inconclusive, "50 requests");
        check(&tally(1_000, 150, 0), &Own { steal: 0.2, ..Own::default() }, Verdict::Inconclusive, "steal");
    }
}

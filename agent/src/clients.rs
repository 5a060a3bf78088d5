//! Who asks for what nobody serves: the addresses that a source of requests suspects, for the words of a notice.
//!
//! Invariants: an address is somebody's, and never a dimension; what is held is bounded and forgotten soon; to accuse
//! never waits for who reads it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use alarm::notice::{Suspect, Suspicion};
use alarm::points::Time;
use alarm::verdict::Fact;
use serde::Serialize;

/// Services of which something is held.
const SERVICES_MAX: usize = 64;
/// An accusation that is older says nothing of what fires now.
const FRESH_S: Time = 900;
/// What alarms on these are asked about.
const METRICS: [&str; 3] = ["suspicious_requests", "request_failures", "requests"];

/// One address, and how many of its requests were refused or suspicious.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Client {
    pub address: String,
    pub requests: u32,
}

/// The worst of a service in a minute, the worst first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accusation {
    pub at: Time,
    pub service: String,
    pub clients: Vec<Client>,
    /// Later ones have larger numbers.
    number: u64,
}

#[derive(Debug, Default)]
struct Held {
    /// Of the minute that goes on, for who is told at once.
    now: BTreeMap<String, Accusation>,
    /// Of the last whole minute, for who is told rarely.
    minutes: BTreeMap<String, Accusation>,
    last: u64,
}

/// The newest accusation of each service, shared by who accuses and who tells people.
#[derive(Clone, Debug, Default)]
pub struct Clients(Arc<Mutex<Held>>);

impl Clients {
    pub fn accuse(&self, service: &str, clients: Vec<Client>, at: Time, minute_ends: bool) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.last += 1;
        if held.now.len() >= SERVICES_MAX && !held.now.contains_key(service) {
            return;
        }
        let accusation = Accusation { at, service: service.to_owned(), clients, number: held.last };
        if minute_ends {
            held.minutes.insert(service.to_owned(), accusation.clone());
        }
        held.now.insert(service.to_owned(), accusation);
    }

    /// Of whole minutes, what came since the last time that this was asked with the same memory.
    pub fn since(&self, seen: &mut u64) -> Vec<Accusation> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let newer = held.minutes.values().filter(|it| it.number > *seen).cloned().collect();
        *seen = held.last;
        newer
    }

    /// Whom to name for an alarm on these metrics of this service.
    pub fn suspects<'a>(
        &self,
        service: Option<&str>,
        mut metrics: impl Iterator<Item = &'a str>,
        now: Time,
        most: usize,
    ) -> Vec<Suspect> {
        if !metrics.any(|metric| METRICS.contains(&metric)) {
            return Vec::new();
        }
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(accusation) = service.and_then(|service| held.now.get(service)) else { return Vec::new() };
        let fresh = (now - accusation.at).abs() <= FRESH_S;
        let clients = accusation.clients.iter().filter(|_| fresh).take(most);
        let suspect = |client: &Client| Suspect {
            what: Suspicion::Client,
            name: client.address.clone(),
            much: Some(Fact::Count(client.requests.into())),
        };
        clients.map(suspect).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(address: &str, requests: u32) -> Client {
        Client { address: address.into(), requests }
    }

    #[test]
    fn whom_to_name_depends_on_service_metric_and_time() {
        let clients = Clients::default();
        clients.accuse("shop", vec![client("192.0.2.1", 9)], 900, true);
        clients.accuse("shop", vec![client("203.0.113.7", 40), client("192.0.2.1", 3)], 1_000, false);
        let named = |service, metric, now| {
            let suspects = clients.suspects(Some(service), [metric].into_iter(), now, 1);
            suspects.into_iter().map(|it| (it.name, it.much)).collect::<Vec<_>>()
        };
        let worst = vec![("203.0.113.7".to_owned(), Some(Fact::Count(40)))];
        assert_eq!(named("shop", "suspicious_requests", 1_060), worst);
        assert_eq!(named("shop", "suspicious_requests", 1_901), []);
        assert_eq!(named("shop", "mem_used_percent", 1_060), []);
        assert_eq!(named("cart", "suspicious_requests", 1_060), []);
    }

    #[test]
    fn each_is_told_once_and_services_are_bounded() {
        let (clients, mut seen) = (Clients::default(), 0);
        clients.accuse("shop", vec![], 1, false);
        assert_eq!(clients.since(&mut seen).len(), 0, "the minute goes on");
        clients.accuse("shop", vec![], 1, true);
        assert_eq!(clients.since(&mut seen).len(), 1);
        assert_eq!(clients.since(&mut seen).len(), 0);
        (0..100).for_each(|n| clients.accuse(&format!("s{n}"), vec![], 2, true));
        assert_eq!(clients.since(&mut seen).len(), SERVICES_MAX - 1);
    }
}

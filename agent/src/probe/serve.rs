//! Probes each target at its pace.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alarm::points::Time;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::config::Goal;
use super::{SOURCE, Settings};
use crate::http::{self, Ask};
use crate::inlet::Inlet;
use crate::metrics::{Metric, app as m};
use crate::reading::{Reading, Readings};
use crate::stop::Stop;
use crate::ticks::until_before_next;

/// How much of a page is read: what it must hold stands in there.
const BODY_MAX: usize = 1 << 20;
/// Groups are told so often.
const GROUPS_S: u32 = 10;
const DAY_S: f64 = 86_400.0;

/// What one probe found.
#[derive(Clone, Debug, PartialEq)]
struct Found {
    /// Empty where all is well.
    says: String,
    took: Duration,
    certificate_ends: Option<Time>,
}

/// Each target of a group, and whether it was well when it was last probed.
type Groups = Arc<Mutex<BTreeMap<String, BTreeMap<String, Option<bool>>>>>;

/// Runs until stopped.
pub async fn run(all: Vec<Settings>, inlet: Inlet, clock: fn() -> Duration, mut stop: Stop) {
    let groups = Groups::default();
    let mut tasks = JoinSet::new();
    let count = all.len() as u32;
    for (at, settings) in (0..).zip(all) {
        mark(&groups, &settings, None);
        let (inlet, groups) = (inlet.clone(), Arc::clone(&groups));
        // Not all at once: each has its own place in the interval.
        let phase = Duration::from_secs(u64::from(settings.interval_s)) * at / count.max(1);
        tasks.spawn(async move {
            let mut said = String::new();
            loop {
                sleep(until_before_next(settings.interval_s, clock() + phase)).await;
                let found = probe(&settings).await;
                mark(&groups, &settings, Some(found.says.is_empty()));
                inlet.give(SOURCE, told(&settings, &found, clock().as_secs() as Time));
                if found.says != said {
                    match found.says.as_str() {
                        "" => tracing::info!(probe = settings.name, "is well again"),
                        says => tracing::warn!(probe = settings.name, "{says}"),
                    }
                    said = found.says;
                }
            }
        });
    }
    loop {
        tokio::select! {
            () = stop.asked() => break,
            () = sleep(until_before_next(GROUPS_S, clock())) => {}
        }
        let readings = grouped(&groups.lock().unwrap_or_else(PoisonError::into_inner));
        if !readings.0.is_empty() {
            inlet.give(SOURCE, readings);
        }
    }
}

/// One probe, for `stormglass cost`.
pub async fn look_once(settings: &Settings, now: Time) -> (Readings, String) {
    let found = probe(settings).await;
    let mut readings = told(settings, &found, now);
    let groups = Groups::default();
    mark(&groups, settings, Some(found.says.is_empty()));
    readings.0.extend(grouped(&groups.lock().unwrap_or_else(PoisonError::into_inner)).0);
    (readings, found.says)
}

fn mark(groups: &Groups, settings: &Settings, is_well: Option<bool>) {
    if let Some(group) = &settings.group {
        let mut groups = groups.lock().unwrap_or_else(PoisonError::into_inner);
        groups.entry(group.clone()).or_default().insert(settings.name.clone(), is_well);
    }
}

/// Of groups whose targets were all probed.
fn grouped(groups: &BTreeMap<String, BTreeMap<String, Option<bool>>>) -> Readings {
    let mut readings = Readings::default();
    for (group, targets) in groups.iter().filter(|(_, targets)| targets.values().all(Option::is_some)) {
        let well = targets.values().filter(|is_well| **is_well == Some(true)).count() as f64;
        let percent = 100.0 * well / targets.len() as f64;
        for (metric, value) in [(&m::HEALTHY_TARGETS, well), (&m::HEALTHY_TARGETS_PERCENT, percent)] {
            readings.push(Reading::own(metric.name, metric.unit, value).with("group", group.as_str()));
        }
    }
    readings
}

async fn probe(settings: &Settings) -> Found {
    let begun = Instant::now();
    let (says, certificate_ends) = match &settings.goal {
        Goal::Tcp { host, port } => match timeout(settings.timeout, TcpStream::connect((host.as_str(), *port))).await {
            Ok(Ok(_)) => (String::new(), None),
            Ok(Err(error)) => (format!("cannot connect: {error}"), None),
            Err(_) => (format!("no connection within {} s", settings.timeout.as_secs()), None),
        },
        Goal::Http { url, status, contains, redirects_max } => {
            let limit = settings.timeout;
            let ask =
                Ask { url: url.clone(), headers: vec![], limit, bytes_max: BODY_MAX, redirects_max: *redirects_max };
            judge(http::ask(&ask).await, *status, contains.as_deref())
        }
    };
    Found { says, took: begun.elapsed(), certificate_ends }
}

/// What is wrong with an answer, and when its certificate ends.
fn judge(
    answer: Result<http::Answer, http::Trouble>,
    status: Option<u16>,
    contains: Option<&str>,
) -> (String, Option<Time>) {
    let answer = match answer {
        Ok(answer) => answer,
        Err(http::Trouble::Tls { says, certificate_ends }) => return (format!("TLS: {says}"), certificate_ends),
        Err(trouble) => return (trouble.to_string(), None),
    };
    let is_well = status.map_or((200..300).contains(&answer.status), |wanted| wanted == answer.status);
    let holds = |text: &str| memchr::memmem::find(&answer.body, text.as_bytes()).is_some();
    let says = match contains {
        _ if !is_well => format!("status {}", answer.status),
        Some(text) if !holds(text) => format!("the body does not hold \"{text}\""),
        _ => String::new(),
    };
    (says, answer.certificate_ends)
}

fn told(settings: &Settings, found: &Found, now: Time) -> Readings {
    let mut readings = Readings::default();
    let mut put = |metric: &Metric, value: f64| {
        readings.push(Reading::own(metric.name, metric.unit, value).with("probe", settings.name.as_str()));
    };
    let is_well = found.says.is_empty();
    put(&m::PROBE_UP, f64::from(u8::from(is_well)));
    if is_well {
        put(&m::PROBE_TIME, found.took.as_secs_f64() * 1e3);
    }
    if let Some(ends) = found.certificate_ends {
        put(&m::PROBE_CERTIFICATE_DAYS, (ends - now) as f64 / DAY_S);
    }
    readings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> http::Answer {
        http::Answer { status, body: body.as_bytes().to_vec(), certificate_ends: Some(86_400) }
    }

    #[test]
    fn what_is_well() {
        for (status, wanted, contains, says) in [
            (204, None, None, ""),
            (301, None, None, "status 301"),
            (404, Some(404), None, ""),
            (200, Some(204), None, "status 200"),
            (200, None, Some("UP"), ""),
            (200, None, Some("DOWN"), "the body does not hold \"DOWN\""),
        ] {
            assert_eq!(
                judge(Ok(answer(status, "{\"status\":\"UP\"}")), wanted, contains),
                (says.to_owned(), Some(86_400))
            );
        }
        let ended = http::Trouble::Tls { says: std::io::Error::other("expired"), certificate_ends: Some(7) };
        assert_eq!(judge(Err(ended), None, None), ("TLS: expired".to_owned(), Some(7)));
    }

    #[test]
    fn a_group_is_told_once_all_of_it_was_probed() {
        let group = |states: &[Option<bool>]| {
            let targets = states.iter().enumerate().map(|(at, state)| (at.to_string(), *state)).collect();
            let readings = grouped(&[("web".to_owned(), targets)].into());
            readings.0.iter().map(|reading| reading.value).collect::<Vec<_>>()
        };
        assert_eq!(group(&[Some(true), None]), [0.0; 0]);
        assert_eq!(group(&[Some(true), Some(false)]), [1.0, 50.0]);
    }
}

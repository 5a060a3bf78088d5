//! Asks each database at its pace.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alarm::points::Time;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::config::Place;
use super::look::{Before, Look};
use super::{SOURCE, Settings, postgres};
use crate::bounded::Bounded;
use crate::inlet::Inlet;
use crate::metrics::app as m;
use crate::reading::{Reading, Readings};
use crate::refusals::Refusals;
use crate::stop::Stop;
use crate::ticks::until_before_next;
use crate::vitals::Vitals;

/// What is remembered of each database, by its name: a reload must not forget the growth of a day.
#[derive(Clone, Debug, Default)]
pub struct Kept(Arc<Mutex<BTreeMap<String, Before>>>);

impl Kept {
    fn take(&self, name: &str) -> Before {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name).unwrap_or_default()
    }

    fn give_back(&self, name: &str, before: Before) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), before);
    }

    /// Databases that are no longer asked are forgotten.
    fn only(&self, all: &[Settings]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|name, _| all.iter().any(|settings| settings.name == *name));
    }
}

/// Runs until stopped.
pub async fn run(all: Vec<Settings>, kept: Kept, inlet: Inlet, clock: fn() -> Duration, mut stop: Stop) {
    kept.only(&all);
    let mut tasks = JoinSet::new();
    for settings in all {
        let (inlet, kept) = (inlet.clone(), kept.clone());
        tasks.spawn(async move {
            let (mut bounded, mut said) = (Bounded::new(settings.max_series), String::new());
            loop {
                sleep(until_before_next(settings.interval_s, clock())).await;
                let now = clock().as_secs() as Time;
                let mut before = kept.take(&settings.name);
                let (readings, says) = look(&settings, &mut before, &mut bounded, now, inlet.vitals()).await;
                kept.give_back(&settings.name, before);
                inlet.give(SOURCE, readings);
                if says != said {
                    match says.as_str() {
                        "" => tracing::info!(database = settings.name, "answers again"),
                        says => tracing::warn!(database = settings.name, "{says}"),
                    }
                    said = says;
                }
            }
        });
    }
    stop.asked().await;
}

/// Twice in a row, so that counters begin: for `stormglass once` and `cost`.
pub async fn look_once(settings: &Settings, now: Time, vitals: &Vitals) -> (Readings, String) {
    let (mut before, mut bounded) = (Before::default(), Bounded::new(settings.max_series));
    look(settings, &mut before, &mut bounded, now, vitals).await;
    look(settings, &mut before, &mut bounded, now, vitals).await
}

async fn look(
    settings: &Settings,
    before: &mut Before,
    bounded: &mut Bounded,
    now: Time,
    vitals: &Vitals,
) -> (Readings, String) {
    let mut refusals = Refusals::default();
    let (out, faults) = (Readings::default(), Vec::new());
    let mut look = Look { settings, before, refusals: &mut refusals, now, out, faults };
    let limit = Duration::from_secs(settings.interval_s.into());
    let asked = match &settings.place {
        Place::Postgres(config) => timeout(limit, postgres::look(config, &mut look)).await,
    };
    let asked = asked.unwrap_or_else(|_| Err(format!("not all was answered within {} s", limit.as_secs())));
    let Look { out: mut readings, mut faults, .. } = look;
    faults.extend(asked.err());
    bounded.admit(&mut readings, now, &mut refusals);
    refusals.tell(SOURCE, vitals);
    // One query that fails does not make a database that answers one that is down.
    let is_up = faults.is_empty() || !readings.0.is_empty();
    let up = Reading::own(m::UP.name, m::UP.unit, f64::from(u8::from(is_up)));
    readings.push(up.with("source", SOURCE).with("name", settings.name.as_str()));
    (readings, faults.join("; "))
}

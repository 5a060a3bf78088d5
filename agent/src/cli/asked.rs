//! What the sources have to say now: each that can be asked is asked once, as the agent would ask it.

use std::sync::Arc;

use alarm::points::Time;
use tokio::task::JoinSet;

use super::sample::Silent;
use crate::config::Config;
use crate::reading::Readings;
use crate::vitals::Vitals;
use crate::{access, exec, otlp, probe, put, redis, scrape, sql, statsd};

/// A source that is sent to: what will come is known to who sends it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(super) struct Pushed {
    pub(super) source: &'static str,
    pub(super) series_at_most: usize,
}

/// What one target said, or why it said nothing.
struct Answer {
    source: &'static str,
    name: String,
    readings: Readings,
    says: String,
}

#[derive(Default)]
pub(super) struct Asked {
    pub(super) readings: Vec<(&'static str, Readings)>,
    pub(super) silent: Vec<Silent>,
}

pub(super) fn pushed(config: &Config) -> Vec<Pushed> {
    let Config { statsd, otlp, put, .. } = config;
    let all = [
        (statsd::SOURCE, statsd.as_ref().map(|it| it.max_series)),
        (otlp::SOURCE, otlp.as_ref().map(|it| it.max_series)),
        (put::SOURCE, put.as_ref().map(|it| it.max_series)),
    ];
    all.into_iter().filter_map(|(source, most)| Some(Pushed { source, series_at_most: most? })).collect()
}

/// All at once: one that is slow holds up no other, and each has its own time limit.
pub(super) fn ask(config: &Config, now: Time) -> Asked {
    let Config { access, exec, probe, redis, scrape, sql, .. } = config;
    let logs = access.iter().map(|settings| {
        let (readings, says) = access::look_once(settings.clone());
        Answer { source: access::SOURCE, name: settings.service.clone(), readings, says }
    });
    let mut answers: Vec<_> = logs.collect();
    if exec.is_empty() && probe.is_empty() && redis.is_empty() && scrape.is_empty() && sql.is_empty() {
        return sorted(answers);
    }
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => answers.extend(runtime.block_on(over_the_network(config, now))),
        Err(error) => tracing::warn!(%error, "no target can be asked"),
    }
    sorted(answers)
}

async fn over_the_network(config: &Config, now: Time) -> Vec<Answer> {
    let vitals = Arc::new(Vitals::default());
    let mut tasks = JoinSet::new();
    for settings in config.scrape.clone() {
        let vitals = Arc::clone(&vitals);
        tasks.spawn(async move { answer(scrape::SOURCE, &settings.name, scrape::look_once(&settings, &vitals).await) });
    }
    for settings in config.exec.clone() {
        let vitals = Arc::clone(&vitals);
        tasks.spawn(async move { answer(exec::SOURCE, &settings.name, exec::look_once(&settings, &vitals).await) });
    }
    for settings in config.redis.clone() {
        tasks.spawn(async move { answer(redis::SOURCE, &settings.name, redis::look_once(&settings).await) });
    }
    for settings in config.probe.clone() {
        tasks.spawn(async move { answer(probe::SOURCE, &settings.name, probe::look_once(&settings, now).await) });
    }
    for settings in config.sql.clone() {
        let vitals = Arc::clone(&vitals);
        tasks.spawn(async move { answer(sql::SOURCE, &settings.name, sql::look_once(&settings, now, &vitals).await) });
    }
    tasks.join_all().await
}

fn answer(source: &'static str, name: &str, (readings, says): (Readings, String)) -> Answer {
    Answer { source, name: name.to_owned(), readings, says }
}

fn sorted(mut answers: Vec<Answer>) -> Asked {
    answers.sort_by(|a, b| (a.source, &a.name).cmp(&(b.source, &b.name)));
    let mut asked = Asked::default();
    for Answer { source, name, readings, says } in answers {
        if !says.is_empty() {
            asked.silent.push(Silent { collector: source, says: format!("{name}: {says}"), failed: true });
        }
        asked.readings.push((source, readings));
    }
    asked
}

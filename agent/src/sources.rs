//! Runs the sources that have a pace of their own, each as a task beside the others.
//!
//! Invariants: a source that is not configured costs nothing; one that fails stops no other; at the end each gives what
//! it still holds before the window is closed.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::config::Config;
use crate::inlet::Inlet;
use crate::stop::{self, Order};
use crate::{access, exec, otlp, probe, put, redis, scrape, sql, statsd};

/// What a source may take to tell what it still holds.
const END: Duration = Duration::from_secs(1);

/// What outlives a reload.
#[derive(Debug, Default)]
pub struct Kept {
    access: access::Kept,
    otlp: otlp::Kept,
    sql: sql::Kept,
    statsd: statsd::Kept,
}

#[derive(Debug)]
pub struct Sources {
    order: Order,
    tasks: JoinSet<()>,
}

impl Sources {
    pub fn begin(config: &Config, kept: &Kept, inlet: &Inlet, clock: fn() -> Duration) -> Self {
        let (order, stop) = stop::stop();
        let mut tasks = JoinSet::new();
        if !config.access.is_empty() {
            let kept = kept.access.clone();
            tasks.spawn(access::run(config.access.clone(), kept, inlet.clone(), clock, stop.clone()));
        }
        if !config.exec.is_empty() {
            tasks.spawn(exec::run(config.exec.clone(), inlet.clone(), clock, stop.clone()));
        }
        if !config.probe.is_empty() {
            tasks.spawn(probe::run(config.probe.clone(), inlet.clone(), clock, stop.clone()));
        }
        if !config.redis.is_empty() {
            tasks.spawn(redis::run(config.redis.clone(), inlet.clone(), clock, stop.clone()));
        }
        if !config.scrape.is_empty() {
            tasks.spawn(scrape::run(config.scrape.clone(), inlet.clone(), clock, stop.clone()));
        }
        if !config.sql.is_empty() {
            tasks.spawn(sql::run(config.sql.clone(), kept.sql.clone(), inlet.clone(), clock, stop.clone()));
        }
        if let Some(settings) = &config.otlp {
            tasks.spawn(otlp::run(settings.clone(), kept.otlp.clone(), inlet.clone(), clock, stop.clone()));
        }
        if let Some(settings) = &config.put {
            tasks.spawn(put::run(settings.clone(), inlet.clone(), clock, stop.clone()));
        }
        let period_s = config.agent.period_s;
        match &config.statsd {
            Some(settings) => {
                let kept = kept.statsd.clone();
                tasks.spawn(statsd::run(settings.clone(), kept, inlet.clone(), period_s, clock, stop.clone()));
            }
            None => kept.statsd.close(),
        }
        Self { order, tasks }
    }

    /// Asks all to end, and waits a little for what they still hold.
    pub async fn end(self) {
        let Self { order, mut tasks } = self;
        drop(order);
        let all = async { while tasks.join_next().await.is_some() {} };
        if timeout(END, all).await.is_err() {
            tracing::warn!("a source did not end in time; what it still held may be lost");
        }
    }
}

//! `stormglass run`: watches this host and publishes to CloudWatch, until told to stop.

use std::io;
use std::os::unix::net::UnixStream as Pipe;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot};

use super::{Common, Out};
use crate::aws::{Logs, Metrics};
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::identity::{self, Identity};
use crate::logs;
use crate::run::{Inlet, Notify, Order, Wiring};

/// Watch this host and publish to CloudWatch
///
/// Until told to stop: SIGTERM sends and keeps what is open within 5 seconds, SIGHUP reads the configuration anew, or
/// keeps the old one and says why. What cannot be sent waits on the disk. `stormglass status` shows how it goes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(Args {}: &Args, common: &Common, _: &mut Out) -> Result<Exit, Failure> {
    let config = common.load()?;
    log();
    // Found once, before there is anything to hold up.
    let identity = Rc::new(identity::find(&config.identity));
    for remark in &identity.remarks {
        tracing::warn!("{remark}");
    }
    let config = identified(config, &identity);
    let cannot = |error| Failure::failed("SG-RUN-010", "cannot start").because(error);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // One for the disk, one for names of hosts.
        .max_blocking_threads(2)
        .build()
        .map_err(cannot)?;
    let ended = runtime.block_on(async {
        let (sender, orders) = mpsc::channel(4);
        for (signal, order) in [(SIGTERM, Order::Stop), (SIGINT, Order::Stop), (SIGHUP, Order::Reload)] {
            tokio::spawn(forward(listen(signal).map_err(cannot)?, order, sender.clone()));
        }
        let common = common.clone();
        let load = Box::new(move || Ok(identified(common.load()?, &identity)));
        let notify = Notify::to(std::env::var("NOTIFY_SOCKET").ok().as_deref()).map_err(cannot)?;
        let wiring = Wiring { orders, load, notify, ship: Box::new(ship), clock };
        // The state of the whole program: it belongs on the heap.
        Box::pin(crate::run::run(config, outlet, wiring)).await
    });
    // A disk that hangs must not hold the end.
    runtime.shutdown_background();
    ended.map(|()| Exit::Ok)
}

/// What the configuration says of the host's identity wins over what was found.
fn identified(mut config: Config, identity: &Identity) -> Config {
    let found = identity.dimensions(&config.identity, |name| std::env::var(name).ok());
    let said = &mut config.cloudwatch.shape.identity;
    for (name, value) in found.iter() {
        if said.get(name).is_none() {
            said.set(name, value);
        }
    }
    config
}

fn outlet(config: &Config) -> Metrics {
    Metrics::new(config.cloudwatch.region.clone(), config.cloudwatch.endpoint.clone())
}

/// The source under which the logs' way gives its counts.
const LOGS: &str = "logs";

fn ship(config: &Config, inlet: Inlet, stop: oneshot::Receiver<()>) -> Pin<Box<dyn Future<Output = ()>>> {
    let settings = config.logs.clone();
    let folder = logs::config::state_dir(&config.agent.state_dir);
    let outlet = Logs::new(config.cloudwatch.region.clone(), config.cloudwatch.endpoint.clone());
    Box::pin(async move {
        if settings.sources.is_empty() {
            return;
        }
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let give = move |readings| inlet.give(LOGS, readings);
        let stop = async { drop(stop.await) };
        if let Err(error) = logs::run::run(settings, host.trim(), &folder, Arc::new(outlet), clock, give, stop).await {
            tracing::error!(%error, folder = %folder.display(), "the checkpoint of the logs cannot be read, so no log is followed");
        }
    })
}

fn clock() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// To standard error, which is the journal's; the journal knows the time.
fn log() {
    let log = tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).without_time().with_target(false);
    // Somebody else's subscriber is as good.
    let _ = log.with_max_level(tracing::Level::INFO).try_init();
}

/// A byte for each time the signal comes: no handler of ours runs inside one.
fn listen(signal: i32) -> io::Result<UnixStream> {
    let (read, write) = Pipe::pair()?;
    read.set_nonblocking(true)?;
    write.set_nonblocking(true)?;
    signal_hook::low_level::pipe::register(signal, write)?;
    UnixStream::from_std(read)
}

async fn forward(mut signals: UnixStream, order: Order, orders: mpsc::Sender<Order>) {
    let mut byte = [0];
    while matches!(signals.read(&mut byte).await, Ok(1)) {
        if orders.send(order).await.is_err() {
            return;
        }
    }
}

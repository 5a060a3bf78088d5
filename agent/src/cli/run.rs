//! `stormglass run`: watches this host and publishes to CloudWatch, until told to stop.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::here::Here;
use super::signals::{self, clock};
use super::up::say;
use super::{Common, Out};
use crate::aws::{Access, Logs, Metrics};
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::local::{Annex, Book, Overlooked};
use crate::logs;
use crate::logs::run::Stdin;
use crate::logs::tally::Tally;
use crate::logs::ways::place;
use crate::run::{Beside, Inlet, Notify, Order, Wiring};
use crate::sources::Kept;
use crate::suspects::{self, Lane, Watch};
use crate::tls::{NoAuthority, authorities};
use crate::trim;

/// Watch this host and publish to CloudWatch
///
/// Until told to stop: SIGTERM sends and keeps what is open within 5 seconds, SIGHUP reads the configuration anew, or
/// keeps the old one and says why. What cannot be sent waits on the disk. `stormglass status` shows how it goes. With
/// `[local]` this host is kept, judged and shown here as well, as `stormglass up` does.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(Args {}: &Args, common: &Common, _: &mut Out) -> Result<Exit, Failure> {
    trim::one_heap();
    let config = common.load()?;
    signals::log();
    // Found once, before there is anything to hold up.
    let here = Rc::new(Here::find(&config));
    for remark in &here.identity.remarks {
        tracing::warn!("{remark}");
    }
    // What is sent waits meanwhile, and goes out when there is one.
    if let Err(missing) = authorities() {
        tracing::error!(code = NoAuthority::CODE, "{}", missing.says());
    }
    let config = here.identified(config);
    let cannot = |error| Failure::failed("SG-RUN-010", "cannot start").because(error);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // One for the disk, one for names of hosts, two for what [local] tells people.
        .max_blocking_threads(4)
        .build()
        .map_err(cannot)?;
    // The page and its connections belong to this thread.
    let tasks = tokio::task::LocalSet::new();
    let ended = tasks.block_on(&runtime, async {
        let (sender, orders) = mpsc::channel(4);
        signals::listen(&sender).map_err(cannot)?;
        let common = common.clone();
        let outlet = |config: &Config| Metrics::new(here.access(config));
        let load = {
            let here = Rc::clone(&here);
            Box::new(move || Ok(here.identified(common.load()?)))
        };
        let ship = {
            let here = Rc::clone(&here);
            let (stdin, orders) = (Stdin::default(), sender.clone());
            Box::new(move |config: &Config, inlet, stop| {
                let door = Door {
                    host: here.identity.name().to_owned(),
                    access: here.access(config),
                    stdin: stdin.clone(),
                    orders: orders.clone(),
                };
                ship(config, door, inlet, stop)
            })
        };
        let notify = Notify::to(std::env::var("NOTIFY_SOCKET").ok().as_deref()).map_err(cannot)?;
        let wiring = Wiring { orders, load, notify, ship, kept: Kept::default(), clock };
        // The state of the whole program: it belongs on the heap.
        Box::pin(crate::run::run(config, outlet, wiring)).await
    });
    // A disk that hangs must not hold the end.
    runtime.shutdown_background();
    ended.map(|()| Exit::Ok)
}

/// The source under which the logs' way gives its counts.
const LOGS: &str = "logs";

/// What logs and suspects share with the rest of the program.
struct Door {
    /// How this host is called in the names of streams.
    host: String,
    access: Access,
    /// Read on over reloads.
    stdin: Stdin,
    orders: mpsc::Sender<Order>,
}

/// Logs and suspects, by one client; and where the configuration wants it, local mode beside them.
fn ship(config: &Config, door: Door, inlet: Inlet, stop: oneshot::Receiver<()>) -> Beside {
    let Door { host, access, stdin, orders } = door;
    let outlet = Arc::new(Logs::new(access));
    let (end_suspects, suspects_end) = oneshot::channel();
    let (end_logs, logs_end) = oneshot::channel();
    let (end_local, local_end) = oneshot::channel();
    let book = Book::default();
    let annex = Annex { host: host.clone(), book: book.clone(), say: Rc::new(Box::new(say)), clock };
    let (copies, local) = annex.begin(config, &inlet, local_end).unzip();
    let suspects = tell_suspects(config, &host, Arc::clone(&outlet), &inlet, suspects_end);
    let outlet = Arc::new(Overlooked { outlet, book: copies.is_some().then_some(book) });
    let logs = ship_logs(config, (host, stdin, orders), outlet, inlet, logs_end);
    let stop = async move {
        // Its sender never says anything: that it is gone is the order.
        drop(stop.await);
        drop((end_suspects, end_logs, end_local));
    };
    let local = async {
        if let Some(local) = local {
            local.await;
        }
    };
    let life = Box::pin(async {
        let ((), (), (), ()) = tokio::join!(stop, suspects, logs, local);
    });
    Beside { copies, life }
}

fn ship_logs(
    config: &Config,
    (host, stdin, orders): (String, Stdin, mpsc::Sender<Order>),
    outlet: Arc<Overlooked<Logs>>,
    inlet: Inlet,
    stop: oneshot::Receiver<()>,
) -> impl Future<Output = ()> + 'static {
    let settings = config.logs.clone();
    let folder = logs::config::state_dir(&config.agent.state_dir);
    async move {
        if settings.is_empty() {
            return;
        }
        let give = move |tally: &mut Tally| {
            inlet.give(LOGS, tally.readings());
            inlet.lost(LOGS, tally.losses());
        };
        let is_ordered = Cell::new(false);
        let stop = async {
            ended(stop).await;
            is_ordered.set(true);
        };
        let place = logs::run::Place { host: &host, state_dir: &folder, stdin: &stdin, clock };
        match logs::run::run(settings, place, outlet, give, stop).await {
            Ok(()) if !is_ordered.get() => {
                tracing::info!("standard input has ended, and everything of it was sent");
                // Nobody takes orders any more: then the end is near anyway.
                let _ = orders.send(Order::Stop).await;
            }
            Ok(()) => {}
            Err(error) => {
                tracing::error!(%error, folder = %folder.display(), "the state of the logs cannot be read, so no log is followed");
            }
        }
    }
}

fn tell_suspects(
    config: &Config,
    host: &str,
    outlet: Arc<Logs>,
    inlet: &Inlet,
    stop: oneshot::Receiver<()>,
) -> impl Future<Output = ()> + 'static {
    let settings = config.suspects.clone();
    let watch = Watch::new(&config.host.roots, &settings);
    let (group, stream) = place(&settings.group, &settings.stream, suspects::SERVICE, host, Path::new(""));
    let lane = Lane {
        outlet,
        group,
        stream,
        retention_days: config.logs.retention_days,
        identity: config.cloudwatch.shape.identity.clone(),
        vitals: Arc::clone(inlet.vitals()),
        clients: inlet.clients().clone(),
        clock,
    };
    async move { suspects::run(&settings, watch, lane, ended(stop)).await }
}

async fn ended(stop: oneshot::Receiver<()>) {
    drop(stop.await);
}

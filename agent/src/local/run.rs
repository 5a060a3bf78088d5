//! `stormglass up`: watches, keeps, judges and shows this host, without any account.
//!
//! One thread does it all; the store writes on another. Nothing here reads arguments, the environment or signals.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use alarm::points::Time;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::config::Config as Settings;
use super::house::{About, House, Shared};
use super::judge::{Judge, Machine, read};
use super::page::{Door, serve};
use super::store::{Store, TIERS};
use super::tell::{self, Say, Way};
use crate::config::Config;
use crate::failure::Failure;
use crate::host::Host;
use crate::reading::Readings;
use crate::run::Order;
use crate::ticks::until_next;
use crate::trim::Trimmer;

const HOST: &str = "host";
/// The second look comes so soon after the first: most counters only grow, and their rise is what is shown.
const HURRY: Duration = Duration::from_secs(1);

/// What the outside gives.
pub struct Wiring {
    pub orders: mpsc::Receiver<Order>,
    /// Time since the epoch.
    pub clock: fn() -> Duration,
    /// What a person at the terminal sees.
    pub say: Say,
    /// How the host is called.
    pub host: String,
}

impl std::fmt::Debug for Wiring {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Wiring").finish_non_exhaustive()
    }
}

/// The rules of the user's file, with those that are built in.
pub(crate) fn rules(local: &Settings, machine: Option<&Machine>) -> Result<alarm::rules::Rules, Failure> {
    let (name, text) = match &local.rules {
        None => ("alarms.toml".to_owned(), String::new()),
        Some(path) => {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path).map_err(|error| {
                Failure::usage("SG-LOC-011", format!("cannot read the rules {name}")).because(error)
            })?;
            (name, text)
        }
    };
    Ok(read(&name, &text, &local.off, machine)?)
}

/// The port, and who may come in by it.
pub(crate) async fn open(listen: SocketAddr, say: &Say) -> Result<(TcpListener, Door), Failure> {
    let listener = TcpListener::bind(listen).await.map_err(|error| {
        let says = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                format!("{listen} is in use: another agent's page, perhaps; `[local] listen` names another port")
            }
            _ => format!("the page cannot listen on {listen}"),
        };
        Failure::failed("SG-LOC-010", says).because(error)
    })?;
    let cannot = |error| Failure::failed("SG-LOC-012", "cannot make a token").because(error);
    let place = listener.local_addr().unwrap_or(listen);
    let door = Door::new(place).map_err(cannot)?;
    say(&format!("the page: http://{place}/"));
    if let Some(secret) = door.secret() {
        say(&format!("it asks for this token, which is said once: {}", secret.text()));
        say("anyone on the way can read what travels: put TLS in front of it, or come by an SSH tunnel");
    }
    Ok((listener, door))
}

/// Store, judge and rules.
fn furnish(config: &Config, local: &Settings, host: &str, now: Time) -> Result<House, Failure> {
    let identity = &config.cloudwatch.shape.identity;
    let machine = local.machine.clone().or_else(|| Machine::find(identity.get("InstanceType")?));
    let rules = rules(local, machine.as_ref())?;
    let path = local.store(&config.agent.state_dir);
    make_folder(&path)?;
    let (store, remarks) = Store::open(&path, now)?;
    let judge = Judge::new(rules, &store);
    let outlets = local.ways.iter().map(Way::says).collect();
    let about = About { host: host.to_owned(), started: now, outlets, demo: false, remarks };
    Ok(House::new(about, store, judge, config.cloudwatch.shape.clone()))
}

/// Runs until ordered to stop.
pub async fn run(config: &Config, mut wiring: Wiring) -> Result<(), Failure> {
    let local = config.local.clone().unwrap_or_default();
    let now = || (wiring.clock)().as_secs() as Time;
    let (listener, door) = open(local.listen, &wiring.say).await?;
    let house: Shared = Rc::new(RefCell::new(furnish(config, &local, &wiring.host, now())?));
    let page = tokio::task::spawn_local(serve(listener, Rc::clone(&house), door, wiring.clock));
    let told = tokio::task::spawn_local(tell::run(Rc::clone(&house), local.ways.clone(), wiring.say, wiring.clock));
    let mut host = Host::new(&config.host);
    let mut look = |house: &Shared| {
        let mut readings = Readings::default();
        host.tick(&mut readings);
        house.borrow_mut().fold(HOST, readings, now());
    };
    look(&house);
    let mark = |every_s: u32| Instant::now() + until_next(every_s, (wiring.clock)());
    let host_s = config.host.interval.as_secs() as u32;
    let (mut look_at, mut turn_at) = (mark(host_s), mark(TIERS[0].period_s));
    let mut hurry_at = Some(Instant::now() + HURRY);
    let (began, mut trimmer) = (Instant::now(), Trimmer::default());
    loop {
        tokio::select! {
            () = sleep_until(hurry_at.unwrap_or(look_at)), if hurry_at.is_some() => {
                hurry_at = None;
                look(&house);
                house.borrow_mut().hurry(now());
            }
            () = sleep_until(turn_at) => {
                house.borrow_mut().turn(now());
                turn_at = mark(TIERS[0].period_s);
                trimmer.look(began.elapsed(), 0);
            }
            () = sleep_until(look_at) => {
                look(&house);
                look_at = mark(host_s);
            }
            order = wiring.orders.recv() => match order {
                Some(Order::Reload) => tracing::warn!("`up` reads its configuration when it starts"),
                Some(Order::Stop) | None => break,
            },
        }
    }
    page.abort();
    told.abort();
    let mut house = house.borrow_mut();
    house.hurry(now());
    house
        .store
        .sync()
        .map_err(|says| Failure::failed("SG-LOC-005", format!("the last points could not be written: {says}")))
}

fn make_folder(path: &Path) -> Result<(), Failure> {
    let Some(folder) = path.parent() else { return Ok(()) };
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::failed("SG-LOC-001", format!("cannot make {}", folder.display())).because(error))
}

//! `stormglass up` and `stormglass demo`: watches, keeps, judges and shows, without any account.
//!
//! One thread does it all; the store writes on another. Nothing here reads arguments, the environment or signals. A
//! clock may run faster than time: then all that is done every ten seconds of it is done so much more often.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use alarm::points::Time;
use alarm::rules::Rules;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{Instant, sleep, sleep_until};

use super::book::Book;
use super::config::Config as Settings;
use super::house::{About, House, Shared};
use super::judge::{Judge, Machine, read};
use super::page::{Door, serve};
use super::store::{Store, TIERS};
use super::tell::{self, Say, Way};
use crate::config::Config;
use crate::failure::Failure;
use crate::host::Host;
use crate::inlet::Inlet;
use crate::logs;
use crate::logs::run::Stdin;
use crate::reading::Readings;
use crate::run::Order;
use crate::sources::{Kept, Sources};
use crate::ticks::until_next;
use crate::trim::Trimmer;
use crate::vitals::Vitals;

const HOST: &str = "host";
const LOGS: &str = "logs";
/// The second look comes so soon after the first: most counters only grow, and their rise is what is shown.
const HURRY: Duration = Duration::from_secs(1);
/// What sources and logs may take to end.
const END: Duration = Duration::from_secs(3);

/// What is looked at.
pub(crate) trait Source {
    fn look(&mut self, now: Time) -> Readings;

    /// Asked after each look.
    fn stage(&mut self, house: &Shared, now: Time) -> Stage {
        let _ = (house, now);
        Stage::GoesOn
    }
}

/// Whether there is more to see.
#[derive(Debug)]
pub(crate) enum Stage {
    GoesOn,
    /// It is over, and this is what there is to say.
    Over(Vec<String>),
}

/// The host that we run on.
#[derive(Debug)]
pub(crate) struct OwnHost(Host);

impl OwnHost {
    pub(crate) fn new(config: &Config) -> Self {
        Self(Host::new(&config.host))
    }
}

impl Source for OwnHost {
    fn look(&mut self, _: Time) -> Readings {
        let mut readings = Readings::default();
        self.0.tick(&mut readings);
        readings
    }
}

/// What the outside gives.
pub(crate) struct Wiring {
    pub(crate) orders: mpsc::Receiver<Order>,
    /// Time since the epoch.
    pub(crate) clock: fn() -> Duration,
    /// How much faster than time the clock goes.
    pub(crate) speed: u32,
    /// What a person at the terminal sees.
    pub(crate) say: Rc<Say>,
    /// How the host is called.
    pub(crate) host: String,
}

impl std::fmt::Debug for Wiring {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Wiring").finish_non_exhaustive()
    }
}

/// The rules of the user's file, with those that are built in.
pub(super) fn rules(config: &Config, local: &Settings) -> Result<Rules, Failure> {
    let identity = &config.cloudwatch.shape.identity;
    let machine = local.machine.clone().or_else(|| Machine::find(identity.get("InstanceType")?));
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
    Ok(read(&name, &text, &local.off, machine.as_ref())?)
}

/// The port, and who may come in by it.
pub(super) async fn open(listen: SocketAddr, say: &Say) -> Result<(TcpListener, Door), Failure> {
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

/// Store, judge and what is known of errors.
pub(super) fn furnish(
    config: &Config,
    local: &Settings,
    rules: Rules,
    about: (String, bool),
    now: Time,
) -> Result<House, Failure> {
    let path = local.store(&config.agent.state_dir);
    make_folder(&path)?;
    let (store, remarks) = Store::open(&path, now)?;
    let (judge, book) = (Judge::new(rules, &store), Book::recall(&store));
    let (host, demo) = about;
    let outlets = local.ways.iter().map(Way::says).collect();
    let about = About { host, started: now, outlets, demo, remarks };
    Ok(House::new(about, store, (judge, book), config.cloudwatch.shape.clone()))
}

fn make_folder(path: &Path) -> Result<(), Failure> {
    let Some(folder) = path.parent() else { return Ok(()) };
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::failed("SG-LOC-001", format!("cannot make {}", folder.display())).because(error))
}

/// Runs until ordered to stop, or until the source is over.
pub(crate) async fn run(config: &Config, source: impl Source, wiring: Wiring) -> Result<(), Failure> {
    let local = config.local.clone().unwrap_or_default();
    let rules = rules(config, &local)?;
    let (listener, door) = open(local.listen, &wiring.say).await?;
    let now = (wiring.clock)().as_secs() as Time;
    let house = furnish(config, &local, rules, (wiring.host.clone(), false), now)?;
    live(config, Rc::new(RefCell::new(house)), source, wiring, (listener, door, local.ways)).await
}

/// What runs beside the loop, each as a task.
struct Beside {
    sources: Sources,
    logs: JoinHandle<()>,
    /// Gone, it is the order to end them.
    logs_end: oneshot::Sender<()>,
    page: JoinHandle<()>,
    told: JoinHandle<()>,
}

impl Beside {
    fn begin(config: &Config, house: &Shared, wiring: &Wiring, inlet: Inlet, (listener, door, ways): Entrance) -> Self {
        let clock = wiring.clock;
        let sources = Sources::begin(config, &Kept::default(), &inlet, clock);
        let (logs_end, stop) = oneshot::channel();
        let logs = spawn_local(follow(config, house, wiring.host.clone(), inlet, clock, stop));
        let page = spawn_local(serve(listener, Rc::clone(house), door, clock));
        let told = spawn_local(tell::run(Rc::clone(house), ways, Rc::clone(&wiring.say), clock));
        Self { sources, logs, logs_end, page, told }
    }

    /// What they still hold is given before the window is closed; who does not end in time is left.
    async fn end(self) {
        drop(self.logs_end);
        let ended = async { tokio::join!(self.sources.end(), self.logs) };
        if tokio::time::timeout(END, ended).await.is_err() {
            tracing::warn!("the logs did not end in time; they are read on at the next start");
        }
        self.page.abort();
        self.told.abort();
    }
}

/// The port, who may come in by it, and where notices leave.
pub(super) type Entrance = (TcpListener, Door, Vec<Way>);

/// Logs are followed as they are when they are shipped, but into the book of errors.
fn follow(
    config: &Config,
    house: &Shared,
    host: String,
    inlet: Inlet,
    clock: fn() -> Duration,
    stop: oneshot::Receiver<()>,
) -> impl Future<Output = ()> + 'static {
    let settings = config.logs.clone();
    let folder = logs::config::state_dir(&config.agent.state_dir);
    let book = Arc::new(house.borrow().book.clone());
    async move {
        if settings.is_empty() {
            return;
        }
        let stdin = Stdin::default();
        let place = logs::run::Place { host: &host, state_dir: &folder, stdin: &stdin, clock };
        let give = |tally: &mut logs::tally::Tally| {
            inlet.give(LOGS, tally.readings());
            inlet.lost(LOGS, tally.losses());
        };
        // Its sender never says anything: that it is gone is the order.
        let stop = async { drop(stop.await) };
        if let Err(error) = logs::run::run(settings, place, book, give, stop).await {
            tracing::error!(%error, folder = %folder.display(), "the state of the logs cannot be read, so no log is followed");
        }
    }
}

pub(super) async fn live(
    config: &Config,
    house: Shared,
    mut source: impl Source,
    mut wiring: Wiring,
    entrance: Entrance,
) -> Result<(), Failure> {
    let (clock, speed) = (wiring.clock, wiring.speed);
    let now = || clock().as_secs() as Time;
    let mark = |every_s: u32| Instant::now() + until_next(every_s, clock()) / speed;
    let (inlet, mut given) = Inlet::new(&Arc::new(Vitals::default()));
    let beside = Beside::begin(config, &house, &wiring, inlet, entrance);
    let mut look = |house: &Shared| {
        let at = now();
        let readings = source.look(at);
        house.borrow_mut().fold(HOST, readings, at);
        source.stage(house, at)
    };
    look(&house);
    let host_s = config.host.interval.as_secs() as u32;
    let (mut look_at, mut turn_at) = (mark(host_s), mark(TIERS[0].period_s));
    let hurry = sleep(HURRY);
    tokio::pin!(hurry);
    let mut hurried = false;
    let (began, mut trimmer) = (Instant::now(), Trimmer::default());
    loop {
        tokio::select! {
            () = &mut hurry, if !hurried => {
                hurried = true;
                look(&house);
                house.borrow_mut().hurry(now());
            }
            () = sleep_until(turn_at) => {
                house.borrow_mut().turn(now());
                turn_at = mark(TIERS[0].period_s);
                trimmer.look(began.elapsed(), 0);
            }
            () = sleep_until(look_at) => {
                if let Stage::Over(words) = look(&house) {
                    for word in &words {
                        (wiring.say)(word);
                    }
                    break;
                }
                look_at = mark(host_s);
            }
            Some((name, readings)) = given.recv() => house.borrow_mut().fold(name, readings, now()),
            order = wiring.orders.recv() => match order {
                Some(Order::Reload) => tracing::warn!("it reads its configuration when it starts"),
                Some(Order::Stop) | None => break,
            },
        }
    }
    beside.end().await;
    finish(&house, given, now())
}

/// What was given before the end is kept, and all of it is durable.
fn finish(house: &Shared, mut given: mpsc::Receiver<(&'static str, Readings)>, now: Time) -> Result<(), Failure> {
    let mut house = house.borrow_mut();
    while let Ok((name, readings)) = given.try_recv() {
        house.fold(name, readings, now);
    }
    house.hurry(now);
    let says = |says| Failure::failed("SG-LOC-005", format!("the last points could not be written: {says}"));
    house.store.sync().map_err(says)
}

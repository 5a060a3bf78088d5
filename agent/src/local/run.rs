//! `stormglass up` and `stormglass demo`: watches, keeps, judges and shows, without any account.
//!
//! One thread does it all; the store writes on another. Nothing here reads arguments, the environment or signals. A
//! clock may run faster than time: then all that is done every ten seconds of it is done so much more often. A reload
//! takes new rules, outlets, logs and sources into the house as it stands: store, page and what is open stay.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use alarm::points::Time;
use alarm::rules::Rules;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc;
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep, sleep_until};

use super::beside::{Beside, Crew};
use super::book::Book;
use super::config::Config as Settings;
use super::house::{About, House, Shared};
use super::judge::{Judge, Machine, read};
use super::page::{Door, serve};
use super::store::{Store, TIERS};
use super::tell::{Say, Way};
use crate::clients::Clients;
use crate::config::Config;
use crate::failure::Failure;
use crate::host::Host;
use crate::inlet::Inlet;
use crate::reading::Readings;
use crate::run::Order;
use crate::ticks::until_next;
use crate::trim::Trimmer;

const HOST: &str = "host";
/// The second look comes so soon after the first: most counters only grow, and their rise is what is shown.
const HURRY: Duration = Duration::from_secs(1);

/// What is looked at.
pub(crate) trait Source {
    fn look(&mut self, now: Time) -> Readings;

    /// Asked after each look.
    fn stage(&mut self, house: &Shared, now: Time) -> Stage {
        let _ = (house, now);
        Stage::GoesOn
    }

    /// The configuration is another one.
    fn renew(&mut self, config: &Config) {
        let _ = config;
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

    fn renew(&mut self, config: &Config) {
        *self = Self::new(config);
    }
}

/// Where readings come from besides the source.
type Given = mpsc::Receiver<(&'static str, Readings)>;

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
    /// Reads the configuration anew.
    pub(crate) load: Box<dyn Fn() -> Result<Config, Failure>>,
    /// Where somebody else already collects (`annex`), what they give and whom they suspect; nothing is collected here then.
    pub(crate) given: Option<(Given, Clients)>,
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
pub(super) fn open(listen: SocketAddr) -> Result<(TcpListener, Door), Failure> {
    let listener = listen_on(listen).map_err(|error| {
        let says = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                format!("{listen} is in use: another agent's page, perhaps; `--listen` or `[local] listen` names another port")
            }
            _ => format!("the page cannot listen on {listen}"),
        };
        Failure::failed("SG-LOC-010", says).because(error)
    })?;
    let cannot = |error| Failure::failed("SG-LOC-012", "cannot make a token").because(error);
    let door = Door::new(listener.local_addr().unwrap_or(listen)).map_err(cannot)?;
    Ok((listener, door))
}

/// What the kernel holds for a browser that does not read.
const SEND_BYTES: u32 = 64 << 10;
/// Connections that wait to be taken.
const BACKLOG: u32 = 128;

fn listen_on(listen: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if listen.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SEND_BYTES)?;
    socket.bind(listen)?;
    socket.listen(BACKLOG)
}

/// Where the page is, once there is one.
fn announce(door: &Door, say: &Say) {
    say(&format!("the page: http://{}/", door.place()));
    if let Some(secret) = door.secret() {
        say(&format!("it asks for this token, which is said once: {}", secret.text()));
        say("anyone on the way can read what travels: put TLS in front of it, or come by an SSH tunnel");
    }
}

/// Store, judge and what is known of errors.
pub(super) fn furnish(
    config: &Config,
    (rules, book): (Rules, Book),
    (host, demo): (String, bool),
    now: Time,
) -> Result<House, Failure> {
    let local = config.local.clone().unwrap_or_default();
    let path = local.store(&config.agent.state_dir);
    make_folder(&path)?;
    let (store, remarks) = Store::open(&path, local.max_bytes, now)?;
    book.recall(&store);
    let judge = Judge::new(rules, &store);
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
pub(crate) async fn run(config: &Config, book: Book, source: impl Source, wiring: Wiring) -> Result<(), Failure> {
    let local = config.local.clone().unwrap_or_default();
    let rules = rules(config, &local)?;
    let (listener, door) = open(local.listen)?;
    let now = (wiring.clock)().as_secs() as Time;
    let mut house = furnish(config, (rules, book), (wiring.host.clone(), false), now)?;
    if wiring.given.is_none() {
        house.tell_of_ourselves();
    }
    live(config, Rc::new(RefCell::new(house)), source, wiring, (listener, door)).await
}

/// One configuration's time.
struct Life<S> {
    house: Shared,
    source: S,
    crew: Crew,
    beside: Beside,
    speed: u32,
    look_s: u32,
}

impl<S: Source> Life<S> {
    fn now(&self) -> Time {
        (self.crew.clock)().as_secs() as Time
    }

    fn mark(&self, every_s: u32) -> Instant {
        Instant::now() + until_next(every_s, (self.crew.clock)()) / self.speed
    }

    fn look(&mut self) -> Stage {
        let at = self.now();
        let readings = self.source.look(at);
        self.house.borrow_mut().fold(HOST, readings, at);
        self.source.stage(&self.house, at)
    }

    /// A look after a second, and then the page has something to show.
    fn hurry(&mut self) {
        let _ = self.look();
        self.house.borrow_mut().hurry(self.now());
    }

    /// The same house under another configuration. What is wrong with that one leaves everything as it was.
    async fn renew(self, load: &dyn Fn() -> Result<Config, Failure>) -> Self {
        let local = |next: &Config| next.local.clone().unwrap_or_default();
        let loaded = load().and_then(|next| Ok((rules(&next, &local(&next))?, next)));
        let (rules, next) = match loaded {
            Ok(loaded) => loaded,
            Err(failure) => {
                tracing::error!("the old configuration stays: {failure}");
                return self;
            }
        };
        let Self { house, mut source, crew, beside, speed, .. } = self;
        beside.end().await;
        let (ways, now) = (local(&next).ways, (crew.clock)().as_secs() as Time);
        house.borrow_mut().adopt(rules, &next, ways.iter().map(Way::says).collect(), now);
        source.renew(&next);
        tracing::info!(
            "the configuration was read anew; `listen`, `store` and the place of the state wait for a start"
        );
        Self {
            beside: crew.begin(&next, ways),
            look_s: next.host.interval.as_secs() as u32,
            house,
            source,
            crew,
            speed,
        }
    }
}

pub(super) async fn live(
    config: &Config,
    house: Shared,
    source: impl Source,
    wiring: Wiring,
    (listener, door): (TcpListener, Door),
) -> Result<(), Failure> {
    let Wiring { mut orders, clock, speed, say, host, load, given } = wiring;
    announce(&door, &say);
    let (inlet, own) = Inlet::new(house.borrow().vitals());
    let collects = given.is_none();
    let (mut given, clients) = given.unwrap_or_else(|| (own, inlet.clients().clone()));
    house.borrow_mut().judge.clients = clients;
    let crew = Crew::new(&house, (inlet, collects), host, Rc::clone(&say), clock);
    let page = spawn_local(serve(listener, Rc::clone(&house), door, clock));
    let beside = crew.begin(config, config.local.clone().unwrap_or_default().ways);
    let mut life = Life { house, source, crew, beside, speed, look_s: config.host.interval.as_secs() as u32 };
    let _ = life.look();
    let (mut look_at, mut turn_at) = (life.mark(life.look_s), life.mark(TIERS[0].period_s));
    let hurry = sleep(HURRY);
    tokio::pin!(hurry);
    let mut hurried = false;
    let (began, mut trimmer) = (Instant::now(), Trimmer::default());
    loop {
        tokio::select! {
            () = &mut hurry, if !hurried => {
                hurried = true;
                life.hurry();
            }
            () = sleep_until(turn_at) => {
                life.house.borrow_mut().turn(life.now());
                turn_at = life.mark(TIERS[0].period_s);
                trimmer.look(began.elapsed(), 0);
            }
            () = sleep_until(look_at) => {
                if let Stage::Over(words) = life.look() {
                    for word in &words {
                        say(word);
                    }
                    break;
                }
                look_at = life.mark(life.look_s);
            }
            Some((name, readings)) = given.recv() => life.house.borrow_mut().fold(name, readings, life.now()),
            order = orders.recv() => match order {
                Some(Order::Reload) => {
                    life = life.renew(&load).await;
                    look_at = life.mark(life.look_s);
                }
                Some(Order::Stop) | None => break,
            },
        }
    }
    let (house, now) = (Rc::clone(&life.house), life.now());
    life.beside.end().await;
    page.abort();
    finish(&house, given, now)
}

/// What was given before the end is kept, and all of it is durable.
fn finish(house: &Shared, mut given: Given, now: Time) -> Result<(), Failure> {
    let mut house = house.borrow_mut();
    while let Ok((name, readings)) = given.try_recv() {
        house.fold(name, readings, now);
    }
    house.hurry(now);
    let says = |says| Failure::failed("SG-LOC-005", format!("the last points could not be written: {says}"));
    house.store.sync().map_err(says)
}

//! Everything that a round meets, in memory, with the conditions that the real table holds.

mod outside;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use account::item::{Group, Owed};
use account::shard::Shard;
use account::{Change, Drill, Held, Lines, Listing, Neighbour, Receipt, Saved};
use alarm::incident::Incident;
use alarm::points::Time;
use alarm::series::{Dimensions, Series};
use alarm::silence::Silence;

use crate::outside::{Measure, Trouble};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Outlet,
    List,
    /// The bus alone.
    Bus,
    Read,
    Memory,
}

#[derive(Debug, Default)]
struct Table {
    groups: BTreeMap<String, (String, u64)>,
    stories: BTreeMap<String, (String, String)>,
    /// Of each shard.
    rounds: BTreeMap<String, u64>,
    bells: u64,
    listing: Option<Listing>,
    listed_until: Time,
    sections: BTreeMap<(String, u64), Lines>,
    neighbours: BTreeMap<(u16, u16), Neighbour>,
    good: Option<String>,
    delays: Option<String>,
    sent: Vec<Owed>,
    events: Vec<Owed>,
    receipts: Vec<Receipt>,
    measured: Vec<Measure>,
    drills: Vec<Drill>,
    silences: Vec<Silence>,
    calls: BTreeMap<&'static str, usize>,
}

pub(super) struct World {
    bus: Cell<bool>,
    late_s: Cell<Time>,
    value: fn(Time) -> f64,
    now: Cell<Time>,
    text: RefCell<String>,
    table: RefCell<Table>,
    fault: Cell<Option<Fault>>,
    stopped: Cell<bool>,
    hosts: Cell<usize>,
    yielding: Cell<bool>,
    /// The call at which the process dies, and how many there were.
    kill: Cell<Option<usize>>,
    ticks: Cell<usize>,
    dead: Cell<bool>,
    killed: Cell<bool>,
    /// The newest notice was sent and is not marked.
    unmarked: Cell<bool>,
    died_unmarked: Cell<bool>,
}

impl World {
    pub(super) fn new(rules: &str, value: fn(Time) -> f64) -> Self {
        Self {
            bus: Cell::new(false),
            late_s: Cell::new(0),
            value,
            now: Cell::new(0),
            text: RefCell::new(rules.to_owned()),
            table: RefCell::default(),
            fault: Cell::new(None),
            stopped: Cell::new(false),
            hosts: Cell::new(1),
            yielding: Cell::new(false),
            kill: Cell::new(None),
            ticks: Cell::new(0),
            dead: Cell::new(false),
            killed: Cell::new(false),
            unmarked: Cell::new(false),
            died_unmarked: Cell::new(false),
        }
    }

    pub(super) fn at(&self, now: Time) {
        self.now.set(now);
    }

    pub(super) fn rules(&self, text: &str) {
        text.clone_into(&mut self.text.borrow_mut());
    }

    pub(super) fn fault(&self, fault: Option<Fault>) {
        self.fault.set(fault);
    }

    /// An event said that the host was stopped.
    pub(super) fn stop_host(&self) {
        self.stopped.set(true);
        self.table.borrow_mut().bells += 1;
    }

    /// So many hosts, all alike.
    pub(super) fn fleet(&self, hosts: usize) {
        self.hosts.set(hosts);
    }

    /// Points come so long after their period.
    pub(super) fn late(&self, late_s: Time) {
        self.late_s.set(late_s);
    }

    /// Programs hear of every transition.
    pub(super) fn with_bus(self) -> Self {
        self.bus.set(true);
        self
    }

    /// What shards told each other: how much of it is about alarms.
    pub(super) fn told_by(&self, shard: Shard) -> usize {
        self.table.borrow().neighbours.get(&(shard.number(), shard.of())).map_or(0, |told| told.alarms.len())
    }

    /// What the newest round published.
    pub(super) fn measured(&self) -> Vec<Measure> {
        self.table.borrow().measured.clone()
    }

    /// What programs heard.
    pub(super) fn events(&self) -> Vec<Owed> {
        self.table.borrow().events.clone()
    }

    /// Somebody asks for a drill at a shell.
    pub(super) fn drill(&self, drill: Drill) {
        let mut table = self.table.borrow_mut();
        table.drills.push(drill);
        table.bells += 1;
    }

    pub(super) fn receipts(&self) -> Vec<Receipt> {
        self.table.borrow().receipts.clone()
    }

    pub(super) fn yielding(&self, yes: bool) {
        self.yielding.set(yes);
    }

    pub(super) fn kill_at(&self, call: usize) {
        self.ticks.set(0);
        self.kill.set(Some(call));
    }

    pub(super) fn revive(&self) {
        self.kill.set(None);
        self.dead.set(false);
    }

    pub(super) fn dead(&self) -> bool {
        self.dead.get()
    }

    pub(super) fn killed_once(&self) -> bool {
        self.killed.get()
    }

    /// The process died between sending a notice and marking it.
    pub(super) fn unmarked(&self) -> bool {
        self.died_unmarked.get()
    }

    pub(super) fn sent(&self) -> Vec<Owed> {
        self.table.borrow().sent.clone()
    }

    pub(super) fn calls(&self) -> BTreeMap<&'static str, usize> {
        self.table.borrow().calls.clone()
    }

    pub(super) fn at_rest(&self) -> bool {
        self.table.borrow().groups.is_empty()
    }

    pub(super) fn story(&self) -> Incident {
        let table = self.table.borrow();
        let (body, _) = table.stories.values().next().expect("an incident");
        serde_json::from_str(body).expect("a story")
    }

    /// Each call passes here before its effect and after it.
    async fn tick(&self, name: &'static str) {
        *self.table.borrow_mut().calls.entry(name).or_default() += 1;
        self.step().await;
    }

    async fn step(&self) {
        self.ticks.set(self.ticks.get() + 1);
        let mut waited = false;
        std::future::poll_fn(|_| {
            if self.kill.get() == Some(self.ticks.get()) {
                self.dead.set(true);
                self.killed.set(true);
                self.died_unmarked.set(self.unmarked.get());
                return std::task::Poll::Pending;
            }
            if self.yielding.get() && !std::mem::replace(&mut waited, true) {
                return std::task::Poll::Pending;
            }
            std::task::Poll::Ready(())
        })
        .await;
    }

    fn fails(&self, fault: Fault) -> Result<(), Trouble> {
        let failed = self.fault.get() == Some(fault);
        if failed { Err(Trouble { code: "SG-TEST", says: format!("{fault:?}") }) } else { Ok(()) }
    }
}

/// What events call the host.
const HOST: &str = "i-0123456789abcdef0";

fn series(number: usize) -> Series {
    let id = if number == 1 { HOST.to_owned() } else { format!("i-{number}") };
    Series {
        namespace: "CWAgent".into(),
        name: "mem_used_percent".into(),
        dimensions: Dimensions::from_iter([("host", format!("web-{number}")), ("InstanceId", id)]),
    }
}

impl World {
    fn held(&self, name: &str) -> Option<Held> {
        let table = self.table.borrow();
        let (body, version) = table.groups.get(name)?;
        let (group, lost) = Group::decode(name, body);
        assert_eq!(lost, []);
        Some(Held { group, version: *version, learned: Vec::new(), lost })
    }

    fn put(&self, change: &Change<'_>) -> Saved {
        let mut table = self.table.borrow_mut();
        let group = change.group;
        let stands = table.groups.get(&group.name).map_or(0, |(_, version)| *version);
        if stands != change.version {
            return Saved::TooLate;
        }
        if group.owed.is_empty() || change.story.is_none() {
            self.unmarked.set(false);
        }
        if let Some(story) = change.story {
            let body = serde_json::to_string(story).expect("a story");
            table.stories.insert(story.id.clone(), (body, group.name.clone()));
        }
        if group.at_rest() {
            table.groups.remove(&group.name);
            return Saved::As(0);
        }
        table.groups.insert(group.name.clone(), (group.encode(), stands + 1));
        Saved::As(stands + 1)
    }
}

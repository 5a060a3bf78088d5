//! Everything that a round meets, in memory, with the conditions that the real table holds.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};

use account::item::{Group, Owed};
use account::plan::Call;
use account::shard::Shard;
use account::{Change, Drill, Head, Held, Lines, Listing, Neighbour, Receipt, Saved, Section};
use alarm::incident::Incident;
use alarm::points::{Points, Time};
use alarm::series::{Dimensions, Series};
use alarm::silence::Silence;
use alarm::verdict::State;

use crate::guilt::{Clues, Scene};
use crate::outside::{Found, Measure, Outside, Taken, Trouble, Wanted};

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

impl Outside for World {
    async fn rules(&self) -> Result<String, Trouble> {
        self.tick("rules").await;
        Ok(self.text.borrow().clone())
    }

    async fn good_rules(&self) -> Result<Option<String>, Trouble> {
        self.tick("good_rules").await;
        Ok(self.table.borrow().good.clone())
    }

    async fn keep_rules(&self, text: &str) -> Result<(), Trouble> {
        self.tick("keep_rules").await;
        self.table.borrow_mut().good = Some(text.to_owned());
        self.step().await;
        Ok(())
    }

    async fn discover(&self, _: &[Wanted], take: &mut (dyn FnMut(Vec<Series>) + Send)) -> Result<Found, Trouble> {
        self.tick("discover").await;
        self.fails(Fault::List)?;
        (1..=self.hosts.get()).for_each(|number| take(vec![series(number)]));
        Ok(Found::default())
    }

    async fn listing(&self) -> Result<Option<Listing>, Trouble> {
        self.tick("listing").await;
        Ok(self.table.borrow().listing.clone())
    }

    async fn claim_listing(&self, now: Time) -> Result<bool, Trouble> {
        self.tick("claim_listing").await;
        let mut table = self.table.borrow_mut();
        let taken = table.listed_until <= now;
        if taken {
            table.listed_until = now + 55;
        }
        Ok(taken)
    }

    async fn sections(&self, named: &[(String, Section)]) -> Result<Vec<Series>, Trouble> {
        self.tick("sections").await;
        let table = self.table.borrow();
        let mut found = Vec::new();
        for (name, section) in named {
            let gone = || Trouble { code: "SG-TEST", says: format!("{name}: a page is gone") };
            table.sections.get(&(name.clone(), section.hash)).ok_or_else(gone)?.read(&mut found);
        }
        Ok(found)
    }

    async fn keep_section(&self, name: &str, lines: &Lines) -> Result<(), Trouble> {
        self.tick("keep_section").await;
        self.table.borrow_mut().sections.insert((name.to_owned(), lines.hash), lines.clone());
        self.step().await;
        Ok(())
    }

    async fn drop_section(&self, name: &str, section: Section) -> Result<(), Trouble> {
        self.tick("drop_section").await;
        self.table.borrow_mut().sections.remove(&(name.to_owned(), section.hash));
        Ok(())
    }

    async fn keep_listing(&self, listing: &Listing) -> Result<(), Trouble> {
        self.tick("keep_listing").await;
        self.table.borrow_mut().listing = Some(listing.clone());
        self.step().await;
        Ok(())
    }

    async fn neighbours(&self, shard: Shard) -> Result<Vec<(u16, Neighbour)>, Trouble> {
        self.tick("neighbours").await;
        let table = self.table.borrow();
        let others =
            table.neighbours.iter().filter(|((number, of), _)| (*of, *number != shard.number()) == (shard.of(), true));
        Ok(others.map(|((number, _), told)| (*number, told.clone())).collect())
    }

    async fn tell_neighbours(&self, shard: Shard, told: &Neighbour) -> Result<(), Trouble> {
        self.tick("tell_neighbours").await;
        self.table.borrow_mut().neighbours.insert((shard.number(), shard.of()), told.clone());
        Ok(())
    }

    async fn hosts(&self) -> Result<Vec<(String, bool)>, Trouble> {
        self.tick("hosts").await;
        Ok(self.stopped.get().then(|| (HOST.to_owned(), false)).into_iter().collect())
    }

    async fn natives(&self, _: &[String]) -> Result<HashMap<String, State>, Trouble> {
        Ok(HashMap::new())
    }

    async fn read(&self, calls: &[Call], _: &[Series]) -> Vec<Result<Vec<Points>, Trouble>> {
        self.tick("read").await;
        let points = |call: &Call| {
            let one = |period: u32| {
                let step = Time::from(period);
                let slots = usize::try_from((call.until - call.from) / step).unwrap_or(0);
                let value = |at: Time| {
                    let come = at + step + self.late_s.get() <= self.now.get();
                    if come { (self.value)(at) } else { f64::NAN }
                };
                Points::new(call.from, period, (0..slots).map(|slot| value(call.from + slot as Time * step)))
            };
            self.fails(Fault::Read).map(|()| call.needs.iter().map(|need| one(need.period_s)).collect())
        };
        calls.iter().map(points).collect()
    }

    async fn clues(&self, scene: &Scene, _: Time, _: Time) -> Result<Clues, Trouble> {
        self.tick("clues").await;
        let host = scene.host.as_deref().unwrap_or_default();
        let line = serde_json::json!({
            "event": "suspects", "dimensions": { "host": host }, "memory": [{ "name": "java", "value": 3e9 }],
        });
        Ok(Clues { suspects: vec![line.to_string()], errors: Vec::new() })
    }

    async fn head(&self, shard: Shard) -> Result<Head, Trouble> {
        self.tick("head").await;
        self.fails(Fault::Memory)?;
        let table = self.table.borrow();
        Ok(Head { rounds: table.rounds.get(&shard.name()).copied().unwrap_or(0), bells: table.bells })
    }

    async fn claim(&self, shard: Shard, rounds: u64) -> Result<bool, Trouble> {
        self.tick("claim").await;
        let taken = {
            let mut table = self.table.borrow_mut();
            let stands = table.rounds.entry(shard.name()).or_default();
            let taken = *stands == rounds;
            *stands += u64::from(taken);
            taken
        };
        self.step().await;
        Ok(taken)
    }

    async fn load(&self, shard: Shard) -> Result<Vec<Held>, Trouble> {
        self.tick("load").await;
        let names: Vec<String> = self.table.borrow().groups.keys().filter(|name| shard.has(name)).cloned().collect();
        Ok(names.iter().filter_map(|name| self.held(name)).collect())
    }

    async fn group(&self, name: &str) -> Result<Option<Held>, Trouble> {
        self.tick("group").await;
        Ok(self.held(name))
    }

    async fn save(&self, change: &Change<'_>) -> Result<Saved, Trouble> {
        self.tick("save").await;
        let saved = self.put(change);
        self.step().await;
        Ok(saved)
    }

    async fn learn(&self, _: &str, _: &[String]) -> Result<(), Trouble> {
        self.tick("learn").await;
        Ok(())
    }

    async fn delays(&self, _: Shard) -> Result<Option<String>, Trouble> {
        self.tick("delays").await;
        Ok(self.table.borrow().delays.clone())
    }

    async fn keep_delays(&self, _: Shard, text: &str) -> Result<(), Trouble> {
        self.tick("keep_delays").await;
        self.table.borrow_mut().delays = Some(text.to_owned());
        self.step().await;
        Ok(())
    }

    async fn story(&self, id: &str) -> Result<Option<(Incident, String)>, Trouble> {
        self.tick("story").await;
        let table = self.table.borrow();
        Ok(table.stories.get(id).map(|(body, group)| (serde_json::from_str(body).expect("a story"), group.clone())))
    }

    async fn ring(&self) -> Result<(), Trouble> {
        self.tick("ring").await;
        self.table.borrow_mut().bells += 1;
        Ok(())
    }

    async fn silences(&self) -> Result<Vec<Silence>, Trouble> {
        self.tick("silences").await;
        Ok(self.table.borrow().silences.clone())
    }

    async fn silence(&self, silence: &Silence, _: Time) -> Result<(), Trouble> {
        self.tick("silence").await;
        let mut table = self.table.borrow_mut();
        table.silences.retain(|it| it.id != silence.id);
        table.silences.push(silence.clone());
        table.bells += 1;
        Ok(())
    }

    async fn drills(&self) -> Result<Vec<Drill>, Trouble> {
        self.tick("drills").await;
        Ok(self.table.borrow().drills.clone())
    }

    async fn keep_outlets(&self) -> Result<(), Trouble> {
        self.tick("keep_outlets").await;
        Ok(())
    }

    async fn receipt(&self, _: &str, receipt: &Receipt) -> Result<(), Trouble> {
        self.tick("receipt").await;
        self.table.borrow_mut().receipts.push(receipt.clone());
        Ok(())
    }

    async fn send(&self, owed: &Owed, _: &str) -> Result<Taken, Trouble> {
        self.tick("send").await;
        self.fails(Fault::Outlet)?;
        self.table.borrow_mut().sent.push(owed.clone());
        self.unmarked.set(true);
        self.step().await;
        Ok(Taken { at: self.now.get(), said: "taken".to_owned() })
    }

    fn has_bus(&self) -> bool {
        self.bus.get()
    }

    async fn event(&self, owed: &Owed) -> Result<(), Trouble> {
        self.tick("event").await;
        self.fails(Fault::Outlet)?;
        self.fails(Fault::Bus)?;
        self.table.borrow_mut().events.push(owed.clone());
        self.unmarked.set(true);
        self.step().await;
        Ok(())
    }

    fn ways(&self, _: &str) -> Vec<String> {
        vec!["topic".to_owned()]
    }

    async fn measure(&self, measures: &[Measure]) -> Result<(), Trouble> {
        self.tick("measure").await;
        measures.clone_into(&mut self.table.borrow_mut().measured);
        Ok(())
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

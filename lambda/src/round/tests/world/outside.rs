//! The calls of a round, answered by the world.

use std::collections::HashMap;

use account::item::Owed;
use account::plan::Call;
use account::shard::Shard;
use account::{Change, Drill, Head, Held, Lines, Listing, Neighbour, Receipt, Saved, Section};
use alarm::incident::Incident;
use alarm::points::{Points, Time};
use alarm::series::Series;
use alarm::silence::Silence;
use alarm::verdict::State;

use super::{Fault, HOST, World, series};
use crate::guilt::{Clues, Scene};
use crate::outside::{Found, Measure, Outside, Taken, Trouble, Wanted};

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
        Ok(Clues { suspects: vec![line.to_string()], ..Clues::default() })
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

//! `stormglass demo`: a made-up bad day, faster than time, through the real pipeline.
//!
//! Only two things are made up: what the host and the shop say of themselves (`story`), and the clock. Window, store,
//! rules, judge, ladder, outlets, the way of the logs and the page are those of every day.

mod clock;
mod story;

use std::cell::RefCell;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use alarm::points::Time;
use alarm::zone::Zone;
use tokio::sync::mpsc;

use super::book::Book;
use super::house::Shared;
use super::judge::{Act, Machine, read};
use super::run::{Source, Stage, Wiring, furnish, live, open};
use super::tell::Say;
use crate::config::Config;
use crate::failure::Failure;
use crate::reading::Readings;
use crate::run::Order;
use story::Shop;

const HOST: &str = "shop-1";
const RULES: &str = include_str!("alarms.toml");
/// How much faster than time: the day takes a minute and a half.
pub(crate) const SPEED: u32 = 120;
/// Days of an ordinary past, so that the charts and the judges have one.
const PAST_DAYS: i64 = 4;
const PAST_STEP_S: i64 = 60;
/// The judges look at the past so often.
const PAST_ROUND_S: i64 = 900;

/// Everything that makes a demo of local mode. Its files live in `folder`, which the caller clears away.
#[derive(Debug)]
pub(crate) struct Demo {
    began: Time,
    log: File,
    random: fastrand::Rng,
    acknowledged: bool,
    /// The last ten seconds that were written.
    written: Time,
}

impl Demo {
    /// A day that begins `now`.
    pub(crate) fn begin(now: Duration, folder: &Path, config: &mut Config) -> Result<Self, Failure> {
        let cannot =
            |error| Failure::failed("SG-LOC-040", format!("cannot write into {}", folder.display())).because(error);
        let path = folder.join("shop.log");
        let log = File::options().create(true).append(true).open(&path).map_err(cannot)?;
        let text = format!(
            "[logs]\n[[logs.file]]\nservice = 'checkout'\npaths = ['{}']\nlevel = 'error'\npackages = ['com.acme']\n",
            path.display()
        );
        let of_logs = Config::parse("demo", &text)?;
        config.logs = of_logs.logs;
        folder.clone_into(&mut config.agent.state_dir);
        config.cloudwatch.shape.identity.set("host", HOST);
        let began = now.as_secs() as Time;
        Ok(Self { began, log, random: fastrand::Rng::with_seed(7_300), acknowledged: false, written: began })
    }

    fn rules() -> Result<alarm::rules::Rules, Failure> {
        // The smallest Lightsail plan: five percent of two processors for ever.
        Ok(read("the demo's rules", RULES, &[], Machine::find("$5").as_ref())?)
    }

    /// Tells an ordinary past, which is judged as it goes by.
    fn past(&mut self, house: &Shared) {
        let mut house = house.borrow_mut();
        let mut at = self.began - PAST_DAYS * 86_400;
        while at < self.began {
            let minute = (at - self.began) as f64 / 60.0;
            let readings = Shop::at(minute).readings(&mut self.random, at % 600 == 0);
            house.remember("host", readings, at, at % PAST_ROUND_S == 0);
            if at % 3_600 == 0 && house.store.sync().is_err() {
                return;
            }
            at += PAST_STEP_S;
        }
    }

    /// Plays the day to its end.
    pub(crate) async fn play(
        self,
        config: &Config,
        speed: u32,
        orders: mpsc::Receiver<Order>,
        say: Say,
    ) -> Result<(), Failure> {
        let local = config.local.clone().unwrap_or_default();
        let (listener, door) = open(local.listen)?;
        let began = self.began - PAST_DAYS * 86_400;
        let house = furnish(config, (Self::rules()?, Book::default()), (HOST.to_owned(), true), began)?;
        let (house, demo): (Shared, _) = (Rc::new(RefCell::new(house)), Rc::new(RefCell::new(self)));
        demo.borrow_mut().past(&house);
        // The past took its time; the day begins now.
        clock::start(Duration::from_secs(demo.borrow().began.unsigned_abs()), speed);
        let (say, host) = (Rc::new(say), HOST.to_owned());
        let load =
            Box::new(|| Err(Failure::usage("SG-LOC-040", "the demo has no configuration that could be read anew")));
        let wiring = Wiring { orders, clock: clock::now, speed, say, host, load, given: None };
        live(config, house, demo, wiring, (listener, door)).await
    }

    fn minute(&self, now: Time) -> f64 {
        (now - self.began) as f64 / 60.0
    }

    /// What is seen at `now`, and what people do.
    fn look(&mut self, now: Time) -> Readings {
        let minute = self.minute(now);
        while self.written + 10 <= now {
            self.written += 10;
            let when = Zone::utc().wall(self.written).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            let lines = Shop::at(self.minute(self.written)).lines(&mut self.random, &when);
            if let Err(error) = self.log.write_all(lines.as_bytes()) {
                tracing::warn!(%error, "the demo's log cannot be written");
            }
        }
        Shop::at(minute).readings(&mut self.random, true)
    }

    /// Somebody of the department takes everything that is open.
    fn people(&mut self, house: &Shared, now: Time) {
        if self.acknowledged || self.minute(now) < story::ACKNOWLEDGED {
            return;
        }
        self.acknowledged = true;
        let mut house = house.borrow_mut();
        let house = &mut *house;
        let open = house.judge.incidents.values().filter(|story| story.ended.is_none());
        let open: Vec<(String, &str)> = open
            .map(|story| (story.id.clone(), story::mended(story.alarms.iter().map(|alarm| alarm.title.as_str()))))
            .collect();
        for (incident, note) in open {
            let acts = [
                Act::Acknowledge { incident: incident.clone(), by: "kim".to_owned(), for_s: 4 * 3_600 },
                Act::Note { incident, by: "kim".to_owned(), text: note.to_owned() },
            ];
            for act in acts {
                if let Err(error) = house.judge.act(&mut house.store, act, now) {
                    tracing::warn!(%error, "nobody could act in the demo");
                }
            }
        }
    }

    /// The reports of all that happened, by the clock of the team.
    fn reports(house: &Shared, now: Time) -> Vec<String> {
        let house = house.borrow();
        let team = &house.judge.rules.team;
        let audience = alarm::team::Audience { name: String::new(), language: team.language, zone: team.zone.clone() };
        house.judge.incidents.values().map(|story| alarm::incident::report(story, &audience, now)).collect()
    }
}

impl Source for Rc<RefCell<Demo>> {
    fn look(&mut self, now: Time) -> Readings {
        self.borrow_mut().look(now)
    }

    fn stage(&mut self, house: &Shared, now: Time) -> Stage {
        self.borrow_mut().people(house, now);
        let over = self.borrow().minute(now) >= story::END;
        if over { Stage::Over(Demo::reports(house, now)) } else { Stage::GoesOn }
    }
}

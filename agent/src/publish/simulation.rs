//! A day without the service, with a real spool and kills at random moments: the ledger tells what arrived.

use std::collections::BTreeMap;

use super::*;
use crate::spool::{Folder, Limits, Spool};

const START: Time = 1_800_000_000;
const HOURS: u64 = 24;
/// What each minute puts into the spool.
const DATUMS: usize = 10;
const KILLS: usize = 250;

struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The service's own book: how often each datum of each minute arrived.
#[derive(Default)]
struct Ledger(BTreeMap<(u64, usize), u32>);

struct Day {
    folder: tempfile::TempDir,
    spool: Option<Spool<Folder>>,
    publisher: Publisher,
    ledger: Ledger,
    /// Datums whose answer a kill cut off: they may be counted twice.
    in_flight_at_kill: BTreeMap<(u64, usize), u32>,
    now: Duration,
    dice: Dice,
    kills: usize,
    /// What the machine is told next.
    event: Event,
    /// The minute in which the service was first reached since it was away.
    up_since: Option<u64>,
    /// The longest that a minute waited that was fresh while the backlog was sent.
    fresh_waited: Duration,
}

impl Day {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut day = Self {
            folder,
            spool: None,
            publisher: Publisher::new(Duration::ZERO),
            ledger: Ledger::default(),
            in_flight_at_kill: BTreeMap::new(),
            now: Duration::ZERO,
            dice: Dice(88_172_645_463_325_252),
            kills: 0,
            event: Event::Woke,
            up_since: None,
            fresh_waited: Duration::ZERO,
        };
        day.start();
        day
    }

    fn start(&mut self) {
        // The lock of the dead process falls with it.
        self.spool = None;
        let disk = Folder::open(self.folder.path()).expect("is free");
        let limits = Limits { bytes: 64 << 20, age_s: BACK_MAX_S };
        self.spool = Some(Spool::open(disk, limits).expect("opens"));
        self.publisher = Publisher::new(Duration::ZERO);
    }

    fn spool(&mut self) -> &mut Spool<Folder> {
        self.spool.as_mut().expect("runs")
    }

    fn minute(&self) -> u64 {
        self.now.as_secs() / 60
    }

    /// One minute: its record comes, and the machine does what it can until the next.
    fn live(&mut self, service_is_up: bool) {
        let (minute, ends) = (self.minute(), Duration::from_mins(self.minute() + 1));
        let at = START + (minute * 60) as Time;
        self.spool().append(&minute.to_le_bytes(), DATUMS, at).expect("is written");
        while self.now < ends {
            let (oldest, newest) = (self.spool().oldest(), self.spool().newest());
            let dice = self.dice.roll();
            let time = START + self.now.as_secs() as Time;
            let view = View { oldest: oldest.as_ref(), newest: newest.as_ref(), now: self.now, time, dice };
            let event = std::mem::replace(&mut self.event, Event::Woke);
            self.event = match self.publisher.next(event, &view) {
                Operation::Send(job) => self.send(&job, service_is_up),
                Operation::Forget(job) => {
                    self.spool().settle(job.seq, job.part).expect("is written");
                    Event::Woke
                }
                Operation::Wait(wait) => {
                    let left = ends.saturating_sub(self.now);
                    let wait = wait.unwrap_or(left).min(left);
                    self.now += wait.max(Duration::from_millis(1));
                    Event::Woke
                }
                other => panic!("nothing is given up in a day: {other:?}"),
            };
        }
    }

    fn send(&mut self, job: &Job, up: bool) -> Event {
        self.now += Duration::from_millis(50 + (self.dice.roll() * 100.0) as u64);
        let body = self.spool().read(job.seq).expect("is read").expect("is there");
        let minute = u64::from_le_bytes(body.try_into().expect("eight bytes"));
        let killed = self.kills < KILLS && self.dice.roll() < 0.12;
        if up {
            for datum in job.part.clone() {
                *self.ledger.0.entry((minute, datum)).or_default() += 1;
            }
            if minute > *self.up_since.get_or_insert(self.minute()) {
                self.fresh_waited = self.fresh_waited.max(self.now.saturating_sub(Duration::from_mins(minute)));
            }
        } else {
            self.up_since = None;
        }
        if killed {
            self.kills += 1;
            if up {
                for datum in job.part.clone() {
                    *self.in_flight_at_kill.entry((minute, datum)).or_default() += 1;
                }
            }
            self.start();
            return Event::Woke;
        }
        let kinds = [Kind::Unreachable, Kind::Throttled, Kind::Denied];
        let kind = kinds[(self.dice.roll() * 3.0) as usize];
        Event::Answered(if up { Ok(()) } else { Err(Refusal { kind, code: String::new(), says: String::new() }) })
    }
}

#[test]
fn a_day_without_the_service_and_kills_lose_nothing_and_double_only_what_was_in_flight() {
    let mut day = Day::new();
    let outage = HOURS * 60;
    for minute in 0..outage + 30 {
        // The first minutes are well, then comes the outage, then the service is back.
        day.live(!(5..outage).contains(&minute));
        if minute == outage + 10 {
            let waiting = day.spool().backlog().points;
            assert_eq!(waiting, 0, "a day's backlog is sent within ten minutes of the service's return");
        }
    }
    assert!(day.kills >= 200, "{} kills", day.kills);
    for minute in 0..outage + 30 {
        for datum in 0..DATUMS {
            let arrived = day.ledger.0.get(&(minute, datum)).copied().unwrap_or(0);
            let excused = day.in_flight_at_kill.get(&(minute, datum)).copied().unwrap_or(0);
            assert!(arrived >= 1, "datum {datum} of minute {minute} is lost");
            assert!(arrived <= 1 + excused, "datum {datum} of minute {minute} arrived {arrived} times");
        }
    }
    let most = Duration::from_secs(5);
    assert!(day.fresh_waited < most, "a fresh minute waited {:?} behind the backlog", day.fresh_waited);
}

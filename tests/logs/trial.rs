//! One trial: a writer, an agent that is killed or an endpoint that breaks, and the account at the end.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tests::endpoint::Settings;
use tests::endpoint::ledger::{Keep, Ledger};
use tests::{Agent, Endpoint};

use super::account::Account;
use super::writer::{MARK, Rotation, Writer};

const CONFIG: &str = "
[agent]
state_dir = '{folder}/state'
[[logs.file]]
service = 'shop'
paths = ['{folder}/logs/PATHS']
start = 'beginning'
level = 'all'
fold = false
";

/// How long everything that was written may take to arrive, once nothing hinders it.
const PATIENCE: Duration = Duration::from_mins(10);
/// Nothing new for so long: what is missing will not come. Longer than any wait of ours between two attempts.
const SILENCE: Duration = Duration::from_secs(90);
/// Between two rotations: longer than an agent is down, so that each file is looked at at least once, or its successor.
const ROTATED_MS: std::ops::Range<u64> = 2_500..4_500;
const LIFE_MS: std::ops::Range<u64> = 700..4_000;
const DOWN_MS: std::ops::Range<u64> = 0..700;

#[derive(Debug)]
pub(crate) struct Trial {
    pub(crate) dice: fastrand::Rng,
    pub(crate) aws: Endpoint,
    agent: Agent,
    pub(crate) writer: Writer,
    /// So many lives were ended by a kill.
    kills: u64,
    rotated: Instant,
    rotate_after: Duration,
}

impl Trial {
    #[expect(clippy::print_stdout, reason = "libtest shows it beside a failure, which it lets repeat")]
    pub(crate) fn new(paths: &str, rotation: Rotation) -> Self {
        let seed =
            std::env::var("STORMGLASS_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().expect("a number"));
        println!("STORMGLASS_SEED={seed}");
        let settings = Settings { keep: Keep::Numbers(MARK.to_owned()), ..Settings::default() };
        let aws = Endpoint::start(settings);
        let mut agent = Agent::new(&CONFIG.replace("PATHS", paths)).against(&aws);
        let path: PathBuf = agent.folder().join("logs/app.log");
        let writer = Writer::start(&path, rotation);
        agent.start();
        let dice = fastrand::Rng::with_seed(seed);
        Self { dice, aws, agent, writer, kills: 0, rotated: Instant::now(), rotate_after: Duration::from_secs(3) }
    }

    fn draw(&mut self, from: std::ops::Range<u64>) -> Duration {
        Duration::from_millis(self.dice.u64(from))
    }

    /// Lets the time pass; the file is rotated meanwhile, at random.
    pub(crate) fn pass(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            if self.rotated.elapsed() >= self.rotate_after {
                self.rotate();
            }
            std::thread::sleep((end - Instant::now()).min(Duration::from_millis(20)));
        }
    }

    fn rotate(&mut self) {
        self.writer.rotate();
        self.rotated = Instant::now();
        self.rotate_after = self.draw(ROTATED_MS);
    }

    /// `kill -9` at any moment, again and again.
    pub(crate) fn kill_at_random(&mut self, kills: u64) {
        for _ in 0..kills {
            let life = self.draw(LIFE_MS);
            self.pass(life);
            self.kill();
            let down = self.draw(DOWN_MS);
            self.pass(down);
            self.agent.start();
        }
    }

    /// `kill -9`, and a rotation before it is up again: what was unread then stands under another name.
    pub(crate) fn rotate_while_down(&mut self, kills: u64) {
        for _ in 0..kills {
            std::thread::sleep(self.draw(LIFE_MS));
            self.kill();
            std::thread::sleep(self.draw(DOWN_MS));
            self.writer.rotate();
            std::thread::sleep(self.draw(DOWN_MS));
            self.agent.start();
        }
    }

    fn kill(&mut self) {
        self.agent.kill();
        self.kills += 1;
    }

    /// Waits for the last line and what may come after it, ends the agent, and adds up.
    #[expect(clippy::print_stdout, reason = "libtest shows it beside a failure")]
    pub(crate) fn finish(mut self) -> (Account, u64) {
        let written = self.writer.stop();
        let taken = self.writer.taken();
        let (begun, mut events, mut grown) = (Instant::now(), 0, Instant::now());
        let mut seen = Seen::new(written, &taken);
        while begun.elapsed() < PATIENCE && grown.elapsed() < SILENCE {
            let (missing, now) = self.aws.ledger(|ledger| (seen.look(ledger), ledger.events.len()));
            if missing == 0 {
                break;
            }
            if now > events {
                (events, grown) = (now, Instant::now());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        // Doubles that are still under way come now or, by the order to stop, never.
        std::thread::sleep(Duration::from_secs(3));
        let status = self.agent.stop();
        assert!(status.success(), "{status}");
        let account = self.aws.ledger(|ledger| Account::of(ledger, written, &taken, self.kills));
        if !account.faults().is_empty() {
            let read = |file: &str| std::fs::read_to_string(self.agent.folder().join(file)).unwrap_or_default();
            let calls = self.aws.ledger(|ledger| ledger.calls.iter().rev().take(8).cloned().collect::<Vec<_>>());
            println!(
                "{}\n{}\n{calls:#?}\nof the calls in doubt: {:?}",
                read("output"),
                read("state/logs.json"),
                self.aws.ledger(|ledger| super::account::in_doubt(ledger, self.kills)),
            );
        }
        (account, self.writer.rotations())
    }

    pub(crate) fn kills(&self) -> u64 {
        self.kills
    }
}

/// Which numbers came, without going through all of them each time.
struct Seen {
    came: Vec<bool>,
    missing: u64,
    looked: usize,
}

impl Seen {
    /// Nobody waits for what a truncation took, though some of it may have been read before.
    fn new(written: u64, taken: &BTreeSet<u64>) -> Self {
        let came: Vec<_> = (0..written).map(|number| taken.contains(&number)).collect();
        let missing = came.iter().filter(|came| !**came).count() as u64;
        Self { came, missing, looked: 0 }
    }

    fn look(&mut self, ledger: &Ledger) -> u64 {
        for event in &ledger.events[self.looked..] {
            if let tests::endpoint::ledger::Body::Number(number) = event.body
                && let Some(came) = self.came.get_mut(number as usize)
            {
                self.missing -= u64::from(!std::mem::replace(came, true));
            }
        }
        self.looked = ledger.events.len();
        self.missing
    }
}

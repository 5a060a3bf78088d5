//! Folding through kills: whole events and counted repeats sum to what was written.

use std::fs::OpenOptions;
use std::io::Write;
use std::time::Duration;

use serde_json::Value;
use tests::endpoint::ledger::{Event, Ledger};
use tests::{Agent, Endpoint};

use super::account::in_doubt;

const CONFIG: &str = "
[agent]
state_dir = '{folder}/state'
[logs]
fold_window = '1s'
[[logs.file]]
service = 'shop'
paths = ['{folder}/app.log']
start = 'beginning'
context = 0
";
const KINDS: [&str; 4] = ["apples", "pears", "plums", "figs"];
const LIVES: u64 = 6;
/// Written in each life.
const ERRORS: u64 = 900;

/// How many errors an event stands for.
fn stands_for(event: &Event) -> u64 {
    let Ok(event) = serde_json::from_str::<Value>(event.message()) else { return 0 };
    match event["event"].as_str() {
        Some("repeated") => event["repeats"].as_u64().expect("a number of repeats"),
        Some(_) => 0,
        None => u64::from(event["message"].as_str().is_some_and(|text| text.contains("out of stock"))),
    }
}

fn sum(ledger: &Ledger) -> u64 {
    ledger.events.iter().map(stands_for).sum()
}

#[test]
fn counts_of_repeats_sum_exactly_through_kills() {
    let aws = Endpoint::plain();
    let mut agent = Agent::new(CONFIG).against(&aws);
    let path = agent.folder().join("app.log");
    let mut log = OpenOptions::new().create(true).append(true).open(path).expect("the log can be written");
    agent.start();
    for life in 0..LIVES {
        for at in 0..ERRORS {
            let kind = KINDS[fastrand::usize(..KINDS.len())];
            writeln!(log, "ERROR [till-1] shop.till - {kind} are out of stock, order {}", life * ERRORS + at)
                .expect("there is room");
            if at % 30 == 0 {
                std::thread::sleep(Duration::from_millis(fastrand::u64(..200)));
            }
        }
        agent.kill();
        agent.start();
    }
    aws.wait("every error", Duration::from_mins(2), |ledger| sum(ledger) >= LIVES * ERRORS);
    // What would come beyond that comes with the next window.
    std::thread::sleep(Duration::from_secs(4));
    let status = agent.stop();
    assert!(status.success(), "{status}");
    aws.ledger(|ledger| {
        let doubt = in_doubt(ledger, LIVES);
        let pardoned: u64 = ledger.events.iter().filter(|event| doubt.contains(&event.call)).map(stands_for).sum();
        let surplus = sum(ledger) - LIVES * ERRORS;
        assert!(surplus <= pardoned, "{surplus} too many, {pardoned} in requests under way at a kill");
        let whole = ledger.events.iter().filter(|event| stands_for(event) == 1).count() as u64;
        assert!(whole < LIVES * ERRORS / 10, "{whole} went whole: nothing was folded");
    });
}

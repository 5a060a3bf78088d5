//! Where notices leave: the terminal, a Slack-style webhook, e-mail, a command.
//!
//! Each has every notice of its audience once, in its order. What an outlet refuses is tried again, ever more slowly,
//! for a day; it stands among the owed meanwhile, also over a restart. No address with a secret in it is ever said.

mod command;
mod config;
mod mail;
mod webhook;

use std::rc::Rc;
use std::time::Duration;

use alarm::points::Time;
use config::Kind;
pub(crate) use config::{RawWay, Way};

use super::house::Shared;
use super::judge::Owed;

/// No outlet is waited for longer.
const PATIENCE: Duration = Duration::from_secs(20);
/// Older than this a notice tells nobody anything.
const OWED_S: Time = 24 * 3_600;
/// The first wait after a failure; it doubles up to the longest.
const AGAIN_FIRST_S: Time = 10;
const AGAIN_LONGEST_S: Time = 900;

/// The outlet that is always there.
const TERMINAL: &str = "terminal";

/// What a person at the terminal sees.
pub(crate) type Say = Box<dyn Fn(&str)>;

/// Sends whatever is owed, as long as it is polled.
pub(crate) async fn run(house: Shared, ways: Vec<Way>, say: Rc<Say>, clock: fn() -> Duration) {
    let mut rounds = house.borrow().rounds();
    let mut failing: Vec<String> = Vec::new();
    loop {
        let now = clock().as_secs() as Time;
        let due: Vec<Owed> = house.borrow().judge.owed.iter().filter(|owed| is_due(owed, now)).cloned().collect();
        for owed in due {
            deliver(&house, &ways, &say, &owed, now, &mut failing).await;
        }
        if rounds.changed().await.is_err() {
            return;
        }
    }
}

/// Whether it is time for the next try.
fn is_due(owed: &Owed, now: Time) -> bool {
    let waits = (0..owed.tries).map(|at| (AGAIN_FIRST_S << at.min(10)).min(AGAIN_LONGEST_S)).sum::<Time>();
    now >= owed.since + waits
}

async fn deliver(house: &Shared, ways: &[Way], say: &Say, owed: &Owed, now: Time, failing: &mut Vec<String>) {
    let mut done = owed.done.clone();
    let mut troubles = 0;
    if done.iter().all(|way| way != TERMINAL) {
        say(&format!("{} → {}\n{}", owed.title, owed.audience, owed.summary));
        done.push(TERMINAL.to_owned());
    }
    for way in ways.iter().filter(|way| way.hears(&owed.audience)) {
        if done.contains(&way.name) {
            continue;
        }
        let sent = tokio::time::timeout(PATIENCE, send(way, owed)).await;
        match sent.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs()))) {
            Ok(()) => {
                failing.retain(|name| *name != way.name);
                done.push(way.name.clone());
            }
            Err(says) => {
                troubles += 1;
                // Said once, and again after it worked.
                if !failing.contains(&way.name) {
                    tracing::error!(
                        code = "SG-LOC-030",
                        outlet = way.name,
                        says,
                        "a notice was refused; it is tried again"
                    );
                    failing.push(way.name.clone());
                }
            }
        }
    }
    let mut house = house.borrow_mut();
    let house = &mut *house;
    if troubles == 0 {
        house.judge.settle(&mut house.store, &owed.id());
    } else if now - owed.since > OWED_S {
        tracing::error!(code = "SG-LOC-031", notice = owed.id(), "a notice could not be sent for a day and is dropped");
        house.judge.settle(&mut house.store, &owed.id());
    } else {
        house.judge.tried(&mut house.store, &owed.id(), done);
    }
    house.failing.clone_from(failing);
}

async fn send(way: &Way, owed: &Owed) -> Result<(), String> {
    match &way.kind {
        Kind::Webhook { url } => webhook::post(url, owed.slack.clone()).await,
        Kind::Command { argv } => {
            let (argv, owed) = (argv.clone(), owed.clone());
            blocking(move || command::run(&argv, &owed, PATIENCE)).await
        }
        Kind::Mail(mail) => {
            let (mail, owed) = (mail.clone(), owed.clone());
            blocking(move || mail::send(&mail, &owed, PATIENCE)).await
        }
    }
}

async fn blocking(work: impl FnOnce() -> Result<(), String> + Send + 'static) -> Result<(), String> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(format!("it broke off: {error}")))
}

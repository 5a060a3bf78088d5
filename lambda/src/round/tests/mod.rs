//! Rounds in a small world: each process is new unless said otherwise, and may die at every call, before its effect or
//! after it.

mod people;
mod said;
mod shards;
mod world;

use std::collections::BTreeMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use account::Drill;
use account::item::Owed;
use account::link::Key;
use account::shard::Shard;
use alarm::points::Time;
use proptest::prelude::*;

use self::world::{Fault, World};
use super::turn::Report;
use super::{Me, Warm, turn};

const RULES: &str = include_str!("memory.toml");

const SECRET: &str = "a secret of thirty-two characters!";

fn me(now: Time, name: &str) -> Me {
    let links = Key::new(SECRET).map(|key| (key, "https://stormglass.example/".to_owned()));
    Me { shard: Shard::WHOLE, name: name.to_owned(), now, over: now + 59, points_max: 3_000_000, links }
}

/// Runs until it is done, or until the world kills it.
fn run<T>(world: &World, task: impl Future<Output = T>) -> Option<T> {
    let mut task = pin!(task);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match task.as_mut().poll(&mut context) {
            Poll::Ready(done) => return Some(done),
            Poll::Pending if world.dead() => return None,
            Poll::Pending => {}
        }
    }
}

/// A new process judges the minute.
fn minute(world: &World, minute: Time) -> Option<Report> {
    world.at(minute * 60);
    let me = me(minute * 60, &format!("round-{minute}"));
    run(world, async { turn(&mut Warm::default(), world, &me).await })
}

fn counts(sent: &[Owed]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for owed in sent {
        *counts.entry(owed.id()).or_default() += 1;
    }
    counts
}

/// The heartbeat of an instance ends; whether that is a page depends on what an event said of it.
#[test]
fn a_host_that_was_stopped_on_purpose_wakes_nobody() {
    let rules = RULES.split("[[alarm]]").next().expect("a head");
    let rules = format!(
        "{rules}[[alarm]]\nname = 'gone'\njudge = 'silent'\nmetric = 'mem_used_percent'\neach = ['InstanceId']\n"
    );
    for stopped in [false, true] {
        let world = World::new(&rules, |at| if at < 600 { 1.0 } else { f64::NAN });
        let mut warm = Warm::default();
        let mut firing = 0;
        for at in 5..40 {
            if stopped && at == 10 {
                world.stop_host();
            }
            world.at(at * 60);
            let me = me(at * 60, &format!("round-{at}"));
            let report = run(&world, turn(&mut warm, &world, &me)).expect("nothing kills it");
            assert_eq!(report.troubles, [""; 0], "minute {at}");
            firing = report.firing;
        }
        assert_eq!((firing, world.sent().is_empty()), (usize::from(!stopped), stopped), "stopped: {stopped}");
    }
}

#[test]
fn a_breach_is_told_climbs_and_is_over() {
    let world = World::new(RULES, |at| if (600..6_000).contains(&at) { 97.0 } else { 40.0 });
    for at in 0..130 {
        let report = minute(&world, at).unwrap();
        assert_eq!(report.troubles, [""; 0], "minute {at}");
    }
    let told: Vec<_> = world.sent().iter().map(|owed| (owed.since / 60, owed.audience.clone(), owed.number)).collect();
    let who: Vec<_> = told.iter().map(|(_, who, _)| who.as_str()).collect();
    assert_eq!(&who[..2], ["on-call", "department"], "{told:?}");
    assert!(told[0].0 <= 15 && (30..=31).contains(&(told[1].0 - told[0].0)), "{told:?}");
    let subjects: Vec<_> = world.sent().iter().map(|owed| owed.subject.clone()).collect();
    assert!(subjects[0].starts_with("PAGE") && subjects.iter().any(|it| it.starts_with("OVER")), "{subjects:?}");
    assert!(world.sent()[0].email.contains("java (2.79 GiB)"), "{}", world.sent()[0].email);
    assert!(world.story().suspects.iter().any(|line| line.contains("java")), "the report knows it too");
    assert!(world.at_rest(), "an incident that is over leaves nothing but its story");
}

/// By the way of everything else, to everybody whom any step tells, marked, and over when it ends.
#[test]
fn a_drill_reaches_everybody_at_once_and_says_that_it_is_one() {
    let world = World::new(RULES, |_| 40.0);
    let mut warm = Warm::default();
    for at in 0..40 {
        if at == 10 {
            world.drill(Drill { id: "d1".into(), by: "kim".into(), from: 590, until: 1_190 });
        }
        world.at(at * 60);
        let report = run(&world, turn(&mut warm, &world, &me(at * 60, &format!("r{at}")))).expect("nothing kills it");
        assert_eq!((report.troubles, report.firing), (vec![], usize::from((10..20).contains(&at))), "minute {at}");
    }
    let sent = world.sent();
    let told: Vec<_> = sent.iter().map(|owed| (&*owed.audience, owed.since / 60, &owed.subject[..11])).collect();
    let expected = [
        ("department", 10, "DRILL PAGE "),
        ("on-call", 10, "DRILL PAGE "),
        ("department", 20, "DRILL OVER "),
        ("on-call", 20, "DRILL OVER "),
    ];
    assert_eq!(told, expected);
    assert!(world.story().drill && world.at_rest());
    assert_eq!(world.receipts().len(), 4);
}

/// A whole fleet breaks at once: one notice for each audience, every incident for itself.
#[test]
fn above_a_rate_many_are_told_as_one() {
    let world = World::new(RULES, |at| if at >= 600 { 97.0 } else { 40.0 });
    world.fleet(25);
    let mut owed = Vec::new();
    for at in 0..20 {
        world.fault(if at < 15 { Some(Fault::Outlet) } else { None });
        owed.push(minute(&world, at).unwrap().owed);
    }
    let sent = world.sent();
    assert_eq!(sent.len(), 1, "{:?}", counts(&sent));
    assert!(sent[0].subject.contains("25 notices at once") && sent[0].json.contains("web-17"), "{}", sent[0].json);
    assert_eq!(owed.last(), Some(&0), "{owed:?}");
}

/// The price of a plan counts them.
#[test]
fn it_says_as_much_of_itself_as_is_paid_for() {
    let report = Report { age_s: Some(60), ..Report::default() };
    assert_eq!(report.measures().len(), account::price::OWN_METRICS);
}

/// How a round is killed at every call: what it sent before it could mark it is all that may come twice.
#[test]
fn killed_at_every_call_nothing_is_lost_and_only_what_was_under_way_comes_twice() {
    let rising = |at: Time| if at >= 600 { 97.0 } else { 40.0 };
    let mut doubled = 0;
    let mut calls = 0;
    for kill in 1.. {
        let world = World::new(RULES, rising).with_bus();
        for at in 0..60 {
            if at == 11 {
                world.kill_at(kill);
            }
            let done = minute(&world, at);
            if at == 11 {
                calls = kill;
                if done.is_some() && kill > 1 && !world.killed_once() {
                    break;
                }
                world.revive();
            }
        }
        if !world.killed_once() {
            break;
        }
        let sent = counts(&world.sent());
        let first = sent.iter().filter(|(id, _)| id.ends_with("/1/on-call")).count();
        assert_eq!(first, 1, "killed at call {kill}: {sent:?}");
        assert!(sent.keys().any(|id| id.ends_with("/department")), "killed at call {kill}: {sent:?}");
        let events = counts(&world.events());
        assert_eq!(events.len(), 1, "killed at call {kill}: {events:?}");
        let twice: usize = sent.values().chain(events.values()).map(|count| count - 1).sum();
        assert!(twice <= usize::from(world.unmarked()), "killed at call {kill}: {sent:?}");
        doubled += twice;
    }
    assert!(calls > 15, "only {calls} calls");
    // After it was sent, before its receipt, before its mark; the event has no receipt.
    assert!(doubled <= 5, "{doubled} of {calls} kills");
}

#[test]
fn an_outlet_that_is_gone_for_an_hour_gets_everything_once() {
    let world = World::new(RULES, |at| if at >= 600 { 97.0 } else { 40.0 });
    for at in 0..150 {
        world.fault(if (5..75).contains(&at) { Some(Fault::Outlet) } else { None });
        let report = minute(&world, at).unwrap();
        assert!(!(12..75).contains(&at) || report.owed > 0, "minute {at}: {report:?}");
    }
    let counts = counts(&world.sent());
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
    assert!(counts.keys().any(|id| id.ends_with("/1/on-call")) && counts.keys().any(|id| id.ends_with("department")));
}

#[test]
fn what_cannot_be_read_is_unknown_and_not_over() {
    let world = World::new(RULES, |at| if at >= 600 { 97.0 } else { 40.0 });
    for at in 0..120 {
        world.fault(if (20..100).contains(&at) { Some(Fault::Read) } else { None });
        let report = minute(&world, at).unwrap();
        if (20..100).contains(&at) {
            assert!(report.unknown > 0 && report.unread > 0 && !report.troubles.is_empty(), "minute {at}: {report:?}");
        }
    }
    assert!(world.sent().iter().all(|owed| !owed.subject.starts_with("OVER")));
}

#[test]
fn memory_out_of_reach_tells_nobody_twice() {
    let world = World::new(RULES, |at| if at >= 600 { 97.0 } else { 40.0 });
    for at in 0..40 {
        world.fault(if at % 2 == 1 { Some(Fault::Memory) } else { None });
        minute(&world, at).unwrap();
    }
    let counts = counts(&world.sent());
    assert!(counts.len() == 1 && counts.values().all(|count| *count == 1), "{counts:?}");
}

/// Every other process lives five minutes ahead or behind.
#[test]
fn clocks_that_are_apart_tell_nobody_twice() {
    for apart in [-300, 300] {
        let world = World::new(RULES, |at| if at >= 600 { 97.0 } else { 40.0 });
        for at in 5..70 {
            world.at(at * 60);
            let me = me(at * 60 + apart * (at % 2), &format!("round-{at}"));
            run(&world, async { turn(&mut Warm::default(), &world, &me).await }).unwrap();
        }
        let counts = counts(&world.sent());
        assert!(counts.values().all(|count| *count == 1), "{apart} s apart: {counts:?}");
        assert!(counts.keys().any(|id| id.ends_with("department")), "{apart} s apart: {counts:?}");
        // Who lives in the past may still see it fine, until the past has it too.
        let over = |owed: &Owed| owed.subject.starts_with("OVER") && owed.since > 1_200;
        assert!(!world.sent().iter().any(over), "{apart} s apart");
    }
}

#[test]
fn wrong_rules_page_and_the_last_good_ones_go_on() {
    let world = World::new(RULES, |at| if at >= 1_800 { 97.0 } else { 40.0 });
    for at in 0..60 {
        if at == 10 {
            world.rules("[[alarm]]\nnme = 'x'\n");
        }
        let report = minute(&world, at).unwrap();
        assert_eq!(report.faults > 0, at >= 10, "minute {at}: {report:?}");
    }
    let sent = world.sent();
    assert!(sent.iter().any(|owed| owed.email.contains("stormglass-rules")), "the fault is told");
    assert!(sent.iter().any(|owed| owed.subject.contains("memory")), "the last good rules go on");
}

#[test]
fn a_process_that_stays_asks_and_writes_little() {
    let world = World::new(RULES, |_| 40.0);
    let mut warm = Warm::default();
    for at in 0..10 {
        world.at(at * 60);
        run(&world, turn(&mut warm, &world, &me(at * 60, &format!("r{at}")))).unwrap();
    }
    let calls = world.calls();
    assert_eq!((calls["load"], calls["discover"], calls.get("save")), (1, 2, None), "{calls:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Two rounds of the same minute, in any order of their calls: as if one ran.
    #[test]
    fn two_at_once_are_as_one(order in proptest::collection::vec(any::<bool>(), 200), late in 0_usize..40) {
        let world = World::new(RULES, |at| if at >= 600 { 97.0 } else { 40.0 });
        for at in 0..11 {
            minute(&world, at).unwrap();
        }
        world.at(11 * 60);
        world.yielding(true);
        let (one, two) = (me(660, "one"), me(660, "two"));
        let (mut cold, mut other) = (Warm::default(), Warm::default());
        {
            let mut one = pin!(turn(&mut cold, &world, &one));
            let mut two = pin!(turn(&mut other, &world, &two));
            let mut context = Context::from_waker(Waker::noop());
            let (mut first, mut second) = (None, None);
            for at in 0.. {
                let mine = order.get(at).copied().unwrap_or(at % 2 == 0) || at < late;
                if first.is_none() && (mine || second.is_some()) {
                    if let Poll::Ready(report) = one.as_mut().poll(&mut context) { first = Some(report); }
                } else if second.is_none()
                    && let Poll::Ready(report) = two.as_mut().poll(&mut context) { second = Some(report); }
                if first.is_some() && second.is_some() { break; }
            }
        }
        world.yielding(false);
        for at in 12..20 {
            minute(&world, at).unwrap();
        }
        let counts = counts(&world.sent());
        prop_assert!(counts.len() == 1 && counts.values().all(|count| *count == 1), "{:?}", counts);
    }
}

//! What a round says to programs: events, metrics, and what it learned for itself.

use alarm::points::Time;
use serde_json::{Value, json};

use super::super::{Warm, turn};
use super::world::{Fault, World};
use super::{RULES, me, minute, run};
use crate::outside::Measure;

/// What changed, told to programs by the way of the notices; a silence keeps people quiet, not programs.
#[test]
fn programs_hear_of_every_transition_once() {
    let world = World::new(RULES, |at| if (600..1_200).contains(&at) { 97.0 } else { 40.0 }).with_bus();
    for at in 0..40 {
        world.fault(if (8..15).contains(&at) { Some(Fault::Outlet) } else { None });
        let report = minute(&world, at).unwrap();
        assert!(!(12..15).contains(&at) || report.failed == 2, "minute {at}: {report:?}");
    }
    let heard = world.events();
    let events: Vec<Value> = heard.iter().map(|owed| serde_json::from_str(&owed.json).unwrap()).collect();
    let changes: Vec<_> = events.iter().map(|event| &event["transitions"][0]["change"]).collect();
    assert_eq!(changes, ["began", "ended"], "{events:?}");
    let began = &events[0]["transitions"][0];
    assert_eq!((&began["alarm"], &began["labels"]["host"]), (&json!("memory"), &json!("web-1")));
    assert_eq!((&began["state"], &began["grade"], &began["value"]), (&json!("firing"), &json!("page"), &json!(97.0)));
    assert!(events[0]["incident"] == events[1]["incident"] && world.at_rest());
    assert!(world.sent().iter().all(|owed| !owed.event) && world.receipts().len() == world.sent().len());
}

/// A bus that is gone for a day takes no notice with it: each has its own bound.
#[test]
fn what_waits_for_the_bus_never_crowds_out_a_notice() {
    let world = World::new(RULES, |at| if at < 600 || at.rem_euclid(600) < 300 { 40.0 } else { 97.0 }).with_bus();
    let (mut warm, mut dropped) = (Warm::default(), 0);
    for at in 0..200 {
        world.fault(Some(Fault::Bus));
        world.at(at * 60);
        let me = me(at * 60, &format!("round-{at}"));
        dropped += run(&world, turn(&mut warm, &world, &me)).expect("nothing kills it").dropped;
    }
    assert!(dropped > 10 && world.events().is_empty(), "{dropped} dropped");
    let told = world.sent().iter().filter(|owed| owed.audience == "on-call").count();
    assert!(told >= 30, "{told} notices of some 19 episodes and their ends");
    world.fault(None);
    minute(&world, 200).unwrap();
    assert_eq!(world.events().len(), account::item::OWED_MAX);
}

/// 80 up and 75 down is the rule's own affair; what comes of it is a metric that others follow.
#[test]
fn what_is_published_follows_what_is_judged() {
    let rules = RULES.replace("above = 90", "above = 80\nclear = 75\nservice = 'shop'\npublish = true");
    let silent =
        "[[alarm]]\nname = 'here'\njudge = 'silent'\nmetric = 'mem_used_percent'\neach = ['host']\npublish = true\n";
    let value = |at: Time| {
        if at < 600 {
            40.0
        } else if at < 1_200 {
            81.0
        } else if at < 1_800 {
            77.0
        } else {
            74.0
        }
    };
    let world = World::new(&format!("{rules}\n{silent}"), value);
    world.fleet(3);
    let mut warm = Warm::default();
    let mut firing = Vec::new();
    for at in 5..40 {
        world.fault(if at == 36 { Some(Fault::Read) } else { None });
        world.at(at * 60);
        run(&world, turn(&mut warm, &world, &me(at * 60, &format!("r{at}")))).expect("nothing kills it");
        let measured = world.measured();
        let said = |name: &str, dimensions: &[(&str, &str)]| {
            let is = |it: &&Measure| {
                it.name == name
                    && it.dimensions.iter().map(|(name, value)| (*name, &**value)).eq(dimensions.iter().copied())
            };
            measured.iter().find(is).map(|it| it.value)
        };
        let healthy = said("healthy_hosts", &[("alarm", "here")]);
        assert_eq!(healthy, (at != 36).then_some(3.0), "what is unknown is no number: minute {at}");
        assert_eq!(said("alarms_firing", &[("alarm", "stormglass-rules")]), None, "nobody asked");
        firing.push(said("alarms_firing", &[("alarm", "memory"), ("service", "shop")]));
    }
    let at = |minute: usize| firing[minute - 5];
    assert_eq!([at(8), at(18), at(28), at(38)], [Some(0.0), Some(3.0), Some(3.0), Some(0.0)], "{firing:?}");
}

/// A metric whose points come ten minutes late looks as if it had ended; after an hour that is known, by new processes too.
#[test]
fn how_late_a_metric_comes_is_learned_and_remembered() {
    let rules = RULES.replace("above = 90", "above = 90\nmissing = 'breaching'");
    let world = World::new(&rules, |_| 40.0);
    world.late(600);
    world.fleet(3);
    let mut warm = Warm::default();
    let mut firing = Vec::new();
    for at in 5..130 {
        world.at(at * 60);
        firing.push(run(&world, turn(&mut warm, &world, &me(at * 60, &format!("r{at}")))).unwrap().firing);
    }
    assert_eq!((firing[0], firing[124]), (3, 0), "{firing:?}");
    assert!(firing.iter().position(|it| *it == 0).is_some_and(|at| at < 60), "{firing:?}");
    assert_eq!(minute(&world, 130).unwrap().firing, 0, "a new process knows it");
    world.late(3_000);
    let report = (131..180).map(|at| minute(&world, at).unwrap()).last().unwrap();
    assert_eq!(report.firing, 3, "what is later than ever is still missed");
}

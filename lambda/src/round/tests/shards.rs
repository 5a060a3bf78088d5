//! Several shards over one memory: together they are as one, however they die.

use std::collections::BTreeSet;

use account::shard::Shard;
use alarm::points::Time;

use super::super::{Me, Warm, turn};
use super::world::{Fault, World};
use super::{Report, me, run};

/// A composite over all hosts, and one host's trouble that hides another's.
const RULES: &str = r#"
[[audience]]
name = "on-call"
[[ladder]]
group_by = ["host", "rule"]
step = [{ after = "0s", tell = ["on-call"] }]
[[inhibit]]
when = ["rule = pressure", "host = web-1"]
hides = ["rule = memory", "host = web-2"]
[[alarm]]
name = "memory"
namespace = "CWAgent"
metric = "mem_used_percent"
each = ["host"]
above = 90
[[alarm]]
name = "pressure"
namespace = "CWAgent"
metric = "mem_used_percent"
each = ["host"]
above = 80
[[alarm]]
name = "half-of-all"
when = "ALARM(memory)"
"#;

/// Few enough that nothing is gathered into one.
const HOSTS: usize = 4;

fn shards(of: u16) -> Vec<Shard> {
    (0..of).filter_map(|number| Shard::new(number, of)).collect()
}

fn rising(at: Time) -> f64 {
    match at {
        600..780 => 85.0,
        780..2_400 => 97.0,
        _ => 40.0,
    }
}

/// One minute of one shard. `None`: it died.
fn judged(world: &World, warm: &mut Warm, shard: Shard, minute: Time) -> Option<Report> {
    world.at(minute * 60);
    let me = Me { shard, ..me(minute * 60, &format!("round-{minute}-{}", shard.name())) };
    run(world, turn(warm, world, &me))
}

/// Groups that people were told of, and whether it was over.
fn told(world: &World) -> BTreeSet<(String, bool)> {
    let of = |json: &str| serde_json::from_str::<serde_json::Value>(json).expect("JSON");
    let one = |json: &str| {
        let notice = of(json);
        let labels =
            &notice["alarms"].as_array().into_iter().chain(notice["over"].as_array()).flatten().next().cloned();
        let labels = labels.as_ref().map(|alarm| alarm["labels"].to_string()).unwrap_or_default();
        (labels, notice["state"] == "over")
    };
    world.sent().iter().map(|owed| one(&owed.json)).collect()
}

fn lived(of: u16) -> World {
    let world = World::new(RULES, rising);
    world.fleet(HOSTS);
    let mut warm: Vec<Warm> = shards(of).iter().map(|_| Warm::default()).collect();
    for minute in 5..60 {
        for (shard, warm) in shards(of).into_iter().zip(&mut warm) {
            let report = judged(&world, warm, shard, minute).expect("nothing kills it");
            assert_eq!(report.troubles, [""; 0], "minute {minute}, shard {}", shard.name());
        }
    }
    world
}

#[test]
fn four_shards_tell_what_one_tells() {
    let (one, four) = (lived(1), lived(4));
    assert_eq!(told(&one), told(&four));
    let composite = |world: &World| told(world).iter().filter(|(labels, _)| labels.contains("half-of-all")).count();
    assert_eq!((composite(&one), composite(&four)), (2, 2), "it fires and is over: {:?}", told(&four));
    let hidden = |world: &World| {
        let about = |(labels, _): &&(String, bool)| labels.contains(r#""web-2""#) && labels.contains(r#""memory""#);
        told(world).iter().filter(about).count()
    };
    assert_eq!((hidden(&one), hidden(&four)), (0, 0), "one shard's alarm hides another's: {:?}", told(&four));
    assert!(one.at_rest() && four.at_rest());
}

/// One lists for all, and each reads only when something changed.
#[test]
fn what_exists_is_listed_once_for_all() {
    let calls = lived(8).calls();
    assert_eq!(calls["discover"], 11, "55 minutes: {calls:?}");
    // Each shard once; after that nothing changed.
    assert_eq!(calls["sections"], 7, "{calls:?}");
}

/// Of a shard that does not tell any more nothing is known: its children are neither firing nor fine.
#[test]
fn a_neighbour_that_stopped_is_unknown() {
    let rules = RULES.replace("half-of-all", "blind").replace("ALARM(memory)", "INSUFFICIENT_DATA(memory)");
    let world = World::new(&rules, |_| 40.0);
    world.fleet(HOSTS);
    let both = shards(2);
    let mut warm = [Warm::default(), Warm::default()];
    let mut blind = Vec::new();
    for minute in 5..20 {
        let mut count = 0;
        for (shard, warm) in both.iter().zip(&mut warm) {
            // The one that has the composite goes on alone.
            let has = shard.has("default/rule=blind");
            if has || minute < 12 {
                let report = judged(&world, warm, *shard, minute).expect("nothing kills it");
                count += if has { report.firing } else { 0 };
            }
        }
        blind.push(count);
    }
    let at = |minute: usize| blind[minute - 5];
    assert_eq!((at(10), at(14), at(16)), (0, 0, 1), "{blind:?}");
}

/// Whoever lists for all may die at each of its calls; another lists, and nothing is told twice.
#[test]
fn a_lister_that_dies_is_followed_by_another() {
    for kill in 1.. {
        let world = World::new(RULES, rising);
        world.fleet(HOSTS);
        for minute in 5..30 {
            for (number, shard) in shards(2).into_iter().enumerate() {
                if (minute, number) == (10, 0) {
                    world.kill_at(kill);
                }
                // New processes: each asks for the list.
                judged(&world, &mut Warm::default(), shard, minute);
                if (minute, number) == (10, 0) {
                    world.revive();
                }
            }
        }
        if !world.killed_once() {
            assert!(kill > 8, "only {kill} calls");
            break;
        }
        let counts = super::counts(&world.sent());
        assert!(counts.len() > HOSTS && counts.values().all(|count| *count == 1), "killed at {kill}: {counts:?}");
    }
}

/// A process that does not know what exists judges nothing: to it every host would be gone.
#[test]
fn what_cannot_be_listed_is_not_gone() {
    let rules = RULES.replace("above = 90", "above = 90\nmissing = 'breaching'");
    for of in [1, 2] {
        let world = World::new(&rules, |_| 40.0);
        world.fleet(HOSTS);
        for minute in 5..30 {
            world.fault(if minute > 10 { Some(Fault::List) } else { None });
            for shard in shards(of) {
                let report = judged(&world, &mut Warm::default(), shard, minute).expect("nothing kills it");
                assert_eq!(report.firing, 0, "minute {minute}");
                assert!(of > 1 || minute <= 10 || (report.judged == 0 && !report.troubles.is_empty()), "{report:?}");
            }
        }
        assert!(world.sent().is_empty());
    }
}

#[test]
fn neighbours_are_told_of_what_is_not_fine() {
    let world = World::new(RULES, rising);
    world.fleet(HOSTS);
    let both = shards(2);
    let told = |minute| {
        for shard in &both {
            judged(&world, &mut Warm::default(), *shard, minute);
        }
        both.iter().map(|shard| world.told_by(*shard)).sum::<usize>()
    };
    let (before, after) = (told(8), (9..30).map(told).last());
    // Every host's `memory`, and the one `pressure` that may hide.
    assert_eq!((before, after), (0, Some(HOSTS + 1)));
}

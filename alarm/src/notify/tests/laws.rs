//! What `notify` promises, for any play of three alarms that fire, recover, vanish and are hidden, with acknowledgements
//! and clocks that jump.

use proptest::prelude::*;

use super::*;

fn a_part(number: usize) -> impl Strategy<Value = Option<Part>> {
    let state = prop_oneof![3 => Just(State::Firing), 2 => Just(State::Fine), 1 => Just(State::Unknown)];
    let hush = prop_oneof![4 => Just(None), 1 => Just(Some(Hush::Hidden { by: "h".to_owned() }))];
    let value = prop_oneof![4 => Just(90.0), 1 => Just(100.0)];
    let made = (state, prop_oneof![Just(Grade::Note), Just(Grade::Ticket), Just(Grade::Page)], value, hush);
    let made = made.prop_map(move |(state, grade, value, hush)| {
        let labels = Labels::from_iter([("rule", "cpu".to_owned()), ("n", number.to_string())]);
        Part { labels, state, grade, value: Some(value), hush }
    });
    prop_oneof![5 => made.prop_map(Some), 1 => Just(None)]
}

#[derive(Clone, Debug)]
struct Beat {
    parts: Vec<Part>,
    minutes: Time,
    ack: bool,
}

fn beats() -> impl Strategy<Value = Vec<Beat>> {
    let parts = (a_part(0), a_part(1), a_part(2)).prop_map(|(a, b, c)| [a, b, c].into_iter().flatten().collect());
    let beat = (parts, prop_oneof![9 => 1_i64..60, 1 => -300_i64..3_000], proptest::bool::weighted(0.1));
    proptest::collection::vec(beat.prop_map(|(parts, minutes, ack)| Beat { parts, minutes, ack }), 1..60)
}

proptest! {
    #[test]
    fn no_step_is_skipped_or_told_twice_and_all_who_knew_learn_of_the_end(beats in beats()) {
        let ladder = ladder(SHOP);
        let mut memory = GroupMemory::default();
        let mut now = 0;
        let mut steps: Vec<usize> = vec![];
        let mut knows: std::collections::BTreeSet<String> = std::collections::BTreeSet::new();
        for beat in beats {
            now += beat.minutes * 60;
            if beat.ack {
                memory = memory.clone().acknowledge("kim", 1_800, now).unwrap_or(memory);
            }
            let members: Vec<_> = beat.parts.iter().map(member).collect();
            let before = memory.clone();
            let (after, decision) = decide(&ladder, "g", memory, &members, now);
            prop_assert_eq!(decide(&ladder, "g", before.clone(), &members, now), (after.clone(), decision.clone()));
            prop_assert_eq!(decision.due.is_empty(), decision.quiet.is_some());
            let mut to: Vec<_> = decision.due.iter().flat_map(|due| &due.to).collect();
            to.sort();
            to.dedup();
            prop_assert_eq!(to.len(), decision.due.iter().map(|due| due.to.len()).sum::<usize>(), "told twice at once");
            for due in &decision.due {
                let audible = beat.parts.iter().any(|part| part.state != State::Fine && part.hush.is_none());
                prop_assert!(audible || matches!(due.why, Why::Over | Why::SomeOver | Why::Acknowledged { .. }), "{:?}", due.why);
                for step in &due.steps {
                    prop_assert!(!steps.contains(step), "step {step} twice");
                    // A page climbs; a ticket knows the first step alone. No step before those below it.
                    prop_assert!((0..*step).all(|below| steps.contains(&below) || due.steps.contains(&below)));
                }
                steps.extend(&due.steps);
                if due.why == Why::Over {
                    let told: std::collections::BTreeSet<_> = due.to.iter().cloned().collect();
                    prop_assert_eq!(&told, &knows);
                }
                knows.extend(due.to.iter().cloned());
            }
            if after.episode.is_none() {
                let fires = beat.parts.iter().any(|part| part.state == State::Firing);
                prop_assert!(!fires, "closed while it fires");
                if before.episode.is_some() && !knows.is_empty() {
                    prop_assert_eq!(decision.due.len(), 1, "nobody was told of the end");
                }
                steps.clear();
                knows.clear();
            }
            memory = GroupMemory::decode(&after.encode()).unwrap();
            prop_assert_eq!(&memory, &after);
        }
    }

    #[test]
    fn any_time_and_any_memory_are_borne(now in any::<i64>(), then in any::<i64>(), for_s in any::<u64>()) {
        let ladder = ladder(SHOP);
        let part = fires("x");
        let (memory, _) = decide(&ladder, "g", GroupMemory::default(), &[member(&part)], then);
        let memory = memory.acknowledge("kim", for_s, then).unwrap();
        let (memory, _) = decide(&ladder, "g", memory, &[member(&part)], now);
        prop_assert!(memory.episode.is_some());
    }
}

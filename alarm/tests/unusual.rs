//! The judge of the unusual on made series: one report an episode, at any period, over gaps, with a small memory.

#[expect(dead_code, unreachable_pub, reason = "only the random source is used here")]
#[path = "support/random.rs"]
mod random;

use alarm::inputs::{Input, Inputs};
use alarm::points::Points;
use alarm::series::Dimensions;
use alarm::unusual::{self, Look, Memory, Settings, VALUE};
use alarm::verdict::{State, Verdict};
use random::Random;

const START: i64 = 1_800_000_000;

/// Traffic with the shape of a day, and noise.
fn traffic(period_s: u32, days: usize) -> Vec<f64> {
    let mut random = Random::new(5);
    let a_day = 86_400 / period_s as usize;
    let shape = |slot: usize| (std::f64::consts::TAU * (slot % a_day) as f64 / a_day as f64).sin();
    (0..days * a_day).map(|slot| 1_000.0 + 600.0 * shape(slot) + 25.0 * random.normal()).collect()
}

fn play(settings: &Settings, period_s: u32, values: &[f64]) -> Vec<Verdict> {
    let points = Points::new(START, period_s, values.iter().copied());
    let (none, mut memory) = (Dimensions::default(), Memory::default());
    let reach = unusual::reach_s(settings, period_s) as i64;
    let mut verdicts = Vec::new();
    for slot in 0..values.len() {
        let now = START + (slot as i64 + 1) * i64::from(period_s);
        let input = [Input { role: VALUE, dimensions: &none, points: points.view().until(now).since(now - reach) }];
        let verdict;
        (memory, verdict) = unusual::judge(settings, memory, &Inputs::new(now, &input), now);
        verdicts.push(verdict);
    }
    verdicts
}

fn reports(verdicts: &[Verdict]) -> Vec<usize> {
    let fires = |at: usize| verdicts[at].state == State::Firing;
    (1..verdicts.len()).filter(|at| fires(*at) && !fires(at - 1)).collect()
}

#[test]
fn traffic_is_usual_and_its_loss_is_told_once_at_any_period() {
    for period_s in [60, 300, 3_600] {
        let mut values = traffic(period_s, 16);
        let a_day = 86_400 / period_s as usize;
        let lost = 13 * a_day + a_day / 4;
        for value in &mut values[lost..lost + (7_200 / period_s as usize).max(1)] {
            *value = 20.0;
        }
        let found = reports(&play(&Settings::default(), period_s, &values));
        assert_eq!(found.len(), 1, "{period_s}: {found:?}, lost at {lost}");
        assert!((lost..=lost + 3).contains(&found[0]), "{period_s}: {found:?}, lost at {lost}");
    }
}

#[test]
fn two_episodes_apart_are_two_reports_and_a_gap_between_is_no_recovery() {
    let mut values = traffic(300, 16);
    let at = 13 * 288;
    values[at] = 9_000.0;
    values[at + 6] = 9_000.0;
    values[at + 144] = 9_000.0;
    assert_eq!(reports(&play(&Settings::default(), 300, &values)), [at, at + 144]);
    for value in &mut values[at + 1..at + 20] {
        *value = f64::NAN;
    }
    let verdicts = play(&Settings::default(), 300, &values);
    assert_eq!(verdicts[at + 10].state, State::Unknown);
    assert_eq!((verdicts[at + 21].state, verdicts[at + 21].reason.key), (State::Firing, "unusual.quiet"));
}

/// A bounded metric that goes up and down at no hour in particular: only what leaves its range is told.
#[test]
fn a_bounded_metric_is_held_against_its_range() {
    let mut random = Random::new(9);
    let mut level: f64 = 30.0;
    let mut values: Vec<f64> = (0..14 * 288)
        .map(|_| {
            level = (level + random.between(-4.0, 4.0)).clamp(5.0, 55.0);
            level
        })
        .collect();
    let settings = Settings { look: Some(Look::Range), ..Settings::default() };
    assert!(reports(&play(&settings, 300, &values)).iter().all(|at| *at < 7 * 288));
    values[13 * 288] = 98.0;
    let verdicts = play(&settings, 300, &values);
    assert_eq!(verdicts[13 * 288].reason.key, "unusual.range");
}

#[test]
fn what_is_remembered_is_small_survives_the_edge_and_changes_four_times_an_hour() {
    let bytes = unusual::MEMORY_BYTES;
    assert!(bytes <= 1_024, "{bytes}");
    let values = traffic(60, 3);
    let points = Points::new(START, 60, values.iter().copied());
    let (settings, none) = (Settings::default(), Dimensions::default());
    let (mut memory, mut changes) = (Memory::default(), 0);
    for slot in 0..values.len() {
        let now = START + (slot as i64 + 1) * 60;
        let view = points.view().until(now).since(now - unusual::reach_s(&settings, 60) as i64);
        let input = [Input { role: VALUE, dimensions: &none, points: view }];
        let before = memory.clone();
        (memory, _) = unusual::judge(&settings, memory, &Inputs::new(now, &input), now);
        changes += usize::from(memory != before);
    }
    assert!(changes <= 3 * 24 * 4 + 2, "{changes}");
    let text = serde_json::to_string(&memory).unwrap();
    assert!(text.len() < 3_000, "{} bytes", text.len());
    assert_eq!(serde_json::from_str::<Memory>(&text).unwrap(), memory);
}

//! The store as a whole: what was confirmed is there again, and what is read is what was written.

use std::fs;
use std::sync::Arc;

use alarm::series::{Dimensions, Series, Unit};

use super::*;
use crate::window::Distribution;

pub(super) const START: Time = 1_800_000_000;

pub(super) fn point(name: &str, at: Time, values: &[f64]) -> window::Point {
    let dimensions = Dimensions::from_iter([("host", "h")]);
    let series = Arc::new(Series { namespace: "N".into(), name: name.into(), dimensions });
    let mut seen = Distribution::default();
    for value in values {
        seen.add(*value, 1.0);
    }
    window::Point { series, unit: Unit::Percent, at, fine: true, source: "test", priority: 0, values: seen }
}

pub(super) fn read(
    store: &Store,
    name: &str,
    statistic: &str,
    period_s: u32,
    from: Time,
    until: Time,
) -> Vec<Option<f64>> {
    let id = store.catalogue().entries().iter().position(|entry| entry.series.name == name).expect("is known") as u32;
    let statistic = Statistic::parse(statistic).expect("is one");
    store.points(id, &statistic, period_s, (from, until)).iter().collect()
}

#[test]
fn what_was_confirmed_is_there_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("local.redb");
    let (mut store, remarks) = Store::open(&path, BYTES, START).expect("opens");
    assert!(remarks.is_empty());
    for at in (START..START + 5_400).step_by(10) {
        let minute = (at - START) / 60;
        store.append(&[point("a", at, &[minute as f64]), point("b", at, &[1.0, 2.0, 9.0])]);
    }
    let check = |store: &Store| {
        assert_eq!(read(store, "a", "Average", 10, START + 60, START + 80), [Some(1.0), Some(1.0)]);
        assert_eq!(read(store, "a", "Sum", 60, START + 3_540, START + 3_660), [Some(354.0), Some(360.0)]);
        assert_eq!(read(store, "a", "Maximum", 300, START, START + 600), [Some(4.0), Some(9.0)]);
        assert_eq!(read(store, "a", "Average", 3_600, START, START + 7_200), [Some(29.5), Some(74.5)]);
        assert_eq!(read(store, "b", "p50", 60, START, START + 60), [Some(2.0)]);
        assert_eq!(read(store, "b", "Maximum", 3_600, START, START + 3_600), [Some(9.0)]);
        assert_eq!(read(store, "b", "SampleCount", 3_600, START, START + 3_600), [Some(1_080.0)]);
        assert_eq!(read(store, "a", "Average", 60, START - 120, START), [None, None]);
    };
    check(&store);
    store.sync().expect("is written");
    check(&store);
    drop(store);
    let (store, remarks) = Store::open(&path, BYTES, START + 5_400).expect("opens again");
    assert!(remarks.is_empty());
    check(&store);
    drop(store);
    // A start hours later finds the open hour over, and closes it.
    let (store, _) = Store::open(&path, BYTES, START + 50_000).expect("opens again");
    store.sync().expect("is written");
    assert_eq!(read(&store, "a", "Average", 3_600, START, START + 7_200), [Some(29.5), Some(74.5)]);
    let (bytes, points) = store.weigh().expect("can be read");
    assert!(points > 0 && bytes > 0);
}

#[test]
fn what_is_too_old_is_forgotten_tier_by_tier() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut store, _) = Store::open(&folder.path().join("x"), BYTES, START).expect("opens");
    for hour in 0..24 * 17 {
        store.append(&[point("a", START + hour * 3_600, &[hour as f64])]);
    }
    store.sync().expect("is written");
    let last = START + 24 * 17 * 3_600;
    assert_eq!(read(&store, "a", "Average", 10, START, START + 10), [None]);
    assert_eq!(read(&store, "a", "Average", 60, START, START + 60), [None]);
    assert_eq!(read(&store, "a", "Average", 300, START, START + 300), [Some(0.0)]);
    assert_eq!(read(&store, "a", "Average", 60, last - 36_000, last - 35_940), [Some(398.0)]);
}

#[test]
fn two_agents_on_one_store_are_refused_and_a_corrupt_one_is_moved_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("local.redb");
    let (first, _) = Store::open(&path, BYTES, START).expect("opens");
    let refused = Store::open(&path, BYTES, START).expect_err("is taken");
    assert_eq!((refused.code, refused.to_string().contains("another agent")), ("SG-LOC-002", true));
    drop(first);
    fs::write(&path, b"this is no store, whatever its name says").expect("is written");
    let (mut store, remarks) = Store::open(&path, BYTES, START).expect("begins anew");
    assert!(remarks[0].contains("local.corrupt-1"), "{remarks:?}");
    assert!(folder.path().join("local.corrupt-1").exists());
    store.append(&[point("a", START, &[1.0])]);
    store.sync().expect("works");
}

#[test]
fn a_clock_that_went_back_loses_nothing_of_the_open_hour_and_counts_the_rest() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut store, _) = Store::open(&folder.path().join("x"), BYTES, START).expect("opens");
    store.append(&[point("a", START + 60, &[1.0])]);
    store.append(&[point("a", START + 30, &[2.0])]);
    store.append(&[point("a", START - 30, &[3.0])]);
    assert_eq!(store.late, 1);
    assert_eq!(read(&store, "a", "Average", 10, START + 30, START + 70), [Some(2.0), None, None, Some(1.0)]);
}

#[test]
fn an_hour_that_was_over_is_open_again_where_the_clock_went_back_between_two_starts() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x");
    let half = START + 1_800;
    let (mut store, _) = Store::open(&path, BYTES, START).expect("opens");
    for at in (START..half).step_by(10).chain([START + 3_600]) {
        store.append(&[point("a", at, &[1.0, 3.0])]);
    }
    store.sync().expect("is written");
    drop(store);
    for start in 0..3 {
        let (mut store, _) = Store::open(&path, BYTES, half).expect("opens again");
        assert_eq!(read(&store, "a", "Sum", 60, START, START + 60), [Some(24.0)], "at start {start}");
        store.append(&[point("a", half + 10 * start, &[5.0])]);
        store.sync().expect("is written");
    }
    let (mut store, _) = Store::open(&path, BYTES, START + 3_610).expect("opens again");
    store.append(&[point("a", START + 7_200, &[1.0])]);
    store.sync().expect("is written");
    drop(store);
    let (store, _) = Store::open(&path, BYTES, START + 7_210).expect("opens again");
    let hour = |statistic| read(&store, "a", statistic, 3_600, START, START + 7_200);
    assert_eq!(hour("Sum"), [Some(735.0), Some(4.0)], "nothing is lost and nothing twice");
    assert_eq!(hour("Maximum"), [Some(5.0), Some(3.0)]);
}

#[test]
fn a_period_that_was_closed_twice_keeps_both_halves() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x");
    let (mut store, _) = Store::open(&path, BYTES, START).expect("opens");
    store.append(&[point("a", START, &[1.0])]);
    store.append(&[point("a", START, &[3.0])]);
    assert_eq!(read(&store, "a", "Sum", 10, START, START + 10), [Some(4.0)]);
    drop(store);
    let (store, _) = Store::open(&path, BYTES, START + 10).expect("opens again");
    assert_eq!(read(&store, "a", "Sum", 10, START, START + 10), [Some(4.0)]);
}

#[test]
fn series_beyond_the_bound_are_refused_and_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut store, _) = Store::open(&folder.path().join("x"), BYTES, START).expect("opens");
    let many: Vec<_> = (0..catalogue::SERIES_MAX + 7).map(|n| point(&format!("s{n}"), START, &[1.0])).collect();
    store.append(&many);
    assert_eq!(store.refused, 7);
}

//! What the window does with readings of many kinds.

use super::*;

fn shape() -> Shape {
    Shape { host_namespace: "CWAgent".into(), own_namespace: "Stormglass".into(), ..Shape::default() }
}

fn gauge(name: &'static str, value: f64) -> Reading {
    Reading::host(name, Unit::Percent, value)
}

fn shown(points: &[Point]) -> Vec<String> {
    let mut shown: Vec<_> =
        points.iter().map(|point| format!("{} {} {:?}", point.at, point.series, point.values.shown())).collect();
    shown.sort();
    shown
}

#[test]
fn a_minute_of_readings_is_one_point() {
    let (mut window, vitals) = (Window::new(60), Vitals::default());
    for (now, value) in [(125, 1.0), (135, 3.0), (179, 1.0)] {
        assert!(window.turn(now).is_empty());
        window.fold("host", [gauge("cpu", value), gauge("mem", 7.0)], &shape(), &vitals);
    }
    assert_eq!(window.readings(), 6);
    let points = window.turn(180);
    assert_eq!(shown(&points), ["120 CWAgent/cpu{} [(1.0, 2.0), (3.0, 1.0)]", "120 CWAgent/mem{} [(7.0, 3.0)]"]);
    assert!(window.turn(240).is_empty(), "no data is no point");
    assert_eq!(vitals.count_collected(), 6);
}

#[test]
fn a_clock_that_jumps_ends_the_period_and_moves_nothing() {
    let (mut window, vitals) = (Window::new(60), Vitals::default());
    let mut all = Vec::new();
    for now in [1_000_000, 5, 1_000_001] {
        all.extend(window.turn(now));
        window.fold("host", [gauge("cpu", now as f64)], &shape(), &vitals);
    }
    all.extend(window.close());
    assert_eq!(
        shown(&all),
        [
            "0 CWAgent/cpu{} [(5.0, 1.0)]",
            "999960 CWAgent/cpu{} [(1000000.0, 1.0)]",
            "999960 CWAgent/cpu{} [(1000001.0, 1.0)]"
        ]
    );
}

#[test]
fn roll_ups_fold_the_parts_together() {
    let shape = Shape { aggregate: vec![vec![]], ..shape() };
    let (mut window, vitals) = (Window::new(60), Vitals::default());
    window.turn(0);
    let of = |path: &str, value| gauge("disk", value).with("path", path);
    window.fold("host", [of("/", 10.0), of("/data", 90.0)], &shape, &vitals);
    assert_eq!(
        shown(&window.close()),
        [
            "0 CWAgent/disk{path=/data} [(90.0, 1.0)]",
            "0 CWAgent/disk{path=/} [(10.0, 1.0)]",
            "0 CWAgent/disk{} [(10.0, 1.0), (90.0, 1.0)]"
        ]
    );
}

#[test]
fn what_cannot_be_published_is_counted_and_named() {
    let (mut window, vitals) = (Window::new(60), Vitals::default());
    window.turn(0);
    let long = "x".repeat(300);
    for _ in 0..2 {
        let bad = [gauge("nan", f64::NAN), gauge("far", 1e200), gauge("cpu", 1.0).with(&long, "v"), gauge("cpu", 2.0)];
        window.fold("host", bad, &shape(), &vitals);
    }
    assert_eq!(shown(&window.close()), ["0 CWAgent/cpu{} [(2.0, 2.0)]"]);
    for (reason, example) in
        [(Lost::NotANumber, "nan{} = NaN"), (Lost::OutOfRange, "far{}"), (Lost::BadName, "300 characters")]
    {
        let (count, named) = vitals.losses(reason);
        assert_eq!(count, 2, "{reason:?}");
        assert!(named.contains(example), "{reason:?} names {named}");
    }
}

#[test]
fn an_explosion_of_one_source_leaves_the_others_their_place() {
    let (mut window, vitals) = (Window::new(60), Vitals::default());
    window.turn(0);
    for id in 0..SERIES_OF_SOURCE_MAX + 100 {
        window.fold("statsd", [gauge("hits", 1.0).with("user", id.to_string())], &shape(), &vitals);
    }
    window.fold("host", [gauge("cpu", 1.0)], &shape(), &vitals);
    assert_eq!(window.close().len(), SERIES_OF_SOURCE_MAX + 1);
    assert_eq!(vitals.losses(Lost::SeriesBound).0, 100);
}

#[test]
fn idle_series_are_forgotten_and_their_place_is_free() {
    let (mut window, vitals) = (Window::new(60), Vitals::default());
    for minute in 0..40 {
        window.turn(minute * 60);
        window.fold("host", [gauge("cpu", 1.0)], &shape(), &vitals);
        let pod = Reading::host("pods", Unit::Count, 1.0).with("pod", (minute / 2).to_string());
        window.fold("scrape", [pod], &shape(), &vitals);
        let points = window.close();
        assert_eq!(points.len(), 2);
        assert!(points.iter().any(|point| &*point.series.name == "cpu"));
    }
    assert!(window.len() <= 8, "{} series held", window.len());
}

#[test]
fn the_greatest_value_is_two_to_the_360th() {
    assert_eq!(VALUE_MAX, 2_f64.powi(360));
}

/// Where every series is published finer, nothing comes out of the coarse window, and its period ends all the same.
#[test]
fn a_period_without_points_is_over_too() {
    let mut window = Window::new(60);
    assert!(!window.is_over(100) && window.turn(100).is_empty());
    assert!(!window.is_over(119) && window.is_over(120));
}

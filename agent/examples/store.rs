//! What the store costs: `cargo run --release -p agent --example store [LOOKS]`.
//!
//! Looks at this host ten times a second and tells the store that ten seconds lie between the looks: the numbers are
//! real, their differences are those of a host that is ten to a hundred times as busy. Then a week of one series, made
//! of those looks again and again, is read as the page reads it.
#![expect(clippy::print_stdout, reason = "an example tells its result")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use agent::host::{Host, Settings};
use agent::local::store::{BYTES, Store};
use agent::reading::Readings;
use agent::vitals::Vitals;
use agent::window::{Point, Shape, Window};
use alarm::rules::Statistic;

const START: i64 = 1_800_000_000;
const PERIOD_S: i64 = 10;
const WEEK_S: i64 = 7 * 86_400;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let looks = std::env::args().nth(1).and_then(|looks| looks.parse().ok()).unwrap_or(1_200_i64);
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("store");
    let (mut store, _) = Store::open(&path, BYTES, START)?;
    let (mut host, mut window) = (Host::new(&Settings::default()), Window::new(PERIOD_S as u32));
    let (shape, vitals) = (
        Shape { host_namespace: "CWAgent".into(), own_namespace: "Stormglass".into(), ..Shape::default() },
        Vitals::default(),
    );
    let mut one: Vec<Point> = Vec::new();
    for look in 0..looks {
        let mut readings = Readings::default();
        host.tick(&mut readings);
        window.turn(START + look * PERIOD_S);
        window.fold("host", readings.0, &shape, &vitals);
        let points = window.close();
        one.extend(points.iter().find(|point| point.series.name == "cpu_usage_active").cloned());
        store.append(&points);
        std::thread::sleep(Duration::from_millis(100));
    }
    store.sync()?;
    let series = store.catalogue().entries().len();
    // A last point two hours on closes the hours.
    let after = START + looks * PERIOD_S + 7_200;
    let mut last = one.last().cloned().ok_or("the host has a processor")?;
    last.at = after;
    store.append(&[last]);
    store.sync()?;
    let (bytes, points) = store.weigh().ok_or("the store can be read")?;
    println!("| what | is | asked |\n|---|---|---|");
    println!("| series of this host, looks | {series}, {looks} | |");
    println!("| bytes a point, in the blocks of all tiers | {:.2} | 3 |", bytes as f64 / points as f64);
    drop(store);
    week(&folder.path().join("week"), &one)
}

fn week(path: &std::path::Path, one: &[Point]) -> Result<(), Box<dyn std::error::Error>> {
    let (mut store, _) = Store::open(path, BYTES, START)?;
    for hour in 0..WEEK_S / 3_600 {
        let of_hour = (0..360).map(|slot| {
            let at = START + hour * 3_600 + slot * PERIOD_S;
            let mut point = one[((hour * 360 + slot) % one.len() as i64) as usize].clone();
            point.at = at;
            point.series = Arc::clone(&one[0].series);
            point
        });
        store.append(&of_hour.collect::<Vec<_>>());
        store.sync()?;
    }
    let average = Statistic::Average;
    let p99 = Statistic::Percentile(990);
    for (what, statistics, period_s) in [
        ("as the page draws it, 672 quarters of an hour with their p99", &[average.clone(), p99.clone()][..], 900),
        ("10,080 averages of a minute", std::slice::from_ref(&average), 60),
        ("10,080 minutes with their p99", &[average.clone(), p99.clone()], 60),
    ] {
        let mut times: Vec<Duration> = Vec::new();
        for _ in 0..51 {
            let begun = Instant::now();
            let rows = store.rows(0, statistics, period_s, (START, START + WEEK_S));
            times.push(begun.elapsed());
            let known = rows.columns[0].iter().filter(|value| !value.is_nan()).count();
            assert_eq!(known as i64, WEEK_S / i64::from(period_s), "a whole week");
        }
        times.sort();
        let middle = times[25].as_secs_f64() * 1e3;
        println!("| a week of one series, {what}, median of 51 | {middle:.2} ms | 5 ms |");
    }
    Ok(())
}

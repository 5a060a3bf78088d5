//! The judge of disks on two simulated fleets (docs/alarms/disk.md has the figures of larger ones), and on the cases of
//! the issue: the same 80 %, two meanings.

mod support;

use alarm::disk::{self, Memory, Settings, roles};
use alarm::grade::Immediacy;
use alarm::inputs::{Input, Inputs};
use alarm::points::Points;
use alarm::series::Dimensions;
use alarm::verdict::{Fact, State, Verdict};
use support::disks::{Disk, START, Score, trial};
use support::{disks_by_file, disks_by_share};

const DAY: usize = 288;
const PERIOD_S: u32 = 300;

/// Judges each point of several roles, and gives the verdict of each.
fn play(series: &[(&str, &[f64])]) -> Vec<Verdict> {
    let (settings, none) = (Settings::default(), Dimensions::default());
    let points: Vec<Points> =
        series.iter().map(|(_, values)| Points::new(START, PERIOD_S, values.iter().copied())).collect();
    let mut memory = Memory::default();
    let mut verdicts = Vec::new();
    for slot in 0..series[0].1.len() {
        let now = START + (slot as i64 + 1) * i64::from(PERIOD_S);
        let from = now - disk::reach_s(&settings, PERIOD_S) as i64;
        let inputs: Vec<Input<'_>> = series
            .iter()
            .zip(&points)
            .map(|((role, _), points)| Input { role, dimensions: &none, points: points.view().since(from) })
            .collect();
        let verdict;
        (memory, verdict) = disk::judge(&settings, memory, &Inputs::new(now, &inputs), now);
        verdicts.push(verdict);
    }
    verdicts
}

fn line(days: usize, from: f64, to: f64) -> Vec<f64> {
    let slots = days * DAY;
    (0..slots).map(|slot| from + (to - from) * slot as f64 / slots as f64).collect()
}

fn pages(verdicts: &[Verdict]) -> usize {
    verdicts.iter().filter(|verdict| verdict.immediacy == Some(Immediacy::Now)).count()
}

fn holds(score: &Score) {
    assert!(score.false_pages() <= 0.05, "{}\n{:#?}", score.line(), score.notes);
    assert!(score.slow_fill_pages() <= 0.4, "{}", score.line());
    assert!(score.false_tickets() <= 0.08, "{}", score.line());
    assert_eq!(score.caught, score.runaways, "{}", score.line());
    assert!(score.median_lead() >= 100, "{}", score.line());
    assert!(score.ticketed() >= 0.92, "{}", score.line());
}

fn several(fleet: fn(u64, usize) -> Disk, seed: u64) -> Score {
    trial(fleet, seed, 200)
}

#[test]
fn a_fleet_made_of_shares() {
    holds(&several(disks_by_share::disk, 11));
}

#[test]
fn a_fleet_made_of_files() {
    holds(&several(disks_by_file::disk, 12));
}

#[test]
fn full_for_weeks_and_creeping_is_later() {
    let verdicts = play(&[(roles::USED, &line(20, 60.0, 84.0))]);
    let last = verdicts.last().unwrap();
    assert_eq!((last.state, last.immediacy, last.reason.key), (State::Firing, Some(Immediacy::Later), "disk.later"));
    assert_eq!(pages(&verdicts), 0);
    let left = last.time_left.unwrap();
    assert!((left.likely_s / 86_400.0 - 16.0 / 1.2).abs() < 1.0, "{left:?}");
    let Some(Fact::Percent(slope)) = last.reason.fact("per_day") else { panic!("no slope: {last:?}") };
    assert!((slope - 1.2).abs() < 0.05);
    let Some(Fact::Percent(week_ago)) = last.reason.fact("week_ago") else { panic!("no past: {last:?}") };
    assert!((week_ago - (84.0 - 7.0 * 1.2)).abs() < 1.5, "{week_ago}");
}

#[test]
fn a_quarter_some_hours_ago_is_now() {
    let mut levels = line(10, 25.0, 25.5);
    levels.extend((0..60).map(|slot| 25.5 + f64::from(slot)));
    let verdicts = play(&[(roles::USED, &levels)]);
    let first = verdicts.iter().position(|verdict| verdict.immediacy == Some(Immediacy::Now)).unwrap();
    let verdict = &verdicts[first];
    assert_eq!(verdict.reason.key, "disk.now");
    assert!(levels[first] <= 75.0, "{}", levels[first]);
    let left = verdict.time_left.unwrap();
    assert!((left.likely_s / 3_600.0 - (100.0 - levels[first]) / 12.0).abs() < 0.2, "{left:?}");
    assert!(left.low_s <= left.likely_s && left.likely_s <= left.high_s);
    assert!(verdict.reason.fact("six_hours_ago").is_some() && verdict.reason.fact("week_ago").is_some());
}

/// A cron job of each night, 20 points in half an hour, is this disk's habit.
#[test]
fn a_habit_is_no_runaway() {
    let mut levels = line(14, 62.0, 62.0);
    for (slot, level) in levels.iter_mut().enumerate() {
        let into = slot % DAY;
        *level += 20.0 * (into as f64 / 6.0).min(1.0) * f64::from(u8::from(into < 18));
    }
    assert!(play(&[(roles::USED, &levels)]).iter().all(|verdict| verdict.state == State::Fine));
}

#[test]
fn nearly_full_is_now_whatever_the_trend_and_from_the_first_day() {
    let verdicts = play(&[(roles::USED, &line(1, 96.0, 96.0))]);
    assert!(verdicts[12..].iter().all(|verdict| verdict.reason.key == "disk.nearly_full"));
    assert_eq!(verdicts.last().unwrap().immediacy, Some(Immediacy::Now));
}

#[test]
fn inodes_fill_as_well() {
    let used = line(10, 40.0, 40.0);
    let mut inodes = line(9, 30.0, 30.0);
    inodes.extend((0..DAY).map(|slot| (30.0 + 0.5 * slot as f64).min(100.0)));
    let verdicts = play(&[(roles::USED, &used), (roles::INODES, &inodes)]);
    let page = verdicts.iter().find(|verdict| verdict.immediacy == Some(Immediacy::Now)).unwrap();
    assert_eq!(page.reason.fact("of"), Some(Fact::Text(roles::INODES.into())));
}

/// With its size known, the trend of bytes goes on over a resize; without, the fall of the level is no alarm.
#[test]
fn a_resize_is_no_anomaly() {
    let mut used = line(12, 70.0, 80.0);
    used.extend(line(6, 40.0, 42.5));
    let mut total = vec![100e9; 12 * DAY];
    total.extend(vec![200e9; 6 * DAY]);
    for series in [vec![(roles::USED, &used[..]), (roles::TOTAL, &total[..])], vec![(roles::USED, &used[..])]] {
        let verdicts = play(&series);
        assert_eq!(pages(&verdicts), 0);
        assert_eq!(verdicts.last().unwrap().state, State::Fine);
    }
    // Made smaller: twice the share in one point, and no runaway.
    let shrunk: Vec<f64> = line(10, 30.0, 30.0).into_iter().chain(line(2, 75.0, 75.0)).collect();
    let total: Vec<f64> = vec![250e9; 10 * DAY].into_iter().chain(vec![100e9; 2 * DAY]).collect();
    assert_eq!(pages(&play(&[(roles::USED, &shrunk), (roles::TOTAL, &total)])), 0);
}

#[test]
fn a_gap_is_unknown_and_no_recovery() {
    let mut levels = line(2, 96.0, 96.0);
    levels.extend(vec![f64::NAN; 30]);
    levels.extend(vec![96.0; 6]);
    let verdicts = play(&[(roles::USED, &levels)]);
    assert_eq!(verdicts[2 * DAY + 20].state, State::Unknown);
    assert_eq!(verdicts.last().unwrap().state, State::Firing);
}

#[test]
fn what_is_remembered_is_small_and_survives_the_edge() {
    let bytes = disk::MEMORY_BYTES;
    assert!(bytes <= 1_600, "{bytes}");
    let disk = disks_by_share::disk(3, 6);
    let points = Points::new(START, disk.period_s, disk.levels.iter().copied());
    let none = Dimensions::default();
    let input = [Input { role: roles::USED, dimensions: &none, points: points.view() }];
    let now = points.end();
    let (memory, verdict) = disk::judge(&Settings::default(), Memory::default(), &Inputs::new(now, &input), now);
    let text = serde_json::to_string(&memory).unwrap();
    assert!(text.len() < 2_000, "{} bytes", text.len());
    let kept: Memory = serde_json::from_str(&text).unwrap();
    assert_eq!(kept, memory);
    let (_, again) = disk::judge(&Settings::default(), kept, &Inputs::new(now, &input), now);
    assert_eq!(again, verdict);
}

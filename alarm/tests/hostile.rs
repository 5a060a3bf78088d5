//! Whatever comes in, a verdict comes out: NaN, infinities, gaps, jumps of the clock, percent beyond 100, sizes of
//! nothing. The three judges that remember the most, from the same points.

use alarm::burst::{self, Bucket, Machine, ec2};
use alarm::disk;
use alarm::inputs::{Input, Inputs};
use alarm::points::{Points, Time};
use alarm::series::Dimensions;
use alarm::unusual;
use alarm::verdict::{State, Verdict};
use proptest::prelude::*;

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => 0.0..110.0,
        1 => any::<f64>(),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -1.0, 1e308, -1e308, 1e-308]),
    ]
}

fn points() -> impl Strategy<Value = Points> {
    let start = prop_oneof![8 => 1_800_000_000_i64..1_800_000_600, 1 => any::<i64>()];
    let period = prop_oneof![Just(60_u32), Just(300), Just(3_600), Just(0), Just(u32::MAX)];
    (start, period, prop::collection::vec(value(), 0..200))
        .prop_map(|(start, period, values)| Points::new(start, period, values))
}

/// Moments, not in order: the clock jumps.
fn moments() -> impl Strategy<Value = Vec<Time>> {
    let moment = prop_oneof![9 => 1_799_990_000_i64..1_800_050_000, 1 => any::<i64>()];
    prop::collection::vec(moment, 1..12)
}

fn is_clear(verdict: &Verdict) {
    assert!(verdict.value.is_none_or(f64::is_finite), "{verdict:?}");
    if let Some(left) = verdict.time_left {
        assert!(left.low_s <= left.likely_s && left.likely_s <= left.high_s, "{verdict:?}");
        assert!(left.low_s >= 0.0, "{verdict:?}");
    }
    let judges = ["burst.", "disk.", "unusual."];
    assert!(judges.iter().any(|judge| verdict.reason.key.starts_with(judge)));
}

proptest! {
    #[test]
    fn burst_gives_a_clear_verdict(a in points(), b in points(), c in points(), moments in moments()) {
        let machines = [
            ec2("t3.micro", None).expect("a type"),
            ec2("t2.nano", None).expect("a type"),
            Machine::Lightsail { bucket: burst::plans::find("4xlarge_3_0").expect("a plan").bucket() },
            Machine::Host { bucket: Bucket::of_baseline(2.0, 20.0) },
            Machine::Ec2ByDimension,
        ];
        let none = Dimensions::default();
        let roles = [burst::roles::BALANCE, burst::roles::USAGE, burst::roles::CPU];
        for machine in machines {
            let settings = burst::Settings::of(machine);
            let mut memory = burst::Memory::default();
            for now in &moments {
                let series: Vec<_> = roles.iter().zip([&a, &b, &c])
                    .map(|(role, points)| Input { role, dimensions: &none, points: points.view() }).collect();
                let verdict;
                (memory, verdict) = burst::judge(&settings, memory, &Inputs::new(*now, &series), *now);
                is_clear(&verdict);
            }
        }
    }

    #[test]
    fn disk_gives_a_clear_verdict(used in points(), inodes in points(), total in points(), moments in moments()) {
        let (settings, none) = (disk::Settings::default(), Dimensions::default());
        let roles = [disk::roles::USED, disk::roles::INODES, disk::roles::TOTAL];
        let mut memory = disk::Memory::default();
        for now in moments {
            let series: Vec<_> = roles.iter().zip([&used, &inodes, &total])
                .map(|(role, points)| Input { role, dimensions: &none, points: points.view() }).collect();
            let verdict;
            (memory, verdict) = disk::judge(&settings, memory, &Inputs::new(now, &series), now);
            is_clear(&verdict);
        }
    }

    #[test]
    fn unusual_gives_a_clear_verdict(values in points(), moments in moments()) {
        let (settings, none) = (unusual::Settings::default(), Dimensions::default());
        let mut memory = unusual::Memory::default();
        for now in moments {
            let input = [Input { role: unusual::VALUE, dimensions: &none, points: values.view() }];
            let verdict;
            (memory, verdict) = unusual::judge(&settings, memory, &Inputs::new(now, &input), now);
            is_clear(&verdict);
        }
    }

    /// Late, doubled and disordered points become the same run of points, and so the same verdict.
    #[test]
    fn order_and_duplicates_change_nothing(levels in prop::collection::vec(0.0..100.0_f64, 2..120), seed in any::<u64>()) {
        let pairs: Vec<(Time, f64)> =
            levels.iter().enumerate().map(|(slot, level)| (1_800_000_000 + slot as Time * 60, *level)).collect();
        let mut shuffled = pairs.clone();
        let length = shuffled.len();
        for at in 0..length {
            shuffled.swap(at, (seed as usize).wrapping_mul(at + 7) % length);
        }
        shuffled.extend_from_slice(&shuffled.clone());
        let verdict = |pairs: &[(Time, f64)]| {
            let points = Points::from_pairs(60, pairs);
            let none = Dimensions::default();
            let input = [Input { role: disk::roles::USED, dimensions: &none, points: points.view() }];
            let (memory, now) = (disk::Memory::default(), points.end());
            disk::judge(&disk::Settings::default(), memory, &Inputs::new(now, &input), now)
        };
        prop_assert_eq!(verdict(&pairs), verdict(&shuffled));
    }
}

#[test]
fn a_series_without_points_is_unknown() {
    let now = 1_800_000_000;
    let inputs = Inputs::new(now, &[]);
    assert_eq!(disk::judge(&disk::Settings::default(), disk::Memory::default(), &inputs, now).1.state, State::Unknown);
    let unusual = unusual::judge(&unusual::Settings::default(), unusual::Memory::default(), &inputs, now);
    assert_eq!(unusual.1.state, State::Unknown);
    let burst = burst::judge(&burst::Settings::default(), burst::Memory::default(), &inputs, now);
    assert_eq!(burst.1.state, State::Unknown);
}

//! The time left against a bucket simulated second by second, over every type, plan and load.

mod support;

use alarm::burst::{self, Machine, Memory, Mode, Settings, ec2, plans, types};
use alarm::inputs::{Input, Inputs};
use alarm::points::Points;
use alarm::series::Dimensions;
use alarm::verdict::{State, Verdict};
use support::bucket::{Published, Shape, Simulated};
use support::random::Random;

const START: i64 = 1_800_000_000;
type Load<'a> = &'a dyn Fn(usize) -> f64;

/// Judges a machine's published series every five minutes.
struct Trial {
    settings: Settings,
    bucket: Simulated,
    published: Published,
    memory: Memory,
    /// Units of the published balance that make one of the bucket's.
    per_unit: f64,
    ec2: bool,
    minute: usize,
}

impl Trial {
    fn new(settings: Settings, shape: Shape, ec2: bool) -> Self {
        let bucket = Simulated::full(shape);
        let published = Published::default();
        let per_unit = if ec2 { 1.0 } else { 60.0 };
        Self { settings, bucket, published, memory: Memory::default(), per_unit, ec2, minute: 0 }
    }

    fn ec2(name: &str, unlimited: bool) -> Self {
        let mode = if unlimited { Mode::Unlimited } else { Mode::Standard };
        let settings =
            Settings { mode: Some(mode), ..Settings::of(ec2(name, Some(mode)).expect("a type of the table")) };
        let (family, size) = name.split_once('.').expect("family.size");
        let row = types::SIZES.iter().find(|row| row.size == size && row.families.contains(&family));
        let row = row.expect("a row of the table");
        let shape = Shape {
            vcpus: f64::from(row.vcpus),
            earned_per_hour: row.earned_per_hour,
            most_held: row.most_held,
            unlimited,
            accrues: true,
        };
        Self::new(settings, shape, true)
    }

    fn lightsail(plan: &plans::Plan) -> Self {
        let baseline = plan.baseline_percent / 100.0;
        let shape = Shape {
            vcpus: 1.0,
            earned_per_hour: baseline * 60.0,
            most_held: baseline * 1_440.0,
            unlimited: false,
            accrues: plan.accrues,
        };
        Self::new(Settings::of(Machine::Lightsail { bucket: plan.bucket() }), shape, false)
    }

    /// Five minutes of a load, then a verdict.
    fn five(&mut self, load: Load<'_>) -> Verdict {
        for _ in 0..5 {
            self.published.minute(self.minute, &mut self.bucket, load(self.minute));
            self.minute += 1;
        }
        self.judge()
    }

    fn judge(&mut self) -> Verdict {
        let tail = |values: &[f64], per: f64| {
            let from = values.len().saturating_sub(15);
            let scaled: Vec<f64> = values[from..].iter().map(|value| value * per).collect();
            Published::five_minutes(&scaled, START + from as i64 * 300)
        };
        let of_cpu: Vec<f64> = self.published.cpu.chunks(5).map(|five| five.iter().sum::<f64>() / 5.0).collect();
        let none = Dimensions::default();
        let series = [
            (burst::roles::BALANCE, tail(&self.published.balance, self.per_unit)),
            (burst::roles::USAGE, tail(&self.published.usage, 1.0)),
            (burst::roles::SURPLUS, tail(&self.published.surplus, 1.0)),
            (burst::roles::CHARGED, tail(&self.published.charged, 1.0)),
            (burst::roles::CPU, tail(&of_cpu, 1.0)),
        ];
        let wanted = |role: &str| if self.ec2 { role != burst::roles::CPU } else { matches!(role, "balance" | "cpu") };
        let inputs: Vec<Input<'_>> = series
            .iter()
            .filter(|(role, _)| wanted(role))
            .map(|(role, points)| Input { role, dimensions: &none, points: points.view() })
            .collect();
        let now = START + self.minute as i64 * 60;
        let (memory, verdict) = burst::judge(&self.settings, self.memory, &Inputs::new(now, &inputs), now);
        self.memory = memory;
        verdict
    }

    /// Runs a load to its end and compares each time left, once the load has lasted an hour. Gives the worst error.
    fn worst_error(&mut self, load: Load<'_>, most_minutes: usize) -> f64 {
        let mut worst: f64 = 0.0;
        let (mut compared, mut next) = (0, 60);
        while self.minute < most_minutes && !self.bucket.ended() {
            let verdict = self.five(load);
            if self.minute < next {
                continue;
            }
            let truth = self.bucket.minutes_left(load, self.minute, 900 * 60).expect("it drains");
            if truth < 5.0 {
                break;
            }
            // The simulation to the end is dear: some ten comparisons on the way down.
            next = self.minute + (truth / 8.0) as usize;
            let left = verdict.time_left.expect("it drains").likely_s / 60.0;
            worst = worst.max((left / truth - 1.0).abs());
            compared += 1;
        }
        assert!(compared > 0, "the load never drained the bucket");
        worst
    }
}

fn steady(cpu: f64) -> impl Fn(usize) -> f64 {
    move |_| cpu
}

#[test]
fn within_five_percent_of_a_simulated_bucket_for_every_type_mode_and_steady_load() {
    for name in types::names() {
        for unlimited in [false, true] {
            let baseline = types::bucket(&name).unwrap().baseline_percent() / 100.0;
            for share in [0.2, 0.5, 0.8, 1.0] {
                let cpu = baseline + share * (1.0 - baseline);
                let error = Trial::ec2(&name, unlimited).worst_error(&steady(cpu), 60 * 60);
                assert!(error < 0.05, "{name} unlimited={unlimited} at {cpu}: off by {error}");
            }
        }
    }
}

#[test]
fn within_five_percent_for_every_lightsail_plan() {
    for plan in plans::PLANS {
        let baseline = plan.baseline_percent / 100.0;
        for share in [0.2, 0.5, 1.0] {
            let cpu = baseline + share * (1.0 - baseline);
            let error = Trial::lightsail(plan).worst_error(&steady(cpu), 60 * 60);
            assert!(error < 0.05, "{plan:?} at {cpu}: off by {error}");
        }
    }
}

/// A load that swings within the hour drains as its mean does.
#[test]
fn within_five_percent_for_loads_that_swing() {
    for name in ["t2.small", "t3.medium", "t3.large", "t4g.xlarge"] {
        let baseline = types::bucket(name).unwrap().baseline_percent() / 100.0;
        for half in [1, 2, 5, 10] {
            let swings = move |minute: usize| if (minute / half).is_multiple_of(2) { 1.0 } else { baseline };
            let mut trial = Trial::ec2(name, false);
            // A truth shorter than a few swings depends on where in a swing it is asked.
            let mut worst: f64 = 0.0;
            while !trial.bucket.ended() {
                let verdict = trial.five(&swings);
                let Some(truth) = trial.bucket.minutes_left(&swings, trial.minute, 80 * 60) else { continue };
                if trial.minute >= 60 && truth > 40.0 * half as f64 {
                    worst = worst.max((verdict.time_left.unwrap().likely_s / 60.0 / truth - 1.0).abs());
                }
            }
            assert!(worst < 0.05, "{name} every {half} minutes: off by {worst}");
        }
    }
}

/// With noise the truth lies within the interval most of the time, and near the likely value.
#[test]
fn a_noisy_load_keeps_its_interval() {
    let (mut within, mut asked, mut errors) = (0, 0, Vec::new());
    for (seed, name) in ["t2.medium", "t3.small", "t3.large", "t3a.nano", "t4g.2xlarge"].iter().enumerate() {
        let mut random = Random::new(seed as u64);
        let noise: Vec<f64> = (0..20_000).map(|_| (0.75 + 0.2 * random.normal()).clamp(0.0, 1.0)).collect();
        let load = |minute: usize| noise[minute];
        let mut trial = Trial::ec2(name, false);
        while !trial.bucket.ended() {
            let verdict = trial.five(&load);
            let Some(truth) = trial.bucket.minutes_left(&load, trial.minute, 10_000) else { continue };
            if trial.minute < 60 || truth < 10.0 {
                continue;
            }
            let left = verdict.time_left.unwrap();
            let minutes = |seconds: f64| seconds / 60.0;
            asked += 1;
            within += usize::from((minutes(left.low_s) - 1.0..=minutes(left.high_s) + 1.0).contains(&truth));
            errors.push((minutes(left.likely_s) / truth - 1.0).abs());
        }
    }
    errors.sort_by(f64::total_cmp);
    assert!(within * 100 >= asked * 80, "{within} of {asked}");
    assert!(errors[errors.len() / 2] < 0.05, "{}", errors[errors.len() / 2]);
}

#[test]
fn a_short_spike_on_a_full_bucket_never_fires() {
    for name in types::names() {
        for minutes in [5, 10, 15] {
            let mut trial = Trial::ec2(&name, false);
            let load = move |minute: usize| if (120..120 + minutes).contains(&minute) { 1.0 } else { 0.02 };
            for _ in 0..72 {
                let verdict = trial.five(&load);
                assert_eq!(verdict.state, State::Fine, "{name}, {minutes} minutes: {verdict:?}");
            }
        }
    }
}

#[test]
fn every_exhaustion_is_told_before_it_comes_and_stays_told() {
    for name in types::names() {
        for unlimited in [false, true] {
            let mut trial = Trial::ec2(&name, unlimited);
            let load = |minute: usize| if minute < 120 { 0.02 } else { 1.0 };
            let mut fired_at = None;
            while !trial.bucket.ended() {
                let verdict = trial.five(&load);
                if verdict.state == State::Firing {
                    fired_at.get_or_insert(trial.minute);
                } else {
                    assert_eq!(fired_at, None, "{name} fell silent");
                }
            }
            let lead = trial.minute - fired_at.expect("it fires");
            assert!(lead >= 30, "{name} unlimited={unlimited}: {lead} minutes before");
            for _ in 0..6 {
                let verdict = trial.five(&load);
                let key = if unlimited { "burst.charged" } else { "burst.empty" };
                assert_eq!((verdict.state, verdict.reason.key), (State::Firing, key), "{name}");
            }
        }
    }
}

/// Bursts of twenty minutes with pauses between them fire once and clear once.
#[test]
fn a_load_that_comes_and_goes_does_not_flap() {
    let mut trial = Trial::ec2("t3.micro", false);
    let load = |minute: usize| if minute < 900 && (minute / 20).is_multiple_of(2) { 1.0 } else { 0.01 };
    let mut changes = 0;
    let mut before = State::Fine;
    for _ in 0..(48 * 12) {
        let state = trial.five(&load).state;
        changes += usize::from(state != before);
        before = state;
    }
    assert_eq!((changes, before), (2, State::Fine));
}

#[test]
fn launch_credits_lie_above_the_cap_and_are_spent_first() {
    for name in ["t2.nano", "t2.medium", "t2.2xlarge"] {
        for cpu in [0.5, 1.0] {
            let mut trial = Trial::ec2(name, false);
            trial.bucket.launch = types::bucket(name).unwrap().launch_credits;
            let error = trial.worst_error(&steady(cpu), 60 * 60);
            assert!(error < 0.05, "{name} at {cpu}: off by {error}");
        }
    }
    let bucket = types::bucket("t2.nano").unwrap();
    let mut simulated = Trial::ec2("t2.nano", false).bucket;
    simulated.launch = 30.0;
    let truth = simulated.minutes_left(&steady(0.08), 0, 9_000).unwrap();
    let found = bucket.minutes_to_empty(102.0, 0.08);
    assert!((found / truth - 1.0).abs() < 0.01, "{found} {truth}");
}

#[test]
fn unlimited_mode_tells_the_money() {
    use alarm::verdict::Fact;
    let mut trial = Trial::ec2("t3.large", true);
    while !trial.bucket.ended() {
        trial.five(&steady(1.0));
    }
    let verdict = trial.five(&steady(1.0));
    let money = |name: &str| match verdict.reason.fact(name) {
        Some(Fact::Money(dollars)) => dollars,
        other => panic!("{name}: {other:?}"),
    };
    // 2 vCPU less a baseline of 0.6, at $0.05; and a bucket of 864 owed.
    assert!((money("dollars_per_hour") - 0.07).abs() < 1e-6, "{}", money("dollars_per_hour"));
    assert!((money("dollars_owed") - 0.72).abs() < 0.01, "{}", money("dollars_owed"));
}

/// A host whose provider tells nothing: CPU by the minute against its baseline.
#[test]
fn a_host_with_a_baseline_alone_is_estimated() {
    let settings = Settings::of(Machine::Host { bucket: burst::Bucket::of_baseline(2.0, 20.0) });
    let shape = Shape { vcpus: 2.0, earned_per_hour: 24.0, most_held: 576.0, unlimited: false, accrues: true };
    let mut bucket = Simulated::full(shape);
    let (mut published, mut memory) = (Published::default(), Memory::default());
    let load = |minute: usize| if minute < 26 * 60 { 0.0 } else { 0.8 };
    let none = Dimensions::default();
    let mut compared = 0;
    for minute in 0..(34 * 60) {
        published.minute(minute, &mut bucket, load(minute));
        if bucket.ended() {
            break;
        }
        let from = published.cpu.len().saturating_sub(75);
        let cpu = Points::new(START + from as i64 * 60, 60, published.cpu[from..].iter().copied());
        let now = START + (minute as i64 + 1) * 60;
        let input = [Input { role: burst::roles::CPU, dimensions: &none, points: cpu.view() }];
        let verdict;
        (memory, verdict) = burst::judge(&settings, memory, &Inputs::new(now, &input), now);
        if minute > 27 * 60 + 30 {
            let truth = bucket.minutes_left(&load, minute + 1, 10_000).unwrap();
            let left = verdict.time_left.unwrap().likely_s / 60.0;
            assert!((left - truth).abs() < 0.05 * truth + 1.0, "{minute}: {left} {truth} {verdict:?}");
            assert!(verdict.reason.fact("estimated").is_some());
            compared += 1;
        }
    }
    assert!(compared > 100);
}

#[test]
fn without_data_or_type_nothing_is_claimed() {
    let settings = Settings::default();
    let dimensions = Dimensions::default();
    let points = Points::new(START, 300, [100.0; 12]);
    let now = points.end();
    let input = [Input { role: burst::roles::BALANCE, dimensions: &dimensions, points: points.view() }];
    let (_, verdict) = burst::judge(&settings, Memory::default(), &Inputs::new(now, &input), now);
    assert_eq!((verdict.state, verdict.reason.key), (State::Unknown, "burst.type_unknown"));
    let typed = Dimensions::from_iter([("InstanceType", "t3.micro")]);
    let input = [Input { role: burst::roles::BALANCE, dimensions: &typed, points: points.view() }];
    let (_, verdict) = burst::judge(&settings, Memory::default(), &Inputs::new(now, &input), now);
    assert_eq!(verdict.state, State::Fine, "{verdict:?}");
    let late = now + 3_600;
    let (_, verdict) = burst::judge(&settings, Memory::default(), &Inputs::new(late, &input), late);
    assert_eq!((verdict.state, verdict.reason.key), (State::Unknown, "burst.no_data"));
}

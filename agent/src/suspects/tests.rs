//! The choice by itself, and the whole against a real process that eats the processor.

use std::process::{Child, Command};
use std::thread;

use proptest::prelude::*;

use super::rank::Process;
use super::*;

fn process(pid: u32, name: &str, ticks: u64, resident_bytes: u64) -> Process {
    Process { pid, started: 1, name: name.into(), ticks, resident_bytes, io_bytes: None }
}

fn seen(processes: Vec<Process>, cpu_percent: f64, memory_percent: f64) -> Seen {
    Seen { processes, cpu_percent: Some(cpu_percent), memory_percent: Some(memory_percent) }
}

#[test]
fn workers_of_one_name_are_one_suspect() {
    let before = seen(vec![process(1, "java", 100, 0), process(2, "nginx", 0, 0), process(3, "nginx", 0, 0)], 0.0, 0.0);
    let mut writer = process(9, "backup", 50, 10);
    writer.io_bytes = Some(10_000);
    let now = seen(
        vec![process(1, "java", 600, 900), process(2, "nginx", 400, 100), process(3, "nginx", 300, 100), writer],
        0.0,
        0.0,
    );
    let (cpu, memory, io) = rank::rank(&before, &now, Duration::from_secs(10), 2);
    let named =
        |list: &[Suspect]| list.iter().map(|one| (one.name.clone(), one.pid, one.count, one.value)).collect::<Vec<_>>();
    assert_eq!(named(&cpu), [("nginx".into(), 2, 2, 70.0), ("java".into(), 1, 1, 50.0)]);
    assert_eq!(named(&memory), [("java".into(), 1, 1, 900.0), ("nginx".into(), 2, 2, 200.0)]);
    assert_eq!(named(&io), [("backup".into(), 9, 1, 1_000.0)]);
}

#[test]
fn a_number_used_again_is_another_process() {
    let before = seen(vec![process(7, "old", 1_000_000, 0)], 0.0, 0.0);
    let again = Process { started: 2, ..process(7, "new", 500, 1) };
    let (cpu, ..) = rank::rank(&before, &seen(vec![again], 0.0, 0.0), Duration::from_secs(10), 5);
    assert_eq!((cpu[0].name.as_str(), cpu[0].value), ("new", 50.0));
}

#[test]
fn a_steep_rise_is_told_at_once_but_not_twice() {
    assert_eq!(rank::rise(&seen(vec![], 10.0, 50.0), &seen(vec![], 60.0, 50.0)), Some(Why::CpuRose));
    assert_eq!(rank::rise(&seen(vec![], 10.0, 50.0), &seen(vec![], 60.0, 61.0)), Some(Why::MemoryRose));
    assert_eq!(rank::rise(&seen(vec![], 60.0, 61.0), &seen(vec![], 10.0, 50.0)), None);
    let mut suspects = Suspects::new(&Roots::default(), Settings::default());
    suspects.told = Some(Duration::ZERO);
    let why = |seconds, rose| suspects.why(Duration::from_secs(seconds), rose);
    assert_eq!(why(30, Some(Why::CpuRose)), None, "told half a minute ago");
    assert_eq!(why(90, Some(Why::CpuRose)), Some(Why::CpuRose));
    assert_eq!((why(299, None), why(300, None)), (None, Some(Why::Regular)));
}

struct Burner(Child);

impl Drop for Burner {
    fn drop(&mut self) {
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// A process that eats a processor is the first suspect, by its name alone: its command line, which could hold a
/// secret, is not told.
#[test]
fn the_one_who_burns_is_named() {
    let burner = Command::new("sh").args(["-c", "exec yes secret=hunter2 >/dev/null"]).spawn();
    let _burner = Burner(burner.expect("sh runs"));
    let settings = Settings { folders: vec![], ..Settings::default() };
    let mut suspects = Suspects::new(&Roots::default(), settings);
    assert_eq!(suspects.event(Duration::from_secs(1_000)), None, "nothing to compare with yet");
    thread::sleep(Duration::from_millis(500));
    assert_eq!(suspects.event(Duration::from_secs(1_001)), None, "too soon");
    let event = suspects.event(Duration::from_secs(1_300)).expect("five minutes on");
    assert!(event.memory.len() <= NAMED_MAX && !event.memory.is_empty());
    let line = event.line();
    assert!(!line.contains("hunter2") && line.len() < 4_096, "{line}");
    let value: serde_json::Value = serde_json::from_str(&line).expect("is JSON");
    assert!(value["memory"][0]["name"].is_string() && value["why"].is_string());
    // Told with the true time between, the burner is seen as what it is.
    let mut look = Look::new(Path::new("/proc"));
    let before = look.see().expect("processes");
    thread::sleep(Duration::from_millis(600));
    let now = look.see().expect("processes");
    let (cpu, ..) = rank::rank(&before, &now, Duration::from_millis(600), 50);
    assert!(cpu.iter().any(|suspect| suspect.name == "yes" && suspect.value > 5.0), "{cpu:?}");
}

#[test]
fn settings_with_faults() {
    let text = "folders = ['var']\ninterval = '5s'\n";
    let mut faults = Faults::new("x.toml", text);
    alarm::sheet::read::<Raw>("x.toml", text).expect("well formed").check(&mut faults);
    assert_eq!(faults.iter().len(), 2, "{faults}");
}

proptest! {
    /// Never more than asked for, always the greatest first, none invented.
    #[test]
    fn a_ranking_is_a_ranking(
        uses in prop::collection::vec(("[a-c]{1,2}", any::<u64>(), any::<u64>(), any::<Option<u64>>()), 0..40),
        most in 0usize..8,
        millis in 0u64..100_000,
    ) {
        let processes = uses.iter().enumerate().map(|(pid, (name, ticks, resident_bytes, io_bytes))| Process {
            pid: pid as u32, started: 1, name: name.clone(), ticks: *ticks, resident_bytes: *resident_bytes, io_bytes: *io_bytes,
        });
        let now = seen(processes.collect(), 0.0, 0.0);
        let (cpu, memory, io) = rank::rank(&Seen::default(), &now, Duration::from_millis(millis), most);
        for list in [cpu, memory, io] {
            prop_assert!(list.len() <= most);
            prop_assert!(list.is_sorted_by(|one, two| one.value >= two.value));
            prop_assert!(list.iter().all(|one| now.processes.iter().any(|process| process.name == one.name && process.pid == one.pid)));
        }
    }
}

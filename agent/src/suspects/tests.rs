//! The choice by itself, the whole against a real process that eats the processor, and the lane against a stand-in.

use std::path::Path;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use alarm::series::Dimensions;
use alarm::sheet::Faults;
use bytes::Bytes;
use proptest::prelude::*;

use super::look::Look;
use super::*;
use crate::clients::Clients;
use crate::host::Roots;
use crate::logs::engine::Rejected;
use crate::logs::run::Outlet;
use crate::publish::{Kind, Refusal};
use crate::vitals::{Lost, Vitals};

fn process(pid: u32, name: &str, ticks: u64, resident_bytes: u64) -> Process {
    Process { pid, started: 1, name: name.into(), ticks, resident_bytes, io_bytes: None }
}

#[test]
fn workers_of_one_name_are_one_suspect() {
    let before = [process(1, "java", 100, 0), process(2, "nginx", 0, 0), process(3, "nginx", 0, 0)];
    let mut writer = process(9, "backup", 50, 10);
    writer.io_bytes = Some(10_000);
    let now = [process(1, "java", 600, 900), process(2, "nginx", 400, 100), process(3, "nginx", 300, 100), writer];
    let (cpu, memory, io) = rank::rank(&before, &now, Duration::from_secs(10), 2);
    let named =
        |list: &[Suspect]| list.iter().map(|one| (one.name.clone(), one.pid, one.count, one.value)).collect::<Vec<_>>();
    assert_eq!(named(&cpu), [("nginx".into(), 2, 2, 70.0), ("java".into(), 1, 1, 50.0)]);
    assert_eq!(named(&memory), [("java".into(), 1, 1, 900.0), ("nginx".into(), 2, 2, 200.0)]);
    assert_eq!(named(&io), [("backup".into(), 9, 1, 1_000.0)]);
}

#[test]
fn a_number_used_again_is_another_process() {
    let again = Process { started: 2, ..process(7, "new", 500, 1) };
    let (cpu, ..) = rank::rank(&[process(7, "old", 1_000_000, 0)], &[again], Duration::from_secs(10), 5);
    assert_eq!((cpu[0].name.as_str(), cpu[0].value), ("new", 50.0));
}

fn pulse(cpu: f64, memory: f64, io: f64) -> Pulse {
    Pulse { cpu_percent: Some(cpu), memory_percent: Some(memory), io_percent: Some(io) }
}

#[test]
fn a_rise_is_steep_against_the_calmest_beat_of_late() {
    let calm = pulse(10.0, 50.0, 0.0);
    let rise = |now: Pulse, before: &[Pulse]| now.rise(&before.iter());
    assert_eq!(rise(pulse(60.0, 50.0, 0.0), &[calm]), Some(Why::CpuRose));
    assert_eq!(rise(pulse(60.0, 61.0, 90.0), &[calm]), Some(Why::MemoryRose));
    assert_eq!(rise(pulse(20.0, 50.0, 45.0), &[calm]), Some(Why::IoRose));
    assert_eq!(rise(calm, &[pulse(90.0, 90.0, 90.0)]), None, "a fall is none");
    assert_eq!(rise(pulse(55.0, 50.0, 0.0), &[calm, pulse(33.0, 50.0, 0.0)]), Some(Why::CpuRose), "in two steps");
    assert_eq!(rise(pulse(90.0, 90.0, 90.0), &[]), None, "nothing to compare with");
}

/// A host that is a folder: what it says of itself is written by the test.
struct Host(tempfile::TempDir);

impl Host {
    fn new() -> Self {
        let host = Self(tempfile::tempdir().expect("a folder"));
        std::fs::create_dir(host.0.path().join("7")).expect("made");
        host.says(0, 0, 0);
        host
    }

    fn says(&self, busy: u64, idle: u64, ticks: u64) {
        let write = |file: &str, text: String| std::fs::write(self.0.path().join(file), text).expect("written");
        write("stat", format!("cpu  {busy} 0 0 {idle} 0 0 0 0 0 0\n"));
        write("meminfo", "MemTotal: 1000 kB\nMemFree: 500 kB\nMemAvailable: 500 kB\n".to_owned());
        write("7/stat", format!("7 (shop) S 1 7 7 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 1 0 90 1000 10 0\n"));
    }

    fn roots(&self) -> Roots {
        Roots { proc: self.0.path().to_owned(), ..Roots::default() }
    }
}

#[test]
fn told_every_five_minutes_and_at_once_on_a_rise_but_not_twice() {
    let host = Host::new();
    let mut watch = Watch::new(&host.roots(), &Settings { folders: vec![], ..Settings::default() });
    let mut told = Vec::new();
    let (mut busy, mut idle) = (0, 0);
    for tick in 0..100_u64 {
        // From the 50th tick on a processor is busy that was not.
        let burns = (50..60).contains(&tick);
        (busy, idle) = if burns { (busy + 900, idle + 100) } else { (busy, idle + 1_000) };
        host.says(busy, idle, busy);
        let now = Duration::from_secs(tick * 10);
        if watch.feel(now)
            && let Some(event) = watch.look(now)
        {
            told.push((tick, event));
        }
    }
    let when: Vec<_> = told.iter().map(|(tick, event)| (*tick, event.why)).collect();
    assert_eq!(when, [(30, Why::Regular), (50, Why::CpuRose), (80, Why::Regular)]);
    let rose = &told[1].1;
    assert_eq!((rose.cpu[0].name.as_str(), rose.cpu_percent, rose.memory_percent), ("shop", Some(90.0), Some(50.0)));
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
    let mut watch = Watch::new(&Roots::default(), &settings);
    assert!(watch.feel(Duration::from_secs(1_000)), "there was no look yet");
    assert_eq!(watch.look(Duration::from_secs(1_000)), None, "nothing to compare with yet");
    thread::sleep(Duration::from_millis(500));
    let event = watch.look(Duration::from_secs(1_300)).expect("five minutes on");
    assert!(event.memory.len() <= 5 && !event.memory.is_empty());
    let line = event.line(&Dimensions::from_iter([("InstanceId", "i-1")]));
    assert!(!line.contains("hunter2") && line.len() < 4_096, "{line}");
    let value: serde_json::Value = serde_json::from_str(&line).expect("is JSON");
    assert!(value["memory"][0]["name"].is_string() && value["why"].is_string());
    assert_eq!((&value["event"], &value["dimensions"]["InstanceId"]), (&"suspects".into(), &"i-1".into()));
    // Told with the true time between, the burner is seen as what it is.
    let mut look = Look::new(Path::new("/proc"));
    let before = look.see();
    thread::sleep(Duration::from_millis(600));
    let (cpu, ..) = rank::rank(&before, &look.see(), Duration::from_millis(600), 50);
    assert!(cpu.iter().any(|suspect| suspect.name == "yes" && suspect.value > 5.0), "{cpu:?}");
}

#[test]
fn settings_with_faults() {
    let text = "folders = ['var']\ninterval = '5s'\ngroup = ' '\n";
    let mut faults = Faults::new("x.toml", text);
    alarm::sheet::read::<Raw>("x.toml", text).expect("well formed").check(&mut faults);
    assert_eq!(faults.iter().len(), 3, "{faults}");
}

/// A log group that is missing at first, and then answers as it was told to.
#[derive(Debug, Default)]
struct Service {
    made: Mutex<bool>,
    refuses: Option<Kind>,
    bodies: Mutex<Vec<String>>,
}

impl Outlet for Service {
    async fn put(&self, _: &str, _: &str, body: Bytes, _: usize) -> Result<Rejected, Refusal> {
        let refusal = |kind, code: &str| Err(Refusal { kind, code: code.to_owned(), says: "no".to_owned() });
        if let Some(kind) = self.refuses {
            return refusal(kind, "");
        }
        if !*self.made.lock().unwrap_or_else(PoisonError::into_inner) {
            return refusal(Kind::Denied, "ResourceNotFoundException");
        }
        let mut bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        bodies.push(String::from_utf8_lossy(&body).into_owned());
        Ok(Rejected::default())
    }

    async fn create(&self, _: &str, _: &str, _: u32) -> Result<(), Refusal> {
        *self.made.lock().unwrap_or_else(PoisonError::into_inner) = true;
        Ok(())
    }
}

/// A lane's ticks for so long, as fast as they can be turned.
fn live(service: &Arc<Service>, minutes: u64) -> Arc<Vitals> {
    let vitals = Arc::new(Vitals::default());
    let lane = Lane {
        outlet: Arc::clone(service),
        group: "/g".into(),
        stream: "s".into(),
        retention_days: 30,
        identity: Dimensions::default(),
        vitals: Arc::clone(&vitals),
        clients: Clients::default(),
        clock: || Duration::from_secs(1_795_000_000),
    };
    let host = Host::new();
    let watch = Watch::new(&host.roots(), &Settings { folders: vec![], ..Settings::default() });
    let mut teller = lane::Teller::new(watch, lane);
    tokio::runtime::Builder::new_current_thread().build().expect("made").block_on(async {
        for tick in 0..=minutes * 6 {
            teller.turn(Duration::from_secs(tick * 10)).await;
        }
    });
    teller.end();
    vitals
}

#[test]
fn a_group_that_is_missing_is_made_and_told() {
    let service = Arc::new(Service::default());
    let vitals = live(&service, 11);
    let bodies = service.bodies.lock().expect("nobody panicked");
    assert_eq!(bodies.len(), 2, "{bodies:?}");
    let body: serde_json::Value = serde_json::from_str(&bodies[0]).expect("is JSON");
    assert_eq!(body["logGroupName"], "/g");
    let message = body["logEvents"][0]["message"].as_str().expect("a message");
    assert!(message.contains("\"name\":\"shop\""), "{message}");
    assert_eq!(vitals.losses(Lost::Unsent).0, 0);
}

#[test]
fn what_cannot_be_told_waits_within_its_bound_and_is_counted() {
    let service = Arc::new(Service { refuses: Some(Kind::Unreachable), ..Service::default() });
    let vitals = live(&service, 5 * (outbox::WAITING_MAX as u64 + 3));
    assert_eq!(vitals.losses(Lost::Unsent).0, outbox::WAITING_MAX as u64 + 3, "each once");
    let service = Arc::new(Service { refuses: Some(Kind::Invalid), ..Service::default() });
    assert_eq!(live(&service, 16).losses(Lost::Rejected).0, 3);
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
        let now: Vec<_> = processes.collect();
        let (cpu, memory, io) = rank::rank(&[], &now, Duration::from_millis(millis), most);
        for list in [cpu, memory, io] {
            prop_assert!(list.len() <= most);
            prop_assert!(list.is_sorted_by(|one, two| one.value >= two.value));
            prop_assert!(list.iter().all(|one| now.iter().any(|process| process.name == one.name && process.pid == one.pid)));
        }
    }
}

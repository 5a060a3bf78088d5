//! Logs on their way: followed through a rotation and a restart, sent through faults, without their secrets, once.

mod account;
mod fold;
mod modes;
mod others;
mod trial;
mod writer;

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::time::Duration;

use tests::{Agent, Endpoint};

const CONFIG: &str = "
[agent]
state_dir = '{folder}/state'
[logs]
group = '/stormglass/{service}'
stream = '{host}'
[[logs.file]]
service = 'shop'
fold = false
paths = ['{folder}/app.log']
";

/// An error that only its letters tell from the others.
fn line(number: u8) -> String {
    let name: String = (0..3).map(|at| char::from(b'a' + (number >> (at * 2) & 3))).collect();
    format!("ERROR {name}{name} has no stock, password=hunter2\n")
}

#[test]
fn errors_arrive_once_through_a_rotation_a_restart_and_faults() {
    const LINES: u8 = 60;
    let service = Endpoint::plain();
    let mut agent = Agent::new(CONFIG).against(&service);
    let (path, rotated) = (agent.folder().join("app.log"), agent.folder().join("app.log.1"));
    let append = |from: u8, to: u8| {
        let mut file = OpenOptions::new().create(true).append(true).open(&path).expect("the log can be written");
        (from..to).for_each(|number| file.write_all(line(number).as_bytes()).expect("there is room"));
    };
    File::create(&path).expect("the log can be made");
    service.fault("PutLogEvents throttle times=2");
    agent.start();
    std::thread::sleep(Duration::from_secs(2));
    append(0, 20);
    fs::rename(&path, &rotated).expect("it can be rotated");
    append(20, 40);
    std::thread::sleep(Duration::from_secs(2));
    assert!(agent.stop().success(), "{}", agent.output());
    // What is written while it is down is read when it is up again.
    append(40, LINES);
    agent.start();
    let texts = |ledger: &tests::endpoint::ledger::Ledger| -> Vec<String> {
        let errors = ledger.events.iter().map(|event| event.message().to_owned());
        errors.filter(|text| text.contains("ERROR ") && text.contains("\"level\"")).collect()
    };
    service.wait("every error", Duration::from_secs(40), |ledger| texts(ledger).len() >= usize::from(LINES));
    assert!(agent.stop().success(), "{}", agent.output());
    let texts = service.ledger(texts);
    for number in 0..LINES {
        let line = line(number);
        let word = line.split(' ').nth(1).expect("a word");
        let seen = texts.iter().filter(|text| text.contains(&format!(" {word} "))).count();
        assert_eq!(seen, 1, "{word} arrived {seen} times");
    }
    assert!(!texts.iter().any(|text| text.contains("hunter2")), "a secret left the host");
}

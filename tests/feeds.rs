//! Sources that are no files, from outside: a real journal, a pipe, sockets; kills, restarts and absences.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tests::endpoint::ledger::Ledger;
use tests::{Agent, Endpoint, skip};

const PATIENCE: Duration = Duration::from_mins(1);
const LOGS: &str = "[agent]\nstate_dir = '{folder}/state'\n[logs]\ngroup = '/t/{service}'\nstream = '{file}'\n\
    format = 'text'\nlinger = '1s'\n";

fn configured(sources: &str) -> String {
    format!("{LOGS}{sources}")
}

/// The lines that arrived, in the order in which they did.
fn lines(ledger: &Ledger) -> Vec<String> {
    let messages = ledger.events.iter().map(tests::endpoint::ledger::Event::message);
    let written = messages.filter(|message| !message.contains("new_error_kind"));
    written.flat_map(|message| message.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn count(ledger: &Ledger, text: &str) -> usize {
    lines(ledger).iter().filter(|line| line.contains(text)).count()
}

/// A journald of its own namespace. It needs root and the host's directories: elsewhere the test is skipped.
struct Journald {
    child: Child,
    name: String,
}

impl Journald {
    fn start() -> Result<Self, String> {
        let program = ["/lib/systemd/systemd-journald", "/usr/lib/systemd/systemd-journald"];
        let program = program.into_iter().find(|path| Path::new(path).exists()).ok_or("no systemd-journald here")?;
        let name = format!("stormglass{}", std::process::id());
        let run = PathBuf::from(format!("/run/systemd/journal.{name}"));
        fs::create_dir_all(&run).map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        command.arg(&name).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let journald = Self { child: command.spawn().map_err(|error| error.to_string())?, name };
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(20) {
            if journald.folder().is_some() && run.join("socket").exists() {
                return Ok(journald);
            }
            sleep(Duration::from_millis(100));
        }
        Err("journald does not start here".to_owned())
    }

    fn folder(&self) -> Option<PathBuf> {
        let machine = fs::read_to_string("/etc/machine-id").ok()?;
        let name = format!("{}.{}", machine.trim(), self.name);
        ["/var/log/journal", "/run/log/journal"].into_iter().map(|at| Path::new(at).join(&name)).find(|at| at.is_dir())
    }

    /// By the journal's own protocol, which takes any bytes.
    fn write(&self, priority: u8, message: &[u8]) {
        let length = (message.len() as u64).to_le_bytes();
        let head = format!("SYSLOG_IDENTIFIER=shop\nPRIORITY={priority}\nMESSAGE\n");
        let datagram = [head.as_bytes(), &length, message, b"\n"].concat();
        let socket = UnixDatagram::unbound().expect("a socket");
        let sent = socket.send_to(&datagram, format!("/run/systemd/journal.{}/socket", self.name));
        sent.expect("journald takes a message");
    }
}

impl Drop for Journald {
    fn drop(&mut self) {
        let folder = self.folder();
        let _ = self.child.kill();
        let _ = self.child.wait();
        for folder in folder.into_iter().chain([format!("/run/systemd/journal.{}", self.name).into()]) {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

#[test]
fn a_real_journal_is_read_on_after_a_stop_and_a_kill() {
    let journald = match Journald::start() {
        Ok(journald) => journald,
        Err(why) => return skip("journald", &why),
    };
    let folder = journald.folder().expect("it was found").display().to_string();
    let config = configured(&format!(
        "[[logs.journal]]\nservice = 'shop'\nidentifiers = ['shop']\ndirectory = '{folder}'\nlevel = 'warn'\nfold = false\n"
    ));
    let service = Endpoint::plain();
    let mut agent = Agent::new(&config).against(&service);
    journald.write(3, b"before anybody asked");
    sleep(Duration::from_millis(1_100));
    agent.start();
    sleep(Duration::from_secs(3));
    journald.write(3, b"number one failed");
    journald.write(6, b"nothing to see");
    journald.write(
        6,
        b"2026-11-21 13:13:29 ERROR no\njava.io.IOException: no \xff\0 password=hunter2\n\tat a.B.c(B.java:1)",
    );
    service.wait("the first error and the trace", PATIENCE, |ledger| count(ledger, "\tat a.B.c") == 1);
    assert!(agent.stop().success(), "{}", agent.output());
    journald.write(4, b"number two while it was down");
    agent.start();
    service.wait("what came while it was stopped", PATIENCE, |ledger| count(ledger, "number two") == 1);
    agent.kill();
    journald.write(4, b"number three while it was dead");
    agent.start();
    service.wait("what came while it was dead", PATIENCE, |ledger| count(ledger, "number three") == 1);
    assert!(agent.stop().success(), "{}", agent.output());
    let all = service.ledger(lines);
    let times = |text: &str| all.iter().filter(|line| line.contains(text)).count();
    for text in ["number one", "number three", "java.io.IOException: no \u{FFFD} password=[redacted password]"] {
        assert_eq!(times(text), 1, "{text}: {all:#?}");
    }
    // The kill may have come between its arrival and the checkpoint: then, and only then, it comes twice.
    assert!((1..=2).contains(&times("number two")), "{all:#?}");
    assert!(!all.iter().any(|line| line.contains("before anybody") || line.contains("hunter2")), "{all:#?}");
}

/// A program in the place of journalctl: it prints some entries and ends, or only complains.
fn script(folder: &Path, body: &str) {
    let path = folder.join("journalctl");
    fs::write(&path, format!("#!/bin/sh\n{body}\n")).expect("the folder can be written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
}

const FAKE: &str = "[[logs.journal]]\nservice = 'shop'\nprogram = '{folder}/journalctl'\nlevel = 'all'\nfold = false\n";

#[test]
fn a_reader_that_dies_is_started_again_from_where_it_was() {
    let service = Endpoint::plain();
    let mut agent = Agent::new(&configured(FAKE)).against(&service);
    // Entry by entry: it prints the one behind the cursor that it was given, half of a further one, and dies.
    let body = "for a in \"$@\"; do case $a in --after-cursor=*) n=${a#--after-cursor=};; esac; done; n=${n:-0}; n=$((n+1))\n\
        [ $n -gt 4 ] && exec sleep 1000\n\
        printf '__CURSOR=%s\\nMESSAGE=entry %s\\n\\n__CURSOR=%s\\nMESSAGE=half' $n $n $((n+1))\n\
        echo 'it broke' >&2; exit 3";
    script(agent.folder(), body);
    agent.start();
    service.wait("four entries", PATIENCE, |ledger| count(ledger, "entry 4") == 1);
    assert!(agent.stop().success(), "{}", agent.output());
    assert_eq!(service.ledger(lines), ["entry 1", "entry 2", "entry 3", "entry 4"]);
}

#[test]
fn a_cursor_that_the_journal_refuses_is_gone_on_from_its_time() {
    let service = Endpoint::plain();
    let mut agent = Agent::new(&configured(FAKE)).against(&service);
    let body = "case \"$*\" in\n\
        *--after-cursor=*) echo 'Failed to seek to cursor: Invalid argument' >&2; exit 1;;\n\
        *--since=@1795278020.316329*) printf '__CURSOR=z\\nMESSAGE=second\\n\\n'; exec sleep 1000;;\n\
        *) printf '__CURSOR=s=1;t=660cbbcac8ca8;x=1\\nMESSAGE=first\\n\\n'; exit 0;; esac";
    script(agent.folder(), body);
    agent.start();
    service.wait("the entry behind the lost cursor", PATIENCE, |ledger| count(ledger, "second") == 1);
    assert!(agent.output().contains("does not know where we were"), "{}", agent.output());
    assert!(agent.stop().success(), "{}", agent.output());
    assert_eq!(service.ledger(lines), ["first", "second"]);
}

#[test]
fn no_journalctl_and_no_right_are_said_once_with_what_to_do() {
    let service = Endpoint::plain();
    let mut agent = Agent::new(&configured(FAKE)).against(&service);
    agent.start();
    agent.wait_for("there is no journalctl on this host");
    assert!(agent.stop().success(), "{}", agent.output());
    script(agent.folder(), "echo 'No journal files were opened due to insufficient permissions.' >&2; exit 1");
    agent.start();
    agent.wait_for("SupplementaryGroups=systemd-journal");
    sleep(Duration::from_secs(3));
    assert_eq!(agent.output().matches("may not be read by this user").count(), 1);
    assert!(agent.stop().success(), "{}", agent.output());
}

#[test]
fn what_is_piped_in_arrives_through_a_kill_and_the_end_of_input_is_the_end() {
    let service = Endpoint::plain();
    let agent =
        Agent::new(&configured("[logs.stdin]\nservice = 'job'\nlevel = 'all'\nfold = false\n")).against(&service);
    // The service fails: what is piped in has to wait on the disk, over a kill.
    service.fault("PutLogEvents throttle");
    let whole = (0..2_000).fold(String::new(), |whole, number| whole + &format!("line {number} of it\n"));
    let (first, second) = whole.split_at(whole.len() / 2);
    let mut child = agent.piped(first.as_bytes());
    sleep(Duration::from_secs(4));
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    service.no_more_faults();
    let mut child = agent.piped(second.as_bytes());
    let status = child.wait().expect("it ends by itself when its input does");
    assert!(status.success(), "{}", agent.written());
    let mut numbers: Vec<u32> = service
        .ledger(lines)
        .iter()
        .filter_map(|line| line.strip_prefix("line ")?.split(' ').next()?.parse().ok())
        .collect();
    numbers.sort_unstable();
    // The kill cut one line in two; both halves arrived.
    let missing: Vec<u32> = (0..2_000).filter(|number| !numbers.contains(number)).collect();
    assert!(missing.len() <= 1, "{missing:?}");
    numbers.dedup();
    assert!(numbers.len() >= 1_999);
}

#[test]
fn sockets_take_lines_and_datagrams_and_bound_who_may_write() {
    let service = Endpoint::plain();
    let mut agent = Agent::new(&configured(
        "[[logs.socket]]\nservice = 'shop'\npath = '{folder}/runtime/log.sock'\nmode = '0600'\nmax_connections = 2\n\
         level = 'all'\nfold = false\n\
         [[logs.socket]]\nservice = 'shop'\npath = '{folder}/runtime/dgram.sock'\nkind = 'datagram'\nlevel = 'all'\nfold = false\n",
    ))
    .against(&service);
    let (path, datagrams) = (agent.folder().join("runtime/log.sock"), agent.folder().join("runtime/dgram.sock"));
    agent.start();
    let begun = Instant::now();
    while !(path.exists() && datagrams.exists()) {
        assert!(begun.elapsed() < PATIENCE, "{}", agent.output());
        sleep(Duration::from_millis(50));
    }
    assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
    let mut writers: Vec<_> = (0..2).map(|_| UnixStream::connect(&path).expect("it is open")).collect();
    sleep(Duration::from_millis(300));
    let third = UnixStream::connect(&path).expect("it is accepted, and closed");
    // Two traces, line by line between each other: each arrives whole.
    for part in ["ERROR it failed\n", "java.io.IOException: no\n", "\tat a.B.c(B.java:1)\n", "\tat a.B.d(B.java:2)\n"] {
        for (number, writer) in writers.iter_mut().enumerate() {
            writer.write_all(part.replace("failed", &format!("failed at {number}")).as_bytes()).expect("it is open");
            sleep(Duration::from_millis(20));
        }
    }
    writers[0].write_all(b"the last one without an end").expect("it is open");
    drop(writers);
    UnixDatagram::unbound().and_then(|socket| socket.send_to(b"by datagram", &datagrams)).expect("it is open");
    service.wait("all of it", PATIENCE, |ledger| {
        count(ledger, "without an end") == 1 && count(ledger, "by datagram") == 1 && count(ledger, "\tat a.B.d") == 2
    });
    let traces: Vec<String> = service.ledger(|ledger| {
        let events = ledger.events.iter().map(|event| event.message().to_owned());
        events.filter(|text| text.starts_with("ERROR")).collect()
    });
    assert!(traces.iter().all(|trace| trace.lines().count() == 4), "{traces:#?}");
    drop(third);
    assert!(agent.stop().success(), "{}", agent.output());
    assert!(!path.exists() && !datagrams.exists(), "the names go with the program");
}

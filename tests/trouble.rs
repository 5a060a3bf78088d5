//! Local mode in trouble: a disk that is full, browsers that never read, a store that is broken, a user who may do nothing.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tests::Process;

use crate::page::{RULES, Up};

const PATIENCE: Duration = Duration::from_mins(2);

fn begin(command: Command, folder: tempfile::TempDir) -> Up {
    let mut process = Process::start("stormglass up", command, &folder.path().join("out"));
    process.wait_ready(|said| said.contains("the page: "));
    let said = process.output();
    let place = said.split("the page: http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address");
    Up { place: place.to_owned(), process, folder }
}

/// `up` with the store on a file system of eight megabytes that nobody else sees, and that file system from outside.
fn on_a_small_disk() -> Option<(Up, PathBuf)> {
    let ours = Command::new("unshare").args(["--user", "--map-root-user", "--mount", "true"]).output();
    if !ours.is_ok_and(|output| output.status.success()) {
        tests::skip("full-disk", "unshare: no user namespaces here");
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).expect("can be made");
    let rules = folder.path().join("alarms.toml");
    std::fs::write(&rules, RULES).expect("is written");
    let config = format!("[local]\nrules = '{}'\n", rules.display());
    std::fs::write(folder.path().join("config.toml"), config).expect("is written");
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
    command.arg("mount -t tmpfs -o size=8m tmpfs \"$0\" && exec \"$@\"").arg(&disk);
    command.arg(tests::binary("stormglass")).args(["up", "--listen", "127.0.0.1:0", "--config"]);
    command.arg(folder.path().join("config.toml")).arg("--store").arg(disk.join("local.redb"));
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    let up = begin(command, folder);
    let inside = disk.strip_prefix("/").expect("is absolute").to_owned();
    let disk = Path::new("/proc").join(up.process.pid().to_string()).join("root").join(inside);
    Some((up, disk))
}

/// It says so, judges on, and writes what waited when there is room again: points, and what people did meanwhile.
#[test]
fn a_full_disk_is_said_stops_no_judging_and_loses_nothing() {
    let Some((mut up, disk)) = on_a_small_disk() else { return };
    up.until("/metrics", "stormglass_mem_used_percent");
    let now = up.until("/", "action=\"/acknowledge\"");
    let filler = disk.join("filler");
    let mut fill = Command::new("dd");
    fill.args(["if=/dev/zero", "bs=4k"]).arg(format!("of={}", filler.display()));
    assert!(!fill.output().expect("dd is there").status.success(), "the disk is not full");
    let after = |mark: &str| now.split(mark).nth(1).and_then(|rest| rest.split('"').next()).expect(mark).to_owned();
    let (csrf, incident) = (after("name=\"csrf\" value=\""), after("name=\"incident\" value=\""));
    // The file has some room within: people write much, and it is used up at once.
    for at in 0..50 {
        let form = format!("incident={incident}&by=lee&text={at}-{}&csrf={csrf}", "x".repeat(1_900));
        assert!(up.post("/note", &form, "").starts_with("HTTP/1.1 303"), "note {at}");
    }
    up.process.wait_until("to say that the disk is full", PATIENCE, |said| said.contains("SG-LOC-004"));
    assert!(up.process.output().contains("the disk is full"), "{}", up.process.output());
    let page = up.until("/", "Points cannot be written; judging goes on in memory");
    assert!(page.contains(" judged: "), "{page}");
    let form = format!("incident={incident}&by=kim&hours=1&csrf={csrf}");
    assert!(up.post("/acknowledge", &form, "").starts_with("HTTP/1.1 303"));
    let before = memory(&up).newest();
    let begun = Instant::now();
    while memory(&up).newest() <= before + 10 {
        assert!(begun.elapsed() < PATIENCE, "no reading comes any more");
        std::thread::sleep(Duration::from_secs(1));
    }
    std::fs::remove_file(&filler).expect("can be removed");
    // It may have written once before, in the room that was left, and met the end of it again.
    let begun = Instant::now();
    while up.get("/", "").contains("Points cannot be written") {
        assert!(begun.elapsed() < PATIENCE, "it does not write again");
        std::thread::sleep(Duration::from_millis(200));
    }
    up.process.wait_until("to write again", PATIENCE, |said| said.contains("nothing that waited was lost"));
    // As it lies on the disk at this moment, it is all there for whoever starts next.
    let last = memory(&up);
    up.process.signal("STOP");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::copy(disk.join("local.redb"), folder.path().join("local.redb")).expect("can be copied");
    std::fs::write(folder.path().join("config.toml"), "").expect("is written");
    let next = Up::in_folder(folder, &[]);
    let story = next.get(&format!("/incidents/{incident}"), "");
    assert!(story.contains("<b>kim</b>") && story.contains("49-xxx"), "what people did is lost: {story}");
    let (kept, mut known) = (memory(&next), last.known());
    // The newest may have been on its way.
    known.pop();
    assert!(known.iter().any(|at| *at > before), "{known:?}");
    let lost: Vec<_> = known.iter().filter(|at| !kept.known().contains(at)).collect();
    assert!(lost.is_empty(), "of {known:?} are lost {lost:?}");
}

/// What the page draws of memory.
struct Line {
    start: i64,
    period: i64,
    values: Vec<Option<f64>>,
}

impl Line {
    /// The times that have a value.
    fn known(&self) -> Vec<i64> {
        let real = self.values.iter().enumerate().filter(|(_, value)| value.is_some());
        real.map(|(at, _)| self.start + at as i64 * self.period).collect()
    }

    fn newest(&self) -> i64 {
        *self.known().last().expect("a value")
    }
}

fn memory(up: &Up) -> Line {
    let metrics = "data-labels=\"used";
    let page = up.until("/host", metrics);
    let figure = page.split(metrics).next().and_then(|before| before.rsplit("data-lines=\"").next()).expect("a chart");
    let line = figure.split(['"', ' ']).next().expect("a line");
    let answer = up.get(&format!("/data?range=1h&s={line}"), "");
    let json = answer.split("\r\n\r\n").nth(1).and_then(|body| body.find('{').map(|at| &body[at..])).expect("JSON");
    let json = &json[..=json.rfind('}').expect("its end")];
    let data: serde_json::Value = serde_json::from_str(json).expect("JSON");
    let [start, period] = ["start", "period"].map(|key| data[key].as_i64().expect("a number"));
    let values = data["lines"][0].as_array().expect("a line").iter().map(serde_json::Value::as_f64).collect();
    Line { start, period, values }
}

/// They take every place there is: asking and not reading, reading half, never ending what they ask.
#[test]
fn browsers_that_never_read_hold_up_nobody_and_cost_little() {
    let up = Up::start(&[]);
    up.until("/host", "data-lines");
    let host = format!("HTTP/1.1\r\nHost: {}\r\n", up.place);
    let (before, mut idle) = (resident_kb(&up), Vec::new());
    for (count, request) in [
        (60, format!("GET /live {host}\r\n")),
        (60, format!("GET /host?range=30d {host}\r\n").repeat(100)),
        (30, format!("GET / {host}")),
        (30, format!("POST /acknowledge {host}Content-Length: 500\r\n\r\nincident=")),
    ] {
        for at in 0..count {
            let mut stream = TcpStream::connect(&up.place).expect("the page listens");
            // Whose place was taken by then hears of it here.
            let _ = stream.write_all(request.as_bytes());
            if at % 2 == 0 && request.starts_with("GET /host") {
                let _ = stream.read(&mut [0; 1_000]);
            }
            idle.push(stream);
        }
        for path in ["/", "/host", "/metrics"] {
            let begun = Instant::now();
            assert!(up.get(path, "").starts_with("HTTP/1.1 200"));
            assert!(begun.elapsed() < Duration::from_secs(5), "{path} took {:?}", begun.elapsed());
        }
    }
    let grown_kb = resident_kb(&up).saturating_sub(before);
    assert!(grown_kb < 12_000, "{grown_kb} kB for {} of them", idle.len());
    let open = std::fs::read_dir(format!("/proc/{}/fd", up.process.pid())).expect("is there").count();
    assert!(open < 120, "{open} descriptors");
}

fn resident_kb(up: &Up) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", up.process.pid())).expect("is there");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("has memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// A store that is broken, wherever it is: said, moved aside, and a new one begun.
#[test]
fn a_broken_store_is_moved_aside_and_said() {
    let up = Up::start(&[]);
    up.until("/host", "data-lines");
    let mut up = up.killed_and_begun_again();
    up.process.signal("TERM");
    up.process.wait(PATIENCE);
    let store = up.folder.path().join("local.redb");
    let whole = std::fs::read(&store).expect("is there");
    let wipe = |from: usize, until: usize| {
        let mut bytes = whole.clone();
        bytes[from..until].fill(0xA5);
        bytes
    };
    let broken = [
        ("no store at all", b"not a store".to_vec()),
        ("its head wiped", wipe(0, 512)),
        ("its catalogue wiped", wipe(4_096, whole.len())),
        ("cut in the middle", whole[..whole.len() / 2].to_vec()),
    ];
    for (at, (what, bytes)) in broken.into_iter().enumerate() {
        std::fs::write(&store, bytes).expect("is written");
        let Up { folder, process, .. } = up;
        drop(process);
        up = Up::in_folder(folder, &[]);
        let aside = format!("local.corrupt-{}", at + 1);
        assert!(up.folder.path().join(&aside).exists(), "{what}: {}", up.process.output());
        assert!(up.process.output().contains("SG-LOC-003"), "{what}: {}", up.process.output());
        let page = up.until("/", &aside);
        assert!(page.contains("a new one was begun"), "{what}: {page}");
        up.process.signal("TERM");
        up.process.wait(PATIENCE);
    }
}

/// Who may do nothing can watch the host all the same; what is kept is theirs alone.
#[test]
fn an_ordinary_user_needs_no_more_than_a_home() {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().join("home");
    std::fs::create_dir(&home).expect("can be made");
    let program = folder.path().join("stormglass");
    let mut command = if is_root {
        // The build may lie where nobody may look.
        std::fs::copy(tests::binary("stormglass"), &program).expect("can be copied");
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).expect("can be set");
        std::os::unix::fs::chown(&home, Some(65_534), Some(65_534)).expect("can be given away");
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
        command
    } else {
        Command::new(tests::binary("stormglass"))
    };
    command.args(["up", "--listen", "127.0.0.1:0"]).current_dir("/").env("HOME", &home);
    command.env_remove("XDG_STATE_HOME").env("AWS_EC2_METADATA_DISABLED", "true");
    let up = begin(command, folder);
    up.until("/host", "data-lines");
    let store = home.join(".local/state/stormglass/local.redb");
    let mode = std::fs::metadata(&store).expect("the store is in the home").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
}

//! Local mode in trouble: a disk that is full, a user who may do nothing.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tests::Process;

use crate::page::Up;

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
    std::fs::write(folder.path().join("config.toml"), "").expect("is written");
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

/// It says so, judges on, and writes what waited when there is room again.
#[test]
fn a_full_disk_is_said_and_stops_no_judging() {
    let Some((mut up, disk)) = on_a_small_disk() else { return };
    up.until("/metrics", "stormglass_mem_used_percent");
    let filler = disk.join("filler");
    let mut fill = Command::new("dd");
    fill.args(["if=/dev/zero", "bs=4k"]).arg(format!("of={}", filler.display()));
    assert!(!fill.output().expect("dd is there").status.success(), "the disk is not full");
    up.process.wait_until("to say that the disk is full", PATIENCE, |said| said.contains("SG-LOC-004"));
    assert!(up.process.output().contains("the disk is full"), "{}", up.process.output());
    let page = up.until("/", "Points cannot be written; judging goes on in memory");
    assert!(page.contains(" judged: "), "{page}");
    let before = newest(&up);
    let begun = Instant::now();
    while newest(&up) <= before {
        assert!(begun.elapsed() < PATIENCE, "no reading comes any more");
        std::thread::sleep(Duration::from_secs(1));
    }
    std::fs::remove_file(&filler).expect("can be removed");
    up.process.wait_until("to write again", PATIENCE, |said| said.contains("nothing that waited was lost"));
    assert!(!up.get("/", "").contains("Points cannot be written"));
}

/// When the newest reading of memory came.
fn newest(up: &Up) -> i64 {
    let page = up.get("/host", "");
    let line = page.split("data-lines=\"").nth(1).and_then(|rest| rest.split(['"', ' ']).next()).expect("a chart");
    let answer = up.get(&format!("/data?range=1h&s={line}"), "");
    let json = answer.split("\r\n\r\n").nth(1).and_then(|body| body.find('{').map(|at| &body[at..])).expect("JSON");
    let json = &json[..=json.rfind('}').expect("its end")];
    let data: serde_json::Value = serde_json::from_str(json).expect("JSON");
    let values = data["lines"][0].as_array().expect("a line");
    let last = values.iter().rposition(|value| !value.is_null()).expect("a value");
    data["start"].as_i64().expect("a time") + last as i64 * data["period"].as_i64().expect("a period")
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

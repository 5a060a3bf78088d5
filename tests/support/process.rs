//! Real processes that never outlive the test.
//!
//! Each child leads a process group of its own. `Drop` kills the group. If the test process itself dies (a signal, an
//! abort), a *warden* notices: a shell that waits for the end of a pipe from us and then kills every group that was
//! not given back. `PR_SET_PDEATHSIG` would not do: it fires when the spawning *thread* ends, and spares grandchildren.

use std::fs::File;
use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

/// How long a child may take to get ready before the test fails with what the child wrote.
const READY: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(10);

/// A child with its output in a file, killed with its whole group when dropped.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    output: PathBuf,
    ended: Option<ExitStatus>,
}

impl Process {
    /// Starts `command` with standard output and error going to the file `output` (appended: a restart keeps the past).
    pub fn start(name: &str, mut command: Command, output: &Path) -> Self {
        let log = File::options().create(true).append(true).open(output);
        let log = log.unwrap_or_else(|e| panic!("cannot write the output of {name} to {}: {e}", output.display()));
        let twin = log.try_clone().expect("a second handle on the output file");
        command.stdin(Stdio::null()).stdout(log).stderr(twin).process_group(0);
        let child = command.spawn().unwrap_or_else(|e| panic!("cannot start {name} ({command:?}): {e}"));
        warden("hold", child.id());
        Self { name: name.to_owned(), child, output: output.to_owned(), ended: None }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything the child has written so far.
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.output).unwrap_or_default()).into_owned()
    }

    /// Waits until `ready` says so; fails, showing the output, when the child ends first or takes too long.
    pub fn wait_ready(&mut self, ready: impl FnMut(&str) -> bool) {
        self.wait_until("to be ready", READY, ready);
    }

    /// Waits until `done` holds of the output; `what` completes the sentence "waited for NAME ...".
    pub fn wait_until(&mut self, what: &str, at_most: Duration, mut done: impl FnMut(&str) -> bool) {
        let start = Instant::now();
        loop {
            if done(&self.output()) {
                return;
            }
            if let Some(status) = self.poll() {
                if done(&self.output()) {
                    return;
                }
                panic!("{} ended ({status}) while waiting {what}; it wrote:\n{}", self.name, self.output());
            }
            assert!(
                start.elapsed() < at_most,
                "waited {at_most:?} for {} {what}; it wrote:\n{}",
                self.name,
                self.output()
            );
            std::thread::sleep(POLL);
        }
    }

    /// Has it ended, and how? The status of an ended child is kept.
    pub fn poll(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().expect("a child of ours can be waited for");
            if self.ended.is_some() {
                self.give_back();
            }
        }
        self.ended
    }

    /// Waits for the end; fails when it takes longer than `at_most`.
    pub fn wait(&mut self, at_most: Duration) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.poll() {
                return status;
            }
            assert!(
                start.elapsed() < at_most,
                "{} did not end in {at_most:?}; it wrote:\n{}",
                self.name,
                self.output()
            );
            std::thread::sleep(POLL);
        }
    }

    /// Sends a signal by its name (`TERM`, `HUP`, `STOP`) to the child alone.
    pub fn signal(&self, signal: &str) {
        assert!(self.ended.is_none(), "{} has ended: nothing to send {signal} to", self.name);
        kill(signal, &self.pid().to_string());
    }

    /// `kill -9` of the child and all that it started, and its burial.
    pub fn kill(&mut self) -> ExitStatus {
        if let Some(status) = self.ended {
            return status;
        }
        kill("KILL", &format!("-{}", self.pid()));
        let status = self.child.wait().expect("a killed child can be waited for");
        self.ended = Some(status);
        warden("free", self.pid());
        status
    }

    /// The leader is gone; what it may have left behind in its group goes too.
    fn give_back(&self) {
        kill("KILL", &format!("-{}", self.pid()));
        warden("free", self.pid());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            keep(&self.name, &self.output);
        }
    }
}

/// Was it ended by `kill -9`?
pub fn was_killed(status: ExitStatus) -> bool {
    status.signal() == Some(9)
}

fn kill(signal: &str, target: &str) {
    // A group that is already empty is what we want; `kill` complains of it and nobody listens.
    let _ = Command::new("kill").args(["-s", signal, "--", target]).stderr(Stdio::null()).status();
}

/// When a test fails, the output of its children stays in `<target>/tmp/kept` and its place is printed.
#[expect(clippy::print_stderr, reason = "libtest shows it beside the failure")]
fn keep(name: &str, output: &Path) {
    let kept = crate::target().join("tmp/kept");
    let file = kept.join(format!("{name}-{}.log", std::process::id()));
    if std::fs::create_dir_all(&kept).and_then(|()| std::fs::copy(output, &file)).is_ok() {
        eprintln!("the output of {name} is kept in {}", file.display());
    }
}

/// Reads `hold PGID` and `free PGID`; at the end of its input kills every group that is still held.
const WARDEN: &str = r#"
trap '' INT TERM HUP
held=' '
while read -r word group; do
    case $word in
        hold) held="$held$group " ;;
        free) held="${held%% $group *} ${held#* $group }" ;;
    esac
done
for group in $held; do kill -s KILL -- "-$group" 2>/dev/null; done
"#;

#[expect(clippy::zombie_processes, reason = "it outlives us by design, and init buries it")]
fn warden(word: &str, group: u32) {
    static PIPE: OnceLock<Mutex<ChildStdin>> = OnceLock::new();
    let pipe = PIPE.get_or_init(|| {
        let mut shell = Command::new("sh");
        shell.args(["-c", WARDEN]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let mut child = shell.spawn().expect("sh starts");
        Mutex::new(child.stdin.take().expect("its input is piped"))
    });
    let mut pipe = pipe.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    writeln!(pipe, "{word} {group}").expect("the warden listens");
}

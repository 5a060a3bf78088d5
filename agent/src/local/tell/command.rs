//! A program that is given the notice.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::local::judge::Owed;

const POLL: Duration = Duration::from_millis(20);

/// Exit 0 says that it was taken. What takes too long is killed.
pub(super) fn run(argv: &[String], owed: &Owed, patience: Duration) -> Result<(), String> {
    let Some((program, args)) = argv.split_first() else { return Err("no program is named".to_owned()) };
    let mut child = Command::new(program)
        .args(args)
        .env("STORMGLASS_TITLE", &owed.title)
        .env("STORMGLASS_SUMMARY", &owed.summary)
        .env("STORMGLASS_INCIDENT", &owed.incident)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{program} cannot be started: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read it has its title in the environment. A notice is smaller than a pipe's buffer.
        let _ = stdin.write_all(owed.json.as_bytes());
    }
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("{program} ended with {status}")),
            Ok(None) if start.elapsed() < patience => std::thread::sleep(POLL),
            Ok(None) => {
                // It may have ended meanwhile.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{program} took longer than {} s and was killed", patience.as_secs()));
            }
            Err(error) => return Err(format!("{program} cannot be waited for: {error}")),
        }
    }
}

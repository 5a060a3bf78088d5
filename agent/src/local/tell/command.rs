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

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    fn owed() -> Owed {
        Owed {
            incident: "i-1".to_owned(),
            number: 1,
            audience: "on-call".to_owned(),
            since: 0,
            link: String::new(),
            title: "PAGE · disk · web-1".to_owned(),
            summary: "full in 20 minutes".to_owned(),
            subject: String::new(),
            body: String::new(),
            slack: String::new(),
            json: "{\"grade\":\"page\"}".to_owned(),
            done: vec![],
            tries: 0,
        }
    }

    fn shell(script: &str, patience: Duration) -> Result<(), String> {
        run(&["sh".to_owned(), "-c".to_owned(), script.to_owned()], &owed(), patience)
    }

    #[test]
    fn a_program_gets_the_notice_on_its_input_and_its_words_in_the_environment() {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("out");
        let script = format!(
            "(cat; echo; echo \"$STORMGLASS_TITLE|$STORMGLASS_SUMMARY|$STORMGLASS_INCIDENT\") > {}",
            out.display()
        );
        assert_eq!(shell(&script, PATIENCE), Ok(()));
        let text = std::fs::read_to_string(out).expect("was written");
        assert_eq!(text, "{\"grade\":\"page\"}\nPAGE · disk · web-1|full in 20 minutes|i-1\n");
    }

    #[test]
    fn only_exit_zero_says_that_it_was_taken() {
        assert!(shell("exit 3", PATIENCE).is_err_and(|says| says.contains("exit status: 3")));
        assert!(run(&["/no/such/program".to_owned()], &owed(), PATIENCE).is_err());
        assert!(run(&[], &owed(), PATIENCE).is_err());
        let says = shell("sleep 30", Duration::from_millis(200)).expect_err("too long");
        assert!(says.contains("was killed"), "{says}");
    }
}

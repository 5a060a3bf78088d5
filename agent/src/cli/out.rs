//! Where a command's words go: the one place that prints.
#![expect(clippy::print_stderr, reason = "the one place that prints")]

use std::io::{self, Write};

use serde::Serialize;

use crate::failure::{Exit, Failure};

/// Standard output as text or as JSON, never both.
#[derive(Debug)]
pub struct Out {
    json: bool,
}

impl Out {
    pub(super) fn new(json: bool) -> Self {
        Self { json }
    }

    pub fn json(&self) -> bool {
        self.json
    }

    /// The result: `text` makes what a person reads, `value` is what a program reads.
    pub fn say(&mut self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), Failure> {
        let line = if self.json {
            serde_json::to_string_pretty(value)
                .map_err(|error| Failure::failed("SG-CLI-001", "cannot write the result as JSON").because(error))?
        } else {
            text()
        };
        self.raw(line.as_bytes())?;
        self.raw(b"\n")
    }

    /// Bytes as they are. A reader that went away (`| head`) is no failure.
    pub fn raw(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match io::stdout().lock().write_all(bytes) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::failed("SG-CLI-002", "cannot write to standard output").because(error))
            }
            _ => Ok(()),
        }
    }

    /// Progress and remarks, for a person.
    pub fn remark(&mut self, line: &str) {
        eprintln!("{line}");
    }

    pub(super) fn complain(&mut self, failure: &Failure) -> Exit {
        if self.json {
            let error = serde_json::json!({ "error": { "code": failure.code, "chain": failure.chain() } });
            eprintln!("{error}");
        } else {
            eprintln!("{failure}");
        }
        failure.exit
    }
}

/// What clap says of the arguments: help and version are results, the rest is bad usage.
pub(super) fn usage(error: &clap::Error) -> Exit {
    use clap::error::ErrorKind;
    // A broken pipe while printing help is nobody's fault.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Ok,
        _ => Exit::Usage,
    }
}

//! A process of its own that outlives the one it watches, by the moment that it takes to remove a file.
//!
//! It reads from a pipe that the watched process holds open and never writes to: the pipe ends when that process does,
//! whatever killed it.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::super::super::{Common, Out};
use crate::failure::{Exit, Failure};

/// Remove a file when standard input ends
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    file: PathBuf,
}

/// Removes the file when it is dropped, too.
#[derive(Debug)]
pub(super) struct Guard(Child);

impl Guard {
    pub(super) fn over(file: &Path) -> std::io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["load", "fault", "guard"]).arg(file);
        // In a group of its own: Ctrl-C, and a kill of the group, are not meant for it.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        command.spawn().map(Self)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.stdin.take();
        // It is gone as soon as the file is; a guard that was killed leaves the file to the next command.
        let _ = self.0.wait();
    }
}

pub(super) fn run(args: &Args, _: &Common, _: &mut Out) -> Result<Exit, Failure> {
    let mut nothing = Vec::new();
    let _ = std::io::stdin().lock().read_to_end(&mut nothing);
    match std::fs::remove_file(&args.file) {
        Ok(()) => Ok(Exit::Ok),
        Err(error) => Err(super::failed(format!("{} cannot be removed", args.file.display())).because(error)),
    }
}

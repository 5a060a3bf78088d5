//! Writes errors as a service would, into a file of its own that a tail finds. The file has a name, so it is locked while
//! it is ours, removed at the end, and watched by a guard.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};

use super::super::super::{Common, Out};
use super::super::press;
use super::guard::Guard;
use super::{Lasting, failed, hold};
use crate::failure::{Exit, Failure};

/// Write errors into a log file of their own
///
/// The file is new, `stormglass-fault-PID.log` in the folder, and removed at the end: let a pattern of the agent's
/// `[[log]]` find it there.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  stormglass load fault errors --folder /var/log/shop --rate 5 --for 3m")]
pub(super) struct Args {
    #[command(flatten)]
    lasting: Lasting,
    /// Where the file is made
    #[arg(long, value_name = "FOLDER")]
    folder: PathBuf,
    /// Errors a second
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    rate: u64,
    /// What each says, after its time and level
    #[arg(long, value_name = "TEXT", default_value = "rehearsal: written by stormglass load fault, nothing is wrong")]
    says: String,
}

const BEGINS: &str = "stormglass-fault-";
const ENDS: &str = ".log";
/// Bytes of the file, at most.
const FILE_MAX: u64 = 64 << 20;

pub(super) fn run(args: &Args, _: &Common, out: &mut Out) -> Result<Exit, Failure> {
    if args.says.contains(['\n', '\r']) {
        return Err(Failure::usage("SG-LOA-030", "`--says` is one line"));
    }
    let stop = press::stop()?;
    for left in tidy(&args.folder) {
        out.remark(&format!("removed {}, which a killed command left", left.display()));
    }
    let path = args.folder.join(format!("{BEGINS}{}{ENDS}", std::process::id()));
    let says = || failed(format!("{} cannot be written", path.display()));
    let made = OpenOptions::new().append(true).create_new(true).open(&path);
    let mut file = made.map_err(|error| says().because(error))?;
    flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|error| says().because(error))?;
    let _guard = Guard::over(&path).map_err(|error| failed("no guard can be started").because(error))?;
    out.remark(&format!("writing {} errors/s into {}", args.rate, path.display()));
    let (mut written, mut bytes) = (0, 0);
    hold(args.lasting, &stop, |since: Duration| {
        // The first at once, the others as their time comes.
        let due = (since.as_secs_f64() * args.rate as f64) as u64 + 1;
        while written < due && bytes < FILE_MAX {
            let line = line(&args.says);
            file.write_all(line.as_bytes()).map_err(|error| says().because(error))?;
            written += 1;
            bytes += line.len() as u64;
        }
        Ok(())
    })?;
    out.remark(&format!("{written} errors were written"));
    Ok(Exit::Ok)
}

fn line(says: &str) -> String {
    format!("{} ERROR {says}\n", jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ"))
}

/// Removes files that nobody holds: their command and its guard were both killed.
fn tidy(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let number = name.strip_prefix(BEGINS).and_then(|rest| rest.strip_suffix(ENDS));
        number.is_some_and(|number| number.parse::<u32>().is_ok()) && entry.file_type().is_ok_and(|kind| kind.is_file())
    });
    let left = ours.map(|entry| entry.path()).filter(|path| {
        let free = |file: File| flock(file, FlockOperation::NonBlockingLockExclusive).is_ok();
        File::open(path).is_ok_and(free)
    });
    left.filter(|path| std::fs::remove_file(path).is_ok()).collect()
}

//! `stormglass load fault`: small harm on purpose, so that alarms can be rehearsed.
//!
//! What must never be: a fault that outlives its command. Each has a bound and an end, and each is such that the kernel
//! undoes it when the process dies, whatever killed it: threads, descriptors, and a file that has no name. The one file
//! that must have a name (lines that a log is tailed for) is removed by a guard, a process of its own that waits for the
//! command's death; and if both were killed, by the next command in that folder.

mod cpu;
mod descriptors;
mod disk;
mod errors;
mod guard;

use std::time::{Duration, Instant};

use alarm::sheet::Seconds;
use load::run::Stop;

use super::super::{Common, Out, commands};
use crate::failure::{Exit, Failure};

/// Do small, bounded harm on this host, to rehearse alarms; it is always undone
///
/// Each fault has a bound and an end, and is undone also when the command is killed by `kill -9`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

commands! {
    Cpu => cpu,
    Disk => disk,
    Errors => errors,
    Descriptors => descriptors,
    #[command(hide = true)]
    Guard => guard,
}

pub(super) fn run(args: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    obey(&args.command, common, out)
}

/// A rehearsal is over sooner.
const LASTING_MAX: Seconds = Seconds(3_600);
const LOOK: Duration = Duration::from_millis(50);

/// What every fault takes.
#[derive(Clone, Copy, Debug, clap::Args)]
struct Lasting {
    /// How long, at most an hour
    #[arg(long = "for", value_name = "TIME", default_value = "1m", value_parser = lasting)]
    lasting: Seconds,
}

fn lasting(text: &str) -> Result<Seconds, String> {
    let length = Seconds::parse(text)?;
    if length > LASTING_MAX { Err("at most 1h".to_owned()) } else { Ok(length) }
}

/// Holds a fault until its time is over or somebody has enough.
fn hold(lasting: Lasting, stop: &Stop, mut again: impl FnMut(Duration) -> Result<(), Failure>) -> Result<(), Failure> {
    let (from, length) = (Instant::now(), Duration::from_secs(lasting.lasting.0));
    while from.elapsed() < length && !stop.is_set() {
        again(from.elapsed())?;
        std::thread::sleep(LOOK);
    }
    Ok(())
}

fn failed(says: impl Into<String>) -> Failure {
    Failure::failed("SG-LOA-030", says)
}

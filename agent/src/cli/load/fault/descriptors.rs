//! Holds descriptors. The kernel closes them with the process.

use std::fs::File;
use std::os::fd::OwnedFd;

use super::super::super::{Common, Out};
use super::super::press;
use super::{Lasting, failed, hold};
use crate::failure::{Exit, Failure};

/// Hold open files
///
/// They count against this process, which may have as many as `ulimit -n` says, and against the host (`fs.file-nr`); not
/// against other processes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  ulimit -n 6000; stormglass load fault descriptors --count 5000 --for 5m")]
pub(super) struct Args {
    #[command(flatten)]
    lasting: Lasting,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 900, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    count: u64,
}

pub(super) fn run(args: &Args, _: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let stop = press::stop()?;
    let null = File::open("/dev/null").map_err(|error| failed("/dev/null cannot be opened").because(error))?;
    let mut held = Vec::new();
    for _ in 0..args.count {
        let one = null.try_clone().map_err(|error| {
            failed(format!("after {} descriptors no more are given (`ulimit -n`)", held.len())).because(error)
        })?;
        held.push(OwnedFd::from(one));
    }
    out.remark(&format!("holding {} descriptors", held.len()));
    hold(args.lasting, &stop, |_| Ok(()))?;
    Ok(Exit::Ok)
}

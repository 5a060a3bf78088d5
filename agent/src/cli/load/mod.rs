//! `stormglass load`: presses a service before the day does. One file a command, one line in the table below.

mod check;
mod fault;
mod files;
mod import;
mod live;
mod null;
mod outlet;
mod papers;
mod performance;
mod press;
mod run;
mod screen;
mod stress;
mod witness;

use super::{Common, Out, commands};
use crate::failure::{Exit, Failure};

/// Press a service the way its users would, and say who was the limit
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

commands! {
    /// Say whether a scenario is sound, with every fault at once, and what would bind
    Check => check,
    Run => run,
    Performance => performance,
    Stress => stress,
    Import => import,
    Fault => fault,
    Null => null,
}

pub(super) fn run(args: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    obey(&args.command, common, out)
}

//! `stormglass load`: presses a service before the day does. One file a command, one line in the table below.

mod check;
mod files;
mod null;
mod performance;
mod press;
mod run;
mod stress;
mod witness;

use clap::Subcommand;

use super::{Common, Out};
use crate::failure::{Exit, Failure};

/// Press a service the way its users would, and say who was the limit
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

macro_rules! commands {
    ($($(#[$about:meta])* $name:ident => $file:ident),* $(,)?) => {
        #[derive(Debug, Subcommand)]
        enum Command { $($(#[$about])* $name($file::Args)),* }

        fn obey(command: &Command, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
            match command { $(Command::$name(args) => $file::run(args, common, out)),* }
        }
    };
}

commands! {
    /// Say whether a scenario is sound, with every fault at once, and what would bind
    Check => check,
    Run => run,
    Performance => performance,
    Stress => stress,
    Null => null,
}

pub(super) fn run(args: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    obey(&args.command, common, out)
}

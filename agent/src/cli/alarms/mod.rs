//! `stormglass alarms`: tries the rules before they are trusted. One file a command, one line in the table below.

mod backtest;
mod check;
mod explain;
pub(super) mod files;
mod import;
mod past;
mod plan;
mod schema;
mod test;

pub(super) use files::rules;

use super::{Common, Out, commands};
use crate::failure::{Exit, Failure};

/// Check, test, explain and rehearse the rules of alarms
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

commands! {
    /// Say what would have been sent to whom and when, had these rules judged this history
    Backtest => backtest,
    /// Say whether rules are sound, with every fault at once
    Check => check,
    /// Say why a rule fires, or why it does not, on this history
    Explain => explain,
    /// Turn the JSON of `aws cloudwatch describe-alarms` into rules
    Import => import,
    /// Say who is told after 0, 15, 30 and 60 minutes of trouble
    Plan => plan,
    /// Print the JSON Schema of the rules
    Schema => schema,
    /// Run the tests of rules
    Test => test,
}

pub(super) fn run(args: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    obey(&args.command, common, out)
}

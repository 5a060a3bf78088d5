//! `stormglass alarms schema`: what rules (or their tests) may say, for editors.

use alarm::rehearse::RawTrials;
use alarm::rules::RawRules;

use super::super::{Common, Out};
use crate::failure::{Exit, Failure};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Of the tests instead of the rules
    #[arg(long)]
    tests: bool,
}

pub(super) fn run(args: &Args, _: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let schema = if args.tests { alarm::sheet::schema::<RawTrials>() } else { alarm::sheet::schema::<RawRules>() };
    out.say(&schema, || format!("{schema:#}"))?;
    Ok(Exit::Ok)
}

//! `stormglass config`: what a configuration may say.

use clap::Subcommand;

use super::{Common, Out};
use crate::config::Raw;
use crate::failure::{Exit, Failure};

/// Say what a configuration may say
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the JSON Schema of the configuration
    ///
    /// Editors complete and check by it: name the file in a first line `#:schema ./stormglass.schema.json`.
    Schema,
}

pub(super) fn run(args: &Args, _: &Common, out: &mut Out) -> Result<Exit, Failure> {
    match args.command {
        Command::Schema => {
            let schema = alarm::sheet::schema::<Raw>();
            // A schema is JSON, asked for or not.
            out.say(&schema, || format!("{schema:#}"))?;
        }
    }
    Ok(Exit::Ok)
}

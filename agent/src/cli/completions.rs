//! `stormglass completions`: the completions of a shell, from the same table as the help.

use super::{Common, Out};
use crate::failure::{Exit, Failure};

/// Print the completions of a shell
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell
    shell: clap_complete::Shell,
}

pub(super) fn run(args: &Args, _: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "stormglass", &mut script);
    out.raw(&script)?;
    Ok(Exit::Ok)
}

//! `stormglass man`: the manual pages, from the same table as the help.

use std::path::PathBuf;

use super::{Common, Out};
use crate::failure::{Exit, Failure};

/// Write the manual pages into a folder
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder, made when missing
    folder: PathBuf,
}

pub(super) fn run(Args { folder }: &Args, _: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let cannot = |error| {
        Failure::failed("SG-CLI-003", format!("cannot write manual pages into {}", folder.display())).because(error)
    };
    std::fs::create_dir_all(folder).map_err(cannot)?;
    clap_mangen::generate_to(super::command(), folder).map_err(cannot)?;
    out.remark(&format!("manual pages are in {}", folder.display()));
    Ok(Exit::Ok)
}

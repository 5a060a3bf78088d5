//! `stormglass alarms check`: are the rules sound?

use std::path::PathBuf;

use alarm::rules::warnings;
use serde_json::json;

use super::super::Out;
use super::files;
use crate::failure::{Exit, Failure};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The rules: alarms.toml
    #[arg(required = true)]
    rules: Vec<PathBuf>,
    /// Exit with 3 where there is a warning
    #[arg(long)]
    deny_warnings: bool,
}

pub(super) fn run(args: &Args, out: &mut Out) -> Result<Exit, Failure> {
    let (mut count, mut warned) = (0, Vec::new());
    for path in &args.rules {
        let rules = files::rules(path)?;
        count += rules.alarms.len();
        warned.extend(warnings(&rules).into_iter().map(|says| format!("{}: {says}", path.display())));
    }
    for says in &warned {
        out.remark(&format!("warning: {says}"));
    }
    let result = json!({ "ok": true, "alarms": count, "warnings": warned });
    out.say(&result, || format!("{count} alarms, sound; {} warnings", warned.len()))?;
    Ok(if args.deny_warnings && !warned.is_empty() { Exit::Warnings } else { Exit::Ok })
}

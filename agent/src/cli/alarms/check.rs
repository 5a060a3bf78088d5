//! `stormglass alarms check`: are the rules sound?

use std::path::PathBuf;

use alarm::rules::warnings;
use serde_json::json;

use super::super::{Common, Out};
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

/// More than anyone reads at once.
const WARNINGS_MAX: usize = 20;

pub(super) fn run(args: &Args, _: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let (mut count, mut warned) = (0, Vec::new());
    for path in &args.rules {
        let rules = files::rules(path)?;
        count += rules.alarms.len();
        warned.extend(warnings(&rules).into_iter().map(|says| format!("{}: {says}", path.display())));
    }
    for says in warned.iter().take(WARNINGS_MAX) {
        out.remark(&format!("warning: {says}"));
    }
    if let Some(more) = warned.len().checked_sub(WARNINGS_MAX).filter(|more| *more > 0) {
        out.remark(&format!("... and {}; --json tells all", files::count(more, "more warning")));
    }
    let result = json!({ "ok": true, "alarms": count, "warnings": warned });
    out.say(&result, || format!("{}, sound; {}", files::count(count, "alarm"), files::count(warned.len(), "warning")))?;
    Ok(if args.deny_warnings && !warned.is_empty() { Exit::Warnings } else { Exit::Ok })
}

//! `stormglass alarms import`: rules out of what CloudWatch has.

use std::path::PathBuf;

use alarm::rehearse::import;
use serde_json::json;

use super::super::{Common, Out};
use super::files;
use crate::failure::{Exit, Failure};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The output of `aws cloudwatch describe-alarms`; `-` reads standard input
    alarms: PathBuf,
}

/// The rules go to standard output, what could not be carried to standard error.
pub(super) fn run(args: &Args, _: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let imported = import(&files::text(&args.alarms)?).map_err(|error| {
        let says = format!("{} is not the JSON of describe-alarms", args.alarms.display());
        Failure::usage("SG-ALM-006", says).because(error)
    })?;
    for (alarm, what) in &imported.left {
        out.remark(&format!("left: {alarm}: {what}"));
    }
    out.remark(&format!("{} alarms carried", imported.carried));
    let left: Vec<_> = imported.left.iter().map(|(alarm, what)| json!({ "alarm": alarm, "what": what })).collect();
    let result = json!({ "rules": imported.rules, "carried": imported.carried, "left": left });
    out.say(&result, || imported.rules.trim_end().to_owned())?;
    Ok(Exit::Ok)
}

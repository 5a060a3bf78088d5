//! `stormglass import`: the official agent's configuration as ours, and all that could not be carried.

use std::path::PathBuf;

use super::{Common, Out};
use crate::failure::{Exit, Failure};
use crate::import::{self, Imported, Left};

/// Turn the official CloudWatch agent's configuration into ours
///
/// The TOML goes to standard output; what could not be carried goes to standard error, each with its JSON path and the
/// reason. Metrics keep their names, units and dimensions, so that dashboards and alarms keep working.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  stormglass import amazon-cloudwatch-agent.json > stormglass.toml
  stormglass import --deny-warnings amazon-cloudwatch-agent.json    exit 3 if anything is left behind")]
pub(super) struct Args {
    /// The file, most often /opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json
    file: PathBuf,
    /// Exit with 3 when anything could not be carried
    #[arg(long)]
    deny_warnings: bool,
}

pub(super) fn run(args: &Args, _: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let name = args.file.display().to_string();
    let json = std::fs::read_to_string(&args.file)
        .map_err(|error| Failure::usage("SG-IMP-001", format!("cannot read {name}")).because(error))?;
    let Imported { text, left } = import::import(&name, &json)
        .map_err(|error| Failure::usage("SG-IMP-002", format!("{name} cannot be imported")).because(error))?;
    out.say(&serde_json::json!({ "toml": text, "left": left }), || text.trim_end().to_owned())?;
    if !out.json() {
        tell(&left, out);
    }
    Ok(if args.deny_warnings && !left.is_empty() { Exit::Warnings } else { Exit::Ok })
}

fn tell(left: &[Left], out: &mut Out) {
    match left.len() {
        0 => out.remark("everything was carried"),
        count => out.remark(&format!("{count} not carried:")),
    }
    for Left { path, value, why } in left {
        out.remark(&format!("  {path} = {value}\n      {why}"));
    }
}

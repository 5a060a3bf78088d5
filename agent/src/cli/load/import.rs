//! `stormglass load import`: a JMeter plan as a scenario.

use std::path::PathBuf;

use serde_json::json;

use super::super::{Common, Out};
use crate::failure::{Exit, Failure};

/// Say a JMeter plan as a scenario, and list what it cannot carry
///
/// HTTP samplers with their headers, bodies, timers, assertions, extractors and CSV files are carried; the scenario goes to
/// standard output, with what could not be carried as remarks at its head. Thread groups become users who wait for each
/// answer, as they do in JMeter.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  stormglass load import shop.jmx >shop.scenario.toml")]
pub(super) struct Args {
    /// The plan
    plan: PathBuf,
}

pub(super) fn run(args: &Args, _: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let path = args.plan.display();
    let text = std::fs::read_to_string(&args.plan)
        .map_err(|error| Failure::usage("SG-LOA-020", format!("cannot read {path}")).because(error))?;
    let imported = load::import::jmx(&text).map_err(|says| Failure::usage("SG-LOA-029", format!("{path}: {says}")))?;
    for remark in &imported.remarks {
        out.remark(&format!("not carried, or only otherwise: {remark}"));
    }
    let value = json!({ "scenario": imported.scenario, "remarks": imported.remarks });
    out.say(&value, || imported.scenario.trim_end().to_owned())?;
    Ok(Exit::Ok)
}

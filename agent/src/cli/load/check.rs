//! `stormglass load check`: is a scenario sound, and what would bind?

use std::path::PathBuf;

use load::honest::Limits;
use serde_json::json;

use super::super::{Common, Out};
use super::files;
use crate::failure::{Exit, Failure};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Scenarios
    #[arg(required = true)]
    scenarios: Vec<PathBuf>,
    /// How long a journey is thought to take, for what is said of limits
    #[arg(long, default_value_t = 1.0, value_name = "SECONDS")]
    journey: f64,
}

pub(super) fn run(args: &Args, _: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let (mut steps, mut warnings) = (0, Vec::new());
    for path in &args.scenarios {
        let scenario = files::scenario(path)?;
        steps += scenario.step_names().len();
        let found = Limits::read().warnings(&scenario, args.journey);
        warnings.extend(found.into_iter().map(|warning| format!("{}: {}", path.display(), warning.says)));
    }
    let value = json!({ "ok": true, "steps": steps, "warnings": warnings });
    out.say(&value, || {
        let mut lines: Vec<_> = warnings.iter().map(|says| format!("warning: {says}")).collect();
        lines.push(format!("{} scenario(s), {steps} step(s), sound", args.scenarios.len()));
        lines.join("\n")
    })?;
    Ok(Exit::Ok)
}

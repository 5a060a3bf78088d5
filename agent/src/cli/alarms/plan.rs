//! `stormglass alarms plan`: who is told as the trouble lasts.

use std::path::PathBuf;

use alarm::rehearse::{Planned, plan};
use serde_json::{Value, json};

use super::super::Out;
use super::files;
use crate::failure::{Exit, Failure};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The rules: alarms.toml
    rules: PathBuf,
    /// Only this rule
    alarm: Option<String>,
}

pub(super) fn run(args: &Args, out: &mut Out) -> Result<Exit, Failure> {
    let rules = files::rules(&args.rules)?;
    let planned: Vec<_> =
        plan(&rules).into_iter().filter(|it| args.alarm.as_ref().is_none_or(|name| *name == it.rule)).collect();
    if let (Some(name), true) = (&args.alarm, planned.is_empty()) {
        return Err(Failure::usage("SG-ALM-005", format!("no alarm is called \"{name}\"")));
    }
    let values: Vec<_> = planned.iter().map(value).collect();
    out.say(&values, || planned.iter().map(said).collect::<Vec<_>>().join("\n"))?;
    Ok(Exit::Ok)
}

fn said(it: &Planned) -> String {
    let mut lines = vec![format!("{}  {} (ladder {})", it.rule, it.grade.name(), it.ladder)];
    lines.extend(it.told.iter().map(|(minute, tell)| {
        let tell = if tell.is_empty() { "nobody new".to_owned() } else { tell.join(", ") };
        format!("  {minute:>3} min  {tell}")
    }));
    lines.join("\n")
}

fn value(it: &Planned) -> Value {
    let told: Vec<_> = it.told.iter().map(|(minute, tell)| json!({ "minute": minute, "tell": tell })).collect();
    json!({ "alarm": it.rule, "grade": it.grade.name(), "ladder": it.ladder, "told": told })
}

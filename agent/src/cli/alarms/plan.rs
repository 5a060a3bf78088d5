//! `stormglass alarms plan`: who is told as the trouble lasts.

use std::path::PathBuf;

use alarm::rehearse::{Jumped, Planned, plan};
use alarm::verdict::Fact;
use serde_json::{Value, json};

use super::super::{Common, Out};
use super::files;
use crate::failure::{Exit, Failure};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The rules: alarms.toml
    rules: PathBuf,
    /// Only this rule
    alarm: Option<String>,
}

pub(super) fn run(args: &Args, _: &Common, out: &mut Out) -> Result<Exit, Failure> {
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
    lines.extend(it.told.iter().map(step));
    for jump in &it.jumps {
        lines.push(format!("  {}", when(jump)));
        lines.extend(jump.told.iter().filter(|(_, tell)| !tell.is_empty()).map(step));
    }
    lines.join("\n")
}

fn step((minute, tell): &(u64, Vec<String>)) -> String {
    let tell = if tell.is_empty() { "nobody new".to_owned() } else { tell.join(", ") };
    format!("  {minute:>3} min  {tell}")
}

/// What makes it jump the ladder.
fn when(jump: &Jumped) -> String {
    let value = jump.value.map(|value| format!("at {}", Fact::Number(value)));
    let left = jump.left_s.map(|left| format!("with {} left", Fact::DurationS(left)));
    let said: Vec<_> = value.into_iter().chain(left).collect();
    format!("jumps the ladder {}:", said.join(", "))
}

fn value(it: &Planned) -> Value {
    let jump = |jump: &Jumped| json!({ "value": jump.value, "seconds_left": jump.left_s, "told": told(&jump.told) });
    let jumps: Vec<_> = it.jumps.iter().map(jump).collect();
    json!({ "alarm": it.rule, "grade": it.grade.name(), "ladder": it.ladder, "told": told(&it.told), "jumps": jumps })
}

fn told(told: &[(u64, Vec<String>)]) -> Vec<Value> {
    told.iter().map(|(minute, tell)| json!({ "minute": minute, "tell": tell })).collect()
}

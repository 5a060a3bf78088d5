//! `stormglass alarms explain`: why a rule fires, or why it does not.

use std::path::PathBuf;

use alarm::rehearse::{Explanation, NoSuchRule, explain, facts};
use alarm::team::Team;
use serde_json::{Value, json};

use super::super::{Common, Out};
use super::files::{self, Data};
use crate::failure::{Exit, Failure};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The rules: alarms.toml
    rules: PathBuf,
    /// The name of the rule
    alarm: String,
    #[command(flatten)]
    data: Data,
    /// At which moment: "2026-11-21 18:00" in the team's zone; the end of the history where not said
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

pub(super) fn run(args: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let rules = files::rules(&args.rules)?;
    let zone = &rules.team.zone;
    let history = args.data.read(&rules, common, out)?;
    let at = args.at.as_deref().map(|text| files::moment(text, zone)).transpose()?;
    let why = explain(&rules, &args.alarm, &history, args.data.native(), at, 60);
    let why = why.map_err(|NoSuchRule { near }| {
        let hint = near.map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default();
        Failure::usage("SG-ALM-005", format!("no alarm is called \"{}\"{hint}", args.alarm))
    })?;
    let team = &rules.team;
    let values: Vec<_> = why.iter().map(|it| value(it, team)).collect();
    out.say(&values, || why.iter().map(|it| said(it, team)).collect::<Vec<_>>().join("\n\n"))?;
    Ok(Exit::Ok)
}

fn said(it: &Explanation, team: &Team) -> String {
    let grade = it.grade.map(|grade| format!(" ({})", grade.name())).unwrap_or_default();
    let mut lines = vec![
        format!("{} is {}{grade} since {}", it.key, it.state, files::clock(it.since, &team.zone)),
        format!("  because  {}", files::sentence(&it.reason, team)),
        format!("  facts    {}", facts(&it.reason)),
    ];
    lines.extend(it.notes.iter().map(|note| format!("  note     {note}")));
    for found in &it.found {
        let series: Vec<_> = found.series.iter().map(ToString::to_string).collect();
        let series = if series.is_empty() { "nothing".to_owned() } else { series.join(", ") };
        lines.push(format!("  reads    {} as `{}`: {series}", found.wanted, found.role));
    }
    lines.join("\n")
}

fn value(it: &Explanation, team: &Team) -> Value {
    let found = it.found.iter().map(|found| {
        let series: Vec<_> = found.series.iter().map(ToString::to_string).collect();
        json!({ "role": found.role, "wanted": found.wanted, "series": series })
    });
    let facts: serde_json::Map<_, _> =
        it.reason.facts.iter().map(|(name, fact)| (name.to_owned(), Value::from(fact.to_string()))).collect();
    json!({
        "alarm": it.key.rule,
        "combination": it.key.combination.to_string(),
        "state": it.state.name(),
        "since": files::clock(it.since, &team.zone),
        "grade": it.grade.map(alarm::grade::Grade::name),
        "reason": it.reason.key,
        "says": files::sentence(&it.reason, team),
        "facts": facts,
        "notes": it.notes,
        "reads": found.collect::<Vec<_>>(),
    })
}

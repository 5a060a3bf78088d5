//! `stormglass alarms backtest`: plays history and says what would have been sent.

use std::path::PathBuf;

use alarm::rehearse::{Backtest, backtest};
use alarm::sheet::Seconds;
use alarm::team::Team;
use serde_json::{Value, json};

use super::super::{Common, Out};
use super::files::{self, Data};
use crate::failure::{Exit, Failure};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The rules: alarms.toml
    rules: PathBuf,
    #[command(flatten)]
    data: Data,
    /// How often is judged
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = every)]
    every: u32,
}

fn every(text: &str) -> Result<u32, String> {
    let seconds = u32::try_from(Seconds::parse(text)?.0).ok().filter(|seconds| *seconds > 0);
    seconds.ok_or_else(|| "at least 1s".to_owned())
}

pub(super) fn run(args: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let rules = files::rules(&args.rules)?;
    let team = &rules.team;
    let history = args.data.read(&rules, common, out)?;
    let report = backtest(&rules, &history, args.data.native(), args.every);
    out.say(&value(&report, team), || said(&report, team))?;
    Ok(Exit::Ok)
}

fn said(report: &Backtest, team: &Team) -> String {
    let clock = |time| files::clock(time, &team.zone);
    let mut lines = vec![format!(
        "{} to {}: {} moments, {}, {}",
        clock(report.from),
        clock(report.to),
        report.moments,
        files::count(report.episodes.len(), "episode"),
        files::count(report.notices.len(), "notice")
    )];
    for it in &report.episodes {
        let to = it.to.map_or_else(|| "the end".to_owned(), clock);
        lines.push(format!("episode  {} to {to}  {}  {}", clock(it.from), it.grade.name(), it.key));
        lines.push(format!("         {}", files::sentence(&it.reason, team)));
    }
    for it in &report.notices {
        let firing: Vec<_> = it.firing.iter().map(ToString::to_string).collect();
        let why = serde_json::to_value(&it.why).unwrap_or_default();
        let why = why.get("why").and_then(Value::as_str).unwrap_or_default();
        lines.push(format!(
            "notice   {}  {why}  {}  to {}: {}",
            clock(it.at),
            it.grade.name(),
            it.to.join(", "),
            if firing.is_empty() { "all fine".to_owned() } else { firing.join(", ") }
        ));
    }
    lines.join("\n")
}

fn value(report: &Backtest, team: &Team) -> Value {
    let clock = |time| files::clock(time, &team.zone);
    let episodes = report.episodes.iter().map(|it| {
        json!({
            "alarm": it.key.to_string(), "from": clock(it.from), "to": it.to.map(clock),
            "grade": it.grade.name(), "reason": it.reason.key, "says": files::sentence(&it.reason, team),
        })
    });
    let notices = report.notices.iter().map(|it| {
        let firing: Vec<_> = it.firing.iter().map(ToString::to_string).collect();
        json!({
            "at": clock(it.at), "incident": it.incident, "why": it.why, "to": it.to,
            "grade": it.grade.name(), "firing": firing,
        })
    });
    json!({
        "from": clock(report.from),
        "to": clock(report.to),
        "moments": report.moments,
        "episodes": episodes.collect::<Vec<_>>(),
        "notices": notices.collect::<Vec<_>>(),
    })
}

//! `stormglass incidents`: what the Lambda remembers of each trouble, and taking one in hand.

use account::Acted;
use alarm::incident::{Incident, report};
use alarm::notice::say;
use alarm::sheet::Seconds;
use clap::Subcommand;
use serde_json::json;

use super::memory::{Place, myself, now, refused, team};
use super::table::Table;
use super::{Common, Out, quantity};
use crate::aws::Memory;
use crate::failure::{Exit, Failure};

/// List, show, acknowledge and report the incidents that the Lambda remembers
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  stormglass incidents list --open
  stormglass incidents ack 20261121-071003-k3f9a2 --for 1h
  stormglass incidents report 20261121-071003-k3f9a2 > report.md")]
pub(super) struct Args {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The newest incidents, the newest first
    List {
        /// Only those that are not over
        #[arg(long)]
        open: bool,
    },
    /// One incident: what fired, who was told when, who has it
    Show { id: String },
    /// The report of one incident in Markdown, with the places that a person fills in
    Report { id: String },
    /// Take it in hand: people are told no more until the time is over
    Ack {
        id: String,
        /// Who takes it; your user name where not said
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
        /// For how long
        #[arg(long = "for", value_name = "TIME", default_value = "1h", value_parser = Seconds::parse)]
        lasting: Seconds,
    },
}

pub(super) fn run(args: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    args.place.with(common, async |memory| match &args.what {
        What::List { open } => list(&memory, *open, out).await,
        What::Show { id } | What::Report { id } => {
            let story = memory.incident(id).await.map_err(refused)?.ok_or_else(|| unknown(id))?;
            let audience = team(&memory).await?.audience("");
            out.say(&story, || report(&story, &audience, now()))?;
            Ok(Exit::Ok)
        }
        What::Ack { id, by, lasting } => {
            let by = by.clone().unwrap_or_else(myself);
            let acted = memory.acknowledge(id, &by, lasting.0, now()).await.map_err(refused)?;
            match acted {
                Acted::Unknown => Err(unknown(id)),
                Acted::Over => {
                    Err(Failure::failed("SG-CLI-012", format!("incident {id} is over: nobody need take it")))
                }
                Acted::Until(until) => {
                    let lasting = quantity::length(lasting.0 as f64);
                    out.say(&json!({ "incident": id, "by": by, "until": until }), || {
                        format!("{by} has {id} for {lasting}; if it still lasts then, people are told again")
                    })?;
                    Ok(Exit::Ok)
                }
            }
        }
    })
}

fn unknown(id: &str) -> Failure {
    Failure::usage("SG-CLI-011", format!("no incident is called {id}; `stormglass incidents list` names them"))
}

async fn list(memory: &Memory, open: bool, out: &mut Out) -> Result<Exit, Failure> {
    let mut stories = memory.incidents().await.map_err(refused)?;
    stories.retain(|story| !open || story.ended.is_none());
    let audience = team(memory).await?.audience("");
    out.say(&stories, || {
        if stories.is_empty() {
            return if open { "no incident is open" } else { "no incident is remembered" }.to_owned();
        }
        let mut table = Table::new(&["incident", "grade", "since", "lasted", "what", "who has it"]);
        let now = now();
        for story in &stories {
            let lasted = story.ended.unwrap_or(now).saturating_sub(story.began).max(0) as f64;
            let still = if story.ended.is_none() { " so far" } else { "" };
            table.row([
                story.id.clone(),
                story.grade.name().to_owned(),
                say::moment(story.began, now, &audience.zone, audience.language),
                format!("{}{still}", quantity::length(lasted)),
                what(story),
                story.acknowledged.last().map(|ack| ack.by.clone()).unwrap_or_default(),
            ]);
        }
        table.to_string()
    })?;
    Ok(Exit::Ok)
}

/// Its first alarm, and how many more.
fn what(story: &Incident) -> String {
    let first = story.alarms.first().map_or("", |alarm| alarm.name.as_str());
    match story.alarms.len() {
        0 | 1 => first.to_owned(),
        more => format!("{first} and {} more", more - 1),
    }
}

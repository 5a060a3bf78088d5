//! `stormglass notify`: would anybody hear?

use std::collections::BTreeSet;

use account::Outlets;
use alarm::ladder::Ladder;
use alarm::rules::Rules;
use clap::Subcommand;
use serde_json::json;

use super::memory::{Place, refused};
use super::table::Table;
use super::{Common, Out};
use crate::audit::{self, Finding, Heard, Weight};
use crate::aws::Memory;
use crate::failure::{Exit, Failure};

/// Look at who would hear a notice
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  stormglass notify audit
It needs sns:ListSubscriptionsByTopic and sns:GetSubscriptionAttributes on the topics, and to read the table.")]
pub(super) struct Args {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List who hears each audience, and subscriptions that are pending, ended, filtered away or easily ended
    Audit {
        /// Exit with 3 where there is a warning
        #[arg(long)]
        deny_warnings: bool,
    },
}

pub(super) fn run(args: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let What::Audit { deny_warnings } = args.what;
    args.place.with(common, async |memory| audit(&memory, deny_warnings, out).await)
}

async fn audit(memory: &Memory, deny_warnings: bool, out: &mut Out) -> Result<Exit, Failure> {
    let outlets = outlets(memory).await?;
    let heard = heard(memory, &outlets).await;
    let found = audit::findings(&everybody(memory).await?, &outlets, &heard);
    let value = json!({ "outlets": outlets, "subscriptions": listed(&heard), "findings": found });
    out.say(&value, || said(&outlets, &heard, &found))?;
    Ok(match found.first().map(|finding| finding.weight) {
        Some(Weight::Bad) => Exit::Failed,
        Some(Weight::Warning) if deny_warnings => Exit::Warnings,
        _ => Exit::Ok,
    })
}

/// Where each audience is reached, as the function wrote it down.
pub(super) async fn outlets(memory: &Memory) -> Result<Outlets, Failure> {
    let says = "the table names no outlets: no function has judged with it yet";
    memory.outlets().await.map_err(refused)?.ok_or_else(|| Failure::failed("SG-CLI-015", says))
}

/// All whom the ladders of the rules in force ever tell.
pub(super) async fn everybody(memory: &Memory) -> Result<BTreeSet<String>, Failure> {
    let text = memory.rules().await.map_err(refused)?.unwrap_or_default();
    let rules = Rules::parse("alarms.toml", &text).unwrap_or_default();
    let steps = rules.ladders.iter().flat_map(Ladder::steps);
    Ok(steps.flat_map(|step| step.tell.iter().cloned()).collect())
}

pub(super) async fn heard(memory: &Memory, outlets: &Outlets) -> Heard {
    let topics = memory.topics();
    let mut heard = Heard::new();
    for topic in audit::topics(outlets) {
        let listed = topics.subscriptions(&topic).await;
        heard.insert(topic, listed);
    }
    heard
}

/// Each subscription with what it would do with a message.
pub(super) fn listed(heard: &Heard) -> Vec<serde_json::Value> {
    let all = heard.iter().flat_map(|(topic, listed)| listed.iter().flatten().map(move |it| (topic, it)));
    let one = |(topic, it): (&String, &audit::Subscription)| json!({ "topic": topic, "is": it, "fate": it.fate() });
    all.map(one).collect()
}

pub(super) fn subscriptions(heard: &Heard) -> Table {
    let mut table = Table::new(&["protocol", "endpoint", "what it does with a message"]);
    for (topic, listed) in heard {
        table.heading(topic);
        for it in listed.iter().flatten() {
            table.row([it.protocol.clone(), it.endpoint.clone(), it.fate().to_owned()]);
        }
    }
    table
}

fn said(outlets: &Outlets, heard: &Heard, found: &[Finding]) -> String {
    let mut reached = Table::new(&["audience", "is told on"]);
    for (audience, outlet) in outlets {
        reached.row([audience.clone(), outlet.ways().join(", ")]);
    }
    let mut text = format!("{reached}\n\n{}\n", subscriptions(heard));
    if found.is_empty() {
        text.push_str("\neverybody whom a ladder tells would hear");
    }
    for finding in found {
        let word = if finding.weight == Weight::Bad { "BAD" } else { "warning" };
        text.extend(["\n", word, " ", finding.code, " ", &finding.about, ": ", &finding.says]);
    }
    text
}

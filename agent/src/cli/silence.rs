//! `stormglass silence`: keeps people from being told of what is known, for a time that ends.

use alarm::matcher::Matcher;
use alarm::notice::say;
use alarm::sheet::Seconds;
use alarm::silence::Silence;
use clap::Subcommand;

use super::memory::{Place, myself, now, refused, team};
use super::table::Table;
use super::{Common, Out};
use crate::aws::Memory;
use crate::failure::{Exit, Failure};

/// Longest silence that a person makes at a shell: what lasts longer belongs in the rules, where others see it.
const LONGEST_S: u64 = 14 * 86_400;

/// List, make and end silences in the Lambda's memory
///
/// A silence never stops the judging, always has an end, and is in the report of every incident that it kept quiet.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  stormglass silence add 'service = checkout' 'host = web-*' --for 2h --why 'moving the database'
  stormglass silence list")]
pub(super) struct Args {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Those that are in force
    List,
    /// Make one: all of the matchers must hold
    Add {
        /// `label = value` or `label != value`, with * and ?
        #[arg(required = true, value_name = "MATCHER", value_parser = Matcher::parse)]
        labels: Vec<Matcher>,
        /// For how long, 14 days at most
        #[arg(long = "for", value_name = "TIME", value_parser = Seconds::parse)]
        lasting: Seconds,
        /// Why, for those who wonder
        #[arg(long, default_value = "")]
        why: String,
        /// Who says so; your user name where not said
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
    /// End one now: what still lasts is told
    End { id: String },
}

pub(super) fn run(args: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    args.place.with(common, async |memory| match &args.what {
        What::List => list(&memory, out).await,
        What::Add { labels, lasting, why, by } => {
            if !(60..=LONGEST_S).contains(&lasting.0) {
                return Err(Failure::usage("SG-CLI-013", "a silence lasts from 1m to 14d"));
            }
            let from = now();
            let silence = Silence {
                id: format!("{:x}", fastrand::u64(..)),
                labels: labels.clone(),
                from,
                until: from.saturating_add_unsigned(lasting.0),
                by: by.clone().unwrap_or_else(myself),
                why: why.clone(),
            };
            memory.silence(&silence, from).await.map_err(refused)?;
            let audience = team(&memory).await?.audience("");
            let until = say::moment(silence.until, from, &audience.zone, audience.language);
            out.say(&silence, || {
                format!("silenced until {until}; end it with: stormglass silence end {}", silence.id)
            })?;
            Ok(Exit::Ok)
        }
        What::End { id } => {
            let silences = memory.silences().await.map_err(refused)?;
            let silence = silences.into_iter().find(|silence| silence.id == *id);
            let silence = silence.ok_or_else(|| {
                Failure::usage("SG-CLI-014", format!("no silence is called {id}; `stormglass silence list` names them"))
            })?;
            let now = now();
            let ended = Silence { until: now, ..silence };
            memory.silence(&ended, now).await.map_err(refused)?;
            out.say(&ended, || format!("silence {id} is over: what still lasts is told"))?;
            Ok(Exit::Ok)
        }
    })
}

async fn list(memory: &Memory, out: &mut Out) -> Result<Exit, Failure> {
    let now = now();
    let mut silences = memory.silences().await.map_err(refused)?;
    silences.retain(|silence| silence.until > now);
    silences.sort_by_key(|silence| silence.until);
    let audience = team(memory).await?.audience("");
    out.say(&silences, || {
        if silences.is_empty() {
            return "nothing is silenced (but for what the rules themselves silence)".to_owned();
        }
        let mut table = Table::new(&["silence", "what", "until", "by", "why"]);
        for silence in &silences {
            let what: Vec<_> = silence.labels.iter().map(ToString::to_string).collect();
            let until = say::moment(silence.until, now, &audience.zone, audience.language);
            table.row([silence.id.clone(), what.join(", "), until, silence.by.clone(), silence.why.clone()]);
        }
        table.to_string()
    })?;
    Ok(Exit::Ok)
}

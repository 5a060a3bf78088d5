//! `stormglass drill`: one marked incident by the way that every incident takes, to everybody, timed.

use std::time::Duration;

use account::{Drill, Outlets, Receipt, drill, outlet};
use alarm::incident::Incident;
use alarm::points::Time;
use alarm::sheet::Seconds;
use serde_json::{Value, json};

use super::memory::{Place, myself, now, refused};
use super::notify::{everybody, heard, listed, outlets, subscriptions};
use super::table::Table;
use super::{Common, Out, quantity};
use crate::audit::Heard;
use crate::aws::Memory;
use crate::failure::{Exit, Failure};

/// Shortest drill: the Lambda judges once a minute, and the second time it may be late.
const SHORTEST_S: u64 = 180;
const LOOK: Duration = Duration::from_secs(3);

/// Tell everybody by the real path that this is a drill, and report what arrived where, when, and who answered
///
/// The next round of the Lambda opens an incident that is marked as a drill, and tells at once everybody whom any ladder
/// tells. It ends by itself. Somebody should open the link of the notice and press the button: the report says who did.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  stormglass drill
  stormglass drill --report 5f3a9c")]
pub(super) struct Args {
    #[command(flatten)]
    place: Place,
    /// How long it fires, 3m to 1h
    #[arg(long = "for", value_name = "TIME", default_value = "10m", value_parser = Seconds::parse)]
    lasting: Seconds,
    /// How long to wait for it to arrive everywhere and to be acknowledged
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = Seconds::parse)]
    wait: Seconds,
    /// Who asks for it; your user name where not said
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Report an earlier drill again
    #[arg(long, value_name = "ID")]
    report: Option<String>,
}

/// All that is known of one drill.
struct Seen {
    drill: Drill,
    story: Option<Incident>,
    receipts: Vec<Receipt>,
    /// Audience and way that should have been told.
    expected: Vec<(String, String)>,
}

pub(super) fn run(args: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    if !(SHORTEST_S..=drill::LONGEST_S).contains(&args.lasting.0) {
        return Err(Failure::usage("SG-CLI-016", "a drill lasts from 3m to 1h"));
    }
    args.place.with(common, async |memory| {
        let outlets = outlets(&memory).await?;
        let expected = expected(&memory, &outlets).await?;
        let drill = match &args.report {
            Some(id) => find(&memory, id).await?,
            None => begin(&memory, args, out).await?,
        };
        let wait = if args.report.is_some() { Seconds(0) } else { args.wait };
        let seen = watch(&memory, drill, expected, wait, out).await?;
        let heard = heard(&memory, &outlets).await;
        let missing = seen.missing();
        out.say(&seen.value(&missing, &heard), || seen.said(&missing, &heard))?;
        Ok(if missing.is_empty() && seen.story.is_some() { Exit::Ok } else { Exit::Failed })
    })
}

async fn find(memory: &Memory, id: &str) -> Result<Drill, Failure> {
    let known = memory.drills().await.map_err(refused)?.into_iter().find(|drill| drill.id == id);
    known.ok_or_else(|| Failure::usage("SG-CLI-017", format!("no drill is called {id}")))
}

async fn begin(memory: &Memory, args: &Args, out: &mut Out) -> Result<Drill, Failure> {
    let from = now();
    let until = from.saturating_add_unsigned(args.lasting.0);
    let by = args.by.clone().unwrap_or_else(myself);
    let drill = Drill { id: format!("{:06x}", fastrand::u32(..1 << 24)), by, from, until };
    memory.drill(&drill).await.map_err(refused)?;
    let lasting = quantity::length(args.lasting.0 as f64);
    out.remark(&format!("drill {} is asked for: the next round tells everybody; it ends in {lasting}", drill.id));
    Ok(drill)
}

async fn expected(memory: &Memory, outlets: &Outlets) -> Result<Vec<(String, String)>, Failure> {
    let ways = |audience: &String| outlet::of(outlets, audience).map(account::Outlet::ways).unwrap_or_default();
    let told = everybody(memory).await?.into_iter();
    Ok(told.flat_map(|audience| ways(&audience).into_iter().map(move |way| (audience.clone(), way))).collect())
}

/// Looks until it has arrived everywhere and somebody has it, or the time is over.
async fn watch(
    memory: &Memory,
    drill: Drill,
    expected: Vec<(String, String)>,
    wait: Seconds,
    out: &mut Out,
) -> Result<Seen, Failure> {
    let mut seen = Seen { drill, story: None, receipts: Vec::new(), expected };
    let over = now().saturating_add_unsigned(wait.0);
    let mut arrived = 0;
    loop {
        seen.look(memory).await?;
        if seen.receipts.len() > arrived {
            arrived = seen.receipts.len();
            out.remark(&format!(
                "{} of {} ways have it",
                seen.expected.len() - seen.missing().len(),
                seen.expected.len()
            ));
        }
        let answered = seen.story.as_ref().is_some_and(|story| !story.acknowledged.is_empty());
        if (answered && seen.missing().is_empty()) || now() >= over {
            return Ok(seen);
        }
        tokio::time::sleep(LOOK).await;
    }
}

impl Seen {
    async fn look(&mut self, memory: &Memory) -> Result<(), Failure> {
        let group = self.drill.group();
        let mut stories = memory.incidents().await.map_err(refused)?.into_iter();
        self.story = stories.find(|story| story.group == group);
        if let Some(story) = &self.story {
            self.receipts = memory.receipts(&story.id).await.map_err(refused)?;
        }
        Ok(())
    }

    /// Where the first notice has not arrived.
    fn missing(&self) -> Vec<(String, String)> {
        let arrived = |(audience, way): &&(String, String)| {
            self.receipts.iter().any(|it| it.audience == *audience && it.way == *way)
        };
        self.expected.iter().filter(|it| !arrived(it)).cloned().collect()
    }

    fn after_s(&self, at: Time) -> Time {
        (at - self.drill.from).max(0)
    }

    fn value(&self, missing: &[(String, String)], heard: &Heard) -> Value {
        let taken: Vec<_> = self
            .receipts
            .iter()
            .map(|it| json!({ "notice": it.number, "audience": it.audience, "way": it.way, "after_s": self.after_s(it.at), "said": it.said }))
            .collect();
        let missing: Vec<_> =
            missing.iter().map(|(audience, way)| json!({ "audience": audience, "way": way })).collect();
        let answers = self.story.iter().flat_map(|story| &story.acknowledged);
        let answers: Vec<_> = answers.map(|it| json!({ "by": it.by, "after_s": self.after_s(it.at) })).collect();
        json!({
            "drill": self.drill,
            "incident": self.story.as_ref().map(|story| &story.id),
            "taken": taken,
            "missing": missing,
            "acknowledged": answers,
            "subscriptions": listed(heard),
        })
    }

    fn said(&self, missing: &[(String, String)], heard: &Heard) -> String {
        let Some(story) = &self.story else {
            let drill = &self.drill.id;
            return format!(
                "drill {drill}: no round has opened it. Does the schedule run? See `stormglass drill --report {drill}`"
            );
        };
        let mut taken = Table::new(&["notice", "audience", "way", ">after", "what the outlet said"]);
        for it in &self.receipts {
            let after = quantity::length(self.after_s(it.at) as f64);
            taken.row([it.number.to_string(), it.audience.clone(), it.way.clone(), after, it.said.clone()]);
        }
        let mut text = format!("drill {} by {}, incident {}\n\n{taken}", self.drill.id, self.drill.by, story.id);
        for (audience, way) in missing {
            text.extend(["\nMISSING: ", audience, " by ", way]);
        }
        text.extend(["\n\n", &subscriptions(heard).to_string(), "\n"]);
        for it in &story.acknowledged {
            text.extend(["\nacknowledged by ", &it.by, " after ", &quantity::length(self.after_s(it.at) as f64)]);
        }
        if story.acknowledged.is_empty() {
            text.push_str("\nnobody has acknowledged it: does anybody read what arrives?");
        }
        text
    }
}

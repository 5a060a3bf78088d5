//! `stormglass runbook`: what to do when an alarm fires, from the very pages of `docs/runbooks`.

use alarm::sheet::did_you_mean;
use serde_json::json;

use super::{Common, Out};
use crate::failure::{Exit, Failure};
use crate::runbooks::{self, PAGES, Runbook};

/// Say what an alarm means, where to look, what to do and whom to call, or list all pages
///
/// The pages are inside the program: they can be read on a host that has no network. A notice of a rule that is built in
/// names its page.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  stormglass runbook disk-full
  stormglass runbook stormglass-rounds-missing       an alarm of the account, by its whole name")]
pub(super) struct Args {
    /// The alarm; all pages are listed without it
    alarm: Option<String>,
}

pub(super) fn run(args: &Args, _: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let Some(alarm) = &args.alarm else {
        let all: Vec<_> = PAGES.iter().map(row).collect();
        out.say(&all, || PAGES.iter().map(line).collect::<Vec<_>>().join("\n"))?;
        return Ok(Exit::Ok);
    };
    let Some(page) = runbooks::find(alarm) else {
        let hint = did_you_mean(alarm, PAGES.iter().flat_map(Runbook::alarms));
        let hint = hint.map(|best| format!("; did you mean {best}?")).unwrap_or_default();
        return Err(Failure::usage("SG-CLI-030", format!("no runbook is for the alarm {alarm}{hint}")));
    };
    out.say(page, || page.text.trim_end().to_owned())?;
    Ok(Exit::Ok)
}

fn row(page: &Runbook) -> serde_json::Value {
    json!({ "name": page.name, "title": page.title(), "alarms": page.alarms().collect::<Vec<_>>() })
}

fn line(page: &Runbook) -> String {
    format!("{:<26}{}", page.name, page.title())
}

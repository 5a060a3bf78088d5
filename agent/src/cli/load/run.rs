//! `stormglass load run`: presses by the scenario's profile, and says where the time goes.

use std::time::Duration;

use super::super::{Common, Out};
use super::press::{Press, Pressing};
use crate::failure::{Exit, Failure};

/// Press by the scenario's own profile, and say where the time goes
///
/// Exit 0: the objective was kept, and the alarms did what was expected. 1: the service broke it, or is worse than the
/// baseline, or the alarms did not. 4: this machine was the limit, or it cannot be told, and the report is INVALID. Ctrl-C ends it with a full
/// report of what was run.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  stormglass load run shop.scenario.toml --html shop.html
  stormglass load run shop.scenario.toml --i-may-press staging.example.com --json >run.json
  stormglass load run shop.scenario.toml --keep monday.json
  stormglass load run shop.scenario.toml --baseline monday.json --tolerance 15 --junit load.xml
  stormglass load run shop.scenario.toml --statsd 127.0.0.1:8125
  stormglass load run shop.scenario.toml --expect 'checkout-p99 = page within 3m, clear within 5m'")]
pub(super) struct Args {
    #[command(flatten)]
    press: Pressing,
}

pub(super) fn run(args: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let mut press = Press::ready("load", &args.press, common, out, Ok)?;
    let report = press.once("", press.scenario.clone(), Duration::ZERO, out)?;
    press.tell(report, out)
}

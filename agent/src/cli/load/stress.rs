//! `stormglass load stress`: hours at a share of the knee, and what crept meanwhile.

use std::time::Duration;

use alarm::sheet::Seconds;

use super::super::{Common, Out};
use super::press::{Press, Pressing};
use crate::failure::{Exit, Failure};

/// Press steadily for hours, and say what creeps: latency, and the target's memory and descriptors
///
/// Memory and descriptors are seen where an agent watches the target's processes; name its page by `--agent`. Exit 1:
/// the objective was broken, or something rises that should be steady.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  stormglass load stress shop.scenario.toml --knee 400 --share 70 --for 4h --agent 127.0.0.1:7300")]
pub(super) struct Args {
    #[command(flatten)]
    press: Pressing,
    /// The knee that `load performance` reported, journeys a second
    #[arg(long, value_name = "RATE")]
    knee: f64,
    /// Percent of the knee
    #[arg(long, value_name = "PERCENT", default_value_t = 70.0)]
    share: f64,
    /// How long
    #[arg(long = "for", value_name = "TIME", default_value = "4h", value_parser = Seconds::parse)]
    lasting: Seconds,
}

/// Not tallied at the beginning: what warms up is no drift.
const SETTLE_MAX: Duration = Duration::from_mins(1);

pub(super) fn run(args: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let (rate, length_s) = (args.knee * args.share / 100.0, args.lasting.0 as f64);
    let mut press = Press::ready("stress", &args.press, common, out, |scenario| Ok(scenario.at_rate(rate, length_s)))?;
    let settle = Duration::from_secs_f64(length_s * 0.05).min(SETTLE_MAX);
    let mut report = press.once("", press.scenario.clone(), settle, out)?;
    report.creep();
    press.tell(report, out)
}

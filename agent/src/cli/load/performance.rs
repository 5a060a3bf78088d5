//! `stormglass load performance`: climbs until an objective breaks, and reports the knee.

use std::time::Duration;

use alarm::sheet::Seconds;
use load::honest::Verdict;
use load::knee::{Climb, Next, Went};
use load::report::{Climbed, Report, Rung};

use super::super::{Common, Out};
use super::press::{Press, Pressing};
use crate::failure::{Exit, Failure};

/// Climb until an objective breaks, and say how much the service can do
///
/// The knee is the highest rate of journeys that kept the scenario's objective; a rate that breaks it is pressed once
/// more before it counts, and so is one at which it cannot be told who was the limit. Exit 0: the knee was found. 4: this
/// machine was the limit before the service was.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  stormglass load performance shop.scenario.toml --from 20 --each 20s --html knee.html")]
pub(super) struct Args {
    #[command(flatten)]
    press: Pressing,
    /// The first rate, journeys a second
    #[arg(long, value_name = "RATE", default_value_t = 10.0)]
    from: f64,
    /// How long each rate is pressed
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = Seconds::parse)]
    each: Seconds,
}

/// Of the time of each rate, what is not tallied: connections are opened, and pools fill.
const SETTLE: f64 = 0.2;

pub(super) fn run(args: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let each_s = args.each.0.max(1) as f64;
    let mut press = Press::ready("performance", &args.press, common, out, |scenario| {
        if scenario.objective.is_empty() {
            let says = "the scenario's `[objective]` names no latency that could break";
            return Err(Failure::usage("SG-LOA-025", says));
        }
        Ok(scenario.at_rate(args.from, each_s))
    })?;
    let mut climb = Climb::new(args.from);
    let (mut rungs, mut best, mut last): (Vec<Rung>, Option<Report>, Option<Report>) = (Vec::new(), None, None);
    while let Next::Press(rate) = climb.next() {
        let what = format!("pressing {rate:.1} journeys/s");
        press.note(out, &what);
        let settle = Duration::from_secs_f64(each_s * SETTLE);
        let report = press.once(&what, press.scenario.at_rate(rate, each_s), settle, out)?;
        rungs.push(rung(rate, &report));
        let (went, stopped) = (went(report.judged.verdict), report.stopped);
        if went == Went::Kept {
            best = Some(report);
        } else {
            last = Some(report);
        }
        if stopped {
            break;
        }
        if went == Went::Unknown {
            press.note(out, "who was the limit cannot be told: once more");
        }
        climb.tell(went);
    }
    let found = matches!(climb.next(), Next::Over(_)) && !climb.is_lost();
    // Where it was not found, the numbers that say so are told, and stamp it INVALID.
    let Some(mut report) = (if found { best.or(last) } else { last.or(best) }) else {
        return Err(Failure::failed("SG-LOA-022", "nothing was pressed"));
    };
    report.climb = Some(Climbed { knee: climb.knee(), rungs });
    press.tell(report, out)
}

/// What is no number of the service moves no knee.
fn went(verdict: Verdict) -> Went {
    match verdict {
        Verdict::Kept => Went::Kept,
        Verdict::ServiceLimited => Went::Broke,
        Verdict::ClientLimited | Verdict::Inconclusive => Went::Unknown,
    }
}

fn rung(rate: f64, report: &Report) -> Rung {
    Rung {
        rate,
        p50_ms: report.total.latency.p50_ms,
        p99_ms: report.total.latency.p99_ms,
        failed: report.total.failed,
        judged: report.judged.clone(),
    }
}

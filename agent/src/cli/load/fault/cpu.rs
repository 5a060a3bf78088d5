//! Burns processor time. Threads die with their process.

use std::time::{Duration, Instant};

use super::super::super::{Common, Out};
use super::super::press;
use super::Lasting;
use crate::failure::{Exit, Failure};

/// Keep processors busy
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  stormglass load fault cpu --cores 2 --percent 80 --for 5m")]
pub(super) struct Args {
    #[command(flatten)]
    lasting: Lasting,
    /// How many; all there are unless told
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=256))]
    cores: Option<u64>,
    /// How busy each is
    #[arg(long, value_name = "PERCENT", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=100))]
    percent: u64,
}

/// Busy for a share of it, at rest for the remainder: short, so that each second of a meter shows the share.
const TURN: Duration = Duration::from_millis(100);

pub(super) fn run(args: &Args, _: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let cores =
        args.cores.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), |it| it as usize);
    let stop = press::stop()?;
    out.remark(&format!("keeping {cores} processor(s) {} % busy", args.percent));
    let busy = TURN.mul_f64(args.percent as f64 / 100.0);
    let ends = Instant::now() + Duration::from_secs(args.lasting.lasting.0);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while Instant::now() < ends && !stop.is_set() {
                    burn(busy);
                    std::thread::sleep(TURN.saturating_sub(busy));
                }
            });
        }
    });
    Ok(Exit::Ok)
}

fn burn(length: Duration) {
    let from = Instant::now();
    let mut sum = 0_u64;
    while from.elapsed() < length {
        for at in 0..10_000_u64 {
            sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(at));
        }
    }
}

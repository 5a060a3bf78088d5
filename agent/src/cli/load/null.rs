//! `stormglass load null`: the server that does nothing, for trying tools on.

use std::net::SocketAddr;

use alarm::sheet::Seconds;
use load::honest::{Null, Pause};

use super::super::{Common, Out};
use super::press;
use crate::failure::{Exit, Failure};

/// Serve a page of two bytes, and stand still on purpose where that is asked
///
/// What it does is known exactly: with `--stall` every so often all of it stands still, so that the true latencies can
/// be computed, and a tool that presses can be measured against them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  stormglass load null --listen 127.0.0.1:8080 --stall 1s --every 10s")]
pub(super) struct Args {
    /// Where it listens
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// How long it stands still
    #[arg(long, value_name = "TIME", value_parser = Seconds::parse, requires = "every")]
    stall: Option<Seconds>,
    /// How often
    #[arg(long, value_name = "TIME", value_parser = Seconds::parse)]
    every: Option<Seconds>,
}

pub(super) fn run(args: &Args, _: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let seconds = |length: Seconds| std::time::Duration::from_secs(length.0);
    let pause = args.stall.zip(args.every).map(|(stall, every)| Pause { every: seconds(every), lasts: seconds(stall) });
    let null = Null::open(args.listen, pause)
        .map_err(|error| Failure::failed("SG-LOA-026", format!("cannot listen on {}", args.listen)).because(error))?;
    out.remark(&format!("listening on {}", null.address));
    let stop = press::stop()?;
    null.until(|| stop.is_set());
    Ok(Exit::Ok)
}

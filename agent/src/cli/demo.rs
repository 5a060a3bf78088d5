//! `stormglass demo`: a made-up bad day of a small shop, in a minute and a half.

use std::net::SocketAddr;

use tokio::sync::mpsc;

use super::signals::{self, clock};
use super::up::say;
use super::{Common, Out};
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::local::{Demo, Settings};

/// Play the bad day of a small shop through the real pipeline, in a minute and a half
///
/// A sale starts, the burst drains, the connection pool fills, p99 climbs, an error never seen before, a log that fills
/// the disk, the ladder climbs, somebody acknowledges, recovery, the reports. Nothing of this host is read, nothing is
/// kept: watch it on the page, or only on the terminal.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where the page listens
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = crate::local::config::LISTEN)]
    listen: SocketAddr,
    /// How much faster than time; slower leaves more of it to look around in
    #[arg(long, value_name = "TIMES", default_value_t = crate::local::DEMO_SPEED, value_parser = clap::value_parser!(u32).range(1..=600))]
    speed: u32,
}

pub(super) fn run(args: &Args, _: &Common, _: &mut Out) -> Result<Exit, Failure> {
    signals::log();
    let cannot = |error| Failure::failed("SG-LOC-040", "the demo cannot start").because(error);
    let folder = Folder::make().map_err(cannot)?;
    let mut config =
        Config { local: Some(Settings { listen: args.listen, ..Settings::default() }), ..Config::default() };
    let demo = Demo::begin(clock(), &folder.0, &mut config)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(4).build().map_err(cannot)?;
    let tasks = tokio::task::LocalSet::new();
    let ended = tasks.block_on(&runtime, async {
        let (sender, orders) = mpsc::channel(4);
        signals::listen(&sender).map_err(cannot)?;
        Box::pin(demo.play(&config, args.speed, orders, Box::new(say))).await
    });
    runtime.shutdown_background();
    ended.map(|()| Exit::Ok)
}

/// A folder that is gone when the demo is.
struct Folder(std::path::PathBuf);

impl Folder {
    fn make() -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!("stormglass-demo-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // It lies among what the system clears away anyway.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

//! `stormglass up`: this host on a page, judged, without an account.

use std::path::PathBuf;
use std::rc::Rc;

use tokio::sync::mpsc;

use super::here::Here;
use super::signals;
use super::{Common, Out};
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::local::{self, Book, OwnHost, Wiring};
use crate::trim;

/// Watch, judge and show this host here: a page on 127.0.0.1:7300, no account
///
/// As any user. Points are kept in one file; rules that are built in judge them every ten seconds, and yours beside
/// them (`[local] rules`). SIGHUP reads the configuration anew. Notices go to the terminal, and to the outlets of `[[local.outlet]]`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  stormglass up                              the page: http://127.0.0.1:7300/
  stormglass up --listen 127.0.0.1:7301      another port
  stormglass up --listen 0.0.0.0:7300        for others too: it prints a token, and asks for it")]
pub(super) struct Args {
    /// Where the page listens
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<std::net::SocketAddr>,
    /// The file of the points
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
}

pub(super) fn run(args: &Args, common: &Common, _: &mut Out) -> Result<Exit, Failure> {
    trim::one_heap();
    signals::log();
    let config = common.load()?;
    let here = Here::find(&config);
    let (listen, store) = (args.listen, args.store.clone());
    let meant = move |config: Config| {
        let mut config = here.identified(config);
        let mut local = config.local.take().unwrap_or_default();
        local.listen = listen.unwrap_or(local.listen);
        local.store = store.clone().or(local.store);
        config.local = Some(local);
        config.agent.usual_state_dir(&usual_state_dir());
        (here.identity.name().to_owned(), config)
    };
    let (host, config) = meant(config);
    let common = common.clone();
    let load = Box::new(move || Ok(meant(common.load()?).1));
    let cannot = |error| Failure::failed("SG-RUN-010", "cannot start").because(error);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(4).build().map_err(cannot)?;
    let tasks = tokio::task::LocalSet::new();
    let ended = tasks.block_on(&runtime, async {
        let (sender, orders) = mpsc::channel(4);
        signals::listen(&sender).map_err(cannot)?;
        let wiring =
            Wiring { orders, clock: signals::clock, speed: 1, say: Rc::new(Box::new(say)), host, load, given: None };
        Box::pin(local::run(&config, Book::default(), OwnHost::new(&config), wiring)).await
    });
    runtime.shutdown_background();
    ended.map(|()| Exit::Ok)
}

/// To whoever started it, line by line.
#[expect(clippy::print_stderr, reason = "the terminal is an outlet")]
pub(super) fn say(text: &str) {
    eprintln!("{text}");
}

/// Where a user who is not root keeps such things.
pub(super) fn usual_state_dir() -> String {
    let var = |name: &str| std::env::var(name).ok().filter(|value| value.starts_with('/'));
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    if is_root {
        return String::new();
    }
    let state = var("XDG_STATE_HOME").or_else(|| var("HOME").map(|home| format!("{home}/.local/state")));
    state.map(|state| format!("{state}/stormglass")).unwrap_or_default()
}

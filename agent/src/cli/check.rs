//! `stormglass check`: is a configuration sound?

use serde_json::json;

use super::{Common, Out};
use crate::failure::{Exit, Failure};

/// Say whether a configuration is sound, with every fault at once
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(Args {}: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    common.load()?;
    out.say(&json!({ "ok": true }), || "the configuration is sound".to_owned())?;
    Ok(Exit::Ok)
}

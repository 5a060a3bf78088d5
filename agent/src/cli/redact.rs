//! `stormglass redact test FILE`: what would leave this host of a file.

use std::io::Read;
use std::path::PathBuf;

use serde_json::json;

use super::{Common, Out};
use crate::failure::{Exit, Failure};
use crate::logs::redact::{Redact, Span};

/// Show what redaction would take out of a file
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Print a file as it would be sent; how often each rule hit is told at the end
    Test {
        /// The file, or - for standard input
        file: PathBuf,
    },
}

/// Most of a file that is read: this is for a person who looks.
const BYTES_MAX: u64 = 64 << 20;

pub(super) fn run(Args { what: What::Test { file } }: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let redact = common.load()?.logs.redact;
    let text = read(file)?;
    let mut spans = vec![];
    redact.find(&text, &mut spans);
    let hits = count(&redact, &spans);
    if out.json() {
        let hits: serde_json::Map<_, _> = hits.into_iter().map(|(name, count)| (name, json!(count))).collect();
        let text = String::from_utf8_lossy(&redact.apply(&text)).into_owned();
        out.say(&json!({ "text": text, "redacted": hits }), String::new)?;
        return Ok(Exit::Ok);
    }
    out.raw(&redact.apply(&text))?;
    let said: Vec<_> = hits.iter().map(|(name, count)| format!("{name} {count}")).collect();
    out.remark(&if said.is_empty() {
        "nothing was redacted".to_owned()
    } else {
        format!("redacted: {}", said.join(", "))
    });
    Ok(Exit::Ok)
}

fn read(file: &PathBuf) -> Result<Vec<u8>, Failure> {
    let mut text = vec![];
    let read = if file.as_os_str() == "-" {
        std::io::stdin().take(BYTES_MAX).read_to_end(&mut text)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(BYTES_MAX).read_to_end(&mut text))
    };
    read.map_err(|error| Failure::usage("SG-LOG-012", format!("cannot read {}", file.display())).because(error))?;
    Ok(text)
}

fn count(redact: &Redact, spans: &[Span]) -> std::collections::BTreeMap<String, usize> {
    let mut hits = std::collections::BTreeMap::new();
    for span in spans {
        *hits.entry(redact.name(span.what).to_owned()).or_default() += 1;
    }
    hits
}

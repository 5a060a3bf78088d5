//! `stormglass init`: a configuration for what this host runs.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::time::Duration;

use super::sample::Sample;
use super::{Common, Out};
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::init::{self, Proposal};

/// Look at what runs on this host and write a commented configuration for it
///
/// Finds Spring Boot, Redis, PostgreSQL, nginx and the file systems. Without `--to` it prints. A file that is there is never
/// overwritten unless `--force` says so.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  stormglass init                                            look first
  sudo stormglass init --to /etc/stormglass/stormglass.toml")]
pub(super) struct Args {
    /// The file to write
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Overwrite it
    #[arg(long, requires = "to")]
    force: bool,
}

pub(super) fn run(args: &Args, _: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let config = Config::default();
    let sample = Sample::take(&config, Duration::ZERO);
    let mut mounts: Vec<_> = sample
        .points
        .iter()
        .filter(|point| point.series.name == "disk_used_percent")
        .filter_map(|point| point.series.dimensions.get("path").map(str::to_owned))
        .collect();
    mounts.dedup();
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let Proposal { found, text } = init::propose(&config.host.roots.proc, &config.host.roots.root, &host, &mounts);
    let written = args.to.as_ref().map(|file| file.display().to_string());
    if let Some(file) = &args.to {
        write(file, &text, args.force)?;
    }
    let value = serde_json::json!({ "found": found, "toml": text, "written": written });
    if let (Some(file), false) = (&written, out.json()) {
        for line in &found {
            out.remark(&format!("found: {line}"));
        }
        out.remark(&format!("written: {file}; now: stormglass check --config {file}"));
    } else {
        out.say(&value, || text.trim_end().to_owned())?;
    }
    Ok(Exit::Ok)
}

fn write(file: &PathBuf, text: &str, force: bool) -> Result<(), Failure> {
    let mut how = OpenOptions::new();
    how.write(true).truncate(true);
    // Whether it is there is asked by the very call that makes it: no file slips in between.
    if force {
        how.create(true)
    } else {
        how.create_new(true)
    };
    let opened = how.open(file).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::usage("SG-INI-001", format!("{} is there already; --force overwrites it", file.display()))
        }
        _ => Failure::failed("SG-INI-002", format!("cannot write {}", file.display())).because(error),
    });
    opened?
        .write_all(text.as_bytes())
        .map_err(|error| Failure::failed("SG-INI-002", format!("cannot write {}", file.display())).because(error))
}

//! `stormglass put`: one reading from a shell or a job of cron.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Common, Out};
use crate::failure::{Exit, Failure};
use crate::put;

/// Give the agent of this host one reading
///
/// It goes to the socket of `[put]`, is folded with all else of its minute, and published. With status 0 the agent has it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  stormglass put checkout.orders 3 --unit Count --dim shop=seoul
  stormglass put backup_age_seconds $(( $(date +%s) - $(stat -c %Y /backup/last) ))")]
pub(super) struct Args {
    /// The metric
    name: String,
    /// Its value
    #[arg(allow_negative_numbers = true)]
    value: f64,
    /// As CloudWatch spells it: Count, Percent, Bytes, Seconds, Milliseconds, ... (default: what the name says)
    #[arg(long)]
    unit: Option<String>,
    /// A dimension
    #[arg(long = "dim", value_name = "NAME=VALUE", value_parser = dimension)]
    dimensions: Vec<(String, String)>,
    /// Another socket than that of the configuration
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
}

/// The agent answers within milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);
const ANSWER_MAX: u64 = 64 << 10;

fn dimension(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it like shop=seoul".into()),
    }
}

pub(super) fn run(args: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let socket = match &args.socket {
        Some(socket) => socket.clone(),
        None => common.load()?.put.map_or_else(put::usual_socket, |settings| settings.socket),
    };
    let dimensions: BTreeMap<_, _> = args.dimensions.iter().cloned().collect();
    let mut reading = serde_json::json!({ "name": args.name, "value": args.value, "dimensions": dimensions });
    if let Some(unit) = &args.unit {
        reading["unit"] = unit.as_str().into();
    }
    let answer = post(&socket, &reading.to_string()).map_err(|error| {
        let says = format!("no agent takes readings at {}; does its configuration have [put]?", socket.display());
        Failure::failed("SG-PUT-001", says).because(error)
    })?;
    let (head, says) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    if head.split(' ').nth(1).is_some_and(|status| status.starts_with('2')) {
        if out.json() {
            out.say(&reading, String::new)?;
        }
        return Ok(Exit::Ok);
    }
    Err(Failure::failed("SG-PUT-002", format!("the agent refused it: {}", says.trim())))
}

fn post(socket: &Path, body: &str) -> std::io::Result<String> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let (path, length) = (put::PATH, body.len());
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: stormglass\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all((head + body).as_bytes())?;
    let mut answer = String::new();
    stream.take(ANSWER_MAX).read_to_string(&mut answer)?;
    Ok(answer)
}

//! `stormglass status`: what the running agent says of itself.

use std::time::{SystemTime, UNIX_EPOCH};

use super::quantity::{bytes, length};
use super::{Common, Out};
use crate::failure::{Exit, Failure};
use crate::vitals::{Status, StatusError};

/// Say how the agent on this host is: collected, sent, waiting, lost and why
///
/// Reads what the agent writes down once a period, so it also answers when the agent hangs or is dead. The service
/// keeps it where only root may look: `sudo stormglass status`. Exit 1 when the agent is dead, hangs, cannot publish,
/// or has never run.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(Args {}: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let config = common.load()?;
    let status = Status::read(&config.agent.state_dir).map_err(|error| match &error {
        StatusError::Never(_) => Failure::failed("SG-STA-001", "no agent has run here").because(error),
        StatusError::Unreadable(..) => {
            Failure::failed("SG-STA-002", "the agent's status cannot be read; is this root?").because(error)
        }
        StatusError::Foreign(..) => {
            Failure::failed("SG-STA-003", "the agent's status is of another version").because(error)
        }
    })?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() as i64;
    let state = state(&status, now);
    let mut value = serde_json::to_value(&status)
        .map_err(|error| Failure::failed("SG-CLI-001", "cannot write the result as JSON").because(error))?;
    value["state"] = state.0.into();
    out.say(&value, || text(&status, state, now).join("\n"))?;
    Ok(if state.1 { Exit::Ok } else { Exit::Failed })
}

/// In a word, and whether it is well.
fn state(status: &Status, now: i64) -> (&'static str, bool) {
    match status {
        _ if status.is_stale(now) => ("dead, or it hangs", false),
        _ if status.ended => ("ended", false),
        _ if !status.trouble.is_empty() => ("running, and cannot publish", false),
        _ => ("running", true),
    }
}

pub(super) fn text(status: &Status, (word, _): (&str, bool), now: i64) -> Vec<String> {
    let ago = |time: i64| format!("{} ago", length((now - time).max(0) as f64));
    let mut lines = vec![format!("agent      {word} (version {}, process {})", status.version, status.pid)];
    let mut line = |name: &str, says: String| lines.push(format!("{name:<10} {says}"));
    line("since", format!("{}, last word {}", ago(status.started), ago(status.written)));
    if !status.trouble.is_empty() {
        line("trouble", status.trouble.clone());
    }
    line("collected", format!("{} readings in {} series", status.readings_collected, status.series));
    let last = status.last_sent.map_or_else(|| "never".to_owned(), ago);
    line("sent", format!("{} points in {} requests, last {last}", status.points_sent, status.requests));
    if status.requests_failed > 0 {
        line("failed", format!("{} requests, which are tried again", status.requests_failed));
    }
    let backlog = &status.backlog;
    line(
        "waiting",
        match backlog.oldest {
            Some(oldest) => {
                format!("{} points, {}, the oldest of {}", backlog.points, bytes(backlog.bytes as f64), ago(oldest))
            }
            None => "nothing".to_owned(),
        },
    );
    if status.series_refused > 0 {
        line("refused", format!("{} series, by the budget", status.series_refused));
    }
    if status.lost.is_empty() {
        line("lost", "nothing".to_owned());
    }
    for (reason, loss) in &status.lost {
        line("lost", format!("{} ({}), last {}", loss.count, reason.replace('_', " "), loss.last));
    }
    if let Some(offset) = status.clock_offset_ms {
        line("clock", format!("{offset} ms from the service's"));
    }
    let cpu = status.cpu_ms as f64 / (status.written - status.started).max(1) as f64 / 10.0;
    line("itself", format!("{}, {cpu:.2} % of a processor", bytes(status.resident_bytes as f64)));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_in_a_word() {
        let status = |change: fn(&mut Status)| {
            let mut status = Status { written: 1_000, every_s: 60, ..Status::default() };
            change(&mut status);
            state(&status, 1_100)
        };
        assert_eq!(status(|_| {}), ("running", true));
        assert_eq!(status(|it| it.written = 900), ("dead, or it hangs", false));
        assert_eq!(status(|it| (it.ended, it.written) = (true, 0)).0, "ended");
        assert_eq!(status(|it| it.trouble = "no keys".into()).0, "running, and cannot publish");
    }
}

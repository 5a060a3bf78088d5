//! `stormglass doctor`: why readings might not arrive, with the proof and the way out.

use super::here::{Here, wait};
use super::{Common, Out};
use crate::config::Config;
use crate::doctor::{self, Account, Finding, Patient, State};
use crate::failure::{Exit, Failure};

/// Examine keys, Region, clock, rights, disk and limits, and say how to mend each
///
/// Every right is tried by one real call that changes nothing: a point of 15 days ago, which CloudWatch refuses for its
/// age after it has looked whether you may. Run it as root, or as the user the agent runs as: what is seen is what this
/// user sees. Exit 0 when all is well, 1 when something is bad.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sudo stormglass doctor
  stormglass doctor --offline                         what can be known without the network
  stormglass doctor --json | jq '.[] | select(.state == \"bad\")'")]
pub(super) struct Args {
    /// Ask nothing of the network
    #[arg(long)]
    offline: bool,
    /// Exit with 3 when there are warnings and nothing is bad
    #[arg(long)]
    deny_warnings: bool,
}

const METADATA: &str = "http://169.254.169.254";

pub(super) fn run(args: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let config = common.load()?;
    let said_off = std::env::var("AWS_EC2_METADATA_DISABLED").is_ok_and(|it| it.eq_ignore_ascii_case("true"));
    let metadata = std::env::var("AWS_EC2_METADATA_SERVICE_ENDPOINT").unwrap_or_else(|_| METADATA.to_owned());
    let patient = Patient {
        state_dir: &config.agent.state_dir,
        spool_max_bytes: config.spool.limits.bytes,
        proc: &config.host.roots.proc,
        cgroup: "/sys/fs/cgroup".as_ref(),
        metadata: (!said_off && !args.offline).then_some(metadata.as_str()),
        wants_process_details: wants_process_details(&config),
    };
    let mut findings = doctor::examine_host(patient);
    if !args.offline {
        findings.extend(account(&config)?);
    }
    out.say(&findings, || text(&findings))?;
    Ok(match findings.iter().map(|finding| finding.state).max() {
        Some(State::Bad) => Exit::Failed,
        Some(State::Warning) if args.deny_warnings => Exit::Warnings,
        _ => Exit::Ok,
    })
}

/// What the account says of every namespace that the configuration publishes into.
pub(super) fn account(config: &Config) -> Result<Vec<Finding>, Failure> {
    let needs = super::iam_policy::needs(config);
    // What is only known of each file stands for itself: the service names a group that is not there as missing.
    let log_groups: Vec<_> = needs.log_groups.iter().filter(|group| !group.contains('{')).cloned().collect();
    let access = Here::find(config).access(config);
    let account = Account { access, namespaces: &needs.namespaces, log_groups: &log_groups };
    wait(doctor::examine_account(account))
}

fn wants_process_details(config: &Config) -> bool {
    use crate::metrics::host::{PROCSTAT_NUM_FDS, PROCSTAT_READ_BYTES, PROCSTAT_WRITE_BYTES};
    let details = [&PROCSTAT_NUM_FDS, &PROCSTAT_READ_BYTES, &PROCSTAT_WRITE_BYTES];
    !config.host.processes.is_empty() && details.iter().any(|metric| config.host.wanted.wants(metric))
}

pub(super) fn text(findings: &[Finding]) -> String {
    let mut lines = Vec::new();
    for Finding { about, state, code, says, proof, remedy } in findings {
        let code = code.map(|code| format!(" [{code}]")).unwrap_or_default();
        lines.push(format!("{:<8} {about:<11} {says}{code}", state.word()));
        for (word, text) in [("proof", proof), ("do", remedy)] {
            if !text.is_empty() {
                lines.push(format!("{:>8} {word}: {text}", ""));
            }
        }
    }
    let count = |state| findings.iter().filter(|finding| finding.state == state).count();
    lines.push(format!("{} bad, {} warnings, {} good", count(State::Bad), count(State::Warning), count(State::Good)));
    lines.join("\n")
}

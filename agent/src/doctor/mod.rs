//! Examines why readings might not arrive, and says of each thing what it is, the proof, and the way out.
//!
//! Nothing is changed, and nothing is published. What can be asked is asked, instead of concluded from the settings.

mod cloud;
mod finding;
pub(crate) mod http;
mod limits;
mod metadata;
mod rights;
mod storage;

use std::path::Path;

pub use cloud::Account;
pub use finding::{Finding, State};

/// What the doctor is told of where it is.
#[derive(Clone, Copy, Debug)]
pub struct Patient<'a> {
    pub state_dir: &'a Path,
    pub spool_max_bytes: u64,
    pub proc: &'a Path,
    pub cgroup: &'a Path,
    /// The metadata service, unless it was switched off.
    pub metadata: Option<&'a str>,
    /// Whether readings are wanted that need a look into other users' processes.
    pub wants_process_details: bool,
}

/// Everything that needs no keys.
pub fn examine_host(patient: Patient<'_>) -> Vec<Finding> {
    let mut findings = limits::examine(patient.proc, patient.cgroup);
    findings.extend(rights::examine(patient.proc, patient.wants_process_details));
    findings.extend(storage::examine(patient.state_dir, patient.spool_max_bytes, patient.proc));
    findings.extend(match patient.metadata {
        Some(endpoint) => metadata::examine(endpoint),
        None => vec![Finding::skipped("metadata", "switched off by AWS_EC2_METADATA_DISABLED")],
    });
    findings
}

/// Keys, Region, clock, rights and the way to the service: by real calls that change nothing.
pub async fn examine_account(account: Account<'_>) -> Vec<Finding> {
    cloud::examine(account).await
}

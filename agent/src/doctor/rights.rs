//! What this user may see of the host.

use std::fs;
use std::io;
use std::path::Path;

use super::finding::Finding;

const ABOUT: &str = "processes";

/// Open files and I/O of other users' processes need a right that the unit does not give by itself.
pub(super) fn examine(proc: &Path, wanted: bool) -> Vec<Finding> {
    // The first process belongs to root: who may look into it may look into all.
    let seen = fs::read_dir(proc.join("1/fd"));
    vec![match seen {
        Ok(_) => Finding::good(ABOUT, "open files and I/O of other users' processes can be read"),
        Err(error) if error.kind() != io::ErrorKind::PermissionDenied => {
            Finding::skipped(ABOUT, format!("the first process cannot be looked at: {error}"))
        }
        Err(error) if wanted => {
            Finding::warning(ABOUT, "SG-DOC-032", "open files and I/O of other users' processes are absent")
                .proof(format!("{}: {error}", proc.join("1/fd").display()))
                .remedy("install drop-ins/process-details.conf (its price stands in it), or do without procstat_num_fds and procstat_*_bytes")
        }
        Err(_) => Finding::good(ABOUT, "open files and I/O of other users' processes are absent, and not asked for"),
    }]
}

//! The limits of this very process, as the kernel holds them, never as a shell says (facts/hosts.md).

use std::fs;
use std::path::Path;

use super::finding::Finding;
use crate::host::cgroup::nearest;

/// Sockets, files of the logs, and the spool: far below this on any host that was measured.
const FILES_WANTED: u64 = 1_024;
/// One worker and a few helpers for calls that may hang.
const TASKS_WANTED: u64 = 16;

pub(super) fn examine(proc: &Path, cgroup: &Path) -> Vec<Finding> {
    let limits = fs::read_to_string(proc.join("self/limits")).unwrap_or_default();
    let group = fs::read_to_string(proc.join("self/cgroup")).unwrap_or_default();
    let pids = pids_max(cgroup, &group);
    vec![files(&limits), tasks(pids)]
}

fn files(limits: &str) -> Finding {
    let about = "open files";
    match open_files(limits) {
        None => Finding::skipped(about, "the limits of this process cannot be read"),
        Some(soft) if soft < FILES_WANTED => {
            Finding::warning(about, "SG-DOC-030", format!("this process may open {soft} files; {FILES_WANTED} is a safe number"))
                .proof(line_of(limits).unwrap_or_default())
                .remedy("LimitNOFILE=4096 in the unit, then systemctl daemon-reload and restart; limits.conf does nothing for a service")
        }
        Some(soft) => Finding::good(about, format!("this process may open {soft}")),
    }
}

fn line_of(limits: &str) -> Option<&str> {
    limits.lines().find(|line| line.starts_with("Max open files"))
}

/// The soft limit; `unlimited` is a very large number.
fn open_files(limits: &str) -> Option<u64> {
    let word = line_of(limits)?.split_whitespace().nth(3)?;
    if word == "unlimited" { Some(u64::MAX) } else { word.parse().ok() }
}

fn tasks(limit: Option<(String, u64)>) -> Finding {
    let about = "threads";
    match limit {
        Some((file, limit)) if limit < TASKS_WANTED => {
            Finding::warning(about, "SG-DOC-031", format!("this process may start {limit} threads"))
                .proof(format!("{file}: {limit}"))
                .remedy("TasksMax=32 in the unit, then systemctl daemon-reload and restart")
        }
        Some((_, limit)) => Finding::good(about, format!("TasksMax is {limit}")),
        None => Finding::good(about, "no limit of the control group binds"),
    }
}

/// The nearest `pids.max` that is a number, and where it stands.
fn pids_max(cgroup: &Path, group: &str) -> Option<(String, u64)> {
    nearest(cgroup, group, "pids", "pids.max", "pids.max").map(|(file, limit)| (file.display().to_string(), limit))
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn open_files_of_the_running_process() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max open files            256                  524288               files     \n";
        assert_eq!(files(limits).code, Some("SG-DOC-030"));
        assert_eq!(files(&limits.replace("256 ", "1024")).state, State::Good);
        assert_eq!(files(&limits.replace("256 ", "unlimited")).state, State::Good);
        assert_eq!(files("").state, State::Skipped);
    }

    #[test]
    fn the_nearest_limit_of_tasks() {
        let folder = tempfile::tempdir().expect("a folder");
        let service = folder.path().join("system.slice/stormglass.service");
        fs::create_dir_all(&service).expect("made");
        fs::write(service.join("pids.max"), "max\n").expect("written");
        fs::write(folder.path().join("system.slice/pids.max"), "9\n").expect("written");
        let found = tasks(pids_max(folder.path(), "0::/system.slice/stormglass.service\n"));
        assert_eq!((found.code, found.proof.ends_with("system.slice/pids.max: 9")), (Some("SG-DOC-031"), true));
        fs::write(service.join("pids.max"), "32\n").expect("written");
        assert_eq!(tasks(pids_max(folder.path(), "0::/system.slice/stormglass.service\n")).state, State::Good);
        assert_eq!(pids_max(folder.path(), "1:name=systemd:/\n"), None);
    }
}

//! Rotated more than once since we last looked: what stood between the file that we know and the one that stands there
//! now was seen by nobody. A path without a glob will never name it, and compressed it looks like any old archive.
//!
//! Never: a file that was there before this host knew the source. Only what was written to after the youngest rotated
//! file that we follow, is named as a rotation of the same log, and begins like nothing that we know.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::files::{Files, Handle, Id, Stat};
use super::mark::Sample;
use super::{Follow, Tail};
use crate::logs::ways::{Ways, stem};

impl<F: Files> Tail<F> {
    pub(super) fn find_between(&mut self, present: &[(usize, PathBuf, Stat)], ways: &mut Ways, now_ms: i64) {
        for (source, log, after_ns) in self.rotated_logs() {
            let named = present.iter().filter(|(of, _, stat)| *of == source && self.ignored.contains(&stat.id));
            let mut candidates: Vec<_> = named.map(|(_, path, _)| path.clone()).collect();
            let globs = &self.sources[source].globs;
            if globs.iter().any(|glob| glob.literal().is_some_and(|path| path == log)) {
                candidates.extend(self.siblings(&log));
            }
            for path in candidates.into_iter().filter(|path| is_rotation(&log, path)) {
                self.adopt(source, &path, after_ns, ways, now_ms);
            }
        }
    }

    /// The logs of which we follow rotated files, with when the youngest of these was last written to.
    fn rotated_logs(&self) -> Vec<(usize, PathBuf, i128)> {
        let mut youngest: BTreeMap<(usize, PathBuf), i128> = BTreeMap::new();
        for follow in &self.follows {
            let Some(Ok(stat)) = follow.handle.as_ref().map(Handle::stat) else { continue };
            let log = follow.path.with_file_name(&*stem(&follow.path));
            let literal = self.sources[follow.source].globs.iter().filter_map(super::Glob::literal);
            let log =
                literal.into_iter().find(|path| *path == follow.path || is_rotation(path, &follow.path)).unwrap_or(log);
            if follow.rotated || follow.path != log {
                let after = youngest.entry((follow.source, log)).or_insert(stat.modified_ns);
                *after = (*after).max(stat.modified_ns);
            }
        }
        youngest.into_iter().map(|((source, log), after_ns)| (source, log, after_ns)).collect()
    }

    fn adopt(&mut self, source: usize, path: &Path, after_ns: i128, ways: &mut Ways, now_ms: i64) {
        let Ok(stat) = self.files.stat(path) else { return };
        if stat.modified_ns <= after_ns || self.is_known(stat.id) {
            return;
        }
        let Ok(handle) = self.files.open(path) else { return };
        let begins_alike = |head: Sample, ours: Option<&F::Handle>| {
            let copy = !head.is_empty() && head.grown(&handle).is_ok_and(|head| head.is_some());
            let part = || Sample::head(&handle).and_then(|head| ours.map_or(Ok(None), |ours| head.grown(ours)));
            copy || part().is_ok_and(|head| head.is_some())
        };
        let ours = |follow: &Follow<F::Handle>| begins_alike(follow.head, follow.handle.as_ref());
        if self.follows.iter().any(ours) || self.known.iter().any(|known| begins_alike(known.mark.head, None)) {
            return;
        }
        tracing::info!(path = %path.display(), "rotated before we looked; it is read from its beginning");
        self.ignored.remove(&stat.id);
        self.follow(source, path, handle, 0, ways, now_ms);
    }

    fn is_known(&self, id: Id) -> bool {
        self.follows.iter().any(|follow| follow.id == id) || self.known.iter().any(|known| known.mark.id() == id)
    }
}

/// `app.log.1`, `app.log-20261121`, `app.log.2.gz`, of `app.log`.
fn is_rotation(log: &Path, path: &Path) -> bool {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (log_name, file) = (name(log), name(path));
    let Some(rest) = file.strip_prefix(&log_name) else { return false };
    let rest = rest.strip_suffix(".gz").unwrap_or(rest);
    log.parent() == path.parent()
        && (rest.starts_with(['.', '-', '_']) || (rest.is_empty() && file != log_name))
        && rest.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '_' | 'T'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_rotation_of_what() {
        let is = |log: &str, path: &str| is_rotation(Path::new(log), Path::new(path));
        for path in
            ["/l/app.log.1", "/l/app.log-20261121", "/l/app.log.2.gz", "/l/app.log.gz", "/l/app.log_2026-11-21T10"]
        {
            assert!(is("/l/app.log", path), "{path}");
        }
        for path in ["/l/app.log", "/l/app.log.bak", "/l/app.log2", "/k/app.log.1", "/l/app-2.log"] {
            assert!(!is("/l/app.log", path), "{path}");
        }
        assert!(!is("/l/server1", "/l/server2") && is("/l/server1", "/l/server1.1"));
    }
}

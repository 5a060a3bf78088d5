//! What lost its name: looked for by its number and by its content, beside the old name. And what is but a copy.

use std::path::{Path, PathBuf};

use super::files::{Files, Handle, Id, Stat};
use super::mark::Mark;
use super::{COPYING_MS, Tail};
use crate::logs::ways::Ways;

impl<F: Files> Tail<F> {
    /// What is not open and has lost its name since we last looked, or while we were down. Its number or its content may
    /// be found under a name beside the old one.
    pub(super) fn find_lost(&mut self, present: &[(usize, PathBuf, Stat)], ways: &mut Ways, now_ms: i64) {
        let mut lost = vec![];
        for known in &mut self.known {
            let named = present.iter().any(|(_, _, stat)| stat.id == known.mark.id());
            if std::mem::replace(&mut known.named, named) && !named {
                lost.push(known.mark.clone());
            }
        }
        for mark in lost {
            self.known.retain(|known| known.mark.id() != mark.id());
            let Some(source) = self.sources.iter().position(|source| source.name == mark.source) else { continue };
            self.find_renamed(&mark, source, ways, now_ms);
        }
    }

    pub(super) fn find_renamed(&mut self, mark: &Mark, source: usize, ways: &mut Ways, now_ms: i64) {
        for path in self.siblings(&mark.path) {
            let Ok(stat) = self.files.stat(&path) else { continue };
            if stat.id != mark.id() || self.follows.iter().any(|follow| follow.id == stat.id) {
                continue;
            }
            let Ok(handle) = self.files.open(&path) else { continue };
            if mark.is_same(&handle).unwrap_or(false) {
                // Followed even when nothing stands unread: its writer may not have let go of it yet.
                self.follow(source, &path, handle, mark.offset, ways, now_ms);
                return;
            }
        }
        self.find_copy(mark, source, ways, now_ms);
    }

    /// The content of a file that is gone, in a file beside it.
    pub(super) fn find_copy(&mut self, mark: &Mark, source: usize, ways: &mut Ways, now_ms: i64) {
        let open: Vec<Id> = self.follows.iter().map(|follow| follow.id).collect();
        if let Some((path, handle)) = self.copy_of(mark, &open) {
            self.follow(source, &path, handle, mark.offset, ways, now_ms);
        } else {
            tracing::warn!(path = %mark.path.display(), offset = mark.offset, "gone, and found under no other name: what stood unread in it is lost");
        }
    }

    pub(super) fn copy_of(&self, mark: &Mark, open: &[Id]) -> Option<(PathBuf, F::Handle)> {
        self.siblings(&mark.path).into_iter().find_map(|path| {
            let stat = self.files.stat(&path).ok()?;
            let candidate = stat.id != mark.id() && !open.contains(&stat.id);
            let handle = candidate.then(|| self.files.open(&path).ok())??;
            mark.is_copied_to(&handle).unwrap_or(false).then_some((path, handle))
        })
    }

    /// The files beside it whose names begin as its does: `app.log.1`, `app.log-20261121.gz`, `app-2026.log`.
    pub(super) fn siblings(&self, path: &Path) -> Vec<PathBuf> {
        let stem = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = stem.split('.').next().unwrap_or_default().to_owned();
        let Some(folder) = path.parent() else { return vec![] };
        let mut list: Vec<_> =
            self.files.list(folder).into_iter().filter(|(_, is_folder)| !is_folder).map(|(path, _)| path).collect();
        list.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&stem)));
        list.sort();
        list
    }

    /// `cp`, or the first half of copytruncate: while the original stands, the copy is not read. Should the original be
    /// truncated, it goes on in the copy (`renew`).
    pub(super) fn is_copy_of_open(
        &mut self,
        source: usize,
        path: &Path,
        stat: &Stat,
        handle: &F::Handle,
        now_ms: i64,
    ) -> bool {
        let mut copied = None;
        // `app.log` is no copy of `app.log.1`, though it may begin alike.
        let origin = |of: &Path| of.as_os_str().as_encoded_bytes().starts_with(path.as_os_str().as_encoded_bytes());
        let others = self.follows.iter().filter(|follow| follow.id != stat.id && !origin(&follow.path));
        for follow in others.filter(|follow| follow.read > 0) {
            let Some(ours) = &follow.handle else { continue };
            let mark = follow.as_read();
            if handle.is_final() || stat.len >= mark.offset {
                if mark.is_copied_to(handle).unwrap_or(false) {
                    return true;
                }
                continue;
            }
            let name = &self.sources[source].name;
            copied = Mark::of_copy(handle, (stat.id, stat.len), ours, path.to_path_buf(), name).ok().flatten();
            if copied.is_some() {
                break;
            }
            // Shorter, and not yet alike to its end: it may be written at this moment.
            let since = *self.copies.entry(stat.id).or_insert(now_ms);
            if !mark.head.is_empty()
                && mark.head.grown(handle).is_ok_and(|head| head.is_some())
                && now_ms - since < COPYING_MS
            {
                return true;
            }
        }
        // All of it was read in the original.
        copied.is_some_and(|mark| {
            self.remember(mark);
            true
        })
    }

    /// A copy, made while we were down, of the beginning of a file that is still there.
    pub(super) fn is_copy_of_known(
        &mut self,
        source: usize,
        path: &Path,
        stat: &Stat,
        handle: &F::Handle,
        present: &[(usize, PathBuf, Stat)],
    ) -> bool {
        if handle.is_final() {
            return false;
        }
        let longer = self.known.iter().filter(|known| known.mark.offset > stat.len);
        let copied = longer.into_iter().find_map(|known| {
            let (_, original, _) = present.iter().find(|(_, _, stat)| stat.id == known.mark.id())?;
            let ours = self.files.open(original).ok()?;
            let name = &self.sources[source].name;
            Mark::of_copy(handle, (stat.id, stat.len), &ours, path.to_path_buf(), name).ok()?
        });
        copied.is_some_and(|mark| {
            self.remember(mark);
            true
        })
    }
}

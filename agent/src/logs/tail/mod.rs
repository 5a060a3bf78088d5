//! Turns growing files into events, and remembers how far each is done with.
//!
//! A file is what it was by device, inode and content (`mark`), not by its name: a rename moves nothing, a truncation
//! begins anew, an inode given again is another file. Never: an offset moves past what was not acknowledged; a file is
//! left before it was read, while there is a descriptor, a name or a copy by which it can be had.
//!
//! Two looks find what changed: inotify wakes us early, and a slow poll stands behind it where inotify is blind
//! (network file systems, an overflow). Neither is believed: both only say *look*, and the look decides.

mod between;
mod files;
mod follow;
mod glob;
mod heirs;
mod mark;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub use files::{Disk, Files, Handle, Id, Stat};
use follow::{Follow, Turn};
pub use follow::{QUIET_MS, UNENDED_MS};
pub use glob::Glob;
pub use mark::{Mark, Sample};

use super::batch::Cover;
use super::tally::Count;
use super::ways::Ways;

/// Most files followed at once; the rest are told of, and followed as others end.
pub const FOLLOWS_MAX: usize = 1_000;
/// Most files that no path of ours names any more, kept open to be read to their end.
pub const ROTATED_MAX: usize = 64;
/// Most unread bytes of deleted files that our descriptors keep on the disk.
pub const KEPT_BYTES_MAX: u64 = 4 << 30;
/// Most files remembered that are not open.
pub const MARKS_MAX: usize = 1_024;
/// A new file that begins like one of ours, and is shorter, may be a copy in the making: so long.
const COPYING_MS: i64 = 60_000;

/// Where a file that is seen for the first time is read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// What stands in it when the source is new to this host was not asked for.
    #[default]
    End,
    Beginning,
}

/// Files that belong together.
#[derive(Clone, Debug)]
pub struct Globs {
    /// Under which the checkpoint knows it.
    pub name: String,
    pub globs: Vec<Glob>,
    pub start: Start,
}

/// A file that is not open, and how far it was done with.
#[derive(Clone, Debug)]
struct Known {
    mark: Mark,
    /// The length at which it was last found to be the same: at that length it is not opened again.
    same_at: Option<u64>,
    /// A path of ours named it when we last looked, or nobody has looked yet.
    named: bool,
}

#[derive(Debug)]
pub struct Tail<F: Files> {
    files: F,
    sources: Vec<Globs>,
    follows: Vec<Follow<F::Handle>>,
    known: Vec<Known>,
    /// Sources that the checkpoint knew: what is new in them is read from its beginning.
    old_sources: BTreeSet<String>,
    /// Archives that are no copy of anything of ours.
    ignored: BTreeSet<Id>,
    /// Since when a file looks like a copy of one of ours.
    copies: BTreeMap<Id, i64>,
    folders: Vec<PathBuf>,
    next_key: u64,
    scratch: Vec<u8>,
    first: bool,
}

impl<F: Files> Tail<F> {
    pub fn new(files: F, sources: Vec<Globs>, marks: Vec<Mark>, old_sources: BTreeSet<String>) -> Self {
        let known = marks.into_iter().map(|mark| Known { mark, same_at: None, named: true }).collect();
        Self {
            files,
            sources,
            known,
            old_sources,
            follows: vec![],
            ignored: BTreeSet::new(),
            copies: BTreeMap::new(),
            folders: vec![],
            next_key: 1,
            scratch: vec![],
            first: true,
        }
    }

    /// The folders to be watched, as of the last scan.
    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// Looks which files there are, under which names.
    pub fn scan(&mut self, ways: &mut Ways, now_ms: i64) {
        let (present, folders) = self.present();
        self.folders = folders;
        for follow in &mut self.follows {
            follow.rotated = true;
        }
        for (source, path, stat) in &present {
            self.meet(*source, path, *stat, &present, ways, now_ms);
        }
        self.find_lost(&present, ways, now_ms);
        self.find_between(&present, ways, now_ms);
        if std::mem::take(&mut self.first) {
            self.old_sources.extend(self.sources.iter().map(|source| source.name.clone()));
        }
        self.ignored.retain(|id| present.iter().any(|(_, _, stat)| stat.id == *id));
        self.copies.retain(|id, _| present.iter().any(|(_, _, stat)| stat.id == *id));
    }

    fn present(&self) -> (Vec<(usize, PathBuf, Stat)>, Vec<PathBuf>) {
        let (mut present, mut all_folders): (Vec<(usize, PathBuf, Stat)>, Vec<_>) = (vec![], vec![]);
        let mut seen = BTreeSet::new();
        for (source, globs) in self.sources.iter().enumerate() {
            for glob in &globs.globs {
                let (paths, folders) = glob.expand(&mut |folder| self.files.list(folder));
                all_folders.extend(folders);
                for path in paths {
                    // One file under two names (a link) is one file, at its first name.
                    if let Ok(stat) = self.files.stat(&path)
                        && seen.insert(stat.id)
                    {
                        present.push((source, path, stat));
                    }
                }
            }
        }
        all_folders.sort();
        all_folders.dedup();
        (present, all_folders)
    }

    /// One file that a path of ours names.
    fn meet(
        &mut self,
        source: usize,
        path: &Path,
        stat: Stat,
        present: &[(usize, PathBuf, Stat)],
        ways: &mut Ways,
        now_ms: i64,
    ) {
        if let Some(follow) = self.follows.iter_mut().find(|follow| follow.id == stat.id && follow.handle.is_some()) {
            follow.rotated = false;
            follow.path = path.to_path_buf();
            return;
        }
        let at = self.known.iter().position(|known| known.mark.id() == stat.id);
        if self.ignored.contains(&stat.id) || at.is_some_and(|at| self.known[at].same_at == Some(stat.len)) {
            return;
        }
        let Ok(handle) = self.files.open(path) else { return };
        let is_same = |at: usize| self.known[at].mark.is_same(&handle).unwrap_or(false);
        match at {
            // How long a compressed file is says nothing of what it holds.
            Some(at) if (handle.is_final() || stat.len >= self.known[at].mark.offset) && is_same(at) => {
                if !goes_on(&handle, &stat, self.known[at].mark.offset) {
                    self.known[at].same_at = Some(stat.len);
                } else if !self.is_copy_of_open(source, path, &stat, &handle, now_ms) {
                    let mark = self.known.remove(at).mark;
                    self.follow(source, path, handle, mark.offset, ways, now_ms);
                }
            }
            Some(at) => {
                // The number was given to another file, or the file was written anew: what it was may live in a copy.
                let old = self.known.remove(at).mark;
                self.find_copy(&old, source, ways, now_ms);
                self.follow(source, path, handle, 0, ways, now_ms);
            }
            None => self.meet_stranger(source, path, (stat, handle), present, ways, now_ms),
        }
    }

    /// A file of a number that we do not know: a copy of something of ours, or new.
    fn meet_stranger(
        &mut self,
        source: usize,
        path: &Path,
        (stat, handle): (Stat, F::Handle),
        present: &[(usize, PathBuf, Stat)],
        ways: &mut Ways,
        now_ms: i64,
    ) {
        let gone = |mark: &Mark| !present.iter().any(|(_, _, stat)| stat.id == mark.id());
        let copied = |known: &Known| known.mark.is_copied_to(&handle).unwrap_or(false);
        if let Some(at) = self.known.iter().position(copied) {
            // Of a file that is still there, it is a copy that somebody made; of one that is not, its heir.
            if gone(&self.known[at].mark) {
                let mark = self.known.remove(at).mark;
                self.follow(source, path, handle, mark.offset, ways, now_ms);
            } else {
                self.ignored.insert(stat.id);
            }
            return;
        }
        if self.is_copy_of_open(source, path, &stat, &handle, now_ms)
            || self.is_copy_of_known(source, path, &stat, &handle, present)
        {
            return;
        }
        let name = path.to_string_lossy();
        if handle.is_final() || [".bz2", ".xz", ".zst", ".zip"].iter().any(|end| name.ends_with(end)) {
            self.ignored.insert(stat.id);
            return;
        }
        let globs = &self.sources[source];
        let is_new_here = self.first && !self.old_sources.contains(&globs.name);
        let from = if is_new_here && globs.start == Start::End { stat.len } else { 0 };
        self.follow(source, path, handle, from, ways, now_ms);
    }

    fn follow(&mut self, source: usize, path: &Path, handle: F::Handle, from: u64, ways: &mut Ways, now_ms: i64) {
        if self.follows.len() >= FOLLOWS_MAX {
            tracing::warn!(path = %path.display(), "more files than are followed at once; it waits until another ends");
            return;
        }
        let lane = ways.lane_of(source, path);
        let sift = ways.sift_of(source, path);
        match Follow::new(self.next_key, (source, lane), path.to_path_buf(), handle, from, sift, now_ms) {
            Ok(follow) => {
                self.known.retain(|known| known.mark.id() != follow.id);
                self.follows.push(follow);
            }
            Err(error) => tracing::warn!(path = %path.display(), %error, "cannot be read"),
        }
        self.next_key += 1;
    }

    /// Reads on, a turn for each file. `true`: there is more to read at once.
    pub fn turn(&mut self, ways: &mut Ways, now_ms: i64) -> bool {
        let mut more = false;
        let mut line: Vec<usize> = (0..self.follows.len()).collect();
        line.sort_by_key(|at| self.follows[*at].turn_in_line());
        for at in line {
            // What was written first goes first: the rest of a rotated file before its successor.
            if self.follows.iter().any(|elder| elder.is_elder_of(&self.follows[at], now_ms)) {
                continue;
            }
            let mut scratch = std::mem::take(&mut self.scratch);
            let turn = self.follows[at].turn(&mut scratch, ways, now_ms);
            self.scratch = scratch;
            match turn {
                Ok(Turn::More) => more = true,
                Ok(Turn::Idle) => {}
                Ok(Turn::Renewed) => {
                    self.renew(at, ways, now_ms);
                    more = true;
                }
                Err(error) => {
                    tracing::warn!(path = %self.follows[at].path.display(), %error, "cannot be read on");
                    self.follows[at].handle = None;
                }
            }
        }
        self.sweep(ways, now_ms);
        more
    }

    /// What stood in the file is gone from it: it goes on in a copy where there is one, and the file begins anew.
    fn renew(&mut self, at: usize, ways: &mut Ways, now_ms: i64) {
        let open: Vec<Id> =
            self.follows.iter().filter(|follow| follow.handle.is_some()).map(|follow| follow.id).collect();
        let follow = &mut self.follows[at];
        let (source, path, old) = (follow.source, follow.path.clone(), follow.as_read());
        let handle = follow.handle.take();
        let unread = follow.has_unread();
        if let Some((path, copy)) = self.copy_of(&old, &open) {
            let follow = &mut self.follows[at];
            // What was seen to stand behind the end of the copy went with the truncation.
            let copied = if copy.is_final() { u64::MAX } else { copy.stat().map_or(u64::MAX, |stat| stat.len) };
            ways.tally.add(Count::LostTruncated, follow.seen_len.saturating_sub(copied));
            if follow.move_to(path, copy).is_err() {
                follow.handle = None;
            }
            let id = follow.id;
            self.known.retain(|known| known.mark.id() != id);
        } else {
            ways.tally.add(Count::LostTruncated, unread);
        }
        if let Some(handle) = handle {
            self.follow(source, &path, handle, 0, ways, now_ms);
        }
    }

    /// Lets go of what is done with, and of what would keep too much.
    fn sweep(&mut self, ways: &mut Ways, now_ms: i64) {
        let mut at = 0;
        while at < self.follows.len() {
            if self.follows[at].may_close(now_ms) {
                let mut follow = self.follows.swap_remove(at);
                if let Some(mark) = follow.as_acked(&self.sources[follow.source].name) {
                    self.remember(mark);
                }
            } else {
                at += 1;
            }
        }
        let kept: u64 = self.follows.iter().map(Follow::kept_bytes).sum();
        let rotated = self.follows.iter().filter(|follow| follow.rotated && follow.handle.is_some()).count();
        if rotated > ROTATED_MAX || kept > KEPT_BYTES_MAX {
            self.let_go(ways);
        }
    }

    /// Of the rotated files the oldest: first one that is done with, else the loss is counted.
    fn let_go(&mut self, ways: &mut Ways) {
        let rotated =
            || self.follows.iter().enumerate().filter(|(_, follow)| follow.rotated && follow.handle.is_some());
        let oldest = rotated()
            .filter(|(_, follow)| follow.is_done())
            .min_by_key(|(_, follow)| follow.key)
            .or_else(|| rotated().min_by_key(|(_, follow)| follow.key));
        let Some(at) = oldest.map(|(at, _)| at) else { return };
        let follow = &mut self.follows[at];
        ways.tally.add(Count::LostRotated, follow.has_unread());
        let mark = follow.as_acked(&self.sources[follow.source].name);
        follow.handle = None;
        if let Some(mark) = mark {
            self.remember(mark);
        }
    }

    fn remember(&mut self, mark: Mark) {
        self.known.retain(|known| known.mark.id() != mark.id());
        if self.known.len() == MARKS_MAX {
            self.known.remove(0);
        }
        let same_at = Some(mark.offset);
        self.known.push(Known { mark, same_at, named: true });
    }

    pub fn acked(&mut self, covers: &[Cover]) {
        for cover in covers {
            if let Some(follow) = self.follows.iter_mut().find(|follow| follow.key == cover.file) {
                follow.acked = follow.acked.max(cover.end);
            }
        }
    }

    /// What must be known after a restart.
    pub fn marks(&mut self) -> Vec<Mark> {
        let sources = &self.sources;
        let open = self.follows.iter_mut().filter_map(|follow| follow.as_acked(&sources[follow.source].name));
        self.known.iter().map(|known| known.mark.clone()).chain(open).collect()
    }

    pub fn sources(&self) -> &BTreeSet<String> {
        &self.old_sources
    }

    /// Something is held that time alone will release.
    pub fn has_open_events(&self) -> bool {
        self.follows.iter().any(Follow::is_quiet_soon)
    }

    /// Every file was read to its end, and all of it acknowledged.
    pub fn is_done(&self) -> bool {
        self.follows.iter().all(Follow::is_done)
    }
}

/// Does anything stand at `offset` or behind it?
fn goes_on(handle: &impl Handle, stat: &Stat, offset: u64) -> bool {
    if handle.is_final() { handle.read_at(&mut [0], offset).is_ok_and(|read| read > 0) } else { stat.len > offset }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

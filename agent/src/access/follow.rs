//! Follows files that grow and are rotated, and gives their lines.
//!
//! A file is what it is by device and inode. When its name goes to another file, the old one is read to its end and the
//! new one from its beginning; one that became shorter is read anew. Numbers of now are wanted and not those of the
//! past: a file that was there before us is read from its end.

use std::io;
use std::path::{Path, PathBuf};

use memchr::{memchr_iter, memrchr};

use crate::logs::tail::{Disk, Files, Glob, Handle, Id};
use crate::refusals::Refusals;
use crate::vitals::Lost;

/// Files of one service, rotated ones that are read to their end included.
const FILES_MAX: usize = 64;
/// The longest line; a longer one is passed over and counted.
const LINE_MAX: usize = 64 << 10;
/// Read at a time.
const CHUNK: usize = 128 << 10;
/// Looks at a rotated file without anything new before it is left.
const QUIET_LOOKS: u32 = 10;

/// Where a file was read to, kept over a reload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) id: Id,
    pub(super) read: u64,
}

#[derive(Debug)]
struct Open<H> {
    path: PathBuf,
    id: Id,
    handle: H,
    read: u64,
    /// The beginning of a line whose end is not there yet.
    held: Vec<u8>,
    /// The rest of a line that is too long is being passed over.
    skips: bool,
    rotated: bool,
    quiet: u32,
}

#[derive(Debug)]
pub(super) struct Follow<F: Files = Disk> {
    files: F,
    globs: Vec<Glob>,
    open: Vec<Open<F::Handle>>,
    chunk: Vec<u8>,
    /// The first look was done: what appears now is new.
    began: bool,
}

impl<F: Files> Follow<F> {
    pub(super) fn new(files: F, globs: Vec<Glob>) -> Self {
        Self { files, globs, open: vec![], chunk: vec![], began: false }
    }

    /// Looks which files there are. `known` are the places of before a reload.
    pub(super) fn scan(&mut self, known: &[Place]) {
        let Self { files, globs, .. } = self;
        let mut paths: Vec<_> = globs.iter().flat_map(|glob| glob.expand(&mut |folder| files.list(folder)).0).collect();
        paths.retain(|path| path.extension().is_none_or(|end| end != "gz" && end != "zst" && end != "xz"));
        paths.sort();
        paths.dedup();
        for path in paths {
            if let Err(error) = self.look(&path, known) {
                tracing::debug!(%error, path = %path.display(), "an access log cannot be opened");
            }
        }
        self.began = true;
    }

    fn look(&mut self, path: &Path, known: &[Place]) -> io::Result<()> {
        let stat = self.files.stat(path)?;
        if let Some(open) = self.open.iter_mut().find(|open| open.id == stat.id) {
            // `mv access.log access.log.1` where both names fit: it is read on, not twice.
            path.clone_into(&mut open.path);
            return Ok(());
        }
        for open in self.open.iter_mut().filter(|open| open.path == path) {
            open.rotated = true;
        }
        if self.open.len() >= FILES_MAX {
            return Err(io::Error::other("more access logs than are followed"));
        }
        let handle = self.files.open(path)?;
        let place = known.iter().find(|place| place.id == stat.id && place.read <= stat.len);
        let read = match place {
            Some(place) => place.read,
            None if self.began => 0,
            None => stat.len,
        };
        let path = path.to_owned();
        self.open.push(Open { path, id: stat.id, handle, read, held: vec![], skips: false, rotated: false, quiet: 0 });
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Goes back so many bytes in each file, as far as it has them: into the middle of a line.
    pub(super) fn back(&mut self, bytes: u64) {
        for open in &mut self.open {
            open.read = open.read.saturating_sub(bytes);
        }
    }

    /// Reads one piece of each file. Whether there may be more.
    pub(super) fn turn(&mut self, refusals: &mut Refusals, each: &mut impl FnMut(&[u8], &mut Refusals)) -> bool {
        self.chunk.resize(CHUNK, 0);
        let mut more = false;
        for open in &mut self.open {
            match open.turn(&mut self.chunk, refusals, each) {
                Ok(read) => more |= read,
                Err(error) => {
                    tracing::debug!(%error, path = %open.path.display(), "an access log cannot be read");
                    open.rotated = true;
                }
            }
        }
        self.open.retain(|open| !open.rotated || open.quiet < QUIET_LOOKS);
        if !more {
            // Nothing rushes: the room is not ours to keep.
            self.chunk = vec![];
        }
        more
    }

    /// For the next life: up to the last whole line.
    pub(super) fn places(&self) -> Vec<Place> {
        let place = |open: &Open<F::Handle>| {
            let read = open.read - open.held.len() as u64;
            Place { path: open.path.clone(), id: open.id, read }
        };
        self.open.iter().map(place).collect()
    }
}

impl<H: Handle> Open<H> {
    fn turn(
        &mut self,
        chunk: &mut [u8],
        refusals: &mut Refusals,
        each: &mut impl FnMut(&[u8], &mut Refusals),
    ) -> io::Result<bool> {
        if self.handle.stat()?.len < self.read {
            (self.read, self.skips) = (0, false);
            self.held.clear();
        }
        let length = self.handle.read_at(chunk, self.read)?;
        if length == 0 {
            self.quiet += 1;
            return Ok(false);
        }
        self.quiet = 0;
        self.read += length as u64;
        self.pass(&chunk[..length], refusals, each);
        Ok(length == chunk.len())
    }

    fn pass(&mut self, bytes: &[u8], refusals: &mut Refusals, each: &mut impl FnMut(&[u8], &mut Refusals)) {
        let mut from = 0;
        for end in memchr_iter(b'\n', bytes) {
            if std::mem::take(&mut self.skips) {
            } else if self.held.is_empty() {
                each(&bytes[from..end], refusals);
            } else {
                self.held.extend_from_slice(&bytes[from..end]);
                each(&self.held, refusals);
                self.held.clear();
            }
            from = end + 1;
        }
        debug_assert_eq!(from, memrchr(b'\n', bytes).map_or(0, |end| end + 1), "all lines were given");
        let rest = &bytes[from..];
        if self.skips || self.held.len() + rest.len() > LINE_MAX {
            if !self.skips {
                refusals
                    .add(Lost::TooLarge, || format!("a line of {} of more than {LINE_MAX} bytes", self.path.display()));
            }
            self.held = vec![];
            self.skips = true;
        } else {
            self.held.extend_from_slice(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    struct World {
        folder: tempfile::TempDir,
        follow: Follow,
        refusals: Refusals,
    }

    impl World {
        fn new(before: &str) -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            fs::write(folder.path().join("access.log"), before).expect("written");
            let glob = Glob::parse(&format!("{}/access.log", folder.path().display())).expect("a pattern");
            let mut follow = Follow::new(Disk, vec![glob]);
            follow.scan(&[]);
            Self { folder, follow, refusals: Refusals::default() }
        }

        fn append(&self, text: &str) {
            let mut file = fs::OpenOptions::new().append(true).create(true).open(self.folder.path().join("access.log"));
            file.as_mut().expect("opened").write_all(text.as_bytes()).expect("written");
        }

        fn read(&mut self) -> Vec<String> {
            self.follow.scan(&[]);
            let mut lines = vec![];
            let mut each = |line: &[u8], _: &mut Refusals| lines.push(String::from_utf8_lossy(line).into_owned());
            while self.follow.turn(&mut self.refusals, &mut each) {}
            lines
        }
    }

    #[test]
    fn what_stood_there_is_past_and_lines_are_whole() {
        let mut world = World::new("old\n");
        world.append("a\nb");
        assert_eq!(world.read(), ["a"]);
        world.append("c\nd\n");
        assert_eq!(world.read(), ["bc", "d"]);
    }

    #[test]
    fn rotated_truncated_and_copied() {
        let mut world = World::new("");
        let log = world.folder.path().join("access.log");
        world.append("a\n");
        fs::rename(&log, world.folder.path().join("access.log.1")).expect("rotated");
        world.append("b\n");
        assert_eq!(world.read(), ["a", "b"]);
        // What nginx still writes to the old file until it is told, is read too.
        let mut old =
            fs::OpenOptions::new().append(true).open(world.folder.path().join("access.log.1")).expect("there");
        old.write_all(b"late\n").expect("written");
        assert_eq!(world.read(), ["late"]);
        fs::write(&log, "c\n").expect("truncated");
        world.append("");
        world.read();
        fs::write(&log, "").expect("truncated");
        world.read();
        world.append("d\n");
        assert_eq!(world.read(), ["d"]);
    }

    #[test]
    fn a_line_without_end_is_passed_over_and_counted() {
        let mut world = World::new("");
        world.append(&"x".repeat(3 * LINE_MAX));
        assert!(world.read().is_empty());
        world.append(&format!("{}\nb\n", "x".repeat(LINE_MAX)));
        assert_eq!(world.read(), ["b"]);
        assert_eq!(world.refusals.of(Lost::TooLarge), 1);
        assert!(world.follow.open[0].held.capacity() <= LINE_MAX);
    }

    #[test]
    fn a_reload_goes_on_at_the_last_whole_line() {
        let mut world = World::new("");
        world.append("a\nhalf");
        world.read();
        let places = world.follow.places();
        world.append(" line\nb\n");
        world.follow = Follow::new(Disk, world.follow.globs.clone());
        world.follow.scan(&places);
        assert_eq!(world.read(), ["half line", "b"]);
    }
}

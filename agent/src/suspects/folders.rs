//! Which folders grow: a slow walk, some hundred entries at a step, that never ends and seldom hurries.
//!
//! What a file takes on the disk is counted to each folder above it, down to `DEPTH` below those watched. A round over a
//! million files takes hours, and that is well: disks that fill within minutes show in `disk_used_percent`, and the
//! process that fills them among the suspects of I/O. Never onto another file system (so never onto a network), never
//! through a symbolic link; a folder that may not be read is left out.

use std::collections::{BTreeMap, HashMap};
use std::fs::ReadDir;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

/// What a step may take of the processor. An entry that the kernel has at hand costs some 3 microseconds; a folder that
/// must be read from a disk a hundred, so that a number of entries is no bound. While something rises, who waits for the
/// culprit may have more.
const STEP_CALM: Duration = Duration::from_millis(1);
const STEP_RISING: Duration = Duration::from_millis(20);
/// Entries between two looks at what the step took.
const BETWEEN: usize = 16;
/// Longest path told; the end is cut.
const PATH_MAX: usize = 200;
/// Folders are told apart down to here below those watched: /var/log/nginx, not each of its children.
const DEPTH: usize = 2;
/// Folders told apart at most, and folders waiting to be walked at most.
const FOLDERS_MAX: usize = 4_096;
const WAITING_MAX: usize = 16_384;
/// A round that was quick is not begun again before this: what grows is seen over minutes.
const ROUND_MIN: Duration = Duration::from_mins(10);
/// Growth below this is noise.
const GROWTH_MIN_BYTES: u64 = 1 << 20;
/// What a block of `st_blocks` is.
const BLOCK_BYTES: u64 = 512;

/// A folder that grew.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Growth {
    pub path: String,
    pub bytes: u64,
    pub grew_bytes: u64,
    pub over_seconds: u64,
}

/// A folder under way.
#[derive(Debug)]
struct Open {
    path: PathBuf,
    device: u64,
    /// The watched folder, and how deep below it this is.
    under: PathBuf,
    depth: usize,
}

#[derive(Debug)]
pub(super) struct Walk {
    roots: Vec<PathBuf>,
    waiting: Vec<Open>,
    reading: Option<(Open, ReadDir)>,
    /// Bytes by folder in this round and in the last two whole ones, each with when it ended.
    sizes: HashMap<PathBuf, u64>,
    began: Option<Duration>,
    rounds: [Option<(Duration, BTreeMap<PathBuf, u64>)>; 2],
    /// Processor time that this thread has used.
    spent: fn() -> Duration,
}

impl Walk {
    pub(super) fn new(roots: Vec<PathBuf>, spent: fn() -> Duration) -> Self {
        let (waiting, sizes) = (Vec::new(), HashMap::new());
        Self { roots, waiting, reading: None, sizes, began: None, rounds: [None, None], spent }
    }

    /// Goes on a little, or somewhat more while something rises.
    pub(super) fn step(&mut self, now: Duration, rises: bool) {
        let is_under_way = self.reading.is_some() || !self.waiting.is_empty();
        if !is_under_way {
            if self.began.is_some_and(|began| now.saturating_sub(began) < ROUND_MIN) {
                return;
            }
            self.begin(now);
        }
        let ends = (self.spent)() + if rises { STEP_RISING } else { STEP_CALM };
        while (self.spent)() < ends {
            for _ in 0..BETWEEN {
                if !self.entry() {
                    self.end(now);
                    return;
                }
            }
        }
    }

    fn begin(&mut self, now: Duration) {
        self.began = Some(now);
        for root in &self.roots {
            // A watched folder is walked once, not also as a child of another.
            if let Ok(about) = root.symlink_metadata() {
                let open = Open { path: root.clone(), device: about.dev(), under: root.clone(), depth: 0 };
                self.waiting.push(open);
            }
        }
    }

    /// Looks at one entry; false where the round is over.
    fn entry(&mut self) -> bool {
        let Some((open, entries)) = &mut self.reading else {
            let Some(open) = self.waiting.pop() else { return false };
            self.reading = std::fs::read_dir(&open.path).ok().map(|entries| (open, entries));
            return true;
        };
        let Some(entry) = entries.next() else {
            self.reading = None;
            return true;
        };
        // `DirEntry::metadata` does not follow a symbolic link.
        let Some(entry) = entry.ok() else { return true };
        let Ok(about) = entry.metadata() else { return true };
        if about.dev() != open.device {
            return true;
        }
        if about.is_dir() {
            let path = entry.path();
            if self.roots.contains(&path) {
                return true;
            }
            let depth = open.depth + 1;
            let under = if depth <= DEPTH { path.clone() } else { open.under.clone() };
            let child = Open { path, device: open.device, under, depth };
            if self.waiting.len() < WAITING_MAX {
                self.waiting.push(child);
            }
        } else {
            count(&mut self.sizes, &self.roots, &open.under, about.blocks().saturating_mul(BLOCK_BYTES));
        }
        true
    }

    fn end(&mut self, now: Duration) {
        let sizes: BTreeMap<_, _> = self.sizes.drain().collect();
        self.rounds = [self.rounds[1].take(), Some((now, sizes))];
    }

    /// The folders that grew most between the last two rounds.
    pub(super) fn growing(&self, most: usize) -> Vec<Growth> {
        let [Some((earlier, before)), Some((later, now))] = &self.rounds else { return Vec::new() };
        growing(before, now, later.saturating_sub(*earlier), most)
    }
}

/// Counts the bytes to a folder and to those above it, up to the watched one.
fn count(sizes: &mut HashMap<PathBuf, u64>, roots: &[PathBuf], folder: &Path, bytes: u64) {
    let mut next = Some(folder);
    while let Some(folder) = next {
        if let Some(size) = sizes.get_mut(folder) {
            *size = size.saturating_add(bytes);
        } else if sizes.len() < FOLDERS_MAX {
            sizes.insert(folder.to_owned(), bytes);
        }
        next = if roots.iter().any(|root| root == folder) { None } else { folder.parent() };
    }
}

fn growing(before: &BTreeMap<PathBuf, u64>, now: &BTreeMap<PathBuf, u64>, over: Duration, most: usize) -> Vec<Growth> {
    let grew = |path: &Path, bytes: u64| bytes.saturating_sub(before.get(path).copied().unwrap_or(0));
    let all: Vec<_> = now.iter().map(|(path, bytes)| (path, *bytes, grew(path, *bytes))).collect();
    // What a folder's children are told for is not told again of the folder.
    let of_children = |path: &Path| {
        let children = all.iter().filter(|(child, _, grew)| child.parent() == Some(path) && *grew >= GROWTH_MIN_BYTES);
        children.fold(0u64, |sum, (_, _, grew)| sum.saturating_add(*grew))
    };
    let own = all.iter().map(|(path, bytes, grew)| (*path, *bytes, grew.saturating_sub(of_children(path))));
    let mut found: Vec<_> = own.filter(|(_, _, grew)| *grew >= GROWTH_MIN_BYTES).collect();
    found.sort_by(|one, two| two.2.cmp(&one.2).then_with(|| one.0.cmp(two.0)));
    let told = found.into_iter().take(most).map(|(path, bytes, grew_bytes)| Growth {
        path: cut(path.display().to_string()),
        bytes,
        grew_bytes,
        over_seconds: over.as_secs(),
    });
    told.collect()
}

fn cut(mut path: String) -> String {
    path.truncate(path.floor_char_boundary(PATH_MAX));
    path
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        static SPENT: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    }

    /// A clock by which each look at it comes half a millisecond after the last.
    fn spent() -> Duration {
        SPENT.replace(SPENT.get() + Duration::from_micros(500))
    }

    /// Walks a whole round and rests until the next may begin.
    fn round(walk: &mut Walk, now: &mut Duration) {
        let rounds = walk.rounds[1].as_ref().map(|(at, _)| *at);
        for _ in 0..1_000 {
            walk.step(*now, false);
            if walk.rounds[1].as_ref().map(|(at, _)| *at) != rounds {
                *now += ROUND_MIN;
                return;
            }
        }
        panic!("the round does not end");
    }

    #[test]
    fn the_folder_that_grew_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |path: &str| folder.path().join(path);
        for path in ["log/shop/old", "cache", "lib/deep/er/still"] {
            std::fs::create_dir_all(at(path)).expect("made");
        }
        std::fs::write(at("cache/x"), vec![1; 4 << 20]).expect("written");
        // A link to itself: whoever follows it never ends.
        std::os::unix::fs::symlink(folder.path(), at("log/loop")).expect("a link");
        let (mut walk, mut now) = (Walk::new(vec![folder.path().to_owned()], spent), Duration::from_secs(1));
        round(&mut walk, &mut now);
        assert!(walk.growing(5).is_empty(), "nothing to compare with yet");
        std::fs::write(at("log/shop/old/a.log"), vec![1; 3 << 20]).expect("written");
        std::fs::write(at("lib/deep/er/still/b"), vec![1; 2 << 20]).expect("written");
        round(&mut walk, &mut now);
        let grew = walk.growing(5);
        let paths: Vec<_> = grew.iter().map(|growth| growth.path.clone()).collect();
        let path = |path: &str| at(path).display().to_string();
        assert_eq!(paths, [path("log/shop"), path("lib/deep")]);
        assert!(grew[0].grew_bytes >= 3 << 20 && grew[0].over_seconds >= ROUND_MIN.as_secs());
        round(&mut walk, &mut now);
        assert!(walk.growing(5).is_empty(), "nothing grew since");
    }

    #[test]
    fn a_step_is_small_and_a_round_waits() {
        let folder = tempfile::tempdir().expect("a folder");
        for number in 0..10 * BETWEEN {
            std::fs::write(folder.path().join(number.to_string()), "").expect("written");
        }
        let now = Duration::from_secs(1);
        let steps = |rises: bool| {
            let mut walk = Walk::new(vec![folder.path().to_owned()], spent);
            let mut steps = 0;
            while walk.rounds[1].is_none() {
                walk.step(now, rises);
                steps += 1;
            }
            (steps, walk)
        };
        // Of a millisecond, two looks at the clock see nothing spent yet.
        let (calm, mut walk) = steps(false);
        assert!((10..=12).contains(&calm), "{calm} steps");
        assert_eq!(steps(true).0, 1, "what rises is looked at in one step");
        let (at, _) = walk.rounds[1].as_ref().expect("done");
        assert_eq!(*at, now);
        walk.step(now + ROUND_MIN / 2, false);
        assert!(walk.reading.is_none() && walk.waiting.is_empty(), "rests");
    }
}

//! Gives memory back to the kernel that is no longer needed: what a burst left in the heap, and code that ran a moment ago
//! and not again for long.
//!
//! The start (configuration, command line, certificates) and each publishing (TLS, signatures) touch megabytes of the
//! program that the collectors between them do not. Those pages are clean, and the kernel would take them back when it is
//! short; given back at once they are not ours meanwhile. What is needed again comes from the page cache without a read:
//! some dozens of faults a minute (`docs/performance.md` says what that costs).

use std::time::Duration;

/// The heap: soon after the start, when everything that runs for long ran once, and then now and then.
const HEAP_SOON: Duration = Duration::from_secs(90);
const HEAP_AGAIN: Duration = Duration::from_mins(30);
/// The code: after a publishing, and no more often than this when logs publish all the time.
const CODE_AGAIN: Duration = Duration::from_secs(50);

/// When to give back what.
#[derive(Debug)]
pub struct Trimmer {
    heap_at: Duration,
    code_at: Duration,
    requests: u64,
}

impl Default for Trimmer {
    fn default() -> Self {
        Self { heap_at: HEAP_SOON, code_at: Duration::ZERO, requests: 0 }
    }
}

impl Trimmer {
    /// To be called now and then: with the time since the start, and how many requests were sent.
    pub fn look(&mut self, now: Duration, requests: u64) {
        let (heap, code) = self.due(now, requests);
        if heap {
            give_back_heap();
        }
        if code {
            give_back_code();
        }
    }

    /// Whether the heap is due, and whether the code is.
    fn due(&mut self, now: Duration, requests: u64) -> (bool, bool) {
        let heap = now >= self.heap_at;
        if heap {
            self.heap_at = now + HEAP_AGAIN;
        }
        let code = heap || (now >= self.code_at && requests != self.requests);
        if code {
            (self.code_at, self.requests) = (now + CODE_AGAIN, requests);
        }
        (heap, code)
    }
}

/// One heap for all threads: those for the disk and for names come and go, and each would leave a heap behind.
#[cfg(target_env = "gnu")]
pub fn one_heap() {
    // SAFETY: sets a number inside the allocator; called before there is another thread.
    let set = unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
    if set == 0 {
        tracing::debug!("the allocator keeps a heap for each thread");
    }
}

#[cfg(not(target_env = "gnu"))]
pub fn one_heap() {}

#[cfg(target_env = "gnu")]
fn give_back_heap() {
    // SAFETY: takes no pointer, and the allocator locks itself.
    unsafe { libc::malloc_trim(0) };
}

#[cfg(not(target_env = "gnu"))]
fn give_back_heap() {}

fn give_back_code() {
    if let Ok(maps) = std::fs::read_to_string("/proc/self/maps") {
        code(&maps).for_each(forget);
    }
}

/// Where code and constants are mapped from a file: never written to, so nothing is lost with their pages.
fn code(maps: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    maps.lines().filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let (range, rights, offset) = (words.next()?, words.next()?, words.next()?);
        let is_of_a_file = words.nth(2).is_some_and(|path| path.starts_with('/'));
        // What is only read and stands first in a file are constants and tables of the linker. What is only read
        // further on was written to when the program was linked, and is ours alone.
        let is_never_written = rights == "r-xp" || (rights == "r--p" && offset.bytes().all(|digit| digit == b'0'));
        if !is_never_written || !is_of_a_file {
            return None;
        }
        let (from, to) = range.split_once('-')?;
        Some((usize::from_str_radix(from, 16).ok()?, usize::from_str_radix(to, 16).ok()?))
    })
}

fn forget((from, to): (usize, usize)) {
    let from = std::ptr::with_exposed_provenance_mut(from);
    // SAFETY: a mapping of a file to which nothing was ever written has no page of its own: each is read from the file
    // again when it is next touched.
    let answer = unsafe { libc::madvise(from, to - from.addr(), libc::MADV_DONTNEED) };
    if answer != 0 {
        tracing::debug!("the kernel keeps what was offered to it");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "55d0-55e0 r--p 00000000 fe:00 100 /usr/bin/stormglass\n\
        55e0-5610 r-xp 00010000 fe:00 100 /usr/bin/stormglass\n\
        5610-5618 r--p 00040000 fe:00 100 /usr/bin/stormglass\n\
        5618-5620 rw-p 00048000 fe:00 100 /usr/bin/stormglass\n\
        7f00-7f10 r-xp 00000000 00:00 0 [vdso]\n7f10-7f20 r-xp 00000000 00:00 0\n7f20-7f30 rwxp 0 fe:00 9 /x\n";

    #[test]
    fn only_code_of_files_that_is_never_written() {
        assert_eq!(code(MAPS).collect::<Vec<_>>(), [(0x55d0, 0x55e0), (0x55e0, 0x5610)]);
        assert_eq!(code("nonsense\n\n").count(), 0);
    }

    #[test]
    fn after_a_publishing_and_not_all_the_time() {
        let at = Duration::from_secs;
        let mut trimmer = Trimmer::default();
        assert_eq!(trimmer.due(at(10), 0), (false, false));
        assert_eq!(trimmer.due(at(20), 1), (false, true));
        assert_eq!(trimmer.due(at(30), 2), (false, false));
        assert_eq!(trimmer.due(at(70), 2), (false, true));
        assert_eq!(trimmer.due(at(90), 2), (true, true));
        assert_eq!(trimmer.due(at(500), 2), (false, false));
        assert_eq!(trimmer.due(at(1_900), 2), (true, true));
    }

    #[test]
    fn the_program_goes_on_with_its_code_given_back() {
        give_back_code();
        let maps = std::fs::read_to_string("/proc/self/maps").expect("there is a /proc");
        assert!(code(&maps).count() > 0, "there is code to give back");
        give_back_heap();
        give_back_code();
    }
}

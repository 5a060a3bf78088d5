//! The processes of the host, from /proc/PID/stat: who runs, in which state, with how much of what.
//!
//! Anyone may read it of anyone's process. `sysinfo` opens five files of each process and keeps a map of all; here one
//! file is read into one buffer, and nothing is kept.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, openat};
use rustix::io::{read, retry_on_intr};

use super::collector::Miss;

/// The kernel tells times to programs in hundredths of a second on every architecture that we build for.
pub const TICKS_PER_SECOND: u64 = 100;
/// `stat` is some 350 bytes.
const STAT_BYTES: usize = 1024;
/// More of a file of a process is not read.
const FILE_BYTES_MAX: usize = 64 << 10;

/// One process, as its `stat` has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stat {
    pub pid: u32,
    /// At most 15 bytes of its name; it may hold spaces and brackets.
    pub name: String,
    pub state: char,
    pub parent: u32,
    pub major_faults: u64,
    /// In ticks, in its own code and in the kernel.
    pub user_ticks: u64,
    pub system_ticks: u64,
    pub threads: u64,
    /// In ticks after boot; with the pid it names the process for ever.
    pub started: u64,
    pub virtual_bytes: u64,
    pub resident_pages: u64,
}

impl Stat {
    pub fn ticks(&self) -> u64 {
        self.user_ticks.saturating_add(self.system_ticks)
    }

    /// The kernel's own threads have no memory and are children of kthreadd.
    pub fn is_kernel(&self) -> bool {
        self.parent == 2 || (self.pid == 2 && self.virtual_bytes == 0)
    }
}

pub fn parse(text: &str) -> Option<Stat> {
    let (pid, rest) = text.split_once(" (")?;
    // The name may hold anything, brackets too: the last closing one ends it.
    let (name, rest) = rest.rsplit_once(") ")?;
    let mut words = rest.split_ascii_whitespace();
    let state = words.next()?.chars().next()?;
    let (mut numbers, mut count) = ([0; 21], 0);
    for (number, word) in numbers.iter_mut().zip(words) {
        *number = word.parse().unwrap_or(0);
        count += 1;
    }
    // Numbered as in `man 5 proc_pid_stat`, where the parent is the fourth field.
    let field = |number: usize| numbers[..count].get(number - 4).copied();
    Some(Stat {
        pid: pid.trim().parse().ok()?,
        name: name.to_owned(),
        state,
        parent: u32::try_from(field(4)?).unwrap_or(0),
        major_faults: field(12)?,
        user_ticks: field(14)?,
        system_ticks: field(15)?,
        threads: field(20)?,
        started: field(22)?,
        virtual_bytes: field(23)?,
        resident_pages: field(24)?,
    })
}

/// The numbers of the processes there are.
pub fn pids(proc: &Path) -> Result<impl Iterator<Item = u32>, Miss> {
    let entries = fs::read_dir(proc).map_err(|error| Miss::failed(proc, error))?;
    Ok(entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()))
}

/// Reads small files of processes into one buffer: three calls of the kernel for each, and no allocation.
#[derive(Debug)]
pub struct Reader {
    proc: PathBuf,
    folder: Option<OwnedFd>,
    name: String,
    buffer: Vec<u8>,
}

impl Reader {
    pub fn new(proc: &Path) -> Self {
        Self { proc: proc.to_owned(), folder: None, name: String::new(), buffer: vec![0; STAT_BYTES] }
    }

    pub fn proc(&self) -> &Path {
        &self.proc
    }

    /// `None` where the process is gone: that happens between any two looks.
    pub fn stat(&mut self, pid: u32) -> Option<Stat> {
        self.read(pid, "stat").ok().and_then(|text| parse(&text))
    }

    /// The text of /proc/PID/FILE.
    pub fn read(&mut self, pid: u32, file: &str) -> io::Result<Cow<'_, str>> {
        self.name.clear();
        // A `String` takes whatever is written to it.
        let _ = write!(self.name, "{pid}/{file}");
        let folder = match &self.folder {
            Some(folder) => folder,
            None => self.folder.insert(OwnedFd::from(File::open(&self.proc)?)),
        };
        let opened = openat(folder, self.name.as_str(), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        let length = fill(&opened, &mut self.buffer)?;
        Ok(String::from_utf8_lossy(&self.buffer[..length]))
    }
}

/// The kernel hands such a file over in one piece: what is less than there was room for is all of it.
fn fill(file: &OwnedFd, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let mut length = 0;
    loop {
        length += retry_on_intr(|| read(file, &mut buffer[length..]))?;
        if length < buffer.len() || length >= FILE_BYTES_MAX {
            return Ok(length);
        }
        buffer.resize(length * 2, 0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::host::fixture;

    const LINE: &str = "4321 (web (1) x) S 1 4321 4321 0 -1 4194560 2012 0 17 3 501 77 5 6 20 0 31 0 90210 1204224000 \
                        20417 18446744073709551615 1 1 0 0 0 0 0 4096 81920 0 0 0 17 1 0 0 2 0 0\n";

    #[test]
    fn a_name_with_brackets() {
        let stat = parse(LINE).expect("sound");
        let expect = Stat {
            pid: 4321,
            name: "web (1) x".into(),
            state: 'S',
            parent: 1,
            major_faults: 17,
            user_ticks: 501,
            system_ticks: 77,
            threads: 31,
            started: 90_210,
            virtual_bytes: 1_204_224_000,
            resident_pages: 20_417,
        };
        assert_eq!(stat, expect);
        assert!(!stat.is_kernel());
        for wrong in ["", "1", "1 (a", "1 (a) ", "1 (a) S 1 2 3", "x (a) S 1"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_long_file_is_read_whole() {
        let host = fixture::Host::of(&[("proc/7/limits", &"x".repeat(5_000))]);
        let mut reader = Reader::new(&host.roots().proc);
        assert_eq!(reader.read(7, "limits").expect("there").len(), 5_000);
        assert!(reader.read(7, "gone").is_err() && reader.read(8, "limits").is_err());
    }

    #[test]
    fn we_are_among_the_processes() {
        let proc = Path::new("/proc");
        let ours = std::process::id();
        assert!(pids(proc).expect("there").any(|pid| pid == ours));
        let stat = Reader::new(proc).stat(ours).expect("we live");
        assert!(stat.pid == ours && stat.threads >= 1 && stat.resident_pages > 0 && stat.started > 0);
        assert_eq!(Reader::new(proc).stat(u32::MAX), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in fixture::mangled(LINE)) {
            let _ = parse(&text);
        }
    }
}

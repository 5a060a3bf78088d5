//! The processes of the host, from /proc/PID/stat: who runs, in which state, with how much of what.
//!
//! Anyone may read it of anyone's process. `sysinfo` opens five files of each process and keeps a map of all; here one
//! file is read into one buffer, and nothing is kept.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::collector::Miss;

/// The kernel tells times to programs in hundredths of a second on every architecture that we build for.
pub const TICKS_PER_SECOND: u64 = 100;
/// `stat` is some 350 bytes.
const STAT_BYTES: usize = 1024;

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
    let numbers: Vec<u64> = words.take(21).map(|word| word.parse().unwrap_or(0)).collect();
    // Numbered as in `man 5 proc_pid_stat`, where the parent is the fourth field.
    let field = |number: usize| numbers.get(number - 4).copied();
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

/// Reads small files of processes into one buffer.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    buffer: Vec<u8>,
}

impl Reader {
    pub fn new(proc: &Path) -> Self {
        Self { path: proc.to_owned(), buffer: Vec::with_capacity(STAT_BYTES) }
    }

    pub fn proc(&self) -> &Path {
        &self.path
    }

    /// `None` where the process is gone: that happens between any two looks.
    pub fn stat(&mut self, pid: u32) -> Option<Stat> {
        self.read(pid, "stat").ok().and_then(|text| parse(&text))
    }

    /// The text of /proc/PID/FILE.
    pub fn read(&mut self, pid: u32, file: &str) -> io::Result<std::borrow::Cow<'_, str>> {
        self.path.push(pid.to_string());
        self.path.push(file);
        let opened = File::open(&self.path);
        self.path.pop();
        self.path.pop();
        self.buffer.clear();
        opened?.read_to_end(&mut self.buffer)?;
        Ok(String::from_utf8_lossy(&self.buffer))
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

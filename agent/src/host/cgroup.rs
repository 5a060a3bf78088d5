//! What the kernel accounts to a systemd unit, from its control group: version 2, or the several trees of version 1.
//!
//! Anyone may read it, whoever the unit runs as: no permission and no D-Bus is needed.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::text;

/// How deep below the root a slice may hold a unit, and how many folders are looked into at most to find it.
const DEPTH_MAX: usize = 6;
const FOLDERS_MAX: usize = 4_096;
/// A limit that version 1 writes for "none": the greatest number of whole pages.
const UNLIMITED: u64 = 1 << 62;

/// Where a unit's files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Folders {
    pub(crate) processes: PathBuf,
    tasks: PathBuf,
    memory: PathBuf,
    cpu: PathBuf,
    is_v1: bool,
}

/// What the kernel accounts. What a tree or a kernel lacks is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Account {
    /// Names one life of the unit: systemd makes the folder anew at each start.
    pub life: u64,
    pub cpu_ns: Option<u64>,
    pub throttled_ns: Option<u64>,
    pub memory: Option<u64>,
    pub memory_max: Option<u64>,
    pub oom_kills: Option<u64>,
    pub tasks: Option<u64>,
    pub tasks_max: Option<u64>,
}

impl Folders {
    /// Looks for the unit; `None` where it has no group, which is so while it is down.
    pub(crate) fn find(cgroup: &Path, unit: &str) -> Option<Self> {
        let is_v2 = cgroup.join("cgroup.controllers").exists();
        let tree = if is_v2 { cgroup.to_owned() } else { cgroup.join("systemd") };
        let place = place(&tree, unit)?;
        if is_v2 {
            let folder = tree.join(place);
            return Some(Self {
                processes: folder.clone(),
                tasks: folder.clone(),
                memory: folder.clone(),
                cpu: folder,
                is_v1: false,
            });
        }
        let of = |controller: &str| cgroup.join(controller).join(&place);
        let cpu = ["cpuacct", "cpu,cpuacct"].map(of).into_iter().find(|folder| folder.exists());
        Some(Self {
            processes: tree.join(&place),
            tasks: of("pids"),
            memory: of("memory"),
            cpu: cpu.unwrap_or_else(|| of("cpu")),
            is_v1: true,
        })
    }

    pub(super) fn account(&self) -> io::Result<Account> {
        let life = fs::metadata(&self.processes)?.ino();
        let (tasks, tasks_max) = (self.tasks.join("pids.current"), self.tasks.join("pids.max"));
        let mut account = Account { life, tasks: single(&tasks), tasks_max: single(&tasks_max), ..Account::default() };
        if self.is_v1 {
            account.memory = single(&self.memory.join("memory.usage_in_bytes"));
            account.memory_max = single(&self.memory.join("memory.limit_in_bytes")).filter(|most| *most < UNLIMITED);
            account.oom_kills = of_pairs(&self.memory.join("memory.oom_control"), "oom_kill");
            account.cpu_ns = single(&self.cpu.join("cpuacct.usage"));
            account.throttled_ns = of_pairs(&self.cpu.join("cpu.stat"), "throttled_time");
        } else {
            account.memory = single(&self.memory.join("memory.current"));
            account.memory_max = single(&self.memory.join("memory.max"));
            account.oom_kills = of_pairs(&self.memory.join("memory.events"), "oom_kill");
            let stat = fs::read_to_string(self.cpu.join("cpu.stat")).unwrap_or_default();
            let in_ns = |name| find(&stat, name).map(|us| us.saturating_mul(1_000));
            (account.cpu_ns, account.throttled_ns) = (in_ns("usage_usec"), in_ns("throttled_usec"));
        }
        Ok(account)
    }

    /// The processes directly in the group.
    pub(crate) fn pids(&self) -> Vec<u32> {
        let text = fs::read_to_string(self.processes.join("cgroup.procs")).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }
}

/// The nearest limit above a process, from its own group upwards: the file that holds it, and the number. `group` is the text
/// of /proc/PID/cgroup; `v2` and `v1` are the file's names, the latter in the tree of `controller`.
pub(crate) fn nearest(cgroup: &Path, group: &str, controller: &str, v2: &str, v1: &str) -> Option<(PathBuf, u64)> {
    let path = |mark: &str| group.lines().find_map(|line| line.split_once(mark).map(|(_, path)| path));
    let trees = [(cgroup.to_owned(), path("0::"), v2), (cgroup.join(controller), path(&format!(":{controller}:")), v1)];
    trees.into_iter().filter_map(|(root, path, file)| Some((root, path?, file))).find_map(|(root, path, file)| {
        let folder = root.join(path.trim_start_matches('/'));
        folder.ancestors().take_while(|folder| folder.starts_with(&root)).find_map(|folder| {
            let file = folder.join(file);
            let limit = single(&file).filter(|most| *most < UNLIMITED)?;
            Some((file, limit))
        })
    })
}

/// The folder of a unit below the tree: nearly always in system.slice, else searched for, slices only.
fn place(tree: &Path, unit: &str) -> Option<PathBuf> {
    let usual = Path::new("system.slice").join(unit);
    if tree.join(&usual).is_dir() {
        return Some(usual);
    }
    let (mut level, mut looked) = (vec![PathBuf::new()], 0);
    for _ in 0..DEPTH_MAX {
        let mut below = Vec::new();
        for folder in level {
            for name in folders(&tree.join(&folder)) {
                looked += 1;
                if name == unit {
                    return Some(folder.join(name));
                }
                if looked > FOLDERS_MAX {
                    return None;
                }
                let is_slice = Path::new(&name).extension().is_some_and(|kind| kind == "slice");
                if is_slice || name.starts_with("user@") {
                    below.push(folder.join(name));
                }
            }
        }
        level = below;
    }
    None
}

fn folders(path: &Path) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(path).into_iter().flatten().filter_map(Result::ok);
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.filter_map(|entry| entry.file_name().into_string().ok())
}

/// One number; `max` is none.
fn single(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn of_pairs(path: &Path, name: &str) -> Option<u64> {
    find(&fs::read_to_string(path).ok()?, name)
}

fn find(text: &str, name: &str) -> Option<u64> {
    text::pairs(text).find(|(held, _)| *held == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::fixture;

    #[test]
    fn version_2() {
        let at = "sys/fs/cgroup/system.slice/shop.service";
        let file = |name: &str| format!("{at}/{name}");
        let host = fixture::Host::of(&[
            ("sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n"),
            (&file("cgroup.procs"), "41\n42\n"),
            (&file("pids.current"), "37\n"),
            (&file("pids.max"), "614\n"),
            (&file("memory.current"), "104857600\n"),
            (&file("memory.max"), "max\n"),
            (&file("memory.events"), "low 0\nhigh 0\nmax 3\noom 1\noom_kill 1\noom_group_kill 0\n"),
            (&file("cpu.stat"), "usage_usec 5000000\nuser_usec 4000000\nnr_throttled 3\nthrottled_usec 20000\n"),
        ]);
        let folders = Folders::find(&host.path("sys/fs/cgroup"), "shop.service").expect("is up");
        let account = folders.account().expect("there");
        assert_eq!((account.cpu_ns, account.throttled_ns), (Some(5_000_000_000), Some(20_000_000)));
        assert_eq!((account.tasks, account.tasks_max), (Some(37), Some(614)));
        assert_eq!((account.memory, account.memory_max, account.oom_kills), (Some(100 << 20), None, Some(1)));
        assert_eq!(folders.pids(), [41, 42]);
        assert_eq!(Folders::find(&host.path("sys/fs/cgroup"), "mail.service"), None);
    }

    #[test]
    fn version_1() {
        let file = |tree: &str, name: &str| format!("sys/fs/cgroup/{tree}/system.slice/shop.service/{name}");
        let host = fixture::Host::of(&[
            (&file("systemd", "cgroup.procs"), "41\n"),
            (&file("pids", "pids.current"), "12\n"),
            (&file("pids", "pids.max"), "max\n"),
            (&file("memory", "memory.usage_in_bytes"), "4096\n"),
            (&file("memory", "memory.limit_in_bytes"), "9223372036854771712\n"),
            (&file("memory", "memory.oom_control"), "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"),
            (&file("cpu,cpuacct", "cpuacct.usage"), "123456789\n"),
            (&file("cpu,cpuacct", "cpu.stat"), "nr_periods 0\nnr_throttled 0\nthrottled_time 77\n"),
        ]);
        let account =
            Folders::find(&host.path("sys/fs/cgroup"), "shop.service").expect("is up").account().expect("there");
        assert_eq!((account.cpu_ns, account.throttled_ns), (Some(123_456_789), Some(77)));
        assert_eq!((account.tasks, account.tasks_max, account.oom_kills), (Some(12), None, Some(2)));
        assert_eq!((account.memory, account.memory_max), (Some(4096), None));
    }

    #[test]
    fn a_unit_in_a_slice_of_its_own() {
        let at = "sys/fs/cgroup/shop.slice/shop-web.slice/web@1.service";
        let host =
            fixture::Host::of(&[("sys/fs/cgroup/cgroup.controllers", ""), (&format!("{at}/cgroup.procs"), "9\n")]);
        let folders = Folders::find(&host.path("sys/fs/cgroup"), "web@1.service").expect("is up");
        assert_eq!(folders.processes, host.path(at));
    }
}

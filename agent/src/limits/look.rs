//! Reads what limits a process and its host: /proc, the control groups, and the files of systemd, PAM and sysctl.
//!
//! Nothing needs a right that any user lacks, but for counting the descriptors of another user's process; what may not be
//! read is not there, and is no error.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use super::origin::{Setting, amount, assignments, of_sessions};
use super::{Group, Held, Host, Process, Seen, Settings};
use crate::host::Roots;
use crate::host::cgroup::{Folders, nearest};
use crate::host::limits::{parse_file_nr, parse_threads};

/// Processes of a unit that are looked at to find the one with most descriptors.
const PIDS_MAX: usize = 256;
/// Where systemd and sysctl look, the strongest first.
const PLACES: [&str; 4] = ["etc", "run", "usr/lib", "lib"];

/// Whom to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Host,
    Pid(u32),
    /// By its whole name.
    Unit(String),
}

/// `None`: there is no such process, or the unit does not run.
pub fn look(roots: &Roots, target: &Target) -> Option<Seen> {
    let cgroup = roots.sys.join("fs/cgroup");
    let pid = match target {
        Target::Host => None,
        Target::Pid(pid) => Some(*pid),
        Target::Unit(unit) => Some(busiest(&roots.proc, &Folders::find(&cgroup, unit)?.pids())?),
    };
    let process = match pid {
        Some(pid) => Some(process(roots, &cgroup, pid)?),
        None => None,
    };
    let unit = process.as_ref().and_then(|process| process.unit.as_deref());
    Some(Seen { settings: settings(&roots.root, unit), host: host(&roots.proc, pid), process })
}

fn text(path: impl AsRef<Path>) -> Option<String> {
    fs::read_to_string(path).ok()
}

fn number(path: impl AsRef<Path>) -> Option<u64> {
    text(path)?.trim().parse().ok()
}

fn descriptors(proc: &Path, pid: u32) -> Option<u64> {
    Some(fs::read_dir(proc.join(pid.to_string()).join("fd")).ok()?.count() as u64)
}

/// Of the processes of a unit the one with most descriptors; the first where none may be counted.
fn busiest(proc: &Path, pids: &[u32]) -> Option<u32> {
    let first = pids.first().copied();
    let counted =
        pids.iter().take(PIDS_MAX).filter_map(|pid| Some((descriptors(proc, *pid)?, std::cmp::Reverse(*pid))));
    counted.max().map(|(_, pid)| pid.0).or(first)
}

fn process(roots: &Roots, cgroup: &Path, pid: u32) -> Option<Process> {
    let at = roots.proc.join(pid.to_string());
    let limits = text(at.join("limits"))?;
    let status = text(at.join("status")).unwrap_or_default();
    let member = text(at.join("cgroup")).unwrap_or_default();
    let uid = field(&status, "Uid:").unwrap_or_default();
    let user = user(&roots.root, &uid);
    Some(Process {
        pid,
        name: field(&status, "Name:").unwrap_or_default(),
        unit: unit_of(&member),
        groups: groups(&roots.root, &user, &status),
        files: held(&limits, "Max open files"),
        nproc: held(&limits, "Max processes"),
        files_used: descriptors(&roots.proc, pid),
        threads_of_user: Some(threads_of(&roots.proc, &uid)),
        tasks: group(cgroup, nearest(cgroup, &member, "pids", "pids.max", "pids.max"), "pids.current"),
        memory: memory(cgroup, &member),
        waiting: waiting(&at),
        user,
    })
}

/// The first word after a name, in the text of /proc/PID/status.
fn field(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next().map(str::to_owned))
}

/// `Max open files            1024                 524288               files`
fn held(limits: &str, name: &str) -> Option<Held> {
    let mut words = limits.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace();
    let mut next = || amount(words.next()?);
    Some(Held { soft: next()?, hard: next()? })
}

/// The innermost service or scope in whose group a process is.
fn unit_of(member: &str) -> Option<String> {
    let paths = member.lines().filter(|line| line.starts_with("0::") || line.contains(":name=systemd:"));
    let mut parts = paths.flat_map(|line| line.rsplit(':').next().unwrap_or_default().rsplit('/'));
    let is_unit = |part: &&str| matches!(part.rsplit_once('.'), Some((_, "service" | "scope")));
    parts.find(is_unit).map(str::to_owned)
}

fn user(root: &Path, uid: &str) -> String {
    let passwd = text(root.join("etc/passwd")).unwrap_or_default();
    let mut rows = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let row = rows.find(|row| row.get(2) == Some(&uid));
    row.and_then(|row| row.first().map(|&name| name.to_owned())).unwrap_or_else(|| uid.to_owned())
}

fn groups(root: &Path, user: &str, status: &str) -> Vec<String> {
    let gid = field(status, "Gid:").unwrap_or_default();
    let text = text(root.join("etc/group")).unwrap_or_default();
    let rows = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let mine = rows.filter(|row| {
        row.get(2) == Some(&&*gid) || row.get(3).is_some_and(|members| members.split(',').any(|member| member == user))
    });
    mine.filter_map(|row| row.first().map(|&name| name.to_owned())).collect()
}

fn threads_of(proc: &Path, uid: &str) -> u64 {
    let folders = fs::read_dir(proc).into_iter().flatten().filter_map(Result::ok);
    let statuses = folders.filter_map(|folder| text(folder.path().join("status")));
    let theirs = statuses.filter(|status| field(status, "Uid:").as_deref() == Some(uid));
    theirs.filter_map(|status| field(&status, "Threads:")?.parse::<u64>().ok()).sum()
}

fn group(cgroup: &Path, found: Option<(PathBuf, u64)>, current: &str) -> Option<Group> {
    let (file, most) = found?;
    let folder = file.parent()?;
    let name = folder.strip_prefix(cgroup).unwrap_or(folder).display().to_string();
    Some(Group { name, most, used: number(folder.join(current)) })
}

fn memory(cgroup: &Path, member: &str) -> Option<Group> {
    let found = nearest(cgroup, member, "memory", "memory.max", "memory.limit_in_bytes")?;
    let current = if found.0.ends_with("memory.max") { "memory.current" } else { "memory.usage_in_bytes" };
    group(cgroup, Some(found), current)
}

/// One line of /proc/net/tcp: port here, address and port there, state, what waits to be read, inode.
struct Socket<'a> {
    port: u16,
    peer: &'a str,
    listens: bool,
    waiting: u64,
    inode: &'a str,
}

fn sockets(text: &str) -> impl Iterator<Item = Socket<'_>> {
    text.lines().skip(1).filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (here, peer, state, queues) = (words.get(1)?, words.get(2)?, words.get(3)?, words.get(4)?);
        Some(Socket {
            port: u16::from_str_radix(here.rsplit(':').next()?, 16).ok()?,
            peer,
            listens: *state == "0A",
            waiting: u64::from_str_radix(queues.split_once(':')?.1, 16).ok()?,
            inode: words.get(9)?,
        })
    })
}

fn tables(at: &Path) -> Vec<String> {
    ["net/tcp", "net/tcp6"].iter().filter_map(|name| text(at.join(name))).collect()
}

/// At the door of this process where most wait: how many, and its port.
fn waiting(at: &Path) -> Option<(u64, u16)> {
    let links = fs::read_dir(at.join("fd")).ok()?.filter_map(|fd| fs::read_link(fd.ok()?.path()).ok());
    let inode = |link: PathBuf| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned());
    let mine: std::collections::BTreeSet<String> = links.filter_map(inode).collect();
    let tables = tables(at);
    let doors = tables.iter().flat_map(|text| sockets(text)).filter(|it| it.listens && mine.contains(it.inode));
    doors.map(|it| (it.waiting, it.port)).max()
}

fn host(proc: &Path, pid: Option<u32>) -> Host {
    let sys = |name: &str| number(proc.join("sys").join(name));
    let own = pid.map_or_else(|| "self".to_owned(), |pid| pid.to_string());
    let range = text(proc.join("sys/net/ipv4/ip_local_port_range"));
    let ports = range.and_then(|text| {
        let mut words = text.split_whitespace().map(str::parse::<u64>);
        Some((words.next()?.ok()?, words.next()?.ok()?))
    });
    let meminfo = text(proc.join("meminfo")).unwrap_or_default();
    let kib = |name: &str| Some(field(&meminfo, name)?.parse::<u64>().ok()? * 1024);
    let memory = kib("MemTotal:").zip(kib("MemAvailable:"));
    Host {
        threads: text(proc.join("loadavg")).and_then(|text| parse_threads(&text)),
        threads_max: sys("kernel/threads-max"),
        pid_max: sys("kernel/pid_max"),
        files: text(proc.join("sys/fs/file-nr")).and_then(|text| parse_file_nr(&text)),
        somaxconn: sys("net/core/somaxconn"),
        ports,
        ports_used: ports.map(|range| to_one_address(&proc.join(own), range)),
        conntrack: sys("net/netfilter/nf_conntrack_count").zip(sys("net/netfilter/nf_conntrack_max")),
        memory: memory.map(|(total, available)| (total.saturating_sub(available), total)),
    }
}

/// Most connections to one address and port from ports of the range.
fn to_one_address(at: &Path, (low, high): (u64, u64)) -> u64 {
    let mut counts: HashMap<String, u64> = HashMap::new();
    for text in tables(at) {
        for socket in sockets(&text).filter(|it| !it.listens && (low..=high).contains(&u64::from(it.port))) {
            *counts.entry(socket.peer.to_owned()).or_default() += 1;
        }
    }
    counts.into_values().max().unwrap_or(0)
}

fn settings(root: &Path, unit: Option<&str>) -> Settings {
    let read = |files: Vec<PathBuf>, parse: fn(&str, &str) -> Vec<Setting>| -> Vec<Setting> {
        let shown = |file: &Path| format!("/{}", file.strip_prefix(root).unwrap_or(file).display());
        files.iter().filter_map(|file| Some(parse(&shown(file), &text(file)?))).flatten().collect()
    };
    let unit = unit.map(|unit| files_of_unit(root, unit)).unwrap_or_default();
    let mut sessions = vec![root.join("etc/security/limits.conf")];
    sessions.extend(named(&[root.join("etc/security/limits.d")]));
    let mut kernel = below(root, "sysctl.d");
    kernel.push(root.join("etc/sysctl.conf"));
    let mut manager: Vec<_> = strongest(root, "systemd/system.conf").into_iter().collect();
    manager.extend(below(root, "systemd/system.conf.d"));
    Settings {
        unit: read(unit, assignments),
        manager: read(manager, assignments),
        sessions: read(sessions, of_sessions),
        kernel: read(kernel, assignments),
    }
}

/// The unit's file and its drop-ins; those of `shop@.service` where `shop@eu.service` has no file of its own.
fn files_of_unit(root: &Path, unit: &str) -> Vec<PathBuf> {
    let template = unit.split_once('@').and_then(|(name, rest)| Some(format!("{name}@.{}", rest.rsplit_once('.')?.1)));
    let main = |name: &str| strongest(root, &format!("systemd/system/{name}"));
    let mut files: Vec<_> = main(unit).or_else(|| main(template.as_deref()?)).into_iter().collect();
    let kind = unit.rsplit_once('.').map(|(_, kind)| kind).unwrap_or_default();
    let general = (!kind.is_empty()).then(|| kind.to_owned());
    for name in general.into_iter().chain(template).chain([unit.to_owned()]) {
        files.extend(below(root, &format!("systemd/system/{name}.d")));
    }
    files
}

fn strongest(root: &Path, path: &str) -> Option<PathBuf> {
    PLACES.iter().map(|place| root.join(place).join(path)).find(|file| file.is_file())
}

/// The files of a folder that stands in several places, by their names; of two of one name the stronger counts.
fn below(root: &Path, folder: &str) -> Vec<PathBuf> {
    named(&PLACES.map(|place| root.join(place).join(folder)))
}

fn named(folders: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = BTreeMap::new();
    for folder in folders {
        for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
            let path = entry.path();
            if path.extension().is_some_and(|kind| kind == "conf") {
                files.entry(entry.file_name()).or_insert(path);
            }
        }
    }
    files.into_values().collect()
}

#[cfg(test)]
mod tests;

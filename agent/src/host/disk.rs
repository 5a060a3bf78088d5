//! File systems: space and inodes.
//!
//! Read here, not by `sysinfo`: it asks every mount on the calling thread, so one dead NFS server would stop everything,
//! and it knows no inodes.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::collector::{Collector, Miss, Roots, Sink};
use super::hang::{Answer, Asker};
use super::mounts::{self, Mount};
use super::source::Source;
use crate::metrics::{host as m, own};

/// More file systems than these are not watched: a host with thousands would cost thousands of dollars.
const MOUNTS_MAX: usize = 64;

/// `[host.disk]`
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// Mounts by path (`*` and `?` stand for characters). None named: every real file system once.
    pub mounts: Vec<String>,
    /// Mounts left out.
    pub exclude: Vec<String>,
    /// Leaves the dimension `device` out, which changes at a reboot where disks are found in another order.
    pub drop_device: bool,
}

/// What a file system says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Space {
    pub total: u64,
    /// Free, the part reserved for root included.
    pub free: u64,
    /// Free for ordinary users.
    pub available: u64,
    pub inodes: u64,
    pub inodes_free: u64,
}

impl Space {
    pub fn used(&self) -> u64 {
        self.total.saturating_sub(self.free)
    }

    /// As `df` reckons: of what ordinary users may use.
    pub fn used_percent(&self) -> f64 {
        percent(self.used(), self.used().saturating_add(self.available))
    }

    pub fn inodes_used(&self) -> u64 {
        self.inodes.saturating_sub(self.inodes_free)
    }
}

fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { 100.0 * part as f64 / whole as f64 }
}

/// Asks the kernel. On a file system that can hang this is called on another thread.
pub fn ask(path: &Path) -> io::Result<Space> {
    let says = rustix::fs::statvfs(path)?;
    let bytes = |blocks: u64| blocks.saturating_mul(says.f_frsize);
    Ok(Space {
        total: bytes(says.f_blocks),
        free: bytes(says.f_bfree),
        available: bytes(says.f_bavail),
        inodes: says.f_files,
        inodes_free: says.f_ffree,
    })
}

impl Raw {
    fn wants(&self, mount: &Mount) -> bool {
        let named =
            if self.mounts.is_empty() { mount.is_real() } else { alarm::glob::matches_any(&self.mounts, &mount.path) };
        named && !alarm::glob::matches_any(&self.exclude, &mount.path)
    }

    /// The first that is named by its path and not mounted.
    fn missing(&self, mounts: &[Mount]) -> Option<&Path> {
        let is_plain = |path: &&String| !path.contains(['*', '?']);
        let named = self.mounts.iter().filter(is_plain);
        named.map(Path::new).find(|path| mounts.iter().all(|mount| Path::new(&mount.path) != *path))
    }

    /// The mounts to watch. Who names mounts gets each of them; else every file system once.
    fn choose(&self, mounts: Vec<Mount>) -> Vec<Mount> {
        let mut chosen: Vec<_> = mounts.into_iter().filter(|mount| self.wants(mount)).collect();
        if self.mounts.is_empty() {
            chosen = mounts::distinct(chosen);
        }
        chosen.truncate(MOUNTS_MAX);
        chosen
    }
}

#[derive(Debug)]
pub struct Disk {
    mountinfo: Source,
    /// Where this host's own tree is, seen from here.
    root: PathBuf,
    chosen: Raw,
    asker: Asker<Space>,
}

impl Disk {
    pub fn new(roots: &Roots, chosen: Raw) -> Self {
        let mountinfo = Source::new(roots.of_host("mountinfo"));
        Self { mountinfo, root: roots.root.clone(), chosen, asker: Asker::new(ask) }
    }

    fn ask(&mut self, mount: &Mount) -> Answer<Space> {
        let path = self.root.join(mount.path.trim_start_matches('/'));
        if mount.can_hang() {
            return self.asker.ask(&path);
        }
        // A file system on a disk answers from memory.
        ask(&path).map_or_else(|error| Answer::Refused(error.kind()), Answer::Is)
    }
}

impl Collector for Disk {
    fn collect(&mut self, _: Duration, out: &mut Sink<'_>) -> Result<(), Miss> {
        let mounts = self.chosen.choose(mounts::parse(self.mountinfo.read()?));
        // Who names a mount wants to hear of it when it is not there.
        let mut refused = match self.chosen.missing(&mounts) {
            Some(path) => Err(Miss::failed(path, io::ErrorKind::NotFound.into())),
            None if mounts.is_empty() => return Err(Miss::NoData("no file system that fills is mounted")),
            None => Ok(()),
        };
        for mount in &mounts {
            let answer = self.ask(mount);
            let mut of = vec![("path", mount.path.as_str()), ("fstype", mount.fstype.as_str())];
            if !self.chosen.drop_device {
                of.push(("device", mount.device_name()));
            }
            if mount.can_hang() {
                out.put_with(&own::DISK_HUNG, &of, f64::from(u8::from(answer == Answer::Hangs)));
            }
            match answer {
                Answer::Is(space) => put(&space, mount.is_read_only, &of, out),
                Answer::Hangs => {}
                Answer::Refused(kind) => refused = Err(Miss::failed(&mount.path, kind.into())),
            }
        }
        refused
    }
}

fn put(space: &Space, is_read_only: bool, of: &[(&str, &str)], out: &mut Sink<'_>) {
    // A dummy (autofs, an empty FUSE) has no size, and a percentage of it means nothing.
    if space.total == 0 {
        return;
    }
    out.put_with(&m::DISK_USED_PERCENT, of, space.used_percent());
    for (metric, value) in [
        (&m::DISK_FREE, space.available),
        (&m::DISK_USED, space.used()),
        (&m::DISK_TOTAL, space.total),
        (&m::DISK_INODES_FREE, space.inodes_free),
        (&m::DISK_INODES_USED, space.inodes_used()),
        (&m::DISK_INODES_TOTAL, space.inodes),
    ] {
        out.put_with(metric, of, value as f64);
    }
    // XFS and btrfs make inodes as they need them; btrfs says 0.
    if space.inodes > 0 {
        out.put_with(&own::DISK_INODES_USED_PERCENT, of, percent(space.inodes_used(), space.inodes));
    }
    out.put_with(&own::DISK_READ_ONLY, of, f64::from(u8::from(is_read_only)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::host::fixture;

    #[test]
    fn as_df_reckons() {
        let space = Space { total: 1_000, free: 300, available: 250, inodes: 0, inodes_free: 0 };
        assert_eq!(space.used(), 700);
        assert_eq!(space.used_percent(), 100.0 * 700.0 / 950.0);
    }

    #[test]
    fn named_mounts_and_those_left_out() {
        let text = fixture::text("6.1-small/proc/self/mountinfo");
        let paths = |raw: Raw| raw.choose(mounts::parse(text)).into_iter().map(|mount| mount.path).collect::<Vec<_>>();
        assert_eq!(paths(Raw::default()), ["/", "/var/lib/my data", "/mnt/efs"]);
        assert_eq!(paths(Raw { exclude: vec!["/mnt/*".into()], ..Raw::default() }), ["/", "/var/lib/my data"]);
        assert_eq!(paths(Raw { mounts: vec!["/run".into(), "/home".into()], ..Raw::default() }), ["/home", "/run"]);
    }

    #[test]
    fn a_mount_that_is_gone_stops_no_other() {
        let host = fixture::Host::of(&[("data/file", "x")]);
        let lines = "1 0 8:1 / /data rw - ext4 /dev/sda1 ro\n2 0 8:2 / /gone rw - ext4 /dev/sdb1 rw\n";
        host.write("proc/1/mountinfo", lines);
        let mut disk = Disk::new(&host.roots(), Raw::default());
        let (readings, answer) = fixture::attempt(&mut disk, 0);
        assert!(answer.expect_err("one is gone").to_string().starts_with("/gone: "));
        let of = [("path", "/data"), ("fstype", "ext4"), ("device", "sda1")];
        let used = fixture::value(&readings, "disk_used_percent", &of).expect("is there");
        assert!(used > 0.0 && used <= 100.0);
        assert_eq!(fixture::value(&readings, "disk_read_only", &of), Some(1.0));
    }

    #[test]
    fn a_mount_that_is_named_and_not_there_is_a_failure_with_its_name() {
        let host = fixture::Host::of(&[("data/file", "x")]);
        host.write("proc/1/mountinfo", "1 0 8:1 / /data rw - ext4 /dev/sda1 rw\n");
        let named =
            |paths: &[&str]| Raw { mounts: paths.iter().map(|&path| path.to_owned()).collect(), ..Raw::default() };
        let (readings, answer) = fixture::attempt(&mut Disk::new(&host.roots(), named(&["/data", "/gone", "/x*"])), 0);
        assert!(answer.expect_err("one is missing").to_string().starts_with("/gone: "));
        assert!(!readings.is_empty(), "the other is read all the same");
        assert!(fixture::attempt(&mut Disk::new(&host.roots(), named(&["/data"])), 0).1.is_ok());
    }

    /// The same figures as `df`, which asks the kernel by itself.
    #[test]
    fn as_df_says() {
        let df = |column: &str| {
            let output = std::process::Command::new("df").args(["-B1", &format!("--output={column}"), "/"]).output();
            let text = String::from_utf8(output.expect("df runs").stdout).expect("UTF-8");
            text.lines().nth(1).expect("a row").trim().trim_end_matches('%').parse::<f64>().expect("a number")
        };
        let space = ask(Path::new("/")).expect("there");
        assert_eq!(space.total as f64, df("size"));
        let near = |ours: f64, theirs: f64| (ours - theirs).abs() <= space.total as f64 / 100.0;
        assert!(near(space.used() as f64, df("used")), "others write meanwhile, but not that much");
        assert!(near(space.available as f64, df("avail")));
        assert!((space.used_percent() - df("pcent")).abs() <= 1.5, "df rounds up");
        assert_eq!(space.inodes as f64, df("itotal"));
    }

    proptest! {
        #[test]
        fn percentages_are_percentages(total in any::<u64>(), free in any::<u64>(), available in any::<u64>()) {
            let space = Space { total, free, available, inodes: total, inodes_free: free };
            prop_assert!((0.0..=100.0).contains(&space.used_percent()));
            prop_assert!((0.0..=100.0).contains(&percent(space.inodes_used(), space.inodes)));
        }
    }
}

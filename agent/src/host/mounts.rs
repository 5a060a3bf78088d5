//! What is mounted, and which of it is a file system that fills.
//!
//! From /proc/self/mountinfo, read anew at each tick. Whether a file system is read-only is taken from its superblock:
//! a service with `ProtectSystem=strict` sees every mount read-only, and that says nothing of the host.

use super::text::unescape;

/// File systems on disks, by the names that the kernel gives them.
const LOCAL: &[&str] = &[
    "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "nilfs2", "ntfs3", "bcachefs", "reiserfs", "gfs2",
    "ocfs2",
];
/// File systems behind a network or another program: any question to them can hang.
const REMOTE: &[&str] = &["nfs", "nfs4", "cifs", "smb3", "ceph", "lustre", "9p", "virtiofs", "glusterfs", "afs"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    pub path: String,
    pub fstype: String,
    /// As mounted: `/dev/nvme0n1p1`, `fs-1.efs:/`.
    pub source: String,
    pub is_read_only: bool,
    /// The kernel's number of the device, `259:1`.
    device: String,
    /// What of the file system is mounted here: not `/` for a bind mount.
    root: String,
}

impl Mount {
    pub fn can_hang(&self) -> bool {
        REMOTE.contains(&self.fstype.as_str()) || self.fstype.starts_with("fuse")
    }

    /// Holds files that fill it: no tmpfs, overlay, squashfs, nor the kernel's own.
    pub fn is_real(&self) -> bool {
        LOCAL.contains(&self.fstype.as_str()) || REMOTE.contains(&self.fstype.as_str())
    }

    /// As the official agent writes it.
    pub fn device_name(&self) -> &str {
        self.source.strip_prefix("/dev/").unwrap_or(&self.source)
    }
}

/// `36 35 98:0 /root /path rw,noatime master:1 - ext4 /dev/sda1 rw,errors=continue`
fn parse_line(line: &str) -> Option<Mount> {
    let (mount, system) = line.split_once(" - ")?;
    let mut mount = mount.split(' ').skip(2);
    let (device, root, path) = (mount.next()?, mount.next()?, mount.next()?);
    let mut system = system.split(' ');
    let (fstype, source, options) = (system.next()?, system.next()?, system.next()?);
    Some(Mount {
        path: unescape(path),
        fstype: fstype.to_owned(),
        source: unescape(source),
        is_read_only: options.split(',').any(|option| option == "ro"),
        device: device.to_owned(),
        root: root.to_owned(),
    })
}

pub fn parse(text: &str) -> Vec<Mount> {
    text.lines().filter_map(parse_line).collect()
}

/// One mount for each file system: of bind mounts the whole before a part, then the shortest path. Of two mounts on one
/// path the later covers the earlier.
pub fn distinct(mounts: Vec<Mount>) -> Vec<Mount> {
    let mut kept: Vec<Mount> = Vec::new();
    for mount in mounts {
        kept.retain(|other| other.path != mount.path);
        kept.push(mount);
    }
    let rank = |mount: &Mount| (mount.root != "/", mount.path.len());
    let mut distinct: Vec<Mount> = Vec::new();
    for mount in kept {
        match distinct.iter_mut().find(|other| other.device == mount.device) {
            Some(other) if rank(&mount) < rank(other) => *other = mount,
            Some(_) => {}
            None => distinct.push(mount),
        }
    }
    distinct
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::host::fixture;

    #[test]
    fn real_file_systems_once_each() {
        let mounts = parse(fixture::text("6.1-small/proc/self/mountinfo"));
        let real: Vec<_> = distinct(mounts.into_iter().filter(Mount::is_real).collect())
            .into_iter()
            .map(|mount| (mount.path.clone(), mount.fstype.clone(), mount.device_name().to_owned(), mount.is_read_only))
            .collect();
        let row = |path: &str, fstype: &str, device: &str, ro| (path.into(), fstype.into(), device.into(), ro);
        assert_eq!(
            real,
            [
                row("/", "xfs", "nvme0n1p1", false),
                row("/var/lib/my data", "ext4", "nvme1n1", true),
                row("/mnt/efs", "nfs4", "fs-0a1b.efs.eu-west-1.amazonaws.com:/", false),
            ]
        );
    }

    #[test]
    fn remote_ones_can_hang() {
        let mounts = parse(fixture::text("6.1-small/proc/self/mountinfo"));
        let hang: Vec<_> = mounts.iter().filter(|mount| mount.can_hang()).map(|mount| mount.path.as_str()).collect();
        assert_eq!(hang, ["/mnt/efs", "/mnt/bucket"]);
    }

    #[test]
    fn a_mount_over_a_mount_covers_it() {
        let mounts = parse("1 0 8:1 / /data rw - ext4 /dev/a rw\n2 1 8:2 / /data rw - xfs /dev/b rw\n");
        let distinct = distinct(mounts);
        assert_eq!(distinct.iter().map(Mount::device_name).collect::<Vec<_>>(), ["b"]);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in fixture::mangled(fixture::text("6.1-small/proc/self/mountinfo"))) {
            let mounts = parse(&text);
            let count = mounts.len();
            prop_assert!(distinct(mounts).len() <= count);
        }
    }
}

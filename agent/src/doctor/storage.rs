//! The place of the spool: can it be written, does it fit, does it survive a reboot.

use std::fs;
use std::io;
use std::path::Path;

use super::finding::Finding;

const ABOUT: &str = "spool";
/// What must stay free beside the spool; a full disk is a trouble that an agent must not add to.
const MARGIN: u64 = 64 << 20;

/// `need_bytes` is what the spool may take at most, of which some may be in use already.
pub(super) fn examine(state_dir: &Path, need_bytes: u64, proc: &Path) -> Vec<Finding> {
    match probe(state_dir) {
        Err(error) => vec![unwritable(state_dir, &error)],
        Ok(space) => {
            let kind = fs::read_to_string(proc.join("mounts")).ok().and_then(|mounts| kind_of(&mounts, state_dir));
            let used = used_below(state_dir);
            [
                Some(room(state_dir, &space, need_bytes.saturating_sub(used))),
                kind.and_then(|it| volatile(state_dir, &it)),
            ]
            .into_iter()
            .flatten()
            .collect()
        }
    }
}

/// Space left, in bytes and in files.
#[derive(Clone, Copy, Debug)]
struct Space {
    bytes: u64,
    files: Option<u64>,
}

/// Writes and removes a file of its own: permissions, a read-only mount and a quota all show only then.
fn probe(folder: &Path) -> io::Result<Space> {
    let file = folder.join(format!(".doctor-{}", std::process::id()));
    let written = fs::write(&file, [0; 4096]);
    let removed = fs::remove_file(&file);
    written.and(removed)?;
    let stat = rustix::fs::statvfs(folder)?;
    // A file system without a fixed number of files (btrfs) says that it has none.
    let files = (stat.f_files > 0).then_some(stat.f_favail);
    Ok(Space { bytes: stat.f_bavail.saturating_mul(stat.f_frsize), files })
}

fn unwritable(folder: &Path, error: &io::Error) -> Finding {
    let remedy = if error.kind() == io::ErrorKind::NotFound {
        "the service makes it (StateDirectory=stormglass); by hand: install -d -m 0700 it, owned by who runs the agent"
    } else {
        "run the doctor as the user that the agent runs as, or as root; else mend the owner of the folder"
    };
    Finding::bad(ABOUT, "SG-DOC-020", format!("{} cannot be written", folder.display()))
        .proof(error.to_string())
        .remedy(remedy)
}

fn room(folder: &Path, space: &Space, need: u64) -> Finding {
    let seen = format!("{} free in {}", mib(space.bytes), folder.display());
    if space.bytes < need + MARGIN {
        return Finding::warning(ABOUT, "SG-DOC-021", format!("the spool may still grow by {}", mib(need)))
            .proof(seen)
            .remedy(
                "free space there, or lower `spool.max_bytes`; points beyond it are lost, oldest first, and counted",
            );
    }
    match space.files {
        Some(0..=99) => Finding::warning(ABOUT, "SG-DOC-021", "hardly a file more can be made there")
            .proof(format!("{} inodes free in {}", space.files.unwrap_or(0), folder.display()))
            .remedy("remove files of that file system: many small ones, most often of sessions or mail"),
        _ => Finding::good(ABOUT, format!("{seen}, at most {} still needed", mib(need))),
    }
}

fn volatile(folder: &Path, kind: &str) -> Option<Finding> {
    matches!(kind, "tmpfs" | "ramfs").then(|| {
        Finding::warning(ABOUT, "SG-DOC-022", "what waits in the spool is lost at a reboot")
            .proof(format!("{} lies on {kind}", folder.display()))
            .remedy("put the state directory on a disk")
    })
}

/// The kind of the file system that holds `folder`: of the mounts above it, the last and longest.
fn kind_of(mounts: &str, folder: &Path) -> Option<String> {
    let folder = fs::canonicalize(folder).ok()?;
    let above = mounts.lines().filter_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let (point, kind) = (fields.next()?, fields.next()?);
        folder.starts_with(point).then_some((point.len(), kind))
    });
    above.max_by_key(|(length, _)| *length).map(|(_, kind)| kind.to_owned())
}

fn used_below(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(about) if about.is_dir() => used_below(&entry.path()),
            Ok(about) => about.len(),
            Err(_) => 0,
        })
        .sum()
}

fn mib(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_and_one_that_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let proc = Path::new("/proc");
        let missing = examine(&folder.path().join("no"), 0, proc);
        assert_eq!(missing[0].code, Some("SG-DOC-020"));
        fs::write(folder.path().join("held"), [0; 9_000]).expect("written");
        assert_eq!(examine(folder.path(), 0, proc)[0].state, State::Good);
        assert_eq!(used_below(folder.path()), 9_000);
        assert_eq!(fs::read_dir(folder.path()).expect("is there").count(), 1, "the probe stayed behind");
    }

    #[test]
    fn more_than_there_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let found = examine(folder.path(), u64::MAX / 2, Path::new("/proc"));
        assert_eq!(found[0].code, Some("SG-DOC-021"));
        let no_inodes = room(folder.path(), &Space { bytes: u64::MAX, files: Some(3) }, 0);
        assert_eq!(no_inodes.code, Some("SG-DOC-021"));
    }

    #[test]
    fn the_mount_that_holds_a_folder() {
        let mounts = "/dev/vda1 / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/vdb / xfs rw 0 0\n";
        assert_eq!(kind_of(mounts, Path::new("/")).as_deref(), Some("xfs"));
        let under = fs::canonicalize("/tmp").is_ok_and(|it| it == Path::new("/tmp"));
        assert!(!under || kind_of(mounts, Path::new("/tmp")).as_deref() == Some("tmpfs"));
        assert_eq!(volatile(Path::new("/x"), "tmpfs").and_then(|it| it.code), Some("SG-DOC-022"));
        assert_eq!(volatile(Path::new("/x"), "ext4"), None);
    }
}

//! What this host and this user make of the sources: files that are not there or may not be read, a journal without its
//! program, a socket without a folder. Each with what to do about it.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::config::Config;
use super::feed::Kind;
use super::tail::{Disk, Files, Glob};

/// Faults of one pattern that are told; a folder of a thousand files has one cause.
const TOLD_MAX: usize = 3;
/// Where programs are looked for when we start one, as our environment is not given to it.
const PROGRAMS: [&str; 2] = ["/usr/bin", "/bin"];

/// A warning: its code, and what it says.
pub type Warning = (&'static str, String);

/// Looks at everything that the configuration names, and changes nothing.
pub fn look(config: &Config) -> Vec<Warning> {
    let globs = config.sources.iter().flat_map(|(source, _)| &source.globs);
    let mut warnings: Vec<_> = globs.flat_map(files).collect();
    for (feed, _) in &config.feeds {
        match &feed.kind {
            Kind::Journal(query) => {
                let found = PROGRAMS.iter().any(|folder| Path::new(folder).join(&query.program).exists());
                if !found {
                    let says = format!("there is no {}, so the source \"{}\" reads nothing", query.program, feed.name);
                    warnings.push(("SG-CHK-007", says));
                }
            }
            Kind::Socket(socket) => {
                let folder = socket.path.parent().unwrap_or(Path::new("/"));
                if !folder.is_dir() {
                    let says = format!("the folder {} of the log socket is not there", folder.display());
                    warnings.push(("SG-CHK-008", says));
                }
            }
            Kind::Stdin { .. } => {}
        }
    }
    warnings
}

fn files(glob: &Glob) -> Vec<Warning> {
    let (paths, folders) = glob.expand(&mut |folder| Disk.list(folder));
    let closed: Vec<_> = folders.iter().filter_map(|folder| closed_folder(folder)).take(TOLD_MAX).collect();
    if paths.is_empty() && closed.is_empty() {
        let missing = folders.iter().find(|folder| !folder.exists());
        let why = missing.map(|folder| format!(": {} is not there", folder.display())).unwrap_or_default();
        return vec![("SG-CHK-005", format!("no file is named by {glob} as yet{why}"))];
    }
    closed.into_iter().chain(paths.iter().filter_map(|path| closed_file(path)).take(TOLD_MAX)).collect()
}

fn closed_folder(folder: &Path) -> Option<Warning> {
    let error = fs::read_dir(folder).err().filter(|error| error.kind() == ErrorKind::PermissionDenied)?;
    Some(("SG-CHK-006", format!("cannot look into {}: {error}{}", folder.display(), advice(folder))))
}

fn closed_file(path: &Path) -> Option<Warning> {
    let error = File::open(path).err().filter(|error| error.kind() == ErrorKind::PermissionDenied)?;
    Some(("SG-CHK-006", format!("cannot read {}: {error}{}", path.display(), advice(path))))
}

/// The group that may, where one may.
fn advice(path: &Path) -> String {
    let Ok(meta) = fs::metadata(path) else { return String::new() };
    let may = meta.mode() & 0o040 != 0;
    let groups = fs::read_to_string("/etc/group").unwrap_or_default();
    match group_name(&groups, meta.gid()).filter(|_| may) {
        Some(group) => {
            format!("; its group {group} may: SupplementaryGroups={group} in the unit, or usermod -aG {group}")
        }
        None => format!("; give the group adm the right: chgrp adm {0} && chmod g+r {0}", path.display()),
    }
}

/// `adm:x:4:syslog,ubuntu`
fn group_name(groups: &str, gid: u32) -> Option<&str> {
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(gid)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use alarm::sheet::{self, Faults};

    use super::*;

    fn codes(text: &str) -> Vec<Warning> {
        let raw = sheet::read("x.toml", text).expect("can be read");
        let mut faults = Faults::new("x.toml", text);
        let config = Config::check(raw, &mut faults);
        assert!(faults.is_empty());
        look(&config)
    }

    #[test]
    fn what_is_not_there_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().display();
        let text = format!(
            "[[file]]\nservice = 'a'\npaths = ['{at}/no/*.log', '{at}/*.log']\n[[journal]]\nservice = 'a'\n\
             program = 'no-such-journalctl'\n[[socket]]\nservice = 'a'\npath = '{at}/none/log.sock'\n"
        );
        let warnings = codes(&text);
        let found: Vec<_> = warnings.iter().map(|(code, _)| *code).collect();
        assert_eq!(found, ["SG-CHK-005", "SG-CHK-005", "SG-CHK-007", "SG-CHK-008"], "{warnings:?}");
        assert!(warnings[0].1.ends_with("/no is not there"), "{warnings:?}");
        fs::write(folder.path().join("a.log"), "x\n").unwrap();
        assert_eq!(codes(&text).len(), 3, "a file that is there and can be read is no warning");
    }

    #[test]
    fn groups_by_their_number() {
        let groups = "root:x:0:\nadm:x:4:syslog\nbroken\n";
        assert_eq!((group_name(groups, 4), group_name(groups, 5)), (Some("adm"), None));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        fs::write(&file, "").unwrap();
        assert!(advice(&file).contains("SupplementaryGroups=") || advice(&file).contains("chgrp adm"));
    }
}

//! Paths by pattern: `*`, `?`, `[a-z]` within a name, `**` for any depth of folders.

use std::path::{Path, PathBuf};

/// Most folders below `**` that are looked into, and most files that one pattern may name.
const DEPTH_MAX: usize = 8;
const FILES_MAX: usize = 4_096;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    root: PathBuf,
    parts: Vec<String>,
}

impl std::fmt::Display for Glob {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = self.parts.iter();
        write!(out, "{}", parts.fold(self.root.clone(), |path, part| path.join(part)).display())
    }
}

impl Glob {
    /// An absolute path, in which each name may be a pattern.
    pub fn parse(text: &str) -> Result<Self, String> {
        if !text.starts_with('/') {
            return Err(format!("\"{text}\" is not an absolute path"));
        }
        if text.split('/').any(|part| part.matches('[').count() != part.matches(']').count()) {
            return Err(format!("\"{text}\" has a `[` without its `]`"));
        }
        let mut root = PathBuf::from("/");
        let mut parts: Vec<_> = text.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        while parts.len() > 1 && !is_pattern(&parts[0]) {
            root.push(parts.remove(0));
        }
        match parts.last().map(String::as_str) {
            None | Some("**") => Err(format!("\"{text}\" names no file")),
            Some(_) => Ok(Self { root, parts }),
        }
    }

    /// The one path that it names, where it is no pattern.
    pub(super) fn literal(&self) -> Option<PathBuf> {
        let [name] = self.parts.as_slice() else { return None };
        (!is_pattern(name)).then(|| self.root.join(name))
    }

    /// The files that it names now, and the folders in which further ones could appear.
    pub fn expand(&self, list: &mut impl FnMut(&Path) -> Vec<(PathBuf, bool)>) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let (mut files, mut folders) = (vec![], vec![]);
        expand(&self.root, &self.parts, DEPTH_MAX, list, &mut files, &mut folders);
        files.sort();
        files.dedup();
        folders.sort();
        folders.dedup();
        (files, folders)
    }
}

fn expand(
    folder: &Path,
    parts: &[String],
    depth: usize,
    list: &mut impl FnMut(&Path) -> Vec<(PathBuf, bool)>,
    files: &mut Vec<PathBuf>,
    folders: &mut Vec<PathBuf>,
) {
    let Some((first, rest)) = parts.split_first() else { return };
    if first == "**" {
        expand(folder, rest, depth, list, files, folders);
        if depth > 0 {
            for (path, _) in list(folder).into_iter().filter(|(_, is_folder)| *is_folder) {
                expand(&path, parts, depth - 1, list, files, folders);
            }
        }
        return;
    }
    folders.push(folder.to_path_buf());
    for (path, is_folder) in list(folder) {
        let name = path.file_name().map(std::ffi::OsStr::to_string_lossy).unwrap_or_default();
        if !matches(first.as_bytes(), name.as_bytes()) {
            continue;
        }
        if rest.is_empty() {
            if !is_folder && files.len() < FILES_MAX {
                files.push(path);
            }
        } else if is_folder {
            expand(&path, rest, depth, list, files, folders);
        }
    }
}

fn is_pattern(part: &str) -> bool {
    part.contains(['*', '?', '['])
}

/// Does the pattern name it? A star does not match a name that begins with a dot, as in a shell.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    if name.first() == Some(&b'.') && pattern.first() != Some(&b'.') {
        return false;
    }
    let (mut p, mut n) = (0, 0);
    // Where the last star stands, and how much of the name it has taken.
    let mut star: Option<(usize, usize)> = None;
    loop {
        let step = match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
                continue;
            }
            Some(b'[') => class(&pattern[p..], name.get(n).copied()),
            Some(b'?') => name.get(n).map(|_| 1),
            Some(literal) => (name.get(n) == Some(literal)).then_some(1),
            None if n == name.len() => return true,
            None => None,
        };
        match (step, star) {
            (Some(len), _) => (p, n) = (p + len, n + 1),
            (None, Some((at, taken))) if taken < name.len() => {
                star = Some((at, taken + 1));
                (p, n) = (at + 1, taken + 1);
            }
            (None, _) => return false,
        }
    }
}

/// `[a-z]`, `[!0-9]`: the length of the class where the byte is in it.
fn class(pattern: &[u8], byte: Option<u8>) -> Option<usize> {
    let byte = byte?;
    let end = pattern.iter().skip(2).position(|byte| *byte == b']')? + 2;
    let (not, set) = match &pattern[1..end] {
        [b'!' | b'^', set @ ..] => (true, set),
        set => (false, set),
    };
    let mut at = 0;
    let mut found = false;
    while at < set.len() {
        if at + 2 < set.len() && set[at + 1] == b'-' {
            found |= (set[at]..=set[at + 2]).contains(&byte);
            at += 3;
        } else {
            found |= set[at] == byte;
            at += 1;
        }
    }
    (found != not).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (pattern, name, expect) in [
            ("app.log", "app.log", true),
            ("app.log*", "app.log.1", true),
            ("*.log", "app.log.1", false),
            ("*.log", ".hidden.log", false),
            ("a*b*c", "axxbyybzc", true),
            ("a?c", "abc", true),
            ("app.log.[0-9]", "app.log.7", true),
            ("app.log.[!0-9]", "app.log.7", false),
            ("*", "", true),
            ("[", "[", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expect, "{pattern} {name}");
        }
    }

    #[test]
    fn trees() {
        let mut list = |folder: &Path| match folder.to_str() {
            Some("/var/log") => vec![("/var/log/a".into(), true), ("/var/log/x.log".into(), false)],
            Some("/var/log/a") => vec![("/var/log/a/y.log".into(), false), ("/var/log/a/z.txt".into(), false)],
            _ => vec![],
        };
        let paths = |files: Vec<PathBuf>| files.iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
        let (files, folders) = Glob::parse("/var/log/**/*.log").unwrap().expand(&mut list);
        assert_eq!(
            (paths(files), folders.len()),
            (vec!["/var/log/a/y.log".to_owned(), "/var/log/x.log".to_owned()], 2)
        );
        let (files, folders) = Glob::parse("/var/log/x.log").unwrap().expand(&mut list);
        assert_eq!((paths(files), paths(folders)), (vec!["/var/log/x.log".to_owned()], vec!["/var/log".to_owned()]));
        assert!(Glob::parse("relative").is_err() && Glob::parse("/a/[b").is_err() && Glob::parse("/").is_err());
    }
}

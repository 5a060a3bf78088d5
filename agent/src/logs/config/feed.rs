//! The sources that are no files: the journal, standard input, sockets.

use std::path::PathBuf;

use alarm::sheet::{At, Bytes, Faults};

use super::raw::{RawJournal, RawSocket, RawSocketKind, RawStart, RawStdin};
use super::source::{Defaults, hint, list, target};
use crate::logs::feed::{Feed, JournalQuery, Kind, Socket, SocketKind};
use crate::logs::ways::Target;

/// As journalctl calls them, from the worst on.
const PRIORITIES: [&str; 8] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
/// What waits on the disk, unless said otherwise: hours of errors, and a small part of a small disk.
const BYTES: u64 = 64 << 20;
/// Less than a few segments is no room.
const BYTES_LEAST: u64 = 1 << 20;
const CONNECTIONS: u32 = 64;
/// Each has a text, a buffer and a descriptor of its own.
const CONNECTIONS_MAX: u32 = 512;
/// For the owner and the group.
const MODE: u32 = 0o660;

pub(super) fn journal(raw: &RawJournal, defaults: &Defaults<'_>, faults: &mut Faults) -> (Feed, Target) {
    let target = target(raw.common(), defaults, faults);
    if let Some(priority) = raw.priority.as_ref().filter(|priority| !PRIORITIES.contains(&priority.as_str())) {
        let hint = hint(priority, &PRIORITIES);
        let says = format!("`priority`: \"{}\" is none of {}{hint}", **priority, PRIORITIES.join(", "));
        faults.add(priority.span.clone(), "SG-LOG-014", says);
    }
    if let Some(folder) = raw.directory.as_ref().filter(|folder| !folder.starts_with('/')) {
        faults.add(folder.span.clone(), "SG-LOG-015", format!("`directory`: \"{}\" is not an absolute path", **folder));
    }
    for name in raw.units.iter().chain(&raw.identifiers) {
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
            faults.add(name.span.clone(), "SG-LOG-016", format!("\"{}\" can be the name of no unit", **name));
        }
    }
    let texts = |list: &[At<String>]| list.iter().map(|text| text.value.clone()).collect::<Vec<_>>();
    let one = |text: &Option<At<String>>| text.as_ref().map(|text| text.value.clone());
    let query = JournalQuery {
        program: one(&raw.program).unwrap_or_else(|| JournalQuery::default().program),
        units: texts(&raw.units),
        identifiers: texts(&raw.identifiers),
        priority: one(&raw.priority),
        directory: one(&raw.directory),
    };
    let name = format!("journal {}: {}", *raw.service, list(&[&raw.units[..], &raw.identifiers].concat()));
    let from_beginning = matches!(raw.start, Some(RawStart::Beginning));
    (Feed { name, kind: Kind::Journal(query), from_beginning }, target)
}

pub(super) fn stdin(raw: &RawStdin, defaults: &Defaults<'_>, faults: &mut Faults) -> (Feed, Target) {
    let target = target(raw.common(), defaults, faults);
    let kind = Kind::Stdin { bytes_max: bytes(raw.max_bytes.as_ref(), faults) };
    (Feed { name: "stdin".to_owned(), kind, from_beginning: true }, target)
}

pub(super) fn socket(raw: &RawSocket, defaults: &Defaults<'_>, faults: &mut Faults) -> (Feed, Target) {
    let target = target(raw.common(), defaults, faults);
    if !raw.path.starts_with('/') || raw.path.ends_with('/') {
        let says = format!("`path`: \"{}\" is no absolute path of a socket", *raw.path);
        faults.add(raw.path.span.clone(), "SG-LOG-017", says);
    }
    let mode = raw.mode.as_ref().map_or(MODE, |text| match u32::from_str_radix(text, 8) {
        Ok(mode) if mode <= 0o777 => mode,
        _ => {
            let says = format!("`mode`: \"{}\" is no file mode, such as 0660", **text);
            faults.add(text.span.clone(), "SG-LOG-018", says);
            MODE
        }
    });
    let connections = raw.max_connections.as_ref().map_or(CONNECTIONS, |count| count.value);
    if let Some(count) = raw.max_connections.as_ref().filter(|count| !(1..=CONNECTIONS_MAX).contains(&count.value)) {
        let says = format!("`max_connections`: from 1 to {CONNECTIONS_MAX}");
        faults.add(count.span.clone(), "SG-LOG-019", says);
    }
    let kind = match raw.kind {
        Some(RawSocketKind::Datagram) => SocketKind::Datagram,
        _ => SocketKind::Stream,
    };
    let socket = Socket {
        path: PathBuf::from(raw.path.as_str()),
        kind,
        mode,
        // Datagrams are one text.
        connections_max: if kind == SocketKind::Datagram { 1 } else { connections as usize },
        bytes_max: bytes(raw.max_bytes.as_ref(), faults),
    };
    let name = format!("socket {}", *raw.path);
    (Feed { name, kind: Kind::Socket(socket), from_beginning: true }, target)
}

fn bytes(raw: Option<&At<Bytes>>, faults: &mut Faults) -> u64 {
    let Some(bytes) = raw else { return BYTES };
    if bytes.0 < BYTES_LEAST {
        faults.add(bytes.span.clone(), "SG-LOG-020", "`max_bytes`: at least 1MiB");
    }
    bytes.0
}

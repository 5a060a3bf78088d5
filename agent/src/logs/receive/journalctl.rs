//! `journalctl` as a child process: the journal is read by the program that knows its files in every version.
//!
//! It inherits none of our environment, and so none of our keys. It ends when we do, also when we are killed.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::sync::mpsc;

use super::Arrival;
use crate::logs::feed::{JournalQuery, entry};

/// Read at a time.
const CHUNK: usize = 64 << 10;
/// Of what it complains, as much as a person reads.
const COMPLAINT_MAX: usize = 1 << 10;

/// Why a reader ended, as far as it changes what is done about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Trouble {
    /// No such program.
    Absent,
    /// This user may not read the journal.
    Denied,
    /// The cursor is none that the journal knows.
    Cursor,
    #[default]
    Other,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Ended {
    pub(super) trouble: Trouble,
    complaint: String,
}

impl Ended {
    pub(super) fn says(&self) -> String {
        let complaint = self.complaint.trim().replace('\n', "; ");
        match self.trouble {
            Trouble::Absent => "there is no journalctl on this host, so the journal is not read".to_owned(),
            Trouble::Denied => format!(
                "the journal may not be read by this user; add it to the group systemd-journal \
                 (SupplementaryGroups=systemd-journal in the unit): {complaint}"
            ),
            Trouble::Cursor => {
                format!("the journal does not know where we were; going on from the same time instead: {complaint}")
            }
            Trouble::Other if complaint.is_empty() => "journalctl ended; it is started again".to_owned(),
            Trouble::Other => format!("journalctl ended; it is started again: {complaint}"),
        }
    }

    fn failed(error: &io::Error) -> Self {
        let trouble = if error.kind() == io::ErrorKind::NotFound { Trouble::Absent } else { Trouble::Other };
        Self { trouble, complaint: error.to_string() }
    }

    fn complained(complaint: &[u8]) -> Self {
        let complaint = String::from_utf8_lossy(complaint).into_owned();
        let has = |word: &str| complaint.to_ascii_lowercase().contains(word);
        let trouble = if has("permission") || has("not seeing messages") {
            Trouble::Denied
        } else if has("cursor") {
            Trouble::Cursor
        } else {
            Trouble::Other
        };
        Self { trouble, complaint }
    }
}

/// A cursor holds its time: `...;t=660cbbcac8ca8;...`, microseconds in hex.
pub(super) fn moment_of(cursor: &str) -> String {
    let hex = cursor.split(';').find_map(|part| part.strip_prefix("t="));
    match hex.and_then(|hex| u64::from_str_radix(hex, 16).ok()) {
        // One after it, or its own entry would come again.
        Some(us) => format!("@{}.{:06}", (us + 1) / 1_000_000, (us + 1) % 1_000_000),
        None => cursor.to_owned(),
    }
}

pub(super) fn arguments(query: &JournalQuery, from: &str) -> Vec<OsString> {
    let mut list: Vec<OsString> = ["--output=export", "--follow", "--no-tail", "--no-pager"].map(Into::into).into();
    list.push(format!("--output-fields={}", entry::FIELDS).into());
    list.push(if from.starts_with('@') { format!("--since={from}") } else { format!("--after-cursor={from}") }.into());
    list.extend(query.units.iter().map(|unit| format!("--unit={unit}").into()));
    list.extend(query.identifiers.iter().map(|identifier| format!("--identifier={identifier}").into()));
    list.extend(query.priority.iter().map(|priority| format!("--priority={priority}").into()));
    list.extend(query.directory.iter().map(|directory| format!("--directory={directory}").into()));
    list
}

fn spawn(query: &JournalQuery, from: &str) -> io::Result<Child> {
    let mut command = Command::new(&query.program);
    command.args(arguments(query, from)).env_clear().env("LC_ALL", "C");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // SAFETY: between fork and exec there is one call of the kernel, which allocates nothing and takes no lock.
    unsafe {
        command.pre_exec(|| match libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        });
    }
    command.spawn()
}

/// Reads until it ends, and says why it did.
pub(super) async fn read(query: JournalQuery, from: String, arrivals: mpsc::Sender<Arrival>) {
    let ended = match spawn(&query, &from) {
        Ok(child) => follow(Running(child), &arrivals).await.unwrap_or_else(|error| Ended::failed(&error)),
        Err(error) => Ended::failed(&error),
    };
    // Nobody listens any more: we are about to end.
    let _ = arrivals.send(Arrival::Ended(ended)).await;
}

/// A child that does not outlive its handle.
#[derive(Debug)]
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, or does now; either way it is to be waited for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn follow(mut child: Running, arrivals: &mpsc::Sender<Arrival>) -> io::Result<Ended> {
    let absent = || io::Error::other("a pipe is missing");
    let out = OwnedFd::from(child.0.stdout.take().ok_or_else(absent)?);
    let mut out = Receiver::from_owned_fd(out)?;
    let mut err = Receiver::from_owned_fd(OwnedFd::from(child.0.stderr.take().ok_or_else(absent)?))?;
    let (mut complaint, mut is_mute) = (vec![], false);
    let mut buffer = vec![0; CHUNK];
    let mut words = [0; 256];
    loop {
        tokio::select! {
            got = out.read(&mut buffer) => match got? {
                0 => break,
                got => {
                    if arrivals.send(Arrival::Bytes(buffer[..got].to_vec())).await.is_err() {
                        break;
                    }
                }
            },
            got = err.read(&mut words), if !is_mute => {
                let got = got?;
                is_mute = got == 0;
                hear(&mut complaint, &words[..got]);
            }
        }
    }
    while !is_mute {
        let got = err.read(&mut words).await?;
        is_mute = got == 0;
        hear(&mut complaint, &words[..got]);
    }
    Ok(Ended::complained(&complaint))
}

fn hear(complaint: &mut Vec<u8>, words: &[u8]) {
    let room = COMPLAINT_MAX.saturating_sub(complaint.len()).min(words.len());
    complaint.extend_from_slice(&words[..room]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_is_asked_for() {
        let query = JournalQuery {
            units: vec!["shop.service".into(), "nginx*".into()],
            identifiers: vec!["sshd".into()],
            priority: Some("warning".into()),
            directory: Some("/host/journal".into()),
            ..JournalQuery::default()
        };
        let list = |from| arguments(&query, from).into_iter().map(|it| it.into_string().unwrap()).collect::<Vec<_>>();
        let expect = [
            "--after-cursor=s=1;i=2",
            "--unit=shop.service",
            "--unit=nginx*",
            "--identifier=sshd",
            "--priority=warning",
            "--directory=/host/journal",
        ];
        assert_eq!(list("s=1;i=2")[5..], expect);
        assert_eq!(list("@1795278020")[5], "--since=@1795278020");
    }

    #[test]
    fn the_moment_of_a_cursor() {
        assert_eq!(moment_of("s=76;i=7;t=660cbbcac8ca8;x=d9"), "@1795278020.316329");
        assert_eq!(moment_of("@17"), "@17");
    }

    #[test]
    fn complaints_that_change_what_is_done() {
        let trouble = |text: &str| Ended::complained(text.as_bytes()).trouble;
        assert_eq!(trouble("Failed to seek to cursor: Invalid argument\n"), Trouble::Cursor);
        assert_eq!(trouble("No journal files were opened due to insufficient permissions.\n"), Trouble::Denied);
        assert_eq!(trouble("Failed to open /nope: No such file or directory\n"), Trouble::Other);
        let absent = Ended::failed(&io::Error::from(io::ErrorKind::NotFound));
        assert!(absent.trouble == Trouble::Absent && absent.says().contains("no journalctl"));
    }
}

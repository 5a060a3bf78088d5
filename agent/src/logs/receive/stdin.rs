//! Standard input, when the log of another program is piped into us.
//!
//! Read by a thread of its own: a read of a terminal or a file cannot be waited for otherwise, and to make the
//! descriptor non-blocking would change it for everybody who shares it. It goes on over a reload of the configuration.

use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::logs::feed::inbox::{Inbox, Writer};

const CHUNK: usize = 64 << 10;
/// How soon it is read on where there was no room, or the disk failed.
const FULL: Duration = Duration::from_millis(100);

/// The one standard input of the program.
#[derive(Clone, Debug, Default)]
pub struct Stdin(Arc<Mutex<Option<Arc<Inbox>>>>);

impl Stdin {
    /// Where it is written to. The first call starts to read.
    pub(in crate::logs) fn open(
        &self,
        folder: &Path,
        bytes_max: u64,
        acked: impl Fn(usize) -> u64,
    ) -> io::Result<Arc<Inbox>> {
        let mut opened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(inbox) = opened.as_ref() {
            return Ok(Arc::clone(inbox));
        }
        let inbox = Arc::new(Inbox::open(folder, 1, bytes_max, acked)?);
        let reads = Arc::clone(&inbox);
        let writer = inbox.writer()?.ok_or_else(|| io::Error::other("an inbox without a slot"))?;
        thread::Builder::new().name("stdin".to_owned()).spawn(move || {
            read(io::stdin().lock(), writer);
            reads.end();
        })?;
        *opened = Some(Arc::clone(&inbox));
        Ok(inbox)
    }
}

/// Until its end. Whoever writes to it waits while there is no room.
fn read(mut input: impl Read, mut writer: Writer) {
    let mut buffer = vec![0; CHUNK];
    loop {
        if !writer.has_room() {
            thread::sleep(FULL);
            continue;
        }
        let got = match input.read(&mut buffer) {
            Ok(0) => return,
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                tracing::error!(%error, "standard input cannot be read on");
                return;
            }
        };
        let mut said = false;
        while let Err(error) = writer.append(&buffer[..got]) {
            if !std::mem::replace(&mut said, true) {
                tracing::error!(%error, "standard input cannot be written to the disk; its writer waits");
            }
            thread::sleep(FULL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_on_the_disk_and_a_last_line_ends() {
        let folder = tempfile::tempdir().unwrap();
        let inbox = Arc::new(Inbox::open(folder.path(), 1, 1 << 20, |_| 0).unwrap());
        read(b"one\ntwo".as_slice(), inbox.writer().unwrap().unwrap());
        let mut buffer = [0; 20];
        let got = inbox.read(0, 0, &mut buffer).unwrap();
        assert_eq!(&buffer[..got], b"one\ntwo\n");
    }
}

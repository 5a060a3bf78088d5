//! Wakes us when something changes in a folder. Never believed, only an early call to look: see `tail`.

use std::collections::BTreeSet;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use tokio::io::unix::AsyncFd;

/// Folders watched at most; the slow poll looks into the rest.
const FOLDERS_MAX: usize = 512;
/// Bytes of events taken at a time: some hundred of them.
const EVENTS: usize = 8 << 10;

#[derive(Debug)]
pub(super) struct Watch {
    /// `None`: there is no inotify here, and the poll must do.
    inotify: Option<AsyncFd<OwnedFd>>,
    folders: BTreeSet<PathBuf>,
    /// A name appeared, vanished or moved.
    changed: bool,
}

impl Watch {
    pub(super) fn new() -> Self {
        let made = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).map_err(io::Error::from);
        // SAFETY: an `OwnedFd` is open until it is dropped, and always names the same descriptor.
        let register = |inotify| unsafe { AsyncFd::register(inotify) }.map_err(io::Error::from);
        let inotify = made.and_then(register);
        if let Err(error) = &inotify {
            tracing::warn!(%error, "no inotify: files are looked at every few seconds instead");
        }
        Self { inotify: inotify.ok(), folders: BTreeSet::new(), changed: false }
    }

    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Watches these folders too. One that was deleted and made again is a new one: it is watched anew.
    pub(super) fn follow(&mut self, folders: &[PathBuf]) {
        let Some(inotify) = &self.inotify else { return };
        let what =
            WatchFlags::CREATE | WatchFlags::MOVE | WatchFlags::DELETE | WatchFlags::MODIFY | WatchFlags::DELETE_SELF;
        for folder in folders.iter().take(FOLDERS_MAX) {
            // To add a watch that is there changes nothing, and costs less than to find out.
            if inotify::add_watch(inotify, folder, what).is_ok() {
                self.folders.insert(folder.clone());
            }
        }
    }

    /// Returns when something was written or renamed.
    pub(super) async fn wait(&mut self) {
        let Some(inotify) = &self.inotify else { return std::future::pending().await };
        let Ok(mut ready) = inotify.readable().await else { return std::future::pending().await };
        self.changed |= drain(inotify.get_ref());
        ready.clear_ready();
    }
}

/// Takes all that is there. `true`: not only contents changed, names did.
fn drain(inotify: &OwnedFd) -> bool {
    let mut buffer = [MaybeUninit::uninit(); EVENTS];
    let mut events = inotify::Reader::new(inotify, &mut buffer);
    let mut names = false;
    while let Ok(event) = events.next() {
        names |= !event.events().contains(ReadFlags::MODIFY);
    }
    names
}

//! Names and inodes in memory: a file system that a test can rotate, truncate and take away.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::{Rc, Weak};

use proptest::prelude::*;

use super::files::{Files, Handle, Id, Stat};

/// Its number, its bytes, and when it was last written to.
type Inode = Rc<RefCell<(u64, Vec<u8>, i128)>>;
type Dying = Weak<RefCell<(u64, Vec<u8>, i128)>>;

/// Names and inodes. A file lives as long as a name or a handle holds it; its number may then be given again.
#[derive(Clone, Debug, Default)]
pub(super) struct Model(pub(super) Rc<RefCell<World>>);

#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) names: BTreeMap<PathBuf, Inode>,
    /// Every file that may still be alive, by a name or by a handle.
    alive: Vec<Dying>,
    /// Writes so far: the clock.
    tick: i128,
}

#[derive(Debug)]
pub(super) struct Open(Inode);

impl Model {
    pub(super) fn create(&self, name: &str, text: &[u8]) {
        let mut world = self.0.borrow_mut();
        // The smallest number that is free: as on ext4, the next file gets the number of the one just deleted.
        let taken: Vec<u64> = world.alive.iter().filter_map(Weak::upgrade).map(|inode| inode.borrow().0).collect();
        let ino = (1..10_000).find(|ino| !taken.contains(ino)).unwrap();
        world.tick += 1;
        let inode = Rc::new(RefCell::new((ino, text.to_vec(), world.tick)));
        world.alive.push(Rc::downgrade(&inode));
        world.names.insert(path(name), inode);
    }

    pub(super) fn append(&self, name: &str, text: &[u8]) {
        let inode = self.0.borrow().names.get(&path(name)).cloned();
        match inode {
            Some(inode) => {
                inode.borrow_mut().1.extend_from_slice(text);
                self.touch(&inode);
            }
            None => self.create(name, text),
        }
    }

    pub(super) fn text(&self, name: &str) -> Vec<u8> {
        self.0.borrow().names.get(&path(name)).map(|inode| inode.borrow().1.clone()).unwrap_or_default()
    }

    pub(super) fn truncate(&self, name: &str) {
        let inode = self.0.borrow().names.get(&path(name)).cloned();
        if let Some(inode) = inode {
            inode.borrow_mut().1.clear();
            self.touch(&inode);
        }
    }

    fn touch(&self, inode: &Inode) {
        let mut world = self.0.borrow_mut();
        world.tick += 1;
        inode.borrow_mut().2 = world.tick;
    }

    pub(super) fn rename(&self, from: &str, to: &str) {
        let inode = self.0.borrow_mut().names.remove(&path(from));
        if let Some(inode) = inode {
            self.0.borrow_mut().names.insert(path(to), inode);
        }
    }

    pub(super) fn delete(&self, name: &str) {
        self.0.borrow_mut().names.remove(&path(name));
    }
}

pub(super) fn numbered(from: u64, lines: u64) -> String {
    let lines: Vec<_> = (from..from + lines).map(|number| format!("line {number:08}\n")).collect();
    lines.concat()
}

pub(super) fn path(name: &str) -> PathBuf {
    Path::new("/log").join(name)
}

impl Files for Model {
    type Handle = Open;

    fn list(&self, folder: &Path) -> Vec<(PathBuf, bool)> {
        assert_eq!(folder, Path::new("/log"));
        self.0.borrow().names.keys().map(|path| (path.clone(), false)).collect()
    }

    fn stat(&self, path: &Path) -> io::Result<Stat> {
        self.open(path)?.stat()
    }

    fn open(&self, path: &Path) -> io::Result<Open> {
        let world = self.0.borrow();
        world.names.get(path).map(|inode| Open(Rc::clone(inode))).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Handle for Open {
    fn stat(&self) -> io::Result<Stat> {
        let inode = self.0.borrow();
        Ok(Stat { id: Id { dev: 1, ino: inode.0 }, len: inode.1.len() as u64, links: 1, modified_ns: inode.2 })
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let inode = self.0.borrow();
        let rest = inode.1.get(offset as usize..).unwrap_or_default();
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }
}

/// What may happen, in any order.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Write(u64),
    Rename,
    CopyTruncate,
    Look,
    Send,
    Kill,
}

pub(super) fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        5 => (1_u64..120).prop_map(Act::Write),
        1 => Just(Act::Rename),
        1 => Just(Act::CopyTruncate),
        4 => Just(Act::Look),
        4 => Just(Act::Send),
        2 => Just(Act::Kill),
    ];
    prop::collection::vec(act, 1..60)
}

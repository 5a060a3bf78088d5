//! Asks questions that may never be answered.
//!
//! A question to a dead NFS server blocks in the kernel, and no signal ends it. So such questions are asked on another
//! thread, which is left behind when it does not answer in time; while it is stuck, nobody asks about that path again,
//! and the others are asked by a new thread. When the server comes back, the thread answers into nothing and ends.
//! At most `STUCK_MAX` threads are ever left behind.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::thread;
use std::time::Duration;

/// How long an answer is waited for, once for each path that hangs.
const ANSWER_WAIT: Duration = Duration::from_millis(100);
/// More dead servers than a host has.
const STUCK_MAX: usize = 8;
/// The question needs little.
const STACK_BYTES: usize = 64 << 10;

type Question<T> = fn(&Path) -> io::Result<T>;

#[derive(Debug, PartialEq)]
pub(super) enum Answer<T> {
    Is(T),
    Refused(io::ErrorKind),
    /// Not in time, and perhaps never.
    Hangs,
}

#[derive(Debug)]
struct Helper<T> {
    paths: Sender<PathBuf>,
    answers: Receiver<io::Result<T>>,
}

#[derive(Debug)]
pub(super) struct Asker<T> {
    question: Question<T>,
    helper: Option<Helper<T>>,
    stuck: Vec<(PathBuf, Helper<T>)>,
}

impl<T: Send + 'static> Asker<T> {
    pub(super) fn new(question: Question<T>) -> Self {
        Self { question, helper: None, stuck: Vec::new() }
    }

    pub(super) fn ask(&mut self, path: &Path) -> Answer<T> {
        // Whoever answered at last was let go of: dropping the channel ends the thread.
        self.stuck.retain(|(_, helper)| matches!(helper.answers.try_recv(), Err(TryRecvError::Empty)));
        if self.stuck.len() >= STUCK_MAX || self.stuck.iter().any(|(held, _)| held == path) {
            return Answer::Hangs;
        }
        let helper = match self.helper.take().map_or_else(|| hire(self.question), Ok) {
            Ok(helper) => helper,
            Err(error) => return Answer::Refused(error.kind()),
        };
        if helper.paths.send(path.to_owned()).is_err() {
            return Answer::Refused(io::ErrorKind::BrokenPipe);
        }
        match helper.answers.recv_timeout(ANSWER_WAIT) {
            Ok(answer) => {
                self.helper = Some(helper);
                answer.map_or_else(|error| Answer::Refused(error.kind()), Answer::Is)
            }
            Err(RecvTimeoutError::Timeout) => {
                self.stuck.push((path.to_owned(), helper));
                Answer::Hangs
            }
            Err(RecvTimeoutError::Disconnected) => Answer::Refused(io::ErrorKind::BrokenPipe),
        }
    }
}

fn hire<T: Send + 'static>(question: Question<T>) -> io::Result<Helper<T>> {
    let (paths, asked) = channel::<PathBuf>();
    let (answer, answers) = channel();
    thread::Builder::new().name("ask-mount".into()).stack_size(STACK_BYTES).spawn(move || {
        while let Ok(path) = asked.recv() {
            if answer.send(question(&path)).is_err() {
                return;
            }
        }
    })?;
    Ok(Helper { paths, answers })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Instant;

    use super::*;

    static SERVER_IS_DEAD: AtomicBool = AtomicBool::new(true);

    /// Blocks on /dead until the server comes back, as the kernel would.
    fn question(path: &Path) -> io::Result<usize> {
        while path == Path::new("/dead") && SERVER_IS_DEAD.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(5));
        }
        if path == Path::new("/secret") {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(path.as_os_str().len())
    }

    #[test]
    fn a_dead_server_costs_one_wait_and_stops_no_other() {
        let mut asker = Asker::new(question);
        let start = Instant::now();
        for _ in 0..50 {
            assert_eq!(asker.ask(Path::new("/dead")), Answer::Hangs);
            assert_eq!(asker.ask(Path::new("/data")), Answer::Is(5));
        }
        assert!(start.elapsed() < 10 * ANSWER_WAIT, "waited more than once");
        assert_eq!(asker.ask(Path::new("/secret")), Answer::Refused(io::ErrorKind::PermissionDenied));
        assert_eq!(asker.stuck.len(), 1);

        SERVER_IS_DEAD.store(false, Ordering::SeqCst);
        let back = (0..200).any(|_| {
            thread::sleep(Duration::from_millis(5));
            asker.ask(Path::new("/dead")) == Answer::Is(5)
        });
        assert!(back, "the server came back unnoticed");
        assert!(asker.stuck.is_empty());
    }

    /// Never answers: the threads of this test are left behind on purpose.
    fn never(_: &Path) -> io::Result<()> {
        loop {
            thread::park();
        }
    }

    #[test]
    fn only_so_many_threads_are_left_behind() {
        let mut asker = Asker::new(never);
        for number in 0..STUCK_MAX + 5 {
            assert_eq!(asker.ask(Path::new(&format!("/dead/{number}"))), Answer::Hangs);
        }
        assert_eq!(asker.stuck.len(), STUCK_MAX);
    }
}

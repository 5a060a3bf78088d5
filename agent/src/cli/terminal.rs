//! The terminal: raw while it is held, as it was before when it is let go, also after a panic.
//!
//! A few escape codes and three calls of the kernel; a library for it was weighed and left out (it would add more to
//! the binary than all of `top`).

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{self, LocalModes, OptionalActions, Termios};

/// Other screen, cursor off.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
/// Attributes off, cursor on, own screen.
const LEAVE: &str = "\x1b[0m\x1b[?25h\x1b[?1049l";
/// Size of a terminal that does not say its own.
const USUAL: (usize, usize) = (80, 24);

#[derive(Debug)]
pub(super) struct Terminal {
    before: Termios,
}

/// What was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Quit,
    /// Draw at once, and take a reading: any other key.
    Now,
}

impl Terminal {
    /// `None` where standard input or output is no terminal.
    pub(super) fn enter() -> io::Result<Option<Self>> {
        Self::enter_as(LocalModes::empty())
    }

    /// Ctrl-C and the like still make signals.
    pub(super) fn enter_with_signals() -> io::Result<Option<Self>> {
        Self::enter_as(LocalModes::ISIG)
    }

    fn enter_as(kept: LocalModes) -> io::Result<Option<Self>> {
        let (input, output) = (io::stdin(), io::stdout());
        if !termios::isatty(&input) || !termios::isatty(&output) {
            return Ok(None);
        }
        let before = termios::tcgetattr(&input)?;
        let mut raw = before.clone();
        raw.make_raw();
        raw.local_modes |= kept;
        // Lines still end where they should, and a panic prints readably.
        raw.output_modes |= termios::OutputModes::OPOST;
        termios::tcsetattr(&input, OptionalActions::Now, &raw)?;
        let held = Self { before };
        held.also_after_a_panic();
        write(ENTER)?;
        Ok(Some(held))
    }

    /// The shipped program aborts on a panic, and then nothing is dropped.
    fn also_after_a_panic(&self) {
        let before = self.before.clone();
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore(&before);
            usual(panic);
        }));
    }

    /// Columns and rows.
    pub(super) fn size() -> (usize, usize) {
        match termios::tcgetwinsize(io::stdout()) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col.into(), size.ws_row.into()),
            _ => USUAL,
        }
    }

    /// Writes the screen in one piece, so that it does not flicker. Each line is cleared to its end.
    pub(super) fn draw(lines: &[String]) -> io::Result<()> {
        let mut screen = String::from("\x1b[H");
        for (at, line) in lines.iter().enumerate() {
            if at > 0 {
                screen.push_str("\r\n");
            }
            screen.push_str(line);
            screen.push_str("\x1b[0m\x1b[K");
        }
        screen.push_str("\x1b[J");
        write(&screen)
    }

    /// Waits for a key at most so long. The end of the input is a wish to leave.
    pub(super) fn key(at_most: Duration) -> io::Result<Option<Key>> {
        let input = io::stdin();
        if !readable(input.as_fd(), at_most)? {
            return Ok(None);
        }
        let mut bytes = [0; 16];
        let read = rustix::io::read(&input, &mut bytes)?;
        Ok(Some(meant(&bytes[..read])))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore(&self.before);
    }
}

/// Nothing can be done about a terminal that went away.
fn restore(before: &Termios) {
    let _ = write(LEAVE);
    let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, before);
}

fn meant(bytes: &[u8]) -> Key {
    const CONTROL_C: u8 = 3;
    const CONTROL_D: u8 = 4;
    match bytes {
        // An escape alone; followed by more it is an arrow.
        [] | [b'q' | b'Q' | CONTROL_C | CONTROL_D | 0x1b] => Key::Quit,
        _ => Key::Now,
    }
}

fn readable(input: BorrowedFd<'_>, at_most: Duration) -> io::Result<bool> {
    let limit = Timespec { tv_sec: at_most.as_secs() as i64, tv_nsec: at_most.subsec_nanos().into() };
    let mut waited = [PollFd::new(&input, PollFlags::IN)];
    match poll(&mut waited, Some(&limit)) {
        Ok(ready) => Ok(ready > 0),
        // A changed window size interrupts: draw again.
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        for quits in [&b"q"[..], b"Q", b"\x03", b"\x1b", b""] {
            assert_eq!(meant(quits), Key::Quit);
        }
        for other in [&b" "[..], b"\x1b[A", b"x"] {
            assert_eq!(meant(other), Key::Now);
        }
    }
}

//! HTTP as one who presses needs it: every phase timed, nothing retried in secret, every size with a bound.
//!
//! HTTP/1.1 is our own, on `httparse`: a general client hands the bytes to a task of its own and takes several times
//! the processor time for it, which the machine that presses does not have to give. `decode` is pure. HTTP/2 is `h2`,
//! whose frames need such a task anyhow.

mod connect;
mod decode;
mod one;
mod tls;
mod two;

use std::time::Duration;

use thiserror::Error;

pub use connect::{Address, Dialer};
pub use one::{Ask, Connection};
pub use tls::connector;
pub use two::{Ended, Multiplexed, Question};

/// Bytes of a body that are kept to be looked into. The rest is read and counted.
pub const BODY_MAX: usize = 1 << 20;
/// Bytes of the head of an answer.
pub const HEAD_MAX: usize = 64 << 10;

/// What is spoken with the target. Nothing else is tried in secret: who asks for one is told when the other is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    #[default]
    One,
    /// By ALPN over TLS, by prior knowledge without.
    Two,
}

/// How long each phase of one request took; those of a connection that was open already are not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    pub dns: Option<Duration>,
    pub connect: Option<Duration>,
    pub tls: Option<Duration>,
    /// From the request's first byte that left to the answer's first byte that came.
    pub first_byte: Duration,
    pub body: Duration,
}

/// An answer, whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// The lines of the head as they came: most of them nobody asks for.
    pub head: Vec<u8>,
    /// At most `BODY_MAX`, and only where somebody looks into it.
    pub body: Vec<u8>,
    /// All that came, head and body.
    pub bytes: u64,
}

impl Answer {
    /// All headers, names as they came.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let lines = self.head.split(|byte| *byte == b'\n');
        lines.filter_map(|line| {
            let (name, value) = std::str::from_utf8(line).ok()?.split_once(':')?;
            Some((name, value.trim()))
        })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(held, _)| held.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Why there is no answer. The kinds are few, and each is counted by itself.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Broken {
    #[error("the name was not resolved")]
    Name,
    #[error("the connection was refused")]
    Refused,
    #[error("the connection could not be made")]
    Unreachable,
    /// Of our own machine.
    #[error("no port or descriptor was left here")]
    Exhausted,
    #[error("the certificate was not trusted")]
    Certificate,
    #[error("TLS could not be agreed on")]
    Tls,
    #[error("the version of HTTP that was asked for is not spoken there")]
    Version,
    #[error("the connection was reset")]
    Reset,
    #[error("the connection was closed before the answer was whole")]
    Closed,
    #[error("the answer was no HTTP")]
    Garbled,
    #[error("no whole answer came in time")]
    Timeout,
}

impl Broken {
    /// Whose fault it is: ours, where this machine had nothing left to connect with.
    pub fn is_ours(self) -> bool {
        matches!(self, Self::Exhausted)
    }

    pub(crate) fn of(error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        // EMFILE, ENFILE, EADDRNOTAVAIL: what this machine ran out of.
        if matches!(error.raw_os_error(), Some(24 | 23 | 99)) {
            return Self::Exhausted;
        }
        match error.kind() {
            Kind::ConnectionRefused => Self::Refused,
            Kind::ConnectionReset | Kind::BrokenPipe | Kind::ConnectionAborted => Self::Reset,
            Kind::UnexpectedEof => Self::Closed,
            Kind::TimedOut => Self::Timeout,
            Kind::InvalidData => Self::Garbled,
            _ => Self::Unreachable,
        }
    }
}

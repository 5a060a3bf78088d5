//! What a source hands to its sieve.

use crate::logs::level::Level;

/// Bytes that were read: `bytes[at..]` are new, `bytes[0]` stands at `base` in the file.
#[derive(Clone, Copy, Debug)]
pub struct Portion<'a> {
    pub file: u64,
    pub bytes: &'a [u8],
    pub base: u64,
    pub at: usize,
    /// Nothing more will come for a while: what is open ends here.
    pub flush: bool,
    /// What the source itself says of its lines, in order of their places; a file says nothing.
    pub said: &'a [Said],
}

/// From `start` on, up to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    pub start: u64,
    pub time_ms: Option<i64>,
    pub level: Option<Level>,
}

impl Portion<'_> {
    pub(super) fn said_at(&self, place: u64) -> Option<&Said> {
        let behind = self.said.partition_point(|said| said.start <= place);
        self.said[..behind].last()
    }
}

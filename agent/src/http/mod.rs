//! As much HTTP as sources need: to ask a target, and to be given readings.
//!
//! Invariants: every wait, head, body and number of connections is bounded; a redirect is followed only where it is
//! allowed, and so often; no secret of a URL or a header is part of what is said of a failure.

mod certificate;
mod client;
pub mod server;

pub use certificate::ends;
pub use client::{Answer, Ask, Trouble, ask};

/// By hand: the one use is a login in a header.
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let at = |n: usize| u32::from(three.get(n).copied().unwrap_or(0));
        let word = at(0) << 16 | at(1) << 8 | at(2);
        for letter in 0..4 {
            let index = (word >> (18 - 6 * letter)) & 63;
            out.push(if letter > three.len() { '=' } else { char::from(LETTERS[index as usize]) });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_of_rfc_4648() {
        for (bytes, expect) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(super::base64(bytes.as_bytes()), expect);
        }
    }
}

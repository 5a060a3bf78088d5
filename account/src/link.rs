//! The link in a notice with which an incident is acknowledged: signed, and good until it ends.
//!
//! Whoever holds the link may look and act on that one incident, and on nothing else. The key never leaves the account.

use std::fmt;

use alarm::points::Time;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A shorter key can be tried out.
pub const KEY_MIN: usize = 32;
/// Longest incident and audience that a link names.
const NAME_MAX: usize = 200;

#[derive(Clone)]
pub struct Key(Vec<u8>);

/// Never shown.
impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Key")
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    pub incident: String,
    /// To whom the notice went: the name that stands in the form unless another is typed.
    pub audience: String,
    pub until: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    #[error("SG-LAM-020: this link is not one of ours")]
    Signature,
    #[error("SG-LAM-021: this link has ended; take the one of a newer notice")]
    Ended,
}

impl Key {
    pub fn new(secret: &str) -> Option<Self> {
        (secret.len() >= KEY_MIN).then(|| Self(secret.as_bytes().to_vec()))
    }

    /// `?i=...&a=...&u=...&s=...`
    pub fn sign(&self, pass: &Pass) -> String {
        let mac = self.mac(pass).finalize().into_bytes();
        let digits = mac.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let signature: String = digits.map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])).collect();
        format!("?i={}&a={}&u={}&s={signature}", escape(&pass.incident), escape(&pass.audience), pass.until)
    }

    /// `query` without its question mark, as it came.
    pub fn open(&self, query: &str, now: Time) -> Result<Pass, Forged> {
        let field = |name: &str| {
            let found = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            found.filter(|value| value.len() <= NAME_MAX * 3).and_then(unescape).ok_or(Forged::Signature)
        };
        let until = field("u")?.parse().map_err(|_| Forged::Signature)?;
        let pass = Pass { incident: field("i")?, audience: field("a")?, until };
        let signature = bytes(&field("s")?).ok_or(Forged::Signature)?;
        // In constant time.
        self.mac(&pass).verify_slice(&signature).map_err(|_| Forged::Signature)?;
        if pass.until <= now { Err(Forged::Ended) } else { Ok(pass) }
    }

    fn mac(&self, pass: &Pass) -> Hmac<Sha256> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0).unwrap_or_else(|_| unreachable!("any length"));
        for part in ["stormglass acknowledge 1", &pass.incident, &pass.audience, &pass.until.to_string()] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac
    }
}

fn escape(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

/// What a browser sends: `%41` and, in forms, `+` for a blank.
pub fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => digit(rest.next()?)? << 4 | digit(rest.next()?)?,
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let pairs = hex.as_bytes().chunks_exact(2);
    pairs.remainder().is_empty().then_some(())?;
    pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

fn digit(hex: u8) -> Option<u8> {
    char::from(hex).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key::new("a secret of thirty-two characters!").unwrap()
    }

    fn pass() -> Pass {
        Pass { incident: "20261121-071003-k3f9a2".to_owned(), audience: "온콜 & co".to_owned(), until: 1_000 }
    }

    #[test]
    fn what_was_signed_opens_until_it_ends() {
        let link = key().sign(&pass());
        assert_eq!(key().open(&link[1..], 999), Ok(pass()));
        assert_eq!(key().open(&link[1..], 1_000), Err(Forged::Ended));
    }

    #[test]
    fn what_was_changed_does_not_open() {
        let link = key().sign(&pass());
        let other = Key::new("another secret of thirty-two chars").unwrap();
        assert_eq!(other.open(&link[1..], 0), Err(Forged::Signature));
        for at in 1..link.len() {
            let mut changed = link.clone().into_bytes();
            changed[at] = if changed[at] == b'7' { b'8' } else { b'7' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(key().open(&changed[1..], 0), Err(Forged::Signature), "{changed}");
        }
        for nonsense in ["", "i=&a=&u=&s=", "i=%&a=x&u=1&s=00", "u=99999999999999999999"] {
            assert_eq!(key().open(nonsense, 0), Err(Forged::Signature));
        }
    }

    #[test]
    fn a_short_key_is_refused_and_none_is_shown() {
        assert!(Key::new("short").is_none());
        assert_eq!(format!("{:?}", key()), "Key");
    }
}

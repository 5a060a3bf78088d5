//! Who may come in, and who may act.
//!
//! On loopback whoever is on the host may read, but no page of another site may: a foreign `Host` is refused (a name
//! that was made to point here), and an act needs a token that only our own page knows. Bound elsewhere, everything
//! needs the secret that was printed once; it is compared in constant time and tried rarely.

use std::collections::HashMap;
use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use hyper::HeaderMap;
use hyper::header::{COOKIE, HOST, ORIGIN};

/// Tries of one address within a minute: of the secret, and of acts.
const LOGINS_MAX: u32 = 10;
const ACTS_MAX: u32 = 60;
const MINUTE: Duration = Duration::from_mins(1);
/// Addresses that are counted apart; beyond them the oldest is forgotten.
const ADDRESSES_MAX: usize = 1_000;

pub(super) const SESSION: &str = "stormglass";
pub(super) const CSRF: &str = "csrf";

/// 128 random bits in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token(String);

impl Token {
    /// From the kernel's randomness.
    pub(crate) fn new() -> std::io::Result<Self> {
        let mut bytes = [0; 16];
        let mut random = std::fs::File::open("/dev/urandom")?;
        std::io::Read::read_exact(&mut random, &mut bytes)?;
        Ok(Self(bytes.iter().fold(String::new(), |mut text, byte| {
            // Writing into a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })))
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// Takes as long for a token that is nearly right as for one that is not.
    pub(super) fn is(&self, said: &str) -> bool {
        let (ours, theirs) = (self.0.as_bytes(), said.as_bytes());
        let differ = ours.iter().zip(theirs.iter().chain(std::iter::repeat(&0))).fold(0, |sum, (a, b)| sum | (a ^ b));
        std::hint::black_box(differ) == 0 && ours.len() == theirs.len()
    }
}

/// The door of one page.
#[derive(Debug)]
pub(crate) struct Door {
    listen: SocketAddr,
    /// Asked for where the page is bound elsewhere than on loopback.
    secret: Option<Token>,
    /// In every form of ours.
    csrf: Token,
    tries: HashMap<(IpAddr, &'static str), (Instant, u32)>,
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The browser was sent here under another name.
    Host,
    /// The secret is not known.
    Secret,
    /// An act that did not come from our page.
    Foreign,
    TooOften,
}

impl Door {
    pub(crate) fn new(listen: SocketAddr) -> std::io::Result<Self> {
        let secret = if listen.ip().is_loopback() { None } else { Some(Token::new()?) };
        Ok(Self { listen, secret, csrf: Token::new()?, tries: HashMap::new() })
    }

    /// Where it stands.
    pub(crate) fn place(&self) -> SocketAddr {
        self.listen
    }

    pub(crate) fn secret(&self) -> Option<&Token> {
        self.secret.as_ref()
    }

    pub(super) fn csrf(&self) -> &str {
        self.csrf.text()
    }

    /// Whether the address that the browser was given is one of this host's own: on loopback only such names.
    pub(super) fn host(&self, headers: &HeaderMap) -> Result<(), Refused> {
        if self.secret.is_some() {
            return Ok(());
        }
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).ok_or(Refused::Host)?;
        let name = host
            .rsplit_once(':')
            .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
            .map_or(host, |(name, _)| name);
        let name = name.trim_start_matches('[').trim_end_matches(']');
        let own = name.eq_ignore_ascii_case("localhost")
            || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback() || ip == self.listen.ip());
        if own { Ok(()) } else { Err(Refused::Host) }
    }

    /// By the cookie, or for programs (`/metrics`) by `Authorization: Bearer`.
    pub(super) fn session(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let Some(secret) = &self.secret else { return Ok(()) };
        let bearer = headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let said = cookie(headers, SESSION).or(bearer).unwrap_or_default();
        if secret.is(said) { Ok(()) } else { Err(Refused::Secret) }
    }

    /// Somebody types the secret.
    pub(super) fn login(&mut self, from: IpAddr, said: &str) -> Result<Token, Refused> {
        self.count(from, "login", LOGINS_MAX)?;
        let secret = self.secret.as_ref().ok_or(Refused::Secret)?;
        if secret.is(said.trim()) { Ok(secret.clone()) } else { Err(Refused::Secret) }
    }

    /// An act needs the token of our forms, and must not say that it comes from elsewhere.
    pub(super) fn act(&mut self, from: IpAddr, headers: &HeaderMap, csrf: &str) -> Result<(), Refused> {
        self.count(from, "act", ACTS_MAX)?;
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
        let foreign = site.is_some_and(|site| site != "same-origin" && site != "none");
        let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
        let elsewhere = origin.is_some_and(|origin| origin.split_once("://").is_none_or(|(_, place)| place != host));
        if foreign || elsewhere || !self.csrf.is(csrf) { Err(Refused::Foreign) } else { Ok(()) }
    }

    fn count(&mut self, from: IpAddr, what: &'static str, most: u32) -> Result<(), Refused> {
        let now = Instant::now();
        if self.tries.len() >= ADDRESSES_MAX {
            self.tries.retain(|_, (since, _)| now.duration_since(*since) < MINUTE);
            if self.tries.len() >= ADDRESSES_MAX {
                self.tries.clear();
            }
        }
        let (since, count) = self.tries.entry((from, what)).or_insert((now, 0));
        if now.duration_since(*since) >= MINUTE {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        if *count > most { Err(Refused::TooOften) } else { Ok(()) }
    }
}

/// The value of a cookie.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (hyper::header::HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    fn door(listen: &str) -> Door {
        Door::new(listen.parse().unwrap()).unwrap()
    }

    #[test]
    fn a_foreign_name_is_refused_on_loopback() {
        let door = door("127.0.0.1:7300");
        for (host, expect) in [
            ("127.0.0.1:7300", Ok(())),
            ("localhost:9999", Ok(())),
            ("[::1]:7300", Ok(())),
            ("attacker.example:7300", Err(Refused::Host)),
            ("127.0.0.1.attacker.example", Err(Refused::Host)),
            ("10.0.0.1:7300", Err(Refused::Host)),
        ] {
            assert_eq!(door.host(&headers(&[("host", host)])), expect, "{host}");
        }
        assert_eq!(door.host(&HeaderMap::new()), Err(Refused::Host));
    }

    #[test]
    fn elsewhere_the_secret_is_asked_for() {
        let mut door = door("0.0.0.0:7300");
        let secret = door.secret().expect("there is one").text().to_owned();
        assert_eq!(secret.len(), 32);
        assert_eq!(door.session(&HeaderMap::new()), Err(Refused::Secret));
        let cookie = format!("a=b; stormglass={secret}");
        assert_eq!(door.session(&headers(&[("cookie", &cookie)])), Ok(()));
        assert_eq!(door.session(&headers(&[("authorization", &format!("Bearer {secret}"))])), Ok(()));
        let half = format!("stormglass={}", &secret[..16]);
        assert_eq!(door.session(&headers(&[("cookie", &half)])), Err(Refused::Secret));
        let from = "10.0.0.7".parse().unwrap();
        for _ in 0..LOGINS_MAX {
            assert_eq!(door.login(from, "guess"), Err(Refused::Secret));
        }
        assert_eq!(door.login(from, &secret), Err(Refused::TooOften), "also the right one, for a minute");
        assert!(door.login("10.0.0.8".parse().unwrap(), &secret).is_ok());
    }

    #[test]
    fn an_act_must_come_from_our_page() {
        let mut door = door("127.0.0.1:7300");
        let (from, csrf) = ("127.0.0.1".parse().unwrap(), door.csrf().to_owned());
        let host = ("host", "127.0.0.1:7300");
        let mut act = |pairs: &[(&'static str, &str)], csrf: &str| door.act(from, &headers(pairs), csrf);
        assert_eq!(act(&[host], &csrf), Ok(()));
        assert_eq!(act(&[host, ("origin", "http://127.0.0.1:7300")], &csrf), Ok(()));
        assert_eq!(act(&[host], ""), Err(Refused::Foreign));
        assert_eq!(act(&[host, ("origin", "https://attacker.example")], &csrf), Err(Refused::Foreign));
        assert_eq!(act(&[host, ("origin", "null")], &csrf), Err(Refused::Foreign));
        assert_eq!(act(&[host, ("sec-fetch-site", "cross-site")], &csrf), Err(Refused::Foreign));
    }
}

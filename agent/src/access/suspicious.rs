//! Are these the requests we meant to serve? Names the kind of those that look like somebody trying the doors.
//!
//! A guess from one line, and told as one: nothing is blocked by it. Addresses are counted here to find bursts and to
//! name the worst in a notice and the journal; they are forgotten each minute and never leave as dimensions.

use std::collections::HashMap;

use super::format::Hit;

/// A URI longer than any of ours, and a request body no API of a small team takes.
const URI_MAX: usize = 2_048;
const BODY_MAX: f64 = 50e6;
/// So many refusals (401, 403, 404) of one address in a minute are a burst.
const BURST: u32 = 20;
/// Addresses counted in a minute; with more, the newest are not told apart.
const ADDRESSES_MAX: usize = 4_096;
const ADDRESS_BYTES_MAX: usize = 45;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Asks for what scanners ask for.
    Scanner,
    /// Carries SQL, a script, a path out of the root, a lookup.
    Injection,
    /// One of a burst of refusals to one address.
    Burst,
    Oversize,
}

impl Kind {
    pub(super) const ALL: [(Kind, &str); 4] = [
        (Kind::Scanner, "scanner"),
        (Kind::Injection, "injection"),
        (Kind::Burst, "burst"),
        (Kind::Oversize, "oversize"),
    ];
}

/// What stands behind a slash of a path where nobody we know asks, the slash with it.
const SCANNED: &[&[u8]] = &[
    b"/.env",
    b"/.git",
    b"/.aws",
    b"/.ssh",
    b"/.svn",
    b"/.ds_store",
    b"/.htpasswd",
    b"/wp-",
    b"/wordpress",
    b"/xmlrpc.php",
    b"/phpmyadmin",
    b"/pma/",
    b"/myadmin",
    b"/cgi-bin/",
    b"/vendor/phpunit",
    b"/solr/",
    b"/boaform",
    b"/hnap1",
    b"/actuator/env",
    b"/actuator/heapdump",
    b"/server-status",
    b"/config.json",
    b"/autodiscover",
    b"/_ignition",
    b"/owa/",
    b"/manager/html",
    b"/struts",
    b"/telescope/",
    b"/debug/default",
    b"/shell",
];

const INJECTED: &[&[u8]] = &[
    b"../",
    b"..\\",
    b"/etc/passwd",
    b"<script",
    b"${jndi:",
    b"union select",
    b"union all select",
    b"' or ",
    b"'or'",
    b"or 1=1",
    b"sleep(",
    b"benchmark(",
    b"waitfor delay",
    b"information_schema",
    b"xp_cmdshell",
    b"javascript:",
    b"\0",
    b"php://",
    b"() {",
    b";wget ",
    b";curl ",
    b"|cat ",
];

/// What a byte of a path, as it stands in a log, may be part of.
const ODD: u8 = 1;
const DOT: u8 = 2;
const WRITTEN_OTHERWISE: u8 = 4;

/// An injection has an odd byte or two dots; a capital or an escape hides what a path is in small letters.
const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let odd = b"'<>(){}$|\\%+";
    let mut at = 0;
    while at < odd.len() {
        classes[odd[at] as usize] |= ODD;
        at += 1;
    }
    let mut capital = b'A';
    while capital <= b'Z' {
        classes[capital as usize] |= WRITTEN_OTHERWISE;
        capital += 1;
    }
    classes[b'%' as usize] |= WRITTEN_OTHERWISE;
    classes[b'.' as usize] |= DOT;
    classes
}
const CLASSES: [u8; 256] = classes();

#[derive(Debug, Default)]
pub(super) struct Watch {
    refused: HashMap<Box<[u8]>, u32>,
    /// Anything suspicious in this minute; a few that asked for what is not there are nobody's news.
    is_news: bool,
    lowered: Vec<u8>,
    counts: [u64; Kind::ALL.len()],
}

impl Watch {
    pub(super) fn see(&mut self, hit: &Hit<'_>) {
        if let Some(kind) = self.kind(hit) {
            self.counts[kind as usize] += 1;
            self.is_news = true;
            // Who was caught once is worth remembering among the worst.
            self.count(hit.address);
        }
    }

    fn kind(&mut self, hit: &Hit<'_>) -> Option<Kind> {
        if hit.path.len() > URI_MAX || hit.received.is_some_and(|bytes| bytes > BODY_MAX) {
            return Some(Kind::Oversize);
        }
        // Most paths are plain: one look at each byte tells.
        let (mut seen, mut last) = (0, 0);
        for byte in hit.path {
            let class = CLASSES[usize::from(*byte)];
            seen |= class & !DOT | class & last & DOT;
            last = class;
        }
        if seen & (ODD | DOT | WRITTEN_OTHERWISE) != 0 {
            self.lower(hit.path);
        }
        if seen & (ODD | DOT) != 0 && INJECTED.iter().any(|shape| memchr::memmem::find(&self.lowered, shape).is_some())
        {
            return Some(Kind::Injection);
        }
        let path = if seen == 0 { hit.path } else { &self.lowered };
        let path = &path[..memchr::memchr(b'?', path).unwrap_or(path.len())];
        if is_scanned(path) || (hit.status == 404 && path.ends_with(b".php")) {
            return Some(Kind::Scanner);
        }
        if matches!(hit.status, 401 | 403 | 404) && self.count(hit.address) >= BURST {
            return Some(Kind::Burst);
        }
        None
    }

    /// In small letters, with its escapes undone once.
    fn lower(&mut self, path: &[u8]) {
        self.lowered.clear();
        let mut rest = path;
        while let [byte, after @ ..] = rest {
            let hex = |at: usize| after.get(at).and_then(|digit| char::from(*digit).to_digit(16));
            let escaped = (*byte == b'%').then(|| Some(hex(0)? * 16 + hex(1)?)).flatten();
            self.lowered.push(match (escaped, byte) {
                (Some(byte), _) => (byte as u8).to_ascii_lowercase(),
                (None, b'+') => b' ',
                (None, byte) => byte.to_ascii_lowercase(),
            });
            rest = if escaped.is_some() { &after[2..] } else { after };
        }
    }

    fn count(&mut self, address: &[u8]) -> u32 {
        if let Some(count) = self.refused.get_mut(address) {
            *count += 1;
            return *count;
        }
        if self.refused.len() < ADDRESSES_MAX && !address.is_empty() && address.len() <= ADDRESS_BYTES_MAX {
            self.refused.insert(address.into(), 1);
        }
        1
    }

    /// What was seen since the last telling, by kind.
    pub(super) fn take(&mut self) -> [u64; Kind::ALL.len()] {
        std::mem::take(&mut self.counts)
    }

    /// The addresses with the most refused or suspicious requests of the minute, worst first, if any was suspicious. At
    /// its end all are forgotten.
    pub(super) fn worst(&mut self, many: usize, minute_ends: bool) -> Vec<(String, u32)> {
        let mut all: Vec<_> = if self.is_news { self.refused.iter().collect() } else { Vec::new() };
        all.sort_by(|(a, many), (b, more)| more.cmp(many).then_with(|| a.cmp(b)));
        all.truncate(many);
        let named = all.into_iter().map(|(address, count)| (String::from_utf8_lossy(address).into_owned(), *count));
        let named = named.collect();
        if minute_ends {
            self.refused.clear();
            self.is_news = false;
        }
        named
    }
}

/// Whether anything that scanners ask for stands behind a slash.
fn is_scanned(path: &[u8]) -> bool {
    memchr::memchr_iter(b'/', path).any(|at| {
        let rest = &path[at..];
        SCANNED.iter().any(|shape| rest.get(1) == shape.get(1) && rest.starts_with(shape))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(path: &str, status: u16) -> Hit<'_> {
        Hit {
            address: b"203.0.113.7",
            method: b"GET",
            path: path.as_bytes(),
            status,
            seconds: None,
            upstream: None,
            received: None,
        }
    }

    fn check(path: &str, status: u16, expect: Option<Kind>) {
        assert_eq!(Watch::default().kind(&hit(path, status)), expect, "{path}");
    }

    #[test]
    fn kinds() {
        for path in ["/.env", "/api/.git/config", "/wp-login.php", "/phpMyAdmin/", "/x/y.php", "/Actuator/Env"] {
            check(path, 404, Some(Kind::Scanner));
        }
        check("/.env", 200, Some(Kind::Scanner));
        for path in [
            "/a?q=1%27%20OR%201=1",
            "/a?q=UNION+SELECT+1",
            "/static/../../etc/passwd",
            "/%2e%2e/%2e%2e/x",
            "/a?x=${jndi:ldap://b}",
            "/a?x=<script>",
            "/a?x=1;sleep(5)",
        ] {
            check(path, 200, Some(Kind::Injection));
        }
        check(&format!("/a?x={}", "y".repeat(URI_MAX)), 200, Some(Kind::Oversize));
    }

    #[test]
    fn all_that_scanners_ask_for_stands_behind_a_slash() {
        assert!(SCANNED.iter().all(|shape| shape.starts_with(b"/") && shape.len() > 1));
        check("/x/%2Egit/config", 200, Some(Kind::Scanner));
        check("/shop/WP-login?x=1", 200, Some(Kind::Scanner));
    }

    #[test]
    fn what_we_serve_is_not_suspicious() {
        for path in [
            "/",
            "/orders/7",
            "/search?q=kim+chi%20jjigae",
            "/products?sort=price&dir=desc",
            "/wishlist",
            "/actuator/health",
            "/shop/o'neill",
            "/api/select/union",
            "/.well-known/acme-challenge/x",
            "/index.php?id=3",
        ] {
            check(path, 200, None);
        }
    }

    #[test]
    fn a_burst_of_refusals_to_one_address() {
        let mut watch = Watch::default();
        for _ in 0..30 {
            watch.see(&hit("/orders/7", 404));
        }
        let counts = watch.take();
        assert_eq!(counts[Kind::Burst as usize], 11);
        assert_eq!(watch.worst(3, false)[0].0, "203.0.113.7");
        assert_eq!(watch.worst(3, true)[0].0, "203.0.113.7");
        assert!(watch.worst(3, false).is_empty());
    }

    #[test]
    fn few_that_missed_are_nobodys_news() {
        let mut watch = Watch::default();
        watch.see(&hit("/orders/7", 404));
        assert!(watch.worst(3, true).is_empty());
        watch.see(&hit("/.env", 404));
        assert_eq!(watch.worst(3, true), [("203.0.113.7".to_owned(), 1)]);
    }

    #[test]
    fn addresses_are_bounded() {
        let mut watch = Watch::default();
        for n in 0..ADDRESSES_MAX + 100 {
            let address = n.to_string();
            watch.see(&Hit { address: address.as_bytes(), ..hit("/x", 404) });
        }
        assert!(watch.refused.len() <= ADDRESSES_MAX);
    }
}

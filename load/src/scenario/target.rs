//! Where is pressed: scheme, host, port and the path that all requests begin with.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub tls: bool,
    /// Without the brackets of an IPv6 address.
    pub host: String,
    pub port: u16,
    /// Without a slash at its end.
    pub base: String,
}

impl Target {
    pub fn parse(url: &str) -> Result<Self, String> {
        let (scheme, rest) = url.split_once("://").ok_or("write it like \"http://127.0.0.1:8080\"")?;
        let tls = match scheme {
            "http" => false,
            "https" => true,
            _ => return Err(format!("`{scheme}` is neither http nor https")),
        };
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        if authority.contains('@') {
            return Err("a name and password in the address would stand in every report; use a header".to_owned());
        }
        let usual = if tls { 443 } else { 80 };
        let (host, port) = match authority.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
            Some((host, "")) => (host, usual),
            Some((host, port)) => (host, port_of(port.strip_prefix(':').unwrap_or(port))?),
            None => match authority.split_once(':') {
                Some((host, port)) => (host, port_of(port)?),
                None => (authority, usual),
            },
        };
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("it names no host".to_owned());
        }
        Ok(Self { tls, host: host.to_owned(), port, base: path.trim_end_matches('/').to_owned() })
    }

    /// What the `Host` header says.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == if self.tls { 443 } else { 80 } { host } else { format!("{host}:{}", self.port) }
    }

    /// This machine: nobody else is pressed.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

fn port_of(text: &str) -> Result<u16, String> {
    text.parse().ok().filter(|port| *port != 0).ok_or_else(|| format!("`{text}` is no port"))
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}://{}{}", if self.tls { "https" } else { "http" }, self.authority(), self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let check = |url: &str, expect: &str, loopback: bool| {
            let target = Target::parse(url).unwrap_or_else(|says| panic!("{url}: {says}"));
            assert_eq!((target.to_string().as_str(), target.is_loopback()), (expect, loopback), "{url}");
        };
        check("http://127.0.0.1:8080", "http://127.0.0.1:8080", true);
        check("http://localhost", "http://localhost", true);
        check("https://shop.example/v1/", "https://shop.example/v1", false);
        check("http://[::1]:81/x", "http://[::1]:81/x", true);
        for wrong in ["127.0.0.1", "ftp://x", "http://", "http://x:0", "http://x:y", "http://me:secret@x"] {
            assert!(Target::parse(wrong).is_err(), "{wrong} was taken");
        }
    }
}

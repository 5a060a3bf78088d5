//! As much of HTTP/1.1 as the metadata service speaks: one request a connection, no TLS, every wait and size bounded.
//!
//! The SDK's client for it is asynchronous and its types may not leave the room `aws`; ten small requests at the start
//! need neither.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// The service answers within milliseconds, or it is not there.
const WAIT: Duration = Duration::from_secs(1);
/// Its largest answers are some kilobytes.
const ANSWER_BYTES_MAX: usize = 256 << 10;

/// `http://host:port`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    host: String,
    port: u16,
}

impl Place {
    pub(super) fn parse(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("http://")?.trim_end_matches('/');
        let (host, port) = match rest.rsplit_once(':') {
            // An IPv6 address without a port ends in its bracket.
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (rest, 80),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_sound = !host.is_empty() && !host.contains(['/', '@', ' ', '?', '\r', '\n']);
        is_sound.then(|| Self { host: host.to_owned(), port })
    }

    /// The status and the body.
    pub(super) fn request(&self, method: &str, path: &str, header: (&str, &str)) -> io::Result<(u16, String)> {
        let addresses = (self.host.as_str(), self.port).to_socket_addrs()?;
        let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in addresses {
            match TcpStream::connect_timeout(&address, WAIT) {
                Ok(stream) => return exchange(stream, &self.host, method, path, header),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

fn exchange(
    mut stream: TcpStream,
    host: &str,
    method: &str,
    path: &str,
    header: (&str, &str),
) -> io::Result<(u16, String)> {
    stream.set_read_timeout(Some(WAIT))?;
    stream.set_write_timeout(Some(WAIT))?;
    let (name, value) = header;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{name}: {value}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let answer = read(&mut stream)?;
    parse(&answer).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the answer is no HTTP"))
}

/// Until the answer is whole: not everyone closes the connection when asked to.
fn read(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let (mut answer, mut piece) = (Vec::new(), [0; 4_096]);
    while !is_whole(&answer) && answer.len() < ANSWER_BYTES_MAX {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => answer.extend_from_slice(&piece[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                let says = format!("no answer within {} s", WAIT.as_secs());
                return Err(io::Error::new(io::ErrorKind::TimedOut, says));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(answer)
}

/// The end of the head, where it is there, and a header's value.
fn head(answer: &[u8]) -> Option<(&str, &[u8])> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some((std::str::from_utf8(&answer[..end]).ok()?, &answer[end + 4..]))
}

fn value<'a>(head: &'a str, wanted: &str) -> Option<&'a str> {
    let mut headers = head.split("\r\n").filter_map(|line| line.split_once(':'));
    headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
}

fn is_chunked(head: &str) -> bool {
    value(head, "transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
}

/// What says neither its length nor its chunks ends with the connection.
fn is_whole(answer: &[u8]) -> bool {
    let Some((head, body)) = head(answer) else { return false };
    if is_chunked(head) {
        return unchunk(body).is_some();
    }
    value(head, "content-length")
        .and_then(|length| length.parse().ok())
        .is_some_and(|length: usize| body.len() >= length)
}

/// Status and body of a whole answer.
fn parse(answer: &[u8]) -> Option<(u16, String)> {
    let (head, body) = head(answer)?;
    let status = head.split("\r\n").next()?.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    let body = if is_chunked(head) { unchunk(body)? } else { body.to_vec() };
    Some((status, String::from_utf8(body).ok()?))
}

/// Each chunk is its length in hexadecimal, a line end, the bytes, a line end; one of length 0 is the last.
fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let length = std::str::from_utf8(&rest[..end]).ok()?.split(';').next()?;
        let length = usize::from_str_radix(length.trim(), 16).ok()?;
        if length == 0 {
            return Some(body);
        }
        let from = end + 2;
        body.extend(rest.get(from..from.checked_add(length)?)?);
        rest = rest.get(from + length + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn places() {
        let place = |host: &str, port| Some(Place { host: host.into(), port });
        for (url, expect) in [
            ("http://169.254.169.254", place("169.254.169.254", 80)),
            ("http://169.254.169.254/", place("169.254.169.254", 80)),
            ("http://localhost:4566", place("localhost", 4566)),
            ("http://[fd00:ec2::254]", place("fd00:ec2::254", 80)),
            ("http://[fd00:ec2::254]:81", place("fd00:ec2::254", 81)),
            ("https://x", None),
            ("http://", None),
            ("http://a/b", None),
            ("http://a:x", None),
        ] {
            assert_eq!(Place::parse(url), expect, "{url}");
        }
    }

    #[test]
    fn answers() {
        let plain = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
        assert_eq!(parse(plain), Some((200, "hi".into())));
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
        assert_eq!(parse(chunked), Some((200, "abcde".into())));
        assert_eq!(parse(b"HTTP/1.0 404 Not Found\r\n\r\n"), Some((404, String::new())));
        assert_eq!(parse(b"SSH-2.0-OpenSSH\r\n\r\n"), None);
    }

    #[test]
    fn an_answer_is_whole_by_what_it_says_of_itself() {
        assert!(!is_whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh"));
        assert!(is_whole(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"));
        assert!(!is_whole(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"));
        assert!(is_whole(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"));
        assert!(!is_whole(b"HTTP/1.1 200 OK\r\n\r\nuntil the end"), "only the end of the connection tells");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), length in "[0-9a-f]{0,20}") {
            let _ = parse(&bytes);
            let mut chunked = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{length}\r\n").into_bytes();
            chunked.extend(bytes);
            let _ = parse(&chunked);
        }
    }
}

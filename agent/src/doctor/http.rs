//! One plain HTTP question, bounded in time and bytes: what the metadata service and an actuator are asked by.
//!
//! Not for AWS (that is `aws`), no TLS, no redirects, no keep-alive.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// Longest answer that is read; an actuator's first page is some 50 KB.
const ANSWER_MAX: u64 = 256 << 10;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("nothing listens at {0}: {1}")]
    NoConnection(String, io::Error),
    #[error("{0} took the connection and did not answer within {1:?}")]
    NoAnswer(String, Duration),
    #[error("{0} answered something that is not HTTP")]
    NotHttp(String),
}

/// `host_port` like `127.0.0.1:8080`.
pub(crate) fn ask(
    host_port: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    limit: Duration,
) -> Result<Answer, Trouble> {
    let whose = host_port.to_owned();
    let refused = |error| Trouble::NoConnection(whose.clone(), error);
    let until = Instant::now() + limit;
    let addresses = host_port.to_socket_addrs().map_err(refused)?;
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    let connected = addresses
        .take(2)
        .find_map(|address| TcpStream::connect_timeout(&address, limit).map_err(|error| last = error).ok());
    let Some(stream) = connected else { return Err(Trouble::NoConnection(whose, last)) };
    match exchange(stream, until, &request(host_port, method, path, headers)) {
        Ok(text) => parse(&text).ok_or(Trouble::NotHttp(whose)),
        Err(_) => Err(Trouble::NoAnswer(whose, limit)),
    }
}

fn request(host: &str, method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: 0\r\n");
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    text + "\r\n"
}

/// Reads until the other side closes, the bound is reached, or time is up; what came by then is the answer.
fn exchange(mut stream: TcpStream, until: Instant, request: &str) -> io::Result<String> {
    stream.set_write_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    let mut piece = [0; 8 << 10];
    while (bytes.len() as u64) < ANSWER_MAX {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => bytes.extend_from_slice(&piece[..read]),
            Err(_) if !bytes.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    if bytes.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn parse(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let first = head.lines().next()?.strip_prefix("HTTP/1.")?;
    let status = first.split_whitespace().nth(1)?.parse().ok()?;
    Some(Answer { status, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Answers one connection with `answer`, then closes; with nothing, it keeps silent until dropped.
    fn server(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut piece = [0; 1024];
            let _ = stream.read(&mut piece);
            if answer.is_empty() {
                thread::sleep(Duration::from_secs(2));
            }
            let _ = stream.write_all(answer.as_bytes());
        });
        address
    }

    #[test]
    fn an_answer() {
        let address = server("HTTP/1.1 401 Unauthorized\r\nServer: x\r\n\r\nno");
        let answer = ask(&address, "GET", "/latest", &[("X-A", "b")], Duration::from_secs(2)).expect("answers");
        assert_eq!(answer, Answer { status: 401, body: "no".into() });
    }

    #[test]
    fn each_trouble_is_told_apart() {
        let silent = server("");
        let short = Duration::from_millis(100);
        assert!(matches!(ask(&silent, "PUT", "/", &[], short), Err(Trouble::NoAnswer(..))));
        let odd = server("SSH-2.0-OpenSSH_9.2\r\n");
        // A busy machine takes its time to answer.
        let limit = Duration::from_secs(10);
        assert!(matches!(ask(&odd, "GET", "/", &[], limit), Err(Trouble::NotHttp(_))));
        assert!(matches!(ask("127.0.0.1:1", "GET", "/", &[], limit), Err(Trouble::NoConnection(..))));
    }
}

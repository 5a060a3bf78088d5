//! HTTP/1.1 as the SDKs use it: one request after another on a connection, bodies by length or in chunks.
//!
//! By hand, over blocking sockets, because a server for faults must be able to stop anywhere: in the middle of an
//! answer, before it, after having accepted. Adding hyper's server would also rebuild every SDK crate.

use std::fmt::Write as _;
use std::io::{self, BufRead, Read, Write};

/// No head of an SDK comes near; more is nonsense.
const HEAD_BYTES: u64 = 64 * 1024;
/// Well above any limit that we check, so that the limits, not this, refuse a body.
const BODY_BYTES: u64 = 16 * 1024 * 1024;
const HEADERS: usize = 64;

#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The next request, or `None` when the client has gone.
    pub(crate) fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut head = Vec::new();
        let mut limited = from.take(HEAD_BYTES);
        while !head.ends_with(b"\r\n\r\n") {
            if limited.read_until(b'\n', &mut head)? == 0 {
                return if head.is_empty() {
                    Ok(None)
                } else {
                    Err(invalid("the head of a request is cut or too long"))
                };
            }
        }
        let mut request = Self::parse_head(&head)?;
        if request.header("expect").is_some() {
            return Err(invalid("Expect: 100-continue is not spoken here"));
        }
        request.body = if request.header("transfer-encoding").is_some_and(|it| it.eq_ignore_ascii_case("chunked")) {
            read_chunks(from)?
        } else {
            let length =
                request.header("content-length").unwrap_or("0").parse().map_err(|_| invalid("Content-Length"))?;
            read_exactly(from, length)?
        };
        Ok(Some(request))
    }

    fn parse_head(head: &[u8]) -> io::Result<Self> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut parsed = httparse::Request::new(&mut headers);
        parsed.parse(head).map_err(|e| invalid(&format!("the head of a request: {e}")))?;
        let headers = parsed.headers.iter();
        Ok(Self {
            method: parsed.method.unwrap_or_default().to_owned(),
            path: parsed.path.unwrap_or_default().to_owned(),
            headers: headers.map(|h| (h.name.to_owned(), String::from_utf8_lossy(h.value).into_owned())).collect(),
            body: Vec::new(),
        })
    }

    /// As it came, for somebody else.
    pub(crate) fn written(&self, host: &str) -> Vec<u8> {
        let of_the_wire = ["host", "content-length", "transfer-encoding", "connection"];
        let mut head = format!("{} {} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            if !of_the_wire.iter().any(|it| name.eq_ignore_ascii_case(it)) {
                let _ = write!(head, "{name}: {value}\r\n");
            }
        }
        let _ = write!(head, "content-length: {}\r\n\r\n", self.body.len());
        let mut whole = head.into_bytes();
        whole.extend_from_slice(&self.body);
        whole
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(had, _)| had.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

fn read_exactly(from: &mut impl BufRead, length: u64) -> io::Result<Vec<u8>> {
    if length > BODY_BYTES {
        return Err(invalid("a body of more than 16 MiB"));
    }
    let mut body = vec![0; length as usize];
    from.read_exact(&mut body)?;
    Ok(body)
}

pub(crate) fn read_chunks(from: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        from.take(HEAD_BYTES).read_line(&mut line)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| invalid("the size of a chunk"))?;
        if body.len() as u64 + size > BODY_BYTES {
            return Err(invalid("a body of more than 16 MiB"));
        }
        body.append(&mut read_exactly(from, size)?);
        let mut end = String::new();
        from.take(HEAD_BYTES).read_line(&mut end)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

fn invalid(says: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, says.to_owned())
}

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type", content_type.to_owned())], body: body.into() }
    }

    pub(crate) fn text(status: u16, body: impl Into<String>) -> Self {
        Self::new(status, "text/plain", body.into())
    }

    pub(crate) fn json(body: &serde_json::Value) -> Self {
        Self::new(200, "application/x-amz-json-1.1", body.to_string())
    }

    #[must_use]
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let _ = write!(head, "content-length: {}\r\n\r\n", self.body.len());
        let mut whole = head.into_bytes();
        whole.extend_from_slice(&self.body);
        to.write_all(&whole)?;
        to.flush()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_in_chunks_and_the_request_after_it_are_both_read() {
        let mut wire = &b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n\
            PUT /b HTTP/1.1\r\ncontent-length: 2\r\n\r\nhi"[..];
        let first = Request::read(&mut wire).unwrap().unwrap();
        assert_eq!((first.path.as_str(), first.body.as_slice()), ("/a", &b"abcde"[..]));
        let second = Request::read(&mut wire).unwrap().unwrap();
        assert_eq!((second.method.as_str(), second.body.as_slice()), ("PUT", &b"hi"[..]));
        assert!(Request::read(&mut wire).unwrap().is_none());
    }

    #[test]
    fn a_head_that_ends_early_is_an_error_not_a_request() {
        assert!(Request::read(&mut &b"POST / HTTP/1.1\r\nhost: x\r\n"[..]).is_err());
    }
}

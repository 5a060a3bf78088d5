//! What is not spoken here is asked of an implementation that stands behind, byte for byte: so that faults of our own meet
//! answers of others.

use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::http::{Answer, Request, read_chunks};

const PATIENCE: Duration = Duration::from_secs(20);
const HEADERS: usize = 64;

/// `address` without a scheme: `127.0.0.1:4566`.
pub(crate) fn ask(address: &str, request: &Request) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&request.written(address))?;
    let mut from = BufReader::new(stream);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if io::BufRead::read_until(&mut from, b'\n', &mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut parsed = httparse::Response::new(&mut headers);
    parsed.parse(&head).map_err(io::Error::other)?;
    let header = |name: &str| {
        let found = parsed.headers.iter().find(|it| it.name.eq_ignore_ascii_case(name));
        found.map(|it| String::from_utf8_lossy(it.value).into_owned())
    };
    let body = if header("transfer-encoding").is_some_and(|it| it.eq_ignore_ascii_case("chunked")) {
        read_chunks(&mut from)?
    } else {
        let length = header("content-length").and_then(|it| it.parse().ok()).unwrap_or(u64::MAX);
        let mut body = Vec::new();
        from.take(length).read_to_end(&mut body)?;
        body
    };
    let answer = Answer::new(parsed.code.unwrap_or(502), &header("content-type").unwrap_or_default(), body);
    Ok(match header("smithy-protocol") {
        Some(protocol) => answer.header("smithy-protocol", protocol),
        None => answer,
    })
}

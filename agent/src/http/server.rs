//! Is given readings: one request a connection, head and body bounded, on loopback or a UNIX socket.
//!
//! By hand on `httparse`: three headers matter and nothing is ever kept alive. A browser cannot be made to speak here by
//! a foreign page: what has an `Origin` is refused.

use std::io::Read;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// Bytes of a head, and headers in it.
const HEAD_MAX: usize = 8 << 10;
const HEADERS_MAX: usize = 32;
/// For a whole request, and for the answer to be taken.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    pub method: String,
    pub path: String,
    pub content_type: String,
    pub body: Vec<u8>,
}

/// What is answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub content_type: &'static str,
    pub body: Vec<u8>,
    /// Come again after so many seconds.
    pub retry_after_s: Option<u16>,
}

/// A turn of the agent takes what waits within a second.
const COME_AGAIN_S: u16 = 2;

impl Reply {
    /// For who keeps what they have and brings it again.
    pub fn busy() -> Self {
        Self { retry_after_s: Some(COME_AGAIN_S), ..Self::text(503, "busy; come again") }
    }

    pub fn text(status: u16, says: impl Into<String>) -> Self {
        let mut says = says.into();
        says.push('\n');
        Self { status, content_type: "text/plain; charset=utf-8", body: says.into_bytes(), retry_after_s: None }
    }
}

/// What the head of a request says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Head {
    given: Given,
    length: usize,
    is_gzip: bool,
}

/// Reads one request, lets it be answered, and closes. `body_max` holds before and after unpacking.
pub async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin + Send,
    body_max: usize,
    answer: impl FnOnce(Given) -> Reply + Send,
) {
    let reply = match timeout(PATIENCE, read(&mut stream, body_max)).await {
        Ok(Ok(given)) => answer(given),
        Ok(Err(refused)) => refused,
        Err(_) => Reply::text(408, "the request did not come in time"),
    };
    let later = reply.retry_after_s.map_or(String::new(), |seconds| format!("Retry-After: {seconds}\r\n"));
    let head = format!(
        "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{later}Connection: close\r\n\r\n",
        reply.status,
        reason(reply.status),
        reply.content_type,
        reply.body.len()
    );
    let written = async {
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&reply.body).await?;
        stream.shutdown().await
    };
    match timeout(PATIENCE, written).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "whoever asked did not wait for the answer"),
        Err(_) => tracing::debug!("whoever asked does not take the answer"),
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        202 => "Accepted",
        204 => "No Content",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        411 => "Length Required",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Answer",
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin), body_max: usize) -> Result<Given, Reply> {
    let gone = |_| Reply::text(400, "the connection ended within the request");
    let mut bytes = Vec::with_capacity(1_024);
    let (head, begins) = loop {
        if let Some(found) = head(&bytes)? {
            break found;
        }
        if bytes.len() >= HEAD_MAX {
            return Err(Reply::text(400, "the head is too long"));
        }
        if stream.read_buf(&mut bytes).await.map_err(gone)? == 0 {
            return Err(Reply::text(400, "the connection ended within the head"));
        }
    };
    if head.length > body_max {
        return Err(Reply::text(413, format!("a body may have {body_max} bytes")));
    }
    let mut body = bytes.split_off(begins);
    while body.len() < head.length {
        if stream.read_buf(&mut body).await.map_err(gone)? == 0 {
            return Err(Reply::text(400, "the connection ended within the body"));
        }
        if body.len() > body_max + HEAD_MAX {
            break;
        }
    }
    body.truncate(head.length);
    let body = if head.is_gzip { unpack(&body, body_max)? } else { body };
    Ok(Given { body, ..head.given })
}

/// The head, once it is whole, and where the body begins.
fn head(bytes: &[u8]) -> Result<Option<(Head, usize)>, Reply> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    let begins = match request.parse(bytes) {
        Ok(httparse::Status::Complete(begins)) => begins,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(Reply::text(400, format!("no HTTP: {error}"))),
    };
    let value = |name: &str| {
        let header = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        header.map(|header| String::from_utf8_lossy(header.value).trim().to_ascii_lowercase())
    };
    if value("origin").is_some() {
        return Err(Reply::text(403, "no page of a browser may ask here"));
    }
    if value("transfer-encoding").is_some() {
        return Err(Reply::text(411, "say the length of the body (Content-Length)"));
    }
    let length = match value("content-length") {
        Some(length) => length.parse().map_err(|_| Reply::text(400, "a Content-Length that is no number"))?,
        None => 0,
    };
    let is_gzip = match value("content-encoding").as_deref() {
        None | Some("identity" | "") => false,
        Some("gzip") => true,
        Some(other) => return Err(Reply::text(415, format!("the encoding {other} is not spoken; gzip is"))),
    };
    let given = Given {
        method: request.method.unwrap_or_default().to_owned(),
        path: request.path.unwrap_or_default().split('?').next().unwrap_or_default().to_owned(),
        content_type: value("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim().to_owned(),
        body: vec![],
    };
    Ok(Some((Head { given, length, is_gzip }, begins)))
}

fn unpack(body: &[u8], body_max: usize) -> Result<Vec<u8>, Reply> {
    let mut whole = Vec::new();
    let mut unpacked = flate2::read::GzDecoder::new(body).take(body_max as u64 + 1);
    unpacked.read_to_end(&mut whole).map_err(|_| Reply::text(400, "the body is no gzip"))?;
    if whole.len() > body_max {
        return Err(Reply::text(413, format!("a body may have {body_max} bytes, unpacked")));
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn asked(request: &[u8]) -> (String, Option<Given>) {
        answered(request, Reply::text(202, "taken"))
    }

    fn answered(request: &[u8], reply: Reply) -> (String, Option<Given>) {
        let (mut client, server) = tokio::io::duplex(64 << 10);
        let mut given = None;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let answer = runtime.block_on(async {
            let serving = serve(server, 100, |it| {
                given = Some(it);
                reply
            });
            let asking = async {
                client.write_all(request).await.expect("written");
                client.shutdown().await.expect("closed");
                let mut answer = String::new();
                client.read_to_string(&mut answer).await.expect("an answer");
                answer
            };
            tokio::join!(serving, asking).1
        });
        (answer, given)
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
        encoder.write_all(text).expect("written");
        encoder.finish().expect("packed")
    }

    #[test]
    fn requests_plain_and_packed() {
        let (answer, given) =
            asked(b"POST /put?x HTTP/1.1\r\nContent-Type: application/json; charset=x\r\nContent-Length: 2\r\n\r\n{}");
        assert!(answer.starts_with("HTTP/1.1 202 Accepted\r\n") && answer.ends_with("\r\n\r\ntaken\n"), "{answer}");
        let given = given.expect("given");
        assert_eq!(
            (given.path.as_str(), given.content_type.as_str(), given.body),
            ("/put", "application/json", b"{}".to_vec())
        );
        let packed = gzip(b"hello");
        let busy = Reply { retry_after_s: Some(2), ..Reply::text(503, "later") };
        let busy = answered(b"POST /x HTTP/1.1\r\nContent-Length: 0\r\n\r\n", busy).0;
        assert!(busy.starts_with("HTTP/1.1 503 ") && busy.contains("\r\nRetry-After: 2\r\n"), "{busy}");
        let head = format!("POST /x HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", packed.len());
        assert_eq!(asked(&[head.as_bytes(), &packed].concat()).1.expect("given").body, b"hello");
    }

    #[test]
    fn what_is_refused() {
        let bomb = gzip(&vec![0; 100_000]);
        let bomb = [
            format!("POST / HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", bomb.len()).as_bytes(),
            &bomb,
        ]
        .concat();
        for (request, status) in [
            (&b"POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n"[..], 413),
            (b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc", 400),
            (b"POST / HTTP/1.1\r\nOrigin: http://evil\r\nContent-Length: 0\r\n\r\n", 403),
            (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
            (b"nonsense\r\n\r\n", 400),
            (b"", 400),
            (b"POST / HTTP/1.1\r\nContent-Encoding: br\r\nContent-Length: 0\r\n\r\n", 415),
            (&bomb, 413),
        ] {
            let (answer, given) = asked(request);
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) && given.is_none(), "{answer}");
        }
    }
}

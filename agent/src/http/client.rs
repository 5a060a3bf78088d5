//! Asks one question, on a connection of its own.

use std::io;
use std::time::Duration;

use alarm::points::Time;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderName, HeaderValue, LOCATION, USER_AGENT};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::certificate;
use crate::tls;

/// Bytes of the head of an answer, and headers in it.
const HEAD_MAX: usize = 32 << 10;
const HEADERS_MAX: usize = 64;

/// What is asked, and what is the most that we wait and take.
#[derive(Clone, Debug)]
pub struct Ask {
    pub url: Uri,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// For everything together: the name, the connection, TLS, the answer.
    pub limit: Duration,
    pub bytes_max: usize,
    /// A redirect to another place is followed so often.
    pub redirects_max: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    /// When the certificate ends, where there was one.
    pub certificate_ends: Option<Time>,
}

#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("`{0}` is no http:// or https:// address")]
    BadUrl(String),
    #[error("cannot connect: {0}")]
    NoConnection(io::Error),
    #[error("no answer within {} s", .0.as_secs())]
    TooSlow(Duration),
    #[error("TLS: {says}")]
    Tls {
        says: io::Error,
        /// When the certificate that was not trusted ends.
        certificate_ends: Option<Time>,
    },
    #[error("no HTTP: {0}")]
    NotHttp(hyper::Error),
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    #[error("it redirects, to {0}")]
    Redirect(String),
}

/// The answer, or what came between.
pub async fn ask(ask: &Ask) -> Result<Answer, Trouble> {
    match timeout(ask.limit, follow(ask)).await {
        Ok(answer) => answer,
        Err(_) => Err(Trouble::TooSlow(ask.limit)),
    }
}

async fn follow(ask: &Ask) -> Result<Answer, Trouble> {
    let mut url = ask.url.clone();
    for _ in 0..=ask.redirects_max {
        let (answer, location) = once(ask, &url).await?;
        let Some(location) = location else { return Ok(answer) };
        url = next(&url, &location).ok_or(Trouble::Redirect(location))?;
    }
    Err(Trouble::Redirect(place(&url)))
}

/// A place without its query and without anybody's name: it may be said.
fn place(url: &Uri) -> String {
    format!("{}://{}{}", url.scheme_str().unwrap_or("http"), url.host().unwrap_or_default(), url.path())
}

fn next(from: &Uri, location: &str) -> Option<Uri> {
    if location.starts_with('/') && !location.starts_with("//") {
        let mut parts = from.clone().into_parts();
        parts.path_and_query = Some(location.parse().ok()?);
        return Uri::from_parts(parts).ok();
    }
    // From TLS back to plain text nobody is led.
    let to: Uri = location.parse().ok()?;
    let falls = from.scheme_str() == Some("https") && to.scheme_str() != Some("https");
    (to.host().is_some() && !falls).then_some(to)
}

/// One question to one place; where it redirects, to which.
async fn once(ask: &Ask, url: &Uri) -> Result<(Answer, Option<String>), Trouble> {
    let bad = || Trouble::BadUrl(place(url));
    let host = url.host().ok_or_else(bad)?.trim_start_matches('[').trim_end_matches(']');
    let is_tls = match url.scheme_str() {
        Some("http") => false,
        Some("https") => true,
        _ => return Err(bad()),
    };
    let port = url.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let stream = TcpStream::connect((host, port)).await.map_err(Trouble::NoConnection)?;
    // A request is one packet; there is nothing to gather.
    let _ = stream.set_nodelay(true);
    if !is_tls {
        return exchange(ask, url, stream, None).await;
    }
    let name = ServerName::try_from(host.to_owned()).map_err(|_| bad())?;
    let stream = match tls::connector().connect(name.clone(), stream).await {
        Ok(stream) => stream,
        Err(says) => return Err(Trouble::Tls { says, certificate_ends: look(host, port, name).await }),
    };
    let ends = stream.get_ref().1.peer_certificates().and_then(|chain| certificate::ends(chain.first()?));
    exchange(ask, url, stream, ends).await
}

/// Looks at the certificate of who is not trusted: most often it has just ended.
async fn look(host: &str, port: u16, name: ServerName<'static>) -> Option<Time> {
    let stream = TcpStream::connect((host, port)).await.ok()?;
    let stream = tls::onlooker().connect(name, stream).await.ok()?;
    stream.get_ref().1.peer_certificates().and_then(|chain| certificate::ends(chain.first()?))
}

async fn exchange(
    ask: &Ask,
    url: &Uri,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    certificate_ends: Option<Time>,
) -> Result<(Answer, Option<String>), Trouble> {
    let mut maker = http1::Builder::new();
    maker.max_buf_size(HEAD_MAX).max_headers(HEADERS_MAX);
    let (mut sender, connection) = maker.handshake(TokioIo::new(stream)).await.map_err(Trouble::NotHttp)?;
    let answer = async {
        let answer = sender.send_request(request(ask, url)).await.map_err(Trouble::NotHttp)?;
        let status = answer.status();
        let location = answer.headers().get(LOCATION).filter(|_| status.is_redirection() && ask.redirects_max > 0);
        if let Some(location) = location {
            let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
            return Ok((Answer { status: status.as_u16(), body: vec![], certificate_ends }, Some(location)));
        }
        let body = body(answer.into_body(), ask.bytes_max).await?;
        Ok((Answer { status: status.as_u16(), body, certificate_ends }, None))
    };
    let mut connection = std::pin::pin!(connection);
    tokio::pin!(answer);
    tokio::select! {
        answer = &mut answer => answer,
        // The connection may end with the last byte of an answer that is already ours.
        ended = &mut connection => match ended {
            Ok(()) => answer.await,
            Err(error) => answer.await.or(Err(Trouble::NotHttp(error))),
        },
    }
}

fn request(ask: &Ask, url: &Uri) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::default());
    *request.method_mut() = Method::GET;
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = path.parse().unwrap_or_default();
    let headers = request.headers_mut();
    // Of whoever was named alone: a secret does not follow a redirect to another host.
    if url.authority() == ask.url.authority() {
        headers.extend(
            ask.headers
                .iter()
                .map(|(name, value)| (Some(name.clone()), value.clone()))
                .filter_map(|(n, v)| Some((n?, v))),
        );
    }
    if let Some(host) = url.authority().and_then(|host| HeaderValue::from_str(host.as_str().rsplit('@').next()?).ok()) {
        headers.insert(HOST, host);
    }
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("stormglass/", env!("CARGO_PKG_VERSION"))));
    request
}

async fn body(mut body: hyper::body::Incoming, bytes_max: usize) -> Result<Vec<u8>, Trouble> {
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(Trouble::NotHttp)?;
        let Some(data) = frame.data_ref() else { continue };
        if whole.len() + data.len() > bytes_max {
            return Err(Trouble::TooLarge(bytes_max));
        }
        whole.extend_from_slice(data);
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that answers each connection with the next of these, some bytes at a time.
    async fn server(answers: Vec<String>, pause: Duration) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.expect("a client");
                let mut room = [0; 4_096];
                let length = stream.read(&mut room).await.expect("a request");
                let is_one = String::from_utf8_lossy(&room[..length]).starts_with("GET /");
                assert!(is_one, "a request");
                for piece in answer.as_bytes().chunks(64) {
                    if stream.write_all(piece).await.is_err() {
                        break;
                    }
                    tokio::time::sleep(pause).await;
                }
            }
        });
        port
    }

    fn asking(port: u16) -> Ask {
        let url = format!("http://127.0.0.1:{port}/x?secret=1").parse().expect("a URL");
        Ask { url, headers: vec![], limit: Duration::from_secs(2), bytes_max: 1_000, redirects_max: 1 }
    }

    fn run<T>(work: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(work)
    }

    #[test]
    fn an_answer_and_a_redirect() {
        run(async {
            let hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello".to_owned();
            let away = "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n".to_owned();
            let port = server(vec![away.clone(), hello, away.clone(), away], Duration::ZERO).await;
            let answer = ask(&asking(port)).await.expect("an answer");
            assert_eq!((answer.status, answer.body), (200, b"hello".to_vec()));
            let trouble = ask(&asking(port)).await.expect_err("too many");
            assert_eq!(trouble.to_string(), "it redirects, to http://127.0.0.1/there");
        });
    }

    #[test]
    fn a_body_without_end_and_a_server_without_haste() {
        run(async {
            let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(5_000));
            let port = server(vec![endless.clone()], Duration::ZERO).await;
            assert!(matches!(ask(&asking(port)).await, Err(Trouble::TooLarge(1_000))));
            let port = server(vec![endless], Duration::from_millis(300)).await;
            let hasty = Ask { limit: Duration::from_millis(500), ..asking(port) };
            assert!(matches!(ask(&hasty).await, Err(Trouble::TooSlow(_))));
        });
    }

    #[test]
    fn nobody_there_and_no_http() {
        run(async {
            assert!(matches!(ask(&asking(1)).await, Err(Trouble::NoConnection(_))));
            let port = server(vec!["SSH-2.0-OpenSSH\r\n".to_owned()], Duration::ZERO).await;
            assert!(matches!(ask(&asking(port)).await, Err(Trouble::NotHttp(_))));
            let odd = Ask { url: "ftp://x/".parse().expect("a URL"), ..asking(1) };
            assert!(matches!(ask(&odd).await, Err(Trouble::BadUrl(_))));
        });
    }

    #[test]
    fn nobody_is_led_back_to_plain_text() {
        let from = "https://a.com/x".parse().expect("a URL");
        assert_eq!(next(&from, "/y").map(|url| url.to_string()), Some("https://a.com/y".into()));
        assert_eq!(next(&from, "http://a.com/y"), None);
        assert_eq!(next(&from, "//b.com/y"), None);
    }
}

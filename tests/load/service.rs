//! A small service of known behaviour: a thread a connection, answers after a scripted time, and every kind of fault.

use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::{Duration, Instant};

use tests::shop::Request;

/// Everybody who comes between the two waits for the second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stall {
    /// After the first request.
    pub(super) after: Duration,
    pub(super) lasts: Duration,
}

#[derive(Debug, Default)]
struct Script {
    stall: Option<Stall>,
    /// Where it tells how long each answer took, as a service of today does.
    statsd: Option<u16>,
    /// So many are served at once, each for so long; the others wait for a place.
    narrow: Option<(Mutex<usize>, Condvar, Duration)>,
    first: OnceLock<Instant>,
    requests: AtomicU64,
}

#[derive(Debug)]
pub(super) struct Service {
    pub(super) port: u16,
    script: Arc<Script>,
}

impl Service {
    pub(super) fn open(stall: Option<Stall>) -> Self {
        Self::of(Script { stall, ..Script::default() })
    }

    pub(super) fn telling(statsd: u16) -> Self {
        Self::of(Script { statsd: Some(statsd), ..Script::default() })
    }

    pub(super) fn narrow(places: usize, each: Duration) -> Self {
        let narrow = Some((Mutex::new(places), Condvar::new(), each));
        Self::of(Script { narrow, ..Script::default() })
    }

    fn of(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback is there");
        let port = listener.local_addr().expect("it is bound").port();
        let script = Arc::new(script);
        let shared = Arc::clone(&script);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let script = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &script));
            }
        });
        Self { port, script }
    }

    pub(super) fn requests(&self) -> u64 {
        self.script.requests.load(Ordering::Relaxed)
    }
}

/// Until the other side has enough.
fn serve(mut stream: TcpStream, script: &Script) -> Option<()> {
    stream.set_nodelay(true).expect("a socket");
    let mut held = Vec::new();
    loop {
        let request = Request::read(&mut stream, &mut held)?;
        script.requests.fetch_add(1, Ordering::Relaxed);
        let first = *script.first.get_or_init(Instant::now);
        if let Some(stall) = script.stall {
            let since = first.elapsed();
            if since >= stall.after && since < stall.after + stall.lasts {
                std::thread::sleep((stall.after + stall.lasts).saturating_sub(since));
            }
        }
        if let Some((places, freed, each)) = &script.narrow {
            let held = places.lock().expect("nobody panicked");
            *freed.wait_while(held, |free| *free == 0).expect("nobody panicked") -= 1;
            std::thread::sleep(*each);
            *places.lock().expect("nobody panicked") += 1;
            freed.notify_one();
        }
        let from = Instant::now();
        answer(&mut stream, &request)?;
        if let Some(port) = script.statsd {
            let text = format!("checkout_latency:{}|ms", from.elapsed().as_millis());
            let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback is there");
            socket.send_to(text.as_bytes(), ("127.0.0.1", port)).expect("loopback takes it");
        }
    }
}

/// Nothing where the connection is over.
fn answer(stream: &mut TcpStream, request: &Request) -> Option<()> {
    let path = request.path.split('?').next().unwrap_or_default();
    let query = request.path.split_once("ms=").and_then(|(_, ms)| ms.parse().ok());
    let of = |status: &str, headers: &str, body: &str| {
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
    };
    let text = match (request.method.as_str(), path) {
        ("GET", "/") => of("200 OK", "", "welcome"),
        ("GET", "/slow") => {
            std::thread::sleep(Duration::from_millis(query.unwrap_or(0)));
            of("200 OK", "Server-Timing: db;dur=3.5, app;dur=1\r\n", "slow")
        }
        ("POST", "/login") => {
            let body: serde_json::Value = serde_json::from_str(&request.body).expect("the login is JSON");
            let name = body["user"].as_str().expect("a user").to_owned();
            let body = serde_json::json!({ "cart": { "id": format!("cart of {name}") } }).to_string();
            of("200 OK", &format!("Set-Cookie: sid={}; Path=/\r\n", name.len()), &body)
        }
        // The cart that was given, written as a URL wants it, and the cookie.
        ("GET", path) if path.starts_with("/cart/cart%20of%20") && request.header("cookie").is_some() => {
            of("200 OK", "X-Csrf: 7f\r\n", "<b id=\"order-42\">")
        }
        ("POST", "/order") if request.header("x-csrf") == Some("7f") && request.body == "order=42" => {
            of("201 Created", "", "ordered")
        }
        ("GET", "/round") => of("302 Found", "Location: /round\r\n", ""),
        ("GET", "/away") => of("302 Found", "Location: http://elsewhere.example/\r\n", ""),
        ("GET", "/garbage") => "\u{7f}ELF, certainly no HTTP\r\n\r\n".to_owned(),
        ("GET", "/reset") => {
            stream.shutdown(Shutdown::Both).ok()?;
            return None;
        }
        ("GET", "/hang") => {
            std::thread::sleep(Duration::from_secs(30));
            return None;
        }
        _ => of("404 Not Found", "", "nothing here"),
    };
    stream.write_all(text.as_bytes()).ok()
}

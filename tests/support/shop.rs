//! A small shop to be pressed: a pool of connections that can run dry, a slow query, and a leak that a flag switches on.
//!
//! It answers what examples/load/shop.scenario.toml asks, names the parts of its time in `Server-Timing`, and tells each
//! answer by StatsD where it is told to. A thread a connection: nginx stands before it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How this shop behaves.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Connections to the database that does not exist: who comes when all are taken waits.
    pub pool: usize,
    /// What a query takes.
    pub query: Duration,
    /// Bytes that each order leaves behind, and with them a descriptor.
    pub leak: usize,
    /// Where each answer is told of.
    pub statsd: Option<SocketAddr>,
}

impl Default for Manner {
    fn default() -> Self {
        Self { pool: 10, query: Duration::from_millis(20), leak: 0, statsd: None }
    }
}

#[derive(Debug)]
struct Shop {
    manner: Manner,
    free: Mutex<usize>,
    freed: Condvar,
    leaked: Mutex<Vec<(Vec<u8>, Option<std::fs::File>)>>,
    orders: AtomicU64,
    mouth: Option<UdpSocket>,
}

/// Serves for ever.
pub fn serve(listener: &TcpListener, manner: Manner) {
    let mouth =
        manner.statsd.and_then(|to| UdpSocket::bind("127.0.0.1:0").and_then(|it| it.connect(to).map(|()| it)).ok());
    let shop = Arc::new(Shop {
        manner,
        free: Mutex::new(manner.pool),
        freed: Condvar::new(),
        leaked: Mutex::default(),
        orders: AtomicU64::new(0),
        mouth,
    });
    for stream in listener.incoming().flatten() {
        let shop = Arc::clone(&shop);
        std::thread::spawn(move || shop.attend(stream));
    }
}

impl Shop {
    /// Until the other side has enough.
    fn attend(&self, mut stream: TcpStream) -> Option<()> {
        stream.set_nodelay(true).ok()?;
        let mut held = Vec::new();
        loop {
            let request = Request::read(&mut stream, &mut held)?;
            let from = Instant::now();
            let answer = self.answer(&request);
            stream.write_all(answer.as_bytes()).ok()?;
            if let Some(mouth) = &self.mouth {
                let path = request.path.split(['?', '/']).nth(1).unwrap_or_default();
                let route = if path.is_empty() { "front" } else { path };
                let ms = from.elapsed().as_secs_f64() * 1e3;
                // Nobody listens: the shop goes on.
                let _ = mouth.send(format!("shop.latency:{ms:.2}|ms|#route:{route}").as_bytes());
            }
        }
    }

    fn answer(&self, request: &Request) -> String {
        let path = request.path.split('?').next().unwrap_or_default();
        let of = |status: &str, headers: &str, body: &str| {
            format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
        };
        match (request.method.as_str(), path) {
            ("GET", "/") => of("200 OK", "", "<h1>the shop</h1>"),
            ("GET", "/search") => of("200 OK", &self.query(1), "tea, coffee, honey"),
            ("POST", "/login") => of("200 OK", &self.query(1), "{\"token\": \"7f3a\"}"),
            ("POST", "/cart") => of("200 OK", "X-Cart-Id: 42\r\n", "in the cart"),
            ("POST", path) if path.starts_with("/orders/") => {
                let timing = self.query(2);
                self.leak();
                let number = self.orders.fetch_add(1, Ordering::Relaxed);
                of("201 Created", &timing, &format!("{{\"order\": {number}}}"))
            }
            _ => of("404 Not Found", "", "nothing here"),
        }
    }

    /// So many queries over one connection of the pool. What it took, as the head says it.
    fn query(&self, times: u32) -> String {
        let from = Instant::now();
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        *self.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner) -= 1;
        let waited = from.elapsed();
        std::thread::sleep(self.manner.query * times);
        *self.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.freed.notify_one();
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        format!(
            "Server-Timing: pool;dur={:.2}, db;dur={:.2}\r\n",
            ms(waited),
            ms(from.elapsed().saturating_sub(waited))
        )
    }

    fn leak(&self) {
        if self.manner.leak > 0 {
            // Written to, or it would be no memory yet.
            let bytes = vec![7; self.manner.leak];
            let mut leaked = self.leaked.lock().unwrap_or_else(PoisonError::into_inner);
            leaked.push((bytes, std::fs::File::open("/dev/null").ok()));
        }
    }
}

/// One request of HTTP/1.1.
#[derive(Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub head: String,
    pub body: String,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.map(|(held, value)| (held, value.trim())).find(|(held, _)| held.eq_ignore_ascii_case(name)).map(|it| it.1)
    }

    /// The next of a connection; nothing where it is over. `held` keeps what was read beyond it.
    pub fn read(stream: &mut TcpStream, held: &mut Vec<u8>) -> Option<Self> {
        let mut more = |held: &mut Vec<u8>| -> Option<()> {
            let mut buffer = [0; 4096];
            let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
            held.extend_from_slice(&buffer[..read]);
            Some(())
        };
        let end = loop {
            match held.windows(4).position(|four| four == b"\r\n\r\n") {
                Some(at) => break at + 4,
                None => more(held)?,
            }
        };
        let head = String::from_utf8(held[..end].to_vec()).ok()?;
        let mut words = head.split_whitespace();
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut request = Self { method, path, head: head.clone(), body: String::new() };
        let length: usize = request.header("content-length").map_or(Some(0), |text| text.parse().ok())?;
        while held.len() < end + length {
            more(held)?;
        }
        request.body = String::from_utf8(held[end..end + length].to_vec()).ok()?;
        held.drain(..end + length);
        Some(request)
    }
}

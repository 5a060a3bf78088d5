//! The sockets: a thread a connection, blocking, so that a fault may stop it at any byte.

use std::collections::HashMap;
use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::http::{Answer, Request};
use super::service::{Reply, Service};

/// How soon a hanging connection notices that the client has gone, or that we stop.
const POLL: Duration = Duration::from_millis(20);
const BUFFER_BYTES: usize = 64 * 1024;

/// The listening side; `stop` closes every connection and waits for every thread.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    service: Arc<Service>,
    tls: Option<Arc<ServerConfig>>,
    stopped: AtomicBool,
    open: Mutex<HashMap<u64, TcpStream>>,
}

impl Server {
    pub(crate) fn start(service: Arc<Service>, tls: Option<Arc<ServerConfig>>, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let address = listener.local_addr()?;
        let shared = Shared { service, tls, stopped: AtomicBool::new(false), open: Mutex::default() };
        let shared = Arc::new(shared);
        let theirs = Arc::clone(&shared);
        let listening = thread::Builder::new().name("endpoint".into()).spawn(move || listen(&listener, &theirs))?;
        Ok(Self { address, shared, listening: Some(listening) })
    }

    pub(crate) fn stop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener, which then looks at `stopped`.
        let _ = TcpStream::connect(self.address);
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
    }
}

impl Shared {
    fn open(&self) -> std::sync::MutexGuard<'_, HashMap<u64, TcpStream>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }
}

fn listen(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    for number in 0.. {
        let Ok((socket, _)) = listener.accept() else { continue };
        if shared.is_stopped() {
            break;
        }
        let Ok(twin) = socket.try_clone() else { continue };
        shared.open().insert(number, twin);
        let theirs = Arc::clone(shared);
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread::spawn(move || {
            // A client that goes away in mid-sentence is its own affair.
            let _ = converse(socket, &theirs);
            if let Some(socket) = theirs.open().remove(&number) {
                let _ = socket.shutdown(Shutdown::Both);
            }
        }));
    }
    for socket in shared.open().values() {
        let _ = socket.shutdown(Shutdown::Both);
    }
    for thread in threads {
        let _ = thread.join();
    }
}

trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

fn converse(socket: TcpStream, shared: &Shared) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let raw = socket.try_clone()?;
    let wire: Box<dyn Wire> = match &shared.tls {
        None => Box::new(socket),
        Some(config) => {
            let connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
            Box::new(StreamOwned::new(connection, socket))
        }
    };
    let mut wire = BufReader::with_capacity(BUFFER_BYTES, wire);
    while let Some(request) = Request::read(&mut wire)? {
        let (number, reply) = shared.service.take(&request);
        if !play(reply, wire.get_mut(), &raw, shared)? {
            break;
        }
        if let Some(number) = number {
            shared.service.lock().ledger.answered(number);
        }
    }
    Ok(())
}

/// Does as the reply says; false when the connection is at its end without a whole answer.
fn play(reply: Reply, wire: &mut Box<dyn Wire>, raw: &TcpStream, shared: &Shared) -> io::Result<bool> {
    match reply {
        Reply::Send(answer) => answer.write(wire)?,
        Reply::SendLate(by, answer) => {
            if !linger(raw, Some(by), shared)? {
                return Ok(false);
            }
            answer.write(wire)?;
        }
        Reply::SendHalf(answer) => {
            write_half(&answer, wire)?;
            return Ok(false);
        }
        Reply::Close => return Ok(false),
        Reply::Hang(lasting) => {
            linger(raw, lasting, shared)?;
            return Ok(false);
        }
    }
    Ok(true)
}

fn write_half(answer: &Answer, wire: &mut Box<dyn Wire>) -> io::Result<()> {
    let mut whole = Vec::new();
    answer.write(&mut whole)?;
    // The head stays whole: some clients take a cut head for a short one.
    let missing = answer.body.len().div_ceil(2);
    wire.write_all(&whole[..whole.len() - missing])?;
    wire.flush()
}

/// Waits; false when the client went away or we stop before the time is over.
fn linger(raw: &TcpStream, at_most: Option<Duration>, shared: &Shared) -> io::Result<bool> {
    let start = Instant::now();
    raw.set_read_timeout(Some(POLL))?;
    let waited = loop {
        if at_most.is_some_and(|at_most| start.elapsed() >= at_most) {
            break true;
        }
        // Anything that comes while an answer is owed is the end: a closed socket, or TLS's word that it will close.
        let quiet = matches!(raw.peek(&mut [0]), Err(e) if e.kind() == io::ErrorKind::WouldBlock);
        if !quiet || shared.is_stopped() {
            break false;
        }
    };
    raw.set_read_timeout(None)?;
    Ok(waited)
}

//! A server that does nothing: what we can press at most is measured against it, and so is what others can.
//!
//! It may stand still on purpose, for a known time, again and again: then the true latencies are known too, and a tool
//! can be tried on them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
/// To one who speaks HTTP/1.0, as `ab` does, and must be told that the connection stays.
const ANSWER_OLD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\nok";
/// Requests are small; one that is larger than this is not for us.
const REQUEST_MAX: usize = 16 << 10;
/// Connections that may wait to be taken. With fewer, a client that comes during a pause is turned away by the kernel and
/// tries again after a second, which no schedule knows of.
const BACKLOG: u32 = 4_096;
const LOOK: Duration = Duration::from_millis(20);

/// Once in `every`, all of it stands still for `lasts`.
#[derive(Clone, Copy, Debug)]
pub struct Pause {
    pub every: Duration,
    pub lasts: Duration,
}

/// Serves until it is dropped.
#[derive(Debug)]
pub struct Null {
    pub address: SocketAddr,
    over: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Null {
    pub fn open(listen: SocketAddr, pause: Option<Pause>) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _inside = runtime.enter();
            let socket = if listen.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            socket.set_reuseaddr(true)?;
            socket.bind(listen)?;
            socket.listen(BACKLOG)?
        };
        let address = listener.local_addr()?;
        let over = Arc::new(AtomicBool::new(false));
        let told = over.clone();
        let thread = std::thread::spawn(move || {
            runtime.block_on(serve(listener, pause, &told));
        });
        Ok(Self { address, over, thread: Some(thread) })
    }

    /// Serves until `over` says so.
    pub fn until(self, mut over: impl FnMut() -> bool) {
        while !over() {
            std::thread::sleep(LOOK);
        }
    }
}

impl Drop for Null {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(listener: TcpListener, pause: Option<Pause>, over: &AtomicBool) {
    let mut next = pause.map(|pause| Instant::now() + pause.every);
    while !over.load(Ordering::Relaxed) {
        if let (Some(pause), Some(due)) = (pause, next)
            && Instant::now() >= due
        {
            // The thread that serves everybody: a collection of garbage stands still just like this.
            std::thread::sleep(pause.lasts);
            next = Some(due + pause.every);
        }
        let wait = next.map_or(LOOK, |due| due.saturating_duration_since(Instant::now()).min(LOOK));
        // One that went away before it was taken is nobody's loss.
        if let Ok(Ok((stream, _))) = tokio::time::timeout(wait, listener.accept()).await {
            tokio::spawn(answer(stream));
        }
    }
}

/// An answer for each head; there are no bodies.
async fn answer(mut stream: TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut held = Vec::with_capacity(1024);
    loop {
        let read = stream.read_buf(&mut held).await.ok()?;
        if read == 0 || held.len() > REQUEST_MAX {
            return None;
        }
        while let Some(at) = held.windows(4).position(|four| four == b"\r\n\r\n") {
            let is_old = held[..at].split(|byte| *byte == b'\r').next().is_some_and(|line| line.ends_with(b"HTTP/1.0"));
            held.drain(..at + 4);
            stream.write_all(if is_old { ANSWER_OLD } else { ANSWER }).await.ok()?;
        }
    }
}

//! One connection of HTTP/2: many requests at once (RFC 9113).
//!
//! The frames are `h2`'s; a task of the same thread moves them, and ends with the last handle. A request that is given
//! up (its time is over) resets its stream and leaves the others alone.

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::time::Instant;

use bytes::Bytes;
use h2::Reason;
use h2::client::{Builder, SendRequest};
use http::Response;
use tokio::io::{AsyncRead, AsyncWrite};

use super::connect::Wire;
use super::{Answer, BODY_MAX, Broken, Dialer, HEAD_MAX, Phases};

/// Requests under way on one connection, at most: what servers usually allow (nginx 128, Apache 100).
const STREAMS_MAX: usize = 100;
/// What the server may send before we say that we took it. Large, so that it is never us who make it wait.
const WINDOW: u32 = 4 << 20;

#[derive(Debug)]
pub struct Multiplexed {
    sender: SendRequest<Bytes>,
    under_way: Cell<usize>,
    /// Set when the other side said that it takes no more, or the connection ended.
    over: Rc<Cell<bool>>,
}

/// A request as HTTP/2 has it.
#[derive(Debug)]
pub struct Question {
    pub head: http::Request<()>,
    pub body: Option<Bytes>,
}

/// Why no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The server said that it did not touch the request: it may be asked on another connection.
    Untouched,
    Broken(Broken),
}

impl Multiplexed {
    /// To be called inside a `LocalSet`.
    pub async fn open(dialer: &Dialer, phases: &mut Phases) -> Result<Self, Broken> {
        match dialer.dial(phases).await? {
            Wire::Plain(tcp) => Self::over(tcp).await,
            Wire::Tls(stream) => Self::over(*stream).await,
        }
    }

    async fn over(wire: impl AsyncRead + AsyncWrite + Unpin + 'static) -> Result<Self, Broken> {
        let mut builder = Builder::new();
        builder.enable_push(false).initial_window_size(WINDOW).initial_connection_window_size(WINDOW);
        builder.max_header_list_size(HEAD_MAX as u32).max_send_buffer_size(BODY_MAX);
        let (sender, connection) = builder.handshake(wire).await.map_err(|error| broken(&error))?;
        let over = Rc::new(Cell::new(false));
        let told = over.clone();
        tokio::task::spawn_local(async move {
            // Each stream is told why by itself.
            let _ = connection.await;
            told.set(true);
        });
        Ok(Self { sender, under_way: Cell::new(0), over })
    }

    pub fn is_over(&self) -> bool {
        self.over.get()
    }

    pub fn has_room(&self) -> bool {
        !self.is_over() && self.under_way.get() < self.sender.current_max_send_streams().min(STREAMS_MAX)
    }

    pub async fn exchange(&self, ask: &Question, keep_body: bool, phases: &mut Phases) -> Result<Answer, Ended> {
        let _counted = Counted::one(&self.under_way);
        self.ask(ask, keep_body, phases).await.map_err(|error| self.ended(&error))
    }

    async fn ask(&self, ask: &Question, keep_body: bool, phases: &mut Phases) -> Result<Answer, h2::Error> {
        let from = Instant::now();
        let mut sender = self.sender.clone().ready().await?;
        let (response, mut stream) = sender.send_request(ask.head.clone(), ask.body.is_none())?;
        if let Some(body) = &ask.body {
            stream.send_data(body.clone(), true)?;
        }
        let response = response.await?;
        let first = Instant::now();
        let mut answer = head(&response);
        let mut body = response.into_body();
        while let Some(bytes) = poll_fn(|context| body.poll_data(context)).await {
            let bytes = bytes?;
            body.flow_control().release_capacity(bytes.len())?;
            answer.bytes += bytes.len() as u64;
            if keep_body {
                let room = BODY_MAX - answer.body.len();
                answer.body.extend_from_slice(&bytes[..bytes.len().min(room)]);
            }
        }
        phases.first_byte = first - from;
        phases.body = first.elapsed();
        Ok(answer)
    }

    fn ended(&self, error: &h2::Error) -> Ended {
        let gone = error.is_go_away() && error.is_remote();
        if gone || error.is_io() {
            self.over.set(true);
        }
        match error.reason() {
            Some(Reason::NO_ERROR) if gone => Ended::Untouched,
            Some(Reason::REFUSED_STREAM) if error.is_remote() => Ended::Untouched,
            _ => Ended::Broken(broken(error)),
        }
    }
}

/// Counts a request as under way as long as it lives: it may be dropped in between.
struct Counted<'a>(&'a Cell<usize>);

impl<'a> Counted<'a> {
    fn one(count: &'a Cell<usize>) -> Self {
        count.set(count.get() + 1);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// The head in lines, as the rest of the house reads it; HPACK has made it shorter on the wire.
fn head<B>(response: &Response<B>) -> Answer {
    let mut lines = Vec::with_capacity(256);
    for (name, value) in response.headers() {
        lines.extend_from_slice(name.as_str().as_bytes());
        lines.extend_from_slice(b": ");
        lines.extend_from_slice(value.as_bytes());
        lines.extend_from_slice(b"\r\n");
    }
    Answer { status: response.status().as_u16(), bytes: lines.len() as u64, head: lines, body: Vec::new() }
}

fn broken(error: &h2::Error) -> Broken {
    if let Some(io) = error.get_io() {
        return match Broken::of(io) {
            Broken::Unreachable => Broken::Closed,
            broken => broken,
        };
    }
    match error.reason() {
        Some(Reason::HTTP_1_1_REQUIRED) => Broken::Version,
        _ if error.is_remote() => Broken::Reset,
        // What came was no frame: most likely the other version of HTTP, in which it complains.
        Some(Reason::FRAME_SIZE_ERROR) => Broken::Version,
        _ => Broken::Garbled,
    }
}

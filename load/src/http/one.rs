//! One connection of HTTP/1.1: a request, its answer, and again.

use std::io;
use std::task::Poll;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::connect::Wire;
use super::decode::Decoder;
use super::{Answer, Broken, Dialer, Phases};

/// What one read takes, at most.
const READ_BYTES: usize = 16 << 10;

#[derive(Debug)]
pub struct Connection {
    wire: Wire,
    buffer: Vec<u8>,
    /// Answers that came over it so far.
    pub answers: u32,
    /// Whether it may be asked again.
    reusable: bool,
}

/// What one exchange needs to know of its request.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    pub request: &'a [u8],
    pub is_head: bool,
    pub keep_body: bool,
}

impl Connection {
    pub async fn open(dialer: &Dialer, phases: &mut Phases) -> Result<Self, Broken> {
        let wire = dialer.dial(phases).await?;
        Ok(Self { wire, buffer: Vec::with_capacity(READ_BYTES), answers: 0, reusable: true })
    }

    /// Whether it may be asked: neither used up nor, as far as can be seen without a call, closed by the other side.
    pub async fn is_fresh(&self) -> bool {
        let tcp = match &self.wire {
            Wire::Plain(tcp) => tcp,
            Wire::Tls(stream) => stream.get_ref().0,
        };
        // Nothing was asked: bytes or an end that wait here mean that it is over.
        let quiet = std::future::poll_fn(|context| Poll::Ready(tcp.poll_read_ready(context).is_pending()));
        self.reusable && quiet.await
    }

    pub fn is_reusable(&self) -> bool {
        self.reusable
    }

    pub async fn exchange(&mut self, ask: Ask<'_>, phases: &mut Phases) -> Result<Answer, Broken> {
        // Set again when all went well: a future that is dropped in between leaves an answer on the wire.
        self.reusable = false;
        let from = Instant::now();
        self.write(ask.request).await.map_err(|error| Broken::of(&error))?;
        let mut decoder = Decoder::new(ask.is_head, ask.keep_body);
        self.buffer.clear();
        let mut first = None;
        while !decoder.is_done() {
            let read = match self.read().await {
                Ok(0) => {
                    decoder.closed()?;
                    break;
                }
                Ok(_) => decoder.take(&self.buffer)?,
                Err(error) => return Err(Broken::of(&error)),
            };
            first.get_or_insert_with(Instant::now);
            self.buffer.drain(..read);
        }
        let end = Instant::now();
        let first = first.unwrap_or(end);
        phases.first_byte = first - from;
        phases.body = end - first;
        // Bytes after the answer belong to nobody.
        self.reusable = decoder.keep_alive && self.buffer.is_empty();
        self.answers += 1;
        Ok(decoder.into_answer())
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.wire {
            Wire::Plain(tcp) => tcp.write_all(bytes).await,
            Wire::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
        }
    }

    async fn read(&mut self) -> io::Result<usize> {
        self.buffer.reserve(READ_BYTES);
        match &mut self.wire {
            Wire::Plain(tcp) => tcp.read_buf(&mut self.buffer).await,
            Wire::Tls(stream) => stream.read_buf(&mut self.buffer).await,
        }
    }
}

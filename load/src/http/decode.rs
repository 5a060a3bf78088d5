//! The answer of HTTP/1.1, from bytes that come as they come (RFC 9112, sections 4 to 7).
//!
//! Pure: bytes go in, an answer comes out, or why it is none. How the bytes were cut into reads changes nothing (a
//! property test holds it). What stands after a whole answer is an error: nobody asked for it.

use super::{Answer, BODY_MAX, Broken, HEAD_MAX};

const HEADERS_MAX: usize = 128;
/// The line with a chunk's size: sixteen digits and an extension.
const CHUNK_LINE_MAX: usize = 4 << 10;

#[derive(Debug)]
enum State {
    Head,
    /// Bytes of the body that are still to come.
    Length(u64),
    ChunkSize,
    Chunk(u64),
    /// The empty line after a chunk.
    ChunkEnd,
    Trailers,
    UntilClose,
    Done,
}

#[derive(Debug)]
pub(super) struct Decoder {
    state: State,
    answer: Answer,
    to_head: bool,
    keep_body: bool,
    pub(super) keep_alive: bool,
}

impl Decoder {
    /// `to_head`: the request was a HEAD, so that no body comes whatever the head says.
    pub(super) fn new(to_head: bool, keep_body: bool) -> Self {
        Self { state: State::Head, answer: Answer::default(), to_head, keep_body, keep_alive: true }
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    pub(super) fn into_answer(self) -> Answer {
        self.answer
    }

    /// The connection was closed: for some answers that is how they end.
    pub(super) fn closed(&mut self) -> Result<(), Broken> {
        match self.state {
            State::UntilClose => self.state = State::Done,
            State::Done => {}
            _ => return Err(Broken::Closed),
        }
        Ok(())
    }

    /// Takes what it can from the front of `bytes`, and says how much. What is left must come again, with more.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        let mut taken = 0;
        loop {
            let rest = &bytes[taken..];
            let used = match self.state {
                State::Done => break,
                State::Head => self.head(rest)?,
                State::ChunkSize => self.chunk_size(rest)?,
                State::ChunkEnd => {
                    Self::line(rest)?.map(|(line, used)| (line.is_empty(), used)).map_or(Ok(0), |end| {
                        self.state = State::ChunkSize;
                        if end.0 { Ok(end.1) } else { Err(Broken::Garbled) }
                    })?
                }
                State::Trailers => self.trailer(rest)?,
                State::Length(left) | State::Chunk(left) => self.body(rest, left),
                State::UntilClose => {
                    self.keep(rest);
                    rest.len()
                }
            };
            if used == 0 {
                break;
            }
            taken += used;
        }
        self.answer.bytes += taken as u64;
        Ok(taken)
    }

    fn head(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut head = httparse::Response::new(&mut headers);
        let used = match head.parse(bytes) {
            Ok(httparse::Status::Complete(used)) if used <= HEAD_MAX => used,
            Ok(httparse::Status::Partial) if bytes.len() < HEAD_MAX => return Ok(0),
            _ => return Err(Broken::Garbled),
        };
        let status = head.code.ok_or(Broken::Garbled)?;
        // 100 and 103 announce the answer; 101 was never asked for.
        if (100..200).contains(&status) {
            return if status == 101 { Err(Broken::Garbled) } else { Ok(used) };
        }
        self.keep_alive = head.version == Some(1);
        self.answer.status = status;
        let framing = Framing::read(head.headers)?;
        for header in head.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("connection")) {
            let value = String::from_utf8_lossy(header.value);
            let says = |word: &str| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word));
            self.keep_alive = !says("close") && (self.keep_alive || says("keep-alive"));
        }
        self.answer.head.extend_from_slice(&bytes[..used]);
        self.state = match framing {
            _ if self.to_head || status == 204 || status == 304 => State::Done,
            Framing::Length(0) => State::Done,
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::ChunkSize,
            Framing::UntilClose => {
                self.keep_alive = false;
                State::UntilClose
            }
        };
        Ok(used)
    }

    fn chunk_size(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        let Some((line, used)) = Self::line(bytes)? else { return Ok(0) };
        let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let text = std::str::from_utf8(digits).map_err(|_| Broken::Garbled)?;
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Broken::Garbled);
        }
        let size = u64::from_str_radix(text, 16).map_err(|_| Broken::Garbled)?;
        self.state = if size == 0 { State::Trailers } else { State::Chunk(size) };
        Ok(used)
    }

    fn trailer(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        let Some((line, used)) = Self::line(bytes)? else { return Ok(0) };
        if line.is_empty() {
            self.state = State::Done;
        }
        Ok(used)
    }

    fn body(&mut self, bytes: &[u8], left: u64) -> usize {
        let taken = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        self.keep(&bytes[..taken]);
        let left = left - taken as u64;
        self.state = match (&self.state, left) {
            (State::Chunk(_), 0) => State::ChunkEnd,
            (State::Chunk(_), _) => State::Chunk(left),
            (_, 0) => State::Done,
            _ => State::Length(left),
        };
        taken
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.keep_body {
            let room = BODY_MAX - self.answer.body.len();
            self.answer.body.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    /// A line without its end, and its length with it; nothing where it is not whole yet.
    fn line(bytes: &[u8]) -> Result<Option<(&[u8], usize)>, Broken> {
        match bytes.iter().position(|byte| *byte == b'\n') {
            Some(at) => Ok(Some((bytes[..at].strip_suffix(b"\r").unwrap_or(&bytes[..at]), at + 1))),
            None if bytes.len() > CHUNK_LINE_MAX => Err(Broken::Garbled),
            None => Ok(None),
        }
    }
}

enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

impl Framing {
    /// A transfer coding is stronger than a length; two lengths that differ are no length (RFC 9112, 6.3).
    fn read(headers: &[httparse::Header<'_>]) -> Result<Self, Broken> {
        let mut length = None;
        for header in headers {
            let value = || std::str::from_utf8(header.value).map_err(|_| Broken::Garbled);
            if header.name.eq_ignore_ascii_case("transfer-encoding") {
                let last = value()?.rsplit(',').next().unwrap_or_default().trim();
                return Ok(if last.eq_ignore_ascii_case("chunked") { Self::Chunked } else { Self::UntilClose });
            }
            if header.name.eq_ignore_ascii_case("content-length") {
                let said: u64 = value()?.trim().parse().map_err(|_| Broken::Garbled)?;
                if length.is_some_and(|other| other != said) {
                    return Err(Broken::Garbled);
                }
                length = Some(said);
            }
        }
        Ok(length.map_or(Self::UntilClose, Self::Length))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Feeds `bytes` cut at `cuts`, then closes.
    fn decode(bytes: &[u8], cuts: &[usize]) -> Result<(Answer, bool), Broken> {
        let mut decoder = Decoder::new(false, true);
        let mut held = Vec::new();
        let mut at = 0;
        for cut in cuts.iter().copied().chain([bytes.len()]) {
            let cut = cut.clamp(at, bytes.len());
            held.extend_from_slice(&bytes[at..cut]);
            let used = decoder.take(&held)?;
            held.drain(..used);
            at = cut;
        }
        if !decoder.is_done() {
            decoder.closed()?;
        }
        let keep = decoder.keep_alive && held.is_empty();
        Ok((decoder.into_answer(), keep))
    }

    fn check(text: &str, expect: Result<(u16, &str, bool), Broken>) {
        let got = decode(text.as_bytes(), &[]);
        let got = got.map(|(answer, keep)| (answer.status, String::from_utf8(answer.body).expect("text"), keep));
        assert_eq!(got, expect.map(|(status, body, keep)| (status, body.to_owned(), keep)), "{text:?}");
    }

    #[test]
    fn answers_of_every_framing() {
        check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", Ok((200, "hi", true)));
        check(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1;x=y\r\n!\r\n0\r\nA: b\r\n\r\n",
            Ok((200, "hi!", true)),
        );
        check("HTTP/1.1 200 OK\r\n\r\nall of it", Ok((200, "all of it", false)));
        check("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", Ok((200, "", false)));
        check("HTTP/1.1 204 No Content\r\n\r\n", Ok((204, "", true)));
        check("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", Ok((304, "", true)));
        check(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Oh\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx",
            Ok((500, "x", false)),
        );
    }

    #[test]
    fn answers_that_are_none() {
        check("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", Err(Broken::Closed));
        check("HTTP/1.1 200 OK\r\nContent-", Err(Broken::Closed));
        check("SSH-2.0-OpenSSH\r\n", Err(Broken::Garbled));
        check("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nhi", Err(Broken::Garbled));
        check("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Err(Broken::Garbled));
        check("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+2\r\nhi\r\n", Err(Broken::Garbled));
        check("HTTP/1.1 101 Switching\r\n\r\n", Err(Broken::Garbled));
        let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(HEAD_MAX));
        check(&endless, Err(Broken::Garbled));
    }

    proptest! {
        /// Wherever the reads are cut, the answer is the same.
        #[test]
        fn cuts_change_nothing(body in "[a-z\r\n0-9]{0,60}", chunk in 1usize..20, mut cuts in prop::collection::vec(0usize..250, 0..12)) {
            let mut text = "HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned();
            for piece in body.as_bytes().chunks(chunk) {
                let piece = std::str::from_utf8(piece).expect("ASCII");
                text.extend([&format!("{:x}\r\n", piece.len()), piece, "\r\n"]);
            }
            text += "0\r\n\r\n";
            cuts.sort_unstable();
            let whole = decode(text.as_bytes(), &[]);
            prop_assert_eq!(&whole, &decode(text.as_bytes(), &cuts));
            prop_assert_eq!(whole.map(|(answer, _)| answer.body), Ok(body.into_bytes()));
        }

        /// Bytes of any kind are an answer or a fault, and never the end of us.
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300), head: bool) {
            let mut all = if head { b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec() } else { Vec::new() };
            all.extend(bytes);
            let _ = decode(&all, &[]);
        }
    }
}

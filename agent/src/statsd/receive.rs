//! Takes many datagrams with one call: at 80,000 packets a second a call for each costs more than all the rest.
//!
//! By hand: neither the standard library nor `rustix` has `recvmmsg`.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// The longest packet; clients send 1,432 bytes over a network and 8,192 on a host.
pub(super) const PACKET_MAX: usize = 8 << 10;
/// Packets of one call.
const BATCH: usize = 64;

/// Room for one call's packets. Only the pages that packets reach are ever used.
#[derive(Debug)]
pub(super) struct Batch(Box<[u8]>);

impl Batch {
    pub(super) fn new() -> Self {
        Self(vec![0; BATCH * PACKET_MAX].into())
    }

    /// Whether one call can have taken all that there was.
    pub(super) fn is_full(count: usize) -> bool {
        count == BATCH
    }

    /// Gives each packet that is there, and whether it was cut. How many; none where there is nothing to read.
    pub(super) fn receive(&mut self, socket: BorrowedFd<'_>, mut each: impl FnMut(&[u8], bool)) -> io::Result<usize> {
        let mut vectors: [libc::iovec; BATCH] = std::array::from_fn(|at| libc::iovec {
            iov_base: self.0[at * PACKET_MAX..].as_mut_ptr().cast(),
            iov_len: PACKET_MAX,
        });
        // SAFETY: a header of zeros is a header that names nothing.
        let mut headers: [libc::mmsghdr; BATCH] = unsafe { std::mem::zeroed() };
        for (header, vector) in headers.iter_mut().zip(&mut vectors) {
            header.msg_hdr.msg_iov = vector;
            header.msg_hdr.msg_iovlen = 1;
        }
        // SAFETY: each header names one vector, each vector its own part of our buffer, and all outlive the call.
        let count = unsafe {
            let (fd, no_time) = (socket.as_raw_fd(), std::ptr::null_mut());
            libc::recvmmsg(fd, headers.as_mut_ptr(), BATCH as u32, libc::MSG_DONTWAIT, no_time)
        };
        if count < 0 {
            let error = io::Error::last_os_error();
            return if error.kind() == io::ErrorKind::WouldBlock { Ok(0) } else { Err(error) };
        }
        let count = count as usize;
        for (at, header) in headers[..count].iter().enumerate() {
            let is_cut = header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0;
            let packet = &self.0[at * PACKET_MAX..][..(header.msg_len as usize).min(PACKET_MAX)];
            each(packet, is_cut);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn packets_come_whole_and_long_ones_are_cut() {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let to = socket.local_addr().expect("bound");
        let sender = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        for packet in [&b"a:1|c"[..], b"", &[b'x'; PACKET_MAX + 1]] {
            sender.send_to(packet, to).expect("sent");
        }
        let (mut batch, mut seen) = (Batch::new(), vec![]);
        let count = batch.receive(socket.as_fd(), |packet, cut| seen.push((packet.len(), cut))).expect("received");
        assert_eq!((count, seen), (3, vec![(5, false), (0, false), (PACKET_MAX, true)]));
        assert_eq!(batch.receive(socket.as_fd(), |_, _| {}).expect("nothing is an answer"), 0);
    }
}

//! The kernel's list of TCP sockets, by netlink (`man 7 sock_diag`).
//!
//! Only the state of each is looked at. The answer arrives in parts; each part is read into one buffer, never all at once.

use std::io;
use std::os::fd::OwnedFd;

use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink};

use super::tcp_states::Counts;

/// `TCPDIAG_GETSOCK`: the question, and each answer. The elder of the two questions there are: it asks for both families
/// at once, and each dump walks the kernel's whole table of connections, of which large machines have a large one.
const OF_ANY_FAMILY: u16 = 18;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
/// `NLM_F_REQUEST | NLM_F_DUMP`
const REQUEST_DUMP: u16 = 0x301;
const HEADER_BYTES: usize = 16;
/// `struct inet_diag_req`, of which only `idiag_states` is not 0: the kernel looks at no family in it.
const REQUEST_BYTES: usize = 60;
const STATES_AT: usize = HEADER_BYTES + 52;
/// The kernel fills parts of up to 32 KiB when the buffer is as large.
const PART_BYTES: usize = 32 << 10;
/// A dump that does not end is given up: a million sockets are some 4,000 parts.
const PARTS_MAX: usize = 100_000;

#[derive(Debug)]
pub(super) struct SockDiag {
    socket: OwnedFd,
    part: Vec<u8>,
}

impl SockDiag {
    pub(super) fn open() -> io::Result<Self> {
        let kind = SocketType::DGRAM;
        let protocol = Some(netlink::SOCK_DIAG);
        let socket = rustix::net::socket_with(AddressFamily::NETLINK, kind, SocketFlags::CLOEXEC, protocol)?;
        // The kernel answers at once or not at all; a bound all the same.
        let timeout = Some(std::time::Duration::from_secs(1));
        rustix::net::sockopt::set_socket_timeout(&socket, rustix::net::sockopt::Timeout::Recv, timeout)?;
        Ok(Self { socket, part: vec![0; PART_BYTES] })
    }

    pub(super) fn count(&mut self) -> io::Result<Counts> {
        let mut counts = Counts::default();
        rustix::net::send(&self.socket, &request(), SendFlags::empty())?;
        for _ in 0..PARTS_MAX {
            let (length, _) = rustix::net::recv(&self.socket, self.part.as_mut_slice(), RecvFlags::empty())?;
            if parse(&self.part[..length], &mut counts)? == Part::Last {
                return Ok(counts);
            }
        }
        Err(io::Error::other("the list of sockets does not end"))
    }
}

/// All TCP sockets, in every state, without any extension.
fn request() -> [u8; HEADER_BYTES + REQUEST_BYTES] {
    let mut bytes = [0; HEADER_BYTES + REQUEST_BYTES];
    bytes[0..4].copy_from_slice(&((HEADER_BYTES + REQUEST_BYTES) as u32).to_ne_bytes());
    bytes[4..6].copy_from_slice(&OF_ANY_FAMILY.to_ne_bytes());
    bytes[6..8].copy_from_slice(&REQUEST_DUMP.to_ne_bytes());
    bytes[STATES_AT..STATES_AT + 4].copy_from_slice(&u32::MAX.to_ne_bytes());
    bytes
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    More,
    Last,
}

/// Counts the sockets of one part of an answer.
fn parse(mut part: &[u8], counts: &mut Counts) -> io::Result<Part> {
    while let Some(header) = part.get(..HEADER_BYTES) {
        let length = u32::from_ne_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let kind = u16::from_ne_bytes([header[4], header[5]]);
        let Some(body) = part.get(HEADER_BYTES..length) else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a netlink message is cut"));
        };
        match (kind, body) {
            (NLMSG_DONE, _) => return Ok(Part::Last),
            (NLMSG_ERROR, [a, b, c, d, ..]) => {
                return Err(io::Error::from_raw_os_error(i32::from_ne_bytes([*a, *b, *c, *d]).saturating_neg()));
            }
            // `struct inet_diag_msg`: the family, then the state.
            (OF_ANY_FAMILY, [_, state, ..]) => counts.add(*state),
            _ => {}
        }
        // Messages begin at multiples of 4.
        part = part.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(Part::More)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(kind: u16, body: &[u8]) -> Vec<u8> {
        let mut bytes = ((HEADER_BYTES + body.len()) as u32).to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; HEADER_BYTES - 6]);
        bytes.extend(body);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn parts_of_an_answer() {
        let mut counts = Counts::default();
        let part = [message(OF_ANY_FAMILY, &[2, 1, 0]), message(OF_ANY_FAMILY, &[2, 10, 0, 0, 0])].concat();
        assert_eq!(parse(&part, &mut counts).expect("sound"), Part::More);
        assert_eq!(parse(&message(NLMSG_DONE, &[0; 4]), &mut counts).expect("sound"), Part::Last);
        let mut expect = Counts::default();
        expect.add(1);
        expect.add(10);
        assert_eq!(counts, expect);
        let denied = parse(&message(NLMSG_ERROR, &(-13i32).to_ne_bytes()), &mut counts).expect_err("is an error");
        assert_eq!(denied.kind(), io::ErrorKind::PermissionDenied);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes, &mut Counts::default());
        }

        #[test]
        fn no_damage_panics(at in 0usize..40, with in any::<u8>(), cut in 0usize..40) {
            let mut bytes = [message(OF_ANY_FAMILY, &[2, 1, 0]), message(NLMSG_ERROR, &[0; 4])].concat();
            bytes[at] = with;
            bytes.truncate(cut);
            let _ = parse(&bytes, &mut Counts::default());
        }
    }
}

//! What a network driver counts by itself, by the ioctl that `ethtool -S` uses (linux/ethtool.h).
//!
//! Needs no privilege. The names of the counters are asked once, their values at each tick.

use std::ffi::c_void;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::net::{AddressFamily, SocketFlags, SocketType};

const SIOCETHTOOL: libc::c_ulong = 0x8946;
const ETHTOOL_GSTRINGS: u32 = 0x1b;
const ETHTOOL_GSTATS: u32 = 0x1d;
const ETHTOOL_GSSET_INFO: u32 = 0x37;
/// `ETH_SS_STATS`: the set of strings that names the counters.
const SET_STATS: u32 = 1;
/// `ETH_GSTRING_LEN`
const NAME_BYTES: usize = 32;
/// A driver of many queues has a few thousand.
const COUNTERS_MAX: usize = 16_384;
/// The command and a length precede names and values.
const HEAD_BYTES: usize = 12;
const STATS_HEAD_BYTES: usize = 8;

#[derive(Debug)]
pub(super) struct Ethtool {
    socket: OwnedFd,
}

impl Ethtool {
    pub(super) fn open() -> io::Result<Self> {
        let kind = SocketType::DGRAM;
        Ok(Self { socket: rustix::net::socket_with(AddressFamily::INET, kind, SocketFlags::CLOEXEC, None)? })
    }

    /// The names of an interface's counters, in the order of the values.
    pub(super) fn names(&self, interface: &str) -> io::Result<Vec<String>> {
        let count = self.count(interface)?;
        let mut bytes = head(&[ETHTOOL_GSTRINGS, SET_STATS, count as u32], HEAD_BYTES + count * NAME_BYTES);
        self.ask(interface, &mut bytes)?;
        Ok(parse_names(&bytes))
    }

    /// The values, as many as there are names.
    pub(super) fn values(&self, interface: &str, count: usize) -> io::Result<Vec<u64>> {
        // A driver that was changed since has another number, and would write past the end.
        if self.count(interface)? != count {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the driver's counters changed"));
        }
        let mut bytes = head(&[ETHTOOL_GSTATS, count as u32], STATS_HEAD_BYTES + count * 8);
        self.ask(interface, &mut bytes)?;
        Ok(parse_values(&bytes))
    }

    fn count(&self, interface: &str) -> io::Result<usize> {
        // `struct ethtool_sset_info`: command, reserved, the mask of sets (64 bits), then one length a set.
        let mut bytes = head(&[ETHTOOL_GSSET_INFO, 0, 1 << SET_STATS, 0], 20);
        self.ask(interface, &mut bytes)?;
        Ok((word(&bytes, 16) as usize).min(COUNTERS_MAX))
    }

    /// One ioctl; the kernel answers into `bytes`.
    fn ask(&self, interface: &str, bytes: &mut [u8]) -> io::Result<()> {
        // SAFETY: `ifreq` is a name and a union of plain data and pointers; all zeroes is a value of it.
        let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
        // The last byte stays zero: the name is a C string.
        if interface.len() >= request.ifr_name.len() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        for (to, from) in request.ifr_name.iter_mut().zip(interface.bytes()) {
            *to = from as libc::c_char;
        }
        request.ifr_ifru.ifru_data = bytes.as_mut_ptr().cast::<c_void>().cast();
        // SAFETY: the socket is open; the request is live, and its data is a live buffer of the size that its own head
        // announces (the callers ask the kernel for the count first), so the kernel writes within it.
        let answer = unsafe { libc::ioctl(self.socket.as_raw_fd(), SIOCETHTOOL, &raw mut request) };
        if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}

/// A buffer that begins with these words.
fn head(words: &[u32], length: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    bytes.resize(length, 0);
    bytes
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_ne_bytes)
}

fn parse_names(bytes: &[u8]) -> Vec<String> {
    let names = bytes.get(HEAD_BYTES..).unwrap_or_default().chunks_exact(NAME_BYTES).take(word(bytes, 8) as usize);
    names
        .map(|name| String::from_utf8_lossy(name.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned())
        .collect()
}

fn parse_values(bytes: &[u8]) -> Vec<u64> {
    let values = bytes.get(STATS_HEAD_BYTES..).unwrap_or_default().chunks_exact(8).take(word(bytes, 4) as usize);
    values.filter_map(|value| value.try_into().ok().map(u64::from_ne_bytes)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_and_values() {
        let mut bytes = head(&[ETHTOOL_GSTRINGS, SET_STATS, 2], HEAD_BYTES + 2 * NAME_BYTES);
        bytes[HEAD_BYTES..HEAD_BYTES + 3].copy_from_slice(b"one");
        bytes[HEAD_BYTES + NAME_BYTES..].copy_from_slice(&[b'x'; NAME_BYTES]);
        assert_eq!(parse_names(&bytes), ["one".to_owned(), "x".repeat(NAME_BYTES)]);
        let mut bytes = head(&[ETHTOOL_GSTATS, 2], STATS_HEAD_BYTES);
        bytes.extend([7u64, 9].into_iter().flat_map(u64::to_ne_bytes));
        assert_eq!(parse_values(&bytes), [7, 9]);
    }

    /// Some interface of this host has counters (a virtual one does), and the kernel names as many as it values.
    #[test]
    fn this_host_answers() {
        let ethtool = Ethtool::open().expect("a socket");
        let interfaces = std::fs::read_dir("/sys/class/net").expect("there");
        let mut answered = 0;
        for interface in interfaces.filter_map(|entry| entry.ok()?.file_name().into_string().ok()) {
            let Ok(names) = ethtool.names(&interface) else { continue };
            answered += usize::from(!names.is_empty());
            assert!(names.iter().all(|name| !name.is_empty()), "{interface}: {names:?}");
            if !names.is_empty() {
                assert_eq!(ethtool.values(&interface, names.len()).expect("values").len(), names.len());
                assert!(ethtool.values(&interface, names.len() + 1).is_err(), "a wrong count is refused");
            }
        }
        assert!(ethtool.names("no-such-if").is_err() && ethtool.names(&"x".repeat(40)).is_err());
        println!("{answered} interfaces have counters");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = (parse_names(&bytes), parse_values(&bytes));
        }
    }
}

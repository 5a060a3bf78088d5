//! Tells systemd how we are: one datagram to the socket that it names.
//!
//! Written by hand: the protocol is this file.

use std::io;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// The socket, when there is a manager that listens.
#[derive(Debug, Default)]
pub struct Notify(Option<(UnixDatagram, SocketAddr)>);

impl Notify {
    /// `address` is what `$NOTIFY_SOCKET` says: a path, or `@` and an abstract name.
    pub fn to(address: Option<&str>) -> io::Result<Self> {
        let Some(address) = address.filter(|address| !address.is_empty()) else { return Ok(Self(None)) };
        let address = match address.strip_prefix('@') {
            Some(name) => {
                use std::os::linux::net::SocketAddrExt;
                SocketAddr::from_abstract_name(name)?
            }
            None => SocketAddr::from_pathname(address)?,
        };
        Ok(Self(Some((UnixDatagram::unbound()?, address))))
    }

    /// A manager that does not listen is not our trouble.
    pub fn say(&self, state: &str) {
        if let Some((socket, address)) = &self.0
            && let Err(error) = socket.send_to_addr(state.as_bytes(), address)
        {
            tracing::debug!(%error, state, "systemd does not listen");
        }
    }

    pub fn ready(&self) {
        self.say("READY=1");
    }

    /// `status` is what `systemctl status` shows: one line.
    pub fn alive(&self, status: &str) {
        self.say(&format!("WATCHDOG=1\nSTATUS={}", status.replace('\n', " ")));
    }

    pub fn stopping(&self) {
        self.say("STOPPING=1");
    }

    /// systemd wants the time of a reload, to tell its own order from an older one.
    pub fn reloading(&self, monotonic: Duration) {
        self.say(&format!("RELOADING=1\nMONOTONIC_USEC={}", monotonic.as_micros()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_arrives() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notify");
        let manager = UnixDatagram::bind(&path).expect("can be bound");
        let notify = Notify::to(path.to_str()).expect("can be made");
        let arrives = |says: &str| {
            let mut buffer = [0; 64];
            let length = manager.recv(&mut buffer).expect("arrives");
            assert_eq!(std::str::from_utf8(&buffer[..length]), Ok(says));
        };
        notify.ready();
        arrives("READY=1");
        notify.alive("68 series\nREADY=1");
        arrives("WATCHDOG=1\nSTATUS=68 series READY=1");
        drop(manager);
        notify.alive("");
        Notify::to(None).expect("nobody is fine").ready();
    }
}

//! Sends each stretch of a run as StatsD while it runs. What does not arrive is not missed: the report has it.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use load::report::{datagrams, ending};
use load::tally::Slot;

use crate::failure::Failure;

#[derive(Debug)]
pub(super) struct Outlet {
    socket: UdpSocket,
    test: &'static str,
    scenario: String,
    /// The number of the stretch that was sent last.
    sent: Option<u64>,
}

impl Outlet {
    pub(super) fn open(to: SocketAddr, test: &'static str, scenario: &str) -> Result<Self, Failure> {
        let any =
            if to.is_ipv4() { SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)) } else { SocketAddr::from(([0; 16], 0)) };
        let socket = UdpSocket::bind(any).and_then(|socket| socket.connect(to).map(|()| socket));
        let socket =
            socket.map_err(|error| Failure::failed("SG-LOA-028", format!("cannot send to {to}")).because(error))?;
        Ok(Self { socket, test, scenario: scenario.to_owned(), sent: None })
    }

    /// The first stretch of another pressing begins anew.
    pub(super) fn begin(&mut self) {
        self.sent = None;
    }

    pub(super) fn tell(&mut self, (at, slot): (u64, &Slot)) {
        if self.sent.is_some_and(|sent| sent >= at) {
            return;
        }
        self.sent = Some(at);
        for datagram in datagrams(slot, self.test, &self.scenario) {
            // Nobody listens there: the run is none the worse for it.
            let _ = self.socket.send(datagram.as_bytes());
        }
    }

    pub(super) fn end(&self, valid: bool) {
        let _ = self.socket.send(ending(valid, self.test, &self.scenario).as_bytes());
    }
}

//! How many TCP connections are in which state.
//!
//! Asked of the kernel through `sock_diag`, some 3 times cheaper than the text of /proc/net/tcp and tcp6, which stands in
//! where that door is shut (and where the kernel's files are another host's). Either costs in proportion to the
//! connections, so the runner lets it run more rarely when there are many.

use std::time::Duration;

use super::collector::{Collector, Miss, Roots, Sink};
use super::sock_diag::SockDiag;
use super::source::Source;
use crate::metrics::{Metric, host as m};

/// The kernel's numbers of the states, in its order.
const STATES: [&Metric; 12] = [
    &m::NETSTAT_TCP_ESTABLISHED,
    &m::NETSTAT_TCP_SYN_SENT,
    &m::NETSTAT_TCP_SYN_RECV,
    &m::NETSTAT_TCP_FIN_WAIT1,
    &m::NETSTAT_TCP_FIN_WAIT2,
    &m::NETSTAT_TCP_TIME_WAIT,
    &m::NETSTAT_TCP_CLOSE,
    &m::NETSTAT_TCP_CLOSE_WAIT,
    &m::NETSTAT_TCP_LAST_ACK,
    &m::NETSTAT_TCP_LISTEN,
    &m::NETSTAT_TCP_CLOSING,
    &m::NETSTAT_TCP_NONE,
];
/// A connection being opened, as newer kernels keep it: shown as `syn_recv`.
const NEW_SYN_RECV: u8 = 12;
const SYN_RECV: u8 = 3;

/// Sockets by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u64; 12]);

impl Counts {
    pub fn add(&mut self, state: u8) {
        let state = if state == NEW_SYN_RECV { SYN_RECV } else { state };
        // The kernel counts from 1; what it may invent later is "none".
        let at = usize::from(state).checked_sub(1).filter(|at| *at < 11).unwrap_or(11);
        self.0[at] += 1;
    }
}

/// Adds the sockets of /proc/net/tcp or tcp6.
pub fn parse(text: &str, counts: &mut Counts) {
    for line in text.lines().skip(1) {
        let state = line.split_ascii_whitespace().nth(3).and_then(|word| u8::from_str_radix(word, 16).ok());
        if let Some(state) = state {
            counts.add(state);
        }
    }
}

#[derive(Debug)]
pub struct TcpStates {
    diag: Option<SockDiag>,
    tcp: Source,
    tcp6: Source,
}

impl TcpStates {
    pub fn new(roots: &Roots) -> Self {
        let net = |name: &str| Source::new(roots.of_host("net").join(name));
        // The kernel's door shows the network that we are in, which is the host's only where /proc is.
        let diag = if roots.are_real() { SockDiag::open().ok() } else { None };
        Self { diag, tcp: net("tcp"), tcp6: net("tcp6") }
    }

    fn count(&mut self) -> Result<Counts, Miss> {
        if let Some(diag) = &mut self.diag {
            match diag.count() {
                Ok(counts) => return Ok(counts),
                Err(cause) => {
                    tracing::info!("sock_diag: {cause}; reading /proc/net/tcp from now on");
                    self.diag = None;
                }
            }
        }
        let mut counts = Counts::default();
        parse(self.tcp.read_if_there("no TCP")?, &mut counts);
        // Without IPv6 there is no such file.
        if let Ok(text) = self.tcp6.read() {
            parse(text, &mut counts);
        }
        Ok(counts)
    }
}

impl Collector for TcpStates {
    fn collect(&mut self, _: Duration, out: &mut Sink<'_>) -> Result<(), Miss> {
        if !STATES.iter().any(|metric| out.wants(metric)) {
            return Ok(());
        }
        let counts = self.count()?;
        for (metric, count) in STATES.iter().zip(counts.0) {
            out.put(metric, count as f64);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use proptest::prelude::*;

    use super::*;
    use crate::host::fixture;

    #[test]
    fn states_of_the_text() {
        let host = fixture::Host::of(&[("proc/1/net/tcp", fixture::text("6.1-small/proc/net/tcp"))]);
        let readings = fixture::collect(&mut TcpStates::new(&host.roots()));
        assert_eq!(readings.len(), 12);
        for (name, count) in
            [("listen", 2.0), ("established", 1.0), ("close_wait", 1.0), ("time_wait", 1.0), ("none", 0.0)]
        {
            assert_eq!(fixture::value(&readings, &format!("netstat_tcp_{name}"), &[]), Some(count), "{name}");
        }
    }

    /// The kernel's two doors agree, and both see the connections made here.
    #[test]
    fn sock_diag_agrees_with_the_text() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
        let near: Vec<_> = (0..5).map(|_| TcpStream::connect(listener.local_addr().expect("bound"))).collect();
        let far: Vec<_> = near.iter().map(|_| listener.accept().expect("accepts")).collect();
        let mut by_diag = TcpStates::new(&Roots::default());
        assert!(by_diag.diag.is_some(), "this kernel has sock_diag");
        let mut by_text = TcpStates { diag: None, ..TcpStates::new(&Roots::default()) };
        // Others open and close connections meanwhile: of some attempts one finds the host at rest.
        let agreed = (0..20).find_map(|_| {
            let (one, two) = (by_diag.count().expect("counted"), by_text.count().expect("counted"));
            (one == two).then_some(one)
        });
        let counts = agreed.expect("the two never agreed");
        assert!(counts.0[0] >= 10 && counts.0[9] >= 1, "{counts:?}");
        drop((near, far));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in fixture::mangled(fixture::text("6.1-small/proc/net/tcp"))) {
            let mut counts = Counts::default();
            parse(&text, &mut counts);
            prop_assert!(counts.0.iter().sum::<u64>() <= text.lines().count() as u64);
        }

        #[test]
        fn every_state_is_counted(states in prop::collection::vec(any::<u8>(), 0..100)) {
            let mut counts = Counts::default();
            for state in &states {
                counts.add(*state);
            }
            prop_assert_eq!(counts.0.iter().sum::<u64>(), states.len() as u64);
        }
    }
}

//! TCP: segments sent again, queues of new connections that were full, and sockets in use.
//!
//! From /proc/net/snmp, netstat and sockstat, whose cost does not grow with the connections. Their states are counted in
//! `tcp_states`. `sysinfo` reads none of it.

use std::time::Duration;

use super::collector::{Collector, Miss, Roots, Sink};
use super::delta::rise;
use super::source::Source;
use crate::metrics::{Metric, host, own as m};

/// What a page of the kernel's TCP buffers holds; `sockstat` counts in pages.
const PAGE_BYTES: u64 = 4096;

/// The value of a field of /proc/net/snmp or netstat: pairs of lines, names above and values below, each begun by the
/// name of the group.
pub fn field(text: &str, group: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(group)?.strip_prefix(':'));
    let (names, values) = (lines.next()?, lines.next()?);
    let at = names.split_ascii_whitespace().position(|held| held == name)?;
    values.split_ascii_whitespace().nth(at)?.parse().ok()
}

/// The value of a field of /proc/net/sockstat: `TCP: inuse 27 orphan 1 tw 4`.
pub fn in_use(text: &str, protocol: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(protocol)?.strip_prefix(':'))?;
    let mut words = line.split_ascii_whitespace().skip_while(|word| *word != name);
    words.nth(1)?.parse().ok()
}

/// Counters since boot; what a kernel lacks is not there.
#[derive(Clone, Copy, Debug, Default)]
struct Counters {
    sent: Option<u64>,
    retransmitted: Option<u64>,
    resets: Option<u64>,
    overflows: Option<u64>,
    drops: Option<u64>,
}

#[derive(Debug)]
pub struct Tcp {
    snmp: Source,
    netstat: Source,
    sockstat: Source,
    sockstat6: Source,
    last: Option<Counters>,
}

impl Tcp {
    pub fn new(roots: &Roots) -> Self {
        let net = |name: &str| Source::new(roots.of_host("net").join(name));
        Self {
            snmp: net("snmp"),
            netstat: net("netstat"),
            sockstat: net("sockstat"),
            sockstat6: net("sockstat6"),
            last: None,
        }
    }

    fn counters(&mut self) -> Result<Counters, Miss> {
        let snmp = self.snmp.read_if_there("no TCP")?;
        let (sent, retransmitted) = (field(snmp, "Tcp", "OutSegs"), field(snmp, "Tcp", "RetransSegs"));
        let resets = field(snmp, "Tcp", "OutRsts");
        let netstat = self.netstat.read_if_there("no TCP")?;
        let (overflows, drops) = (field(netstat, "TcpExt", "ListenOverflows"), field(netstat, "TcpExt", "ListenDrops"));
        Ok(Counters { sent, retransmitted, resets, overflows, drops })
    }

    fn sockets(&mut self, out: &mut Sink<'_>) -> Result<(), Miss> {
        let text = self.sockstat.read()?;
        if let Some(orphans) = in_use(text, "TCP", "orphan") {
            out.put(&m::TCP_ORPHANS, orphans as f64);
        }
        if let Some(pages) = in_use(text, "TCP", "mem") {
            out.put(&m::TCP_MEMORY, pages.saturating_mul(PAGE_BYTES) as f64);
        }
        let udp = in_use(text, "UDP", "inuse");
        // Without IPv6 there is no such file.
        let udp6 = self.sockstat6.read().ok().and_then(|text| in_use(text, "UDP6", "inuse"));
        if let Some(udp) = udp {
            out.put(&host::NETSTAT_UDP_SOCKET, udp.saturating_add(udp6.unwrap_or(0)) as f64);
        }
        Ok(())
    }
}

impl Collector for Tcp {
    fn collect(&mut self, _: Duration, out: &mut Sink<'_>) -> Result<(), Miss> {
        let now = self.counters()?;
        if let Some(before) = self.last.replace(now) {
            put(&before, &now, out);
        }
        self.sockets(out)
    }
}

fn put(before: &Counters, now: &Counters, out: &mut Sink<'_>) {
    let added = |before: Option<u64>, now: Option<u64>| Some(rise(before?, now?));
    let mut each = |metric: &'static Metric, added: Option<u64>| {
        if let Some(added) = added {
            out.put(metric, added as f64);
        }
    };
    let (sent, again) = (added(before.sent, now.sent), added(before.retransmitted, now.retransmitted));
    each(&m::TCP_RETRANSMITS, again);
    each(&m::TCP_RESETS_SENT, added(before.resets, now.resets));
    each(&m::TCP_LISTEN_OVERFLOWS, added(before.overflows, now.overflows));
    each(&m::TCP_LISTEN_DROPS, added(before.drops, now.drops));
    // `OutSegs` does not count what is sent again (RFC 4022).
    if let (Some(sent), Some(again)) = (sent, again)
        && sent.saturating_add(again) > 0
    {
        out.put(&m::TCP_RETRANSMIT_PERCENT, 100.0 * again as f64 / sent.saturating_add(again) as f64);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::host::fixture;

    #[test]
    fn fields_by_their_names() {
        let snmp = fixture::text("6.1-small/proc/net/snmp");
        assert_eq!(field(snmp, "Tcp", "RetransSegs"), Some(1_207));
        assert_eq!(field(snmp, "Tcp", "MaxConn"), None, "-1 is no number of ours");
        assert_eq!(field(snmp, "Tcp", "Nothing"), None);
        let netstat = fixture::text("6.1-small/proc/net/netstat");
        assert_eq!(field(netstat, "TcpExt", "ListenOverflows"), Some(41));
        assert_eq!(field(netstat, "TcpExt", "ListenDrops"), Some(43));
        assert_eq!(field(fixture::text("6.18-vm/proc/net/netstat"), "TcpExt", "ListenOverflows"), Some(0));
        let sockstat = fixture::text("6.1-small/proc/net/sockstat");
        assert_eq!((in_use(sockstat, "TCP", "orphan"), in_use(sockstat, "UDP", "inuse")), (Some(2), Some(5)));
    }

    #[test]
    fn what_was_added() {
        let snmp = |sent: u64, again: u64| {
            format!("Tcp: InSegs OutSegs RetransSegs InErrs OutRsts\nTcp: 1 {sent} {again} 0 7\n")
        };
        let netstat = |overflows: u64| format!("TcpExt: ListenOverflows ListenDrops\nTcpExt: {overflows} 9\n");
        let host = fixture::Host::of(&[
            ("proc/1/net/snmp", &snmp(100, 1)),
            ("proc/1/net/netstat", &netstat(2)),
            ("proc/1/net/sockstat", "TCP: inuse 3 orphan 1 tw 2 alloc 5 mem 4\nUDP: inuse 2 mem 0\n"),
            ("proc/1/net/sockstat6", "TCP6: inuse 3\nUDP6: inuse 1\n"),
        ]);
        let mut tcp = Tcp::new(&host.roots());
        let first = fixture::collect(&mut tcp);
        assert_eq!(fixture::value(&first, "netstat_udp_socket", &[]), Some(3.0));
        assert_eq!(fixture::value(&first, "tcp_memory", &[]), Some(4.0 * 4096.0));
        host.write("proc/1/net/snmp", &snmp(195, 6));
        host.write("proc/1/net/netstat", &netstat(12));
        let readings = fixture::collect(&mut tcp);
        let value = |name| fixture::value(&readings, name, &[]);
        assert_eq!(value("tcp_retransmits"), Some(5.0));
        assert_eq!(value("tcp_retransmit_percent"), Some(5.0));
        assert_eq!(value("tcp_listen_overflows"), Some(10.0));
        assert_eq!((value("tcp_listen_drops"), value("tcp_resets_sent")), (Some(0.0), Some(0.0)));
    }

    proptest! {
        #[test]
        fn no_text_panics(
            snmp in fixture::mangled(fixture::text("6.1-small/proc/net/snmp")),
            sockstat in fixture::mangled(fixture::text("6.1-small/proc/net/sockstat")),
        ) {
            let _ = (field(&snmp, "Tcp", "OutSegs"), field(&snmp, "", ""), in_use(&sockstat, "TCP", "mem"));
        }
    }
}

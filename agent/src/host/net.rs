//! Network interfaces.
//!
//! Read here, not by `sysinfo`: it opens seven files of each interface and lacks the packets dropped.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::collector::{Collector, Miss, Roots, Sink};
use super::delta::{Last, rise};
use super::source::Source;
use super::text::number;
use crate::metrics::host as m;

/// What containers and tunnels make: one host can have hundreds, and their traffic passes a real one too.
const VIRTUAL: &[&str] = &[
    "lo",
    "veth*",
    "docker*",
    "br-*",
    "cni*",
    "cali*",
    "flannel*",
    "cilium*",
    "lxc*",
    "vxlan*",
    "virbr*",
    "vnet*",
    "dummy*",
    "ifb*",
    "tunl*",
    "kube-*",
    "nodelocaldns",
    "sit*",
    "gre*",
    "ip6tnl*",
];

/// `[host.net]`
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// Interfaces by name (`*` and `?` stand for characters). None named: all but the loopback and virtual ones.
    pub interfaces: Vec<String>,
    /// Interfaces left out.
    pub exclude: Vec<String>,
}

impl Raw {
    pub fn wants(&self, name: &str) -> bool {
        let named = if self.interfaces.is_empty() {
            !VIRTUAL.iter().any(|pattern| alarm::glob::matches(pattern, name))
        } else {
            alarm::glob::matches_any(&self.interfaces, name)
        };
        named && !alarm::glob::matches_any(&self.exclude, name)
    }
}

/// Counters of one interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    pub bytes_recv: u64,
    pub packets_recv: u64,
    pub err_in: u64,
    pub drop_in: u64,
    pub bytes_sent: u64,
    pub packets_sent: u64,
    pub err_out: u64,
    pub drop_out: u64,
}

/// The interfaces of /proc/net/dev. Old kernels put no space between the colon and a long number.
pub fn parse(text: &str) -> impl Iterator<Item = (&str, Counters)> {
    text.lines().skip(2).filter_map(|line| {
        // An alias (`eth0:1`) has a colon in its name.
        let (name, rest) = line.rsplit_once(':')?;
        let mut words = rest.split_ascii_whitespace();
        if words.clone().count() < 12 {
            return None;
        }
        let mut next = || number(&mut words);
        let (bytes_recv, packets_recv, err_in, drop_in) = (next(), next(), next(), next());
        let (_fifo, _frame, _compressed, _multicast) = (next(), next(), next(), next());
        let (bytes_sent, packets_sent, err_out, drop_out) = (next(), next(), next(), next());
        let counters =
            Counters { bytes_recv, packets_recv, err_in, drop_in, bytes_sent, packets_sent, err_out, drop_out };
        Some((name.trim(), counters))
    })
}

#[derive(Debug)]
pub struct Net {
    dev: Source,
    chosen: Raw,
    last: Last<Counters>,
}

impl Net {
    pub fn new(roots: &Roots, chosen: Raw) -> Self {
        Self { dev: Source::new(roots.of_host("net/dev")), chosen, last: Last::default() }
    }
}

impl Collector for Net {
    fn collect(&mut self, _: Duration, out: &mut Sink<'_>) -> Result<(), Miss> {
        for (name, now) in parse(self.dev.read()?) {
            if !self.chosen.wants(name) {
                continue;
            }
            let Some(before) = self.last.swap(name, now) else { continue };
            for (metric, before, now) in [
                (&m::NET_BYTES_RECV, before.bytes_recv, now.bytes_recv),
                (&m::NET_BYTES_SENT, before.bytes_sent, now.bytes_sent),
                (&m::NET_PACKETS_RECV, before.packets_recv, now.packets_recv),
                (&m::NET_PACKETS_SENT, before.packets_sent, now.packets_sent),
                (&m::NET_DROP_IN, before.drop_in, now.drop_in),
                (&m::NET_DROP_OUT, before.drop_out, now.drop_out),
                (&m::NET_ERR_IN, before.err_in, now.err_in),
                (&m::NET_ERR_OUT, before.err_out, now.err_out),
            ] {
                out.put_with(metric, &[("interface", name)], rise(before, now) as f64);
            }
        }
        self.last.end_round();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::host::fixture;

    #[test]
    fn columns() {
        let found: Vec<_> = parse(fixture::text("6.1-small/proc/net/dev")).collect();
        let expect = Counters {
            bytes_recv: 98_123_411,
            packets_recv: 120_331,
            err_in: 3,
            drop_in: 7,
            bytes_sent: 41_231_009,
            packets_sent: 90_122,
            err_out: 1,
            drop_out: 2,
        };
        assert_eq!(found[1], ("ens5", expect));
        let old: Vec<_> = parse("a\nb\n  eth0:123456789 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n").collect();
        assert_eq!((old[0].0, old[0].1.bytes_recv, old[0].1.drop_out), ("eth0", 123_456_789, 11));
    }

    #[test]
    fn real_interfaces_unless_named() {
        let wanted = |raw: Raw| {
            let names = ["lo", "ens5", "docker0", "veth12ab", "br-9f", "wg0"];
            names.into_iter().filter(|name| raw.wants(name)).collect::<Vec<_>>()
        };
        assert_eq!(wanted(Raw::default()), ["ens5", "wg0"]);
        assert_eq!(wanted(Raw { exclude: vec!["wg*".into()], ..Raw::default() }), ["ens5"]);
        assert_eq!(wanted(Raw { interfaces: vec!["docker0".into()], ..Raw::default() }), ["docker0"]);
    }

    #[test]
    fn what_was_added_and_an_interface_made_anew() {
        let dev = |bytes: u64| format!("a\nb\n eth0: {bytes} 1 0 0 0 0 0 0 {bytes} 1 0 0 0 0 0 0\n");
        let host = fixture::Host::of(&[("proc/1/net/dev", &dev(1_000))]);
        let mut net = Net::new(&host.roots(), Raw::default());
        assert!(fixture::collect(&mut net).is_empty());
        for (now, added) in [(1_500, 500.0), (200, 200.0), (200, 0.0)] {
            host.write("proc/1/net/dev", &dev(now));
            let readings = fixture::collect(&mut net);
            assert_eq!(fixture::value(&readings, "net_bytes_recv", &[("interface", "eth0")]), Some(added));
        }
    }

    /// The kernel's other door to the same counters: they never fall, so ours lie between two looks through it.
    #[test]
    fn as_sysfs_counts() {
        let sysfs = |interface: &str, counter: &str| {
            let path = format!("/sys/class/net/{interface}/statistics/{counter}");
            std::fs::read_to_string(path).expect("there").trim().parse::<u64>().expect("a number")
        };
        let counters = ["rx_bytes", "rx_packets", "tx_bytes", "tx_packets", "rx_errors", "tx_errors", "tx_dropped"];
        let before = counters.map(|counter| sysfs("lo", counter));
        let text = std::fs::read_to_string("/proc/self/net/dev").expect("there");
        let after = counters.map(|counter| sysfs("lo", counter));
        let (_, ours) = parse(&text).find(|(name, _)| *name == "lo").expect("every host has it");
        let ours = [
            ours.bytes_recv,
            ours.packets_recv,
            ours.bytes_sent,
            ours.packets_sent,
            ours.err_in,
            ours.err_out,
            ours.drop_out,
        ];
        for at in 0..counters.len() {
            assert!((before[at]..=after[at]).contains(&ours[at]), "{}: {}", counters[at], ours[at]);
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in fixture::mangled(fixture::text("6.1-small/proc/net/dev"))) {
            parse(&text).for_each(drop);
        }
    }
}

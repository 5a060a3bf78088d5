//! What the instance's network allowance dropped: the counters of the ENA driver.
//!
//! An instance has bandwidth, packets a second and tracked connections by its type. Beyond them packets are queued or
//! dropped, and no other counter of the host shows it. `sysinfo` reads none of it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::collector::{Collector, Miss, Roots, Sink};
use super::delta::{Last, rise};
use super::ethtool::Ethtool;
use super::net;
use crate::metrics::{Metric, host, own};

/// The driver's name of a counter, the official agent's row (the count itself), and ours (what was added).
const COUNTERS: [(&str, &Metric, &Metric); 5] = [
    ("bw_in_allowance_exceeded", &host::ETHTOOL_BW_IN_ALLOWANCE_EXCEEDED, &own::ALLOWANCE_BW_IN_EXCEEDED),
    ("bw_out_allowance_exceeded", &host::ETHTOOL_BW_OUT_ALLOWANCE_EXCEEDED, &own::ALLOWANCE_BW_OUT_EXCEEDED),
    ("pps_allowance_exceeded", &host::ETHTOOL_PPS_ALLOWANCE_EXCEEDED, &own::ALLOWANCE_PPS_EXCEEDED),
    ("conntrack_allowance_exceeded", &host::ETHTOOL_CONNTRACK_ALLOWANCE_EXCEEDED, &own::ALLOWANCE_CONNTRACK_EXCEEDED),
    ("linklocal_allowance_exceeded", &host::ETHTOOL_LINKLOCAL_ALLOWANCE_EXCEEDED, &own::ALLOWANCE_LINKLOCAL_EXCEEDED),
];
/// How many connections the instance can still track: the only one of them that is no counter.
const AVAILABLE: &str = "conntrack_allowance_available";
/// The one driver that has them.
const DRIVER: &str = "ena";
/// More than an instance can have.
const INTERFACES_MAX: usize = 32;

/// Where the five stand among a driver's counters.
type Places = [Option<usize>; COUNTERS.len()];

fn places(names: &[String]) -> Places {
    COUNTERS.map(|(counter, ..)| names.iter().position(|name| name == counter))
}

#[derive(Debug)]
struct Interface {
    name: String,
    counters: usize,
    places: Places,
    available: Option<usize>,
}

#[derive(Debug)]
pub struct Allowance {
    net: PathBuf,
    is_real: bool,
    chosen: net::Raw,
    ethtool: Option<Ethtool>,
    /// Those with the driver; looked for again when one of them fails.
    interfaces: Option<Vec<Interface>>,
    last: Last<Vec<u64>>,
}

impl Allowance {
    pub fn new(roots: &Roots, chosen: net::Raw) -> Self {
        let net = roots.sys.join("class/net");
        Self { net, is_real: roots.are_real(), chosen, ethtool: None, interfaces: None, last: Last::default() }
    }

    fn find(&self, ethtool: &Ethtool) -> Result<Vec<Interface>, Miss> {
        let mut found = Vec::new();
        for name in of_driver(&self.net, DRIVER)?.filter(|name| self.chosen.wants(name)).take(INTERFACES_MAX) {
            let names = ethtool.names(&name).map_err(|error| Miss::failed(self.net.join(&name), error))?;
            found.push(Interface::of(name, &names));
        }
        Ok(found)
    }
}

impl Interface {
    fn of(name: String, counters: &[String]) -> Self {
        let available = counters.iter().position(|counter| counter == AVAILABLE);
        Self { name, counters: counters.len(), places: places(counters), available }
    }
}

/// The interfaces that a driver serves.
fn of_driver<'a>(net: &'a Path, driver: &'a str) -> Result<impl Iterator<Item = String> + 'a, Miss> {
    let entries = std::fs::read_dir(net).map_err(|error| Miss::failed(net, error))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names.filter(move |name| {
        let link = std::fs::read_link(net.join(name).join("device/driver"));
        link.is_ok_and(|link| link.file_name().is_some_and(|served| served == driver))
    }))
}

impl Collector for Allowance {
    fn collect(&mut self, _: Duration, out: &mut Sink<'_>) -> Result<(), Miss> {
        if !self.is_real {
            return Err(Miss::NoData("the driver can only be asked on the host itself"));
        }
        let ethtool = match self.ethtool.take() {
            Some(ethtool) => ethtool,
            None => Ethtool::open().map_err(|error| Miss::failed("ethtool", error))?,
        };
        let interfaces = match self.interfaces.take() {
            Some(interfaces) => interfaces,
            None => self.find(&ethtool)?,
        };
        let answer = interfaces.iter().try_for_each(|interface| {
            let values = ethtool.values(&interface.name, interface.counters);
            let values = values.map_err(|error| Miss::failed(self.net.join(&interface.name), error))?;
            put(interface, &values, &mut self.last, out);
            Ok(())
        });
        self.last.end_round();
        // On failure both stay unset: the interfaces are looked for again at the next tick.
        answer?;
        let has_none = interfaces.is_empty();
        (self.interfaces, self.ethtool) = (Some(interfaces), Some(ethtool));
        if has_none { Err(Miss::NoData("no interface with the ENA driver")) } else { Ok(()) }
    }
}

fn put(interface: &Interface, values: &[u64], last: &mut Last<Vec<u64>>, out: &mut Sink<'_>) {
    let of = [("interface", interface.name.as_str())];
    let of_driver = [("interface", interface.name.as_str()), ("driver", DRIVER)];
    let now: Vec<u64> =
        interface.places.iter().map(|place| place.and_then(|at| values.get(at).copied()).unwrap_or(0)).collect();
    let before = last.swap(&interface.name, now.clone());
    if let Some(available) = interface.available.and_then(|at| values.get(at)) {
        out.put_with(&host::ETHTOOL_CONNTRACK_ALLOWANCE_AVAILABLE, &of_driver, *available as f64);
    }
    for (at, (_, total, added)) in COUNTERS.iter().enumerate() {
        // A driver of older instances lacks some of them.
        if interface.places[at].is_none() {
            continue;
        }
        out.put_with(total, &of_driver, now[at] as f64);
        if let Some(before) = before.as_ref().and_then(|before| before.get(at)) {
            out.put_with(added, &of, rise(*before, now[at]) as f64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::collector::Wanted;
    use crate::host::fixture;
    use crate::metrics::Tier;
    use crate::reading::Readings;

    #[test]
    fn the_total_and_what_was_added() {
        let names: Vec<String> =
            ["tx_timeout", "bw_in_allowance_exceeded", "pps_allowance_exceeded", AVAILABLE].map(str::to_owned).to_vec();
        let interface = Interface::of("ens5".into(), &names);
        assert_eq!(interface.places, [Some(1), None, Some(2), None, None]);
        let wanted = Wanted { tier: Tier::Full, also: vec![] };
        let mut last = Last::default();
        let mut read = |values: Vec<u64>| {
            let mut readings = Readings::default();
            put(&interface, &values, &mut last, &mut Sink::new(&wanted, &mut readings));
            last.end_round();
            readings.0
        };
        assert_eq!(read(vec![9, 100, 5, 7]).len(), 3, "nothing to compare with yet");
        let readings = read(vec![9, 130, 5, 6]);
        let value = |name| fixture::value(&readings, name, &[("interface", "ens5")]);
        assert_eq!(value("ethtool_bw_in_allowance_exceeded"), Some(130.0));
        assert_eq!(value("ethtool_conntrack_allowance_available"), Some(6.0));
        assert_eq!(value("allowance_bw_in_exceeded"), Some(30.0));
        assert_eq!(value("allowance_pps_exceeded"), Some(0.0));
        assert_eq!(value("allowance_conntrack_exceeded"), None);
    }

    #[test]
    fn interfaces_by_their_driver() {
        let host = fixture::Host::of(&[("sys/drivers/ena/x", ""), ("sys/drivers/virtio/x", "")]);
        for (name, driver) in [("ens5", "ena"), ("eth1", "virtio")] {
            host.write(&format!("sys/class/net/{name}/device/x"), "");
            let link = host.path(&format!("sys/class/net/{name}/device/driver"));
            std::os::unix::fs::symlink(host.path(&format!("sys/drivers/{driver}")), link).expect("a link");
        }
        host.write("sys/class/net/lo/mtu", "");
        let found: Vec<_> = of_driver(&host.path("sys/class/net"), "ena").expect("there").collect();
        assert_eq!(found, ["ens5"]);
    }

    #[test]
    fn a_host_without_the_driver_has_no_data() {
        let mut allowance = Allowance::new(&Roots::default(), net::Raw::default());
        if of_driver(Path::new("/sys/class/net"), DRIVER).expect("there").next().is_none() {
            assert!(matches!(fixture::miss(&mut allowance), Miss::NoData(_)));
        }
    }
}

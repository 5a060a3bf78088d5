//! `[local]`: what is kept, judged and shown on this host.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use alarm::sheet::{At, Bytes, Faults, did_you_mean};
use schemars::JsonSchema;
use serde::Deserialize;

use super::judge::{self, Machine};
use super::store::{BYTES, BYTES_MIN};
use super::tell::{RawWay, Way};

/// Where the page is.
pub const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7300);
const STORE: &str = "local.redb";

/// `[local]`, as typed. `stormglass up` needs it not; under `stormglass run` it says that all of this shall be beside
/// the publishing.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// Where the page listens. Default: 127.0.0.1:7300. Elsewhere than on loopback it asks for a token.
    pub listen: Option<At<String>>,
    /// The file of the points. Default: `local.redb` in the state directory.
    pub store: Option<PathBuf>,
    /// The most that file takes on the disk; beyond it the finest of the oldest points go first. Default: 256MiB.
    pub max_bytes: Option<At<Bytes>>,
    /// Rules of your own, in the form of alarms.toml; they stand beside those that are built in.
    pub rules: Option<PathBuf>,
    /// Rules of those that are built in that you do not want.
    pub off: Vec<At<String>>,
    /// The machine, where it is not EC2 and bursts: an EC2 type ("t3.micro") or a Lightsail plan ("$12").
    pub machine: Option<At<String>>,
    /// Where notices go besides the terminal.
    pub outlet: Vec<RawWay>,
}

/// What is meant.
#[derive(Clone, Debug)]
pub struct Config {
    pub listen: SocketAddr,
    pub(crate) store: Option<PathBuf>,
    pub(crate) max_bytes: u64,
    pub rules: Option<PathBuf>,
    pub off: Vec<String>,
    pub(crate) machine: Option<Machine>,
    pub(crate) ways: Vec<Way>,
}

impl Default for Config {
    fn default() -> Self {
        Self::check(Raw::default(), &mut Faults::new("", ""))
    }
}

impl Config {
    pub fn check(raw: Raw, faults: &mut Faults) -> Self {
        let listen = raw.listen.map_or(LISTEN, |said| {
            said.value.parse().unwrap_or_else(|_| {
                let says = "`local.listen`: an address and a port, like 127.0.0.1:7300 or [::1]:7300";
                faults.add(said.span.clone(), "SG-LOC-020", says);
                LISTEN
            })
        });
        for off in &raw.off {
            if judge::names().all(|name| name != off.value) {
                let hint = did_you_mean(off, judge::names());
                let hint = hint.map(|best| format!("; did you mean `{best}`?")).unwrap_or_default();
                let says = format!("`local.off`: no rule that is built in is called \"{}\"{hint}", off.value);
                faults.add(off.span.clone(), "SG-LOC-021", says);
            }
        }
        let machine = raw.machine.and_then(|said| {
            let machine = Machine::find(&said);
            if machine.is_none() {
                let says =
                    format!("`local.machine`: \"{}\" is no machine that bursts, like t3.micro or $12", said.value);
                faults.add(said.span.clone(), "SG-LOC-022", says);
            }
            machine
        });
        let max_bytes = raw.max_bytes.map_or(BYTES, |said| {
            if said.0 < BYTES_MIN {
                let says = "`local.max_bytes`: at least 16MiB, what a host without any history takes";
                faults.add(said.span.clone(), "SG-LOC-024", says);
            }
            said.0
        });
        let ways = raw.outlet.into_iter().filter_map(|way| way.check(faults)).collect();
        let off = raw.off.into_iter().map(|off| off.value).collect();
        Self { listen, store: raw.store, max_bytes, rules: raw.rules, off, machine, ways }
    }

    /// The file of the points.
    pub fn store(&self, state_dir: &std::path::Path) -> PathBuf {
        self.store.clone().unwrap_or_else(|| state_dir.join(STORE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_have_their_place() {
        let text = "listen = 'here'\noff = ['disk-ful']\nmachine = 'm5.large'\nmax_bytes = '1MiB'\n";
        let raw: Raw = alarm::sheet::read("x.toml", text).expect("is read");
        let mut faults = Faults::new("x.toml", text);
        Config::check(raw, &mut faults);
        let said = faults.to_string();
        for part in ["1:10", "SG-LOC-020", "did you mean `disk-full`?", "3:11", "SG-LOC-022", "4:13", "SG-LOC-024"] {
            assert!(said.contains(part), "{part} is not in {said}");
        }
    }
}

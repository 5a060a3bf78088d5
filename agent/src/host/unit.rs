//! Named systemd units: whether they run, what they use, and how near their limits they are (`[[unit]]`).
//!
//! `TasksMax` is what stops a thread-heavy JVM on a small host, `LimitNOFILE` what stops a busy server; the proof is
//! `pids.max` and /proc/PID/limits of the running unit, never `ulimit -a` (facts/hosts.md, What raises a limit).
//! A unit that is down is a 0, not silence. `sysinfo` knows no units.

use std::path::PathBuf;
use std::time::Duration;

use alarm::sheet::{At, Faults};
use schemars::JsonSchema;
use serde::Deserialize;

use super::cgroup::{Account, Folders};
use super::collector::{Collector, Miss, Roots, Sink};
use super::delta::rise;
use super::limits::percent;
use super::process::fuller;
use super::stat::Reader;
use super::usage;
use crate::metrics::{Metric, own as m};

/// A unit of more processes has its first ones looked at for descriptors.
const PIDS_MAX: usize = 256;
/// What systemd runs; a name without one of these means a service.
const KINDS: [&str; 4] = [".service", ".slice", ".scope", ".socket"];

/// `[[unit]]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    /// As systemd names it: `nginx.service`, or `nginx` for short.
    pub name: At<String>,
}

impl Raw {
    /// The whole name.
    pub fn check(self, faults: &mut Faults) -> Option<String> {
        let name = &self.name.value;
        if name.is_empty() || name.contains(['/', '*', ' ']) {
            let says = format!("`unit.name`: \"{name}\" is no name of a systemd unit; write it like \"nginx.service\"");
            faults.add(self.name.span, "SG-CFG-006", says);
            return None;
        }
        let is_whole = KINDS.iter().any(|kind| name.ends_with(kind));
        Some(if is_whole { name.clone() } else { format!("{name}.service") })
    }
}

#[derive(Debug)]
struct Watch {
    unit: String,
    folders: Option<Folders>,
    last: Option<(Duration, Account)>,
}

#[derive(Debug)]
pub struct UnitCollector {
    cgroup: PathBuf,
    reader: Reader,
    watches: Vec<Watch>,
}

impl UnitCollector {
    pub fn new(roots: &Roots, units: &[String]) -> Self {
        let watch = |unit: &String| Watch { unit: unit.clone(), folders: None, last: None };
        let cgroup = roots.sys.join("fs/cgroup");
        Self { cgroup, reader: Reader::new(&roots.proc), watches: units.iter().map(watch).collect() }
    }
}

impl Collector for UnitCollector {
    fn collect(&mut self, now: Duration, out: &mut Sink<'_>) -> Result<(), Miss> {
        if self.watches.is_empty() {
            return Err(Miss::NoData("no unit is named"));
        }
        if !self.cgroup.is_dir() {
            return Err(Miss::NoData("no control groups are mounted"));
        }
        for watch in &mut self.watches {
            watch.collect(&self.cgroup, now, &mut self.reader, out);
        }
        Ok(())
    }
}

impl Watch {
    fn collect(&mut self, cgroup: &std::path::Path, now: Duration, reader: &mut Reader, out: &mut Sink<'_>) {
        let account = self.account(cgroup);
        let pids = self.folders.as_ref().map(Folders::pids).unwrap_or_default();
        let of = [("unit", self.unit.as_str())];
        let (of, tasks) = (of.as_slice(), account.and_then(|account| account.tasks));
        let is_up = tasks.map_or(!pids.is_empty(), |tasks| tasks > 0);
        out.put_with(&m::UNIT_UP, of, f64::from(u8::from(is_up)));
        let Some(account) = account.filter(|_| is_up) else { return };
        put_gauges(&account, &pids, of, out);
        if let Some((at, before)) = self.last.replace((now, account)) {
            put_added(&before, &account, now.saturating_sub(at), of, out);
        }
        put_descriptors(&pids, reader, of, out);
    }

    /// The unit's account; found anew when its folder is gone, since it may have moved to another slice.
    fn account(&mut self, cgroup: &std::path::Path) -> Option<Account> {
        if let Some(account) = self.folders.as_ref().and_then(|folders| folders.account().ok()) {
            return Some(account);
        }
        self.folders = Folders::find(cgroup, &self.unit);
        self.folders.as_ref()?.account().ok()
    }
}

fn put_gauges(account: &Account, pids: &[u32], of: &[(&str, &str)], out: &mut Sink<'_>) {
    let share = |used: Option<u64>, most: Option<u64>| used.zip(most).and_then(|(used, most)| percent(used, most));
    let gauges: [(&'static Metric, Option<f64>); 5] = [
        (&m::UNIT_MEMORY_USED, account.memory.map(|bytes| bytes as f64)),
        (&m::UNIT_MEMORY_USED_PERCENT, share(account.memory, account.memory_max)),
        (&m::UNIT_TASKS_USED, account.tasks.map(|tasks| tasks as f64)),
        (&m::UNIT_TASKS_USED_PERCENT, share(account.tasks, account.tasks_max)),
        (&m::UNIT_PROCESSES, Some(pids.len() as f64)),
    ];
    for (metric, value) in gauges {
        if let Some(value) = value {
            out.put_with(metric, of, value);
        }
    }
}

fn put_added(before: &Account, now: &Account, passed: Duration, of: &[(&str, &str)], out: &mut Sink<'_>) {
    let began_anew = before.life != now.life;
    out.put_with(&m::UNIT_RESTARTS, of, f64::from(u8::from(began_anew)));
    // A new life counts from nothing.
    let before = if began_anew {
        Account { cpu_ns: Some(0), throttled_ns: Some(0), oom_kills: Some(0), ..*now }
    } else {
        *before
    };
    let added = |before: Option<u64>, now: Option<u64>| Some(rise(before?, now?));
    if let Some(kills) = added(before.oom_kills, now.oom_kills) {
        out.put_with(&m::UNIT_OOM_KILLS, of, kills as f64);
    }
    if passed.is_zero() {
        return;
    }
    for (metric, before, now) in [
        (&m::UNIT_CPU_USAGE, before.cpu_ns, now.cpu_ns),
        (&m::UNIT_CPU_THROTTLED, before.throttled_ns, now.throttled_ns),
    ] {
        if let Some(ns) = added(before, now) {
            out.put_with(metric, of, 100.0 * ns as f64 / passed.as_nanos() as f64);
        }
    }
}

/// Each process has its own limit: what counts is the one nearest to it.
fn put_descriptors(pids: &[u32], reader: &mut Reader, of: &[(&str, &str)], out: &mut Sink<'_>) {
    let (mut most, mut fullest) = (None, None);
    for pid in pids.iter().take(PIDS_MAX) {
        let Some(used) = usage::descriptors(reader.proc(), *pid) else { continue };
        most = most.max(Some(used));
        let limit = reader.read(*pid, "limits").ok().and_then(|text| usage::parse_limits(&text).0);
        fullest = fuller(fullest, limit.and_then(|limit| percent(used, limit)));
    }
    if let Some(most) = most {
        out.put_with(&m::UNIT_FDS_USED, of, most as f64);
    }
    if let Some(fullest) = fullest {
        out.put_with(&m::UNIT_FDS_USED_PERCENT, of, fullest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::fixture;

    const AT: &str = "sys/fs/cgroup/system.slice/shop.service";

    fn start(host: &fixture::Host, usage_us: u64) {
        for (name, text) in [
            ("cgroup.procs", "41\n"),
            ("pids.current", "307\n"),
            ("pids.max", "614\n"),
            ("memory.current", "300\n"),
            ("memory.max", "400\n"),
            ("memory.events", "oom_kill 0\n"),
            ("cpu.stat", &format!("usage_usec {usage_us}\nthrottled_usec 0\n")),
        ] {
            host.write(&format!("{AT}/{name}"), text);
        }
    }

    #[test]
    fn near_its_limits_down_and_begun_anew() {
        let host = fixture::Host::of(&[("sys/fs/cgroup/cgroup.controllers", "")]);
        let mut collector = UnitCollector::new(&host.roots(), &["shop.service".to_owned()]);
        let of = [("unit", "shop.service")];
        let readings = fixture::collect_at(&mut collector, 0);
        assert_eq!((readings.len(), fixture::value(&readings, "unit_up", &of)), (1, Some(0.0)), "down is a 0");

        start(&host, 1_000_000);
        host.write("proc/41/fd/0", "");
        host.write("proc/41/fd/1", "");
        host.write("proc/41/limits", "Max open files 8 16 files\n");
        let readings = fixture::collect_at(&mut collector, 10);
        let value = |name| fixture::value(&readings, name, &of);
        assert_eq!((value("unit_up"), value("unit_restarts")), (Some(1.0), None));
        assert_eq!((value("unit_tasks_used_percent"), value("unit_memory_used_percent")), (Some(50.0), Some(75.0)));

        host.write(&format!("{AT}/cpu.stat"), "usage_usec 3000000\nthrottled_usec 1000000\n");
        let readings = fixture::collect_at(&mut collector, 20);
        let value = |name| fixture::value(&readings, name, &of);
        assert_eq!((value("unit_cpu_usage"), value("unit_cpu_throttled")), (Some(20.0), Some(10.0)));
        assert_eq!((value("unit_restarts"), value("unit_oom_kills")), (Some(0.0), Some(0.0)));

        // Made beside the old one, so that the file system cannot give it the same number.
        let old = host.path(&format!("{AT}.old"));
        std::fs::rename(host.path(AT), &old).expect("moved");
        start(&host, 500_000);
        let readings = fixture::collect_at(&mut collector, 30);
        let value = |name| fixture::value(&readings, name, &of);
        assert_eq!((value("unit_restarts"), value("unit_cpu_usage")), (Some(1.0), Some(5.0)));
    }

    #[test]
    fn a_name_for_short() {
        let check = |name: &str| {
            let mut faults = Faults::new("x.toml", "");
            Raw { name: name.to_owned().into() }.check(&mut faults)
        };
        assert_eq!(check("nginx").as_deref(), Some("nginx.service"));
        assert_eq!(check("shop.slice").as_deref(), Some("shop.slice"));
        assert_eq!((check(""), check("a/b"), check("web*")), (None, None, None));
    }

    #[test]
    fn a_host_without_units_has_no_data() {
        let host = fixture::Host::of(&[]);
        assert!(matches!(fixture::miss(&mut UnitCollector::new(&host.roots(), &[])), Miss::NoData(_)));
        let mut collector = UnitCollector::new(&host.roots(), &["a.service".to_owned()]);
        assert!(matches!(fixture::miss(&mut collector), Miss::NoData(_)));
    }
}

//! What of the host's own limits is used: descriptors, threads, connection tracking.
//!
//! `sysinfo` reads none of it.

use std::time::Duration;

use super::collector::{Collector, Miss, Roots, Sink};
use super::source::Source;
use crate::metrics::own as m;

/// /proc/sys/fs/file-nr: open, unused (0 since 2.6), most.
pub fn parse_file_nr(text: &str) -> Option<(u64, u64)> {
    let mut words = text.split_ascii_whitespace();
    let open = words.next()?.parse().ok()?;
    Some((open, words.nth(1)?.parse().ok()?))
}

/// The threads of /proc/loadavg: `0.20 0.18 0.12 1/80 11206` says 80.
pub fn parse_threads(text: &str) -> Option<u64> {
    text.split_ascii_whitespace().nth(3)?.split_once('/')?.1.parse().ok()
}

#[derive(Debug)]
pub struct Limits {
    file_nr: Source,
    loadavg: Source,
    threads_max: Source,
    pid_max: Source,
    conntrack: Source,
    conntrack_max: Source,
}

impl Limits {
    pub fn new(roots: &Roots) -> Self {
        let sys = |name: &str| Source::new(roots.proc.join("sys").join(name));
        Self {
            file_nr: sys("fs/file-nr"),
            loadavg: Source::new(roots.proc.join("loadavg")),
            threads_max: sys("kernel/threads-max"),
            pid_max: sys("kernel/pid_max"),
            conntrack: sys("net/netfilter/nf_conntrack_count"),
            conntrack_max: sys("net/netfilter/nf_conntrack_max"),
        }
    }
}

fn single(source: &mut Source) -> Option<u64> {
    source.read().ok()?.trim().parse().ok()
}

/// Percent of a limit; a limit of 0 is none.
pub(super) fn percent(used: u64, limit: u64) -> Option<f64> {
    (limit > 0).then(|| 100.0 * used as f64 / limit as f64)
}

impl Collector for Limits {
    fn collect(&mut self, _: Duration, out: &mut Sink<'_>) -> Result<(), Miss> {
        let (open, most) = parse_file_nr(self.file_nr.read()?).ok_or_else(|| Miss::nonsense(self.file_nr.path()))?;
        out.put(&m::FILES_USED, open as f64);
        let threads = parse_threads(self.loadavg.read()?);
        let threads_max = single(&mut self.threads_max).min(single(&mut self.pid_max));
        // Only a host whose firewall tracks connections has these.
        let tracked = single(&mut self.conntrack).zip(single(&mut self.conntrack_max));
        for (metric, used) in [
            (&m::FILES_USED_PERCENT, Some((open, most))),
            (&m::THREADS_USED_PERCENT, threads.zip(threads_max)),
            (&m::CONNTRACK_USED_PERCENT, tracked),
        ] {
            if let Some(percent) = used.and_then(|(used, limit)| percent(used, limit)) {
                out.put(metric, percent);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::host::fixture;

    #[test]
    fn used_of_the_limit() {
        let host = fixture::Host::of(&[
            ("proc/sys/fs/file-nr", "1024\t0\t4096\n"),
            ("proc/sys/kernel/threads-max", "7800\n"),
            ("proc/sys/kernel/pid_max", "1000\n"),
            ("proc/loadavg", "0.20 0.18 0.12 1/80 11206\n"),
        ]);
        let mut limits = Limits::new(&host.roots());
        let readings = fixture::collect(&mut limits);
        assert_eq!(fixture::value(&readings, "files_used_percent", &[]), Some(25.0));
        assert_eq!(fixture::value(&readings, "threads_used_percent", &[]), Some(8.0));
        assert_eq!(fixture::value(&readings, "conntrack_used_percent", &[]), None, "no firewall, no data");
        host.write("proc/sys/net/netfilter/nf_conntrack_count", "30\n");
        host.write("proc/sys/net/netfilter/nf_conntrack_max", "40\n");
        let readings = fixture::collect(&mut limits);
        assert_eq!(fixture::value(&readings, "conntrack_used_percent", &[]), Some(75.0));
    }

    proptest! {
        #[test]
        fn no_text_panics(one in fixture::mangled("1024\t0\t4096\n"), two in fixture::mangled("0 0 0 1/80 11206\n")) {
            let _ = (parse_file_nr(&one), parse_threads(&two));
        }
    }
}

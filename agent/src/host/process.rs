//! Named processes: whether they run, and what they use (`[[process]]`).
//!
//! Who matches is looked for once a minute and whenever one of them is gone; in between only those found are read. A
//! process that is down is a 0, not silence. Descriptors and I/O of another user's process need a permission that the
//! service lacks unless it is given (facts/hosts.md, Privileges); without it they are left out.
//!
//! `sysinfo` reads every process to find one.

use std::path::PathBuf;
use std::time::Duration;

use alarm::sheet::{At, Faults};
use schemars::JsonSchema;
use serde::Deserialize;

use super::collector::{Collector, Miss, Roots, Sink};
use super::delta::{Last, rise};
use super::limits::percent;
use super::stat::{self, Reader, Stat, TICKS_PER_SECOND};
use super::usage;
use crate::metrics::{host as m, own};

/// More processes under one name are counted, but not each read.
const MATCHES_MAX: usize = 64;
/// How often new ones are looked for while all those known live.
const SEARCH_EVERY: Duration = Duration::from_mins(1);

/// `[[process]]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    /// What the alarms call it.
    pub name: At<String>,
    /// Part of the program's name, as in the official agent.
    #[serde(default)]
    pub exe: Option<String>,
    /// Part of the command line; `*` and `?` stand for characters.
    #[serde(default)]
    pub pattern: Option<String>,
    /// A file that holds the process's number.
    #[serde(default)]
    pub pidfile: Option<PathBuf>,
}

/// How a process is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    Exe(String),
    Pattern(String),
    PidFile(PathBuf),
}

/// A named process, as meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub name: String,
    pub by: By,
}

impl Raw {
    pub fn check(self, faults: &mut Faults) -> Option<Named> {
        let name = self.name.value;
        let by = match (self.exe, self.pattern, self.pidfile) {
            (Some(exe), None, None) if !exe.is_empty() => By::Exe(exe),
            (None, Some(pattern), None) if !pattern.is_empty() => By::Pattern(pattern),
            (None, None, Some(pidfile)) => By::PidFile(pidfile),
            _ => {
                let says = format!("`process` \"{name}\": say one of `exe`, `pattern` and `pidfile`, and not empty");
                faults.add(self.name.span, "SG-CFG-006", says);
                return None;
            }
        };
        Some(Named { name, by })
    }
}

impl By {
    /// The dimension by which the official agent tells how a process was chosen.
    fn dimension(&self) -> (&'static str, String) {
        match self {
            Self::Exe(exe) => ("exe", exe.clone()),
            Self::Pattern(pattern) => ("pattern", pattern.clone()),
            Self::PidFile(path) => ("pidfile", path.display().to_string()),
        }
    }

    fn matches(&self, process: &Stat, reader: &mut Reader) -> bool {
        match self {
            Self::Exe(exe) => process.name.contains(exe.as_str()),
            // The kernel's own threads have no command line.
            Self::Pattern(pattern) => {
                !process.is_kernel() && {
                    let line = reader.read(process.pid, "cmdline").unwrap_or_default().replace('\0', " ");
                    alarm::glob::matches(&format!("*{pattern}*"), line.trim_end())
                }
            }
            Self::PidFile(path) => {
                std::fs::read_to_string(path).is_ok_and(|text| text.trim().parse() == Ok(process.pid))
            }
        }
    }
}

/// One name with the processes found under it.
#[derive(Debug)]
struct Watch {
    named: Named,
    /// Pid and start, which together name a process for ever.
    found: Vec<(u32, u64)>,
}

#[derive(Debug)]
pub struct ProcessCollector {
    proc: PathBuf,
    reader: Reader,
    watches: Vec<Watch>,
    searched: Option<Duration>,
    last: Last<(Duration, u64)>,
}

impl ProcessCollector {
    pub fn new(roots: &Roots, named: &[Named]) -> Self {
        let watches = named.iter().map(|named| Watch { named: named.clone(), found: Vec::new() }).collect();
        let (proc, reader) = (roots.proc.clone(), Reader::new(&roots.proc));
        Self { proc, reader, watches, searched: None, last: Last::default() }
    }

    /// Finds the processes of every name anew, in one pass.
    fn search(&mut self, now: Duration) -> Result<(), Miss> {
        self.searched = Some(now);
        self.watches.iter_mut().for_each(|watch| watch.found.clear());
        let ours = std::process::id();
        for pid in stat::pids(&self.proc)?.filter(|pid| *pid != ours) {
            let Some(process) = self.reader.stat(pid) else { continue };
            for watch in &mut self.watches {
                if process.state != 'Z' && watch.named.by.matches(&process, &mut self.reader) {
                    watch.found.push((pid, process.started));
                }
            }
        }
        Ok(())
    }

    /// The processes found, each still living; `None` where one is gone or it is time to look for new ones.
    fn alive(&mut self, now: Duration) -> Option<Vec<Vec<Stat>>> {
        let searched = self.searched?;
        if now.saturating_sub(searched) >= SEARCH_EVERY || self.watches.iter().any(|watch| watch.found.is_empty()) {
            return None;
        }
        let stats = self.stats();
        let live = |(watch, stats): (&Watch, &Vec<Stat>)| stats.len() == watch.found.len().min(MATCHES_MAX);
        self.watches.iter().zip(&stats).all(live).then_some(stats)
    }

    /// Those of each name that live.
    fn stats(&mut self) -> Vec<Vec<Stat>> {
        let reader = &mut self.reader;
        let mut lives = |(pid, started): &(u32, u64)| {
            reader.stat(*pid).filter(|stat| stat.started == *started && stat.state != 'Z')
        };
        self.watches.iter().map(|watch| watch.found.iter().take(MATCHES_MAX).filter_map(&mut lives).collect()).collect()
    }
}

impl Collector for ProcessCollector {
    fn collect(&mut self, now: Duration, out: &mut Sink<'_>) -> Result<(), Miss> {
        if self.watches.is_empty() {
            return Err(Miss::NoData("no process is named"));
        }
        let alive = if let Some(alive) = self.alive(now) {
            alive
        } else {
            self.search(now)?;
            self.stats()
        };
        for (watch, processes) in self.watches.iter().zip(&alive) {
            let (key, value) = watch.named.by.dimension();
            let mut fullest: Option<f64> = None;
            for process in processes {
                let of = [(key, value.as_str()), ("process_name", process.name.as_str())];
                let before = self.last.swap(&format!("{}/{}", process.pid, process.started), (now, process.ticks()));
                put(process, before, now, &of, out);
                let usage = usage::read(&mut self.reader, process.pid, out);
                usage.put(&of, out);
                let used = usage.descriptors.zip(usage.limit_soft);
                fullest = fuller(fullest, used.and_then(|(used, most)| percent(used, most)));
            }
            let count = if processes.len() < MATCHES_MAX { processes.len() } else { watch.found.len() } as f64;
            out.put_with(&m::PROCSTAT_LOOKUP_PID_COUNT, &[(key, &value), ("pid_finder", "native")], count);
            let of = [("process", watch.named.name.as_str())];
            out.put_with(&own::PROCESS_UP, &of, count.min(1.0));
            if let Some(fullest) = fullest {
                out.put_with(&own::PROCESS_FDS_USED_PERCENT, &of, fullest);
            }
        }
        self.last.end_round();
        Ok(())
    }
}

/// The greater of two percentages, where there are any.
pub(super) fn fuller(one: Option<f64>, two: Option<f64>) -> Option<f64> {
    one.into_iter().chain(two).reduce(f64::max)
}

/// What `stat` alone tells.
fn put(process: &Stat, before: Option<(Duration, u64)>, now: Duration, of: &[(&str, &str)], out: &mut Sink<'_>) {
    if let Some((at, ticks)) = before
        && let Some(passed) = now.checked_sub(at).filter(|passed| !passed.is_zero())
    {
        let seconds = rise(ticks, process.ticks()) as f64 / TICKS_PER_SECOND as f64;
        out.put_with(&m::PROCSTAT_CPU_USAGE, of, 100.0 * seconds / passed.as_secs_f64());
    }
    for (metric, value) in [
        (&m::PROCSTAT_MEMORY_RSS, process.resident_pages.saturating_mul(usage::page_bytes())),
        (&m::PROCSTAT_MEMORY_VMS, process.virtual_bytes),
        (&m::PROCSTAT_NUM_THREADS, process.threads),
        (&m::PROCSTAT_CPU_TIME_USER, process.user_ticks),
        (&m::PROCSTAT_CPU_TIME_SYSTEM, process.system_ticks),
    ] {
        out.put_with(metric, of, value as f64);
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command, Stdio};

    use super::*;
    use crate::host::fixture;

    fn named(by: By) -> [Named; 1] {
        [Named { name: "web".into(), by }]
    }

    fn stat(pid: u32, name: &str, ticks: u64, started: u64) -> String {
        format!("{pid} ({name}) S 1 0 0 0 0 0 0 0 0 0 {ticks} 0 0 0 20 0 7 0 {started} 4096000 250")
    }

    #[test]
    fn up_down_and_up_again() {
        let host =
            fixture::Host::of(&[("proc/5/stat", &stat(5, "nginx", 100, 9)), ("proc/6/stat", &stat(6, "sshd", 1, 2))]);
        let mut collector = ProcessCollector::new(&host.roots(), &named(By::Exe("ngin".into())));
        let readings = fixture::collect_at(&mut collector, 0);
        let up = |readings: &[_]| fixture::value(readings, "process_up", &[("process", "web")]);
        assert_eq!(up(&readings), Some(1.0));
        host.write("proc/5/stat", &stat(5, "nginx", 600, 9));
        let readings = fixture::collect_at(&mut collector, 10);
        let of = [("exe", "ngin"), ("process_name", "nginx")];
        assert_eq!(fixture::value(&readings, "procstat_cpu_usage", &of), Some(50.0));
        assert_eq!(fixture::value(&readings, "procstat_memory_rss", &of), Some(250.0 * 4096.0));
        assert_eq!(fixture::value(&readings, "procstat_num_threads", &of), Some(7.0));
        let finder = [("exe", "ngin"), ("pid_finder", "native")];
        assert_eq!(fixture::value(&readings, "procstat_lookup_pid_count", &finder), Some(1.0));

        std::fs::remove_dir_all(host.path("proc/5")).expect("gone");
        assert_eq!(up(&fixture::collect_at(&mut collector, 20)), Some(0.0));
        // The number is given to another life of it: no processor time is carried over.
        host.write("proc/5/stat", &stat(5, "nginx", 3, 777));
        let readings = fixture::collect_at(&mut collector, 30);
        assert_eq!(up(&readings), Some(1.0));
        assert_eq!(fixture::value(&readings, "procstat_cpu_usage", &of), None);
    }

    #[test]
    fn by_command_line_and_by_file() {
        let host = fixture::Host::of(&[
            ("proc/5/stat", &stat(5, "java", 1, 9)),
            ("proc/5/cmdline", "/usr/bin/java\0-Xmx1g\0-jar\0/srv/shop.jar\0"),
            ("proc/6/stat", &stat(6, "java", 1, 9)),
            ("proc/6/cmdline", "/usr/bin/java\0-jar\0/srv/mail.jar\0"),
            ("run/web.pid", "6\n"),
        ]);
        let pidfile = host.path("run/web.pid");
        for (by, count) in [
            (By::Pattern("java*shop.jar".into()), 1.0),
            (By::Pattern("java".into()), 2.0),
            (By::PidFile(pidfile), 1.0),
            (By::Exe("ruby".into()), 0.0),
        ] {
            let readings = fixture::collect(&mut ProcessCollector::new(&host.roots(), &named(by.clone())));
            assert_eq!(fixture::value(&readings, "procstat_lookup_pid_count", &[]), Some(count), "{by:?}");
        }
    }

    #[test]
    fn one_way_of_choosing() {
        let check = |exe: Option<&str>, pattern: Option<&str>| {
            let mut faults = Faults::new("x.toml", "");
            let raw = Raw {
                name: "web".to_owned().into(),
                exe: exe.map(Into::into),
                pattern: pattern.map(Into::into),
                pidfile: None,
            };
            raw.check(&mut faults).is_some() && faults.is_empty()
        };
        assert!(check(Some("x"), None) && check(None, Some("x")));
        assert!(!check(None, None) && !check(Some("x"), Some("y")) && !check(Some(""), None));
    }

    struct Busy(Child);

    impl Drop for Busy {
        fn drop(&mut self) {
            let _ = self.0.kill().and_then(|()| self.0.wait());
        }
    }

    /// A process that holds a known number of descriptors, here and now.
    #[test]
    fn a_real_process() {
        let script = "exec 7</dev/null 8</dev/null 9</dev/null; echo; read x";
        let mut shell = Command::new("sh");
        let child = shell.args(["-c", script, "stormglass-test-process"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut busy = Busy(child.spawn().expect("sh runs"));
        let mut ready = [0];
        std::io::Read::read_exact(busy.0.stdout.as_mut().expect("piped"), &mut ready).expect("says that it is ready");
        let by = By::Pattern("stormglass-test-process".into());
        let mut collector = ProcessCollector::new(&Roots::default(), &named(by));
        let readings = fixture::collect(&mut collector);
        assert_eq!(fixture::value(&readings, "process_up", &[]), Some(1.0));
        let counted = std::fs::read_dir(format!("/proc/{}/fd", busy.0.id())).expect("ours may be read").count() as f64;
        assert!(counted >= 6.0, "0, 1, 2, 7, 8 and 9, and what the tests were started with");
        assert_eq!(fixture::value(&readings, "procstat_num_fds", &[]), Some(counted));
        let limit = fixture::value(&readings, "procstat_rlimit_num_fds_soft", &[]).expect("anyone may read it");
        let percent = fixture::value(&readings, "process_fds_used_percent", &[]).expect("is there");
        assert!((percent - 100.0 * counted / limit).abs() < 1e-9);
        drop(busy);
        assert_eq!(fixture::value(&fixture::collect_at(&mut collector, 10), "process_up", &[]), Some(0.0));
    }
}

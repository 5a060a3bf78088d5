//! From what was seen to rows, each with its origin, and which of them will be the first to break.

use serde::Serialize;

use super::origin::{self, Setting};
use super::{Group, Held, Process, Seen};

/// What systemd gives a service that says nothing.
const FILES_BY_DEFAULT: &str = "1024:524288";
/// Below this share nothing is said to be near.
const NEAR_PERCENT: f64 = 80.0;
/// From here on a number means "none": what is written for it differs, and nothing can use as many.
const UNLIMITED: u64 = 1 << 62;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub pid: Option<u32>,
    pub process: Option<String>,
    pub unit: Option<String>,
    pub rows: Vec<Row>,
    /// Of the rows the one of which the greatest share is used.
    pub first: Option<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    pub what: &'static str,
    /// In force. `None`: nothing limits it.
    pub limit: Option<u64>,
    /// How far a program may raise it by itself.
    pub hard: Option<u64>,
    pub used: Option<u64>,
    pub used_percent: Option<f64>,
    /// Who says so.
    pub from: String,
    /// What happens when it is reached.
    pub then: &'static str,
    pub in_bytes: bool,
}

impl Row {
    fn new(what: &'static str, limit: u64, used: Option<u64>, from: String, then: &'static str) -> Self {
        let limit = (limit < UNLIMITED).then_some(limit);
        let share = |(used, limit): (u64, u64)| (limit > 0).then(|| used as f64 / limit as f64 * 100.0);
        let used_percent = used.zip(limit).and_then(share);
        Self { what, limit, hard: None, used, used_percent, from, then, in_bytes: false }
    }

    pub fn is_near(&self) -> bool {
        self.used_percent.is_some_and(|share| share >= NEAR_PERCENT)
    }
}

pub fn report(seen: &Seen) -> Report {
    let mut rows = Vec::new();
    if let Some(process) = &seen.process {
        rows.extend(files(seen, process));
        rows.extend(tasks(seen, process));
        rows.extend(memory(seen, process));
        rows.extend(nproc(seen, process));
        rows.extend(backlog(seen, process));
    }
    rows.extend(shared(seen));
    let first = rows.iter().filter(|row| row.used_percent.is_some());
    let first = first.max_by(|a, b| a.used_percent.partial_cmp(&b.used_percent).unwrap_or(std::cmp::Ordering::Equal));
    let first = first.map(|row| row.what);
    let process = seen.process.as_ref();
    Report {
        pid: process.map(|it| it.pid),
        process: process.map(|it| it.name.clone()),
        unit: process.and_then(|it| it.unit.clone()),
        rows,
        first,
    }
}

fn files(seen: &Seen, process: &Process) -> Option<Row> {
    let held = process.files?;
    let from = of_process(seen, process, held, "LimitNOFILE", "nofile");
    let then = "no file is opened and no connection taken: \"Too many open files\"";
    let mut row = Row::new("open files", held.soft, process.files_used, from, then);
    row.hard = (held.hard < UNLIMITED).then_some(held.hard);
    Some(row)
}

fn nproc(seen: &Seen, process: &Process) -> Option<Row> {
    let held = process.nproc?;
    let mut from = of_process(seen, process, held, "LimitNPROC", "nproc");
    if process.user == "root" {
        from.push_str("; does not hold root");
    }
    let then = "this user starts no thread and no process";
    let used = process.threads_of_user.filter(|_| process.user != "root");
    Some(Row::new("threads of the user", held.soft, used, from, then))
}

/// Whether systemd, and not a login, made the process.
fn is_service(process: &Process) -> bool {
    let unit = process.unit.as_deref().unwrap_or_default();
    matches!(unit.rsplit_once('.'), Some((name, "service")) if !name.starts_with("user@"))
}

/// The origin of a limit that the process carries, held against what is in force.
fn of_process(seen: &Seen, process: &Process, held: Held, key: &str, item: &str) -> String {
    let settings = &seen.settings;
    if is_service(process) {
        let default = format!("Default{key}");
        let said = origin::last(&settings.unit, key).or_else(|| origin::last(&settings.manager, &default));
        return match said {
            Some(line) => against(held, &line.value, &line.place()),
            None if key == "LimitNOFILE" => against(held, FILES_BY_DEFAULT, "systemd's default"),
            None => "the kernel's default".to_owned(),
        };
    }
    match origin::of_user(&settings.sessions, &process.user, &process.groups, item) {
        Some(line) if origin::amount(&line.value) == Some(held.soft) => line.place(),
        Some(line) => format!("{} says {}; not of this process: a new login would have it", line.place(), line.value),
        None => "no file says so: inherited from who started it".to_owned(),
    }
}

/// What a file means to set, against what is in force.
fn against(held: Held, value: &str, place: &str) -> String {
    let Some((soft, hard)) = origin::pair(value) else { return format!("{place} says {value}") };
    if held.soft == soft {
        place.to_owned()
    } else if held.soft == held.hard && held.hard == hard {
        format!("raised by the program itself to its hard limit; {place} says {value}")
    } else {
        format!("{place} says {value}: in force after a restart")
    }
}

fn tasks(seen: &Seen, process: &Process) -> Option<Row> {
    let group = process.tasks.as_ref()?;
    let from = of_group(seen, process, group, "TasksMax", "systemd's default, 15 % of what the kernel allows");
    let then = "no thread can be made: \"unable to create native thread\"";
    Some(Row::new("tasks", group.most, group.used, from, then))
}

fn memory(seen: &Seen, process: &Process) -> Option<Row> {
    let group = process.memory.as_ref()?;
    let from = of_group(seen, process, group, "MemoryMax", "who made the group");
    let mut row = Row::new("memory", group.most, group.used, from, "the kernel kills a process of the group");
    row.in_bytes = true;
    Some(row)
}

fn of_group(seen: &Seen, process: &Process, group: &Group, key: &str, default: &str) -> String {
    let is_own = process.unit.as_deref().is_some_and(|unit| group.name.ends_with(unit));
    if !is_own {
        return format!("of the group {}", group.name);
    }
    let of_unit = origin::last(&seen.settings.unit, key);
    let said = of_unit.or_else(|| origin::last(&seen.settings.manager, &format!("Default{key}")));
    match said {
        None => default.to_owned(),
        Some(line) => match origin::amount(&line.value) {
            Some(most) if most == group.most => line.place(),
            None => format!("{} ({})", line.place(), line.value),
            Some(_) => format!("{} says {}: in force after a daemon-reload", line.place(), line.value),
        },
    }
}

fn backlog(seen: &Seen, process: &Process) -> Option<Row> {
    let limit = seen.host.somaxconn?;
    let from = kernel(seen, "net.core.somaxconn", &limit.to_string());
    let used = process.waiting.map(|(waiting, _)| waiting);
    let from = match process.waiting {
        Some((_, port)) => format!("{from}; the program's own for port {port} may be smaller"),
        None => format!("{from}; it listens nowhere"),
    };
    Some(Row::new("connections that wait", limit, used, from, "clients are turned away unseen, and wait for seconds"))
}

/// What all processes share.
fn shared(seen: &Seen) -> Vec<Row> {
    let host = &seen.host;
    let mut rows = Vec::new();
    if let Some((low, high)) = host.ports {
        let from = kernel(seen, "net.ipv4.ip_local_port_range", &format!("{low} {high}"));
        let then = "no further connection to that address: \"Cannot assign requested address\"";
        rows.push(Row::new("ports to one address", high.saturating_sub(low) + 1, host.ports_used, from, then));
    }
    if let Some((used, most)) = host.conntrack {
        let from = kernel(seen, "net.netfilter.nf_conntrack_max", &most.to_string());
        rows.push(Row::new(
            "tracked connections",
            most,
            Some(used),
            from,
            "new connections are dropped without a word",
        ));
    }
    let bounds = [("kernel.threads-max", host.threads_max), ("kernel.pid_max", host.pid_max)];
    let smallest = bounds.iter().filter_map(|(key, most)| Some((*key, (*most)?))).min_by_key(|(_, most)| *most);
    if let Some((key, most)) = smallest {
        let from = kernel(seen, key, &most.to_string());
        rows.push(Row::new("threads of the host", most, host.threads, from, "nothing starts, not even a login"));
    }
    if let Some((used, most)) = host.files {
        let from = kernel(seen, "fs.file-max", &most.to_string());
        rows.push(Row::new("open files of the host", most, Some(used), from, "no program can open a file"));
    }
    if let Some((used, most)) = host.memory {
        let from = "the size of the host".to_owned();
        let mut row = Row::new("memory of the host", most, Some(used), from, "the kernel kills the largest process");
        row.in_bytes = true;
        rows.push(row);
    }
    rows
}

fn kernel(seen: &Seen, key: &str, in_force: &str) -> String {
    match origin::last(&seen.settings.kernel, key) {
        None => "the kernel's default, or set by hand".to_owned(),
        Some(line) if line.value == in_force => line.place(),
        Some(Setting { value, .. }) if value.is_empty() => "the kernel's default".to_owned(),
        Some(line) => format!("{} says {}: not in force, set otherwise since", line.place(), line.value),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::super::origin::assignments;
    use super::*;

    fn shop(soft: u64, hard: u64) -> Seen {
        let held = |soft, hard| Some(Held { soft, hard });
        let tasks = Group { name: "system.slice/shop.service".to_owned(), most: 614, used: Some(600) };
        let process = Process {
            pid: 42,
            name: "java".to_owned(),
            unit: Some("shop.service".to_owned()),
            user: "shop".to_owned(),
            files: held(soft, hard),
            files_used: Some(512),
            tasks: Some(tasks),
            ..Process::default()
        };
        Seen { process: Some(process), ..Seen::default() }
    }

    fn files_from(seen: &Seen) -> String {
        report(seen).rows.into_iter().find(|row| row.what == "open files").expect("a row").from
    }

    #[test]
    fn what_will_break_first_is_named() {
        let report = report(&shop(1024, 524_288));
        assert_eq!(report.first, Some("tasks"));
        let tasks = &report.rows[1];
        assert!(tasks.is_near() && !report.rows[0].is_near(), "{report:?}");
        assert_eq!(tasks.from, "systemd's default, 15 % of what the kernel allows");
    }

    #[test]
    fn the_origin_of_open_files() {
        let mut seen = shop(1024, 524_288);
        assert_eq!(files_from(&seen), "systemd's default");
        seen.settings.manager = assignments("system.conf", "[Manager]\nDefaultLimitNOFILE=1024:2048\n");
        assert_eq!(files_from(&seen), "system.conf:2");
        seen.settings.unit = assignments("shop.service", "[Service]\nLimitNOFILE=65536:524288\n");
        assert_eq!(files_from(&seen), "shop.service:2 says 65536:524288: in force after a restart");
        assert_eq!(
            files_from(&Seen { settings: seen.settings.clone(), ..shop(524_288, 524_288) }),
            "raised by the program itself to its hard limit; shop.service:2 says 65536:524288"
        );
        assert_eq!(files_from(&Seen { settings: seen.settings, ..shop(65_536, 524_288) }), "shop.service:2");
    }

    #[test]
    fn limits_conf_is_for_sessions_alone() {
        let settings =
            Settings { sessions: origin::of_sessions("limits.conf", "* soft nofile 2048"), ..Settings::default() };
        let mut seen = Seen { settings, ..shop(2048, 4096) };
        assert_eq!(files_from(&seen), "systemd's default says 1024:524288: in force after a restart");
        seen.process.as_mut().expect("a process").unit = Some("session-3.scope".to_owned());
        assert_eq!(files_from(&seen), "limits.conf:1");
    }

    #[test]
    fn a_value_of_the_kernel_that_was_changed_since_is_said() {
        let mut seen = shop(1, 1);
        seen.host.somaxconn = Some(4096);
        seen.settings.kernel = assignments("90-x.conf", "net.core.somaxconn = 8192");
        let row = |seen: &Seen| report(seen).rows.into_iter().find(|row| row.limit == Some(4096)).expect("a row").from;
        assert_eq!(row(&seen), "90-x.conf:1 says 8192: not in force, set otherwise since; it listens nowhere");
        seen.settings.kernel[0].value = "4096".to_owned();
        assert_eq!(row(&seen), "90-x.conf:1; it listens nowhere");
    }
}

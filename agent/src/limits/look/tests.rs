//! A made-up host, and this very process.

use super::super::report;
use super::*;

/// A folder with the files of a host.
fn host_of(files: &[(&str, &str)]) -> (tempfile::TempDir, Roots) {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("made");
        fs::write(path, text).expect("written");
    }
    let at = |name: &str| folder.path().join(name);
    let roots = Roots { proc: at("proc"), sys: at("sys"), root: folder.path().to_owned() };
    (folder, roots)
}

const LIMITS: &str = "Limit                     Soft Limit           Hard Limit           Units     \n\
    Max processes             7823                 unlimited            processes \n\
    Max open files            65536                524288               files     \n";
const STATUS: &str = "Name:\tjava\nPid:\t42\nUid:\t998\t998\t998\t998\nGid:\t990\t990\t990\t990\nThreads:\t600\n";
const MEMBER: &str = "0::/system.slice/shop.service\n";
/// Port 8080 (1F90) listens, 5 wait; two connections from the range to one address, one to another.
const TCP: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
    0: 00000000:1F90 00000000:0000 0A 00000000:00000005 00:00000000 00000000 998 0 7001 1\n\
    1: 0100007F:9C40 0100007F:18EB 01 00000000:00000000 00:00000000 00000000 998 0 7002 1\n\
    2: 0100007F:9C41 0100007F:18EB 01 00000000:00000000 00:00000000 00000000 998 0 7003 1\n\
    3: 0100007F:9C42 0200007F:18EB 01 00000000:00000000 00:00000000 00000000 998 0 7004 1\n";

fn shop() -> (tempfile::TempDir, Roots) {
    let group = "sys/fs/cgroup/system.slice/shop.service";
    let (folder, roots) = host_of(&[
        ("proc/42/limits", LIMITS),
        ("proc/42/status", STATUS),
        ("proc/42/cgroup", MEMBER),
        ("proc/42/net/tcp", TCP),
        ("proc/loadavg", "0.2 0.1 0.1 1/812 99\n"),
        ("proc/sys/kernel/threads-max", "7823\n"),
        ("proc/sys/kernel/pid_max", "4194304\n"),
        ("proc/sys/fs/file-nr", "2048\t0\t9223372036854775807\n"),
        ("proc/sys/net/core/somaxconn", "4096\n"),
        ("proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n"),
        ("sys/fs/cgroup/cgroup.controllers", "pids memory\n"),
        (&format!("{group}/cgroup.procs"), "42\n"),
        (&format!("{group}/pids.max"), "614\n"),
        (&format!("{group}/pids.current"), "600\n"),
        (&format!("{group}/memory.max"), "max\n"),
        ("sys/fs/cgroup/system.slice/memory.max", "1073741824\n"),
        ("sys/fs/cgroup/system.slice/memory.current", "536870912\n"),
        ("etc/passwd", "root:x:0:0::/root:/bin/sh\nshop:x:998:990::/:/bin/sh\n"),
        ("usr/lib/systemd/system/shop.service", "[Service]\nLimitNOFILE=1024\n"),
        ("etc/systemd/system/shop.service.d/10-files.conf", "[Service]\nLimitNOFILE=65536:524288\n"),
        ("usr/lib/sysctl.d/50-default.conf", "net.core.somaxconn = 128\n"),
        ("etc/sysctl.d/90-stormglass.conf", "net.core.somaxconn = 4096\n"),
    ]);
    fs::create_dir_all(folder.path().join("proc/42/fd")).expect("made");
    for (fd, to) in [("0", "/dev/null"), ("1", "socket:[7001]"), ("2", "socket:[7002]")] {
        std::os::unix::fs::symlink(to, folder.path().join("proc/42/fd").join(fd)).expect("a link");
    }
    (folder, roots)
}

#[test]
fn a_service_with_its_origins() {
    let (_folder, roots) = shop();
    let seen = look(&roots, &Target::Unit("shop.service".to_owned())).expect("it runs");
    let report = report(&seen);
    assert_eq!(
        (report.pid, report.process.as_deref(), report.unit.as_deref()),
        (Some(42), Some("java"), Some("shop.service"))
    );
    let row = |what: &str| report.rows.iter().find(|row| row.what == what).unwrap_or_else(|| panic!("{report:?}"));
    let files = row("open files");
    assert_eq!((files.limit, files.hard, files.used), (Some(65_536), Some(524_288), Some(3)));
    assert_eq!(files.from, "/etc/systemd/system/shop.service.d/10-files.conf:2");
    let tasks = row("tasks");
    assert_eq!((tasks.limit, tasks.used), (Some(614), Some(600)));
    let memory = row("memory");
    assert_eq!(
        (memory.limit, memory.used, &*memory.from),
        (Some(1 << 30), Some(512 << 20), "of the group system.slice")
    );
    let backlog = row("connections that wait");
    assert_eq!((backlog.limit, backlog.used), (Some(4096), Some(5)));
    assert_eq!(backlog.from, "/etc/sysctl.d/90-stormglass.conf:1; the program's own for port 8080 may be smaller");
    assert_eq!((row("ports to one address").limit, row("ports to one address").used), (Some(28_232), Some(2)));
    assert_eq!((row("threads of the host").limit, row("threads of the host").used), (Some(7823), Some(812)));
    assert_eq!((row("threads of the user").limit, row("threads of the user").used), (Some(7823), Some(600)));
    assert_eq!(report.first, Some("tasks"));
}

#[test]
fn who_is_not_there_is_not_seen() {
    let (_folder, roots) = shop();
    assert_eq!(look(&roots, &Target::Pid(43)), None);
    assert_eq!(look(&roots, &Target::Unit("mail.service".to_owned())), None);
    let host = report(&look(&roots, &Target::Host).expect("the host is there"));
    assert!(host.pid.is_none() && host.rows.iter().all(|row| row.what != "open files"));
}

#[test]
fn this_very_process() {
    let pid = std::process::id();
    let kept: Vec<_> = (0..40).map(|_| fs::File::open("/dev/null").expect("opens")).collect();
    let seen = look(&Roots::default(), &Target::Pid(pid)).expect("it runs");
    let report = report(&seen);
    let files = &report.rows[0];
    // The listing itself holds one more.
    assert!(files.used.is_some_and(|used| used > kept.len() as u64), "{files:?}");
    let text = fs::read_to_string("/proc/self/limits").expect("is read");
    let line = text.lines().find(|line| line.starts_with("Max open files")).expect("a line");
    let soft: u64 = line.split_whitespace().nth(3).and_then(|word| word.parse().ok()).expect("a number");
    assert_eq!(files.limit, Some(soft));
    assert!(report.first.is_some() && !files.from.is_empty());
}

//! A host that stands still but for one jump: the kernel's files in a folder, and what changes in them.
//!
//! Each change replaces a text by one of the same length, in one write, so that a reader sees the old or the new.
//! Whatever divides by time is made so that it would be read at intervals of one second.

use std::fs::{File, create_dir_all, write};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Files taken from the fixtures of the collectors: where they stand there, and where here.
const FIXTURES: &[(&str, &str)] = &[
    ("proc/stat", "proc/stat"),
    ("proc/meminfo", "proc/meminfo"),
    ("proc/diskstats", "proc/diskstats"),
    ("proc/self/mountinfo", "proc/1/mountinfo"),
    ("proc/net/dev", "proc/1/net/dev"),
    ("proc/net/snmp", "proc/1/net/snmp"),
    ("proc/net/netstat", "proc/1/net/netstat"),
    ("proc/net/sockstat", "proc/1/net/sockstat"),
    ("proc/net/tcp", "proc/1/net/tcp"),
];

const SHOP: &str = "sys/fs/cgroup/system.slice/shop.service";

const FILES: &[(&str, &str)] = &[
    ("proc/vmstat", "pswpin 10\npswpout 20\npgmajfault 50\noom_kill 1\n"),
    ("proc/loadavg", "0.52 1.24 2.36 3/160 4242\n"),
    ("proc/uptime", "2465.19 3481.61\n"),
    ("proc/pressure/cpu", "some avg10=0.00 total=700000\nfull avg10=0.00 total=0\n"),
    ("proc/pressure/memory", "some avg10=0.00 total=400000\nfull avg10=0.00 total=200000\n"),
    ("proc/pressure/io", "some avg10=0.00 total=500000\nfull avg10=0.00 total=300000\n"),
    ("proc/sys/fs/file-nr", "1024\t0\t4096\n"),
    ("proc/sys/kernel/threads-max", "8000\n"),
    ("proc/sys/kernel/pid_max", "32768\n"),
    ("proc/sys/net/netfilter/nf_conntrack_count", "30\n"),
    ("proc/sys/net/netfilter/nf_conntrack_max", "40\n"),
    ("proc/1/net/sockstat6", "TCP6: inuse 3\nUDP6: inuse 4\n"),
    ("proc/1/stat", "1 (systemd) S 0 1 1 0 -1 0 0 0 0 0 9 9 0 0 20 0 1 0 2 9000 3 0 0\n"),
    ("proc/41/stat", "41 (java) S 1 41 41 0 -1 0 0 0 7 0 4000 2000 0 0 20 0 31 0 900 2048000 250 0 0\n"),
    ("proc/52/stat", "52 (sh) Z 41 52 52 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 901 0 0 0 0\n"),
    ("proc/63/stat", "63 (dd) D 1 63 63 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 902 0 0 0 0\n"),
    ("proc/64/stat", "64 (dd) D 1 64 64 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 902 0 0 0 0\n"),
    ("proc/74/stat", "74 (vi) T 1 74 74 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 903 0 0 0 0\n"),
    ("proc/75/stat", "75 (vi) t 1 75 75 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 903 0 0 0 0\n"),
    ("proc/76/stat", "76 (vi) T 1 76 76 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 903 0 0 0 0\n"),
    ("proc/85/stat", "85 (kworker/0:1) I 2 0 0 0 -1 0 0 0 0 0 0 1 0 0 20 0 1 0 904 0 0 0 0\n"),
    ("proc/86/stat", "86 (kworker/1:1) I 2 0 0 0 -1 0 0 0 0 0 0 1 0 0 20 0 1 0 904 0 0 0 0\n"),
    ("proc/87/stat", "87 (kworker/2:1) I 2 0 0 0 -1 0 0 0 0 0 0 1 0 0 20 0 1 0 904 0 0 0 0\n"),
    ("proc/88/stat", "88 (kworker/3:1) I 2 0 0 0 -1 0 0 0 0 0 0 1 0 0 20 0 1 0 904 0 0 0 0\n"),
    ("proc/96/stat", "96 (gcc) R 1 96 96 0 -1 0 0 0 0 0 1 1 0 0 20 0 5 0 905 0 0 0 0\n"),
    ("proc/41/cmdline", "/usr/bin/java\0-Xmx1g\0-jar\0/srv/shop.jar\0"),
    ("proc/41/limits", "Limit  Soft Limit  Hard Limit  Units\nMax open files            1000  524288  files\n"),
    (
        "proc/41/status",
        "Name:\tjava\nVmLck:\t4 kB\nVmData:\t812340 kB\nVmStk:\t132 kB\nVmSwap:\t16 kB\nThreads:\t31\n\
         voluntary_ctxt_switches:\t812\nnonvoluntary_ctxt_switches:\t77\n",
    ),
    ("proc/41/io", "rchar: 1\nwchar: 2\nsyscr: 632687\nsyscw: 632675\nread_bytes: 4096\nwrite_bytes: 323932160\n"),
    ("proc/41/fd/0", ""),
    ("sys/block/nvme0n1/size", ""),
    ("sys/fs/cgroup/cgroup.controllers", "cpu io memory pids\n"),
    ("sys/fs/cgroup/system.slice/shop.service/cgroup.procs", "41\n"),
    ("sys/fs/cgroup/system.slice/shop.service/pids.current", "31\n"),
    ("sys/fs/cgroup/system.slice/shop.service/pids.max", "124\n"),
    ("sys/fs/cgroup/system.slice/shop.service/memory.current", "104857600\n"),
    ("sys/fs/cgroup/system.slice/shop.service/memory.max", "262144000\n"),
    ("sys/fs/cgroup/system.slice/shop.service/memory.events", "low 0\nhigh 0\nmax 0\noom 1\noom_kill 1\n"),
    ("sys/fs/cgroup/system.slice/shop.service/cpu.stat", "usage_usec 5000000\nthrottled_usec 100000\n"),
    ("var/lib/my data/x", ""),
    ("mnt/efs/x", ""),
];

/// What jumps, once.
const CHANGES: &[(&str, &[(&str, &str)])] = &[
    (
        "proc/stat",
        &[
            (
                "cpu  183204 1207 64110 2911420 20391 311 4123 30187 150 20",
                "cpu  183514 1267 64260 2911650 20501 331 4163 30267 240 30",
            ),
            ("cpu0 91003 601 32100 1455012", "cpu0 91053 601 32100 1455162"),
        ],
    ),
    (
        "proc/vmstat",
        &[("pswpin 10\npswpout 20\npgmajfault 50\noom_kill 1", "pswpin 14\npswpout 27\npgmajfault 56\noom_kill 3")],
    ),
    (
        "proc/diskstats",
        &[(
            "nvme0n1 18201 311 1204712 9120 40112 20319 3120448 88231 3 31007 98321",
            "nvme0n1 18208 311 1204792 9134 40125 20319 3120608 88257 3 31207 98361",
        )],
    ),
    (
        "proc/1/net/dev",
        &[
            ("98123411  120331    3    7 ", "98124411  120341    4    9 "),
            ("41231009   90122    1    2 ", "41231509   90127    4    6 "),
        ],
    ),
    ("proc/1/net/snmp", &[("2193704 1207 3 2041", "2193894 1217 3 2044")]),
    ("proc/1/net/netstat", &[(" 41 43 ", " 46 49 ")]),
    ("proc/pressure/cpu", &[("some avg10=0.00 total=700000", "some avg10=0.00 total=800000")]),
    ("proc/pressure/memory", &[("=400000", "=600000"), ("=200000", "=350000")]),
    ("proc/pressure/io", &[("=500000", "=800000"), ("=300000", "=550000")]),
    ("proc/41/stat", &[("4000 2000", "4030 2010")]),
    ("sys/fs/cgroup/system.slice/shop.service/memory.events", &[("oom_kill 1", "oom_kill 3")]),
    (
        "sys/fs/cgroup/system.slice/shop.service/cpu.stat",
        &[("usage_usec 5000000\nthrottled_usec 100000", "usage_usec 5200000\nthrottled_usec 150000")],
    ),
];

/// Writes the host as it is before the jump.
pub(super) fn build(root: &Path) {
    assert!(FILES.iter().any(|(path, _)| path.starts_with(SHOP)));
    let fixtures = tests::root().join("agent/src/host/fixtures/6.1-small");
    for (there, here) in FIXTURES {
        let text = std::fs::read(fixtures.join(there)).unwrap_or_else(|error| panic!("{there}: {error}"));
        put(root, here, &text);
    }
    for (path, text) in FILES {
        put(root, path, text.as_bytes());
    }
}

fn put(root: &Path, path: &str, text: &[u8]) {
    let path = root.join(path);
    create_dir_all(path.parent().expect("below the root")).expect("a folder");
    write(path, text).expect("is written");
}

/// Lets it jump.
pub(super) fn jump(root: &Path) {
    for (path, changes) in CHANGES {
        let file = root.join(path);
        let before = std::fs::read_to_string(&file).expect("was built");
        let after = changes.iter().fold(before.clone(), |text, (from, to)| {
            assert_eq!(text.matches(from).count(), 1, "{path}: {from}");
            text.replacen(from, to, 1)
        });
        assert_eq!(after.len(), before.len(), "{path}: a change of another length would be seen by half");
        let file = File::options().write(true).open(file).expect("was built");
        file.write_all_at(after.as_bytes(), 0).expect("is written");
    }
}

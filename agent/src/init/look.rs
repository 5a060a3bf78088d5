//! Looks at what runs on this host: reading here, judging what it is in `find`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What was seen of the host's processes and sockets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) processes: Vec<Process>,
    /// TCP ports on which something listens.
    pub(super) listening: BTreeSet<u16>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: u32,
    pub(super) name: String,
    pub(super) args: Vec<String>,
    /// The systemd unit that it belongs to.
    pub(super) unit: Option<String>,
    /// Where it says that it listens: PostgreSQL writes it into its folder, which root may read.
    pub(super) port: Option<u16>,
}

/// Processes that end while they are looked at are passed over.
pub(super) fn look(proc: &Path) -> Seen {
    let entries = fs::read_dir(proc).into_iter().flatten().flatten();
    let mut processes: Vec<_> = entries
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            process(&entry.path(), pid)
        })
        .collect();
    processes.sort_by_key(|process| process.pid);
    let listening = ["net/tcp", "net/tcp6"]
        .into_iter()
        .filter_map(|table| fs::read_to_string(proc.join(table)).ok())
        .flat_map(|text| listening(&text).collect::<Vec<_>>())
        .collect();
    Seen { processes, listening }
}

fn process(folder: &Path, pid: u32) -> Option<Process> {
    let read = |name: &str| fs::read(folder.join(name)).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let name = read("comm")?.trim_end().to_owned();
    let args: Vec<_> = read("cmdline")?.split('\0').filter(|arg| !arg.is_empty()).map(str::to_owned).collect();
    let unit = read("cgroup").as_deref().and_then(unit_of);
    let port = if name == "postgres" { postmaster_port(&args) } else { None };
    Some(Process { pid, name, args, unit, port })
}

/// The fourth line of `postmaster.pid`.
fn postmaster_port(args: &[String]) -> Option<u16> {
    let folder = args.iter().position(|arg| arg == "-D").and_then(|at| args.get(at + 1))?;
    let text = fs::read_to_string(Path::new(folder).join("postmaster.pid")).ok()?;
    text.lines().nth(3)?.trim().parse().ok()
}

/// `0::/system.slice/redis-server.service` (cgroup v2), or the line of `name=systemd` (v1).
fn unit_of(cgroup: &str) -> Option<String> {
    let path = cgroup.lines().find_map(|line| {
        line.strip_prefix("0::").or_else(|| line.split_once(":name=systemd:").map(|(_, path)| path))
    })?;
    let units = path.rsplit('/').filter(|part| Path::new(part).extension().is_some_and(|kind| kind == "service"));
    // A service of a user session is not one that an on-call person knows by name.
    units.map(str::to_owned).find(|unit| !unit.starts_with("user@"))
}

/// The ports of a `/proc/net/tcp` in state LISTEN (0A).
fn listening(text: &str) -> impl Iterator<Item = u16> + '_ {
    text.lines().skip(1).filter_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let (local, state) = (fields.next()?, fields.nth(1)?);
        let port = local.rsplit(':').next()?;
        (state == "0A").then(|| u16::from_str_radix(port, 16).ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listening_ports() {
        let text = "  sl  local_address rem_address   st tx_queue rx_queue\n   \
            0: 0100007F:18EB 00000000:0000 0A 00000000:00000000 00:00000000 00000000   100        0 1 1 0\n   \
            1: 0100007F:18EB 0100007F:D0A2 01 00000000:00000000 00:00000000 00000000   100        0 1 1 0\n   \
            2: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 1\nnonsense\n";
        assert_eq!(listening(text).collect::<Vec<_>>(), [6379, 8080]);
    }

    #[test]
    fn the_unit_of_a_process() {
        let unit = |text| unit_of(text);
        assert_eq!(unit("0::/system.slice/orders.service\n").as_deref(), Some("orders.service"));
        assert_eq!(unit("0::/system.slice/docker.service/inner\n").as_deref(), Some("docker.service"));
        assert_eq!(unit("12:pids:/x\n1:name=systemd:/system.slice/nginx.service\n").as_deref(), Some("nginx.service"));
        assert_eq!(unit("0::/user.slice/user-0.slice/user@0.service/app.slice/x.scope\n"), None);
        assert_eq!(unit("0::/init.scope\n"), None);
    }

    #[test]
    fn a_proc_of_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let pid = folder.path().join("42");
        fs::create_dir_all(&pid).expect("made");
        fs::write(pid.join("comm"), "java\n").expect("written");
        fs::write(pid.join("cmdline"), b"java\0-jar\0/srv/orders.jar\0").expect("written");
        fs::write(pid.join("cgroup"), "0::/system.slice/orders.service\n").expect("written");
        fs::create_dir_all(folder.path().join("43")).expect("a process that just ended");
        let seen = look(folder.path());
        let args = ["java", "-jar", "/srv/orders.jar"].map(str::to_owned).to_vec();
        let orders = Process { pid: 42, name: "java".into(), args, unit: Some("orders.service".into()), port: None };
        assert_eq!(seen, Seen { processes: vec![orders], listening: BTreeSet::new() });
    }

    #[test]
    fn postgres_says_its_port() {
        let folder = tempfile::tempdir().expect("a folder");
        let args = ["postgres", "-D", folder.path().to_str().expect("UTF-8")].map(str::to_owned);
        assert_eq!(postmaster_port(&args), None);
        let text = "42\n/var/lib/postgresql/15/main\n1795278020\n5433\n/var/run/postgresql\nlocalhost\n";
        fs::write(folder.path().join("postmaster.pid"), text).expect("written");
        assert_eq!(postmaster_port(&args), Some(5433));
    }
}

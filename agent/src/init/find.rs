//! Says what the processes of a host are. Pure: what was seen goes in, what it is comes out.

use super::look::{Process, Seen};

/// An application of the JVM that is most likely Spring Boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spring {
    pub(super) unit: Option<String>,
    pub(super) what: String,
    /// Where its management endpoints would be, and whether anything listens there.
    pub(super) port: u16,
    pub(super) listens: bool,
    /// Asked afterwards, where something listens.
    pub(super) actuator: Option<Door>,
}

/// What a service says to who asks it for its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    Open,
    /// It wants a login.
    Locked,
    Silent,
}

impl Spring {
    /// The jar's name without its folder and its end.
    pub(super) fn name(&self) -> &str {
        self.what.rsplit('/').next().unwrap_or(&self.what).trim_end_matches(".jar")
    }

    /// What its metrics say; nothing where nothing listens.
    pub(super) fn door(&self) -> Door {
        self.actuator.unwrap_or(Door::Silent)
    }

    /// One line, for the list of what was found and for the comment in the file.
    pub(super) fn words(&self) -> String {
        let Self { what, port, .. } = self;
        let metrics = match self.actuator {
            Some(Door::Open) => format!("its metrics answer on port {port}"),
            Some(Door::Locked) => format!("its metrics on port {port} want a login"),
            Some(Door::Silent) => format!(
                "no metrics on port {port}: management.endpoints.web.exposure.include=health,prometheus and micrometer-registry-prometheus give them"
            ),
            None => format!("nothing listens on port {port}"),
        };
        format!("Spring Boot {}: {metrics}", what.replace(['\n', '\r'], " "))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Redis {
    pub(super) unit: Option<String>,
    pub(super) port: u16,
    /// Asked afterwards.
    pub(super) door: Option<Door>,
}

impl Redis {
    pub(super) fn words(&self) -> String {
        let wants = if self.door == Some(Door::Locked) { ", which wants a password" } else { "" };
        format!("Redis on port {}{wants}", self.port)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Postgres {
    pub(super) unit: Option<String>,
    pub(super) port: u16,
}

impl Postgres {
    pub(super) fn words(&self) -> String {
        format!("PostgreSQL on port {}: it wants a role for who asks", self.port)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Nginx {
    pub(super) unit: Option<String>,
}

/// A log of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Access {
    pub(super) service: &'static str,
    pub(super) path: &'static str,
    /// Its lines tell how long a request took.
    pub(super) is_timed: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) spring: Vec<Spring>,
    pub(super) redis: Vec<Redis>,
    pub(super) postgres: Vec<Postgres>,
    pub(super) nginx: Vec<Nginx>,
    pub(super) access: Vec<Access>,
    /// Services and the files that hold their errors.
    pub(super) logs: Vec<(String, String)>,
    /// Units with a process that a person started on purpose: what is worth an "is it up".
    pub(super) units: Vec<String>,
}

const SPRING_PORT: u16 = 8080;
const REDIS_PORT: u16 = 6379;
const POSTGRES_PORT: u16 = 5432;

/// Units that belong to the system and not to what it serves.
const SYSTEM_UNITS: &[&str] = &[
    "systemd-",
    "dbus",
    "getty@",
    "serial-getty@",
    "cron.",
    "crond.",
    "rsyslog",
    "polkit",
    "unattended-upgrades",
    "accounts-daemon",
    "amazon-",
    "acpid",
    "atd",
    "auditd",
    "chrony",
    "gssproxy",
    "irqbalance",
    "libstoragemgmt",
    "lvm2",
    "ModemManager",
    "multipathd",
    "networkd-dispatcher",
    "rngd",
    "snap.",
    "snapd",
    "ssh",
    "stormglass",
    "udisks2",
    "user@",
];

pub(super) fn find(seen: &Seen) -> Found {
    let mut found = Found::default();
    for process in &seen.processes {
        if let Some(what) = spring(process) {
            let port = spring_port(&process.args);
            let listens = seen.listening.contains(&port);
            found.spring.push(Spring { unit: process.unit.clone(), what, port, listens, actuator: None });
        } else if matches!(process.name.as_str(), "redis-server" | "valkey-server") {
            let port = redis_port(&process.args);
            found.redis.push(Redis { unit: process.unit.clone(), port, door: None });
        } else if process.name == "postgres" && process.args.iter().any(|arg| arg.starts_with("-D")) {
            // What it starts for its own work has titles of its own, and no folder.
            found.postgres.push(Postgres { unit: process.unit.clone(), port: postgres_port(process) });
        } else if process.name == "nginx" && process.args.first().is_some_and(|arg| arg.contains("master process")) {
            found.nginx.push(Nginx { unit: process.unit.clone() });
        }
        if let Some(unit) = &process.unit
            && !SYSTEM_UNITS.iter().any(|prefix| unit.starts_with(prefix))
            && !found.units.contains(unit)
        {
            found.units.push(unit.clone());
        }
    }
    found.units.sort();
    found
}

/// The jar or the class that a JVM runs, where it looks like Spring Boot: an executable jar, its launcher, or a hint
/// in the arguments. Build tools and IDEs run jars too and are passed over by their class path.
fn spring(process: &Process) -> Option<String> {
    let runs_java = process.name == "java" || process.args.first().is_some_and(|arg| arg.ends_with("/java"));
    if !runs_java {
        return None;
    }
    let jar = process.args.iter().position(|arg| arg == "-jar").and_then(|at| process.args.get(at + 1));
    let hint = |arg: &String| arg.contains("org.springframework.boot") || arg.contains("-Dspring.");
    let what = jar.or_else(|| process.args.iter().find(|arg| hint(arg)))?;
    Some(what.clone())
}

/// The management port where one is named, else the server's, else the default.
fn spring_port(args: &[String]) -> u16 {
    let value = |key: &str| {
        let forms = [format!("--{key}="), format!("-D{key}=")];
        args.iter().find_map(|arg| forms.iter().find_map(|form| arg.strip_prefix(form.as_str())?.parse().ok()))
    };
    value("management.server.port").or_else(|| value("server.port")).unwrap_or(SPRING_PORT)
}

/// Redis writes into its title where it listens: `redis-server 127.0.0.1:6379`.
fn redis_port(args: &[String]) -> u16 {
    let title = args.join(" ");
    title
        .split_whitespace()
        .find_map(|word| word.rsplit_once(':')?.1.parse().ok())
        .or_else(|| args.iter().position(|arg| arg == "--port").and_then(|at| args.get(at + 1)?.parse().ok()))
        .unwrap_or(REDIS_PORT)
}

/// From its arguments, or as it says itself (`look`); Debian's stands in a file of settings.
fn postgres_port(process: &Process) -> u16 {
    let args = &process.args;
    let after = |flag: &str| args.iter().position(|arg| arg == flag).and_then(|at| args.get(at + 1)?.parse().ok());
    let set =
        args.iter().find_map(|arg| arg.strip_prefix("--port=").or_else(|| arg.strip_prefix("port="))?.parse().ok());
    after("-p").or(set).or(process.port).unwrap_or(POSTGRES_PORT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(name: &str, args: &[&str], unit: Option<&str>) -> Process {
        let args = args.iter().map(|&arg| arg.to_owned()).collect();
        Process { pid: 1, name: name.into(), args, unit: unit.map(str::to_owned), port: None }
    }

    #[test]
    fn a_small_host_with_all_of_them() {
        let seen = Seen {
            processes: vec![
                process("systemd", &["/sbin/init"], None),
                process("sshd", &["sshd: /usr/sbin/sshd -D"], Some("ssh.service")),
                process("redis-server", &["/usr/bin/redis-server 127.0.0.1:6380"], Some("redis-server.service")),
                Process {
                    port: Some(5433),
                    ..process(
                        "postgres",
                        &["/usr/lib/postgresql/15/bin/postgres", "-D", "/var/lib/postgresql/15/main"],
                        Some("postgresql@15-main.service"),
                    )
                },
                process("postgres", &["postgres: 15/main: checkpointer "], Some("postgresql@15-main.service")),
                process("nginx", &["nginx: master process /usr/sbin/nginx"], Some("nginx.service")),
                process("nginx", &["nginx: worker process"], Some("nginx.service")),
                process(
                    "java",
                    &["/usr/bin/java", "-Xmx512m", "-Dserver.port=9000", "-jar", "/srv/orders.jar"],
                    Some("orders.service"),
                ),
                process("java", &["java", "-cp", "/opt/tool.jar", "com.example.Tool"], None),
            ],
            listening: [22, 80, 6380, 9000].into(),
        };
        let orders = Spring {
            unit: Some("orders.service".into()),
            what: "/srv/orders.jar".into(),
            port: 9000,
            listens: true,
            actuator: None,
        };
        let redis = Redis { unit: Some("redis-server.service".into()), port: 6380, door: None };
        let postgres = Postgres { unit: Some("postgresql@15-main.service".into()), port: 5433 };
        assert_eq!(
            find(&seen),
            Found {
                spring: vec![orders],
                redis: vec![redis],
                postgres: vec![postgres],
                nginx: vec![Nginx { unit: Some("nginx.service".into()) }],
                access: vec![],
                logs: vec![],
                units: ["nginx.service", "orders.service", "postgresql@15-main.service", "redis-server.service"]
                    .map(str::to_owned)
                    .to_vec(),
            }
        );
    }

    #[test]
    fn the_port_of_postgres() {
        let port = |args: &[&str], said| postgres_port(&Process { port: said, ..process("postgres", args, None) });
        assert_eq!(port(&["postgres", "-D", "/x"], None), 5432);
        assert_eq!(port(&["postgres", "-D", "/x"], Some(5433)), 5433);
        assert_eq!(port(&["postgres", "-D", "/x", "-p", "5434"], Some(5433)), 5434);
        assert_eq!(port(&["postgres", "-D", "/x", "-c", "port=5435"], None), 5435);
    }

    #[test]
    fn the_port_of_the_management_endpoints() {
        let port = |args: &[&str]| spring_port(&args.iter().map(|&arg| arg.to_owned()).collect::<Vec<_>>());
        assert_eq!(port(&["java", "-jar", "x.jar"]), 8080);
        assert_eq!(port(&["java", "-jar", "x.jar", "--server.port=9000"]), 9000);
        assert_eq!(port(&["java", "-Dserver.port=9000", "-jar", "x.jar", "--management.server.port=9001"]), 9001);
        assert_eq!(port(&["java", "-jar", "x.jar", "--server.port=${PORT}"]), 8080);
    }
}
